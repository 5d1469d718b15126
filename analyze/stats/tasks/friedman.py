"""Ranks by the tasks' means, as critical-difference diagrams show them: how sure a mean is does not count."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from analyze.stats.resampling import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Friedman:
    """Mean ranks, 1 for the best; the test of equal ones; and the critical difference of two of them."""

    ranks: Floats
    statistic: float
    df: int
    pvalue: float
    critical_difference: float


def friedman(means: Floats, *, alpha: float) -> Friedman:
    """Rank groups within tasks by their means (Friedman 1937; Nemenyi 1963; Demšar 2006).

    Parameters
    ----------
    means : ndarray, shape (n_tasks, n_groups)
        More is better; without gaps.
    alpha : float
        Level of the critical difference q √(k (k + 1) / (6 N)), q the quantile of the studentised range over
        √2, for k groups and N tasks.
    """
    n, k = means.shape
    ranks = stats.rankdata(-means, axis=1)
    totals = ranks.sum(axis=0)
    ties = sum(
        float((counts**3 - counts).sum())
        for row in ranks
        for counts in [np.unique(row, return_counts=True)[1]]
    )
    scale = n * k * (k + 1) - ties / (k - 1)
    statistic = 12 * float(((totals - n * (k + 1) / 2) ** 2).sum()) / scale if scale else 0.0
    return Friedman(
        ranks=totals / n,
        statistic=statistic,
        df=k - 1,
        pvalue=float(special.chdtrc(k - 1, statistic)),
        critical_difference=critical_difference(n, k, alpha),
    )


def critical_difference(n_tasks: int, n_groups: int, alpha: float) -> float:
    """Return Nemenyi's critical difference of two mean ranks.

    Examples
    --------
    Demšar 2006: q = 2.569 for four groups; of 14 tasks

    >>> round(critical_difference(14, 4, 0.05), 3)
    1.254
    """
    q = float(stats.studentized_range.ppf(1 - alpha, n_groups, math.inf)) / math.sqrt(2)
    return q * math.sqrt(n_groups * (n_groups + 1) / (6 * n_tasks))
