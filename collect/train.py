"""Train a network from a seed through a schedule, and measure the minimum that it reached.

`Trainer` holds two compiled programs for one configuration: seed to trained parameters, and
parameters to measurements. One network at a time: its weights fit in a core's cache, and its result
cannot depend on what is trained beside it.
"""

from collections.abc import Mapping

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from collect import network
from collect.config import BATCH_SIZE, RunConfig
from collect.datasets import Split
from collect.minimum import Minimum
from collect.schedules import Stage

FIRST_WEIGHTS = "layer1/weights"
DEEPEST = network.head_names(network.DEPTH)


class Trainer:
    """The compiled programs of one configuration on one set of images.

    Pixels that are zero in every training image have no gradient, so their weights stay as drawn;
    they take part in the measurements on test images, but not in the training (a quarter of MNIST).
    """

    def __init__(self, config: RunConfig, split: Split) -> None:
        self._config = config
        self._split = split
        self._live = np.flatnonzero((split.train_images != 0).any(axis=0)).astype(np.int32)
        shapes = self._shapes_while_training()
        self._variables = {
            name: keras.Variable(np.zeros(shape), dtype="float32") for name, shape in shapes.items()
        }
        self._optimizers = [self._build_optimizer(stage) for stage in config.schedule.stages]
        self._batches = self._cut_batches()
        # Made here, not in the graph: XLA would spend seconds on constants of 31 MB.
        self._train_images = tf.constant(split.train_images)[None]
        self._test_images = tf.constant(split.test_images)[None]
        self._train = tf.function(self._train_graph, jit_compile=True)
        self._measure = tf.function(self._measure_graph, jit_compile=True)

    @property
    def device(self) -> str:
        """The device that trains, such as `CPU:0`."""
        return str(self._variables[FIRST_WEIGHTS].value.device).rpartition("device:")[2]

    def parameters(self, seed: int) -> dict[str, npt.NDArray[np.float32]]:
        """Train one network and return its parameters, each with a leading axis of one."""
        trained = self._train(tf.constant(seed, tf.int64))
        return {name: array.numpy() for name, array in trained.items()}

    def run(self, seed: int) -> Minimum | None:
        """Train one network and measure the minimum that it reached.

        Returns None where the loss or a parameter is not finite: there is no minimum to measure.
        """
        measured = self._measure(self._train(tf.constant(seed, tf.int64)))
        return self._minimum({name: array.numpy() for name, array in measured.items()})

    def _shapes_while_training(self) -> dict[str, tuple[int, int, int]]:
        return network.parameter_shapes(len(self._live), self._split.n_classes)

    def _build_optimizer(self, stage: Stage) -> keras.Optimizer:
        """Make a fresh optimizer for a stage: no momentum is carried from one objective to another."""
        chosen = self._config.optimizer
        optimizer_class = getattr(keras.optimizers, chosen.keras_class)
        optimizer = optimizer_class(learning_rate=self._config.learning_rate, **chosen.options)
        optimizer.build([self._variables[name] for name in network.head_names(stage.depth)])
        return optimizer

    def _cut_batches(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Return images (n_batches, 1, batch, pixels) and one-hot labels (n_batches, 1, batch, classes)."""
        images = self._split.train_images[:, self._live].reshape(-1, 1, BATCH_SIZE, len(self._live))
        labels = _one_hot(self._split.train_labels, self._split.n_classes)
        return tf.constant(images), tf.constant(labels.reshape(-1, 1, BATCH_SIZE, self._split.n_classes))

    def _train_graph(self, seed: tf.Tensor) -> network.Parameters:
        initial = network.initial_parameters(seed, self._split.train_images.shape[1], self._split.n_classes)
        for name, variable in self._variables.items():
            variable.assign(
                tf.gather(initial[name], self._live, axis=1) if name == FIRST_WEIGHTS else initial[name]
            )
        for stage, optimizer in zip(self._config.schedule.stages, self._optimizers, strict=True):
            self._descend(stage, optimizer)
        trained = {name: variable.value for name, variable in self._variables.items()}
        trained[FIRST_WEIGHTS] = self._with_dead_pixels(initial[FIRST_WEIGHTS], trained[FIRST_WEIGHTS])
        return trained

    def _descend(self, stage: Stage, optimizer: keras.Optimizer) -> None:
        """Append one stage to the program."""
        images, labels = self._batches
        variables = [self._variables[name] for name in network.head_names(stage.depth)]
        for variable in optimizer.variables:
            variable.assign(tf.zeros_like(variable.value))

        def step(i: tf.Tensor) -> tuple[tf.Tensor]:
            batch = i % images.shape[0]
            gradients = self._gradients(stage.depth, images[batch], labels[batch])
            optimizer.learning_rate = _rate(stage, self._config.learning_rate, i)
            optimizer.apply(gradients, variables)
            return (i + 1,)

        tf.while_loop(lambda i: i < stage.steps, step, [tf.constant(0)])

    def _gradients(self, depth: int, images: tf.Tensor, labels: tf.Tensor) -> list[tf.Tensor]:
        names = network.head_names(depth)
        parameters = {name: tf.identity(self._variables[name].value) for name in names}
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            loss = network.summed_loss(network.logits(parameters, images)[-1], labels)
        gradients: dict[str, tf.Tensor] = tape.gradient(loss, parameters)
        return [gradients[name] for name in names]

    def _with_dead_pixels(self, initial: tf.Tensor, live: tf.Tensor) -> tf.Tensor:
        return tf.tensor_scatter_nd_update(initial[0], self._live[:, None], live[0])[None]

    def _measure_graph(self, parameters: network.Parameters) -> dict[str, tf.Tensor]:
        split = self._split
        test_logits = network.logits(parameters, self._test_images)
        predictions = [tf.argmax(head[0], axis=1, output_type=tf.int32) for head in test_logits]
        one_hot_test = _one_hot(split.test_labels, split.n_classes)[None]
        one_hot_train = _one_hot(split.train_labels, split.n_classes)[None]
        deepest = {name: parameters[name] for name in DEEPEST}
        with tf.GradientTape() as tape:
            tape.watch(deepest)
            train_logits = network.logits(deepest, self._train_images)[-1]
            train_loss = network.summed_loss(train_logits, one_hot_train) / len(split.train_labels)
        gradients = tape.gradient(train_loss, deepest)
        train_predictions = tf.argmax(train_logits[0], axis=1, output_type=tf.int32)
        finite = [tf.reduce_all(tf.math.is_finite(array)) for array in parameters.values()]
        return {
            "errors": tf.cast(
                tf.math.floormod(predictions[-1] - split.test_labels, split.n_classes), tf.uint8
            ),
            "correct": tf.stack([_count_equal(head, split.test_labels) for head in predictions]),
            "train_correct": _count_equal(train_predictions, split.train_labels),
            "test_loss": network.summed_loss(test_logits[-1], one_hot_test) / len(split.test_labels),
            "train_loss": train_loss,
            "gradient_norm": tf.linalg.global_norm(list(gradients.values())),
            "finite": tf.reduce_all(finite),
        }

    def _minimum(self, values: Mapping[str, npt.NDArray[np.float32]]) -> Minimum | None:
        scalars = {name: float(values[name]) for name in ("test_loss", "train_loss", "gradient_norm")}
        if not (values["finite"] and np.isfinite(list(scalars.values())).all()):
            return None
        accuracies = [int(count) / len(self._split.test_labels) for count in values["correct"]]
        return Minimum(
            **scalars,
            accuracy=accuracies[-1],
            accuracy_head1=accuracies[0],
            accuracy_head2=accuracies[1],
            train_accuracy=int(values["train_correct"]) / len(self._split.train_labels),
            errors=values["errors"].tobytes(),
        )


def _one_hot(labels: npt.NDArray[np.int32], n_classes: int) -> npt.NDArray[np.float32]:
    return np.eye(n_classes, dtype=np.float32)[labels]


def _rate(stage: Stage, base: float, step: tf.Tensor) -> tf.Tensor:
    """Return the learning rate at a step of a stage."""
    rate = tf.constant(base * stage.rate_factors[0][1], tf.float32)
    for first_step, factor in stage.rate_factors[1:]:
        rate = tf.where(step >= first_step, tf.constant(base * factor, tf.float32), rate)
    return rate


def _count_equal(predicted: tf.Tensor, labels: npt.NDArray[np.int32]) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(tf.equal(predicted, labels), tf.int32))
