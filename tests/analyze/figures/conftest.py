"""Groups compared once for the tests of all figures."""

import numpy as np
import pytest

from analyze.figures.source import FigureSource
from tests.support.figure_sources import compared

RNG = np.random.default_rng(7)
APART = {"a": RNG.normal(0, 1, 60), "b": RNG.normal(2, 1, 60)}
ALIKE = {"a": RNG.normal(0, 1, 60), "b": RNG.normal(0, 1, 60)}
CROSSING = {"a": RNG.normal(0, 1, 300), "b": RNG.normal(1, 3, 300)}
THREE = {"a": RNG.normal(0, 1, 40), "b": RNG.normal(0.1, 1, 40), "c": RNG.normal(3, 1, 40)}


@pytest.fixture(scope="session")
def apart() -> FigureSource:
    return compared(APART)


@pytest.fixture(scope="session")
def alike() -> FigureSource:
    return compared(ALIKE)


@pytest.fixture(scope="session")
def crossing() -> FigureSource:
    return compared(CROSSING)


@pytest.fixture(scope="session")
def three() -> FigureSource:
    return compared(THREE)
