"""Omnibus tests of two groups or more: whether they differ at all.

To add a test, write a function ``(samples, *, rng, n_resamples) -> OmnibusResult`` and add a line to
`OMNIBUS_TESTS`. Samples are finite arrays of shape ``(n_runs,)`` or tables of counts, at least two of at
least two runs each.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze import text as fmt
from analyze.stats.method import Test
from analyze.stats.resampling import Counts, Floats, Ints, tabulate
from analyze.stats.two_sample.distribution_tests import anderson_darling_statistic
from analyze.stats.two_sample.moments import unit
from analyze.stats.two_sample.pvalues import above_zero
from analyze.stats.two_sample.splits import permutation_pvalue, pool

Samples = Sequence[npt.ArrayLike | Counts]

# With fewer runs of a group expected outside the largest block of ties, χ² is a poor approximation
MIN_RUNS = 10
# Welch's F is too large for many small groups. Size at 0.05, normal: 5 groups of 3 runs 0.05, 10 of 3 0.13,
# 10 of 10 0.06, 20 of 3 0.28, 50 of 10 0.08; exponential: 10 of 20 0.08, 20 of 50 0.08
FEW_GROUPS, RUNS_OF_MANY_GROUPS = 5, 50
# In units of the spread of all values: smaller distances of constant groups are rounding errors, and the
# reciprocals of smaller squares would overflow
ROUNDING, NEGLIGIBLE = 1e-12, 1e-280


@dataclass(frozen=True, slots=True, kw_only=True)
class OmnibusResult:
    """What one test found; ``pvalue_error`` is the Monte-Carlo standard error, 0 where nothing was drawn."""

    test: str
    label: str
    hypothesis: str
    statistic_name: str
    statistic: float
    pvalue: float
    pvalue_error: float
    method: str


def kruskal_wallis(samples: Samples, *, rng: np.random.Generator, n_resamples: int) -> OmnibusResult:
    """Kruskal–Wallis test of equal distributions, sensitive to groups having larger values.

    H is corrected for ties and compared with χ² (Kruskal & Wallis 1952, doi 10.1080/01621459.1952.10483441),
    or with its permutation distribution where fewer than 10 runs of a group are expected outside the largest
    block of ties.

    Parameters
    ----------
    samples : sequence of array_like, shape (n_runs,), or Counts
        Finite values of each group.
    rng : Generator
        Used only where splits are drawn, see `two_sample.splits.permutation_pvalue`.
    n_resamples : int
        Number of random splits.

    Examples
    --------
    Hollander & Wolfe 1973, mucociliary efficiency; R: ``kruskal.test(list(x, y, z))`` gives 0.7714, p = 0.68.

    >>> x, y, z = [2.9, 3.0, 2.5, 2.6, 3.2], [3.8, 2.7, 4.0, 2.4], [2.8, 3.4, 3.7, 2.2, 2.0]
    >>> result = kruskal_wallis([x, y, z], rng=np.random.default_rng(0), n_resamples=999)
    >>> round(result.statistic, 4)
    0.7714
    """
    values, groups = _pooled(samples)
    blocks = groups.sum(axis=0)
    outside = groups.sum(axis=1).min() * (1 - blocks.max() / blocks.sum())
    statistic, error, df = _evaluate(_kruskal_wallis_statistic, values, groups), 0.0, len(groups) - 1
    if len(blocks) == 1:
        pvalue, method = 1.0, "degenerate: all values are equal"
    elif outside < MIN_RUNS:
        pvalue, error, method = permutation_pvalue(
            values, groups, _kruskal_wallis_statistic, rng=rng, n_resamples=n_resamples
        )
    else:
        pvalue, method = float(special.chdtrc(df, statistic)), f"χ² approximation, {df} df, tie-corrected"
    return OmnibusResult(
        test="kruskal_wallis",
        label="Kruskal–Wallis",
        hypothesis="all distributions are equal, judged by ranks",
        statistic_name="H",
        statistic=statistic,
        pvalue=above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


def _kruskal_wallis_statistic(*groups: Counts) -> Floats:
    blocks = np.sum([group.counts[0] for group in groups], axis=0).astype(np.float64)
    n = blocks.sum()
    # midranks less their mean, in units of n: their sum is 0
    ranks = (blocks.cumsum() - blocks / 2) / n - 0.5
    variance = blocks @ ranks**2 / (n - 1)
    if variance == 0:
        return np.zeros(len(groups[0].counts))
    between: Floats = np.sum([(group.counts @ ranks) ** 2 / group.n for group in groups], axis=0)
    statistic: Floats = between / variance
    return statistic


def welch_anova(samples: Samples, *, rng: np.random.Generator, n_resamples: int) -> OmnibusResult:
    """Welch's analysis of variance: equal means, variances may differ.

    Welch 1951, doi 10.1093/biomet/38.3-4.330. For two groups it is Welch's t test, F = t². Of more than five
    groups of which one has fewer than 50 runs, F is compared with its permutation distribution. A constant
    group has infinite weight, as in the limit of no variance. Constant groups with different values make F
    infinite; the p-value is then the share of splits in which it is so too.

    Parameters
    ----------
    samples : sequence of array_like, shape (n_runs,), or Counts
        Finite values of each group.
    rng : Generator
        Used only where splits are drawn, see `two_sample.splits.permutation_pvalue`.
    n_resamples : int
        Number of random splits.

    Examples
    --------
    The sleep data: F is the square of Welch's t, 1.8608, with the same p-value 0.07939.

    >>> first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    >>> second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    >>> result = welch_anova([first, second], rng=np.random.default_rng(0), n_resamples=99)
    >>> round(result.statistic**0.5, 4), round(result.pvalue, 5)
    (1.8608, 0.07939)
    """
    values, groups = _pooled(samples)
    scale = unit(values[0], values[-1])
    values = values / scale - values[0] / scale
    tables = [Counts(values=values, counts=group[None, :]) for group in groups]
    statistics, dfs = _welch_anova(*tables)
    statistic, df, error = float(statistics[0]), float(dfs[0]), 0.0
    if len(values) == 1:
        pvalue, method = 1.0, "degenerate: all values are equal"
    elif math.isinf(statistic):
        pvalue, error, method = permutation_pvalue(
            values, groups, lambda *tables: _welch_anova(*tables)[0], rng=rng, n_resamples=n_resamples
        )
        method = f"degenerate: constant groups differ, {method}"
    elif len(groups) > FEW_GROUPS and groups.sum(axis=1).min() < RUNS_OF_MANY_GROUPS:
        pvalue, error, method = permutation_pvalue(
            values, groups, lambda *tables: _welch_anova(*tables)[0], rng=rng, n_resamples=n_resamples
        )
        method = f"not F's distribution, which is too small for {len(groups)} small groups: {method}"
    else:
        pvalue = float(special.fdtrc(len(groups) - 1, df, statistic))
        method = f"F with {len(groups) - 1} and {fmt.fixed(df, 1)} df"
    return OmnibusResult(
        test="welch_anova",
        label="Welch ANOVA",
        hypothesis="all means are equal",
        statistic_name="F",
        statistic=statistic,
        pvalue=above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


def _welch_anova(*groups: Counts) -> tuple[Floats, Floats]:
    """Welch's F and its second degrees of freedom for each row of counts."""
    k = len(groups)
    n = np.array([group.n for group in groups], dtype=np.float64)[:, None]
    means = np.stack([group.counts @ group.values / group.n for group in groups])
    # about the group's own mean: a difference of squares would not be 0 for a constant group
    squares = np.stack(
        [
            np.einsum("ij,ij->i", group.counts, (group.values - mean[:, None]) ** 2)
            for group, mean in zip(groups, means, strict=True)
        ]
    )
    constant = np.stack([(group.counts > 0).sum(axis=-1) == 1 for group in groups]) | (squares < NEGLIGIBLE)
    variances = np.where(constant, 0.0, squares / (n - 1))
    some = constant.any(axis=0)
    # shares of the total weight; constant groups take it all, in proportion to their runs
    weights = np.where(some, 0.0, n / np.where(constant, 1.0, variances))
    shares = np.where(some, n * constant, weights)
    shares = shares / shares.sum(axis=0)
    centre = (shares * means).sum(axis=0)
    apart = (constant & (np.abs(means - centre) > ROUNDING)).any(axis=0)
    finite = np.where(constant, 0.0, n / np.where(constant, 1.0, variances))
    between = (finite * (means - centre) ** 2).sum(axis=0) / (k - 1)
    spread = ((1 - shares) ** 2 / (n - 1)).sum(axis=0)
    statistic = between / (1 + 2 * (k - 2) / (k**2 - 1) * spread)
    return np.where(apart, np.inf, statistic), (k**2 - 1) / (3 * spread)


