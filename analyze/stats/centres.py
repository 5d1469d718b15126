"""Intervals of a single group's centre: its mean, its median, or a share of its runs."""

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze.stats.resampling import tabulate
from analyze.stats.two_sample.means import bounds

Triple = tuple[float, float, float]


def mean_interval(sample: npt.ArrayLike, confidence: float) -> Triple:
    """Return the mean and its t interval, inside the values where many runs take few.

    Parameters
    ----------
    sample : array_like of shape (n_runs,)
        Finite values, at least one; of one run the interval has no ends.

    Examples
    --------
    ``t.test(c(1, 2, 3, 4))`` in R: 0.4457 to 4.5543.

    >>> [round(x, 4) for x in mean_interval([1, 2, 3, 4], 0.95)]
    [2.5, 0.4457, 4.5543]
    """
    x = np.asarray(sample, dtype=np.float64)
    mean, n = float((x - x[0]).mean() + x[0]), x.size
    if n < 2:
        return mean, -math.inf, math.inf
    reach = float(special.stdtrit(n - 1, (1 + confidence) / 2)) * float((x - x[0]).std(ddof=1)) / math.sqrt(n)
    lowest, highest = bounds(tabulate(x))
    return mean, max(mean - reach, lowest), min(mean + reach, highest)


def median_interval(sample: npt.ArrayLike, confidence: float) -> Triple:
    """Return the median, and the two runs between which it lies with this confidence or more.

    The ranks are those of the binomial distribution: exact for every continuous distribution (Hollander,
    Wolfe & Chicken 2014, section 3.6).

    Parameters
    ----------
    sample : array_like of shape (n_runs,)
        Finite values, at least one; where even all runs do not reach the confidence, there are no ends.

    Examples
    --------
    Of ten runs the second and the ninth, with a confidence of 97.9 %.

    >>> median_interval(range(1, 11), 0.95)
    (5.5, 2.0, 9.0)
    """
    x = np.sort(np.asarray(sample, dtype=np.float64))
    below = special.bdtr(np.arange(x.size), x.size, 0.5)  # P(at most so many runs below the median)
    rank = int(np.searchsorted(below, (1 - confidence) / 2, side="right"))
    if rank == 0:
        return float(np.median(x)), -math.inf, math.inf
    return float(np.median(x)), float(x[rank - 1]), float(x[x.size - rank])


def share_interval(n_hits: int, n: int, confidence: float) -> Triple:
    """Return a share and its interval by Wilson's score (1927, doi 10.1080/01621459.1927.10502953).

    Parameters
    ----------
    n_hits, n : int
        Runs that have what is counted, and all runs, at least one.

    Examples
    --------
    Newcombe (1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E), 81 of 263: 0.2553
    to 0.3662.

    >>> [round(x, 4) for x in share_interval(81, 263, 0.95)]
    [0.308, 0.2553, 0.3662]
    """
    z = float(special.ndtri((1 + confidence) / 2))
    share = n_hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return share, min(max(centre - reach, 0.0), share), max(min(centre + reach, 1.0), share)
