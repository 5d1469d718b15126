"""Quantiles of a counted sample, and intervals from the quantiles of its bootstrap replicates.

An L-statistic weighs the sorted runs by their ranks. The runs at one value weigh together what the cumulative
weight gains between their first and last rank, so it costs the distinct values of a sample only.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze import text as fmt
from analyze.stats.resampling import Counts, Floats, Ints, bootstrap, tabulate, weighted_sum

# Weights beyond these ends of a beta distribution are lost in the rounding of a sum
NEGLIGIBLE = 1e-18
# Cells of ranks around a level, in standard errors of its rank; Harrell–Davis weights and resamples each
# spread over one
_NEAR, _FAR = np.arange(-5.0, 5.01, 0.5), np.arange(6.0, 10.01)
MERGED_FROM = 5_000
_EDGES = np.concatenate([-_FAR[::-1], _NEAR, _FAR])


@dataclass(frozen=True, slots=True, kw_only=True)
class RankWeights:
    """Weights of the sorted runs of a sample.

    ``cumulative[i]`` is the weight of the lowest ``first + i`` runs together: 0 first and 1 last, and beyond
    these too.
    """

    first: int
    cumulative: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Intervals of several quantities: each by itself (pointwise) and for all at once, shape ``(n,)``."""

    low: Floats
    high: Floats
    low_pointwise: Floats
    high_pointwise: Floats


def harrell_davis(sample: npt.ArrayLike | Counts, levels: Sequence[float]) -> Floats:
    """Estimate quantiles by weighted means of all runs (Harrell & Davis 1982, doi 10.1093/biomet/69.3.635).

    The run of rank i weighs I(i/n) − I((i − 1)/n), where I is the distribution function of a
    Beta((n + 1)q, (n + 1)(1 − q)) distribution. Nothing is approximated, whatever the size.

    Parameters
    ----------
    sample : array_like, shape (n_runs,), or Counts
        Counts may have rows, e.g. one for each resample: shape ``(..., n_values)``.
    levels : sequence of float
        Each strictly between 0 and 1.

    Returns
    -------
    ndarray, shape (..., n_levels)

    Examples
    --------
    The median of two runs is their mean.

    >>> harrell_davis([0.0, 1.0], [0.5]).round(12).tolist()
    [0.5]
    """
    table = tabulate(sample)
    return l_statistics(table, harrell_davis_weights(table.n, levels))


def harrell_davis_weights(n: int, levels: Sequence[float]) -> list[RankWeights]:
    """Return the weights of `harrell_davis`, to be computed once for all resamples of ``n`` runs."""
    return [_beta_weights(n, level) for level in levels]


def _beta_weights(n: int, level: float) -> RankWeights:
    shape = ((n + 1) * level, (n + 1) * (1 - level))
    ends = special.betaincinv(*shape, NEGLIGIBLE), special.betainccinv(*shape, NEGLIGIBLE)
    first, last = max(math.floor(n * ends[0]) - 1, 0), min(math.ceil(n * ends[1]) + 1, n)
    cumulative = special.betainc(*shape, np.arange(first, last + 1) / n)
    cumulative[0], cumulative[-1] = 0.0, 1.0
    return RankWeights(first=first, cumulative=cumulative)


def l_statistics(table: Counts, weights: Sequence[RankWeights]) -> Floats:
    """Evaluate L-statistics: sums of the sorted runs times weights that depend on the rank.

    Parameters
    ----------
    table : Counts
        Counts of shape ``(..., n_values)``.
    weights : sequence of RankWeights
        One for each statistic.

    Returns
    -------
    ndarray, shape (..., n_weights)
    """
    up_to = table.counts.cumsum(axis=-1)
    gaps = np.diff(table.values)
    if up_to.ndim == 1:
        return np.array([_l_statistic(table.values, gaps, up_to[:-1], weight) for weight in weights])
    # summed by parts, from the middle outwards: a far-off value of no weight takes no digits from the others
    middle = int(np.searchsorted(up_to.reshape(-1, len(table.values))[0], table.n / 2))
    above = np.arange(len(gaps)) >= middle
    results = np.empty((*up_to.shape[:-1], len(weights)))
    for i, weight in enumerate(weights):
        share = weight.cumulative.take(up_to[..., :-1] - weight.first, mode="clip")
        share -= above
        results[..., i] = table.values[middle] - share @ gaps
    return results


