"""The first layer in dual form: what gradient descent adds to its weights is a combination of the images.

Plain gradient descent on the weights W of the first layer adds to W at each step the batch's images times
the gradient with respect to their products X W. After any number of steps W = W0 + Xᵀ A, with a row of A for
each training image, and X W = X W0 + X Xᵀ A. X W0 and the Gram matrix X Xᵀ are computed once. A step then
takes one product with a batch's rows of the Gram matrix, and adds to the batch's rows of A; with W itself
it takes two products as wide as an image has pixels, and changes all of W. The result is the same but for
rounding.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf


@dataclass(frozen=True, slots=True)
class Images:
    """Training images and their Gram matrix, as constants of the program.

    Attributes
    ----------
    images
        float32, shape (n_images, n_pixels).
    gram
        float32, shape (n_batches, batch, n_images).
    """

    images: tf.Tensor
    gram: tf.Tensor

    @classmethod
    def of(cls, images: npt.NDArray[np.float32], batch_size: int) -> "Images":
        """Return the Gram matrix, in whole batches."""
        whole = images[: len(images) // batch_size * batch_size]
        exact = whole.astype(np.float64)
        gram = (exact @ exact.T).astype(np.float32)
        return cls(tf.constant(whole), tf.constant(gram.reshape(-1, batch_size, len(whole))))

    def products(self, weights: tf.Tensor) -> tf.Tensor:
        """Return the products with weights of shape (n_pixels, n_units), in batches."""
        return tf.reshape(tf.matmul(self.images, weights), (*self.gram.shape[:2], weights.shape[1]))

    def no_coefficients(self, n_units: int) -> tf.Tensor:
        """Return A as it starts, shape (n_images, n_units)."""
        return tf.zeros((self.gram.shape[2], n_units))

    def change_of_products(self, batch: tf.Tensor, coefficients: tf.Tensor) -> tf.Tensor:
        """Return what the coefficients add to the products of a batch, shape (batch, n_units)."""
        return tf.matmul(self.gram[batch], coefficients)

    def descend(self, batch: tf.Tensor, coefficients: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        """Subtract a step, shape (batch, n_units), from the coefficients of a batch."""
        size = self.gram.shape[1]
        return tf.tensor_scatter_nd_sub(coefficients, (batch * size + tf.range(size))[:, None], step)

    def change_of_weights(self, coefficients: tf.Tensor) -> tf.Tensor:
        """Return what the coefficients add to the weights, shape (n_pixels, n_units)."""
        return tf.matmul(self.images, coefficients, transpose_a=True)


def takes_less(n_images: int, n_pixels: int) -> bool:
    """Return whether a step takes fewer operations than two products with the pixels do."""
    return n_images < 2 * n_pixels
