"""Accuracies behind hidden layers are drawn where there are several."""

from dataclasses import replace

from analyze.figures.catalogue import FIGURES
from analyze.figures.source import FigureSource
from tests.support.figure_sources import made, with_depths


def test_depths_are_drawn_where_there_are_several(three: FigureSource) -> None:
    assert FIGURES["training_depth"].content(three) is None
    deep = with_depths(three)
    assert FIGURES["training_depth"].content(replace(deep, depths=deep.depths.query("layers == 3"))) is None
    entry = made("training_depth", deep)
    assert "changes by +20.0 (a), +20.0 (b) and +20.0 (c) percentage points" in entry.caption
