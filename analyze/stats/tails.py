"""Tails of two groups: how often runs fall beyond a threshold, and how their extreme quantiles differ."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from analyze import text as fmt
from analyze.stats.quantiles import harrell_davis, harrell_davis_replicates, percentile_band, quantiles
from analyze.stats.resampling import Counts, tabulate

EXTREME_LEVELS = (0.01, 0.05, 0.95, 0.99)
# Quantiles of group a that are the thresholds when none are given
DEFAULT_TAILS: tuple[tuple[Literal["below", "above"], float], ...] = (("below", 0.05), ("above", 0.95))
# Runs that must lie beyond an extreme quantile
MIN_BEYOND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TailRow:
    """Share of the runs of both groups strictly ``side`` of a threshold, and its difference b − a."""

    side: Literal["below", "above"]
    threshold: float
    chosen: str
    count_a: int
    count_b: int
    share_a: float
    low_a: float
    high_a: float
    share_b: float
    low_b: float
    high_b: float
    difference: float
    low: float
    high: float
    confidence_level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtremeQuantileRow:
    """An extreme quantile of both groups with intervals, and its difference b − a.

    A bound of a group is None where the sample is too small to set one.
    """

    level: float
    quantile_a: float
    low_a: float | None
    high_a: float | None
    quantile_b: float
    low_b: float | None
    high_b: float | None
    difference: float
    low: float
    high: float
    confidence_level: float
    method: str


def tail_shares(
    x: npt.ArrayLike | Counts,
    y: npt.ArrayLike | Counts,
    *,
    thresholds: Sequence[float] | None = None,
    confidence_level: float = 0.95,
) -> list[TailRow]:
    """Compare how often the runs of two groups fall below given thresholds.

    Each share has Wilson's score interval and their difference Newcombe's hybrid of the two, his method 10
    (Newcombe 1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I). Intervals hold for
    one threshold each.

    Parameters
    ----------
    x, y : array_like, shape (n_runs,), or Counts
        Finite values of group a and group b.
    thresholds : sequence of float, optional
        Shares strictly below each are compared. Without any, the shares below the 5 % and above the 95 %
        quantile of group a. Its own shares are then fixed by that choice, and ``chosen`` says so.
    confidence_level : float
        Of each interval.

    Examples
    --------
    Newcombe's first example: 48 of 80 against 56 of 70.

    >>> x, y = [0] * 48 + [1] * 32, [0] * 56 + [1] * 14
    >>> (row,) = tail_shares(x, y, thresholds=[0.5])
    >>> round(row.difference, 4), round(row.low, 4), round(row.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    a, b = tabulate(x), tabulate(y)
    if thresholds is not None:
        return [_tail_row(a, b, "below", float(t), "given", confidence_level) for t in thresholds]
    levels = [level for _, level in DEFAULT_TAILS]
    return [
        _tail_row(
            a, b, side, float(t), f"the {fmt.level(level)} quantile of group a's own runs", confidence_level
        )
        for (side, level), t in zip(DEFAULT_TAILS, quantiles(a, levels), strict=True)
    ]


def _tail_row(
    a: Counts, b: Counts, side: Literal["below", "above"], threshold: float, chosen: str, confidence: float
) -> TailRow:
    count_a, count_b = (_beyond(table, side, threshold) for table in (a, b))
    share_a, share_b = count_a / a.n, count_b / b.n
    low_a, high_a = wilson_interval(count_a, a.n, confidence=confidence)
    low_b, high_b = wilson_interval(count_b, b.n, confidence=confidence)
    difference = share_b - share_a
    return TailRow(
        side=side,
        threshold=threshold,
        chosen=chosen,
        count_a=count_a,
        count_b=count_b,
        share_a=share_a,
        low_a=low_a,
        high_a=high_a,
        share_b=share_b,
        low_b=low_b,
        high_b=high_b,
        difference=difference,
        low=difference - math.hypot(share_b - low_b, high_a - share_a),
        high=difference + math.hypot(high_b - share_b, share_a - low_a),
        confidence_level=confidence,
        method="Wilson score, difference by Newcombe's method 10",
    )


def _beyond(table: Counts, side: Literal["below", "above"], threshold: float) -> int:
    beyond = table.values < threshold if side == "below" else table.values > threshold
    return int(table.counts[beyond].sum())


def wilson_interval(count: int, n: int, *, confidence: float) -> tuple[float, float]:
    """Score interval of a share (Wilson 1927, doi 10.1080/01621459.1927.10502953).

    Examples
    --------
    Newcombe's example, 81 of 263.

    >>> [round(end, 4) for end in wilson_interval(81, 263, confidence=0.95)]
    [0.2553, 0.3662]
    """
    z = float(special.ndtri((1 + confidence) / 2))
    centre = (count + z**2 / 2) / (n + z**2)
    half = z * math.sqrt(count * (n - count) / n + z**2 / 4) / (n + z**2)
    # the ends of an empty and of a full share are exact, but for rounding
    return (0.0 if count == 0 else centre - half), (1.0 if count == n else centre + half)


def extreme_quantiles(
    x: npt.ArrayLike | Counts,
    y: npt.ArrayLike | Counts,
    *,
    rng_x: np.random.Generator,
    rng_y: np.random.Generator,
    n_resamples: int,
    confidence_level: float = 0.95,
    levels: Sequence[float] = EXTREME_LEVELS,
) -> list[ExtremeQuantileRow]:
    """Compare extreme quantiles of two groups.

    Harrell–Davis quantiles. A group's interval lies between two order statistics, whose ranks come from the
    binomial distribution of the runs below the quantile, so it covers the quantile of any distribution in at
    least the stated share of samples (David & Nagaraja 2003, *Order Statistics*, section 7.1). That of
    the difference is a percentile bootstrap interval, for each level by itself.

    Parameters
    ----------
    x, y : array_like, shape (n_runs,), or Counts
        Finite values of group a and group b.
    rng_x, rng_y : Generator
        One stream per group.
    n_resamples : int
        Bootstrap resamples.
    confidence_level : float
        Of each interval.
    levels : sequence of float
        Strictly between 0 and 1. Only those are used beyond which 5 runs of each group are to be expected.

    Returns
    -------
    list of ExtremeQuantileRow
        Empty where no level has enough runs.
    """
    a, b = tabulate(x), tabulate(y)
    n = min(a.n, b.n)
    # 1e-9: 100 · (1 − 0.95) is 5.000000000000004, and others fall short by as little
    kept = [level for level in levels if n * min(level, 1 - level) >= MIN_BEYOND - 1e-9]
    if not kept:
        return []
    quantiles_a, quantiles_b = harrell_davis(a, kept), harrell_davis(b, kept)
    replicates = harrell_davis_replicates(b, kept, rng=rng_y, n_resamples=n_resamples)
    replicates -= harrell_davis_replicates(a, kept, rng=rng_x, n_resamples=n_resamples)
    band = percentile_band(replicates, confidence=confidence_level)
    rows = []
    for i, level in enumerate(kept):
        low_a, high_a = quantile_interval(a, level, confidence=confidence_level)
        low_b, high_b = quantile_interval(b, level, confidence=confidence_level)
        rows.append(
            ExtremeQuantileRow(
                level=level,
                quantile_a=float(quantiles_a[i]),
                low_a=low_a,
                high_a=high_a,
                quantile_b=float(quantiles_b[i]),
                low_b=low_b,
                high_b=high_b,
                difference=float(quantiles_b[i] - quantiles_a[i]),
                low=float(band.low_pointwise[i]),
                high=float(band.high_pointwise[i]),
                confidence_level=confidence_level,
                method="order statistics (binomial); "
                f"difference by percentile bootstrap, {fmt.count(n_resamples)} resamples",
            )
        )
    return rows


def quantile_interval(
    sample: npt.ArrayLike | Counts, level: float, *, confidence: float
) -> tuple[float | None, float | None]:
    """Order statistics between which a population quantile lies, with at most (1 − confidence)/2 beyond each.

    Examples
    --------
    The textbook's sign interval for the median of 10 runs: from the 2nd to the 9th, with confidence 0.9785.

    >>> quantile_interval(range(1, 11), 0.5, confidence=0.95)
    (2.0, 9.0)
    """
    table = tabulate(sample)
    tail = (1 - confidence) / 2
    low = int(stats.binom.ppf(tail, table.n, level))
    high = int(stats.binom.ppf(1 - tail, table.n, level)) + 1
    up_to = table.counts.cumsum()
    return (
        None if low < 1 else float(table.values[np.searchsorted(up_to, low)]),
        None if high > table.n else float(table.values[np.searchsorted(up_to, high)]),
    )
