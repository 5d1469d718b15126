"""Tables of quantiles against each other: shift function and quantile–quantile figure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from analyze.comparison.pair import PairComparison
from analyze.figures import binning
from analyze.figures.binning import Floats
from analyze.figures.captions import quantiles as captions
from analyze.figures.source import Columns, Entry, FigureSource, entry, from_rows, stack
from analyze.stats.shift_function import ShiftRow

_MAX_QUANTILES = 99


def shift_function(source: FigureSource) -> Entry | None:
    """By how much each quantile of a group lies above that of another, with the simultaneous band."""
    pairs = source.panels()
    if not pairs:
        return None
    rows = [_shift(pair, row) for pair in pairs for row in pair.where.shift]
    sentences = [captions.shift(pair, source.value) for pair in pairs]
    return entry(
        source,
        "shift_function",
        f"Difference of {source.value}, quantile by quantile",
        captions.shift_caption(sentences, pairs, n_compared=len(source.pairs)),
        f"Shift function of {source.value}. " + " ".join(captions.shift_alt(pair) for pair in pairs),
        {"deciles": from_rows(rows)},
        groups=_groups(source, pairs),
    )


def quantile_quantile(source: FigureSource) -> Entry | None:
    """Quantiles of one group against those of another, with the shift function's band."""
    pairs, samples = source.panels(), source.samples()
    if not pairs:
        return None
    quantiles = stack([_quantiles(pair, samples) for pair in pairs])
    deciles = from_rows([_decile(pair, row) for pair in pairs for row in pair.where.shift])
    # A diverged run far away would squeeze the rest into a corner.
    shown = np.sort([*quantiles["x"], *quantiles["y"], *deciles["low"], *deciles["high"]])
    low, high = binning.window([np.log10(shown[shown > 0]) if source.log else shown])
    margin = 0.03 * (high - low) or max(abs(low) * 0.01, 1e-3)
    window = {"low": [low - margin], "high": [high + margin]}
    tables = {
        "quantiles": quantiles,
        "deciles": deciles,
        "window": source.in_units(window, "low", "high"),
    }
    if source.log:  # a band may reach below zero
        deciles["low"] = np.maximum(deciles["low"], tables["window"]["low"][0]).tolist()
    return entry(
        source,
        "quantile_quantile",
        f"Quantiles of {source.value} against each other",
        captions.quantile_quantile([captions.sides(pair) for pair in pairs], pairs),
        f"Quantile–quantile figure of {source.value}. "
        + " ".join(captions.quantiles_alt(pair) for pair in pairs),
        tables,
        groups=_groups(source, pairs),
    )


def _groups(source: FigureSource, pairs: Sequence[PairComparison]) -> list[str]:
    shown = {group for pair in pairs for group in (pair.group_a, pair.group_b)}
    return [group for group in source.groups if group in shown]


def _shift(pair: PairComparison, row: ShiftRow) -> dict[str, Any]:
    return {
        "group_a": pair.group_a,
        "group_b": pair.group_b,
        "level": row.level,
        "difference": row.difference,
        "low": row.low,
        "high": row.high,
        "excludes_zero": row.excludes_zero,
    }


def _decile(pair: PairComparison, row: ShiftRow) -> dict[str, Any]:
    """Place the band of the difference around the quantile of group b."""
    return {
        "group_a": pair.group_a,
        "group_b": pair.group_b,
        "level": row.level,
        "x": row.quantile_a,
        "y": row.quantile_b,
        "low": row.quantile_a + row.low,
        "high": row.quantile_a + row.high,
        "excludes_zero": row.excludes_zero,
    }


def _quantiles(pair: PairComparison, samples: dict[str, Floats]) -> Columns:
    """Return matching quantiles, at most one for each run of the smaller group."""
    n = min(pair.n_a, pair.n_b, _MAX_QUANTILES)
    levels = (np.arange(n) + 0.5) / n
    x, y = (np.quantile(samples[g], levels) for g in (pair.group_a, pair.group_b))
    return {
        "group_a": [pair.group_a] * n,
        "group_b": [pair.group_b] * n,
        "level": levels.tolist(),
        "x": x.tolist(),
        "y": y.tolist(),
    }
