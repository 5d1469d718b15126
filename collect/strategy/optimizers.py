"""Optimizers: a name, a Keras optimizer class, its options and the default learning rate.

To add one, add an entry to `OPTIMIZERS`, and its learning rate with `make sweep`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from collect.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer:
    """An optimizer of `keras.optimizers`, by name, so that naming one does not import Keras.

    The loss is summed over a batch, so a learning rate of plain gradient descent here is that of the
    mean loss divided by the batch size. Options that change a result are written out, so that another
    default of a later Keras does not change what a name means.
    """

    name: str
    summary: str
    keras_class: str
    learning_rate: float
    options: Mapping[str, float | bool] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether a step is the gradient times the learning rate, without momentum or weight decay."""
        return self.keras_class == "SGD" and not any(self.options.values())


def with_options(optimizer: Optimizer, *, momentum: float | None, weight_decay: float | None) -> Optimizer:
    """Return the optimizer with other options than its own.

    Parameters
    ----------
    momentum
        At least 0 and less than 1.
    weight_decay
        At each step, every trained array loses this share of itself times the learning rate
        (decoupled weight decay, Loshchilov & Hutter 2019, arXiv:1711.05101).

    Raises
    ------
    UsageError
        The optimizer has no such option.
    """
    options = dict(optimizer.options)
    if momentum is not None:
        if "momentum" not in options:
            having = [name for name, one in OPTIMIZERS.items() if "momentum" in one.options]
            raise UsageError(
                f"optimizer {optimizer.name} has no momentum to choose: leave --momentum out, or choose "
                f"--optimizer {' or '.join(having)}"
            )
        options["momentum"] = float(momentum)
    if weight_decay is not None:
        options["weight_decay"] = float(weight_decay)
        if weight_decay == 0 and "weight_decay" not in optimizer.options:
            del options["weight_decay"]
    return replace(optimizer, options=options)


SGD = Optimizer(name="sgd", summary="plain gradient descent", keras_class="SGD", learning_rate=0.01)

_ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}

OPTIMIZERS: dict[str, Optimizer] = {
    optimizer.name: optimizer
    for optimizer in (
        SGD,
        Optimizer(
            name="momentum",
            summary="gradient descent with momentum 0.9 (Polyak 1964)",
            keras_class="SGD",
            learning_rate=0.002,
            options={"momentum": 0.9},
        ),
        Optimizer(
            name="nesterov",
            summary="gradient descent with Nesterov's momentum 0.9 (Sutskever et al. 2013)",
            keras_class="SGD",
            learning_rate=0.003,
            options={"momentum": 0.9, "nesterov": True},
        ),
        Optimizer(
            name="adagrad",
            summary="steps divided by the root of all squared gradients so far (Duchi et al. 2011)",
            keras_class="Adagrad",
            learning_rate=0.03,
            options={"initial_accumulator_value": 0.1, "epsilon": 1e-7},
        ),
        Optimizer(
            name="rmsprop",
            summary="steps divided by the root of a moving mean of squared gradients (Hinton 2012)",
            keras_class="RMSprop",
            learning_rate=0.01,
            options={"rho": 0.9, "epsilon": 1e-7},
        ),
        Optimizer(
            name="adam",
            summary="moving means of gradients and of their squares (Kingma & Ba 2015)",
            keras_class="Adam",
            learning_rate=0.01,
            options=_ADAM,
        ),
        Optimizer(
            name="adamw",
            summary="Adam with decoupled weight decay 0.004 (Loshchilov & Hutter 2019)",
            keras_class="AdamW",
            learning_rate=0.01,
            options={**_ADAM, "weight_decay": 0.004},
        ),
        Optimizer(
            name="nadam",
            summary="Adam with Nesterov's momentum (Dozat 2016)",
            keras_class="Nadam",
            learning_rate=0.01,
            options=_ADAM,
        ),
        Optimizer(
            name="lion",
            summary="the sign of a moving mean of gradients (Chen et al. 2023)",
            keras_class="Lion",
            learning_rate=0.0001,
            options={"beta_1": 0.9, "beta_2": 0.99},
        ),
    )
}
