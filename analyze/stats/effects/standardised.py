"""Hedges' g, the difference of means in standard deviations, with its noncentral t interval."""

import math

import numpy as np
from scipy import optimize, special

from analyze import text as fmt
from analyze.stats.bootstrap import BootstrapSample
from analyze.stats.effects.location import difference_of_means
from analyze.stats.estimates import Estimate
from analyze.stats.resampling import Floats

# Points of the integral over the chi distribution: the interval's ends are right to 1e-7
N_NODES = 4_000


def hedges_g(a: BootstrapSample, b: BootstrapSample, confidence: float) -> Estimate:
    """Hedges' g: the difference of means over the pooled sd, corrected for bias.

    g = J·d with the exact J (Hedges 1981, doi 10.3102/10769986006002107). The interval is that of the
    population value, by inversion of the noncentral t (Cumming & Finch 2001, doi 10.1177/0013164401614002);
    it excludes 0 where Student's t test rejects. It supposes normal groups of equal variance.
    """
    df = a.n + b.n - 2
    scale = max(a.scale, b.scale)
    squares = (a.n - 1) * a.variance * (a.scale / scale) ** 2 + (b.n - 1) * b.variance * (
        b.scale / scale
    ) ** 2
    d = difference_of_means(a, b) / scale / math.sqrt(squares / df)
    root = math.sqrt(a.n * b.n / (a.n + b.n))
    low, high = noncentrality_interval(d * root, df, confidence=confidence)
    return Estimate(
        estimate=small_sample_correction(df) * d,
        low=low / root,
        high=high / root,
        method=f"noncentral t with {fmt.count(df)} df; supposes normal groups of equal variance",
    )


def small_sample_correction(df: int) -> float:
    """J(df) = Γ(df/2) / (√(df/2) Γ((df − 1)/2)), which makes d unbiased (Hedges 1981).

    Examples
    --------
    Closed forms: J(2) = 1/√π, J(3) = √(π/6).

    >>> round(small_sample_correction(2), 4), round(small_sample_correction(3), 4)
    (0.5642, 0.7236)
    """
    if df > 10_000:  # the gammas would lose more digits than the series' 1e-13
        return 1 - 3 / (4 * df) - 7 / (32 * df**2)
    return math.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2) - math.log(df / 2) / 2)


def noncentrality_interval(t: float, df: int, *, confidence: float) -> tuple[float, float]:
    """Noncentralities at which a t of ``df`` degrees of freedom is just as far out as the confidence allows.

    P(T ≤ t | δ) is the mean of Φ(t·s − δ) over s = χ/√df, a sum of positive terms that is stable for any
    df and t, where series for the noncentral t are slow.

    Examples
    --------
    >>> low, high = noncentrality_interval(0.0, 10, confidence=0.95)
    >>> round(low, 4), round(high, 4)
    (-1.96, 1.96)
    """
    s, weights = _chi_nodes(df)
    lowest, highest = sorted((t * float(s[0]), t * float(s[-1])))
    tail = (1 - confidence) / 2

    def excess(delta: float, level: float) -> float:
        return float(weights @ special.ndtr(t * s - delta)) - level

    ends = [
        float(optimize.brentq(excess, lowest - 40, highest + 40, args=(level,), xtol=1e-12, rtol=1e-13))
        for level in (1 - tail, tail)
    ]
    return ends[0], ends[1]


def _chi_nodes(df: int) -> tuple[Floats, Floats]:
    """Midpoints and weights of the distribution of χ/√df, cut where 1e-15 lies beyond."""
    low = math.sqrt(2 * special.gammaincinv(df / 2, 1e-15) / df)
    high = math.sqrt(2 * special.gammainccinv(df / 2, 1e-15) / df)
    s = np.asarray(low + (np.arange(N_NODES) + 0.5) * ((high - low) / N_NODES), dtype=np.float64)
    log_density = (df - 1) * np.log(s) - df * (s**2 - 1) / 2
    weights: Floats = np.exp(log_density - log_density.max())
    weights /= weights.sum()
    return s, weights
