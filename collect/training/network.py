"""The network as pure functions of its parameters.

Three hidden layers of tanh units, and a softmax head after each: head k sees layers 1 to k.

Every array has a leading axis of n networks, except the first weights: those of several networks may
lie side by side, shape (1, n_pixels, n * units). All networks see the same images, so one wide product
serves them all, in two thirds of the time per network.
"""

import hashlib
from collections.abc import Mapping, Sequence

import tensorflow as tf

from collect.strategy.config import INITIAL_BIAS, INITIAL_SD
from collect.strategy.schedules import DEPTH

Parameters = dict[str, tf.Tensor]


def parameter_shapes(
    n_pixels: int, n_classes: int, hidden_units: Sequence[int]
) -> dict[str, tuple[int, int, int]]:
    """Return the shape of every parameter array, by name, in order from input to output."""
    shapes: dict[str, tuple[int, int, int]] = {}
    fan_in = n_pixels
    for k, units in enumerate(hidden_units, start=1):
        shapes[f"layer{k}/weights"] = (1, fan_in, units)
        shapes[f"layer{k}/biases"] = (1, 1, units)
        shapes[f"head{k}/weights"] = (1, units, n_classes)
        shapes[f"head{k}/biases"] = (1, 1, n_classes)
        fan_in = units
    return shapes


def drawn(
    seed: tf.Tensor, shapes: Mapping[str, tuple[int, int, int]], *, purpose: str | None = None
) -> Parameters:
    """Draw parameters: weights truncated normal, biases constant.

    An array depends on the seed, the purpose and its own name only. What a network starts from has no
    purpose, so every schedule starts a seed from the same weights.

    Parameters
    ----------
    seed
        int64 scalar.
    purpose
        A name for other draws of the same arrays, such as `stage2`.
    """
    return {
        name: _truncated_normal(seed, name if purpose is None else f"{purpose}/{name}", shape)
        if name.endswith("weights")
        else tf.fill(shape, INITIAL_BIAS)
        for name, shape in shapes.items()
    }


def head_names(depth: int) -> tuple[str, ...]:
    """Return the names of the arrays that head `depth` depends on: its layers and itself."""
    layers = [f"layer{k}/{part}" for k in range(1, depth + 1) for part in ("weights", "biases")]
    return (*layers, f"head{depth}/weights", f"head{depth}/biases")


def logits(parameters: Parameters, images: tf.Tensor) -> list[tf.Tensor]:
    """Return the logits of every head whose arrays are given, each of shape (n, n_images, n_classes).

    Parameters
    ----------
    images
        float32, shape (1, n_images, n_pixels).
    """
    weights, n = parameters["layer1/weights"], parameters["layer1/biases"].shape[0]
    if weights.shape[0] == n:
        weights = side_by_side(weights)
    return logits_from(parameters, _products(images, weights))


def logits_from(parameters: Parameters, products: tf.Tensor) -> list[tf.Tensor]:
    """Return the logits as `logits` does, from the products of the images with the first weights.

    Parameters
    ----------
    products
        float32, shape (1, n_images, n * units).
    """
    biases = parameters["layer1/biases"]
    output, outputs = apart(tf.tanh(products + side_by_side(biases)), biases.shape[0]), []
    for k in range(1, DEPTH + 1):
        if k > 1:
            output = tf.tanh(_affine(output, parameters, f"layer{k}"))
        if f"head{k}/weights" in parameters:
            outputs.append(_affine(output, parameters, f"head{k}"))
        if f"layer{k + 1}/weights" not in parameters:
            break
    return outputs


def losses(head_logits: tf.Tensor, one_hot_labels: tf.Tensor) -> tf.Tensor:
    """Return the cross-entropy of each network summed over the images, in nats, shape (n,)."""
    labels = tf.broadcast_to(one_hot_labels, head_logits.shape)
    return tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(labels, head_logits), axis=1)


def summed_loss(head_logits: tf.Tensor, one_hot_labels: tf.Tensor) -> tf.Tensor:
    """Return the cross-entropy summed over the images and the networks, in nats."""
    return tf.reduce_sum(losses(head_logits, one_hot_labels))


def reconstruction_loss(
    parameters: Parameters, depth: int, inputs: tf.Tensor, targets: tf.Tensor
) -> tf.Tensor:
    """Return the cross-entropy of an autoencoder, summed over its targets and the images, in nats.

    The encoder is layer `depth`, the decoder is linear with a logistic output; targets are 0 to 1
    (Bengio et al. 2007; Vincent et al. 2008, doi 10.1145/1390156.1390294).
    """
    code = tf.tanh(_affine(inputs, parameters, f"layer{depth}"))
    decoded = _affine(code, parameters, f"decoder{depth}")
    targets = tf.broadcast_to(targets, decoded.shape)
    return tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(targets, decoded))


def hidden(parameters: Parameters, depth: int, images: tf.Tensor) -> tf.Tensor:
    """Return the output of layer `depth`, shape (n, n_images, units); of layer 0, the images."""
    output = images
    for k in range(1, depth + 1):
        output = tf.tanh(_affine(output, parameters, f"layer{k}"))
    return output


def uniform(seed: tf.Tensor, name: str, step: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    """Return numbers from 0 to 1 that depend on the seed, a name and the step only."""
    key = tf.stack([seed, _stream(name) + tf.cast(step, tf.int64)])
    return tf.random.stateless_uniform(shape, key, alg="philox")


def side_by_side(arrays: tf.Tensor) -> tf.Tensor:
    """Return arrays of shape (n, rows, columns) as one of shape (1, rows, n * columns)."""
    n, rows, columns = arrays.shape
    return tf.reshape(tf.transpose(arrays, (1, 0, 2)), (1, rows, n * columns))


def apart(array: tf.Tensor, n: int) -> tf.Tensor:
    """Return an array of shape (1, rows, n * columns) as n arrays, shape (n, rows, columns)."""
    _, rows, columns = array.shape
    return tf.transpose(tf.reshape(array, (rows, n, columns // n)), (1, 0, 2))


def _affine(inputs: tf.Tensor, parameters: Parameters, name: str) -> tf.Tensor:
    weights, biases = parameters[f"{name}/weights"], parameters[f"{name}/biases"]
    n = biases.shape[0]
    if weights.shape[0] == n:
        return _products(inputs, weights) + biases
    if inputs.shape[0] == 1:
        return apart(_products(inputs, weights), n) + biases
    return _products(inputs, apart(weights, n)) + biases


def _products(inputs: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    return tf.matmul(inputs, weights)  # its gradient needs no transposed copy, that of einsum does


def _truncated_normal(seed: tf.Tensor, name: str, shape: tuple[int, int, int]) -> tf.Tensor:
    key = tf.stack([seed, _stream(name)])
    return tf.random.stateless_truncated_normal(shape, key, stddev=INITIAL_SD, alg="philox")


def _stream(name: str) -> tf.Tensor:
    """Return the number of a name's random stream, int64."""
    return tf.constant(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) >> 1, tf.int64)
