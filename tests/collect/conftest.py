"""What the tests of `collect` share: the settings that workers train with, and the real images."""

import os

import pytest

from collect.running import worker
from collect.strategy import datasets
from collect.strategy.config import RunConfig
from collect.strategy.optimizers import SGD
from collect.strategy.schedules import Schedule

# Before anything imports TensorFlow, as in a worker.
os.environ.update(worker.SETTINGS)


@pytest.fixture(scope="session")
def mnist() -> datasets.DatasetFile:
    return datasets.resolve("mnist")


@pytest.fixture(scope="session")
def split(mnist: datasets.DatasetFile) -> datasets.Split:
    return datasets.split(datasets.load(mnist.path), train_first=5000, n_train=1000)


@pytest.fixture(scope="session")
def config_of(mnist: datasets.DatasetFile):
    def make(schedule: Schedule, learning_rate: float = 0.01) -> RunConfig:
        return RunConfig(
            schedule=schedule, optimizer=SGD, learning_rate=learning_rate, dataset_digest=mnist.digest
        )

    return make
