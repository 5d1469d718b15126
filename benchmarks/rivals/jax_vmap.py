"""JAX: `scan` over the steps, `vmap` over networks, compiled as one program."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from rivals import protocol
from rivals.protocol import Images, Train

TOGETHER = (1, 8, 32, 100)


def make(images: Images, _together: int) -> Train:
    jax.config.update("jax_platforms", "cpu")
    batches, labels = jnp.asarray(images.batches), jnp.asarray(images.labels)
    test_images, test_labels = jnp.asarray(images.test_images), jnp.asarray(images.test_labels)

    def descend(parameters, i):
        batch = i % len(batches)
        gradients = jax.grad(summed_loss)(parameters, batches[batch], labels[batch])
        rate = jnp.where(i < protocol.SLOW_FROM, protocol.RATE, protocol.SLOW_RATE)
        return jax.tree.map(lambda p, g: p - rate * g, parameters, gradients), None

    def trained(key):
        return jax.lax.scan(descend, initial(key), jnp.arange(protocol.STEPS))[0]

    def accuracy(parameters):
        return jnp.mean(logits(parameters, test_images).argmax(axis=1) == test_labels)

    train_all = jax.jit(jax.vmap(trained))
    # One after the other: the activations of a hundred networks on all test images do not fit a cache.
    measure_all = jax.jit(lambda parameters: jax.lax.map(accuracy, parameters))

    def train(seeds: Sequence[int]) -> list[float]:
        keys = jax.vmap(jax.random.key)(jnp.asarray(seeds))
        return np.asarray(measure_all(train_all(keys))).tolist()

    return train


def initial(key):
    layers = []
    for shape, one in zip(protocol.LAYERS, jax.random.split(key, len(protocol.LAYERS)), strict=True):
        weights = protocol.INITIAL_SD * jax.random.truncated_normal(one, -2.0, 2.0, shape)
        layers.append((weights, jnp.full(shape[1], protocol.INITIAL_BIAS)))
    return layers


def logits(parameters, pixels):
    *hidden, (weights, biases) = parameters
    for w, b in hidden:
        pixels = jnp.tanh(pixels @ w + b)
    return pixels @ weights + biases


def summed_loss(parameters, pixels, wanted):
    log_p = jax.nn.log_softmax(logits(parameters, pixels))
    return -jnp.take_along_axis(log_p, wanted[:, None], axis=1).sum()
