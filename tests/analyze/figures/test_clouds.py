"""Raincloud and ridgelines: dots are quantiles, densities have one scale."""

import numpy as np
import pandas as pd
import pytest

from analyze.figures.binning import DOTS
from analyze.figures.clouds import dots
from analyze.figures.source import FigureSource
from tests.support.figure_sources import compared, made, tables

RNG = np.random.default_rng(7)


@pytest.mark.parametrize("n", [1, 2, 49, 50, 51, 1000])
def test_dots_are_quantiles_in_stacks(n: int) -> None:
    values = np.sort(np.random.default_rng(n).normal(size=n))
    drawn = pd.DataFrame(dots("a", values, (values[0], values[-1]), n_cells=30))
    assert len(drawn) == min(n, DOTS)
    width = (values[-1] - values[0]) / 30
    assert (drawn["x"] >= values[0]).all()
    assert (drawn["x"] <= values[-1]).all()
    for x, stack in drawn.groupby("x"):
        assert stack["stack"].tolist() == list(range(len(stack)))
        assert (stack["n_stack"] == len(stack)).all()
        if n <= DOTS:  # every run is a dot of its own cell
            inside = (values >= float(x) - width / 2 - 1e-9) & (values <= float(x) + width / 2 + 1e-9)
            assert inside.sum() >= len(stack)


def test_far_runs_are_no_dots_and_are_counted(alike: FigureSource) -> None:
    source = compared({"a": np.r_[RNG.normal(0, 1, 99), 1e9], "b": RNG.normal(0, 1, 100)})
    assert tables("estimation", source)["dots"]["x"].abs().max() < 10
    assert "Not drawn, because far away: 1 run." in made("estimation", source).caption
    assert "far away" not in made("estimation", alike).caption


def test_densities_have_one_scale(three: FigureSource) -> None:
    density = tables("ridgelines", three)["density"]
    assert density["height"].max() == 1
    assert (density["height"] / density["density"]).std() == pytest.approx(0, abs=1e-9)
    for _, curve in density.groupby("group"):
        assert np.trapezoid(curve["density"], curve["x"]) == pytest.approx(1, abs=0.02)
