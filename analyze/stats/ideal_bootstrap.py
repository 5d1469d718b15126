"""The bootstrap distribution of a difference of means without resampling.

A resampled mean is a sum of independent draws, so the characteristic function of its bootstrap distribution
is known, and inverting it gives what infinitely many resamples would: no Monte-Carlo error, and a cost that
depends on the distinct values only. The steps of a mean of values on a grid are smoothed.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from analyze.stats.bootstrap import bin_starts, power_of_two
from analyze.stats.estimates import Estimate
from analyze.stats.resampling import Counts, Floats

MAX_VALUES = 2_000
# Standard errors after which the inversion repeats itself, and frequencies summed up
PERIOD = 40.0
N_FREQUENCIES = (64, 256)
# The largest neglected term of the characteristic function: an error of 1e-7 at most in a probability
NEGLIGIBLE = 1e-8
# Levels beyond this, and places further out, drown in that error
SMALLEST_LEVEL = 1e-5
REACH = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Runs around their mean: shares, values, variances inside bins, and the second and third moment."""

    n: int
    mean: float
    shares: Floats
    values: Floats
    inside: Floats
    second: float
    third: float


def bca_mean_difference(a: Counts, b: Counts, *, confidence: float) -> Estimate | None:
    """Difference of means b − a with the BCa interval of infinitely many resamples.

    Efron 1987, doi 10.1080/01621459.1987.10478410, with the two-sample acceleration of Davison & Hinkley
    1997, section 5.3.2; inversion of the characteristic function by Davies 1973, doi 10.1093/biomet/60.2.415.

    Returns
    -------
    Estimate or None
        None where the bootstrap distribution is too lumpy to be inverted: few runs, or few distinct values.

    Examples
    --------
    >>> from analyze.stats.resampling import tabulate
    >>> found = bca_mean_difference(tabulate(np.arange(50.0)), tabulate(np.arange(60.0)), confidence=0.95)
    >>> found.estimate, round(found.low, 2), round(found.high, 2)
    (5.0, -0.93, 10.93)
    """
    scale = power_of_two(max(float(t.values[-1] - t.values[0]) for t in (a, b)))
    group_a, group_b = _group(a, scale), _group(b, scale)
    error = math.sqrt(group_a.second / group_a.n + group_b.second / group_b.n)
    if error == 0:
        return None
    transform = _transform(group_a, group_b, error)
    if transform is None:
        return None
    half_steps = np.arange(len(transform)) + 0.5
    frequencies, weights = half_steps * (2 * math.pi / PERIOD), transform / (math.pi * half_steps)

    def probability(x: float) -> float:
        return 0.5 - float((weights * np.exp(-1j * frequencies * x)).imag.sum())

    third = group_b.third / group_b.n**2 - group_a.third / group_a.n**2
    accel = third / (6 * error**3)
    bias = float(special.ndtri(probability(0.0)))
    ends = []
    for z in (float(special.ndtri((1 - confidence) / 2)), float(special.ndtri((1 + confidence) / 2))):
        shifted = bias + z
        level = float(special.ndtr(bias + shifted / (1 - accel * shifted)))
        if accel * shifted >= 1 or not SMALLEST_LEVEL < level < 1 - SMALLEST_LEVEL:
            return None
        ends.append(float(optimize.brentq(lambda x, p: probability(x) - p, -REACH, REACH, args=(level,))))
    estimate = float(b.values[0] - a.values[0]) + (group_b.mean - group_a.mean) * scale
    return Estimate(
        estimate=estimate,
        low=estimate + ends[0] * error * scale,
        high=estimate + ends[1] * error * scale,
        method="BCa, exact bootstrap distribution of the means",
    )


def _group(table: Counts, scale: float) -> _Group:
    offsets = (table.values - table.values[0]) / scale
    mean = float(table.counts @ offsets) / table.n
    centred = offsets - mean
    starts = bin_starts(table, MAX_VALUES)
    counts = np.add.reduceat(table.counts, starts)
    values, squares = (np.add.reduceat(table.counts * centred**p, starts) / counts for p in (1, 2))
    return _Group(
        n=table.n,
        mean=mean,
        shares=counts / table.n,
        values=values,
        inside=np.maximum(squares - values**2, 0.0),
        second=float(table.counts @ centred**2) / table.n,
        third=float(table.counts @ centred**3) / table.n,
    )


def _transform(a: _Group, b: _Group, error: float) -> NDArray[np.complex128] | None:
    """Characteristic function of the difference in standard errors; None if it does not vanish."""
    for n in N_FREQUENCIES:
        at = np.asarray((np.arange(n) + 0.5) * (2 * math.pi / PERIOD / error), dtype=np.float64)
        log_a, log_b = _log_transform(a, np.negative(at)), _log_transform(b, at)
        transform: NDArray[np.complex128] = np.exp(np.add(log_a, log_b))
        if abs(transform[-n // 8 :]).max() < NEGLIGIBLE:
            return transform
    return None


def _log_transform(group: _Group, frequencies: Floats) -> NDArray[np.complex128]:
    """Log of the characteristic function of a resampled mean: n times that of a run at 1/n."""
    at = frequencies / group.n
    waves = np.exp(1j * at[:, None] * group.values) * (1 - at[:, None] ** 2 * (group.inside / 2))
    transform = (waves * group.shares).sum(axis=1)  # a matrix product would wait for threads
    log: NDArray[np.complex128] = group.n * np.log(np.where(transform == 0, 1e-300, transform))
    return log
