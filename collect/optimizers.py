"""Optimizers: a name, a Keras optimizer class, its options and the default learning rate.

To add one, add an entry to `OPTIMIZERS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer:
    """An optimizer of `keras.optimizers`, by name, so that naming one does not import Keras.

    The loss is summed over a batch, so a learning rate here is that of the mean loss divided by the
    batch size.
    """

    name: str
    summary: str
    keras_class: str
    learning_rate: float
    options: Mapping[str, float | bool] = field(default_factory=dict)


SGD = Optimizer(name="sgd", summary="plain gradient descent", keras_class="SGD", learning_rate=0.01)

OPTIMIZERS: dict[str, Optimizer] = {optimizer.name: optimizer for optimizer in (SGD,)}
