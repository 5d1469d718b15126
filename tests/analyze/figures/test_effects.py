"""Estimation figure and pairwise matrix: their numbers are those of the comparison."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import stats

from analyze.figures import effects
from analyze.figures.catalogue import FIGURES
from analyze.figures.source import FigureSource
from tests.support.figure_sources import table

from .conftest import THREE


def test_wider_confidence_makes_wider_intervals(apart: FigureSource) -> None:
    rows = table("estimation", apart, "intervals").sort_values("confidence_level")
    assert rows["confidence_level"].tolist() == [0.5, 0.8, 0.95, 0.99]
    assert (np.diff(rows["high"] - rows["low"]) > 0).all()
    effect = effects.effect(apart.pairs[0], "mean_difference")
    assert rows[rows["confidence_level"] == 0.95][["low", "high"]].to_numpy().tolist() == [
        [effect.low, effect.high]
    ]


def test_the_matrix_mirrors_itself(three: FigureSource) -> None:
    cells = table("pairwise_matrix", three, "cells").set_index(["row", "column"])
    assert len(cells) == 6
    for a, b in product(THREE, THREE):
        if a != b:
            there, back = cells.loc[(a, b)], cells.loc[(b, a)]
            assert there["probability"] + back["probability"] == pytest.approx(1)
            assert there["low"] + back["high"] == pytest.approx(1)
    u = stats.mannwhitneyu(THREE["c"], THREE["a"]).statistic
    assert cells.loc[("c", "a"), "probability"] == pytest.approx(u / 1600)


def test_a_matrix_needs_all_pairs(three: FigureSource, apart: FigureSource) -> None:
    assert FIGURES["pairwise_matrix"].content(replace(three, pairs=three.pairs[:2])) is None
    assert FIGURES["pairwise_matrix"].content(apart) is None


VERDICTS = [("differs",), ("no difference shown",), ("equivalent",), ("inconclusive",)]
VERDICTS += [("differs", "no difference shown"), ("differs", "equivalent", "inconclusive")]


@pytest.mark.parametrize("verdicts", VERDICTS)
def test_counted_verdicts_say_no_more_than_the_verdicts(
    three: FigureSource, verdicts: tuple[str, ...]
) -> None:
    pairs = [replace(three.pairs[0], verdict=verdict) for verdict in verdicts]
    counted = effects.counted(pairs)
    assert all(f"{verdict} in 1" in counted for verdict in verdicts)
    assert counted.endswith(f"of {len(verdicts)} pair{'s' if len(verdicts) > 1 else ''}")
    others = set(effects.VERDICTS) - set(verdicts)
    assert not any(re.search(rf"\b{other} in", counted) for other in others)
