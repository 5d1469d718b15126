"""Exact null distributions, conditional on the ties of the pooled sample.

Under the null hypothesis every split of the pooled runs into groups of the two sizes is equally likely. These
functions count splits by recursion over the blocks of tied values instead of listing them.
"""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze.stats.resampling import Counts, Floats, Ints
from analyze.stats.two_sample.splits import pool

Alternative = Literal["two-sided", "less", "greater"]

TINY = float(np.finfo(np.float64).tiny)
# Neglected paths weigh exp(−30) = 1e−13 of the p-value at most
NEGLECTED = 30.0
# A block's fixed cost, some 20 µs, is that of so many multiplications in a long convolution
BLOCK_COST = 150_000


def tie_blocks(a: Counts, b: Counts) -> tuple[Ints, Ints]:
    """Put the counts of both samples on the sorted pooled distinct values."""
    in_a, in_b = pool([a, b])[1]
    return in_a, in_b


def ks_distance(in_a: Ints, in_b: Ints, alternative: Alternative = "two-sided") -> int:
    """Largest difference of the two distribution functions, times n_a·n_b: an exact integer.

    The differences are F_a − F_b for "greater" (b has the larger values) and F_b − F_a for "less".
    """
    gaps = in_a.cumsum() * in_b.sum() - in_b.cumsum() * in_a.sum()
    if alternative == "two-sided":
        return int(np.abs(gaps).max())
    return int((gaps if alternative == "greater" else -gaps).max())


def largest_ks_distance(blocks: Ints, n_a: int) -> int:
    """Largest distance (times n_a·n_b) that any split of these tie blocks attains."""
    ends = blocks.cumsum()
    n_b = int(ends[-1]) - n_a
    most, least = np.minimum(ends, n_a), np.maximum(ends - n_b, 0)
    above = most * n_b - (ends - most) * n_a
    below = (ends - least) * n_a - least * n_b
    return int(max(above.max(), below.max()))


