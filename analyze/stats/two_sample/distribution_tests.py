"""Tests of two samples by their whole distribution functions."""

import math

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from analyze import text as fmt
from analyze.stats.resampling import Counts, Floats, Ints, permute, tabulate
from analyze.stats.two_sample import null_distributions as exact
from analyze.stats.two_sample.null_distributions import Alternative
from analyze.stats.two_sample.pvalues import above_zero, monte_carlo, separation
from analyze.stats.two_sample.result import TwoSampleResult
from analyze.stats.two_sample.splits import SplitStatistic, permutation_pvalue, pool

Sample = npt.ArrayLike | Counts

# Each stands for about a second, on one core of 2020
MAX_KS_COST = 8e9
MAX_PERMUTED_CELLS = 1e7
# Then the limit of Kolmogorov (1933) is as good, and faster
MAX_RUNS_OF_KSTWO = 10_000


def ks(
    x: Sample,
    y: Sample,
    *,
    rng: np.random.Generator,
    n_resamples: int,
    alternative: Alternative = "two-sided",
) -> TwoSampleResult:
    """Kolmogorov–Smirnov test of equal distributions, conditional on the ties.

    The p-value is exact (see `null_distributions.ks_pvalue`) up to some 50,000 distinct values, and
    beyond for equal sizes without ties. Otherwise it is drawn by permutation if that can resolve it, or
    asymptotic: the exact one of one sample of n_x·n_y/(n_x + n_y) runs, which is too large for tied runs.

    Parameters
    ----------
    x, y : array_like, shape (n_runs,), or Counts
        Finite values of group a and group b, at least two each.
    rng : Generator
        Used only where splits are drawn.
    n_resamples : int
        Number of random splits.
    alternative : {"two-sided", "less", "greater"}
        "greater": y tends to larger values, D = max(F_x − F_y); "less": y tends to smaller values,
        D = max(F_y − F_x). Choose it before seeing the data.

    Examples
    --------
    The example of Schröer & Trenkler (1995): the exact p-value is 8/33 = 0.2424; ignoring ties, it is 0.545.

    >>> result = ks([1, 2, 2, 3, 3], [1, 2, 3, 3, 4, 5, 6], rng=np.random.default_rng(0), n_resamples=99)
    >>> round(result.pvalue, 4), result.method
    (0.2424, 'exact, conditional on the ties')
    """
    a, b = tabulate(x), tabulate(y)
    in_a, in_b = exact.tie_blocks(a, b)
    blocks, n_a, n_b = in_a + in_b, a.n, b.n
    distance = exact.ks_distance(in_a, in_b, alternative)
    statistic, error = distance / (n_a * n_b), 0.0
    pvalue = exact.ks_pvalue(blocks, n_a, distance, alternative=alternative, max_cost=MAX_KS_COST)
    method = "exact, conditional on the ties" if blocks.max() > 1 else "exact"
    if pvalue is None:
        pvalue, method = _asymptotic(n_a, n_b, statistic, alternative), "asymptotic, exact would be too dear"
        if len(blocks) * n_resamples <= MAX_PERMUTED_CELLS and pvalue * n_resamples > 10:
            pvalue, error = _drawn(in_a, in_b, alternative, rng=rng, n_resamples=n_resamples)
            method = f"permutation, {fmt.count(n_resamples)} random splits"
    return TwoSampleResult(
        test="ks",
        label="Kolmogorov–Smirnov",
        hypothesis="the two distributions are equal" + _AGAINST[alternative],
        statistic_name="D",
        statistic=statistic,
        pvalue=above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


_AGAINST: dict[Alternative, str] = {
    "two-sided": "",
    "less": ", against smaller values in b",
    "greater": ", against larger values in b",
}


def ks_minimum_pvalue(x: Sample, y: Sample) -> float:
    """Smallest p-value that `ks` attains for these sizes and ties, whatever the order of the groups.

    Examples
    --------
    Three runs against three: 2 of the 20 splits separate the groups completely.

    >>> round(ks_minimum_pvalue([1, 2, 3], [4, 5, 6]), 9)
    0.1
    """
    a, b = tabulate(x), tabulate(y)
    in_a, in_b = exact.tie_blocks(a, b)
    blocks = in_a + in_b
    distance = exact.largest_ks_distance(blocks, a.n)
    pvalue = exact.ks_pvalue(blocks, a.n, distance, max_cost=MAX_KS_COST)
    if pvalue is None:
        pvalue = _asymptotic(a.n, b.n, distance / (a.n * b.n), "two-sided")
    return above_zero(pvalue)


def _asymptotic(n_a: int, n_b: int, statistic: float, alternative: Alternative) -> float:
    """P-value of one sample of n_a·n_b/(n_a + n_b) runs, the limit for n_b → ∞."""
    exact_n = n_a * n_b / (n_a + n_b)
    n, two_sided = round(exact_n), alternative == "two-sided"
    if n > MAX_RUNS_OF_KSTWO:
        root = math.sqrt(exact_n) * statistic
        pvalue = float(special.kolmogorov(root)) if two_sided else math.exp(-2 * root**2)
    else:
        pvalue = float(stats.kstwo.sf(statistic, n) if two_sided else special.smirnov(n, statistic))
    # D = 1 is impossible for one sample but not for two
    return max(pvalue, separation(np.array([n_a, n_b]), n_a))


def _drawn(
    in_a: Ints, in_b: Ints, alternative: Alternative, *, rng: np.random.Generator, n_resamples: int
) -> tuple[float, float]:
    """Draw splits for the smaller group, so that exchanging the groups gives the same p-value."""
    swapped = in_a.sum() > in_b.sum()
    small, large = (
        Counts(values=np.arange(len(in_a), dtype=np.float64), counts=counts)
        for counts in ((in_b, in_a) if swapped else (in_a, in_b))
    )
    sign = {"two-sided": 0, "less": -1, "greater": 1}[alternative] * (-1 if swapped else 1)

    def distances(a: Counts, b: Counts) -> Floats:
        gaps = a.counts.cumsum(axis=-1) * b.n - b.counts.cumsum(axis=-1) * a.n
        largest: Floats = (gaps * sign if sign else np.abs(gaps)).max(axis=-1).astype(np.float64)
        return largest

    drawn = permute(small, large, distances, rng=rng, n_resamples=n_resamples)
    return monte_carlo(drawn >= exact.ks_distance(in_a, in_b, alternative))


def anderson_darling(x: Sample, y: Sample, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:
    """Two-sample Anderson–Darling test: squared differences of the distribution functions, tails weighted up.

    The statistic is A² with midranks, equation 7 of Scholz & Stephens 1987, doi
    10.1080/01621459.1987.10478517; its mean is about 1 if the distributions are equal. The p-value is that
    of the permutation test.

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
    >>> result = anderson_darling([1, 2, 3], [4, 5, 6], rng=np.random.default_rng(0), n_resamples=99)
    >>> result.pvalue, result.method
    (0.1, 'exact, all splits')
    """
    values, groups = pool([tabulate(x), tabulate(y)])
    pvalue, error, method = permutation_pvalue(
        values, groups, anderson_darling_statistic, rng=rng, n_resamples=n_resamples
    )
    return TwoSampleResult(
        test="anderson_darling",
        label="Anderson–Darling",
        hypothesis="the two distributions are equal, tails weighted up",
        statistic_name="A²",
        statistic=_evaluate(anderson_darling_statistic, values, groups),
        pvalue=above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


def anderson_darling_statistic(*groups: Counts) -> Floats:
    """Anderson–Darling statistic of two groups or more with midranks, one for each row of counts.

    Scholz & Stephens 1987, equation 7. It is 0 where all values are equal.
    """
    blocks = np.sum([group.counts[0] for group in groups], axis=0)
    n = int(blocks.sum())
    up_to = blocks.cumsum() - blocks / 2
    spread = up_to * (n - up_to) - n * blocks / 4
    weights = np.divide(blocks * (n - 1.0), spread, where=spread > 0, out=np.zeros(len(blocks)))

    def part(group: Counts) -> Floats:
        middle = group.counts.cumsum(axis=-1, dtype=np.float64)
        middle -= group.counts / 2
        middle -= group.n / n * up_to
        sums: Floats = np.square(middle, out=middle) @ weights
        return sums

    if len(groups) == 2:  # what one group has too few, the other has too many
        return part(groups[0]) * (1 / groups[0].n + 1 / groups[1].n)
    total: Floats = np.sum([part(group) / group.n for group in groups], axis=0)
    return total


def cramer_von_mises(x: Sample, y: Sample, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:
    """Two-sample Cramér–von Mises test: squared differences of the distribution functions.

    T of Anderson 1962, doi 10.1214/aoms/1177704477, is the sum of (F_x − F_y)² over all runs, times
    n_x·n_y/(n_x + n_y)². Tied runs count half at each end of their block, so T is 0 if and only if the
    distributions are equal, and reversing the order of the values does not change it. (With ties and unequal
    sizes scipy's T, from midranks, is no distance.) The p-value is that of the permutation test.

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
    Without ties the statistic is that of ``scipy.stats.cramervonmises_2samp``.

    >>> result = cramer_von_mises([1, 2, 3], [4, 5, 6], rng=np.random.default_rng(0), n_resamples=99)
    >>> round(result.statistic, 9), result.pvalue
    (0.527777778, 0.1)
    """
    values, groups = pool([tabulate(x), tabulate(y)])
    pvalue, error, method = permutation_pvalue(
        values, groups, _cramer_von_mises_statistic, rng=rng, n_resamples=n_resamples
    )
    return TwoSampleResult(
        test="cramer_von_mises",
        label="Cramér–von Mises",
        hypothesis="the two distributions are equal",
        statistic_name="T",
        statistic=_evaluate(_cramer_von_mises_statistic, values, groups),
        pvalue=above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


def _cramer_von_mises_statistic(a: Counts, b: Counts) -> Floats:
    blocks = a.counts[0] + b.counts[0]
    n = a.n + b.n
    weights = (blocks + np.append(blocks[1:], 0)) / 2
    gaps = a.counts.cumsum(axis=-1, dtype=np.float64)
    gaps -= a.n / n * blocks.cumsum()
    statistic: Floats = np.square(gaps, out=gaps) @ weights / (a.n * b.n)
    return statistic


def _evaluate(statistic: SplitStatistic, values: Floats, groups: Ints) -> float:
    return float(statistic(*(Counts(values=values, counts=group[None, :]) for group in groups))[0])
