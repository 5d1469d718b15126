"""Pairs are matched by unit, and counted."""

import numpy as np
import pytest
from scipy import stats

from analyze.figures.catalogue import FIGURES
from analyze.figures.source import FigureSource
from tests.support.figure_sources import sampled, tables


def test_pairs_are_matched_by_unit_and_counted() -> None:
    a, b = [0.1, 0.2, 0.3, 0.4], [0.2, 0.2, 0.1, 0.9, 0.5]
    of = sampled(pairable=True, a=a, b=b)
    shuffled = FigureSource(
        runs=of.runs.sample(frac=1, random_state=1), groups=of.groups, value="accuracy", pairable=True
    )
    for drawn in (tables("matched_pairs", of), tables("matched_pairs", shuffled)):
        row = drawn["counts"].iloc[0]
        assert row[["n", "n_above", "n_below", "n_equal"]].tolist() == [4, 2, 1, 1]
        assert row["correlation"] == pytest.approx(stats.pearsonr(a, b[:4])[0])
        assert drawn["points"]["n"].sum() == 4


def test_many_pairs_are_counted_in_cells() -> None:
    rng = np.random.default_rng(1)
    points = tables(
        "matched_pairs", sampled(pairable=True, a=rng.normal(size=5000), b=rng.normal(size=5000))
    )["points"]
    assert points["n"].sum() == 5000
    assert len(points) <= 1600


def test_without_pairs_there_is_no_figure_of_pairs() -> None:
    assert FIGURES["matched_pairs"].content(sampled(a=[1, 2], b=[2, 3])) is None
    apart = sampled(pairable=True, a=[1, 2], b=[2, 3])
    apart.runs.loc[apart.runs["group"] == "b", "unit"] += 100
    assert FIGURES["matched_pairs"].content(apart) is None
