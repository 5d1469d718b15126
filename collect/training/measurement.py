"""What is measured of a trained network, as functions of its parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from collect.strategy.datasets import Split
from collect.strategy.schedules import DEPTH
from collect.training import network, sharpness

DEEPEST = network.head_names(DEPTH)
FIRST = DEEPEST[0]
AT_A_TIME = 1000


@dataclass(frozen=True, slots=True)
class Measured:
    """The images and labels that networks are measured on, as constants of the program.

    Made before the program is traced: XLA would spend seconds on large constants in the graph.
    """

    train: "Labelled"
    test: "Labelled"

    @classmethod
    def on(cls, split: Split) -> "Measured":
        """Return the images and labels of a split."""
        return cls(
            train=Labelled.of(split.train_images, split.train_labels, split.n_classes),
            test=Labelled.of(split.test_images, split.test_labels, split.n_classes),
        )


@dataclass(frozen=True, slots=True)
class Labelled:
    """Images and their labels.

    Attributes
    ----------
    labels
        int32, shape (n_images,).
    one_hot
        The same as rows of zeros and a one, float32, shape (1, n_images, n_classes).
    """

    images: "Lit"
    labels: tf.Tensor
    one_hot: tf.Tensor

    @classmethod
    def of(cls, images: npt.NDArray[np.float32], labels: npt.NDArray[np.int32], n_classes: int) -> "Labelled":
        """Return images, shape (n_images, n_pixels), and labels as constants."""
        rows = one_hot(labels, n_classes)[None]
        return cls(Lit.of(images), tf.constant(labels), tf.constant(rows))

    def losses(self, head_logits: tf.Tensor) -> tf.Tensor:
        """Return the mean cross-entropy per image of each network, in nats, shape (n,)."""
        return network.losses(head_logits, self.one_hot) / self.images.n_images

    def errors(self, head_logits: tf.Tensor) -> tf.Tensor:
        """Return (prediction - label) modulo the number of classes, uint8, shape (..., n_images).

        Parameters
        ----------
        head_logits
            Shape (..., n_images, n_classes).
        """
        predictions = tf.argmax(head_logits, axis=-1, output_type=tf.int32)
        return tf.cast(tf.math.floormod(predictions - self.labels, self.one_hot.shape[2]), tf.uint8)


@dataclass(frozen=True, slots=True)
class Lit:
    """Images without the pixels that are zero in all of them, which change no output of a network.

    They come in parts, because the outputs of all units on all images do not fit a cache.

    Attributes
    ----------
    pixels
        Indices of the pixels that are left.
    parts
        float32, shape (n_parts, 1, n_images_of_a_part, n_pixels); the last part ends in black images.
    n_images
        Number of images.
    """

    pixels: npt.NDArray[np.int32]
    parts: tf.Tensor
    n_images: int

    @classmethod
    def of(cls, images: npt.NDArray[np.float32]) -> "Lit":
        """Leave out dark pixels; images have shape (n_images, n_pixels)."""
        pixels = np.flatnonzero((images != 0).any(axis=0)).astype(np.int32)
        n_parts = -(-len(images) // AT_A_TIME)
        of_a_part = -(-len(images) // n_parts)
        filled = np.zeros((n_parts * of_a_part, len(pixels)), np.float32)
        filled[: len(images)] = images[:, pixels]
        return cls(pixels, tf.constant(filled.reshape(n_parts, 1, of_a_part, -1)), len(images))

    def seen_by(self, parameters: network.Parameters) -> network.Parameters:
        """Return the parameters with the first weights of the lit pixels only, side by side."""
        lit = tf.gather(parameters[FIRST], self.pixels, axis=1)
        return parameters | {FIRST: network.side_by_side(lit)}

    def logits(self, seen: network.Parameters) -> list[tf.Tensor]:
        """Return the logits of every head, as `network.logits` does, of parameters from `seen_by`."""
        if self.parts.shape[0] == 1:
            return network.logits(seen, self.parts[0])
        heads = [name for name in seen if name.startswith("head") and name.endswith("weights")]
        by_part = tf.map_fn(
            lambda part: network.logits(seen, part), self.parts, fn_output_signature=[tf.float32] * len(heads)
        )
        return [self._joined(head) for head in by_part]

    def _joined(self, head: tf.Tensor) -> tf.Tensor:
        """Return logits of shape (n_parts, n, n_images_of_a_part, n_classes) as (n, n_images, n_classes)."""
        n_parts, n, of_a_part, n_classes = head.shape
        together = tf.reshape(tf.transpose(head, (1, 0, 2, 3)), (n, n_parts * of_a_part, n_classes))
        return together[:, : self.n_images]


def one_hot(labels: npt.NDArray[np.int32], n_classes: int) -> npt.NDArray[np.float32]:
    """Return labels as rows of zeros and a one, shape (n_images, n_classes)."""
    return np.eye(n_classes, dtype=np.float32)[labels]


def outcome(parameters: network.Parameters, on: Measured) -> dict[str, tf.Tensor]:
    """Return what is measured of every run, by name; the first axis is that of the networks.

    What NumPy can count afterwards is left to it: XLA takes a fiftieth of a second to compile a sum.
    """
    test_logits = on.test.images.logits(on.test.images.seen_by(parameters))
    deepest = on.train.images.seen_by({name: parameters[name] for name in DEEPEST})
    with tf.GradientTape() as tape:
        tape.watch(deepest)
        train_logits = on.train.images.logits(deepest)[-1]
        losses = on.train.losses(train_logits)
        summed = tf.reduce_sum(losses)
    gradients = tape.gradient(summed, deepest)
    gradients[FIRST] = network.apart(gradients[FIRST], train_logits.shape[0])
    return {
        "errors": tf.stack([on.test.errors(head) for head in test_logits], axis=1),
        "train_errors": on.train.errors(train_logits),
        "test_loss": on.test.losses(test_logits[-1]),
        "train_loss": losses,
        "gradient_norm": tf.norm(
            tf.concat([tf.reshape(part, (part.shape[0], -1)) for part in gradients.values()], axis=1), axis=1
        ),
    }


def train_loss(parameters: network.Parameters, on: Measured) -> tf.Tensor:
    """Return the mean cross-entropy per training image of the deepest head of each network, shape (n,)."""
    deepest = on.train.images.seen_by({name: parameters[name] for name in DEEPEST})
    return on.train.losses(on.train.images.logits(deepest)[-1])


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
    seen = on.train.images.seen_by(parameters)
    at = [seen[name] for name in DEEPEST]

    def loss(arrays: Sequence[tf.Tensor]) -> tf.Tensor:
        deepest = dict(zip(DEEPEST, arrays, strict=True))
        return tf.reduce_sum(on.train.losses(on.train.images.logits(deepest)[-1]))

    start = network.drawn(
        seed, {name: tuple(part.shape) for name, part in zip(DEEPEST, at, strict=True)}, purpose="sharpness"
    )
    # Biases would be drawn as a constant, which is as good a start for their part.
    return sharpness.largest_eigenvalue(
        lambda vector: sharpness.hessian_product(loss, at, vector), list(start.values())
    )
