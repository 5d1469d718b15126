"""The ratio of standard deviations."""

import math

import numpy as np
from scipy import special

from analyze import text as fmt
from analyze.stats.bootstrap import BootstrapSample
from analyze.stats.estimates import Estimate, degenerate, studentised_reach
from analyze.stats.resampling import Floats, Ints, weighted_sum

# Fewer runs do not show how far a standard deviation may be off: F's interval of normal data, the only one
# there is, covers 0.82 of 3 v 3 lognormal runs and 0.57 where one run of ten collapses
MIN_RUNS = 5
# With fewer, resamples without spread are common even where all values differ
MIN_RUNS_STUDENTISED = 20
# A variance that shrinks so many times without one run says how far off that run is, and little else
CARRIED_BY_ONE = 10


def sd_ratio(a: BootstrapSample, b: BootstrapSample, confidence: float) -> Estimate:
    """Ratio of standard deviations, b / a, with an interval of its log that does not suppose normal values.

    From 20 runs a group on a symmetric studentised bootstrap; its standard error is the jackknife's (Miller
    1968, doi 10.1214/aoms/1177698418). Below, and where too few runs differ for it, the interval of Bonett
    (2006, doi 10.1177/0146621605279551) with the kurtosis of both groups. There is none below five runs, and
    none where one run carries the spread of its group.

    Coverage of 95 % intervals, 6,000 replicates: Bonett's at 5 v 5, 8 v 8 and 10 v 10: normal 0.97, 0.97,
    0.96, exponential 0.95, 0.94, 0.94, lognormal 0.92; where one run of ten collapses 0.90, 0.83 and 0.81,
    most of them by having no end (more than one collapsed run, or none, cannot be told from a wide or narrow
    group). Studentised at 20 runs: normal 0.945, exponential 0.936, lognormal 0.946.
    """
    if a.constant or b.constant:
        ratio = 1.0 if a.constant and b.constant else math.inf if a.constant else 0.0
        return degenerate(ratio, "a constant group has no spread to compare with")
    log_ratio = math.log(b.variance / a.variance) / 2 + math.log(b.scale) - math.log(a.scale)
    reach, method = _reach(a, b, confidence)
    return Estimate(
        estimate=_exp(log_ratio), low=_exp(log_ratio - reach), high=_exp(log_ratio + reach), method=method
    )


def _reach(a: BootstrapSample, b: BootstrapSample, confidence: float) -> tuple[float, str]:
    """Half width of the interval of the log, infinite for none, and how it was made."""
    fewest = min(a.n, b.n)
    if fewest < MIN_RUNS:
        return math.inf, f"no interval: {fewest} runs do not show how far a standard deviation may be off"
    if max(_without_one(a), _without_one(b)) > CARRIED_BY_ONE:
        return math.inf, "no interval: one run carries the spread of its group"
    if fewest >= MIN_RUNS_STUDENTISED:
        deviations = _log_sd(b.variances, b.variance) - _log_sd(a.variances, a.variance)
        errors = np.hypot(a.log_sd_errors, b.log_sd_errors)
        reach = studentised_reach(deviations, errors, confidence=confidence)
        if math.isfinite(reach):
            method = f"studentised bootstrap of the log, symmetric, {fmt.count(a.n_resamples)} resamples"
            return reach * math.hypot(a.log_sd_error, b.log_sd_error), method
    return _bonett(a, b, confidence), "Bonett: normal for the log, with the kurtosis of both groups"


def _without_one(sample: BootstrapSample) -> float:
    """How many times larger the variance is than without the run that is furthest from the mean."""
    squares, n = _deviations(sample) ** 2, sample.n
    total, furthest = weighted_sum(sample.table.counts, squares), float(squares.max())
    left = total - furthest * n / (n - 1)
    return total / (n - 1) / (left / (n - 2)) if left > total * 1e-12 else math.inf


def _bonett(a: BootstrapSample, b: BootstrapSample, confidence: float) -> float:
    """Half width for log(sd_b / sd_a): the kurtosis of the pooled deviations from the trimmed means."""
    squares = fourths = 0.0
    unit = max(a.scale, b.scale)
    for sample in (a, b):
        deviations = _deviations(sample) * (sample.scale / unit)
        middle = _trimmed_mean(deviations, sample.table.counts)
        squares += weighted_sum(sample.table.counts, deviations**2)
        fourths += weighted_sum(sample.table.counts, (deviations - middle) ** 4)
    kurtosis = (a.n + b.n) * fourths / squares**2
    error = math.sqrt(sum((kurtosis - (n - 3) / n) / (n - 1) for n in (a.n, b.n))) / 2
    return float(special.ndtri((1 + confidence) / 2)) * error


def _deviations(sample: BootstrapSample) -> Floats:
    """Distances of the values from the mean, in units of the sample's scale."""
    deviations: Floats = ((sample.table.values - sample.table.values[0]) - sample.mean_offset) / sample.scale
    return deviations


def _trimmed_mean(values: Floats, counts: Ints) -> float:
    """Mean without a share of 1 / (2 √(n − 4)) of the runs at either end, as Bonett's kurtosis has it."""
    n = int(counts.sum())
    cut = math.floor(n / (2 * math.sqrt(n - 4)))
    ends = np.clip(counts.cumsum(), cut, n - cut)
    kept = np.diff(ends, prepend=cut)
    # of five runs nothing is left: their median
    return (
        weighted_sum(kept, values) / int(kept.sum())
        if kept.any()
        else float(values[np.searchsorted(counts.cumsum(), n / 2)])
    )


def _log_sd(variances: Floats, observed: float) -> Floats:
    """Log of the resamples' sd over the observed one; nan for a resample without spread."""
    logs = np.full(len(variances), np.nan)
    np.log(variances / observed, where=variances > 0, out=logs)
    return logs / 2


def _exp(log: float) -> float:
    return math.exp(log) if log < 709 else math.inf
