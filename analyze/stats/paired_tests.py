"""Tests of matched pairs: runs of two groups that share their starting point, such as the seed.

To add a test, write a function ``(x, y, *, rng, n_resamples) -> TwoSampleResult`` and add a line to
`PAIRED_TESTS`. Inputs are finite arrays of shape ``(n_pairs,)`` in the order of pairs, two or more.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze import text as fmt
from analyze.stats.method import Test
from analyze.stats.resampling import CHUNK_CELLS, Floats, Ints
from analyze.stats.two_sample import TwoSampleResult

MAX_FLIPS = 10_000
# Each stands for about a second on one core of 2020
MAX_SIGNED_RANK_COST = 3e8
MAX_FLIPPED_CELLS = 2e8
# Differences that differ by less than this share of the largest value are equal but for rounding: 0.9676 −
# 0.956 and 0.9712 − 0.9596 are both 116 in 10,000
ROUNDING = 8 * float(np.finfo(np.float64).eps)

_TINY = float(np.finfo(np.float64).tiny)


def wilcoxon(x: Floats, y: Floats, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:  # noqa: ARG001
    """Wilcoxon's signed-rank test on the differences y − x, ties and zeros included.

    Null hypothesis: the differences are symmetric around 0. Zeros are ranked and then left out (Pratt
    1959, doi 10.1080/01621459.1959.10501526), equal differences share their mean rank, and the p-value
    is that of all signs being equally likely, given these ranks: exact for some 500 pairs and fewer,
    beyond that normal with the exact variance and a continuity correction of ½.

    Examples
    --------
    Darwin's 15 pairs of maize, in eighths of an inch (Fisher 1935, *The Design of Experiments*):

    >>> d = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])
    >>> result = wilcoxon(np.zeros(15), d, rng=np.random.default_rng(0), n_resamples=99)
    >>> result.statistic, round(result.pvalue, 4)
    (96.0, 0.0413)
    """
    differences = within_pairs(x, y)
    doubled, positive = _doubled_ranks(differences)
    observed = int(doubled[positive].sum())
    if not len(doubled):
        pvalue, method = 1.0, "degenerate: all differences are 0"
    elif len(doubled) * (float(doubled.sum()) + 1) <= MAX_SIGNED_RANK_COST:
        pvalue = _signed_rank_pvalue(doubled, observed)
        tied = len(np.unique(doubled)) < len(doubled) or len(doubled) < len(differences)
        method = "exact, conditional on ties and zeros" if tied else "exact"
    else:
        ranks = doubled / 2
        far = max(abs(observed / 2 - ranks.sum() / 2) - 0.5, 0.0)
        pvalue = float(2 * special.ndtr(-far / math.sqrt((ranks**2).sum() / 4)))
        method = "normal approximation, tie-corrected"
    return TwoSampleResult(
        test="wilcoxon",
        label="Wilcoxon signed rank",
        hypothesis="the differences within pairs are symmetric around 0",
        statistic_name="V",
        statistic=observed / 2,
        pvalue=max(min(pvalue, 1.0), _TINY),
        pvalue_error=0.0,
        method=method,
    )


def paired_permutation(
    x: Floats, y: Floats, *, rng: np.random.Generator, n_resamples: int
) -> TwoSampleResult:
    """Permutation test of matched pairs, judged by the mean of the differences y − x.

    Null hypothesis: the two runs of a pair are exchangeable, so every difference could have had the
    other sign (Fisher 1935, *The Design of Experiments*, section 21). All signs where there are at most
    10,000 ways; otherwise p = (b + 1)/(B + 1) over B random signs (Phipson & Smyth 2010, doi
    10.2202/1544-6115.1585), or normal with the exact variance where that is too dear.

    Examples
    --------
    Darwin's maize, as Fisher analysed it: in 1,726 of the 32,768 ways of giving signs to the 15
    differences the sum is as large as observed.

    >>> d = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])
    >>> exact = _all_signs(np.abs(d).astype(float), abs(d.sum()))
    >>> round(exact * 32768)
    1726
    """
    differences = within_pairs(x, y)
    sizes = np.abs(differences[differences != 0])
    total = abs(float(math.fsum(differences)))
    error = 0.0
    if not len(sizes):
        pvalue, method = 1.0, "degenerate: all differences are 0"
    elif 2.0 ** min(len(sizes), 1000) <= MAX_FLIPS:
        pvalue, method = _all_signs(sizes, total), "exact, all signs"
    else:
        values, counts = np.unique(sizes, return_counts=True)
        if len(values) * n_resamples <= MAX_FLIPPED_CELLS:
            drawn = _random_signs(values, counts, rng=rng, n_resamples=n_resamples)
            hits = int((np.abs(drawn) >= _limit(sizes, total)).sum())
            pvalue = (hits + 1) / (n_resamples + 1)
            error = math.sqrt(pvalue * (1 - pvalue) / n_resamples)
            method = f"permutation, {fmt.count(n_resamples)} random signs"
        else:
            scale = float(sizes.max())
            pvalue = float(2 * special.ndtr(-total / scale / math.sqrt(((sizes / scale) ** 2).sum())))
            method = "normal approximation of the permutation test"
    return TwoSampleResult(
        test="paired_permutation",
        label="Permutation of pairs",
        hypothesis="the two runs of a pair are exchangeable, judged by the mean difference",
        statistic_name="Δ",
        statistic=float(differences.mean()),
        pvalue=max(min(pvalue, 1.0), _TINY),
        pvalue_error=error,
        method=method,
    )


def within_pairs(x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
    """Differences y − x, those that are equal but for rounding errors made equal, in size and to 0.

    Decimals such as accuracies k/10,000 have no exact doubles, so equal differences come out unequal in the
    last digits; ranks would then depend on the unit of the data.

    Examples
    --------
    >>> d = within_pairs([0.956, 0.9596, 0.3], [0.9676, 0.9712, 0.3])
    >>> bool(d[0] == d[1]), d[2].item()
    (True, 0.0)
    """
    first, second = (np.asarray(values, dtype=np.float64) for values in (x, y))
    differences: Floats = second - first
    if np.array_equal(first, np.rint(first)) and np.array_equal(second, np.rint(second)):
        return differences  # whole numbers are exact
    sizes = np.abs(differences)
    spacing = ROUNDING * max(float(np.abs(first).max(initial=0.0)), float(np.abs(second).max(initial=0.0)))
    order = np.argsort(sizes, kind="stable")
    ordered = np.concatenate([[0.0], sizes[order]])
    starts = np.flatnonzero(np.diff(ordered, prepend=-np.inf) > spacing)
    # each chain of neighbours takes the value of its first, so that one at 0 is 0
    sizes[order] = np.repeat(ordered[starts], np.diff(np.append(starts, len(ordered))))[1:]
    return np.copysign(sizes, differences)


def _doubled_ranks(differences: Floats) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return twice the midranks of the absolute differences that are not 0, and which are positive."""
    _, place, counts = np.unique(np.abs(differences), return_inverse=True, return_counts=True)
    doubled = (2 * counts.cumsum() - counts + 1)[place]
    kept = differences != 0
    return doubled[kept], differences[kept] > 0


