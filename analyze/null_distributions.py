"""Exact null distributions, conditional on the ties of the pooled sample.

Under the null hypothesis every split of the pooled runs into groups of the two sizes is equally likely. These
functions count splits by recursion over the blocks of tied values instead of listing them.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze.resampling import Counts, Floats, Ints

# Binomial weights beyond so many standard deviations are below the smallest double
REACH = 40.0


def tie_blocks(a: Counts, b: Counts) -> tuple[Ints, Ints]:
    """Put the counts of both samples on the sorted pooled distinct values."""
    values = np.union1d(a.values, b.values)
    in_a, in_b = np.zeros((2, len(values)), dtype=np.int64)
    in_a[np.searchsorted(values, a.values)] = a.counts
    in_b[np.searchsorted(values, b.values)] = b.counts
    return in_a, in_b


def ks_distance(in_a: Ints, in_b: Ints) -> int:
    """Largest difference of the two distribution functions, times n_a·n_b: an exact integer."""
    gaps = in_a.cumsum() * in_b.sum() - in_b.cumsum() * in_a.sum()
    return int(np.abs(gaps).max())


def largest_ks_distance(blocks: Ints, n_a: int) -> int:
    """Largest distance (times n_a·n_b) that any split of these tie blocks attains."""
    ends = blocks.cumsum()
    n_b = int(ends[-1]) - n_a
    most, least = np.minimum(ends, n_a), np.maximum(ends - n_b, 0)
    above = most * n_b - (ends - most) * n_a
    below = (ends - least) * n_a - least * n_b
    return int(max(above.max(), below.max()))


def ks_cost(blocks: Ints, n_a: int, distance: int) -> float:
    """Estimate how many multiplications `ks_pvalue` takes the time of."""
    n = float(blocks.sum())
    share = n_a / n
    spread = 2 * REACH * math.sqrt(share * (1 - share))
    band = 2 * distance / n + blocks
    width = np.minimum(np.minimum(band, n_a), spread * np.sqrt(blocks.cumsum()) + 1)
    step = np.minimum(blocks, spread * np.sqrt(blocks)) + 1
    # a block's fixed cost, some 15 µs, is that of 100,000 multiplications in a long convolution
    return float((width * step + 100_000).sum())


def ks_pvalue(blocks: Ints, n_a: int, distance: int) -> float:
    """P(largest difference of distribution functions ≥ distance), exact and conditional on the tie blocks.

    A split is a lattice path: t runs in, i of them are in group a, and the distance is |i·n_b − (t−i)·n_a|.
    It counts only at the ends of tie blocks (Schröer & Trenkler 1995, doi 10.1016/0167-9473(94)00040-P).
    Paths are followed as coin tosses with P(a) = n_a/n, so a block adds a binomial number of a's; a path
    that reaches the distance leaves, and its weight is multiplied with that of all ways on to
    (n_a, n_b). Only positive numbers are added, so small p-values keep their relative accuracy.

    Parameters
    ----------
    blocks : ndarray of int
        Runs at each pooled distinct value, in order of the values.
    n_a : int
        Size of group a.
    distance : int
        Observed distance, times n_a·n_b.

    Examples
    --------
    The example of Schröer & Trenkler: x = 1,2,2,3,3 and y = 1,2,3,3,4,5,6.

    >>> round(ks_pvalue(np.array([2, 3, 4, 1, 1, 1]), 5, 15) * 33, 9)
    8.0
    """
    if distance <= 0:
        return 1.0
    n = int(blocks.sum())
    n_b, share = n - n_a, n_a / n
    inside, low, t = np.ones(1), 0, 0  # inside[j]: weight of the paths with i = low + j
    left: list[tuple[Floats, Ints, int]] = []
    for block in blocks.tolist():
        t += block
        tosses, first = _binomial(block, share)
        inside, low = np.convolve(inside, tosses), low + first
        i = low + np.arange(len(inside))
        possible = (i <= n_a) & (t - i <= n_b)
        out = np.abs(i * n_b - (t - i) * n_a) >= distance
        leaving = out & possible & (inside > 0)
        if leaving.any():
            left.append((inside[leaving], i[leaving], t))
        stay = np.flatnonzero(possible & ~out & (inside > 0))
        if not len(stay):
            break
        inside, low = inside[stay[0] : stay[-1] + 1], low + int(stay[0])
    pvalue = sum(_weight_to_the_end(*cells, n=n, n_a=n_a) for cells in left)
    # a p-value below the smallest double is still not 0
    return min(max(pvalue, float(np.finfo(np.float64).tiny)), 1.0)


def _binomial(n: int, share: float) -> tuple[Floats, int]:
    """Binomial probabilities where they are not negligible, and the number at which they start."""
    if n == 1:
        return np.array([1 - share, share]), 0
    reach = REACH * math.sqrt(n * share * (1 - share)) + 10
    first, last = max(0, math.floor(n * share - reach)), min(n, math.ceil(n * share + reach))
    return np.exp(_log_binomial(np.arange(first, last + 1), n, share)), first


def _log_binomial(k: npt.NDArray[np.int64] | int, n: int, share: float) -> Floats:
    ways = special.gammaln(n + 1) - special.gammaln(np.add(k, 1)) - special.gammaln(np.subtract(n + 1, k))
    return np.asarray(ways + special.xlogy(k, share) + special.xlog1py(np.subtract(n, k), -share))


def _weight_to_the_end(weight: Floats, i: Ints, t: int, *, n: int, n_a: int) -> float:
    share = n_a / n
    onward = _log_binomial(n_a - i, n - t, share) - _log_binomial(n_a, n, share)
    return float(np.exp(np.log(weight) + onward).sum())


def rank_sum_cost(blocks: Ints, n_a: int) -> float:
    """Cells that `rank_sum_pvalue` updates."""
    n = int(blocks.sum())
    return float(min(n_a, n - n_a) * 2 * n * min(n_a, n - n_a) * n)


def rank_sum_pvalue(blocks: Ints, in_a: Ints) -> float:
    """P(|rank sum − its mean| ≥ observed), exact and conditional on the tie blocks.

    Counts splits by (runs in the smaller group so far, their sum of doubled midranks), which are
    integers, so that ties with the observed value are decided exactly.

    Examples
    --------
    >>> rank_sum_pvalue(np.array([1, 1, 1, 1]), np.array([1, 1, 0, 0])) * 6  # 2 of 6 splits
    2.0
    """
    if 2 * in_a.sum() > blocks.sum():
        in_a = blocks - in_a
    n, size = int(blocks.sum()), int(in_a.sum())
    ends = blocks.cumsum()
    # doubled midranks, less their mean n + 1: the sum is then centred at 0
    scores = 2 * ends - blocks + 1 - (n + 1)
    lowest, observed = int(scores.min()), abs(int((scores * in_a).sum()))
    shifted = scores - lowest
    ways = np.zeros((size + 1, size * int(shifted.max()) + 1))
    ways[0, 0] = 1.0
    for block, score in zip(blocks.tolist(), shifted.tolist(), strict=True):
        grown = ways.copy()
        for taken in range(1, min(block, size) + 1):
            step = taken * score
            grown[taken:, step:] += math.comb(block, taken) * ways[:-taken, : ways.shape[1] - step]
        ways = grown
    sums = np.arange(ways.shape[1]) + size * lowest
    return float(ways[size, np.abs(sums) >= observed].sum() / ways[size].sum())
