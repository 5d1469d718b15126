"""Hartigan's dip: how far a sample is from having one mode.

`dip_pvalue` draws for one sample; for several of one size draw `uniform_dips` once, and use `pvalue_of`.
"""

import numpy as np
import numpy.typing as npt
from scipy import optimize

from analyze.stats.resampling import Floats, Ints, rounding, tabulate
from analyze.stats.two_sample.pvalues import monte_carlo

# Dips as near as this are equal but for rounding
_TOLERANCE = 1e-12


def dip(values: npt.ArrayLike) -> float:
    """Return the dip: the least distance of the empirical distribution function from that of one mode.

    Hartigan & Hartigan 1985, doi 10.1214/aos/1176346577: between the greatest convex minorant and the least
    concave majorant the interval of the mode is narrowed, until the two are no further apart than the
    function is from them outside of it. As AS 217 (Hartigan 1985, doi 10.2307/2347485), with its later
    corrections; minorant and majorant by isotonic regression of the slopes, so that a pass takes linear time.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Finite, in any order; such as differ by rounding alone are equal.

    Returns
    -------
    float
        Between 1/(2n) and ¼; 0 where all values are equal, and without any.

    Examples
    --------
    Half of the runs at one value and half at another, and a sample that is as even as can be:

    >>> dip([0, 0, 0, 1, 1, 1]), dip([0, 1, 2, 3])
    (0.25, 0.125)
    """
    x = np.asarray(values, dtype=np.float64)
    if not len(x):
        return 0.0
    table = tabulate(x)
    new = np.diff(table.values, prepend=-np.inf) > rounding(table)
    places = table.values[new]
    if len(places) == 1:
        return 0.0
    # the distribution function, times n, above and below each step
    upper = np.append(table.counts.cumsum()[np.flatnonzero(new)[1:] - 1], len(x))
    lower = np.append(0, upper[:-1])
    return _distance(places, lower, upper) / (2 * len(x))


def dip_pvalue(values: npt.ArrayLike, *, rng: np.random.Generator, n_draws: int = 999) -> float:
    """Test whether a sample has one mode: the p-value of its dip among those of uniform samples of its size.

    Null hypothesis: the values are drawn from a distribution of one mode. The uniform one has the largest
    dips of these, asymptotically (Hartigan & Hartigan 1985).

    Returns
    -------
    float
        (1 + number of uniform samples with at least this dip) / (1 + ``n_draws``); 1 where all are equal.
    """
    x = np.asarray(values, dtype=np.float64)
    return pvalue_of(dip(x), uniform_dips(len(x), rng=rng, n_draws=n_draws))


def uniform_dips(n: int, *, rng: np.random.Generator, n_draws: int = 999) -> Floats:
    """Draw the dips of uniform samples of ``n`` values.

    Returns
    -------
    ndarray, shape (n_draws,)
    """
    return np.array([dip(rng.random(n)) for _ in range(n_draws)])


def pvalue_of(observed: float, drawn: Floats) -> float:
    """Return the p-value of a dip among those that were drawn under the null hypothesis."""
    return monte_carlo(drawn >= observed - _TOLERANCE)[0]


def _distance(x: Floats, lower: Ints, upper: Ints) -> float:
    """Return twice the dip, in values of the sample: the function below and above each step is n times F."""
    first, last, distance = 0, len(x) - 1, 1.0
    while last > first:
        inside = slice(first, last + 1)
        below, minorant = _hull(x[inside], lower[inside], convex=True)
        above, majorant = _hull(x[inside], upper[inside], convex=False)
        vertices = np.union1d(below, above)
        apart = majorant[vertices] - minorant[vertices]
        if apart.max() <= distance:
            break
        widest = vertices[np.flatnonzero(apart == apart.max())[-1]]
        start, stop = int(below[below <= widest][-1]), int(above[above >= widest][0])
        # the mode may jump, so its own ends do not count
        left = upper[inside][:start] - minorant[:start]
        right = majorant[stop + 1 :] - lower[inside][stop + 1 :]
        distance = max(distance, float(left.max(initial=0.0)), float(right.max(initial=0.0)))
        if (start, stop) == (0, last - first):
            break
        first, last = first + start, first + stop
    return distance


def _hull(x: Floats, y: Ints, *, convex: bool) -> tuple[Ints, Floats]:
    """Return the vertices of the convex minorant or concave majorant of points, and its height at each x."""
    widths = np.diff(x)
    fit = optimize.isotonic_regression(np.diff(y) / widths, weights=widths, increasing=convex)
    vertices = fit.blocks.astype(np.int64)
    return vertices, np.interp(x, x[vertices], y[vertices])
