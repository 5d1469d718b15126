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
FIRST = DEEPEST[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The images and labels that a network is measured on, as constants of the program.

    Made before the program is traced: XLA would spend seconds on constants of 31 MB in the graph.

    Attributes
    ----------
    train, test
        Images, with the leading axis of one network.
    """

    split: Split
    train: "Lit"
    test: "Lit"

    @classmethod
    def on(cls, split: Split) -> "Measured":
        """Return the images of a split."""
        return cls(split=split, train=Lit.of(split.train_images), test=Lit.of(split.test_images))


@dataclass(frozen=True, slots=True)
class Lit:
    """Images without the pixels that are zero in all of them, which change no output of a network."""

    pixels: npt.NDArray[np.int32]
    images: tf.Tensor

    @classmethod
    def of(cls, images: npt.NDArray[np.float32]) -> "Lit":
        """Leave out dark pixels; images have shape (n_images, n_pixels)."""
        pixels = np.flatnonzero((images != 0).any(axis=0)).astype(np.int32)
        return cls(pixels, tf.constant(images[:, pixels])[None])

    def seen_by(self, parameters: network.Parameters) -> network.Parameters:
        """Return the parameters with the first weights of the lit pixels only."""
        return parameters | {FIRST: tf.gather(parameters[FIRST], self.pixels, axis=1)}


def one_hot(labels: npt.NDArray[np.int32], n_classes: int) -> npt.NDArray[np.float32]:
    """Return labels as rows of zeros and a one, shape (n_images, n_classes)."""
    return np.eye(n_classes, dtype=np.float32)[labels]


def outcome(parameters: network.Parameters, on: Measured) -> dict[str, tf.Tensor]:
    """Return what is measured of every run, by name."""
    split = on.split
    test_logits = network.logits(on.test.seen_by(parameters), on.test.images)
    predictions = [tf.argmax(head[0], axis=1, output_type=tf.int32) for head in test_logits]
    one_hot_test = one_hot(split.test_labels, split.n_classes)[None]
    one_hot_train = one_hot(split.train_labels, split.n_classes)[None]
    deepest = on.train.seen_by({name: parameters[name] for name in DEEPEST})
    with tf.GradientTape() as tape:
        tape.watch(deepest)
        train_logits = network.logits(deepest, on.train.images)[-1]
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
    deepest = on.train.seen_by({name: parameters[name] for name in DEEPEST})
    labels = one_hot(on.split.train_labels, on.split.n_classes)[None]
    summed = network.summed_loss(network.logits(deepest, on.train.images)[-1], labels)
    return summed / len(on.split.train_labels)


def parameter_norm(parameters: network.Parameters) -> tf.Tensor:
    """Return the Euclidean norm of all layers and the deepest head."""
    return tf.linalg.global_norm([parameters[name] for name in DEEPEST])


def distance(parameters: network.Parameters, initial: network.Parameters) -> tf.Tensor:
    """Return the Euclidean distance of all layers and the deepest head from where they started."""
    return tf.linalg.global_norm([parameters[name] - initial[name] for name in DEEPEST])


def top_eigenvalue(parameters: network.Parameters, on: Measured, seed: tf.Tensor) -> tf.Tensor:
    """Return the largest eigenvalue of the Hessian of `train_loss`.

    Parameters
    ----------
    seed
        int64 scalar, for the vector that the iteration starts from.
    """
    labels = one_hot(on.split.train_labels, on.split.n_classes)[None]
    seen = on.train.seen_by(parameters)
    at = [seen[name] for name in DEEPEST]

    def loss(arrays: Sequence[tf.Tensor]) -> tf.Tensor:
        deepest = dict(zip(DEEPEST, arrays, strict=True))
        summed = network.summed_loss(network.logits(deepest, on.train.images)[-1], labels)
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
