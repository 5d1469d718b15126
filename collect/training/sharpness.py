"""The sharpness of a minimum: the largest eigenvalue of the Hessian of a loss.

Power iteration needs products of the Hessian with vectors only, which cost about two gradients each
(Pearlmutter 1994, doi 10.1162/neco.1994.6.1.147).
"""

from collections.abc import Callable, Sequence

import tensorflow as tf

# The iteration ends when the Rayleigh quotient changes by less than this share of itself.
TOLERANCE = 1e-3
MAX_ITERATIONS = 300
# A vector v whose v·Hv is below this share of the length of Hv is near no eigenvector of the largest
# eigenvalue, if that is the largest by magnitude too.
ALIGNED = 0.9

Vector = list[tf.Tensor]
Product = Callable[[Sequence[tf.Tensor]], Vector]


def hessian_product(
    loss: Callable[[Sequence[tf.Tensor]], tf.Tensor], at: Sequence[tf.Tensor], vector: Sequence[tf.Tensor]
) -> Vector:
    """Return the Hessian of a loss times a vector, both in parts as the arguments of the loss are."""
    with tf.GradientTape() as outer:
        outer.watch(at)
        with tf.GradientTape() as inner:
            inner.watch(at)
            value = loss(at)
        along = _dot(inner.gradient(value, at), vector)
    products: Vector = outer.gradient(along, at)
    return products


def largest_eigenvalue(product: Product, start: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return the largest eigenvalue, by sign, of a symmetric matrix that is known by its products.

    Power iteration finds the eigenvalue of the largest magnitude. Where that one is negative, or where
    a negative one of like magnitude keeps the iteration from settling, it starts again with the matrix
    shifted by more than its norm, so that no eigenvalue is negative.

    Parameters
    ----------
    start
        A random vector, in parts.
    """
    first = _unit(start)

    def step(
        i: tf.Tensor, shift: tf.Tensor, before: tf.Tensor, now: tf.Tensor, *vector: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        products = product(vector)
        before, now, length = now, _dot(vector, products), tf.linalg.global_norm(products)
        moved = _unit([p + shift * v for p, v in zip(products, vector, strict=True)])
        settled = ~_unsettled(i + 1, before, now)
        again = settled & (shift == 0) & (now < ALIGNED * length)
        restarted = [tf.where(again, one, other) for one, other in zip(first, moved, strict=True)]
        return (
            tf.where(again, 0, i + 1),
            tf.where(again, 1.1 * length, shift),
            before,
            now,
            *restarted,
        )

    def goes_on(
        i: tf.Tensor, _shift: tf.Tensor, before: tf.Tensor, now: tf.Tensor, *_vector: tf.Tensor
    ) -> tf.Tensor:
        return _unsettled(i, before, now)

    zero = tf.constant(0.0)
    _, _, _, eigenvalue, *_ = tf.while_loop(goes_on, step, [tf.constant(0), zero, zero, zero, *first])
    return eigenvalue


def _unsettled(i: tf.Tensor, before: tf.Tensor, now: tf.Tensor) -> tf.Tensor:
    """Whether to go on after i products."""
    return (i < MAX_ITERATIONS) & ((i < 2) | (tf.abs(now - before) > TOLERANCE * tf.abs(now)))


def _dot(one: Sequence[tf.Tensor], other: Sequence[tf.Tensor]) -> tf.Tensor:
    return tf.add_n([tf.reduce_sum(a * b) for a, b in zip(one, other, strict=True)])


def _unit(vector: Sequence[tf.Tensor]) -> Vector:
    length = tf.linalg.global_norm(list(vector))
    return [part / length for part in vector]
