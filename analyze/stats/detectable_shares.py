"""The smallest difference of two shares that is found with a given power, where runs take two values only.

Every test of two groups then judges a table of two rows and two columns by its difference of shares, and its
p-value is the share of splits of the pooled runs with a difference at least as large. A shift would move the
runs to a third value.
"""

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from analyze.stats.resampling import Floats

# All tables of so many runs are counted in a tenth of a second; what more runs of the larger group would find
# is the same but for 3 %
MAX_SMALLER, MAX_LARGER = 200, 1_000
STEPS = 30
NEARLY = 1e-9


def countable(n_a: int, n_b: int) -> bool:
    """Whether the smaller group has few enough runs for all tables to be counted."""
    return min(n_a, n_b) <= MAX_SMALLER


def detectable_share(n_a: int, n_b: int, share: float, *, alpha: float, power: float) -> float | None:
    """Smallest difference of shares that the exact test finds; None where not even the largest is found.

    The share of all runs together is kept, so the shares of the groups lie on either side of it. Of the
    directions that both shares have room for it is the harder one.

    Parameters
    ----------
    n_a, n_b : int
        Runs of the groups.
    share : float
        Of one of the two values in all runs together.
    alpha, power : float
        Level of the test, and the share of samples in which it is to find the difference.

    Examples
    --------
    20 v 20 runs that succeed half of the time: 0.26 v 0.74.

    >>> round(detectable_share(20, 20, 0.5, alpha=0.05, power=0.8), 2)
    0.48
    """
    n_a, n_b = (min(n, MAX_LARGER) for n in (n_a, n_b))
    rejected = _rejected(n_a, n_b, alpha)
    part_a, part_b = n_b / (n_a + n_b), n_a / (n_a + n_b)
    found = []
    for sign, room_a, room_b in ((1, share, 1 - share), (-1, 1 - share, share)):

        def reached(d: float, sign: int = sign) -> bool:
            return _power(rejected, share - sign * d * part_a, share + sign * d * part_b) >= power

        low, high = 0.0, min(room_a / part_a, room_b / part_b)
        if not reached(high):
            continue
        for _ in range(STEPS):
            middle = (low + high) / 2
            low, high = (low, middle) if reached(middle) else (middle, high)
        found.append(high)
    return max(found, default=None)


def _power(rejected: npt.NDArray[np.bool_], p_a: float, p_b: float) -> float:
    n_a, n_b = (n - 1 for n in rejected.shape)
    of_a, of_b = (
        stats.binom.pmf(np.arange(n + 1), n, min(max(p, 0.0), 1.0)) for n, p in ((n_a, p_a), (n_b, p_b))
    )
    return float(of_a @ (rejected @ of_b))


def _rejected(n_a: int, n_b: int, alpha: float) -> npt.NDArray[np.bool_]:
    """Whether the test rejects, for every number of successes in a (rows) and in b (columns)."""
    ways_a, ways_b = _log_ways(n_a), _log_ways(n_b)
    rejected = np.zeros((n_a + 1, n_b + 1), dtype=np.bool_)
    for total in range(n_a + n_b + 1):
        in_a = np.arange(max(0, total - n_b), min(n_a, total) + 1)
        distance = np.abs(in_a * n_b - (total - in_a) * n_a)
        ways = ways_a[in_a] + ways_b[total - in_a]
        weights = np.exp(ways - ways.max())
        order = np.argsort(-distance, kind="stable")
        tails = weights[order].cumsum() / weights.sum()
        last = np.searchsorted(-distance[order], -distance, side="right") - 1
        rejected[in_a, total - in_a] = tails[last] <= alpha * (1 + NEARLY)
    return rejected


def _log_ways(n: int) -> Floats:
    k = np.arange(n + 1)
    log: Floats = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return log
