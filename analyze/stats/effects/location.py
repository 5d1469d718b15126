"""Differences of location: of means, and of medians and other quantiles."""

from analyze import text as fmt
from analyze.stats.bootstrap import BootstrapSample, quantile, quantile_replicates
from analyze.stats.estimates import Estimate, middle_percentiles
from analyze.stats.resampling import rounding
from analyze.stats.two_sample.means import compare_means


def difference_of_means(a: BootstrapSample, b: BootstrapSample) -> float:
    """Mean of b minus mean of a; a common offset costs no digits."""
    return float(b.table.values[0] - a.table.values[0]) + (b.mean_offset - a.mean_offset)


def mean_difference(a: BootstrapSample, b: BootstrapSample, confidence: float) -> Estimate:
    """Difference of means with the interval of `analyze.two_sample.means`, the rule of the tests too.

    Nothing is resampled: intervals of bootstrap means covered no better. Coverage of 95 % intervals at 20
    runs, 1,000 replicates, Welch's and studentised: exponential, one three times as wide: 0.920 and 0.930;
    lognormal: 0.961 and 0.972; normal: 0.943 and 0.947; of three normal runs they were 1.45 times as wide.
    """
    found = compare_means(a.table, b.table)
    low, high, method = found.interval(confidence)
    return Estimate(estimate=found.estimate, low=low, high=high, method=method)


def difference_of_quantiles(a: BootstrapSample, b: BootstrapSample, q: float, confidence: float) -> Estimate:
    """Difference of quantiles (type 7) with a percentile bootstrap interval.

    Half of the replicates at its ends count as beyond them: with the ends in full it covers 0.98 on
    accuracies k/10,000. With many runs on few values a median is known almost surely, and no interval that
    contains it can cover less than that.
    """
    estimate = quantile(b.table, q) - quantile(a.table, q)
    replicates = quantile_replicates(b, q) - quantile_replicates(a, q)
    low, high = middle_percentiles(replicates, confidence=confidence, spacing=rounding(a.table, b.table))
    method = f"percentile bootstrap, {fmt.count(len(replicates))} resamples"
    if low == high:
        method = "degenerate: nearly every resample gives the same value"
    return Estimate(estimate=estimate, low=low, high=high, method=method)


def median_difference(a: BootstrapSample, b: BootstrapSample, confidence: float) -> Estimate:
    """Difference of medians, see `difference_of_quantiles`."""
    return difference_of_quantiles(a, b, 0.5, confidence)
