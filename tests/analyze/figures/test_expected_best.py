"""Expected bests, and where curves cross: named only where it is determined."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analyze.figures.source import FigureSource
from tests.support.figure_sources import compared, made, table

from .conftest import THREE

RNG = np.random.default_rng(7)


def test_expected_best_of_one_run_is_the_mean(three: FigureSource) -> None:
    curves = table("expected_best", three, "curves")
    means = curves[curves["n"] == 1].set_index("group")["estimate"]
    assert means.to_dict() == pytest.approx({g: float(np.mean(v)) for g, v in THREE.items()})
    assert curves[curves["extrapolated"]]["low"].isna().all()
    assert "c against a: the expected best is larger (worse)" in made("expected_best", three).caption
    higher = made("expected_best", replace(three, better="higher"))
    assert "is larger (better)" in higher.caption


def test_a_crossing_is_named_only_where_it_is_determined(crossing: FigureSource, alike: FigureSource) -> None:
    found = crossing.pairs[0].where.best.crossing
    assert found.determined
    assert "the curves cross at about" in made("expected_best", crossing).caption
    assert "cross" not in made("expected_best", alike).caption
    assert "no difference of the expected bests shown" in made("expected_best", alike).caption


def test_a_crossing_that_is_not_determined_is_not_named(crossing: FigureSource) -> None:
    pair = crossing.pairs[0]
    vague = replace(pair.where.best.crossing, determined=False, low=None, high=None)
    best = replace(pair.where.best, crossing=vague)
    source = replace(crossing, pairs=(replace(pair, where=replace(pair.where, best=best)),))
    assert vague.n is not None
    assert "cross" not in made("expected_best", source).caption


def test_expected_bests_far_away_are_not_drawn_and_counted() -> None:
    diverged = compared({"a": np.r_[RNG.normal(0, 1, 40), 1e12], "b": RNG.normal(0, 1, 40)})
    entry = made("expected_best", diverged)
    for name in ("curves", "difference"):
        estimates = pd.DataFrame(entry.tables[name])[["estimate", "low", "high"]].abs()
        assert estimates.max(axis=None) < 100
    assert "Not drawn, because far away: 1 point." in entry.caption