def _signed_rank_pvalue(doubled: Ints, observed: int) -> float:
    """Return P(|V − its mean| ≥ observed) over all signs, from the sums of random subsets of ranks."""
    chances = np.zeros(int(doubled.sum()) + 1)
    chances[0], top = 1.0, 0
    for rank in np.sort(doubled).tolist():
        chances[: top + 1] /= 2
        chances[rank : top + rank + 1] += chances[: top + 1].copy()
        top += rank
    sums = np.arange(len(chances))
    return float(chances[np.abs(2 * sums - top) >= abs(2 * observed - top)].sum())


def _limit(sizes: Floats, total: float) -> float:
    """Return the least sum that counts as observed: equal sums may round differently."""
    return total - 1e-12 * float(sizes.sum())


def _all_signs(sizes: Floats, total: float) -> float:
    sums = np.zeros(1)
    for size in sizes:
        sums = np.concatenate([sums - size, sums + size])
    return float((np.abs(sums) >= _limit(sizes, total)).mean())


def _random_signs(values: Floats, counts: Ints, *, rng: np.random.Generator, n_resamples: int) -> Floats:
    """Draw sums of differences of random signs; equal differences are drawn together."""
    parts = []
    size = max(1, CHUNK_CELLS // len(values))
    for start in range(0, n_resamples, size):
        n_rows = min(size, n_resamples - start)
        if counts.max() == 1:
            positive: Ints = rng.integers(0, 2, size=(n_rows, len(values)))
        else:
            positive = rng.binomial(counts, 0.5, size=(n_rows, len(values)))
        parts.append((2.0 * positive - counts) @ values)
    return np.concatenate(parts)


PAIRED_TESTS: dict[str, Test[TwoSampleResult]] = {
    "wilcoxon": Test(
        run=wilcoxon,
        formula="V = sum of the ranks of |d| where d > 0",
        sources=("pratt_1959",),
    ),
    "paired_permutation": Test(
        run=paired_permutation,
        formula="Δ = mean of d; p = (1 + #{|Δ*| ≥ |Δ|}) / (1 + B) over B random choices of signs",
        sources=("fisher_1935",),
    ),
}
