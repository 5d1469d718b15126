"""Distances of two distributions: Kolmogorov–Smirnov and Wasserstein.

The distance of two samples is too large on average, the more so the closer the distributions, and
bootstrapped distances repeat that error. So the Kolmogorov–Smirnov distance has no interval (what it is the
maximum of has a band, `ecdf_difference`), and that of Wasserstein reaches down to 0 unless a test says that
the distributions differ.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze import text as fmt
from analyze.stats.bootstrap import BootstrapSample, bin_starts, deviations_at
from analyze.stats.estimates import Estimate, upper_quantile
from analyze.stats.resampling import Counts, Floats, Ints, permute, row_chunks, stream, weighted_sum
from analyze.stats.two_sample.null_distributions import tie_blocks
from analyze.stats.two_sample.splits import pool

MAX_GRID = 1_000
# Up to so many runs in all, equality is tested by permutation
MAX_PERMUTED = 20


def ks_distance(a: BootstrapSample, b: BootstrapSample, _: float) -> Estimate:
    """Largest difference of the distribution functions, max |G − F|, without an interval."""
    estimate = float(np.abs(_gaps(a.table, b.table)).max()) / (a.n * b.n)
    method = "no interval: D of two samples is larger than that of their distributions on average"
    return Estimate(estimate=estimate, low=math.nan, high=math.nan, method=method)


def wasserstein(a: BootstrapSample, b: BootstrapSample, confidence: float) -> Estimate:
    """Wasserstein-1 distance: the area between the distribution functions, ∫ |G − F|.

    The interval is that of ∫ s (G − F), s the sign of the observed G − F: of a difference of two means, since
    each run adds its own area, with Welch's standard error and degrees of freedom. Where G = F the sign is
    the one of the larger error. The lower end is 0 where a test of equal distributions by this distance does
    not reject (by permutation up to 20 runs in all, by bootstrap beyond).
    """
    scale = max(a.scale, b.scale)
    points = pool([a.table, b.table])[0]
    gaps, widths = _gaps(a.table, b.table)[:-1], np.diff(points) / scale
    estimate = weighted_sum(np.abs(gaps), widths) / (a.n * b.n)
    error, df = max(
        _error_of_area(a.table, b.table, points, widths * np.where(gaps == 0, either, np.sign(gaps)))
        for either in (1.0, -1.0)
    )
    reach = float(special.stdtrit(df, (1 + confidence) / 2)) * error
    low = max(estimate - reach, 0.0) if _differ(a, b, points, widths, estimate, confidence) else 0.0
    return Estimate(
        estimate=estimate * scale,
        low=low * scale,
        high=(estimate + reach) * scale,
        method=f"t with {fmt.fixed(df, 1)} df; low end 0 unless a test of equality rejects",
    )


def _gaps(a: Counts, b: Counts) -> Ints:
    """(G − F)·n_a·n_b at the pooled values: exact integers."""
    in_a, in_b = tie_blocks(a, b)
    return np.asarray(in_b.cumsum() * a.n - in_a.cumsum() * b.n)


def _error_of_area(a: Counts, b: Counts, points: Floats, signed: Floats) -> tuple[float, float]:
    """Return the standard error of the sum of (G − F) times signed widths, and its Welch–Satterthwaite df."""
    to_the_right = np.append(signed[::-1].cumsum()[::-1], 0.0)
    variances = []
    for table in (a, b):
        areas = to_the_right[points.searchsorted(table.values)]
        centred = areas - weighted_sum(table.counts, areas) / table.n
        variances.append(weighted_sum(table.counts, centred**2) / (table.n - 1) / table.n)
    total = sum(variances)
    if total == 0:
        return 0.0, float(a.n + b.n - 2)
    shares = [variance / total for variance in variances]
    return math.sqrt(total), 1 / (shares[0] ** 2 / (a.n - 1) + shares[1] ** 2 / (b.n - 1))


def _differ(
    a: BootstrapSample,
    b: BootstrapSample,
    points: Floats,
    widths: Floats,
    estimate: float,
    confidence: float,
) -> bool:
    """Whether a test of equal distributions by the area between them rejects at 1 − confidence."""
    if a.n + b.n > MAX_PERMUTED:
        return estimate > upper_quantile(_areas_if_equal(a, b, points, widths), confidence)

    def areas(x: Counts, y: Counts) -> Floats:
        gaps = np.abs(x.counts.cumsum(axis=1) * b.n - y.counts.cumsum(axis=1) * a.n)
        return np.asarray(gaps[:, :-1] @ widths / (a.n * b.n))

    rng = stream(min(a.seed, b.seed), "wasserstein", str(max(a.seed, b.seed)))
    drawn = permute(a.table, b.table, areas, rng=rng, n_resamples=a.n_resamples)
    at_least = int((drawn >= estimate * (1 - 1e-12)).sum())
    return (at_least + 1) / (a.n_resamples + 1) <= 1 - confidence


def _areas_if_equal(a: BootstrapSample, b: BootstrapSample, points: Floats, widths: Floats) -> Floats:
    """Bootstrap the area between two equal distributions: that of resamples around their own samples."""
    starts = _grid(a, b, points)
    edges = np.append(starts, len(points) - 1)
    from_left = np.append(0.0, widths.cumsum())
    steps = np.diff(from_left[edges]).astype(np.float32)
    drawn = np.empty(a.n_resamples)
    for rows in _rows(a.n_resamples, len(starts)):
        drawn[rows] = np.abs(_deviations(a, b, points[starts], rows)) @ steps
    return drawn


def _grid(a: BootstrapSample, b: BootstrapSample, points: Floats) -> Ints:
    """At most `MAX_GRID` of the pooled values, as indices."""
    in_a, in_b = tie_blocks(a.table, b.table)
    # both groups weigh the same in the choice, however different their sizes
    weights = np.maximum(np.rint((in_a / a.n + in_b / b.n) * 1e9).astype(np.int64), 1)
    return bin_starts(Counts(values=points, counts=weights), MAX_GRID)


def _rows(n_rows: int, n_columns: int) -> list[slice]:
    sizes = list(row_chunks(n_rows, n_columns))
    starts = np.cumsum([0, *sizes])
    return [slice(int(start), int(start) + size) for start, size in zip(starts[:-1], sizes, strict=True)]


def _deviations(
    a: BootstrapSample, b: BootstrapSample, points: Floats, rows: slice
) -> npt.NDArray[np.float32]:
    """Resampled minus observed G − F, with the variance of n − 1."""
    parts = [deviations_at(s, points, rows) * np.float32(math.sqrt(s.n / (s.n - 1))) for s in (b, a)]
    return np.asarray(parts[0] - parts[1])
