"""A group of runs with its bootstrap resamples, drawn once and used for all comparisons of the group.

Everything is kept relative to the sample: `BootstrapSample.means` are means minus the sample's mean, in units
of `BootstrapSample.scale`, so that neither a common offset nor values around 1e300 cost digits.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyze.stats.resampling import (
    Counts,
    Floats,
    Ints,
    draw_counts,
    row_chunks,
    stream,
    tabulate,
    weighted_sum,
)

# More distinct values are binned before their counts are drawn: 9,999 × 500 counts take half a second
MAX_BINS = 500
# From so many runs on, counts of so many expected runs are drawn from their normal limit, 30 times as fast.
# What is lost is the skewness of sums, which moves a quantile by less than 1/√n, so 1 %, of a standard error
MIN_RUNS_NORMAL = 10_000
MIN_EXPECTED_NORMAL = 20
# The jackknife of a spread costs runs × resamples; beyond so many runs its linear term is the same to 0.1 %
MAX_JACKKNIFE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapSample:
    """A sample and what its resamples say about it.

    Attributes
    ----------
    table : Counts
        The sample.
    seed : int
        Of the random streams that make further resamples, see `quantile_replicates`.
    scale : float
        Unit of what follows: a power of two near the largest distance from the mean, 1 for a constant sample.
    mean_offset : float
        Mean minus ``table.values[0]``, in units of the data.
    variance : float
        With n − 1, in units of scale².
    means, variances : ndarray, shape (n_resamples,)
        Of the resamples; means relative to the sample's. A constant resample has variance 0.
    log_sd_error : float
        Jackknife standard error of the log of the sample's sd.
    log_sd_errors : ndarray, shape (n_resamples,)
        The same for the resamples; infinite where leaving out one run leaves equal values.
    levels : ndarray, shape (n_bins + 1,)
        Distribution function of the sample at the ends of the bins, from 0 to 1.
    deviations : ndarray of float32, shape (n_resamples, n_bins + 1)
        Distribution functions of the resamples minus that of the sample, at the same places.
    binned_share : float
        Share of the variance inside bins, which the resamples do not see; 0 where every distinct value has
        its own.
    """

    table: Counts
    seed: int
    scale: float
    mean_offset: float
    variance: float
    means: Floats
    variances: Floats
    log_sd_error: float
    log_sd_errors: Floats
    levels: Floats
    deviations: npt.NDArray[np.float32]
    binned_share: float

    @property
    def n(self) -> int:
        """Number of runs."""
        return self.table.n

    @property
    def n_resamples(self) -> int:
        """Number of resamples."""
        return len(self.means)

    @property
    def constant(self) -> bool:
        """Whether all runs have the same value."""
        return len(self.table.values) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bins:
    """Counts of bins, and in each the means of u, u², u³, u⁴ for u = (value − mean) / scale."""

    counts: Ints
    moments: Floats


def bootstrap_sample(
    x: npt.ArrayLike | Counts, *, rng: np.random.Generator, n_resamples: int
) -> BootstrapSample:
    """Draw the bootstrap resamples of a group.

    Parameters
    ----------
    x : array_like of shape (n_runs,), or Counts
        Finite values, at least two.
    rng : Generator
        The group's stream; one number is taken from it.
    n_resamples : int
        Number of resamples.

    Examples
    --------
    >>> sample = bootstrap_sample([1.0, 2.0, 4.0], rng=np.random.default_rng(0), n_resamples=99)
    >>> sample.means.shape, sample.deviations.shape, sample.scale
    ((99,), (99, 4), 1.0)
    """
    table = tabulate(x)
    if not table.counts.all():
        table = Counts(values=table.values[table.counts > 0], counts=table.counts[table.counts > 0])
    seed = int(rng.integers(1 << 62))
    mean_offset = weighted_sum(table.counts, (table.values - table.values[0]) / table.n)
    centred = (table.values - table.values[0]) - mean_offset
    scale = power_of_two(float(np.abs(centred).max()))
    bins = _bin(table, centred / scale)
    means, variances, errors, deviations = _resample(
        bins, rng=stream(seed, "counts"), n_resamples=n_resamples
    )
    variance = weighted_sum(table.counts, (centred / scale) ** 2) / (table.n - 1)
    between = weighted_sum(bins.counts, bins.moments[:, 0] ** 2) / (table.n - 1)
    observed = bins.counts[None, :].astype(np.float64)
    return BootstrapSample(
        table=table,
        seed=seed,
        scale=scale,
        mean_offset=mean_offset,
        variance=variance,
        # what the bins hide of the spread of a mean is given back
        means=means * math.sqrt(variance / between) if between > 0 else means,
        variances=variances,
        log_sd_error=float(_log_sd_errors(observed, bins)[0]),
        log_sd_errors=errors,
        levels=np.concatenate([[0.0], bins.counts.cumsum() / table.n]),
        deviations=deviations,
        binned_share=max(1 - between / variance, 0.0) if len(bins.counts) < len(table.values) else 0.0,
    )


def quantile_replicates(sample: BootstrapSample, q: float) -> Floats:
    """Bootstrap a quantile, exactly and without counts, however many runs there are.

    The r-th smallest of n resampled runs is the inverse distribution function at the r-th smallest of n
    uniform numbers, which has a beta distribution.

    Returns
    -------
    ndarray, shape (n_resamples,)
    """
    n, rng = sample.n, stream(sample.seed, "quantile", repr(float(q)))
    position = (n - 1) * q
    below = min(math.floor(position), n - 2)
    lower = rng.beta(below + 1, n - below, size=sample.n_resamples)
    upper = lower + (1 - lower) * rng.beta(1, n - below - 1, size=sample.n_resamples)
    ends, last = sample.table.counts.cumsum(), len(sample.table.values) - 1
    at = [np.minimum(np.searchsorted(ends, u * n, side="left"), last) for u in (lower, upper)]
    low, high = (sample.table.values[i] for i in at)
    # equal neighbours give their own value, without a rounding error
    return np.asarray(low + (high - low) * (position - below))


def quantile(table: Counts, q: float) -> float:
    """Quantile by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996).

    Hyndman & Fan 1996, doi 10.1080/00031305.1996.10473566.

    Examples
    --------
    >>> quantile(tabulate([1.0, 2.0, 4.0, 4.0]), 0.25)
    1.75
    """
    position = (table.n - 1) * q
    below = min(math.floor(position), max(table.n - 2, 0))
    ends = table.counts.cumsum()
    low, high = (
        float(table.values[np.searchsorted(ends, min(r, table.n - 1), side="right")])
        for r in (below, below + 1)
    )
    return low + (high - low) * (position - below)


def deviations_at(sample: BootstrapSample, points: Floats, rows: slice) -> npt.NDArray[np.float32]:
    """Deviations of the resamples' distribution functions at some values; linear in the level inside a bin.

    Returns
    -------
    ndarray of float32, shape (n_rows, n_points)
    """
    column, share = level_columns(sample, points)
    below: npt.NDArray[np.float32] = np.take(sample.deviations[rows], column, axis=1)
    if not share.any():
        return below
    above = np.take(sample.deviations[rows], np.minimum(column + 1, len(sample.levels) - 1), axis=1)
    return np.asarray(below + share.astype(np.float32) * (above - below))


def level_columns(sample: BootstrapSample, points: Floats) -> tuple[Ints, Floats]:
    """Column of `BootstrapSample.deviations` at or below each point, and the share of the way to the next."""
    n = sample.n
    up_to = np.concatenate([[0], sample.table.counts.cumsum()])
    level = up_to[np.searchsorted(sample.table.values, points, side="right")]
    ends = np.rint(sample.levels * n).astype(np.int64)
    column = np.searchsorted(ends, level, side="right") - 1
    gap = ends[np.minimum(column + 1, len(ends) - 1)] - ends[column]
    return column, np.where(gap > 0, (level - ends[column]) / np.maximum(gap, 1), 0.0)


def bin_starts(table: Counts, limit: int) -> Ints:
    """Where to cut sorted distinct values into at most ``limit`` bins, none with much weight or width.

    Half of the cuts are at equal counts and half at equal distances, so a bin holds at most about 2n/limit
    runs of different values and is at most 2/limit of the range wide.
    """
    if len(table.values) <= limit:
        return np.arange(len(table.values))
    half = limit // 2
    middle = table.counts.cumsum() - table.counts / 2
    by_count = np.floor(middle / table.n * half).astype(np.int64)
    unit = power_of_two(float(table.values[-1] - table.values[0]))
    place = (table.values - table.values[0]) / unit
    by_width = np.minimum(np.floor(place / place[-1] * half).astype(np.int64), half - 1)
    return np.flatnonzero((np.diff(by_count, prepend=-1) > 0) | (np.diff(by_width, prepend=-1) > 0))


def power_of_two(size: float) -> float:
    """Power of two at or below a size, 1 for 0: dividing by it rounds nothing.

    Examples
    --------
    >>> power_of_two(0.3), power_of_two(8.0), power_of_two(0.0)
    (0.25, 8.0, 1.0)
    """
    return math.ldexp(1.0, max(math.frexp(size)[1] - 1, -1022)) if size > 0 else 1.0


def _bin(table: Counts, centred: Floats) -> _Bins:
    starts = bin_starts(table, MAX_BINS)
    counts = np.add.reduceat(table.counts, starts)
    moments, power = np.empty((len(starts), 4)), np.ones(len(centred))
    for column in moments.T:
        power *= centred  # a tenth of the time of centred**4
        column[:] = np.add.reduceat(table.counts * power, starts) / counts
    return _Bins(counts=counts, moments=moments)


def _resample(
    bins: _Bins, *, rng: np.random.Generator, n_resamples: int
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.float32]]:
    n, k = int(bins.counts.sum()), len(bins.counts)
    means, variances, errors = np.empty((3, n_resamples))
    deviations = np.zeros((n_resamples, k + 1), dtype=np.float32)
    expected, start = bins.counts.cumsum(), 0
    for n_rows in row_chunks(n_resamples, k):
        rows = slice(start, start + n_rows)
        weights = _draw(bins.counts, rng, n_rows)
        deviations[rows, 1:] = (weights.cumsum(axis=1) - expected) / n
        means[rows], variances[rows] = _mean_and_variance(weights, bins)
        errors[rows] = _log_sd_errors(weights, bins)
        start += n_rows
    return means, variances, errors, deviations


def _draw(counts: Ints, rng: np.random.Generator, n_rows: int) -> Floats:
    """Draw the counts of resamples; in large groups the large ones from their normal limit."""
    n, large = int(counts.sum()), counts >= MIN_EXPECTED_NORMAL
    if n < MIN_RUNS_NORMAL or large.sum() < 2:
        return draw_counts(counts, rng, n_rows).astype(np.float64)
    drawn = np.empty((n_rows, len(counts)))
    n_large = int(counts[large].sum())
    drawn[:, ~large] = rng.multinomial(n, np.append(counts[~large], n_large) / n, size=n_rows)[:, :-1]
    left = n - drawn[:, ~large].sum(axis=1, keepdims=True)
    shares = counts[large] / n_large
    noise = rng.standard_normal((n_rows, len(shares))) * np.sqrt(shares)
    # the covariance of a multinomial: independent counts, less what their sum is off
    drawn[:, large] = left * shares + np.sqrt(left) * (noise - shares * noise.sum(axis=1, keepdims=True))
    return drawn


def _mean_and_variance(counts: Floats, bins: _Bins) -> tuple[Floats, Floats]:
    n = counts[0].sum()
    first, second = (counts @ bins.moments[:, :2] / n).T
    constant = (counts.max(axis=1) == n) & (len(bins.counts) > 1)
    variance = np.where(constant, 0.0, np.maximum(second - first**2, 0.0)) * (n / (n - 1))
    return first, variance


def _log_sd_errors(counts: Floats, bins: _Bins) -> Floats:
    """Jackknife standard error of log sd in each row; infinite where it does not exist."""
    n = float(counts[0].sum())
    mean, variance = _mean_and_variance(counts, bins)
    errors = np.full(len(counts), np.inf)
    use = variance > 0
    if n > MAX_JACKKNIFE:
        m1, m2, m3, m4 = (counts[use] @ bins.moments / n).T
        fourth = m4 - 4 * m3 * m1 + 6 * m2 * m1**2 - 3 * m1**4
        # 1/(4n) of the kurtosis − 1: the variance of the linear term (z² − 1)/2
        errors[use] = np.sqrt(np.maximum(fourth / variance[use] ** 2 - 1, 0.0) / (4 * n))
        return errors
    if n < 3:
        return errors
    squares = (bins.moments[:, 0] - mean[use, None]) ** 2 / variance[use, None]
    # variance without one run, over that with it
    shrunk = (n - 1) / (n - 2) - squares * (n / ((n - 1) * (n - 2)))
    gone = ((shrunk <= 1e-12) & (counts[use] > 0)).any(axis=1)
    logs = np.log(np.maximum(shrunk, 1e-12)) / 2
    weights = counts[use]
    centre = (weights * logs).sum(axis=1) / n
    jackknife = (n - 1) / n * (weights * (logs - centre[:, None]) ** 2).sum(axis=1)
    errors[use] = np.where(gone, np.inf, np.sqrt(jackknife))
    return errors
