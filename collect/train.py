"""Train a network from a seed through a schedule, and measure the minimum that it reached.

`Trainer` holds compiled programs for one configuration: seed to trained parameters, and parameters
to measurements. One network at a time: its weights fit in a core's cache, and its result cannot
depend on what is trained beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from collect import measurement, network
from collect.config import RunConfig
from collect.datasets import Split
from collect.measurement import Measured
from collect.minimum import Diverged, Minimum
from collect.schedules import ALL, LABELLED, RECONSTRUCT, Stage

FIRST_WEIGHTS = "layer1/weights"
# The rows of the first weights that belong to dead pixels; trained only if weight decay moves them.
DEAD_WEIGHTS = "layer1/dead"

Initial = network.Parameters


class Trainer:
    """The compiled programs of one configuration on one set of images.

    Pixels that are zero in every image of every stage ("dead") have no gradient, and without one no
    optimizer moves their weights, except by weight decay. They take part in the measurements on test
    images, but not in the products of the training (a quarter of MNIST).
    """

    def __init__(self, config: RunConfig, split: Split, *, measure: bool = False) -> None:
        self._config = config
        self._split = split
        self._live = live_pixels(split)
        self._dead = np.setdiff1d(np.arange(split.train_images.shape[1], dtype=np.int32), self._live)
        self._variables = {
            name: keras.Variable(np.zeros(shape), dtype="float32") for name, shape in self._shapes().items()
        }
        self._stages = [self._prepare(stage) for stage in config.schedule.stages]
        self._images = self._cut_batches()
        self._labels = self._cut_labels()
        self._measured = Measured.on(split)
        self._train = _compiled(self._train_graph)
        self._measure = _compiled(self._measure_graph)
        self._more = _compiled(self._more_graph) if measure else None

    @property
    def device(self) -> str:
        """The device that trains, such as `CPU:0`."""
        return str(self._variables[FIRST_WEIGHTS].value.device).rpartition("device:")[2]

    def parameters(self, seed: int) -> dict[str, npt.NDArray[np.float32]]:
        """Train one network and return its parameters, each with a leading axis of one."""
        trained, _ = self._train(tf.constant(seed, tf.int64))
        return {name: array.numpy() for name, array in trained.items()}

    def run(self, seed: int) -> Minimum | Diverged:
        """Train one network and measure the minimum that it reached, if it reached one."""
        seed_tensor = tf.constant(seed, tf.int64)
        trained, initial = self._train(seed_tensor)
        values = {name: array.numpy() for name, array in self._measure(trained, initial).items()}
        reason = _why_diverged(values)
        if reason is not None:
            return Diverged(reason)
        more = {} if self._more is None else self._more(trained, initial, seed_tensor)
        return self._minimum(values, {name: float(value) for name, value in more.items()})

    def _shapes(self) -> dict[str, tuple[int, int, int]]:
        """Return the shape of every array while training: of live pixels, dead ones apart, and decoders."""
        units = self._config.hidden_units
        shapes = network.parameter_shapes(len(self._live), self._split.n_classes, units)
        shapes[DEAD_WEIGHTS] = (1, len(self._dead), units[0])
        inputs = (len(self._live), *units)
        for k in sorted({s.depth for s in self._config.schedule.stages if s.objective == RECONSTRUCT}):
            shapes[f"decoder{k}/weights"] = (1, units[k - 1], inputs[k - 1])
            shapes[f"decoder{k}/biases"] = (1, 1, inputs[k - 1])
        return shapes

    def _prepare(self, stage: Stage) -> "_Prepared":
        """Make a fresh optimizer for a stage: no momentum is carried from one objective to another."""
        chosen = self._config.optimizer
        names = _trained_names(stage)
        if chosen.options.get("weight_decay") and FIRST_WEIGHTS in names and len(self._dead):
            names = (*names, DEAD_WEIGHTS)
        optimizer_class = getattr(keras.optimizers, chosen.keras_class)
        optimizer = optimizer_class(learning_rate=self._config.learning_rate, **chosen.options)
        optimizer.build([self._variables[name] for name in names])
        starts = [float(np.ravel(variable.numpy())[0]) for variable in optimizer.variables]
        return _Prepared(stage, names, optimizer, starts)

    def _cut_batches(self) -> dict[str, tf.Tensor]:
        """Return each kind of images in batches, shape (n_batches, 1, batch, pixels)."""
        size = self._config.batch_size
        kinds = {LABELLED: self._split.train_images, ALL: self._split.all_images}
        return {
            kind: tf.constant(
                images[: len(images) // size * size, self._live].reshape(-1, 1, size, len(self._live))
            )
            for kind, images in kinds.items()
            if images is not None
        }

    def _cut_labels(self) -> tf.Tensor:
        """Return the one-hot labels in batches, shape (n_batches, 1, batch, classes)."""
        n_classes = self._split.n_classes
        one_hot = measurement.one_hot(self._split.train_labels, n_classes)
        return tf.constant(one_hot.reshape(-1, 1, self._config.batch_size, n_classes))

    def _train_graph(self, seed: tf.Tensor) -> tuple[network.Parameters, Initial]:
        """Return the trained parameters and those that the training started from."""
        shapes = network.parameter_shapes(
            self._split.train_images.shape[1], self._split.n_classes, self._config.hidden_units
        )
        initial = network.drawn(seed, shapes)
        self._assign(initial)
        for number, prepared in enumerate(self._stages, start=1):
            self._start_stage(prepared, seed, f"stage{number}", shapes)
            self._descend(prepared, seed, f"stage{number}")
        trained = {name: self._variables[name].value for name in shapes}
        return trained | {FIRST_WEIGHTS: self._all_pixels()}, initial

    def _assign(self, drawn: network.Parameters) -> None:
        """Give variables new values; those of the first weights are cut into live and dead pixels."""
        for name, array in drawn.items():
            if name == FIRST_WEIGHTS:
                self._variables[FIRST_WEIGHTS].assign(tf.gather(array, self._live, axis=1))
                self._variables[DEAD_WEIGHTS].assign(tf.gather(array, self._dead, axis=1))
            else:
                self._variables[name].assign(array)

    def _all_pixels(self) -> tf.Tensor:
        """Return the first weights with the rows of all pixels in their order."""
        rows = tf.concat([self._variables[name].value for name in (FIRST_WEIGHTS, DEAD_WEIGHTS)], axis=1)
        return tf.gather(rows, np.argsort(np.concatenate([self._live, self._dead])), axis=1)

    def _start_stage(
        self, prepared: "_Prepared", seed: tf.Tensor, purpose: str, shapes: Mapping[str, tuple[int, int, int]]
    ) -> None:
        """Draw what the stage draws anew, its decoder too, and reset its optimizer."""
        stage = prepared.stage
        anew = {name: shape for name, shape in shapes.items() if name.partition("/")[0] in stage.reset}
        if stage.objective == RECONSTRUCT:
            decoder = [f"decoder{stage.depth}/{part}" for part in ("weights", "biases")]
            anew |= {name: tuple(self._variables[name].shape) for name in decoder}
        self._assign(network.drawn(seed, anew, purpose=purpose))
        for variable, start in zip(prepared.optimizer.variables, prepared.starts, strict=True):
            variable.assign(tf.cast(tf.fill(variable.shape, start), variable.dtype))

    def _descend(self, prepared: "_Prepared", seed: tf.Tensor, purpose: str) -> None:
        """Append the steps of one stage to the program."""
        stage, optimizer = prepared.stage, prepared.optimizer
        images = self._images[stage.images]
        variables = [self._variables[name] for name in prepared.names]

        def step(i: tf.Tensor) -> tuple[tf.Tensor]:
            batch = i % images.shape[0]
            if stage.objective == RECONSTRUCT:
                loss = self._reconstruction(stage, images[batch], self._kept(stage, seed, purpose, i))
            else:
                loss = self._classification(stage, images[batch], self._labels[batch])
            gradients = self._gradients(prepared.names, loss)
            optimizer.learning_rate = _rate(stage, self._config.learning_rate, i)
            optimizer.apply(gradients, variables)
            return (i + 1,)

        tf.while_loop(lambda i: i < stage.steps, step, [tf.constant(0)])

    def _gradients(self, names: tuple[str, ...], loss: "Loss") -> list[tf.Tensor]:
        """Return the gradient of a loss with respect to some arrays; that of dead pixels is zero."""
        parameters = {name: tf.identity(variable.value) for name, variable in self._variables.items()}
        chosen = {name: parameters[name] for name in names if name != DEAD_WEIGHTS}
        with tf.GradientTape() as tape:
            tape.watch(chosen)
            value = loss(parameters)
        gradients: dict[str, tf.Tensor] = tape.gradient(value, chosen)
        if DEAD_WEIGHTS in names:
            gradients[DEAD_WEIGHTS] = tf.zeros_like(parameters[DEAD_WEIGHTS])
        return [gradients[name] for name in names]

    def _classification(self, stage: Stage, images: tf.Tensor, labels: tf.Tensor) -> "Loss":
        seen = network.head_names(stage.depth)

        def loss(parameters: network.Parameters) -> tf.Tensor:
            visible = {name: parameters[name] for name in seen}
            return network.summed_loss(network.logits(visible, images)[-1], labels)

        return loss

    def _reconstruction(self, stage: Stage, images: tf.Tensor, kept: tf.Tensor | None) -> "Loss":
        """Return the loss of an autoencoder; tanh outputs of the layer below are scaled to 0 to 1."""

        def loss(parameters: network.Parameters) -> tf.Tensor:
            clean = network.hidden(parameters, stage.depth - 1, images)
            targets = clean if stage.depth == 1 else (clean + 1) / 2
            corrupted = clean if kept is None else clean * kept
            return network.reconstruction_loss(parameters, stage.depth, corrupted, targets)

        return loss

    def _kept(self, stage: Stage, seed: tf.Tensor, purpose: str, step: tf.Tensor) -> tf.Tensor | None:
        """Return 0 for the inputs that an autoencoder does not see at a step, 1 for the others."""
        if not stage.corruption:
            return None
        n_inputs = len(self._live) if stage.depth == 1 else self._config.hidden_units[stage.depth - 2]
        shape = (1, self._config.batch_size, n_inputs)
        draws = network.uniform(seed, f"{purpose}/corruption", step, shape)
        return tf.cast(draws >= stage.corruption, tf.float32)

    def _measure_graph(self, trained: network.Parameters, initial: Initial) -> dict[str, tf.Tensor]:
        start = {"start_loss": measurement.train_loss(initial, self._measured)}
        return measurement.outcome(trained, self._measured) | start

    def _more_graph(
        self, trained: network.Parameters, initial: Initial, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        return {
            "sharpness": measurement.top_eigenvalue(trained, self._measured, self._live, seed),
            "parameter_norm": measurement.parameter_norm(trained),
            "distance": measurement.distance(trained, initial),
        }

    def _minimum(self, values: Mapping[str, npt.NDArray[np.float32]], more: Mapping[str, float]) -> Minimum:
        accuracies = [int(count) / len(self._split.test_labels) for count in values["correct"]]
        return Minimum(
            **{name: float(values[name]) for name in SCALARS},
            accuracy=accuracies[-1],
            accuracy_head1=accuracies[0],
            accuracy_head2=accuracies[1],
            train_accuracy=int(values["train_correct"]) / len(self._split.train_labels),
            errors=values["errors"].tobytes(),
            **more,
        )


Loss = Callable[[network.Parameters], tf.Tensor]
SCALARS = ("test_loss", "train_loss", "gradient_norm")


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A stage, the names of the arrays that it trains, its optimizer and how the optimizer's state starts."""

    stage: Stage
    names: tuple[str, ...]
    optimizer: keras.Optimizer
    starts: list[float]


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function compiled by XLA on its first call; its control flow is TensorFlow's already."""
    compiled: Callable[..., Any] = tf.function(function, jit_compile=True, autograph=False)
    return compiled


