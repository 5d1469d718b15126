"""Tests of two samples by means: of the values themselves, or of their distances from the medians.

All sums run over distinct values. Values enter them as distances from the first value of their group, in
units of a power of two: then neither a common offset nor an extreme scale takes digits from the result.
"""

import math

import numpy as np
from scipy import special

from analyze.stats.resampling import Counts, Floats, Ints, weighted_sum
from analyze.stats.two_sample.means import compare_means
from analyze.stats.two_sample.moments import (
    Sample,
    common_unit,
    difference_of_means,
    from_first,
    mean,
    occurring,
    settled,
    variance,
    welch,
)
from analyze.stats.two_sample.pvalues import above_zero, separation
from analyze.stats.two_sample.result import TwoSampleResult
from analyze.stats.two_sample.splits import permutation_pvalue, pool

# Distances that differ by less than so many of the largest are equal but for rounding
ROUNDING = 1e-12


def welch_t(x: Sample, y: Sample, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:
    """Welch's t test of equal means, variances may differ (Welch 1947, doi 10.1093/biomet/34.1-2.28).

    Where it may not be used, the method says what was used instead (see `analyze.two_sample.means`): for a
    small group, or runs that are nearly all equal, the larger of its p-value and that of Student's test;
    where the runs take two values only, or no group varies, that of the permutation test of means.

    Parameters
    ----------
    x, y : array_like, shape (n_runs,), or Counts
        Finite values of group a and group b, at least two each.
    rng, n_resamples
        Of the permutation test, should there be too many splits to list.

    Examples
    --------
    R: ``t.test(extra ~ group, data = sleep)`` gives t = -1.8608 (first less second), p-value = 0.07939.

    >>> first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    >>> second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    >>> result = welch_t(first, second, rng=np.random.default_rng(0), n_resamples=99)
    >>> round(result.statistic, 4), round(result.pvalue, 5)
    (1.8608, 0.07939)
    """
    difference, se, _ = welch(x, y)
    found, error = compare_means(x, y), 0.0
    if found.two_values:
        exact = permutation_mean(x, y, rng=rng, n_resamples=n_resamples)
        pvalue, error = exact.pvalue, exact.pvalue_error
        method = f"not Welch's, since the runs take two values only: permutation of means, {exact.method}"
    else:
        pvalue, method = found.pvalue()
    return TwoSampleResult(
        test="welch_t",
        label="Welch t",
        hypothesis="the two means are equal",
        statistic_name="t",
        statistic=difference / se if se > 0 else math.copysign(math.inf, difference) if difference else 0.0,
        pvalue=above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


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
    a, b = occurring(x), occurring(y)
    scale = common_unit(a, b)
    values, groups = pool([a, b])
    pvalue, error, method = permutation_pvalue(
        values / scale - values[0] / scale, groups, _mean_distance, rng=rng, n_resamples=n_resamples
    )
    return TwoSampleResult(
        test="permutation_mean",
        label="Permutation of means",
        hypothesis="the two distributions are equal, judged by their means",
        statistic_name="Δ",
        statistic=settled(difference_of_means(a, b, scale) * scale, a, b),
        pvalue=above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


def _mean_distance(a: Counts, b: Counts) -> Floats:
    """|mean of b − mean of a| from the sum over a: with the pooled mean at 0, that of b is its negative."""
    blocks = a.counts[0] + b.counts[0]
    centred = a.values - weighted_sum(blocks, a.values) / blocks.sum()
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
    a, b = occurring(x), occurring(y)
    scale = common_unit(a, b)
    far_a, far_b = (_from_median(t, from_first(t, scale)) for t in (a, b))
    df = a.n + b.n - 2
    within = variance(a, far_a) * (a.n - 1) + variance(b, far_b) * (b.n - 1)
    gap = mean(b, far_b) - mean(a, far_a)
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


def _from_median(table: Counts, values: Floats) -> Floats:
    up_to: Ints = table.counts.cumsum()
    lower, upper = np.searchsorted(up_to, [(table.n - 1) // 2, table.n // 2], side="right")
    distances: Floats = np.abs(values - (values[lower] + values[upper]) / 2)
    return distances


def _constants_pvalue(n_a: int, n_b: int) -> float:
    """Permutation p of two constant groups that differ: only their split, and its mirror, is so extreme."""
    return separation(np.array([n_a, n_b]), n_a)
