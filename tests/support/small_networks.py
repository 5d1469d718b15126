"""A problem small enough to train every strategy on: 12 × 12 pixels, 20 units a layer, batches of 10."""

import functools

import numpy as np

from collect.strategy import datasets
from collect.strategy.config import RunConfig
from collect.strategy.datasets import Split
from collect.strategy.optimizers import Optimizer
from collect.strategy.schedules import Schedule


@functools.cache
def small_split(*, with_all_images: bool = False) -> Split:
    """Return MNIST with every second pixel of every second row, of which some are dead."""
    arrays = datasets.load(datasets.resolve("mnist").path)
    small = {
        "x_train": arrays["x_train"][:5400, 2:26:2, 2:26:2], "y_train": arrays["y_train"][:5400],
        "x_test": arrays["x_test"][:200, 2:26:2, 2:26:2], "y_test": arrays["y_test"][:200],
    }  # fmt: skip
    return datasets.split(small, train_first=5000, n_train=100, with_all_images=with_all_images)


def small_config(schedule: Schedule, optimizer: Optimizer, **changes: object) -> RunConfig:
    """Return a configuration for the small problem."""
    return RunConfig(
        schedule=schedule,
        optimizer=optimizer,
        learning_rate=optimizer.learning_rate,
        dataset_digest="small",
        train_first=5000,
        n_train=100,
        batch_size=10,
        hidden_units=(20, 20, 20),
        **changes,
    )


def live_pixels(split: Split) -> np.ndarray:
    """Return the indices of the pixels that are not zero in all images of all stages."""
    images = [split.train_images] if split.all_images is None else [split.train_images, split.all_images]
    return np.flatnonzero(np.concatenate(images).any(axis=0))
