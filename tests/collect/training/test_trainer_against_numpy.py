"""Training agrees with an independent implementation: NumPy, float64, its own backpropagation.

The schedules of the protocol at full size; `test_pairs_against_numpy` has all schedules and optimizers.
"""

import dataclasses

import numpy as np
import pytest
from numpy_comparison import TOLERANCE, drawn, numpy_training, shortened, trained
from numpy_training import disagreement

from collect.strategy.schedules import SCHEDULES

pytestmark = pytest.mark.filterwarnings("default")

PROTOCOL = ("joint", "staged", "joint-long")


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
