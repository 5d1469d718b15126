"""Tables of matched pairs: the values of two groups at the same unit."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyze.figures.captions import pairs as captions
from analyze.figures.captions import words
from analyze.figures.source import Columns, Entry, FigureSource, entry, stack

MAX_PAIRED = 6
MAX_POINTS = 1500
_POINT_CELLS = 40


def matched_pairs(source: FigureSource) -> Entry | None:
    """Values of two groups at the same unit, counted per point or cell; None without matched pairs."""
    if not source.pairable:
        return None
    a, *others = source.groups
    pairs = [(a, b, _paired(source.runs, a, b)) for b in others[:MAX_PAIRED]]
    pairs = [(a, b, xy) for a, b, xy in pairs if len(xy) >= 2]
    if not pairs:
        return None
    # One common cell size, so that equal areas mean equal counts in every panel.
    placed = [(a, b, np.log10(xy) if source.log else xy) for a, b, xy in pairs]
    cell = _cell(np.concatenate([xy for _, _, xy in placed]))
    points = source.in_units(stack([_point_rows(a, b, xy, cell) for a, b, xy in placed]), "x", "y")
    tables = {"points": points, "counts": stack([_pair_counts(a, b, xy) for a, b, xy in pairs])}
    sentences = " ".join(captions.matched_pairs(row, source.unit) for row in words.rows(tables["counts"]))
    return entry(
        source,
        "matched_pairs",
        f"Pairs of runs by {source.value}, at the same {source.unit}",
        f"{sentences} The line marks equal {source.value}; the area of a point is the number of pairs.",
        f"Scatter plot of {source.value} in pairs of runs with equal {source.unit}. {sentences}",
        tables,
    )


def _paired(runs: pd.DataFrame, a: str, b: str) -> NDArray[np.float64]:
    """Return the values of both groups at the units that both have, shape (n_pairs, 2)."""
    left, right = (runs.loc[runs["group"] == g].set_index("unit")["value"] for g in (a, b))
    return pd.concat([left, right], axis=1, join="inner").to_numpy(np.float64)


def _cell(xy: NDArray[np.float64]) -> float:
    """Return the side of the cells that points are counted in; 0 when there are few enough to draw each."""
    if len(np.unique(xy, axis=0)) <= MAX_POINTS:
        return 0.0
    return float(np.ptp(xy)) / _POINT_CELLS


def _point_rows(a: str, b: str, xy: NDArray[np.float64], cell: float) -> Columns:
    placed = (np.floor(xy / cell) + 0.5) * cell if cell else xy
    points, n = np.unique(placed, axis=0, return_counts=True)
    return {
        "group_a": [a] * n.size,
        "group_b": [b] * n.size,
        "x": points[:, 0].tolist(),
        "y": points[:, 1].tolist(),
        "n": n.tolist(),
    }


def _pair_counts(a: str, b: str, xy: NDArray[np.float64]) -> Columns:
    x, y = xy[:, 0], xy[:, 1]
    constant = np.ptp(x) == 0 or np.ptp(y) == 0
    return {
        "group_a": [a],
        "group_b": [b],
        "n": [len(xy)],
        "n_above": [int((y > x).sum())],
        "n_below": [int((y < x).sum())],
        "n_equal": [int((y == x).sum())],
        "correlation": [None if constant else float(np.corrcoef(x, y)[0, 1])],
    }
