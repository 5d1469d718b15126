"""Matched pairs: the values of two groups at the same unit against each other."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.figures import style
from analyze.figures.binning import Floats
from analyze.figures.figure import Content, Figure, Plot, Table, columns, stack
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.figures.words import name
from analyze.results import FigureEntry

MAX_PAIRED = 4
MAX_POINTS = 1500
_POINT_CELLS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """In how many pairs group b is above group a, below, and equal."""

    group_a: str
    group_b: str
    n: int
    n_above: int
    n_below: int
    n_equal: int
    correlation: float | None


def content(source: FigureSource) -> Content | None:
    """Match values of two groups at the same unit, counted by point or cell; None without matched pairs."""
    if not source.pairable:
        return None
    a, *others = source.chosen(MAX_PAIRED + 1)
    found = [(b, _paired(source.runs, a, b)) for b in others]
    pairs = {b: xy for b, xy in found if len(xy) >= 2}
    if not pairs:
        return None
    # One common cell size, so that equal areas mean equal counts in every panel.
    placed = {b: np.log10(xy) if source.log else xy for b, xy in pairs.items()}
    cell = _cell(np.concatenate(list(placed.values())))
    counts = [_counts(a, b, xy) for b, xy in pairs.items()]
    sentences = " ".join(_sentence(row, source.unit) for row in counts)
    return Content(
        title=f"Pairs of runs by {source.value}, at the same {source.unit}",
        caption=f"{sentences} The line marks equal {source.value}; the area of a point is the number of "
        f"pairs.{source.which([a, *others])}",
        alt=f"Scatter plot of {source.value} in pairs of runs with equal {source.unit}. {sentences}",
        tables={
            "points": stack([_points(a, b, xy, cell, source) for b, xy in placed.items()]),
            "counts": columns(counts),
        },
        groups=[a, *pairs],
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw the values under two groups at the same unit against each other, with the line of equality."""
    names = style.names(entry.groups)
    points = style.frame(entry, "points", names)
    others = list(points["group_b"].unique())
    across = f"{style.value_title(entry)}, {points['group_a'].iloc[0]}"
    upright = f"{entry.value}, {others[0]}" if len(others) == 1 else "the other group"
    plot: Plot = p9.ggplot() + p9.labs(x=across, y=upright)
    plot += p9.geom_abline(intercept=0, slope=1, color=style.INK, size=0.5, linetype="dashed")
    plot += _sized_points(points)
    limits = _limits(points, log=entry.log)
    plot += p9.coord_fixed(xlim=limits, ylim=limits, expand=False)
    plot += [style.value_axis(entry, axis, few=len(others) > 1) for axis in ("x", "y")]
    if len(others) > 1:
        plot += p9.facet_wrap("group_b", ncol=2, labeller=style.wrapped(2))
        side = (style.WIDTH - 0.6) / 2
        return plot + style.theme(width=style.WIDTH, height=0.6 + side * -(-len(others) // 2), legend=False)
    return plot + style.theme(width=style.HALF_WIDTH, height=3.4, legend=False)


def _limits(points: pd.DataFrame, *, log: bool) -> tuple[float, float]:
    values = points[["x", "y"]].to_numpy(np.float64)
    low, high = float(values.min()), float(values.max())
    if log:
        margin = (high / low) ** 0.04 if high > low else 2.0
        return low / margin, high * margin
    margin = 0.04 * (high - low) or 0.5
    return low - margin, high + margin


def _sized_points(points: pd.DataFrame) -> list[object]:
    """Draw rings whose area is the count, one layer per size: a layer of one size is a tenth of the file.

    Where many overlap, rings stay apart, and each has the full contrast of its colour.
    """
    radius = (points["n"] / points["n"].max()) ** 0.5
    levels = (radius * 10).round().clip(lower=1)
    largest = 2.6 if points["n"].max() < 4 else 4.0
    return [
        p9.geom_point(
            p9.aes("x", "y"), part, color=style.COLORS[0], fill="none", size=largest * level / 10, stroke=0.4
        )
        for level, part in points.groupby(levels)
    ]


def _paired(runs: pd.DataFrame, a: str, b: str) -> Floats:
    """Return the values of both groups at the units that both have, shape (n_pairs, 2)."""
    left, right = (runs.loc[runs["group"] == g].set_index("unit")["value"] for g in (a, b))
    return pd.concat([left, right], axis=1, join="inner").to_numpy(np.float64)


def _cell(xy: Floats) -> float:
    """Return the side of the cells that points are counted in; 0 when there are few enough to draw each."""
    if len(np.unique(xy, axis=0)) <= MAX_POINTS:
        return 0.0
    return float(np.ptp(xy)) / _POINT_CELLS


def _points(a: str, b: str, xy: Floats, cell: float, source: FigureSource) -> Table:
    points, n = np.unique((np.floor(xy / cell) + 0.5) * cell if cell else xy, axis=0, return_counts=True)
    return {
        "group_a": [a] * n.size,
        "group_b": [b] * n.size,
        "x": source.at_all(points[:, 0].tolist()),
        "y": source.at_all(points[:, 1].tolist()),
        "n": n.tolist(),
    }


def _counts(a: str, b: str, xy: Floats) -> Counts:
    x, y = xy[:, 0], xy[:, 1]
    constant = np.ptp(x) == 0 or np.ptp(y) == 0
    return Counts(
        group_a=a,
        group_b=b,
        n=len(xy),
        n_above=int((y > x).sum()),
        n_below=int((y < x).sum()),
        n_equal=int((y == x).sum()),
        correlation=None if constant else float(np.corrcoef(x, y)[0, 1]),
    )


def _sentence(row: Counts, unit: str) -> str:
    """Return how often the second group was above the first at the same unit, and their correlation."""
    r = row.correlation
    correlation = "no correlation, one side is constant" if r is None else f"correlation {fmt.fixed(r, 2)}"
    return (
        f"Of {fmt.plural(row.n, 'pair')} with equal {unit}, {name(row.group_b)} is higher than "
        f"{name(row.group_a)} in {fmt.count(row.n_above)}, lower in {fmt.count(row.n_below)} "
        f"and equal in {fmt.count(row.n_equal)} ({correlation})."
    )


FIGURE = Figure(
    name="matched_pairs",
    section="pairs",
    few=True,
    reads=(
        "A point is one unit under two groups, its area the number of pairs there. Points above the "
        "line are higher under the group on the upright axis."
    ),
    on_paper=False,
    tables=("points", "counts"),
    content=content,
    draw=draw,
    log=True,
)
