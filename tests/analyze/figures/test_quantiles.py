"""The shift function says what the comparison found, and no more."""

import re

import numpy as np

from analyze.figures.source import FigureSource
from tests.support.figure_sources import compared, made, table

from .conftest import APART

RNG = np.random.default_rng(7)


def test_the_shift_function_is_the_computed_one(apart: FigureSource, alike: FigureSource) -> None:
    for source in (apart, alike):
        rows = table("shift_function", source, "deciles")
        found = source.pairs[0].where.shift
        assert rows["difference"].tolist() == [row.difference for row in found]
        assert rows["excludes_zero"].tolist() == [row.excludes_zero for row in found]
    assert "b against a: loss is higher at all 9 quantiles (most, +" in made("shift_function", apart).caption
    assert made("shift_function", alike).caption.startswith(
        "b against a: no difference shown at any of 9 quantiles; the band includes zero there."
    )


def test_crossing_distributions_are_said_to_lie_on_both_sides(crossing: FigureSource) -> None:
    caption = made("shift_function", crossing).caption
    assert re.match(
        r"b against a: loss is lower at the [^.]* and higher at the [^.]* quantiles \(most", caption
    )


def test_quantiles_of_few_runs_decide_nothing() -> None:
    few = compared({"a": APART["a"][:3], "b": APART["b"][:11] + 5})
    assert few.pairs[0].where.shift[0].excludes_zero
    assert made("shift_function", few).caption.startswith("b against a: too few runs")


def test_captions_of_many_pairs_tell_the_widest_apart() -> None:
    groups = {name: RNG.normal(shift, 1, 30) for name, shift in zip("abcde", (0, 0, 0, 0, 3), strict=True)}
    caption = made("shift_function", compared(groups)).caption
    assert re.match(
        r"The band excludes zero somewhere in \d of the 4 pairs drawn. Of these the widest apart: e ag",
        caption,
    )
    assert caption.count("against") == 1