def _l_statistic(values: Floats, gaps: Floats, up_to: Ints, weight: RankWeights) -> float:
    """Evaluate one of one sample: below and above the ranks that have a weight nothing is to be summed."""
    ends = weight.first, weight.first + len(weight.cumulative) - 1
    low, high = np.searchsorted(up_to, ends, side="right").tolist()
    middle = (low + high) // 2
    share = weight.cumulative.take(up_to[low:high] - weight.first, mode="clip")
    share[middle - low :] -= 1
    return float(values[middle]) - weighted_sum(share, gaps[low:high])


def quantiles(sample: npt.ArrayLike | Counts, levels: Sequence[float]) -> Floats:
    """Interpolate linearly between order statistics (type 7 of Hyndman & Fan 1996, doi 10.2307/2684934).

    Parameters and result are those of `harrell_davis`; levels 0 and 1 give the smallest and largest value.

    Examples
    --------
    >>> quantiles([1.0, 2.0, 4.0], [0.0, 0.5, 0.75]).tolist()
    [1.0, 2.0, 3.0]
    """
    table = tabulate(sample)
    up_to, n = table.counts.cumsum(axis=-1), table.n
    results = np.empty((*up_to.shape[:-1], len(levels)))
    for i, level in enumerate(levels):
        rank = math.floor((n - 1) * level)
        lower = table.values[(up_to > rank).argmax(axis=-1)]
        upper = table.values[(up_to > min(rank + 1, n - 1)).argmax(axis=-1)]
        results[..., i] = lower + ((n - 1) * level - rank) * (upper - lower)
    return results


def merge_around(table: Counts, levels: Sequence[float]) -> Counts:
    """Merge neighbouring values that no resampled quantile at these levels can tell apart.

    The ranks are cut into cells, half the standard error of a quantile's rank wide near the levels and wider
    beyond. Values that end in the same cell are merged, but for the first and last, so that a
    value of many runs stays by itself. So the cost of a bootstrap does not grow with the sample. A table of
    fewer than 5,000 runs is returned unchanged.
    """
    if table.n < MERGED_FROM:
        return table
    p = np.asarray(levels, dtype=np.float64)[:, None]
    edges = np.unique(p + _EDGES * np.sqrt(p * (1 - p) / table.n))
    cell = np.searchsorted(edges, table.counts.cumsum() / table.n)
    changes = np.diff(cell, prepend=-1, append=-1) != 0
    starts = np.union1d(0, np.flatnonzero(changes[:-1] | changes[1:])[:-1] + 1)
    counts = np.add.reduceat(table.counts, starts)
    return Counts(values=np.add.reduceat(table.values * table.counts, starts) / counts, counts=counts)


def resample(
    table: Counts, statistic: Callable[[Counts], Floats], *, rng: np.random.Generator, n_resamples: int
) -> Floats:
    """Bootstrap a statistic of one sample.

    ``statistic`` maps counts of shape ``(r, n_values)`` to results of shape ``(r, n)``.

    Returns
    -------
    ndarray, shape (n_resamples, n)
    """
    alone = tabulate([0.0])  # the second sample that `bootstrap` asks for: one run
    statistics = {"statistic": lambda a, _: statistic(a)}
    # drawing the only run of `alone` changes nothing, so its stream is of no account
    rng_b = np.random.default_rng(0)
    return bootstrap(table, alone, statistics, rng_a=rng, rng_b=rng_b, n_resamples=n_resamples)["statistic"]


