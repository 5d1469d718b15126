"""Tables and captions of figures that show pairs: they say what the comparison found, and no more."""

import re
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analyze.figures.captions import effects as effect_words
from analyze.figures.captions import words
from analyze.figures.source import FigureSource
from analyze.figures.tables.catalogue import FIGURE_TABLES
from analyze.figures.tables.clouds import MAX_DOTS, dots
from analyze.figures.tables.effects import _limits
from tests.support.figure_sources import compared, with_depths

RNG = np.random.default_rng(7)
APART = {"a": RNG.normal(0, 1, 60), "b": RNG.normal(2, 1, 60)}
ALIKE = {"a": RNG.normal(0, 1, 60), "b": RNG.normal(0, 1, 60)}
CROSSING = {"a": RNG.normal(0, 1, 300), "b": RNG.normal(1, 3, 300)}
THREE = {"a": RNG.normal(0, 1, 40), "b": RNG.normal(0.1, 1, 40), "c": RNG.normal(3, 1, 40)}


@pytest.fixture(scope="module")
def apart() -> FigureSource:
    return compared(APART)


@pytest.fixture(scope="module")
def alike() -> FigureSource:
    return compared(ALIKE)


@pytest.fixture(scope="module")
def crossing() -> FigureSource:
    return compared(CROSSING)


@pytest.fixture(scope="module")
def three() -> FigureSource:
    return compared(THREE)


def made(figure: str, source: FigureSource) -> dict[str, Any]:
    entry = FIGURE_TABLES[figure](source)
    assert entry is not None
    return entry


def table(figure: str, source: FigureSource, name: str) -> pd.DataFrame:
    return pd.DataFrame(made(figure, source)["tables"][name])


def test_without_pairs_there_are_no_figures_of_pairs(apart: FigureSource) -> None:
    alone = replace(apart, pairs=())
    for figure in ("estimation", "forest", "shift_function", "quantile_quantile", "expected_best"):
        assert FIGURE_TABLES[figure](alone) is None


def test_the_shift_function_is_the_computed_one(apart: FigureSource, alike: FigureSource) -> None:
    for source in (apart, alike):
        rows = table("shift_function", source, "deciles")
        found = source.pairs[0].where.shift
        assert rows["difference"].tolist() == [row.difference for row in found]
        assert rows["excludes_zero"].tolist() == [row.excludes_zero for row in found]
    higher = made("shift_function", apart)["caption"]
    assert "b against a: loss is higher at all 9 quantiles (most, +" in higher
    assert made("shift_function", alike)["caption"].startswith(
        "b against a: no difference shown at any of 9 quantiles; the band includes zero there."
    )


def test_crossing_distributions_are_said_to_lie_on_both_sides(crossing: FigureSource) -> None:
    caption = made("shift_function", crossing)["caption"]
    assert re.match(
        r"b against a: loss is lower at the [^.]* and higher at the [^.]* quantiles \(most", caption
    )
    sides = made("quantile_quantile", crossing)["caption"]
    assert re.match(r"b against a: of 11 quantiles, \d below and \d above the line of equal", sides)


def test_quantiles_of_few_runs_decide_nothing() -> None:
    few = compared({"a": APART["a"][:3], "b": APART["b"][:3] + 5})
    assert few.pairs[0].where.shift[0].excludes_zero
    assert made("shift_function", few)["caption"].startswith("b against a: too few runs")
    assert "too few runs for a band to decide anything." in made("quantile_quantile", few)["caption"]


def test_captions_of_many_pairs_tell_the_widest_apart() -> None:
    groups = {name: RNG.normal(shift, 1, 30) for name, shift in zip("abcde", (0, 0, 0, 0, 3), strict=True)}
    caption = made("shift_function", compared(groups))["caption"]
    assert re.match(
        r"The band excludes zero somewhere in \d of the 4 pairs drawn. Of these the widest apart: e ag",
        caption,
    )
    assert caption.count("against") == 1


