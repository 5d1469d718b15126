"""The Hodges–Lehmann shift, with the interval that inverts the Mann–Whitney test."""

import math
from functools import lru_cache

import numpy as np
from scipy import special

from analyze.stats.bootstrap import BootstrapSample
from analyze.stats.effects.pairwise import PairwiseDifferences, order_statistics, pairwise_differences
from analyze.stats.estimates import Estimate
from analyze.stats.resampling import Counts, rounding

# The exact distribution of U for so many pairs of runs takes 0.1 s
MAX_EXACT_PAIRS = 2_500


def hodges_lehmann(a: BootstrapSample, b: BootstrapSample, confidence: float) -> Estimate:
    """Median of all differences b − a, see `shift_of_counts`."""
    return shift_of_counts(a.table, b.table, confidence)


def shift_of_counts(a: Counts, b: Counts, confidence: float) -> Estimate:
    """Hodges–Lehmann shift with its interval by inversion of the Mann–Whitney test.

    Hollander, Wolfe & Chicken 2014, doi 10.1002/9781119196037, section 4.3. The interval holds the shifts Δ
    for which a and b − Δ are not told apart, between two ordered differences. For a shift that is no
    difference itself, only ties inside the groups remain, so one critical value serves all: that of the exact
    distribution of U where there are no such ties and at most 2,500 pairs of runs, otherwise normal with the
    tie-corrected variance and a continuity correction of ½. The ends belong to the interval, so that it
    covers the median difference with ties too, at least as often as it says. On a fine grid like accuracies
    k/10,000, where that is 0.98, the ends must be inside by a quarter of the pairs that share them. The
    interval is infinite where no data of these sizes are extreme enough.

    Examples
    --------
    Hollander & Wolfe (1973, p. 69), as R's ``wilcox.test(x, y, conf.int = TRUE)`` prints it for x − y: 0.305,
    interval −0.15 to 0.76.

    >>> from analyze.stats.resampling import tabulate
    >>> x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    >>> y = [1.15, 0.88, 0.90, 0.74, 1.21]
    >>> shift = shift_of_counts(tabulate(y), tabulate(x), 0.95)
    >>> round(shift.estimate, 3), round(shift.low, 3), round(shift.high, 3)
    (0.305, -0.15, 0.76)
    """
    differences, n = pairwise_differences(a, b), a.n * b.n
    rank, sd, how = _critical_rank(a, b, (1 - confidence) / 2)
    lower, upper = order_statistics(differences, [(n + 1) // 2, n // 2 + 1])
    method = f"inversion of the Mann–Whitney test, {how}"
    if rank == 0:
        low, high = -math.inf, math.inf
        method += f"; {a.n} v {b.n} runs are too few for a finite interval"
    else:
        most = 0.0 if how in ("exact", "normal") else sd
        low = _lower_end(differences, rank, most)
        # not −x, which would make 0 negative
        high = 0.0 - _lower_end(pairwise_differences(b, a), rank, most)
    return Estimate(estimate=lower + (upper - lower) / 2, low=low, high=high, method=method)


def _lower_end(differences: PairwiseDifferences, rank: int, most: float) -> float:
    """Difference of a rank, or the next one if it is one of at most so many equal ones, and barely inside."""
    value = order_statistics(differences, [rank])[0]
    if most <= 1:
        return value
    spacing = rounding(differences.a, differences.b) / 2
    below, up_to = differences.count(value - spacing), differences.count(value + spacing)
    equal = up_to - below
    if 1 < equal <= most and below + 0.75 * equal < rank:
        value = order_statistics(differences, [up_to + 1])[0]
    return value


def _critical_rank(a: Counts, b: Counts, tail: float) -> tuple[int, float, str]:
    """Rank, from either end, of the differences that bound the interval, 0 where there is none; sd of U."""
    n_a, n_b = a.n, b.n
    tied = max(int(a.counts.max()), int(b.counts.max())) > 1
    n, sizes = n_a + n_b, np.concatenate([a.counts, b.counts]).astype(np.float64)
    ties = float((sizes**3 - sizes).sum()) / (n * (n - 1))
    sd = math.sqrt(n_a * n_b / 12 * (n + 1 - ties))
    if not tied and n_a * n_b <= MAX_EXACT_PAIRS:
        return _exact_rank(min(n_a, n_b), max(n_a, n_b), tail), sd, "exact"
    rank = math.ceil(n_a * n_b / 2 - float(special.ndtri(1 - tail)) * sd - 0.5)
    return min(max(rank, 0), (n_a * n_b + 1) // 2), sd, "normal" + (", tie-corrected" if tied else "")


@lru_cache(maxsize=256)
def _exact_rank(n_small: int, n_large: int, tail: float) -> int:
    """Largest r with P(U ≤ r − 1) ≤ tail, from integer counts of the splits.

    The splits by U are counted by ∏ (1 − qⁿ⁺ⁱ)/(1 − qⁱ), i = 1..m (Mann & Whitney 1947, doi
    10.1214/aoms/1177730491).
    """
    size = n_small * n_large + 1
    ways = [1] + [0] * (size - 1)
    for i in range(1, n_small + 1):
        step = n_large + i
        for u in range(size - 1, step - 1, -1):
            ways[u] -= ways[u - step]
        for u in range(i, size):
            ways[u] += ways[u - i]
    total, below, rank = math.comb(n_small + n_large, n_small), 0, 0
    while rank < size and below + ways[rank] <= tail * total * (1 + 1e-9):
        below += ways[rank]
        rank += 1
    return rank