def ks_pvalue(
    blocks: Ints,
    n_a: int,
    distance: int,
    *,
    alternative: Alternative = "two-sided",
    max_cost: float = math.inf,
) -> float | None:
    """P(largest difference of distribution functions ≥ distance), exact and conditional on the tie blocks.

    A split is a lattice path: t runs in, i of them are in group a, and F_a − F_b is i/n_a − (t−i)/n_b.
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
    alternative : {"two-sided", "less", "greater"}
        Sign of the difference, as in `ks_distance`.
    max_cost : float
        In multiplications; None is returned where the recursion costs more.

    Examples
    --------
    The example of Schröer & Trenkler: x = 1,2,2,3,3 and y = 1,2,3,3,4,5,6.

    >>> round(ks_pvalue(np.array([2, 3, 4, 1, 1, 1]), 5, 15) * 33, 9)
    8.0
    """
    if distance <= 0:
        return 1.0
    n = int(blocks.sum())
    if alternative == "two-sided" and blocks.max() == 1 and n == 2 * n_a:
        return _ks_pvalue_of_equal_sizes(n_a, -(-distance // n_a))
    # of very many values it is plain that they are too many, unless the p-value is too small for a number
    exponent = 2.0 * distance / n_a * distance / (n - n_a) / n
    if len(blocks) * BLOCK_COST > max_cost and exponent < -math.log(TINY) / 2:
        return None
    low, high = _bounds(blocks, n_a, distance, alternative)
    log_least, log_most = _log_bounds_of_pvalue(blocks, n_a, low, high)
    if log_most < math.log(TINY):
        return TINY
    # a path's weight grows at most by 1/P(end at n_a) on the way to the end
    log_end = float(_log_binomial(n_a, n, n_a / n))
    log_negligible = log_least + log_end - math.log(len(blocks)) - NEGLECTED
    if _ks_cost(blocks, n_a, low, high, log_negligible) > max_cost:
        return None
    weight, i, t = _leaving_paths(blocks, n_a, low, high, negligible=math.exp(max(log_negligible, -745.0)))
    onward = _log_binomial(n_a - i, n - t, n_a / n) - log_end
    return min(max(float(np.exp(np.log(weight) + onward).sum()), TINY), 1.0)


def _ks_pvalue_of_equal_sizes(size: int, steps: int) -> float:
    """P-value of distance steps/size without ties, by reflection (Gnedenko & Korolyuk 1951)."""
    shift = np.arange(steps, size + 1, steps)
    ways = (
        2 * special.gammaln(size + 1.0)
        - special.gammaln(size - shift + 1.0)
        - special.gammaln(size + shift + 1.0)
    )
    signs = np.where(np.arange(len(shift)) % 2, -1.0, 1.0)
    return min(max(2 * float((signs * np.exp(ways)).sum()), TINY), 1.0)


def _bounds(blocks: Ints, n_a: int, distance: int, alternative: Alternative) -> tuple[Ints, Ints]:
    """Numbers of a's at the end of each block at which a path has left: up to ``low``, and from ``high``."""
    ends = blocks.cumsum()
    n = int(ends[-1])
    low, high = (ends * n_a - distance) // n, -((-distance - ends * n_a) // n)
    if alternative == "greater":
        low = np.full_like(low, -1)
    elif alternative == "less":
        high = ends + 1
    return low, high


def _log_bounds_of_pvalue(blocks: Ints, n_a: int, low: Ints, high: Ints) -> tuple[float, float]:
    """Bounds from below and above: the likeliest single way out, and the sum of all with their tails."""
    ends = blocks.cumsum()
    n = int(ends[-1])
    log_factorials = special.gammaln(np.arange(n + 1) + 1.0)

    def log_choose(n: Ints | int, k: Ints | int) -> Floats:
        return np.asarray(log_factorials[n] - log_factorials[k] - log_factorials[n - k])

    logs = []
    for i in (low, high):
        possible = (i >= 0) & (i <= ends) & (i <= n_a) & (n_a - i <= n - ends)
        i, t = i[possible], ends[possible]
        logs.append(log_choose(t, i) + log_choose(n - t, n_a - i) - log_choose(n, n_a))
    points = np.concatenate(logs)
    if not len(points):  # no split is so extreme
        return -math.inf, -math.inf
    # away from the mean a hypergeometric probability falls, so a tail has at most n_a times its first
    return float(points.max()), float(special.logsumexp(points)) + math.log(n_a)


def _ks_cost(blocks: Ints, n_a: int, low: Ints, high: Ints, log_negligible: float) -> float:
    """Estimate how many multiplications `_leaving_paths` takes the time of."""
    ends = blocks.cumsum()
    share = n_a / float(ends[-1])
    reach = 2 * math.sqrt(2 * min(-log_negligible, 745.0) * share * (1 - share))
    width = np.minimum(np.minimum(high - low, n_a) + blocks, reach * np.sqrt(ends) + 1)
    step = np.minimum(blocks, reach * np.sqrt(blocks)) + 1
    return float((width * step + BLOCK_COST).sum())


def _leaving_paths(
    blocks: Ints, n_a: int, low: Ints, high: Ints, *, negligible: float
) -> tuple[Floats, Ints, Ints]:
    """Follow all paths; return weight, number of a's, and number of runs where they leave."""
    ends = blocks.cumsum()
    n = int(ends[-1])
    share = n_a / n
    possible = np.maximum(ends - (n - n_a), 0).tolist(), np.minimum(ends, n_a).tolist()
    inside, first = np.ones(1), 0  # inside[j]: weight of the paths with first + j runs in a
    weights: list[Floats] = []
    starts: list[tuple[int, int, int]] = []
    tosses: dict[int, tuple[Floats, int]] = {}
    for t, block, fewest, most, down, up in zip(
        ends.tolist(), blocks.tolist(), *possible, low.tolist(), high.tolist(), strict=True
    ):
        if block not in tosses:
            tosses[block] = _binomial(block, share, negligible)
        toss, least = tosses[block]
        inside, first = np.convolve(inside, toss), first + least
        end = min(first + len(inside), most + 1)
        for begin, stop in ((max(first, fewest), min(down + 1, end)), (max(up, first, fewest), end)):
            if begin < stop:
                weights.append(inside[begin - first : stop - first])
                starts.append((begin, stop - begin, t))
        begin, end = max(first, fewest, down + 1), min(end, up)
        if begin >= end:
            break
        inside, first = _without_edges(inside[begin - first : end - first], begin, negligible)
        if not len(inside):
            break
    begins, lengths, times = np.array(starts).T
    weight = np.concatenate(weights)
    i = np.arange(len(weight)) + np.repeat(begins - (lengths.cumsum() - lengths), lengths)
    kept = weight > 0
    return weight[kept], i[kept], np.repeat(times, lengths)[kept]


def _without_edges(weights: Floats, first: int, negligible: float) -> tuple[Floats, int]:
    """Drop negligible weights on either side."""
    if weights[0] > negligible < weights[-1]:
        return weights, first
    kept = np.flatnonzero(weights > negligible)
    if not len(kept):
        return weights[:0], first
    return weights[kept[0] : kept[-1] + 1], first + int(kept[0])


def _binomial(n: int, share: float, negligible: float) -> tuple[Floats, int]:
    """Binomial probabilities where they are not negligible, and the number at which they start."""
    if n == 1:
        return np.array([1 - share, share]), 0
    # Bernstein's inequality: beyond the reach a probability is below the negligible
    log = -math.log(max(negligible, 5e-324))
    reach = log / 3 + math.sqrt(log**2 / 9 + 2 * log * n * share * (1 - share)) + 1
    first, last = max(0, math.floor(n * share - reach)), min(n, math.ceil(n * share + reach))
    return _without_edges(np.exp(_log_binomial(np.arange(first, last + 1), n, share)), first, negligible)


def _log_binomial(k: npt.NDArray[np.int64] | int, n: npt.NDArray[np.int64] | int, share: float) -> Floats:
    k, n = np.asarray(k), np.asarray(n)
    return np.asarray(_log_choose(n, k) + special.xlogy(k, share) + special.xlog1py(n - k, -share))


def _log_choose(n: Ints, k: Ints) -> Floats:
    ways: Floats = special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)
    return ways


def rank_sum_cost(blocks: Ints, n_a: int) -> float:
    """Cells that `rank_sum_pvalue` updates."""
    n = int(blocks.sum())
    return float(min(n_a, n - n_a) ** 2 * n**2)


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
    step = max(int(np.gcd.reduce(scores - lowest)), 1)
    shifted = (scores - lowest) // step
    ways = np.zeros((size + 1, size * int(shifted.max()) + 1))
    ways[0, 0] = 1.0
    for block, score, end in zip(blocks.tolist(), shifted.tolist(), ends.tolist(), strict=True):
        most = min(end, size)
        reached = ways[: most + 1, : most * score + 1]  # scores rise: all other cells are still 0
        before = reached.copy()
        for taken in range(1, min(block, size) + 1):
            gain = taken * score
            reached[taken:, gain:] += math.comb(block, taken) * before[:-taken, : before.shape[1] - gain]
    sums = np.arange(ways.shape[1]) * step + size * lowest
    return float(ways[size, np.abs(sums) >= observed].sum() / ways[size].sum())