def test_quantiles_are_those_of_both_groups(apart: FigureSource) -> None:
    rows = table("quantile_quantile", apart, "quantiles")
    assert rows["x"].tolist() == pytest.approx(np.quantile(APART["a"], rows["level"]))
    assert rows["y"].tolist() == pytest.approx(np.quantile(APART["b"], rows["level"]))
    window = made("quantile_quantile", apart)["tables"]["window"]
    assert window["low"][0] < rows[["x", "y"]].min(axis=None)
    assert window["high"][0] > rows[["x", "y"]].max(axis=None)


def test_expected_best_of_one_run_is_the_mean(three: FigureSource) -> None:
    curves = table("expected_best", three, "curves")
    means = curves[curves["n"] == 1].set_index("group")["estimate"]
    assert means.to_dict() == pytest.approx({g: float(np.mean(v)) for g, v in THREE.items()})
    assert curves[curves["extrapolated"]]["low"].isna().all()
    assert "c against a: the expected best is larger (worse)" in made("expected_best", three)["caption"]
    higher = made("expected_best", replace(three, better="higher"))
    assert "is larger (better)" in higher["caption"]


def test_a_crossing_is_named_only_where_it_is_determined(crossing: FigureSource, alike: FigureSource) -> None:
    found = crossing.pairs[0].where.best.crossing
    assert found.determined
    assert "the curves cross at about" in made("expected_best", crossing)["caption"]
    assert "cross" not in made("expected_best", alike)["caption"]
    assert "no difference of the expected bests shown" in made("expected_best", alike)["caption"]


def test_a_crossing_that_is_not_determined_is_not_named(crossing: FigureSource) -> None:
    pair = crossing.pairs[0]
    vague = replace(pair.where.best.crossing, determined=False, low=None, high=None)
    best = replace(pair.where.best, crossing=vague)
    source = replace(crossing, pairs=(replace(pair, where=replace(pair.where, best=best)),))
    assert vague.n is not None
    assert "cross" not in made("expected_best", source)["caption"]


def test_expected_bests_far_away_are_not_drawn_and_counted() -> None:
    diverged = compared({"a": np.r_[RNG.normal(0, 1, 40), 1e12], "b": RNG.normal(0, 1, 40)})
    entry = made("expected_best", diverged)
    for name in ("curves", "difference"):
        estimates = pd.DataFrame(entry["tables"][name])[["estimate", "low", "high"]].abs()
        assert estimates.max(axis=None) < 100
    assert "Not drawn, because far away: 1 point." in entry["caption"]


def test_a_forest_of_one_pair_has_effects_in_the_unit_of_the_value(apart: FigureSource) -> None:
    rows = table("forest", apart, "effects")
    effects = apart.pairs[0].effects.set_index("effect")
    assert rows["label"].tolist()[:3] == [
        effects.loc[key, "label"] for key in ("mean_difference", "median_difference", "hodges_lehmann")
    ]
    assert rows["estimate"][0] == pytest.approx(np.mean(APART["b"]) - np.mean(APART["a"]))
    assert "b − a: 5 of 5 intervals exclude zero." in made("forest", apart)["caption"]
    assert "margin" not in made("forest", apart)["tables"]
    margin = made("forest", replace(apart, margin=0.5))
    assert margin["tables"]["margin"] == {"low": [-0.5], "high": [0.5]}
    assert "within the margin of ±0.5" in margin["caption"]


