"""What every rival trains: the joint schedule of the original experiment, on the same images."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

BATCH, STEPS, SLOW_FROM = 50, 1000, 750
RATE, SLOW_RATE = 0.01, 0.003
LAYERS = ((784, 100), (100, 100), (100, 100), (100, 10))
INITIAL_SD, INITIAL_BIAS = 0.1, 0.1

# Of the 400 published runs.
PUBLISHED_MEAN, PUBLISHED_SD = 0.87867, 0.00274

# Trains networks from these seeds and returns their test accuracies.
Train = Callable[[Sequence[int]], Sequence[float]]


@dataclass(frozen=True)
class Images:
    """Batches (20, 50, 784) and (20, 50), test images (10000, 784) and labels (10000,)."""

    batches: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def load() -> Images:
    from collect.strategy import datasets

    found = datasets.resolve("mnist")
    split = datasets.split(datasets.load(found.path), train_first=5000, n_train=1000)
    return Images(
        split.train_images.reshape(-1, BATCH, 784),
        split.train_labels.reshape(-1, BATCH),
        split.test_images,
        split.test_labels,
    )


def one_hot(labels: np.ndarray) -> np.ndarray:
    return np.eye(10, dtype=np.float32)[labels]


def initial(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw weights and biases: a normal distribution cut at 2 sd, by drawing again."""
    draw = np.random.default_rng(seed)
    layers = []
    for shape in LAYERS:
        weights = draw.standard_normal(shape, dtype=np.float32)
        while (outside := np.abs(weights) > 2).any():
            weights[outside] = draw.standard_normal(outside.sum(), dtype=np.float32)
        layers.append((weights * np.float32(INITIAL_SD), np.full(shape[1], INITIAL_BIAS, np.float32)))
    return layers


def operations() -> int:
    """Return a run's floating-point operations, dense: forward, both factors' gradients, evaluation."""
    sizes = [inputs * units for inputs, units in LAYERS]
    a_step = 2 * BATCH * (2 * sum(sizes) + sum(sizes[1:]))  # no gradient of the images
    return STEPS * a_step + 2 * 10_000 * sum(sizes)


def check(name: str, accuracies: Sequence[float]) -> None:
    """Stop if these are not the accuracies that the protocol leads to."""
    mean = statistics.fmean(accuracies)
    if abs(mean - PUBLISHED_MEAN) > 0.001 + 4 * PUBLISHED_SD / math.sqrt(len(accuracies)):
        raise SystemExit(f"{name} does not train as the protocol says: mean accuracy {mean:.4f}")