def anderson_darling_k(samples: Samples, *, rng: np.random.Generator, n_resamples: int) -> OmnibusResult:
    """Anderson–Darling test that all samples come from one distribution, tails weighted up.

    The statistic is A² with midranks, equation 7 of Scholz & Stephens 1987, doi
    10.1080/01621459.1987.10478517; its mean is about the number of groups less 1 if the distributions are
    equal. The p-value is that of the permutation test: tabled approximations end at 0.001 and 0.25.

    Parameters
    ----------
    samples : sequence of array_like, shape (n_runs,), or Counts
        Finite values of each group.
    rng : Generator
        Draws splits where there are too many to list, see `two_sample.splits.permutation_pvalue`.
    n_resamples : int
        Number of random splits.

    Examples
    --------
    Smoothness of paper measured by four laboratories, Scholz & Stephens 1987: A² = 8.3926.

    >>> laboratories = [
    ...     [38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0],
    ...     [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8],
    ...     [34.0, 35.0, 39.0, 40.0, 43.0, 43.0, 44.0, 45.0],
    ...     [34.0, 34.8, 34.8, 35.4, 37.2, 37.8, 41.2, 42.8],
    ... ]
    >>> result = anderson_darling_k(laboratories, rng=np.random.default_rng(0), n_resamples=999)
    >>> round(result.statistic, 4), result.pvalue < 0.01
    (8.3926, True)
    """
    values, groups = _pooled(samples)
    pvalue, error, method = permutation_pvalue(
        values, groups, anderson_darling_statistic, rng=rng, n_resamples=n_resamples
    )
    return OmnibusResult(
        test="anderson_darling_k",
        label="Anderson–Darling, k samples",
        hypothesis="all distributions are equal, tails weighted up",
        statistic_name="A²",
        statistic=_evaluate(anderson_darling_statistic, values, groups),
        pvalue=above_zero(pvalue),
        pvalue_error=error,
        method=method,
    )


def _pooled(samples: Samples) -> tuple[Floats, Ints]:
    return pool([tabulate(sample) for sample in samples])


def _evaluate(statistic: Callable[..., Floats], values: Floats, groups: Ints) -> float:
    return float(statistic(*(Counts(values=values, counts=group[None, :]) for group in groups))[0])


OmnibusTest = Callable[..., OmnibusResult]

OMNIBUS_TESTS: dict[str, Test[OmnibusResult]] = {
    "kruskal_wallis": Test(
        run=kruskal_wallis,
        formula="H = 12 / (N (N + 1)) · Σ R_i² / n_i − 3 (N + 1), divided by the correction for ties",
        sources=("kruskal_wallis_1952",),
    ),
    "welch_anova": Test(
        run=welch_anova,
        formula="F of the group means weighted by n_i / s²_i",
        sources=("welch_1951",),
    ),
    "anderson_darling_k": Test(
        run=anderson_darling_k,
        formula="A² of every group against the pooled runs, summed; midranks",
        sources=("scholz_stephens_1987",),
    ),
}
