"""Tables of the expected best of n runs, its difference from the baseline, and where two groups cross."""

from collections.abc import Mapping, Sequence
from typing import Any

from analyze.comparison.pair import PairComparison
from analyze.figures import binning
from analyze.figures.captions import expected_best as captions
from analyze.figures.source import MAX_GROUPS, Entry, FigureSource, entry, from_rows
from analyze.stats.best_comparison import BestDifferenceRow
from analyze.stats.best_of_n import BestRow

MAX_DIFFERENCES = 4


def expected_best(source: FigureSource) -> Entry | None:
    """Follow what someone gets who trains n times and keeps the best, by n."""
    curves = _curves(source)
    if not curves:
        return None
    low, high = binning.window(list(source.samples().values()))
    reach = high - low
    near = {g: [r for r in rows if low - reach <= r.unbiased <= high + reach] for g, rows in curves.items()}
    drawn = {group: rows for group, rows in near.items() if rows}
    if not drawn:
        return None
    tables = {
        "curves": from_rows(
            [_row(group, row, low - reach, high + reach) for group in drawn for row in drawn[group]]
        )
    }
    pairs = [pair for pair in source.pairs if pair.group_a == source.groups[0]] or list(source.pairs)
    pairs = pairs[:MAX_DIFFERENCES]
    differences = [
        _difference(pair, row, 2 * reach)
        for pair in pairs
        for row in pair.where.best.difference
        if abs(row.difference) <= 2 * reach
    ]
    if differences:
        tables["difference"] = from_rows(differences)
        tables["crossing"] = from_rows([_crossing(pair) for pair in pairs])
    left_out = sum(len(rows) for rows in curves.values()) - sum(len(rows) for rows in drawn.values())
    return entry(
        source,
        "expected_best",
        f"Expected best {source.value} of n runs",
        captions.expected_best(pairs, source.better, source.confidence, n_far=left_out),
        f"Expected best of n runs by n, for n from 1. {captions.alt(curves, source.value, source.better)}",
        tables,
        groups=[group for group in source.groups if group in drawn],
    )


def _curves(source: FigureSource) -> dict[str, Sequence[BestRow]]:
    """Return the curve of each group, from the first pair that it is in: it is the same in all."""
    curves: dict[str, Sequence[BestRow]] = {}
    for pair in source.pairs:
        curves.setdefault(pair.group_a, pair.where.best.best_a)
        curves.setdefault(pair.group_b, pair.where.best.best_b)
    return {group: curves[group] for group in source.groups[:MAX_GROUPS] if group in curves}


def _row(group: str, row: BestRow, low: float, high: float) -> dict[str, Any]:
    return {
        "group": group,
        "n": row.n,
        "estimate": row.unbiased,
        "low": None if row.low is None else max(row.low, low),
        "high": None if row.high is None else min(row.high, high),
        "extrapolated": row.extrapolated,
    }


def _difference(pair: PairComparison, row: BestDifferenceRow, reach: float) -> dict[str, Any]:
    return {
        "group_a": pair.group_a,
        "group_b": pair.group_b,
        "n": row.n,
        "estimate": row.difference,
        "low": None if row.low is None else max(row.low, -reach),
        "high": None if row.high is None else min(row.high, reach),
        "extrapolated": row.extrapolated,
    }


def _crossing(pair: PairComparison) -> Mapping[str, Any]:
    found = pair.where.best.crossing
    return {
        "group_a": pair.group_a,
        "group_b": pair.group_b,
        "n": found.n,
        "low": found.low,
        "high": found.high,
        "determined": found.determined,
    }
