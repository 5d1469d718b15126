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
AT_A_TIME = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The images and labels that a network is measured on, as constants of the program.

    Made before the program is traced: XLA would spend seconds on constants of 31 MB in the graph.

    Attributes
    ----------
    train, test
        Images, with a leading axis of one.
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
    """Images without the pixels that are zero in all of them, which change no output of a network.

    They come in parts, because the outputs of all units on all images do not fit a cache.
    """

    pixels: npt.NDArray[np.int32]
    parts: tuple[tf.Tensor, ...]

    @classmethod
    def of(cls, images: npt.NDArray[np.float32]) -> "Lit":
        """Leave out dark pixels; images have shape (n_images, n_pixels)."""
        pixels = np.flatnonzero((images != 0).any(axis=0)).astype(np.int32)
        parts = np.array_split(images[:, pixels], -(-len(images) // AT_A_TIME))
        return cls(pixels, tuple(tf.constant(part)[None] for part in parts))

    def seen_by(self, parameters: network.Parameters) -> network.Parameters:
        """Return the parameters with the first weights of the lit pixels only, side by side."""
        lit = tf.gather(parameters[FIRST], self.pixels, axis=1)
        return parameters | {FIRST: network.side_by_side(lit)}

    def logits(self, seen: network.Parameters) -> list[tf.Tensor]:
        """Return the logits of every head, as `network.logits` does, of parameters from `seen_by`."""
        by_part = [network.logits(seen, part) for part in self.parts]
        return [tf.concat(head, axis=1) for head in zip(*by_part, strict=True)]


def one_hot(labels: npt.NDArray[np.int32], n_classes: int) -> npt.NDArray[np.float32]:
    """Return labels as rows of zeros and a one, shape (n_images, n_classes)."""
    return np.eye(n_classes, dtype=np.float32)[labels]


def outcome(parameters: network.Parameters, on: Measured) -> dict[str, tf.Tensor]:
    """Return what is measured of every run, by name; the first axis is that of the networks."""
    split = on.split
    test_logits = on.test.logits(on.test.seen_by(parameters))
    predictions = tf.stack([tf.argmax(head, axis=2, output_type=tf.int32) for head in test_logits], axis=1)
    one_hot_test = one_hot(split.test_labels, split.n_classes)[None]
    one_hot_train = one_hot(split.train_labels, split.n_classes)[None]
    deepest = on.train.seen_by({name: parameters[name] for name in DEEPEST})
    with tf.GradientTape() as tape:
        tape.watch(deepest)
        train_logits = on.train.logits(deepest)[-1]
        losses = network.losses(train_logits, one_hot_train) / len(split.train_labels)
        summed = tf.reduce_sum(losses)
    gradients = tape.gradient(summed, deepest)
    gradients[FIRST] = network.apart(gradients[FIRST], train_logits.shape[0])
    train_predictions = tf.argmax(train_logits, axis=2, output_type=tf.int32)
    finite = [tf.reduce_all(tf.math.is_finite(array), axis=(1, 2)) for array in parameters.values()]
    return {
        "errors": tf.cast(
            tf.math.floormod(predictions[:, -1] - split.test_labels, split.n_classes), tf.uint8
        ),
        "correct": _count_equal(predictions, split.test_labels),
        "train_correct": _count_equal(train_predictions, split.train_labels),
        "test_loss": network.losses(test_logits[-1], one_hot_test) / len(split.test_labels),
        "train_loss": losses,
        "gradient_norm": tf.sqrt(
            tf.add_n([tf.reduce_sum(gradient**2, axis=(1, 2)) for gradient in gradients.values()])
        ),
        "finite": tf.reduce_all(tf.stack(finite), axis=0),
    }


def train_loss(parameters: network.Parameters, on: Measured) -> tf.Tensor:
    """Return the mean cross-entropy per training image of the deepest head of each network, shape (n,)."""
    deepest = on.train.seen_by({name: parameters[name] for name in DEEPEST})
    labels = one_hot(on.split.train_labels, on.split.n_classes)[None]
    logits = on.train.logits(deepest)[-1]
    return network.losses(logits, labels) / len(on.split.train_labels)


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
        summed = network.summed_loss(on.train.logits(deepest)[-1], labels)
        return summed / len(on.split.train_labels)

    start = network.drawn(
        seed, {name: tuple(part.shape) for name, part in zip(DEEPEST, at, strict=True)}, purpose="sharpness"
    )
    # Biases would be drawn as a constant, which is as good a start for their part.
    return sharpness.largest_eigenvalue(
        lambda vector: sharpness.hessian_product(loss, at, vector), list(start.values())
    )


def _count_equal(predicted: tf.Tensor, labels: npt.NDArray[np.int32]) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(tf.equal(predicted, labels), tf.int32), axis=-1)
