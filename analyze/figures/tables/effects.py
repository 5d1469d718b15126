"""Tables of effects with their intervals: forest, estimation figure and pairwise matrix."""

import math
from collections.abc import Sequence
from typing import Any

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures import binning
from analyze.figures.binning import Floats
from analyze.figures.captions import effects as captions
from analyze.figures.captions import words
from analyze.figures.source import Entry, FigureSource, entry, from_rows, stack
from analyze.figures.tables.clouds import dots
from analyze.stats.two_sample import compare_means

MAX_ROWS = 24
MAX_ESTIMATED = 6
MAX_MATRIX = 16
# An interval this many times as wide as the median one is cut, or the others would be points.
_FAR = 20
_IN_UNITS = ("mean_difference", "median_difference", "hodges_lehmann")
_LEVELS = (0.5, 0.8, 0.99)
_MIN_RUNS = 10
_MIDDLE_DECILES = (0.1, 0.9)


def forest(source: FigureSource) -> Entry | None:
    """Differences of means of all pairs on one axis; for one pair all differences in the value's unit."""
    if not source.pairs:
        return None
    pairs = _shown_pairs(source)
    rows = _rows_of_one(pairs[0]) if len(pairs) == 1 else [_mean_row(pair) for pair in pairs]
    low, high = _limits(rows, source.margin)
    for row in rows:
        row |= {"beyond_low": row["low"] < low, "beyond_high": row["high"] > high}
    tables = {"effects": from_rows(rows), "window": {"low": [low], "high": [high]}}
    if source.margin is not None:
        tables["margin"] = {"low": [-source.margin], "high": [source.margin]}
    shown = {group for pair in pairs for group in (pair.group_a, pair.group_b)}
    several = len(pairs) > 1
    return entry(
        source,
        "forest",
        f"Differences of {'mean ' if several else ''}{source.value} with intervals",
        captions.forest(pairs, rows, source.margin, n_compared=len(source.pairs)),
        f"Forest plot of differences of {source.value}. {captions.forest_alt(rows)}",
        tables,
        groups=[group for group in source.groups if group in shown],
    )


def estimation(source: FigureSource) -> Entry | None:
    """Put the runs of every group above the differences of their means from the baseline's."""
    a = source.groups[0]
    pairs = [pair for pair in source.pairs if pair.group_a == a][: MAX_ESTIMATED - 1]
    if not pairs:
        return None
    samples = source.samples()
    groups = [a, *(pair.group_b for pair in pairs)]
    drawn = {group: samples[group] for group in groups}
    low, high = binning.window(list(drawn.values()))
    rows = [_group_row(group, values) for group, values in drawn.items()]
    rows = [row | _clipped(row, low, high) for row in rows]
    intervals = [interval for pair in pairs for interval in _intervals(pair, samples, source.confidence)]
    tables = {
        "dots": stack([dots(group, values, low, high, n_cells=36) for group, values in drawn.items()]),
        "groups": from_rows(rows),
        "differences": from_rows([_mean_row(pair) for pair in pairs]),
        "intervals": from_rows(intervals),
    }
    return entry(
        source,
        "estimation",
        f"Runs by {source.value}, and differences of their means",
        captions.estimation(pairs, intervals, source, n_groups=len(groups)),
        f"Estimation plot of {source.value}. {captions.estimation_alt(rows, pairs)}",
        tables,
        groups=groups,
    )


def pairwise_matrix(source: FigureSource) -> Entry | None:
    """How probably a run of one group is above a run of another, for all pairs of three groups or more."""
    groups = source.groups[:MAX_MATRIX]
    pairs = [pair for pair in source.pairs if {pair.group_a, pair.group_b} <= set(groups)]
    if len(groups) < 3 or len(pairs) < len(groups) * (len(groups) - 1) // 2:
        return None
    cells = [cell for pair in pairs for cell in _cells(pair)]
    left_out = len(source.groups) - len(groups)
    return entry(
        source,
        "pairwise_matrix",
        f"Probability that a run of the row has the larger {source.value}",
        captions.pairwise_matrix(pairs, n_left_out=left_out),
        f"Matrix of {len(groups)} by {len(groups)} groups. {captions.matrix_alt(pairs)}",
        {"cells": from_rows(cells)},
        groups=groups,
    )


