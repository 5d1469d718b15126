"""Differences of location: of means, and of medians and other quantiles."""

import math

from scipy import special

from analyze.stats.bootstrap import BootstrapSample, quantile, quantile_replicates
from analyze.stats.estimates import Estimate, middle_percentiles, studentised_reach
from analyze.stats.ideal_bootstrap import bca_mean_difference
from analyze.stats.resampling import rounding

# Fewer runs get the studentised bootstrap
MIN_RUNS_BCA = 300


def difference_of_means(a: BootstrapSample, b: BootstrapSample) -> float:
    """Mean of b minus mean of a; a common offset costs no digits."""
    return float(b.table.values[0] - a.table.values[0]) + (b.mean_offset - a.mean_offset)


def mean_difference(a: BootstrapSample, b: BootstrapSample, confidence: float) -> Estimate:
    """Difference of means: BCa from 300 runs each on, symmetric studentised bootstrap below.

    The BCa interval is that of infinitely many resamples (see `ideal_bootstrap`); at 500 runs it
    covers 0.94 even on lognormal data. At 20 runs it is too short, and so is Welch's t on skewed data with
    unequal variances. Coverage of 95 % intervals, 1,000 replicates: exponential, one three times as wide: BCa
    0.914, Welch 0.920, studentised 0.930; lognormal: 0.867, 0.961, 0.972; normal: 0.925, 0.943, 0.947.
    """
    if min(a.n, b.n) >= MIN_RUNS_BCA:
        found = bca_mean_difference(a.table, b.table, confidence=confidence)
        if found is not None:
            return found
    estimate = difference_of_means(a, b)
    scale = max(a.scale, b.scale)
    share_a, share_b = a.scale / scale, b.scale / scale
    part_a, part_b = a.variance * share_a**2 / a.n, b.variance * share_b**2 / b.n
    error = math.sqrt(part_a + part_b)
    errors = (a.variances * (share_a**2 / a.n) + b.variances * (share_b**2 / b.n)) ** 0.5
    reach = studentised_reach(b.means * share_b - a.means * share_a, errors, confidence=confidence)
    method = f"studentised bootstrap, symmetric, {a.n_resamples:,} resamples"
    if math.isinf(reach):
        total = part_a + part_b
        df = 1 / ((part_a / total) ** 2 / (a.n - 1) + (part_b / total) ** 2 / (b.n - 1))
        reach = float(special.stdtrit(df, (1 + confidence) / 2))
        method = f"Welch t, {df:.1f} df: too few different runs to studentise resamples"
    half = reach * error * scale
    return Estimate(estimate=estimate, low=estimate - half, high=estimate + half, method=method)


def difference_of_quantiles(a: BootstrapSample, b: BootstrapSample, q: float, confidence: float) -> Estimate:
    """Difference of quantiles (type 7) with a percentile bootstrap interval.

    Half of the replicates at its ends count as beyond them: with the ends in full it covers 0.98 on
    accuracies k/10,000. With many runs on few values a median is known almost surely, and no interval that
    contains it can cover less than that.
    """
    estimate = quantile(b.table, q) - quantile(a.table, q)
    replicates = quantile_replicates(b, q) - quantile_replicates(a, q)
    low, high = middle_percentiles(replicates, confidence=confidence, spacing=rounding(a.table, b.table))
    method = f"percentile bootstrap, {len(replicates):,} resamples"
    if low == high:
        method = "degenerate: nearly every resample gives the same value"
    return Estimate(estimate=estimate, low=low, high=high, method=method)


def median_difference(a: BootstrapSample, b: BootstrapSample, confidence: float) -> Estimate:
    """Difference of medians, see `difference_of_quantiles`."""
    return difference_of_quantiles(a, b, 0.5, confidence)
