"""Images: how often each test example is answered right in two groups."""

import pandas as pd

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures import style, words
from analyze.figures.figure import Content, Figure, Plot, columns
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.results import FigureEntry

APART, REST = "differs", "not shown to differ"


def content(source: FigureSource) -> Content | None:
    """Put the share of runs that are right, of each example, in one group against that in the other."""
    drawn = source.seen.drawn if source.seen else None
    if drawn is None or source.seen is None:
        return None
    pairs = [pair for pair in source.panels() if pair.functions is not None]
    names = {(pair.group_a, pair.group_b) for pair in pairs}
    cells = [cell for cell in drawn.cells if (cell.group_a, cell.group_b) in names]
    apart = [one for one in drawn.separating if (one.group_a, one.group_b) in names]
    if not cells:
        return None
    example = source.seen.answers.example
    told = [_told(pair, example) for pair in pairs]
    tables = {"cells": columns(cells)} | ({"images": columns(apart)} if apart else {})
    groups = source.groups_of(pairs)
    return Content(
        title=f"Which {example}s separate the groups",
        caption=f"{words.first(told, 'pair')} A circle stands for {example}s with these shares of right "
        "runs, its "
        "area for how many; those that differ by Benjamini–Hochberg are "
        f"filled.{source.which(groups)}",
        alt=f"Scatter plot of the share of runs that are right on each {example}. "
        f"{words.first(told, 'pair')}",
        tables=tables,
        groups=groups,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw a circle for each cell of shares, filled where the examples in it differ."""
    cells = style.plain_frame(entry, "cells")
    cells["panel"] = style.pair_names(cells, " v. ")
    first = cells["group_a"].unique()
    others = cells["group_b"].unique()
    plot: Plot = p9.ggplot(cells, p9.aes("right_a", "right_b"))
    plot += p9.geom_abline(intercept=0, slope=1, color=style.INK, size=0.4, linetype="dashed")
    plot += _circles(cells)
    ends = [0.0, 0.5, 1.0]
    plot += [
        p9.scale_x_continuous(labels=style.percents, breaks=ends, limits=(-0.02, 1.02)),
        p9.scale_y_continuous(labels=style.percents, breaks=ends, limits=(-0.02, 1.02)),
        p9.coord_fixed(),
        p9.labs(
            x=f"right runs, {style.short(str(first[0]), 24)}" if len(first) == 1 else "right runs, first",
            y=f"right runs, {style.short(str(others[0]), 24)}" if len(others) == 1 else "right runs, second",
        ),
    ]
    n = cells["panel"].nunique()
    if n > 1:
        plot += p9.facet_wrap("panel", ncol=2, labeller=style.wrapped(2))
        side = (style.WIDTH - 0.6) / 2
        return plot + style.theme(width=style.WIDTH, height=0.6 + side * -(-n // 2), legend=False)
    return plot + style.theme(width=style.HALF_WIDTH, height=4.1, legend=False)


def _circles(cells: pd.DataFrame) -> list[object]:
    """Draw one layer per size: a layer of one size is a tenth of the file."""
    radius = (cells["n"] / cells["n"].quantile(0.98)).clip(upper=1) ** 0.5
    levels = (radius * 6).round().clip(lower=2)
    layers: list[object] = []
    for apart, colour in ((False, style.QUIET), (True, style.COLORS[1])):
        for level, part in cells[cells["separates"] == apart].groupby(levels):
            fill = colour if apart else "none"
            layers.append(p9.geom_point(data=part, color=colour, fill=fill, size=0.38 * level, stroke=0.3))
    return layers


def _told(pair: PairComparison, example: str) -> str:
    found = pair.functions
    assert found is not None
    return (
        f"{fmt.sentence_start(words.name(pair.group_b))} is right more often than "
        f"{words.name(pair.group_a)} on "
        f"{fmt.plural(found.n_images_better, example)} and less often on {fmt.count(found.n_images_worse)}."
    )


FIGURE = Figure(
    name="images",
    section="functions",
    few=False,
    reads=(
        "A test example on the line is answered right by as many runs of one group as of the other. Filled "
        "circles far from it are what the groups know differently."
    ),
    tables=("cells", "images"),
    on_paper=False,
    content=content,
    draw=draw,
    sources=("benjamini_hochberg_1995",),
)
