"""The ratio of standard deviations."""

import math

import numpy as np
from scipy import special

from analyze.stats.bootstrap import BootstrapSample
from analyze.stats.estimates import Estimate, degenerate, studentised_reach
from analyze.stats.resampling import Floats

# With fewer, resamples without spread are common even where all values differ
MIN_RUNS_STUDENTISED = 6


def sd_ratio(a: BootstrapSample, b: BootstrapSample, confidence: float) -> Estimate:
    """Ratio of standard deviations, b / a, with a symmetric studentised bootstrap interval of its log.

    The standard error is the jackknife's (Miller 1968, doi 10.1214/aoms/1177698418). Coverage of 95 %
    intervals at 20 runs, 1,000 replicates: normal 0.945 (BCa 0.934), exponential 0.936 (0.888), lognormal
    0.946 (0.857), exponential with a ratio of 3 0.926 (0.892). Below six runs, where too many resamples have
    no spread, it is the F interval of normal data; where only few of many runs differ, there is none.
    """
    if a.constant or b.constant:
        ratio = 1.0 if a.constant and b.constant else math.inf if a.constant else 0.0
        return degenerate(ratio, "a constant group has no spread to compare with")
    log_ratio = math.log(b.variance / a.variance) / 2 + math.log(b.scale) - math.log(a.scale)
    deviations = _log_sd(b.variances, b.variance) - _log_sd(a.variances, a.variance)
    error = math.hypot(a.log_sd_error, b.log_sd_error)
    errors = np.hypot(a.log_sd_errors, b.log_sd_errors)
    reach = studentised_reach(deviations, errors, confidence=confidence) * error
    if math.isfinite(reach):
        low, high = log_ratio - reach, log_ratio + reach
        method = f"studentised bootstrap of the log, symmetric, {a.n_resamples:,} resamples"
    elif min(a.n, b.n) >= MIN_RUNS_STUDENTISED:
        low, high = -math.inf, math.inf
        method = "no interval: too few different runs to studentise resamples"
    else:
        tail = (1 - confidence) / 2
        below, above = (math.log(special.fdtri(b.n - 1, a.n - 1, p)) / 2 for p in (tail, 1 - tail))
        low, high = log_ratio - above, log_ratio - below
        method = f"F with {b.n - 1} and {a.n - 1} df, for normal data: too few runs to studentise"
    return Estimate(estimate=_exp(log_ratio), low=_exp(low), high=_exp(high), method=method)


def _log_sd(variances: Floats, observed: float) -> Floats:
    """Log of the resamples' sd over the observed one; nan for a resample without spread."""
    logs = np.full(len(variances), np.nan)
    np.log(variances / observed, where=variances > 0, out=logs)
    return logs / 2


def _exp(log: float) -> float:
    return math.exp(log) if log < 709 else math.inf
