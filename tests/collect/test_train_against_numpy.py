"""Training agrees with an independent implementation: NumPy, float64, its own backpropagation.

Schedules of the protocol at full size; every schedule with every optimizer on small networks.
"""

import dataclasses
import functools
import itertools

import numpy as np
import pytest
from numpy_training import disagreement, train
from small_networks import live_pixels, small_config, small_split

from collect.config import RunConfig
from collect.optimizers import OPTIMIZERS
from collect.schedules import SCHEDULES, Schedule, Stage

pytestmark = pytest.mark.filterwarnings("default")

SEED = 11
STEPS = 60
TOLERANCE = 1e-3
PROTOCOL = ("joint", "staged", "joint-long")
# Shortened, the longer forms of joint are joint, and pretrained is pretrained-full on other images.
SAME_WHEN_SHORT = ("joint-long", "joint-1600", "joint-2000", "pretrained")
FORMS = [name for name in SCHEDULES if name not in SAME_WHEN_SHORT]
PAIRS = [*itertools.product(FORMS, OPTIMIZERS), ("pretrained", "sgd")]


def shortened(schedule: Schedule) -> Schedule:
    """Keep every stage and every drop of the learning rate, in 60 steps a stage."""

    def shorten(stage: Stage) -> Stage:
        factors = tuple((step * STEPS // stage.steps, factor) for step, factor in stage.rate_factors)
        return dataclasses.replace(stage, steps=STEPS, rate_factors=factors)

    return dataclasses.replace(schedule, stages=tuple(map(shorten, schedule.stages)))


def drawn(config: RunConfig, split, purpose=None, names=None):
    """Return parameters as the program draws them, without the leading axis of one network."""
    from collect import network

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

    from collect import network

    def draw(seed):
        return network.drawn(seed, dict(shapes), purpose=purpose)

    arrays = tf.function(draw, jit_compile=True, autograph=False)(tf.constant(SEED, tf.int64))
    return {name: array.numpy()[0] for name, array in arrays.items()}


@functools.cache
def _draws(name, shape):
    """Return what decides which inputs an autoencoder sees, for every step."""
    import tensorflow as tf

    from collect import network

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
    from collect.train import Trainer

    return Trainer(config, split).parameters(SEED)


@pytest.fixture(scope="module")
def protocol(config_of, split):
    """Configurations of the protocol's schedules, 60 steps a stage, and what the program makes of them."""
    short = {name: config_of(shortened(SCHEDULES[name])) for name in PROTOCOL}
    return {name: (config, trained(config, split)) for name, config in short.items()}


@pytest.mark.parametrize("name", PROTOCOL)
def test_every_parameter_agrees(name, protocol, split, report_counts):
    config, ours = protocol[name]
    theirs = numpy_training(config, split)
    assert set(ours) == set(theirs)
    reached = disagreement(ours, theirs)
    report_counts(f"training against NumPy, {name}: largest relative distance {reached:.1e}")
    assert reached < TOLERANCE


@pytest.mark.parametrize(
    "error",
    [{"mean_loss": True}, {"shuffle": True}, {"without": "layer1/biases"}, {"without": "head3/biases"}],
    ids=str,
)
def test_a_deliberate_error_is_seen(error, protocol, split):
    config, ours = protocol["staged"]
    assert disagreement(ours, numpy_training(config, split, **error)) > TOLERANCE


def test_stages_train_only_their_own_arrays(protocol, config_of, split):
    config, _ = protocol["staged"]
    first = dataclasses.replace(config.schedule, stages=config.schedule.stages[:1])
    initial, after = drawn(config, split), trained(dataclasses.replace(config, schedule=first), split)
    changed = {name for name in after if not np.array_equal(after[name][0], initial[name])}
    assert changed == {"layer1/weights", "layer1/biases", "head1/weights", "head1/biases"}


def test_initial_parameters_are_as_the_protocol_says(config_of, split):
    for name, array in drawn(config_of(SCHEDULES["joint"]), split).items():
        if name.endswith("biases"):
            assert np.all(array == np.float32(0.1))
        else:
            assert np.abs(array).max() <= 0.2
            # A normal distribution cut at 2 sd has 0.8796 of its standard deviation.
            assert array.std() == pytest.approx(0.08796, abs=4 * 0.08796 / np.sqrt(2 * array.size))
            assert abs(array.mean()) < 4 * 0.088 / np.sqrt(array.size)


@pytest.mark.parametrize(("schedule", "optimizer"), PAIRS)
def test_every_schedule_agrees_with_every_optimizer(schedule, optimizer, report_counts):
    from collect.train import Trainer

    config = small_config(shortened(SCHEDULES[schedule]), OPTIMIZERS[optimizer])
    split = small_split(with_all_images=config.schedule.uses_all_images)
    trainer = Trainer(config, split)
    ours, again = trainer.parameters(SEED), trainer.parameters(SEED)
    assert all(np.array_equal(ours[name], again[name]) for name in ours), "not repeatable"
    reached = disagreement(ours, numpy_training(config, split))
    report_counts(f"training against NumPy, {schedule} {optimizer}: largest relative distance {reached:.1e}")
    assert reached < TOLERANCE