def test_a_forest_of_several_pairs_has_a_row_for_each(three: FigureSource) -> None:
    rows = table("forest", three, "effects")
    assert rows[["group_a", "group_b"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert rows["verdict"].tolist() == [pair.verdict for pair in three.pairs]
    assert "Verdict: differs in 2 and no difference shown in 1 of 3 pairs" in made("forest", three)["caption"]


def test_intervals_that_would_flatten_the_others_are_cut() -> None:
    rows = [{"estimate": 0.5 * i, "low": 0.5 * i - 1, "high": 0.5 * i + 1} for i in range(4)]
    low, high = _limits([*rows, {"estimate": 1e9, "low": -np.inf, "high": 2e9}], None)
    assert -100 < low < -1
    assert 2.5 < high < 100
    assert _limits(rows, 5.0)[1] > 5
    low, high = _limits([{"estimate": 0.0, "low": 0.0, "high": 0.0}], None)
    assert low < 0 < high


def test_wider_confidence_makes_wider_intervals(apart: FigureSource) -> None:
    rows = table("estimation", apart, "intervals").sort_values("confidence_level")
    assert rows["confidence_level"].tolist() == [0.5, 0.8, 0.95, 0.99]
    assert (np.diff(rows["high"] - rows["low"]) > 0).all()
    effect = words.effect(apart.pairs[0], "mean_difference")
    assert rows[rows["confidence_level"] == 0.95][["low", "high"]].to_numpy().tolist() == [
        [effect["low"], effect["high"]]
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
    assert FIGURE_TABLES["pairwise_matrix"](replace(three, pairs=three.pairs[:2])) is None
    assert FIGURE_TABLES["pairwise_matrix"](apart) is None


@pytest.mark.parametrize("n", [1, 2, 49, 50, 51, 1000])
def test_dots_are_quantiles_in_stacks(n: int) -> None:
    values = np.sort(np.random.default_rng(n).normal(size=n))
    drawn = pd.DataFrame(dots("a", values, values[0], values[-1], n_cells=30))
    assert len(drawn) == min(n, MAX_DOTS)
    width = (values[-1] - values[0]) / 30
    assert (drawn["x"] >= values[0]).all()
    assert (drawn["x"] <= values[-1]).all()
    for x, stack in drawn.groupby("x"):
        assert stack["stack"].tolist() == list(range(len(stack)))
        assert (stack["n_stack"] == len(stack)).all()
        if n <= MAX_DOTS:  # every run is a dot of its own cell
            inside = (values >= float(x) - width / 2 - 1e-9) & (values <= float(x) + width / 2 + 1e-9)
            assert inside.sum() >= len(stack)


def test_far_runs_are_no_dots_and_are_counted() -> None:
    source = compared({"a": np.r_[RNG.normal(0, 1, 99), 1e9], "b": RNG.normal(0, 1, 100)})
    assert table("raincloud", source, "dots")["x"].abs().max() < 10
    assert "Not drawn, because far away: 1 run." in made("raincloud", source)["caption"]
    assert "far away" not in made("raincloud", compared(ALIKE))["caption"]


def test_densities_have_one_scale(three: FigureSource) -> None:
    density = table("ridgelines", three, "density")
    assert density["height"].max() == 1
    assert (density["height"] / density["density"]).std() == pytest.approx(0, abs=1e-9)
    for _, curve in density.groupby("group"):
        assert np.trapezoid(curve["density"], curve["x"]) == pytest.approx(1, abs=0.02)


def test_depths_are_drawn_where_there_are_several(three: FigureSource) -> None:
    assert FIGURE_TABLES["training_depth"](three) is None
    deep = with_depths(three)
    assert FIGURE_TABLES["training_depth"](replace(deep, depths=deep.depths.query("layers == 3"))) is None
    entry = made("training_depth", deep)
    assert "changes by +20.0 (a), +20.0 (b) and +20.0 (c) percentage points" in entry["caption"]


VERDICTS = [("differs",), ("no difference shown",), ("equivalent",), ("inconclusive",)]
VERDICTS += [("differs", "no difference shown"), ("differs", "equivalent", "inconclusive")]


@pytest.mark.parametrize("verdicts", VERDICTS)
def test_counted_verdicts_say_no_more_than_the_verdicts(
    three: FigureSource, verdicts: tuple[str, ...]
) -> None:
    pairs = [replace(three.pairs[0], verdict=verdict) for verdict in verdicts]
    counted = effect_words._counted(pairs)
    assert all(f"{verdict} in 1" in counted for verdict in verdicts)
    assert counted.endswith(f"of {len(verdicts)} pair{'s' if len(verdicts) > 1 else ''}")
    others = set(effect_words.VERDICTS) - set(verdicts)
    assert not any(re.search(rf"\b{other} in", counted) for other in others)
