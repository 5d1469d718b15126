"""Means and variances of counted samples, and Welch's parts: no offset or scale takes digits from them."""

import math

import numpy as np
import numpy.typing as npt

from analyze.stats.resampling import Counts, Floats, rounding, tabulate, weighted_sum

Sample = npt.ArrayLike | Counts


def welch(x: Sample, y: Sample) -> tuple[float, float, float]:
    """Difference of means y − x, its standard error, and Welch–Satterthwaite degrees of freedom.

    Examples
    --------
    >>> [round(v, 6) for v in welch([1, 2, 3, 4], [3, 4, 5, 6])]
    [2.0, 0.912871, 6.0]
    """
    a, b = occurring(x), occurring(y)
    scale = common_unit(a, b)
    part_a, part_b = (variance(t, from_first(t, scale)) / t.n for t in (a, b))
    difference, total = settled(difference_of_means(a, b, scale) * scale, a, b), part_a + part_b
    if total == 0:
        return difference, 0.0, float(a.n + b.n - 2)
    # shares, not squares of the parts: those would underflow
    df = 1 / ((part_a / total) ** 2 / (a.n - 1) + (part_b / total) ** 2 / (b.n - 1))
    return difference, math.sqrt(total) * scale, df


def settled(difference: float, a: Counts, b: Counts) -> float:
    """Return 0 for a difference of means that is nothing but the rounding of decimals.

    Examples
    --------
    >>> a, b = tabulate([0.1, 0.2, 0.3]), tabulate([0.3, 0.1, 0.2])
    >>> settled(-1.4e-17, a, b), settled(0.1, a, b)
    (0.0, 0.1)
    """
    if abs(difference) > rounding(a, b):
        return difference
    whole = all(np.array_equal(table.values, np.rint(table.values)) for table in (a, b))
    return difference if whole else 0.0


def occurring(x: Sample) -> Counts:
    """Leave out values that a table lists with count 0."""
    table = tabulate(x)
    occurs = table.counts > 0
    return table if occurs.all() else Counts(values=table.values[occurs], counts=table.counts[occurs])


def unit(low: float, high: float) -> float:
    """Power of two near the spread of all values, so that their squares neither overflow nor underflow.

    Examples
    --------
    >>> unit(0.0, 3.0)
    4.0
    """
    # a quarter: two far-off values on either side of 0 may be further apart than the largest double
    spread = high / 4 - low / 4
    return math.ldexp(1.0, min(max(math.frexp(spread)[1], -1000), 1000) + 2) if spread > 0 else 1.0


def common_unit(a: Counts, b: Counts) -> float:
    """Return the `unit` of the values of two groups."""
    return unit(min(a.values[0], b.values[0]), max(a.values[-1], b.values[-1]))


def from_first(table: Counts, scale: float) -> Floats:
    """Distances of the values from the group's first, in units of the scale."""
    distances: Floats = table.values / scale - table.values[0] / scale
    return distances


def difference_of_means(a: Counts, b: Counts, scale: float) -> float:
    """Mean of b less mean of a in units of the scale; exchanging the groups changes the sign only."""
    between = float(b.values[0] / scale - a.values[0] / scale)
    return between + (mean(b, from_first(b, scale)) - mean(a, from_first(a, scale)))


def mean(table: Counts, values: Floats) -> float:
    """Mean of values that stand for those of the table."""
    return weighted_sum(table.counts, values) / table.n


def variance(table: Counts, values: Floats) -> float:
    """Variance (n − 1) of values that stand for those of the table."""
    if len(values) == 1:
        return 0.0
    return weighted_sum(table.counts, (values - mean(table, values)) ** 2) / (table.n - 1)


def standard_deviation(table: Counts) -> float:
    """Return the standard deviation (n − 1) of a table, 0 for a constant one."""
    scale = float(np.ptp(table.values)) or 1.0
    centred = table.values / scale - table.values[0] / scale
    mean = weighted_sum(table.counts, centred) / table.n
    return scale * math.sqrt(weighted_sum(table.counts, (centred - mean) ** 2) / (table.n - 1))
