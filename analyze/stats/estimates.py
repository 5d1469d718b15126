"""An estimate with its interval, and the two ways of studentising that several effects share."""

import math
from dataclasses import dataclass

import numpy as np

from analyze.stats.resampling import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An effect's value, its confidence interval (nan if it has none) and how that was made."""

    estimate: float
    low: float
    high: float
    method: str


def degenerate(estimate: float, reason: str) -> Estimate:
    """Interval of no width, for samples without any spread to judge it by."""
    return Estimate(estimate=estimate, low=estimate, high=estimate, method=f"degenerate: {reason}")


def studentised_reach(deviations: Floats, errors: Floats, *, confidence: float) -> float:
    """Multiple of the standard error that a symmetric studentised bootstrap interval reaches to either side.

    Hall 1988, doi 10.1214/aos/1176350933: of the bootstrap intervals the one whose coverage errs least, of
    order 1/n². It is infinite where more resamples than the interval leaves out have no standard error.

    Parameters
    ----------
    deviations : ndarray, shape (n_resamples,)
        Replicates minus the estimate; nan counts as infinitely far.
    errors : ndarray, shape (n_resamples,)
        Standard errors of the replicates.

    Examples
    --------
    >>> studentised_reach(np.arange(-49.0, 50.0), np.full(99, 7.0), confidence=0.9)
    6.428571428571429
    """
    distances = np.abs(deviations)
    ratios = np.full(len(distances), np.inf)
    np.divide(
        distances, errors, out=ratios, where=(errors > 0) & np.isfinite(errors) & np.isfinite(distances)
    )
    ratios[distances == 0] = 0.0
    rank = math.ceil((len(ratios) + 1) * confidence - 1e-9)
    return float(np.partition(ratios, min(rank, len(ratios)) - 1)[min(rank, len(ratios)) - 1])


def middle_percentiles(replicates: Floats, *, confidence: float, spacing: float) -> tuple[float, float]:
    """Percentile interval that counts half of the replicates at its ends as beyond them.

    On a coarse grid an interval that is sure of both its ends covers too often. Without ties it is the plain
    percentile interval.

    Parameters
    ----------
    spacing : float
        Replicates closer than this are the same value with other rounding errors.

    Examples
    --------
    >>> middle_percentiles(np.repeat([0.0, 1.0, 2.0], [4, 92, 4]), confidence=0.95, spacing=1e-9)
    (1.0, 1.0)
    >>> middle_percentiles(np.repeat([0.0, 1.0, 2.0], [6, 88, 6]), confidence=0.95, spacing=1e-9)
    (0.0, 2.0)
    """
    ordered, starts = distinct(np.sort(replicates), spacing)
    counts = np.diff(np.append(starts, len(replicates)))
    middle = (starts + counts / 2) / len(replicates)
    tail = (1 - confidence) / 2
    first = int(np.searchsorted(middle, tail, side="right"))
    last = int(np.searchsorted(middle, 1 - tail, side="left")) - 1
    return float(ordered[min(first, len(ordered) - 1)]), float(ordered[max(last, 0)])


def distinct(ordered: Floats, spacing: float) -> tuple[Floats, Ints]:
    """Distinct values of a sorted array and where each starts, equal up to the spacing."""
    starts = np.flatnonzero(np.diff(ordered, prepend=-np.inf) > spacing)
    return ordered[starts], starts


def upper_quantile(replicates: Floats, level: float) -> float:
    """Order statistic (B + 1)·level of the replicates, rounded outwards."""
    rank = min(math.ceil((len(replicates) + 1) * level - 1e-9), len(replicates))
    return float(np.partition(replicates, rank - 1)[rank - 1])
