"""Tests of two samples by ranks: they ask whether one group tends to larger values."""

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze import text as fmt
from analyze.stats.resampling import Counts, Floats, Ints, tabulate
from analyze.stats.two_sample import null_distributions as exact
from analyze.stats.two_sample.pvalues import above_zero, separation
from analyze.stats.two_sample.result import TwoSampleResult
from analyze.stats.two_sample.splits import permutation_pvalue, pool

Sample = npt.ArrayLike | Counts

# About a second, on one core of 2020
MAX_RANK_SUM_COST = 5e7
# With fewer, the t approximation is too small (measured at 0.05, equal distributions): 0.077 for 5 v 5 runs,
# 0.057 for 8 v 8, 0.052 for 20 v 20; 0.10 for 30 v 300 runs of which 3 are expected outside the largest
# block of ties
MIN_RUNS = 20


def mann_whitney(x: Sample, y: Sample, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:
    """Mann–Whitney test of equal distributions, sensitive to one group having larger values.

    U counts the pairs with y > x, and half of those with y = x. For small samples the p-value is exact and
    conditional on the ties: the share of splits whose U lies at least as far from n_x·n_y/2. For larger ones
    it is normal, with the tie-corrected variance and a continuity correction of ½, or drawn where the smaller
    group has, or is expected to have outside the largest block of ties, fewer than 20 runs.

    Mann & Whitney 1947, doi 10.1214/aoms/1177730491.

    Parameters
    ----------
    x, y : array_like, shape (n_runs,), or Counts
        Finite values of group a and group b, at least two each.
    rng : Generator
        Used only where splits are drawn, see `two_sample.splits.permutation_pvalue`.
    n_resamples : int
        Number of random splits.

    Examples
    --------
    Three runs above three others: 2 of the 20 splits are so extreme.

    >>> result = mann_whitney([1, 2, 3], [4, 5, 6], rng=np.random.default_rng(0), n_resamples=99)
    >>> result.statistic, round(result.pvalue, 12)
    (9.0, 0.1)
    """
    values, groups = pool([tabulate(x), tabulate(y)])
    in_a, in_b = groups
    blocks, n_a, n_b = in_a + in_b, int(in_a.sum()), int(in_b.sum())
    below = in_a.cumsum() - in_a
    statistic, error = float((in_b * below).sum() + (in_b * in_a).sum() / 2), 0.0
    if len(blocks) == 1:
        pvalue, method = 1.0, "degenerate: all values are equal"
    elif exact.rank_sum_cost(blocks, n_a) <= MAX_RANK_SUM_COST:
        pvalue = exact.rank_sum_pvalue(blocks, in_a)
        method = "exact, conditional on the ties" if blocks.max() > 1 else "exact"
    elif _few(blocks, n_a):
        pvalue, error, method = permutation_pvalue(
            values, groups, _distance_from_half, rng=rng, n_resamples=n_resamples
        )
    else:
        n, sizes = n_a + n_b, blocks.astype(np.float64)
        ties = float((sizes**3 - sizes).sum()) / (n * (n - 1))
        sd = math.sqrt(n_a * n_b / 12 * (n + 1 - ties))
        z = max(abs(statistic - n_a * n_b / 2) - 0.5, 0.0) / sd
        pvalue, method = float(2 * special.ndtr(-z)), "normal approximation, tie-corrected"
    return TwoSampleResult(
        test="mann_whitney",
        label="Mann–Whitney",
        hypothesis="the two distributions are equal, judged by ranks: neither group tends to larger values",
        statistic_name="U",
        statistic=statistic,
        pvalue=above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


def _distance_from_half(a: Counts, b: Counts) -> Floats:
    below = b.counts.cumsum(axis=-1) - b.counts / 2
    distance: Floats = np.abs((a.counts * below).sum(axis=-1) / (a.n * b.n) - 0.5)
    return distance


def _few(blocks: Ints, n_a: int) -> bool:
    """Whether a normal approximation cannot be trusted."""
    n = int(blocks.sum())
    return min(n_a, n - n_a) * (1 - int(blocks.max()) / n) < MIN_RUNS


def brunner_munzel(x: Sample, y: Sample, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:
    """Brunner–Munzel test of P(y > x) + ½P(y = x) = ½; spread and shape may differ.

    The studentised statistic W is compared with t and Satterthwaite's degrees of freedom (Brunner & Munzel
    2000, doi 10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U). Where the smaller group has, or
    is expected to have outside the largest block of ties, fewer than 20 runs, |W| is compared with its
    permutation distribution (Neubert & Brunner 2007, doi 10.1016/j.csda.2006.05.024). With complete
    separation W is infinite, and the p-value is the share of splits that separate the groups.

    Parameters
    ----------
    x, y : array_like, shape (n_runs,), or Counts
        Finite values of group a and group b, at least two each.
    rng : Generator
        Used only where splits are drawn, see `two_sample.splits.permutation_pvalue`.
    n_resamples : int
        Number of random splits.

    Examples
    --------
    The pain scores of Brunner & Munzel 2000: W = 3.1375 with 17.683 degrees of freedom, p = 0.005786.

    >>> x = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
    >>> y = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]
    >>> statistic, df = studentised(*(Counts(values=t.values, counts=t.counts[None]) for t in _aligned(x, y)))
    >>> statistic.round(4).tolist(), df.round(3).tolist()
    ([3.1375], [17.683])
    >>> (2 * special.stdtr(df, -statistic)).round(6).tolist()
    [0.005786]
    """
    a, b = _aligned(x, y)
    blocks = a.counts + b.counts
    statistics, df = studentised(a.with_counts(a.counts[None, :]), b.with_counts(b.counts[None, :]))
    statistic, error = float(statistics[0]), 0.0
    if len(blocks) == 1:
        pvalue, method = 1.0, "degenerate: all values are equal"
    elif math.isinf(statistic):
        pvalue = separation(blocks, a.n)
        method = "complete separation: share of the splits that separate"
    elif _few(blocks, a.n):
        pvalue, error, method = permutation_pvalue(
            a.values,
            np.stack([a.counts, b.counts]),
            lambda a, b: np.abs(studentised(a, b)[0]),
            rng=rng,
            n_resamples=n_resamples,
        )
        method = f"studentised permutation: {method.removeprefix('permutation, ')}"
    else:
        pvalue = float(2 * special.stdtr(df[0], -abs(statistic)))
        method = f"t approximation, {fmt.fixed(df[0], 1)} df"
    return TwoSampleResult(
        test="brunner_munzel",
        label="Brunner–Munzel",
        hypothesis="P(b > a) + ½ P(b = a) is ½: neither group tends to larger values",
        statistic_name="W",
        statistic=statistic,
        pvalue=above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


def _aligned(x: Sample, y: Sample) -> tuple[Counts, Counts]:
    values, (in_a, in_b) = pool([tabulate(x), tabulate(y)])
    return Counts(values=values, counts=in_a), Counts(values=values, counts=in_b)


def studentised(a: Counts, b: Counts) -> tuple[Floats, Floats]:
    """Brunner and Munzel's statistic and degrees of freedom for each row of counts on the same values.

    A run's placement is the number of runs of the other group below it, and half of those tied with it.
    Where placements vary in neither group, the groups are separated, an infinite statistic, or all values are
    equal, statistic 0.

    Returns
    -------
    statistic, df : ndarray, shape (n_rows,)
    """
    in_b = (b.counts.cumsum(axis=-1) - b.counts / 2) / b.n - 0.5
    in_a = (a.counts.cumsum(axis=-1) - a.counts / 2) / a.n - 0.5
    shift = (b.counts * in_a).sum(axis=-1) / b.n
    square_a = (a.counts * (in_b + shift[:, None]) ** 2).sum(axis=-1) / a.n
    square_b = (b.counts * (in_a - shift[:, None]) ** 2).sum(axis=-1) / b.n
    varies = np.maximum(square_a, square_b) > 0  # placements of 0 and 1 are exact
    part_a, part_b = square_a / (a.n - 1), square_b / (b.n - 1)
    total = np.where(varies, part_a + part_b, 1.0)
    flat = np.where(np.abs(shift) > 0.25, np.copysign(np.inf, shift), 0.0)
    statistic = np.where(varies, shift / np.sqrt(total), flat)
    shares = (part_a / total) ** 2 / (a.n - 1) + (part_b / total) ** 2 / (b.n - 1)
    return statistic, 1 / np.where(varies, shares, 1 / (a.n + b.n - 2))