def live_pixels(split: Split) -> npt.NDArray[np.int32]:
    """Return the indices of the pixels that are not zero in all images that a stage may use."""
    live = (split.train_images != 0).any(axis=0)
    if split.all_images is not None:
        live |= (split.all_images != 0).any(axis=0)
    return np.flatnonzero(live).astype(np.int32)


def _trained_names(stage: Stage) -> tuple[str, ...]:
    """Return the names of the arrays that a stage trains."""
    parts = [f"layer{k}" for k in stage.trained_layers]
    parts.append(f"{'decoder' if stage.objective == RECONSTRUCT else 'head'}{stage.depth}")
    return tuple(f"{part}/{array}" for part in parts for array in ("weights", "biases"))


def _rate(stage: Stage, base: float, step: tf.Tensor) -> tf.Tensor:
    """Return the learning rate at a step of a stage."""
    rate = tf.constant(base * stage.rate_factors[0][1], tf.float32)
    for first_step, factor in stage.rate_factors[1:]:
        rate = tf.where(step >= first_step, tf.constant(base * factor, tf.float32), rate)
    return rate


def _why_diverged(values: Mapping[str, npt.NDArray[np.float32]]) -> str | None:
    """Return why there is no minimum to measure, or None.

    Bounded units keep most runs finite at any learning rate: each step moves a weight by a bounded
    amount. A run that has climbed instead of descended has diverged nonetheless.
    """
    if not (values["finite"] and all(np.isfinite(values[name]) for name in SCALARS)):
        return "the loss or a weight is not finite at the end of training"
    start, end = float(values["start_loss"]), float(values["train_loss"])
    if end > start:
        return f"the training loss is {end:.4g} at the end of training and was {start:.4g} at its start"
    return None
