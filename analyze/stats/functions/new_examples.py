"""Disagreement on new test examples, drawn like these: intervals of the means of `disagreement`.

Runs and examples are crossed, as in `analyze.stats.crossed`: a mean over pairs of runs is a mean over
examples too, and a run's part in it (Hoeffding's projection) is a mean over examples of its parts. So the
variance on new examples is that over examples of the summand, which holds the interaction once, and of the
runs' parts the variance on all examples, S².
"""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from analyze.stats.crossed import Arm, interval_on_new
from analyze.stats.functions.disagreement import Codes, class_counts, count_true
from analyze.stats.resampling import Floats, Ints

# Columns at once: 1 MB of floats for 500 runs
_BLOCK_COLUMNS = 256

Interval = tuple[float, float]
Parts = tuple[Floats, list[Floats]]


def within_on_new(codes: Codes, *, confidence: float, groups: Ints | None = None) -> Interval:
    """Return the interval of the mean disagreement of two runs of a group, on new examples.

    Parameters
    ----------
    codes : ndarray of uint8, shape (n_runs, n_examples)
        With fewer than three runs or two examples both ends are nan.
    confidence : float
    groups : ndarray of int, shape (n_examples,), optional
        Which examples belong together, so that new ones come in new groups.

    Returns
    -------
    float, float
        Fractions of the examples, cut to 0…1.

    Examples
    --------
    Runs that never disagree on these examples:

    >>> within_on_new(np.zeros((3, 4), np.uint8), confidence=0.95)
    (0.0, 0.0)
    """
    n = len(codes)
    if n < 3:
        return math.nan, math.nan

    def parts(block: Codes) -> Parts:
        apart = (n - _of_runs(class_counts(block), block)) / (n - 1)
        return apart.mean(axis=0), [2 * apart]

    low, high = _interval(parts, [codes], [n], confidence, groups)
    return max(low, 0.0), min(high, 1.0)


def excess_on_new(
    a: Codes, b: Codes, *, twins: bool, confidence: float, groups: Ints | None = None
) -> Interval:
    """Return the interval of the excess disagreement between two groups, on new examples.

    Parameters
    ----------
    a, b : ndarray of uint8, shapes (n_a, n_examples), (n_b, n_examples)
        With fewer than two runs a group, or three of twins, both ends are nan.
    twins : bool
        Row r of a and row r of b started alike, and are left out of the pairs between.
    confidence, groups
        As of `within_on_new`.
    """
    n_a, n_b = len(a), len(b)
    if min(n_a, n_b) < 2 + twins:
        return math.nan, math.nan

    def parts(x: Codes, y: Codes) -> Parts:
        of_x, of_y = _common(class_counts(x), class_counts(y))
        # Of each run and example, the runs of its own group that answer otherwise, and those of the other one
        own_x, own_y = n_a - _of_runs(of_x, x), n_b - _of_runs(of_y, y)
        other_x, other_y = n_b - _of_runs(of_y, x), n_a - _of_runs(of_x, y)
        within = (own_x.mean(axis=0) / (n_a - 1) + own_y.mean(axis=0) / (n_b - 1)) / 2
        if not twins:
            projected = [other_x / n_b - own_x / (n_a - 1), other_y / n_a - own_y / (n_b - 1)]
            return other_x.mean(axis=0) / n_b - within, projected
        apart = x != y
        between = (other_x.sum(axis=0) - count_true(apart)) / (n_a * (n_a - 1))
        return between - within, [(other_x + other_y - 2 * apart - own_x - own_y) / (n_a - 1)]

    return _interval(parts, [a, b], [n_a] if twins else [n_a, n_b], confidence, groups)


def _interval(
    parts: Callable[..., Parts],
    tables: Sequence[Codes],
    sizes: Sequence[int],
    confidence: float,
    groups: Ints | None,
) -> Interval:
    m = tables[0].shape[1]
    if m < 2:
        return math.nan, math.nan
    summand, of_runs, within = np.zeros(m), [np.zeros(n) for n in sizes], [0.0 for _ in sizes]
    for columns in _varying(tables):
        summand[columns], projected = parts(*(table[:, columns] for table in tables))
        for i, part in enumerate(projected):
            of_runs[i] += part.sum(axis=1)
            within[i] += float(part.var(axis=0, ddof=1).sum())
    arms = []
    for n, sums, noise in zip(sizes, of_runs, within, strict=True):
        observed = float(sums.var(ddof=1)) / m**2
        arms.append(Arm(n, observed, m / (m - 1) * (observed - noise / m**2)))
    mean = float(summand.mean())
    found = interval_on_new(mean, summand - mean, arms, confidence, groups)[1]
    return found.low, found.high


def _varying(tables: Sequence[Codes]) -> Iterator[npt.NDArray[np.intp]]:
    """Columns in which not all answers are equal, in blocks; the others add nothing."""
    first = tables[0][0]
    varies = np.any([(table != first).any(axis=0) for table in tables], axis=0)
    places = np.flatnonzero(varies)
    return (places[i : i + _BLOCK_COLUMNS] for i in range(0, len(places), _BLOCK_COLUMNS))


def _of_runs(counts: Ints, codes: Codes) -> Floats:
    """How many runs give the answer that a run gives, of each run and example."""
    return np.take_along_axis(counts, codes.astype(np.intp), axis=0).astype(np.float64)


def _common(a: Ints, b: Ints) -> tuple[Ints, Ints]:
    """Return the counts of two groups for the same codes."""
    both = np.zeros((2, max(len(a), len(b)), a.shape[1]), dtype=np.int64)
    both[0, : len(a)], both[1, : len(b)] = a, b
    return both[0], both[1]