def _shown_pairs(source: FigureSource) -> list[PairComparison]:
    if len(source.pairs) <= MAX_ROWS:
        return list(source.pairs)
    return [pair for pair in source.pairs if pair.group_a == source.groups[0]][:MAX_ROWS]


def _mean_row(pair: PairComparison) -> dict[str, Any]:
    return _effect_row(pair, "mean_difference") | {"label": f"{pair.group_b} − {pair.group_a}"}


def _effect_row(pair: PairComparison, effect: str) -> dict[str, Any]:
    found = words.effect(pair, effect)
    return _row(pair, found["label"], found["estimate"], found["low"], found["high"])


def _row(pair: PairComparison, label: str, estimate: float, low: float, high: float) -> dict[str, Any]:
    return {
        "group_a": pair.group_a,
        "group_b": pair.group_b,
        "label": label,
        "estimate": float(estimate),
        "low": float(low),
        "high": float(high),
        "verdict": pair.verdict,
    }


def _rows_of_one(pair: PairComparison) -> list[dict[str, Any]]:
    """Return every difference that is in the unit of the value."""
    rows = [_effect_row(pair, effect) for effect in _IN_UNITS]
    rows += [
        _row(
            pair,
            f"difference of {fmt.level(r.level)} quantiles",
            r.difference,
            r.low_pointwise,
            r.high_pointwise,
        )
        for r in pair.where.shift
        if r.level in _MIDDLE_DECILES
    ]
    matched = [] if pair.matched is None else pair.matched.effects
    rows += [
        _row(pair, "mean difference of matched pairs", e.estimate, e.low, e.high)
        for e in matched
        if e.effect == "paired_mean_difference"
    ]
    return rows


def _limits(rows: Sequence[dict[str, Any]], margin: float | None) -> tuple[float, float]:
    """Return the range of the axis: all intervals, but for those that would flatten the others."""
    bounds = [row[side] for row in rows for side in ("low", "high") if not math.isnan(row[side])]
    reaches = sorted(abs(end) for end in [*bounds, *(row["estimate"] for row in rows)] if math.isfinite(end))
    most = _FAR * reaches[(len(reaches) - 1) // 2] or reaches[-1]
    ends = [min(max(end, -most), most) for end in bounds]
    ends += [0.0] if margin is None else [-margin, margin]
    low, high = min(ends), max(ends)
    space = 0.04 * (high - low) or 1.0
    return low - space, high + space


def _group_row(group: str, values: Floats) -> dict[str, Any]:
    mean = float((values - values[0]).mean() + values[0])
    return {"group": group, "n": values.size, "mean": mean, "sd": float((values - values[0]).std(ddof=1))}


def _clipped(row: dict[str, Any], low: float, high: float) -> dict[str, Any]:
    """Return the ends of mean ± sd near the window, and nothing for a mean outside it."""
    inside, reach = low <= row["mean"] <= high, high - low
    return {
        "mean_drawn": row["mean"] if inside else None,
        "low": max(row["mean"] - row["sd"], low - reach) if inside else None,
        "high": min(row["mean"] + row["sd"], high + reach) if inside else None,
    }


def _intervals(pair: PairComparison, samples: dict[str, Floats], confidence: float) -> list[dict[str, Any]]:
    """Return intervals of several levels, or of few runs the one: that of 99 % would dwarf the runs."""
    a, b = samples[pair.group_a], samples[pair.group_b]
    means = compare_means(a, b)
    levels = {confidence, *_LEVELS} if means.spreads and min(len(a), len(b)) >= _MIN_RUNS else {confidence}
    found = [(level, *means.interval(level)[:2]) for level in levels]
    return [
        {"group": pair.group_b, "confidence_level": level, "low": low, "high": high}
        for level, low, high in sorted(found)
    ]


def _cells(pair: PairComparison) -> list[dict[str, Any]]:
    effect = words.effect(pair, "probability_of_superiority")
    p, low, high = (float(effect[key]) for key in ("estimate", "low", "high"))
    return [
        {"row": b, "column": a, "probability": p, "low": low, "high": high, "verdict": pair.verdict}
        for b, a, p, low, high in (
            (pair.group_b, pair.group_a, p, low, high),
            (pair.group_a, pair.group_b, 1 - p, 1 - high, 1 - low),
        )
    ]
