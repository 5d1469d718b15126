"""Effect sizes of two samples with bootstrap intervals. Differences are b − a, ratios b / a.

To add an effect size, write a statistic of two tables of counts and add an `EffectSize` to `EFFECT_SIZES`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analyze.resampling import (
    MAX_DISTINCT,
    Counts,
    Floats,
    Interval,
    Ints,
    Statistic,
    bca_interval,
    bootstrap,
    merge_neighbours,
    percentile_interval,
    tabulate,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSize:
    """How an effect size is computed and read.

    ``statistic`` is bootstrapped and ``present``, an increasing function, turns it into the effect, so
    that a ratio can be treated on the log scale and effects can share a statistic. ``null_value`` is the
    value of two equal distributions; ``unit`` None means that of the data.
    """

    label: str
    statistic: Statistic
    interval: Literal["bca", "percentile"]
    null_value: float
    unit: str | None
    present: Callable[[float], float] = float


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectResult:
    """An effect size with its confidence interval."""

    effect: str
    label: str
    estimate: float
    low: float
    high: float
    confidence_level: float
    method: str
    null_value: float
    unit: str


def effect_sizes(
    x: Floats,
    y: Floats,
    *,
    rng_x: np.random.Generator,
    rng_y: np.random.Generator,
    n_resamples: int,
    confidence_level: float = 0.95,
    unit: str = "value",
) -> list[EffectResult]:
    """Estimate every effect size of `EFFECT_SIZES`, all from the same bootstrap resamples.

    Parameters
    ----------
    x, y : array_like, shape (n_runs,)
        Finite values of group a and group b, at least two each.
    rng_x, rng_y : Generator
        One stream per group: exchanging groups and streams mirrors the intervals.
    n_resamples : int
        Bootstrap resamples.
    confidence_level : float
        Of the intervals.
    unit : str
        Unit of the data.

    Examples
    --------
    >>> streams = {"rng_x": np.random.default_rng(0), "rng_y": np.random.default_rng(1)}
    >>> results = effect_sizes([1, 2, 3, 4], [3, 4, 5, 6], **streams, n_resamples=999)
    >>> [(r.effect, r.estimate) for r in results][:2]
    [('mean_difference', 2.0), ('median_difference', 2.0)]
    """
    a, b = tabulate(x), tabulate(y)
    coarse_a, coarse_b = merge_neighbours(a, MAX_DISTINCT), merge_neighbours(b, MAX_DISTINCT)
    statistics = {effect.statistic.__name__: effect.statistic for effect in EFFECT_SIZES.values()}
    replicates = bootstrap(coarse_a, coarse_b, statistics, rng_a=rng_x, rng_b=rng_y, n_resamples=n_resamples)
    results = []
    for name, effect in EFFECT_SIZES.items():
        estimate = _evaluate(effect.statistic, a, b)
        shifted = replicates[effect.statistic.__name__]
        merged = coarse_a is not a or coarse_b is not b
        if merged:  # resampled around the merged table's own value: move to the exact one
            shifted = shifted + (estimate - _evaluate(effect.statistic, coarse_a, coarse_b))
        interval = _interval(effect, shifted, estimate, a, b, confidence_level)
        results.append(
            EffectResult(
                effect=name,
                label=effect.label,
                estimate=effect.present(estimate),
                low=effect.present(interval.low),
                high=effect.present(interval.high),
                confidence_level=confidence_level,
                method=interval.method
                + (f", neighbours merged to {MAX_DISTINCT:,} values" if merged else ""),
                null_value=effect.null_value,
                unit=unit if effect.unit is None else effect.unit,
            )
        )
    return results


def _evaluate(statistic: Statistic, a: Counts, b: Counts) -> float:
    return float(statistic(a.with_counts(a.counts[None, :]), b.with_counts(b.counts[None, :]))[0])


def _interval(
    effect: EffectSize, replicates: Floats, estimate: float, a: Counts, b: Counts, confidence: float
) -> Interval:
    if effect.interval == "percentile":
        return percentile_interval(replicates, estimate, confidence=confidence)
    return bca_interval(replicates, estimate, a, b, effect.statistic, confidence=confidence)


def _mean_difference(a: Counts, b: Counts) -> Floats:
    origin = a.values[0]  # means of small distances keep the digits that a common offset would take
    mean_a: Floats = a.counts @ (a.values - origin) / a.n
    mean_b: Floats = b.counts @ (b.values - origin) / b.n
    return mean_b - mean_a


def _median(table: Counts) -> Floats:
    below = table.counts.cumsum(axis=-1)
    n = table.n
    # the run of rank r (from 0) is the first value with more than r runs at or below it
    lower, upper = ((below > rank).argmax(axis=-1) for rank in ((n - 1) // 2, n // 2))
    # the half sum of two equal numbers is that number
    middle: Floats = (table.values[lower] + table.values[upper]) / 2
    return middle


def _median_difference(a: Counts, b: Counts) -> Floats:
    return _median(b) - _median(a)


def _log_sd(table: Counts) -> Floats:
    """Log of the standard deviation (n − 1); −inf for a constant resample."""
    centred = table.values - table.values[len(table.values) // 2]
    n = table.n
    squares = table.counts @ centred**2 - (table.counts @ centred) ** 2 / n
    constant = (table.counts > 0).sum(axis=-1) == 1
    variance = np.where(constant, 0.0, np.maximum(squares, 0.0)) / max(n - 1, 1)
    log_variance = np.full(len(variance), -np.inf)
    np.log(variance, where=variance > 0, out=log_variance)
    return log_variance / 2


def _log_sd_ratio(a: Counts, b: Counts) -> Floats:
    log_a, log_b = _log_sd(a), _log_sd(b)
    both_constant = np.isneginf(log_a) & np.isneginf(log_b)  # equal spread: ratio 1
    return np.where(both_constant, 0.0, log_b - np.where(both_constant, 0.0, log_a))


def _cliffs_delta(a: Counts, b: Counts) -> Floats:
    """P(b > a) − P(b < a), from the runs of a below and at each value of b."""
    up_to = np.zeros((len(a.counts), len(a.values) + 1), dtype=np.int64)
    a.counts.cumsum(axis=1, out=up_to[:, 1:])
    below = up_to[:, np.searchsorted(a.values, b.values, side="left")]
    not_above = up_to[:, np.searchsorted(a.values, b.values, side="right")]
    # integers up to here, so 0 is exactly 0
    wins: Ints = (b.counts * (below + not_above)).sum(axis=1)
    delta: Floats = (wins - a.n * b.n) / (a.n * b.n)
    return delta


def _exp(log: float) -> float:
    return math.exp(log) if log < 700 else math.inf


def _probability(delta: float) -> float:
    return (delta + 1) / 2


EFFECT_SIZES: dict[str, EffectSize] = {
    "mean_difference": EffectSize(
        label="difference of means", statistic=_mean_difference, interval="bca", null_value=0.0, unit=None
    ),
    "median_difference": EffectSize(
        label="difference of medians",
        statistic=_median_difference,
        interval="percentile",
        null_value=0.0,
        unit=None,
    ),
    "sd_ratio": EffectSize(
        label="ratio of standard deviations",
        statistic=_log_sd_ratio,
        interval="bca",
        null_value=1.0,
        unit="ratio b / a",
        present=_exp,
    ),
    "cliffs_delta": EffectSize(
        label="Cliff's δ", statistic=_cliffs_delta, interval="bca", null_value=0.0, unit="from −1 to 1"
    ),
    "probability_of_superiority": EffectSize(
        label="P(b > a) + ½ P(b = a)",
        statistic=_cliffs_delta,
        interval="bca",
        null_value=0.5,
        unit="probability",
        present=_probability,
    ),
}
