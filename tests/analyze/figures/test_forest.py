"""The forest has a row for each difference, and cuts what would flatten the others."""

from dataclasses import replace

import numpy as np

from analyze.comparison.pair import PairComparison
from analyze.figures.catalogue import FIGURES
from analyze.figures.effects import EffectRow
from analyze.figures.forest import _limits
from analyze.figures.source import FigureSource
from tests.support.figure_sources import compared, made, table


def test_one_pair_has_no_forest(apart: FigureSource) -> None:
    assert FIGURES["forest"].content(apart) is None


def test_the_margin_is_a_zone(three: FigureSource) -> None:
    assert "margin" not in made("forest", three).tables
    margin = made("forest", replace(three, margin=0.5))
    assert margin.tables["margin"] == {"low": [-0.5], "high": [0.5]}
    assert "within the margin of ±0.5" in margin.caption


def test_a_forest_of_several_pairs_has_a_row_for_each(three: FigureSource) -> None:
    rows = table("forest", three, "effects")
    assert rows[["group_a", "group_b"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert rows["verdict"].tolist() == [pair.verdict for pair in three.pairs]
    assert "Verdict: differs in 2 and no difference shown in 1 of 3 pairs" in made("forest", three).caption


def row(estimate: float, low: float, high: float) -> EffectRow:
    names = {"group_a": "a", "group_b": "b", "label": "b − a", "verdict": "differs"}
    return EffectRow(estimate=estimate, low=low, high=high, **names)


def test_intervals_that_would_flatten_the_others_are_cut() -> None:
    rows = [row(0.5 * i, 0.5 * i - 1, 0.5 * i + 1) for i in range(4)]
    low, high = _limits([*rows, row(1e9, -np.inf, 2e9)], None)
    assert -100 < low < -1
    assert 2.5 < high < 100
    assert _limits(rows, 5.0)[1] > 5
    low, high = _limits([row(0.0, 0.0, 0.0)], None)
    assert low < 0 < high


def test_an_endless_interval_leaves_the_scale_to_the_others() -> None:
    rows = [row(0.1 * i, 0.1 * i - 0.5, 0.1 * i + 0.5) for i in range(4)]
    low, high = _limits([*rows, row(0.2, -np.inf, np.inf)], None)
    assert -0.7 < low < -0.5
    assert 0.8 < high < 1.0
    few = compared({"a": [1.0, 1.1, 1.2, 1.3, 1.4], "b": [1.2, 1.5], "c": [1.1, 1.2, 1.4, 1.5]})
    endless = replace(few, pairs=[_without_end(pair) if pair.group_b == "b" else pair for pair in few.pairs])
    entry = made("forest", endless)
    assert entry.tables["effects"]["beyond_high"] == [True, False, False]
    assert "Arrows: the interval goes on beyond the figure. b − a: so few runs that the interval has no" in (
        entry.caption
    )


def _without_end(pair: PairComparison) -> PairComparison:
    ends = pair.effects.assign(low=-np.inf, high=np.inf)
    return replace(pair, effects=ends)
