"""An autoencoder stage learns to reconstruct, sees no label, and leaves nothing but its layer behind."""

import dataclasses

import numpy as np
import pytest
from numpy_training import forward
from small_networks import live_pixels, small_config, small_split

from collect.strategy.optimizers import OPTIMIZERS
from collect.strategy.schedules import SCHEDULES, Schedule

pytestmark = pytest.mark.filterwarnings("default")

SEED = 3
STEPS = 1000
DEPTHS = (1, 2, 3)


def first_stages(steps: int) -> Schedule:
    """Return the unsupervised stages of `pretrained` alone."""
    stages = tuple(dataclasses.replace(s, steps=steps) for s in SCHEDULES["pretrained"].stages[:3])
    return Schedule(name="unsupervised", summary="", stages=stages)


def trained(split, steps):
    """Return the parameters, and the decoders as the last steps left them in the program."""
    from collect.training.trainer import Trainer

    trainer = Trainer(small_config(first_stages(steps), OPTIMIZERS["sgd"]), split)
    parameters = {name: array[0] for name, array in trainer.parameters(SEED).items()}
    decoders = {n: v.numpy()[0] for n, v in trainer._variables.items() if n.startswith("decoder")}
    return parameters, decoders


@pytest.fixture(scope="module")
def untrained():
    return trained(small_split(), 0)


@pytest.fixture(scope="module")
def pretrained():
    return trained(small_split(), STEPS)


def reconstruction_error(parameters, decoders, depth):
    """Return the mean cross-entropy per image of what the decoder makes of uncorrupted inputs."""
    split = small_split()
    outputs = forward(parameters, split.train_images, depth)
    targets = outputs[0][:, live_pixels(split)] if depth == 1 else (outputs[depth - 1] + 1) / 2
    scores = outputs[depth] @ decoders[f"decoder{depth}/weights"] + decoders[f"decoder{depth}/biases"]
    return (np.logaddexp(0, scores) - targets * scores).sum(axis=1).mean(), targets


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_reconstruction_error_falls(depth, untrained, pretrained):
    after, targets = reconstruction_error(*pretrained, depth)
    # The same layers below, before this one and its decoder have learned anything.
    parameters, decoders = untrained
    below = {n: a for n, a in pretrained[0].items() if n.startswith("layer") and int(n[5]) < depth}
    before, _ = reconstruction_error(parameters | below, decoders, depth)
    assert after < 0.8 * before
    # Better than the best answer that does not depend on the image: the mean of every input.
    mean = targets.mean(axis=0).clip(1e-9, 1 - 1e-9)
    ignorant = -(mean * np.log(mean) + (1 - mean) * np.log(1 - mean)).sum()
    assert after < ignorant


def test_the_decoder_is_discarded_and_heads_are_untouched(untrained, pretrained):
    before, after = untrained[0], pretrained[0]
    assert set(after) == {
        f"{kind}{k}/{part}" for kind in ("layer", "head") for k in DEPTHS for part in ("weights", "biases")
    }
    changed = {name for name in after if not np.array_equal(after[name], before[name])}
    assert changed == {f"layer{k}/{part}" for k in DEPTHS for part in ("weights", "biases")}


def test_no_label_is_touched(pretrained):
    split = small_split()
    shuffled = np.random.default_rng(0).permutation(split.train_labels)
    assert not np.array_equal(shuffled, split.train_labels)
    other, _ = trained(dataclasses.replace(split, train_labels=shuffled), STEPS)
    assert all(np.array_equal(other[name], pretrained[0][name]) for name in other)
