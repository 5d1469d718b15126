"""Training agrees with an independent implementation: NumPy, float64, its own backpropagation.

Written from the protocol in `data/README.md`, not from `collect/train.py`.
"""

import dataclasses

import numpy as np
import pytest

from collect.schedules import SCHEDULES, Schedule, Stage

pytestmark = pytest.mark.filterwarnings("default")

SEED = 11
STEPS = 60
TOLERANCE = 1e-3


def shortened(schedule: Schedule) -> Schedule:
    """Keep every stage and every drop of the learning rate, in 60 steps a stage."""

    def shorten(stage: Stage) -> Stage:
        factors = tuple((step * STEPS // stage.steps, factor) for step, factor in stage.rate_factors)
        return dataclasses.replace(stage, steps=STEPS, rate_factors=factors)

    return dataclasses.replace(schedule, stages=tuple(map(shorten, schedule.stages)))


def numpy_training(initial, images, labels, stages, *, mean_loss=False, shuffle=False, without=None):
    """Train by the protocol; the options are deliberate errors."""
    p = {name: array[0].astype(np.float64) for name, array in initial.items()}
    targets = np.eye(10)[labels]
    order = np.random.default_rng(0).permutation(len(images)) if shuffle else np.arange(len(images))
    for depth, steps, factors in stages:
        for step in range(steps):
            chosen = order[50 * step % 1000 : 50 * step % 1000 + 50]
            activations = [images[chosen].astype(np.float64)]
            for k in range(1, depth + 1):
                activations.append(np.tanh(activations[-1] @ p[f"layer{k}/weights"] + p[f"layer{k}/biases"]))
            scores = activations[-1] @ p[f"head{depth}/weights"] + p[f"head{depth}/biases"]
            exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
            delta = exponentials / exponentials.sum(axis=1, keepdims=True) - targets[chosen]
            if mean_loss:
                delta = delta / 50
            gradient = {
                f"head{depth}/weights": activations[-1].T @ delta,
                f"head{depth}/biases": delta.sum(axis=0),
            }
            delta = delta @ p[f"head{depth}/weights"].T
            for k in range(depth, 0, -1):
                delta = delta * (1 - activations[k] ** 2)
                gradient[f"layer{k}/weights"] = activations[k - 1].T @ delta
                gradient[f"layer{k}/biases"] = delta.sum(axis=0)
                delta = delta @ p[f"layer{k}/weights"].T
            rate = 0.01 * [factor for first, factor in factors if step >= first][-1]
            for name, value in gradient.items():
                if name != without:
                    p[name] = p[name] - rate * value.reshape(p[name].shape)
    return p


@pytest.fixture(scope="module")
def trained(config_of, split):
    """Parameters of every schedule after 60 steps a stage, and the initial ones, by the compiled program."""
    from collect.train import Trainer

    def parameters(schedule):
        return Trainer(config_of(schedule), split).parameters(SEED)

    short = {name: shortened(schedule) for name, schedule in SCHEDULES.items()}
    initial = parameters(Schedule(name="none", summary="", stages=(Stage(depth=3, steps=0),)))
    return initial, short, {name: parameters(schedule) for name, schedule in short.items()}


def disagreement(ours, theirs):
    """Largest relative distance in norm over the parameter arrays."""
    return max(
        np.linalg.norm(ours[name].reshape(array.shape) - array) / np.linalg.norm(array)
        for name, array in theirs.items()
    )


def stages_of(schedule):
    return [(stage.depth, stage.steps, stage.rate_factors) for stage in schedule.stages]


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_parameter_agrees(name, trained, split, record_property):
    initial, short, ours = trained
    theirs = numpy_training(initial, split.train_images, split.train_labels, stages_of(short[name]))
    assert set(ours[name]) == set(theirs)
    reached = disagreement(ours[name], theirs)
    record_property("relative_distance", reached)
    print(f"{name}: largest relative distance {reached:.1e}")
    assert reached < TOLERANCE


@pytest.mark.parametrize(
    "error",
    [{"mean_loss": True}, {"shuffle": True}, {"without": "layer1/biases"}, {"without": "head3/biases"}],
    ids=str,
)
def test_a_deliberate_error_is_seen(error, trained, split):
    initial, short, ours = trained
    wrong = numpy_training(
        initial, split.train_images, split.train_labels, stages_of(short["staged"]), **error
    )
    assert disagreement(ours["staged"], wrong) > TOLERANCE


def test_stages_train_only_their_own_arrays(trained, config_of, split):
    from collect.train import Trainer

    initial, short, _ = trained
    first = dataclasses.replace(short["staged"], stages=short["staged"].stages[:1])
    after = Trainer(config_of(first), split).parameters(SEED)
    changed = {name for name in after if not np.array_equal(after[name], initial[name])}
    assert changed == {"layer1/weights", "layer1/biases", "head1/weights", "head1/biases"}


def test_initial_parameters_are_as_the_protocol_says(trained):
    initial, _, _ = trained
    for name, array in initial.items():
        if name.endswith("biases"):
            assert np.all(array == np.float32(0.1))
        else:
            assert np.abs(array).max() <= 0.2
            # A normal distribution cut at 2 sd has 0.8796 of its standard deviation.
            assert array.std() == pytest.approx(0.08796, abs=4 * 0.08796 / np.sqrt(2 * array.size))
            assert abs(array.mean()) < 4 * 0.088 / np.sqrt(array.size)
