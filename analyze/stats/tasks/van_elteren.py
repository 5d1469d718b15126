"""The rank-sum test within tasks, exact with ties."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from analyze.stats.resampling import Floats, Ints

# Places of the exact distribution, and steps to get there: a second
_MAX_PLACES, _MAX_STEPS = 1_000_000, 1_500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VanElteren:
    """The sum over tasks of the rank sums of b, each over N + 1, minus what it is expected to be.

    ``minimum`` is the smallest p-value that these sizes and ties allow.
    """

    statistic: float
    z: float
    pvalue: float
    minimum: float
    method: str


def van_elteren(a: Sequence[Floats], b: Sequence[Floats]) -> VanElteren:
    """Test whether runs of b rank as those of a within tasks (van Elteren 1960).

    Ranks are taken within each task; the weights 1/(N + 1) are those of the most powerful test of a shift
    that is equal in all tasks (Lehmann 1975, Nonparametrics, section 3.3). The distribution is that of all
    splits within tasks, with mean ranks for ties; of very many runs of unequal numbers its normal limit.

    Parameters
    ----------
    a, b : sequence of ndarray
        The runs of each task, in one order; tasks in which a group has no run say nothing.

    Examples
    --------
    Two tasks of 2 v 2 runs, in both of which b is above a: one of 36 pairs of splits, on each side.

    >>> van_elteren([[1, 2], [3, 4]], [[5, 6], [7, 8]]).pvalue * 36
    2.0
    """
    tasks = [(np.asarray(x, float), np.asarray(y, float)) for x, y in zip(a, b, strict=True)]
    tasks = [(x, y) for x, y in tasks if len(x) and len(y)]
    ranks = [np.rint(2 * stats.rankdata(np.concatenate(task))).astype(np.int64) for task in tasks]
    sizes = [(len(x), len(y)) for x, y in tasks]
    totals = [sum(size) + 1 for size in sizes]
    statistic = sum(
        (float(r[n:].sum()) / 2 - m * total / 2) / total
        for r, (n, m), total in zip(ranks, sizes, totals, strict=True)
    )
    variance = sum(
        n * m * float(np.var(r / 2, ddof=1)) / (n + m) / total**2
        for r, (n, m), total in zip(ranks, sizes, totals, strict=True)
    )
    z = statistic / math.sqrt(variance) if variance else 0.0
    exact = _exact(ranks, sizes, totals)
    if exact is None:
        pvalue = 2 * float(special.ndtr(-abs(z))) if variance else 1.0
        return VanElteren(statistic=statistic, z=z, pvalue=pvalue, minimum=0.0, method="normal approximation")
    chances, least = exact
    return VanElteren(
        statistic=statistic, z=z, pvalue=chances, minimum=least, method="exact, all splits within tasks"
    )


def _exact(
    ranks: Sequence[Ints], sizes: Sequence[tuple[int, int]], totals: Sequence[int]
) -> tuple[float, float] | None:
    """Return the p-value and the smallest one there can be; None where there are too many sums."""
    common = math.lcm(*totals) if totals else 1
    weights = [common // total for total in totals]
    # Twice the rank sum of b in units of 1/common; and how far below the sum may go at most
    parts = [_subset_sums(r, m) for r, (_, m) in zip(ranks, sizes, strict=True)]
    n_places = 1 + sum(w * (len(p) - 1) for w, (_, p) in zip(weights, parts, strict=True))
    steps = sum(len(p) for _, p in parts) * n_places
    if n_places > _MAX_PLACES or steps > _MAX_STEPS:
        return None
    chances, offset, observed = np.ones(1), 0, 0
    middle = sum(w * m * total for w, (_, m), total in zip(weights, sizes, totals, strict=True))
    for weight, (low, p), r, (n, _) in zip(weights, parts, ranks, sizes, strict=True):
        grown = np.zeros(len(chances) + weight * (len(p) - 1))
        for place in np.flatnonzero(p):
            grown[place * weight : place * weight + len(chances)] += p[place] * chances
        chances, offset = grown, offset + weight * low
        observed += weight * int(r[n:].sum())
    # In these units middle is an integer, for m (N + 1) is twice the expected rank sum
    distances = abs(np.arange(len(chances)) + offset - middle)
    beyond = chances[distances >= abs(observed - middle)].sum()
    possible = distances[chances > 0].max()
    return min(float(beyond), 1.0), min(float(chances[distances >= possible].sum()), 1.0)


def _subset_sums(values: Ints, size: int) -> tuple[int, Floats]:
    """Return the smallest sum of so many of the values, and the chances of the sums from there on."""
    ordered = np.sort(values)
    low, high = int(ordered[:size].sum()), int(ordered[len(ordered) - size :].sum())
    ways = np.zeros((size + 1, high + 1))
    ways[0, 0] = 1.0
    for n_before, value in enumerate(ordered):
        for k in range(min(size, n_before + 1), 0, -1):
            ways[k, value:] += ways[k - 1, : high + 1 - value]
    found = ways[size, low:]
    return low, found / found.sum()
