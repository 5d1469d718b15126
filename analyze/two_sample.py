"""Tests of two samples: how likely so large a difference is under each test's hypothesis.

To add a test, write a function ``(x, y, *, rng, n_resamples) -> TwoSampleResult`` and add a line to
`TWO_SAMPLE_TESTS`. Inputs are finite arrays of shape ``(n_runs,)`` with at least two runs each.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import special

from analyze import null_distributions as exact
from analyze.resampling import Counts, Floats, permute, tabulate

# Each stands for a few seconds at most, on one core of 2020
MAX_KS_COST = 2.5e10
MAX_RANK_SUM_COST = 1e8
MAX_PERMUTED_CELLS = 4e8
MAX_SPLITS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSampleResult:
    """What one test found; ``pvalue_error`` is the Monte-Carlo standard error, 0 where nothing was drawn."""

    test: str
    label: str
    hypothesis: str
    statistic_name: str
    statistic: float
    pvalue: float
    pvalue_error: float
    method: str


def ks(x: Floats, y: Floats, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:
    """Kolmogorov–Smirnov test of equal distributions, conditional on the ties.

    The p-value is exact (see `analyze.null_distributions.ks_pvalue`) up to samples of about 100,000 distinct
    values, drawn by permutation where that is dearer, and asymptotic where both are.

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
    distance = exact.ks_distance(in_a, in_b)
    statistic, error = distance / (n_a * n_b), 0.0
    if exact.ks_cost(blocks, n_a, distance) <= MAX_KS_COST:
        pvalue = exact.ks_pvalue(blocks, n_a, distance)
        method = "exact, conditional on the ties" if blocks.max() > 1 else "exact"
    elif len(blocks) * n_resamples <= MAX_PERMUTED_CELLS:
        drawn = permute(a, b, _ks_distances, rng=rng, n_resamples=n_resamples)
        pvalue, error = _monte_carlo(drawn >= distance)
        method = f"permutation, {n_resamples:,} random splits"
    else:
        pvalue = float(special.kolmogorov(math.sqrt(n_a * n_b / (n_a + n_b)) * statistic))
        method = "asymptotic, exact would be too dear"
    return TwoSampleResult(
        test="ks",
        label="Kolmogorov–Smirnov",
        hypothesis="the two distributions are equal",
        statistic_name="D",
        statistic=statistic,
        pvalue=_above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


def ks_minimum_pvalue(x: Floats, y: Floats) -> float:
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
    if exact.ks_cost(blocks, a.n, distance) <= MAX_KS_COST:
        return exact.ks_pvalue(blocks, a.n, distance)
    root = math.sqrt(a.n * b.n / (a.n + b.n))
    limit = float(special.kolmogorov(root * distance / (a.n * b.n)))
    return _above_zero(limit)


def _ks_distances(a: Counts, b: Counts) -> Floats:
    gaps = np.abs(a.counts.cumsum(axis=1) * b.n - b.counts.cumsum(axis=1) * a.n)
    distances: Floats = gaps.max(axis=1).astype(np.float64)
    return distances


def mann_whitney(x: Floats, y: Floats, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:  # noqa: ARG001
    """Mann–Whitney test of equal distributions, sensitive to one group having larger values.

    U counts the pairs with y > x, and half of those with y = x. For small samples the p-value is exact and
    conditional on the ties: the share of splits whose U lies at least as far from n_x·n_y/2. For larger ones
    it is normal, with the tie-corrected variance and a continuity correction of ½.
    """
    in_a, in_b = exact.tie_blocks(tabulate(x), tabulate(y))
    blocks, n_a, n_b = in_a + in_b, int(in_a.sum()), int(in_b.sum())
    below = in_a.cumsum() - in_a
    statistic = float((in_b * below).sum() + (in_b * in_a).sum() / 2)
    if len(blocks) == 1:
        pvalue, method = 1.0, "degenerate: all values are equal"
    elif exact.rank_sum_cost(blocks, n_a) <= MAX_RANK_SUM_COST:
        pvalue = exact.rank_sum_pvalue(blocks, in_a)
        method = "exact, conditional on the ties" if blocks.max() > 1 else "exact"
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
        pvalue=_above_zero(min(pvalue, 1.0)),
        pvalue_error=0.0,
        method=method,
    )


def welch_t(x: Floats, y: Floats, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:  # noqa: ARG001
    """Welch's t test of equal means, variances may differ (Welch 1947, doi 10.1093/biomet/34.1-2.28).

    Two constant groups have no variance to divide by: the p-value is then that of the permutation test.
    """
    difference, se, df = welch(x, y)
    if se > 0:
        statistic = difference / se
        pvalue, method = float(2 * special.stdtr(df, -abs(statistic))), f"Welch–Satterthwaite, {df:.1f} df"
    else:
        statistic = math.copysign(math.inf, difference) if difference else 0.0
        pvalue = _constants_pvalue(len(x), len(y)) if difference else 1.0
        method = "degenerate: no variance in either group, exact permutation p"
    return TwoSampleResult(
        test="welch_t",
        label="Welch t",
        hypothesis="the two means are equal",
        statistic_name="t",
        statistic=statistic,
        pvalue=_above_zero(pvalue),
        pvalue_error=0.0,
        method=method,
    )


def welch(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Difference of means y − x, its standard error, and Welch–Satterthwaite degrees of freedom."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    difference = float((y - x[0]).mean() - (x - x[0]).mean())
    part_x, part_y = (float((v - v[0]).var(ddof=1)) / len(v) for v in (x, y))
    total = part_x + part_y
    if total == 0:
        return difference, 0.0, float(len(x) + len(y) - 2)
    # shares, not squares of the parts: those would underflow for values around 1e-100
    df = 1 / ((part_x / total) ** 2 / (len(x) - 1) + (part_y / total) ** 2 / (len(y) - 1))
    return difference, math.sqrt(total), df


def permutation_mean(x: Floats, y: Floats, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:
    """Two-sided permutation test of equal distributions, judged by the difference of means.

    All splits where there are at most 10,000; otherwise p = (b + 1)/(B + 1) over B random splits, b of
    them with at least the observed difference (Phipson & Smyth 2010, doi 10.2202/1544-6115.1585). B is
    ``n_resamples``, or fewer (but 999) for more than 40,000 distinct values.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    pooled = np.concatenate([x, y])
    pooled -= pooled[0]  # exact for a common offset, whose rounded mean would break ties
    pooled -= pooled.mean()
    a, b = pooled[: len(x)], pooled[len(x) :]
    # splits with the same difference must count as equal although their sums round differently
    limit = abs(b.mean() - a.mean()) - 1e-12 * np.abs(pooled).max()
    # the first condition spares counting the splits of a million runs
    if len(pooled) <= MAX_SPLITS and math.comb(len(pooled), len(x)) <= MAX_SPLITS:
        splits = np.array(list(combinations(range(len(pooled)), len(x))))
        mean_a = pooled[splits].mean(axis=1)
        differences = mean_a * (-1 - len(x) / len(y))  # the pooled mean is 0
        pvalue, error, method = float((np.abs(differences) >= limit).mean()), 0.0, "exact, all splits"
    else:
        affordable = max(999, int(MAX_PERMUTED_CELLS / len(np.unique(pooled))))
        n_splits = min(n_resamples, affordable)
        drawn = permute(tabulate(a), tabulate(b), _mean_differences, rng=rng, n_resamples=n_splits)
        pvalue, error = _monte_carlo(np.abs(drawn) >= limit)
        method = f"permutation, {n_splits:,} random splits"
    return TwoSampleResult(
        test="permutation_mean",
        label="Permutation of means",
        hypothesis="the two distributions are equal, judged by their means",
        statistic_name="Δ",
        statistic=float((y - x[0]).mean() - (x - x[0]).mean()),
        pvalue=_above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


def _mean_differences(a: Counts, b: Counts) -> Floats:
    difference: Floats = b.counts @ b.values / b.n - a.counts @ a.values / a.n
    return difference


def brown_forsythe(x: Floats, y: Floats, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:  # noqa: ARG001
    """Brown–Forsythe test of equal spread: one-way F on distances from the medians.

    Brown & Forsythe 1974, doi 10.1080/01621459.1974.10482955.
    """
    # integers would be truncated by the median's half steps
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    far_x, far_y = np.abs(x - np.median(x)), np.abs(y - np.median(y))
    n_x, n_y = len(x), len(y)
    gap = float(far_y.mean() - far_x.mean())
    within = float(((far_x - far_x.mean()) ** 2).sum() + ((far_y - far_y.mean()) ** 2).sum())
    constant = np.ptp(far_x) == 0 and np.ptp(far_y) == 0
    if constant or within == 0:
        same = far_x[0] == far_y[0]
        statistic, pvalue = (0.0, 1.0) if same else (math.inf, _constants_pvalue(n_x, n_y))
        method = "degenerate: distances from the median do not vary, exact permutation p"
    else:
        df = n_x + n_y - 2
        statistic = gap**2 * n_x * n_y / (n_x + n_y) / (within / df)
        pvalue, method = float(special.fdtrc(1, df, statistic)), f"F with 1 and {df} df"
    return TwoSampleResult(
        test="brown_forsythe",
        label="Brown–Forsythe",
        hypothesis="the two groups spread equally around their medians",
        statistic_name="F",
        statistic=statistic,
        pvalue=_above_zero(pvalue),
        pvalue_error=0.0,
        method=method,
    )


def _constants_pvalue(n_x: int, n_y: int) -> float:
    """Permutation p of two constant groups that differ: only their split, and its mirror, is so extreme."""
    mirrors = 2 if n_x == n_y else 1
    log_splits = special.gammaln(n_x + n_y + 1) - special.gammaln(n_x + 1) - special.gammaln(n_y + 1)
    return mirrors * math.exp(-log_splits)


def _above_zero(pvalue: float) -> float:
    """Keep a p-value that is below the smallest double apart from 0."""
    return max(pvalue, float(np.finfo(np.float64).tiny))


def _monte_carlo(as_extreme: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[float, float]:
    """P-value (b + 1)/(B + 1), and its standard error."""
    n = len(as_extreme)
    pvalue = (int(as_extreme.sum()) + 1) / (n + 1)
    return pvalue, math.sqrt(pvalue * (1 - pvalue) / n)


TwoSampleTest = Callable[..., TwoSampleResult]

TWO_SAMPLE_TESTS: dict[str, TwoSampleTest] = {
    "ks": ks,
    "mann_whitney": mann_whitney,
    "welch_t": welch_t,
    "permutation_mean": permutation_mean,
    "brown_forsythe": brown_forsythe,
}
