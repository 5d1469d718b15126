"""Tests of two samples by means: of the values themselves, or of their distances from the medians.

All sums run over distinct values. Values enter them as distances from the first value of their group, in
units of a power of two: then neither a common offset nor an extreme scale takes digits from the result.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze.stats.resampling import Counts, Floats, Ints, tabulate
from analyze.stats.two_sample.pvalues import above_zero, separation
from analyze.stats.two_sample.result import TwoSampleResult
from analyze.stats.two_sample.splits import permutation_pvalue, pool

Sample = npt.ArrayLike | Counts
# Distances that differ by less than so many of the largest are equal but for rounding
ROUNDING = 1e-12


def welch_t(x: Sample, y: Sample, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:  # noqa: ARG001
    """Welch's t test of equal means, variances may differ (Welch 1947, doi 10.1093/biomet/34.1-2.28).

    Two constant groups have no variance to divide by: the p-value is then that of the permutation test.

    Parameters
    ----------
    x, y : array_like, shape (n_runs,), or Counts
        Finite values of group a and group b, at least two each.
    rng, n_resamples
        Not used.

    Examples
    --------
    R: ``t.test(extra ~ group, data = sleep)`` gives t = -1.8608 (first less second), p-value = 0.07939.

    >>> first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    >>> second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    >>> result = welch_t(first, second, rng=np.random.default_rng(0), n_resamples=99)
    >>> round(result.statistic, 4), round(result.pvalue, 5)
    (1.8608, 0.07939)
    """
    difference, se, df = welch(x, y)
    if se > 0:
        statistic = difference / se
        pvalue, method = float(2 * special.stdtr(df, -abs(statistic))), f"Welch–Satterthwaite, {df:.1f} df"
    else:
        statistic = math.copysign(math.inf, difference) if difference else 0.0
        pvalue = _constants_pvalue(tabulate(x).n, tabulate(y).n) if difference else 1.0
        method = "degenerate: no variance in either group, exact permutation p"
    return TwoSampleResult(
        test="welch_t",
        label="Welch t",
        hypothesis="the two means are equal",
        statistic_name="t",
        statistic=statistic,
        pvalue=above_zero(pvalue),
        pvalue_error=0.0,
        method=method,
    )


def welch(x: Sample, y: Sample) -> tuple[float, float, float]:
    """Difference of means y − x, its standard error, and Welch–Satterthwaite degrees of freedom.

    Examples
    --------
    >>> [round(v, 6) for v in welch([1, 2, 3, 4], [3, 4, 5, 6])]
    [2.0, 0.912871, 6.0]
    """
    a, b = _occurring(x), _occurring(y)
    scale = _common_unit(a, b)
    part_a, part_b = (_variance(t, _from_first(t, scale)) / t.n for t in (a, b))
    difference, total = _mean_difference(a, b, scale) * scale, part_a + part_b
    if total == 0:
        return difference, 0.0, float(a.n + b.n - 2)
    # shares, not squares of the parts: those would underflow
    df = 1 / ((part_a / total) ** 2 / (a.n - 1) + (part_b / total) ** 2 / (b.n - 1))
    return difference, math.sqrt(total) * scale, df


def permutation_mean(x: Sample, y: Sample, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:
    """Two-sided permutation test of equal distributions, judged by the difference of means.

    Parameters
    ----------
    x, y : array_like, shape (n_runs,), or Counts
        Finite values of group a and group b, at least two each.
    rng : Generator
        Draws splits where there are too many to list, see `two_sample.splits.permutation_pvalue`.
    n_resamples : int
        Number of random splits.

    Examples
    --------
    Three runs above three others: 2 of the 20 splits are so extreme.

    >>> permutation_mean([1, 2, 3], [4, 5, 6], rng=np.random.default_rng(0), n_resamples=99).pvalue
    0.1
    """
    a, b = _occurring(x), _occurring(y)
    scale = _common_unit(a, b)
    values, groups = pool([a, b])
    pvalue, error, method = permutation_pvalue(
        values / scale - values[0] / scale, groups, _mean_distance, rng=rng, n_resamples=n_resamples
    )
    return TwoSampleResult(
        test="permutation_mean",
        label="Permutation of means",
        hypothesis="the two distributions are equal, judged by their means",
        statistic_name="Δ",
        statistic=_mean_difference(a, b, scale) * scale,
        pvalue=above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


def _mean_distance(a: Counts, b: Counts) -> Floats:
    """|mean of b − mean of a| from the sum over a: with the pooled mean at 0, that of b is its negative."""
    blocks = a.counts[0] + b.counts[0]
    centred = a.values - blocks @ a.values / blocks.sum()
    distance: Floats = np.abs(a.counts @ centred) * (1 / a.n + 1 / b.n)
    return distance


def brown_forsythe(x: Sample, y: Sample, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:  # noqa: ARG001
    """Brown–Forsythe test of equal spread: one-way F on distances from the medians.

    Brown & Forsythe 1974, doi 10.1080/01621459.1974.10482955.

    Parameters
    ----------
    x, y : array_like, shape (n_runs,), or Counts
        Finite values of group a and group b, at least two each.
    rng, n_resamples
        Not used.

    Examples
    --------
    Distances 1, 0, 1 and 3, 0, 3: the F test of their means 2/3 and 2.

    >>> result = brown_forsythe([1, 2, 3], [1, 4, 7], rng=np.random.default_rng(0), n_resamples=99)
    >>> round(result.statistic, 9), result.method
    (1.6, 'F with 1 and 4 df')
    """
    a, b = _occurring(x), _occurring(y)
    scale = _common_unit(a, b)
    far_a, far_b = (_from_median(t, _from_first(t, scale)) for t in (a, b))
    df = a.n + b.n - 2
    within = _variance(a, far_a) * (a.n - 1) + _variance(b, far_b) * (b.n - 1)
    gap = _mean(b, far_b) - _mean(a, far_a)
    rounding = ROUNDING * max(far_a.max(), far_b.max())
    if within == 0 or max(np.ptp(far_a), np.ptp(far_b)) <= rounding:
        same = abs(gap) <= rounding
        statistic, pvalue = (0.0, 1.0) if same else (math.inf, _constants_pvalue(a.n, b.n))
        method = "degenerate: distances from the median do not vary, exact permutation p"
    else:
        statistic = gap**2 * (a.n * b.n / (a.n + b.n)) / (within / df)
        pvalue, method = float(special.fdtrc(1, df, statistic)), f"F with 1 and {df} df"
    return TwoSampleResult(
        test="brown_forsythe",
        label="Brown–Forsythe",
        hypothesis="the two groups spread equally around their medians",
        statistic_name="F",
        statistic=statistic,
        pvalue=above_zero(pvalue),
        pvalue_error=0.0,
        method=method,
    )


def _occurring(x: Sample) -> Counts:
    """Leave out values that a table lists with count 0."""
    table = tabulate(x)
    occurs = table.counts > 0
    return table if occurs.all() else Counts(values=table.values[occurs], counts=table.counts[occurs])


def unit(low: float, high: float) -> float:
    """Power of two near the spread of all values, so that their squares neither overflow nor underflow.

    Examples
    --------
    >>> unit(0.0, 3.0)
    4.0
    """
    # a quarter: two far-off values on either side of 0 may be further apart than the largest double
    spread = high / 4 - low / 4
    return math.ldexp(1.0, min(max(math.frexp(spread)[1], -1000), 1000) + 2) if spread > 0 else 1.0


def _common_unit(a: Counts, b: Counts) -> float:
    return unit(min(a.values[0], b.values[0]), max(a.values[-1], b.values[-1]))


def _from_first(table: Counts, scale: float) -> Floats:
    distances: Floats = table.values / scale - table.values[0] / scale
    return distances


def _mean_difference(a: Counts, b: Counts, scale: float) -> float:
    """Mean of b less mean of a in units of the scale; exchanging the groups changes the sign only."""
    between = float(b.values[0] / scale - a.values[0] / scale)
    return between + (_mean(b, _from_first(b, scale)) - _mean(a, _from_first(a, scale)))


def _mean(table: Counts, values: Floats) -> float:
    return float(table.counts @ values) / table.n


def _variance(table: Counts, values: Floats) -> float:
    """Variance (n − 1) of values that stand for those of the table."""
    if len(values) == 1:
        return 0.0
    return float(table.counts @ (values - _mean(table, values)) ** 2) / (table.n - 1)


def _from_median(table: Counts, values: Floats) -> Floats:
    up_to: Ints = table.counts.cumsum()
    lower, upper = np.searchsorted(up_to, [(table.n - 1) // 2, table.n // 2], side="right")
    distances: Floats = np.abs(values - (values[lower] + values[upper]) / 2)
    return distances


def _constants_pvalue(n_a: int, n_b: int) -> float:
    """Permutation p of two constant groups that differ: only their split, and its mirror, is so extreme."""
    return separation(np.array([n_a, n_b]), n_a)
