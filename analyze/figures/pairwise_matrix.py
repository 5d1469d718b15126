"""Pairwise matrix: how probably a run of one group is above a run of another, for all pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures import effects, style, words
from analyze.figures.figure import Content, Figure, Plot, columns
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.figures.words import name
from analyze.results import FigureEntry

MAX_MATRIX = 16
# Names of columns that are longer in all would run into each other.
_LETTERS_ACROSS = 40
# Numbers in more columns would, too.
_MAX_NUMBERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """Probability that a run of the row is above one of the column, ties counted half."""

    row: str
    column: str
    probability: float
    low: float
    high: float
    verdict: str


def content(source: FigureSource) -> Content | None:
    """Take the probabilities of all pairs of three groups or more; None where some pairs are missing."""
    groups = source.chosen(MAX_MATRIX)
    pairs = [pair for pair in source.pairs if {pair.group_a, pair.group_b} <= set(groups)]
    if len(groups) < 3 or len(pairs) < len(groups) * (len(groups) - 1) // 2:
        return None
    tiles = [_tile(pair) for pair in pairs]
    alt = words.first(
        [
            f"{name(t.row)} above {name(t.column)}: {fmt.probability(t.probability)}, {t.verdict}."
            for t in tiles
        ],
        "pair",
    )
    return Content(
        title=f"Probability that a run of the row has the larger {source.value}",
        caption=_caption(pairs, tiles) + source.which(groups),
        alt=f"Matrix of {len(groups)} by {len(groups)} groups. {alt}",
        tables={"cells": columns([tile for t in tiles for tile in (t, _mirrored(t))])},
        groups=groups,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw a tile for each pair, with its probability in colour and number, and its verdict as a sign."""
    n = len(entry.groups)
    shown = style.labels(entry.groups)
    numbered = n * max(len(name) for name in shown.values()) > _LETTERS_ACROSS
    rows = {g: f"{name} · {i + 1}" if numbered else name for i, (g, name) in enumerate(shown.items())}
    across = {g: str(i + 1) if numbered else name for i, (g, name) in enumerate(shown.items())}
    cells = style.plain_frame(entry, "cells")
    cells["row"] = pd.Categorical(cells["row"].map(rows), list(rows.values())[::-1])
    cells["column"] = pd.Categorical(cells["column"].map(across), list(across.values()))
    between = "\n" if n <= _MAX_NUMBERS else ""
    numbers = [fmt.probability(p) if n <= _MAX_NUMBERS else "" for p in cells["probability"]]
    signs = [effects.VERDICTS[verdict][0] for verdict in cells["verdict"]]
    cells["text"] = [f"{number}{between}{sign}" for number, sign in zip(numbers, signs, strict=True)]
    size = 9 if n <= 6 else 7 if n <= _MAX_NUMBERS else 8
    plot: Plot = p9.ggplot(cells, p9.aes("column", "row"))
    plot += p9.geom_tile(p9.aes(fill="probability"), width=0.96, height=0.96)
    plot += p9.geom_text(p9.aes(label="text"), color=style.ON_TILE, size=size, family=style.FAMILY)
    plot += p9.scale_fill_gradient2(
        low="#56B4E9", mid="#f4f4f4", high="#E69F00", midpoint=0.5, limits=(0, 1),
        breaks=[0, 0.25, 0.5, 0.75, 1], labels=["0", "¼", "½", "¾", "1"], name="P(row > column)  ",
        guide=p9.guide_colorbar(display="rectangles", nbin=25),
    )  # fmt: skip
    plot += p9.labs(x="column, numbered as the rows" if numbered else "column", y="")
    height = min(0.9 + n * (0.62 if n <= 6 else 0.46), 7.4)
    plot += style.theme(width=style.WIDTH, height=height, legend=True)
    plot += p9.theme(
        axis_title_y=p9.element_blank(),
        panel_grid_major=p9.element_blank(),
        legend_title=p9.element_text(size=9.5),
        legend_key_height=10,
        legend_key_width=140,
        axis_text_x=p9.element_text(size=9 if n <= _MAX_NUMBERS else 7.5),
    )
    return plot


def _tile(pair: PairComparison) -> Tile:
    chance = effects.effect(pair, "probability_of_superiority")
    return Tile(
        row=pair.group_b,
        column=pair.group_a,
        probability=chance.estimate,
        low=chance.low,
        high=chance.high,
        verdict=pair.verdict,
    )


def _mirrored(tile: Tile) -> Tile:
    return Tile(
        row=tile.column,
        column=tile.row,
        probability=1 - tile.probability,
        low=1 - tile.high,
        high=1 - tile.low,
        verdict=tile.verdict,
    )


def _caption(pairs: Sequence[PairComparison], tiles: Sequence[Tile]) -> str:
    """Return how many pairs have which verdict, the most uneven pair, and how to read a tile."""
    most = max(tiles, key=lambda tile: abs(tile.probability - 0.5))
    most = most if most.probability >= 0.5 else _mirrored(most)
    return (
        f"Verdict: {effects.counted(pairs)}. The most uneven pair: a run of {name(most.row)} is above one of "
        f"{name(most.column)} with probability {fmt.probability(most.probability)}. Each tile: probability "
        "that a run of the row has the larger value than one of the column, ties counted half; the sign is "
        f"the verdict of the pair (≠ differs, ≈ equivalent, ○ no difference shown, ? inconclusive)."
    )


FIGURE = Figure(
    name="pairwise_matrix",
    section="many",
    reads=(
        "Row and column are groups. The colour of a tile and the number in it are the probability that a run "
        "of the row has a larger value than one of the column: at one half, neither tends to be above the "
        "other. The sign is the verdict on the pair, whose distributions may differ there too."
    ),
    tables=("cells",),
    content=content,
    draw=draw,
)