def harrell_davis_replicates(
    table: Counts, levels: Sequence[float], *, rng: np.random.Generator, n_resamples: int
) -> Floats:
    """Bootstrap `harrell_davis` of one sample, shape ``(n_resamples, n_levels)``."""
    coarse, weights = merge_around(table, levels), harrell_davis_weights(table.n, levels)
    replicates = resample(coarse, lambda c: l_statistics(c, weights), rng=rng, n_resamples=n_resamples)
    if coarse is table:
        return replicates
    # resampled around the merged table's own quantiles: move to the exact ones
    return replicates + (l_statistics(table, weights) - l_statistics(coarse, weights))


def percentile_band(replicates: Floats, *, confidence: float, df: float = math.inf) -> Band:
    """Percentile intervals of several quantities, pointwise and simultaneous.

    The simultaneous band lies between the same two ranks of every quantity's replicates, the innermost such
    that a share ``confidence`` of the resamples lies inside for all quantities at once (Mandel & Betensky
    2008, doi 10.1016/j.csda.2007.07.005). So it follows skewed and discrete replicates, and where a
    quantity never varies it has no width.

    Parameters
    ----------
    replicates : ndarray, shape (n_resamples, n)
        Resampled values of the n quantities, columns from the same resamples.
    confidence : float
        Confidence level.
    df : float
        Degrees of freedom of the replicates' spread: resamples of few runs vary too little. The ranks are
        moved outwards by as much as a t distribution's quantiles lie outside the normal ones (Hesterberg
        2015, doi 10.1080/00031305.2015.1089789, for means).
    """
    ordered = np.sort(replicates, axis=0)
    one, every = (_outwards(rank, len(ordered), df) for rank in band_ranks(replicates, confidence=confidence))
    return Band(
        low=ordered[-every],
        high=ordered[every - 1],
        low_pointwise=ordered[-one],
        high_pointwise=ordered[one - 1],
    )


def _outwards(rank: int, n: int, df: float) -> int:
    if math.isinf(df):
        return rank
    tail = special.ndtr(special.stdtrit(df, (n + 1 - rank) / (n + 1)))
    return min(max(round((n + 1) * (1 - tail)), rank), n)


def band_ranks(replicates: Floats, *, confidence: float, n_comparisons: int = 1) -> tuple[int, int]:
    """Return the ranks, from 1, of the upper ends of `percentile_band`: pointwise and simultaneous."""
    n = len(replicates)
    extreme = np.zeros(n, dtype=np.int64)  # outermost rank of each resample, over the quantities and sides
    for column in replicates.T:
        ordered = np.sort(column)
        from_below = ordered.searchsorted(column, side="left") + 1
        from_above = n + 1 - ordered.searchsorted(column, side="right")
        np.maximum(extreme, np.maximum(from_below, from_above), out=extreme)
    # 1e-9: (B + 1)·0.975 is 9750.000000000002
    one = min(math.ceil((n + 1) * (1 + confidence) / 2 - 1e-9), n)
    inside = 1 - (1 - confidence) / n_comparisons
    every = int(np.sort(extreme)[min(math.ceil((n + 1) * inside - 1e-9), n) - 1])
    return one, max(one, every)


def simultaneous(places: str, n_places: int, n_comparisons: int) -> str:
    """Say over how many places, and pairs, a band holds at once.

    Examples
    --------
    >>> simultaneous("levels", 9, 10), simultaneous("levels", 1, 10), simultaneous("levels", 1, 1)
    ('simultaneous over 9 levels and 10 pairs, ', 'simultaneous over 10 pairs, ', '')
    """
    parts = [f"{fmt.count(n)} {what}" for n, what in ((n_places, places), (n_comparisons, "pairs")) if n > 1]
    return f"simultaneous over {' and '.join(parts)}, " if parts else ""
