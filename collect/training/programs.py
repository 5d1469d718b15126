"""The parts of the programs that train: a stage made ready, its losses, its rates, what is drawn for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from collect.strategy.datasets import Split
from collect.strategy.schedules import RECONSTRUCT, Stage
from collect.training import network

Loss = Callable[[network.Parameters], tf.Tensor]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A stage, the names of the arrays that it trains, its optimizer and how the optimizer's state starts.

    In dual form the first weights are not among those that the optimizer has.
    """

    stage: Stage
    names: tuple[str, ...]
    by_optimizer: tuple[str, ...]
    optimizer: keras.Optimizer
    starts: list[float]
    in_dual_form: bool


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function compiled by XLA on its first call; its control flow is TensorFlow's already."""
    compiled: Callable[..., Any] = tf.function(function, jit_compile=True, autograph=False)
    return compiled


def batches(rows: npt.NDArray[np.float32], size: int) -> tf.Tensor:
    """Return images or labels in whole batches, shape (n_batches, 1, size, columns)."""
    return tf.constant(rows[: len(rows) // size * size].reshape(-1, 1, size, rows.shape[1]))


def for_each(seeds: tf.Tensor, draw: Callable[[tf.Tensor], network.Parameters]) -> network.Parameters:
    """Return what is drawn from every seed, stacked along the first axis, which has one entry for each."""
    drawn = tf.nest.map_structure(lambda array: array.dtype, draw(seeds[0]))
    stacked: network.Parameters = tf.map_fn(
        lambda seed: {name: array[0] for name, array in draw(seed).items()}, seeds, fn_output_signature=drawn
    )
    return stacked


def only(place: tf.Tensor, parameters: network.Parameters) -> network.Parameters:
    """Return the parameters of one network, with an axis of one."""
    return {name: tf.gather(array, place[None]) for name, array in parameters.items()}


def classification(stage: Stage, images: tf.Tensor, labels: tf.Tensor) -> Loss:
    """Return the loss of the stage's head, summed over the images."""
    seen = network.head_names(stage.depth)

    def loss(parameters: network.Parameters) -> tf.Tensor:
        visible = {name: parameters[name] for name in seen}
        return network.summed_loss(network.logits(visible, images)[-1], labels)

    return loss


def reconstruction(stage: Stage, images: tf.Tensor, kept: tf.Tensor | None) -> Loss:
    """Return the loss of an autoencoder; tanh outputs of the layer below are scaled to 0 to 1."""

    def loss(parameters: network.Parameters) -> tf.Tensor:
        clean = network.hidden(parameters, stage.depth - 1, images)
        targets = clean if stage.depth == 1 else (clean + 1) / 2
        corrupted = clean if kept is None else clean * kept
        return network.reconstruction_loss(parameters, stage.depth, corrupted, targets)

    return loss


def trained_names(stage: Stage) -> tuple[str, ...]:
    """Return the names of the arrays that a stage trains."""
    parts = [f"layer{k}" for k in stage.trained_layers]
    parts.append(f"{'decoder' if stage.objective == RECONSTRUCT else 'head'}{stage.depth}")
    return tuple(f"{part}/{array}" for part in parts for array in ("weights", "biases"))


def rate_at(stage: Stage, base: float, step: tf.Tensor) -> tf.Tensor:
    """Return the learning rate at a step of a stage."""
    rate = tf.constant(base * stage.rate_factors[0][1], tf.float32)
    for first_step, factor in stage.rate_factors[1:]:
        rate = tf.where(step >= first_step, tf.constant(base * factor, tf.float32), rate)
    return rate


def live_pixels(split: Split) -> npt.NDArray[np.int32]:
    """Return the indices of the pixels that are not zero in all images that a stage may use."""
    live = (split.train_images != 0).any(axis=0)
    if split.all_images is not None:
        live |= (split.all_images != 0).any(axis=0)
    return np.flatnonzero(live).astype(np.int32)


def kept_inputs(
    stage: Stage, seeds: tf.Tensor, name: str, step: tf.Tensor, shape: tuple[int, ...]
) -> tf.Tensor | None:
    """Return 0 for the inputs that an autoencoder does not see at a step, 1 for the others."""
    if not stage.corruption:
        return None
    draws = for_each(seeds, lambda seed: {name: network.uniform(seed, name, step, shape)})[name]
    return tf.cast(draws >= stage.corruption, tf.float32)
