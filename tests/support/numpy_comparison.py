"""Train by the program and by the independent implementation, from the same random numbers."""

import dataclasses
import functools

import numpy as np
from numpy_training import train
from small_networks import live_pixels

from collect.strategy.config import RunConfig
from collect.strategy.schedules import Schedule, Stage

SEED = 11
STEPS = 60
TOLERANCE = 1e-3


def shortened(schedule: Schedule) -> Schedule:
    """Keep every stage and every drop of the learning rate, in 60 steps a stage."""

    def shorten(stage: Stage) -> Stage:
        factors = tuple((step * STEPS // stage.steps, factor) for step, factor in stage.rate_factors)
        return dataclasses.replace(stage, steps=STEPS, rate_factors=factors)

    return dataclasses.replace(schedule, stages=tuple(map(shorten, schedule.stages)))


def drawn(config: RunConfig, split, purpose=None, names=None):
    """Return parameters as the program draws them, without the leading axis of one network."""
    from collect.training import network

    shapes = network.parameter_shapes(split.train_images.shape[1], split.n_classes, config.hidden_units)
    inputs = (len(live_pixels(split)), *config.hidden_units)
    for k in (1, 2, 3):
        shapes[f"decoder{k}/weights"] = (1, config.hidden_units[k - 1], inputs[k - 1])
        shapes[f"decoder{k}/biases"] = (1, 1, inputs[k - 1])
    parts = names or {f"{kind}{k}" for kind in ("layer", "head") for k in (1, 2, 3)}
    return _drawn(tuple((n, shape) for n, shape in shapes.items() if n.partition("/")[0] in parts), purpose)


@functools.cache
def _drawn(shapes, purpose):
    """Compiled: the kernels outside XLA draw other numbers."""
    import tensorflow as tf

    from collect.training import network

    def draw(seed):
        return network.drawn(seed, dict(shapes), purpose=purpose)

    arrays = tf.function(draw, jit_compile=True, autograph=False)(tf.constant(SEED, tf.int64))
    return {name: array.numpy()[0] for name, array in arrays.items()}


@functools.cache
def _draws(name, shape):
    """Return what decides which inputs an autoencoder sees, for every step."""
    import tensorflow as tf

    from collect.training import network

    seed = tf.constant(SEED, tf.int64)

    def draw(step):
        return network.uniform(seed, name, step, shape)

    compiled = tf.function(draw, jit_compile=True, autograph=False)
    return [compiled(tf.constant(step)).numpy()[0] for step in range(STEPS)]


def numpy_training(config: RunConfig, split, **errors):
    """Train by the independent implementation, with the random numbers of the program."""

    def redrawn(number):
        stage = config.schedule.stages[number - 1]
        names = {*stage.reset, *([f"decoder{stage.depth}"] if stage.objective == "reconstruct" else [])}
        return drawn(config, split, f"stage{number}", names) if names else {}

    def masks(number, step):
        stage = config.schedule.stages[number - 1]
        n_inputs = redrawn(number)[f"decoder{stage.depth}/biases"].shape[1]
        draws = _draws(f"stage{number}/corruption", (1, config.batch_size, n_inputs))
        return (draws[step] >= stage.corruption).astype(np.float64)

    return train(config, split, drawn(config, split), redrawn, masks, **errors)


def trained(config: RunConfig, split):
    from collect.training.trainer import Trainer

    return Trainer(config, split).parameters(SEED)
