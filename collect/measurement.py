"""What is measured of a trained network, as functions of its parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from collect import network, sharpness
from collect.datasets import Split
from collect.schedules import DEPTH

DEEPEST = network.head_names(DEPTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The images and labels that a network is measured on, as constants of the program.

    Made before the program is traced: XLA would spend seconds on constants of 31 MB in the graph.
    """

    split: Split
    train_images: tf.Tensor
    test_images: tf.Tensor

    @classmethod
    def on(cls, split: Split) -> "Measured":
        """Return the images of a split, each with the leading axis of one network."""
        return cls(
            split=split,
            train_images=tf.constant(split.train_images)[None],
            test_images=tf.constant(split.test_images)[None],
        )


def one_hot(labels: npt.NDArray[np.int32], n_classes: int) -> npt.NDArray[np.float32]:
    """Return labels as rows of zeros and a one, shape (n_images, n_classes)."""
    return np.eye(n_classes, dtype=np.float32)[labels]


def outcome(parameters: network.Parameters, on: Measured) -> dict[str, tf.Tensor]:
    """Return what is measured of every run, by name."""
    split = on.split
    test_logits = network.logits(parameters, on.test_images)
    predictions = [tf.argmax(head[0], axis=1, output_type=tf.int32) for head in test_logits]
    one_hot_test = one_hot(split.test_labels, split.n_classes)[None]
    one_hot_train = one_hot(split.train_labels, split.n_classes)[None]
    deepest = {name: parameters[name] for name in DEEPEST}
    with tf.GradientTape() as tape:
        tape.watch(deepest)
        train_logits = network.logits(deepest, on.train_images)[-1]
        train_loss = network.summed_loss(train_logits, one_hot_train) / len(split.train_labels)
    gradients = tape.gradient(train_loss, deepest)
    train_predictions = tf.argmax(train_logits[0], axis=1, output_type=tf.int32)
    finite = [tf.reduce_all(tf.math.is_finite(array)) for array in parameters.values()]
    return {
        "errors": tf.cast(tf.math.floormod(predictions[-1] - split.test_labels, split.n_classes), tf.uint8),
        "correct": tf.stack([_count_equal(head, split.test_labels) for head in predictions]),
        "train_correct": _count_equal(train_predictions, split.train_labels),
        "test_loss": network.summed_loss(test_logits[-1], one_hot_test) / len(split.test_labels),
        "train_loss": train_loss,
        "gradient_norm": tf.linalg.global_norm(list(gradients.values())),
        "finite": tf.reduce_all(finite),
    }


def train_loss(parameters: network.Parameters, on: Measured) -> tf.Tensor:
    """Return the mean cross-entropy per training image of the deepest head."""
    deepest = {name: parameters[name] for name in DEEPEST}
    labels = one_hot(on.split.train_labels, on.split.n_classes)[None]
    summed = network.summed_loss(network.logits(deepest, on.train_images)[-1], labels)
    return summed / len(on.split.train_labels)


def parameter_norm(parameters: network.Parameters) -> tf.Tensor:
    """Return the Euclidean norm of all layers and the deepest head."""
    return tf.linalg.global_norm([parameters[name] for name in DEEPEST])


def distance(parameters: network.Parameters, initial: network.Parameters) -> tf.Tensor:
    """Return the Euclidean distance of all layers and the deepest head from where they started."""
    return tf.linalg.global_norm([parameters[name] - initial[name] for name in DEEPEST])


def top_eigenvalue(
    parameters: network.Parameters, on: Measured, live: npt.NDArray[np.int32], seed: tf.Tensor
) -> tf.Tensor:
    """Return the largest eigenvalue of the Hessian of `train_loss`.

    Parameters
    ----------
    live
        The pixels that are not zero in all training images; the others have zeros in the Hessian.
    seed
        int64 scalar, for the vector that the iteration starts from.
    """
    images = tf.gather(on.train_images, live, axis=2)
    labels = one_hot(on.split.train_labels, on.split.n_classes)[None]
    at = [tf.gather(parameters[DEEPEST[0]], live, axis=1), *(parameters[name] for name in DEEPEST[1:])]

    def loss(arrays: Sequence[tf.Tensor]) -> tf.Tensor:
        deepest = dict(zip(DEEPEST, arrays, strict=True))
        summed = network.summed_loss(network.logits(deepest, images)[-1], labels)
        return summed / len(on.split.train_labels)

    start = network.drawn(
        seed, {name: tuple(part.shape) for name, part in zip(DEEPEST, at, strict=True)}, purpose="sharpness"
    )
    # Biases would be drawn as a constant, which is as good a start for their part.
    return sharpness.largest_eigenvalue(
        lambda vector: sharpness.hessian_product(loss, at, vector), list(start.values())
    )


def _count_equal(predicted: tf.Tensor, labels: npt.NDArray[np.int32]) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(tf.equal(predicted, labels), tf.int32))
