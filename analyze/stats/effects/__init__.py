"""Effect sizes of two samples, each with a confidence interval. Differences are b − a, ratios b / a.

To add an effect size, write a function ``(a, b, confidence) -> Estimate`` of two `BootstrapSample` and add an
`EffectSize` to `EFFECT_SIZES`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyze import text as fmt
from analyze.stats.bootstrap import BootstrapSample, bootstrap_sample
from analyze.stats.effects.distance import ks_distance, wasserstein
from analyze.stats.effects.hodges_lehmann import hodges_lehmann
from analyze.stats.effects.location import (
    difference_of_means,
    difference_of_quantiles,
    mean_difference,
    median_difference,
)
from analyze.stats.effects.rank import cliffs_delta, probability_of_superiority
from analyze.stats.effects.spread import sd_ratio
from analyze.stats.effects.standardised import hedges_g
from analyze.stats.estimates import Estimate, degenerate
from analyze.stats.resampling import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSize:
    """How an effect size is computed and read.

    ``null_value`` is the value of two equal distributions; ``unit`` None means that of the data.
    """

    label: str
    estimate: Callable[[BootstrapSample, BootstrapSample, float], Estimate]
    null_value: float
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectResult:
    """An effect size with its confidence interval."""

    effect: str
    label: str
    estimate: float
    low: float
    high: float
    confidence_level: float
    method: str
    null_value: float
    unit: str


# What says something of two constant groups too: how sure a share of 1 is, or that there is no interval
OF_CONSTANTS = ("mean_difference", "probability_of_superiority", "cliffs_delta")


def effect_sizes(
    x: npt.ArrayLike | Counts,
    y: npt.ArrayLike | Counts,
    *,
    rng_x: np.random.Generator,
    rng_y: np.random.Generator,
    n_resamples: int,
    confidence_level: float = 0.95,
    unit: str = "value",
) -> list[EffectResult]:
    """Estimate every effect size of `EFFECT_SIZES`.

    Parameters
    ----------
    x, y : array_like of shape (n_runs,), or Counts
        Finite values of group a and group b, at least two each.
    rng_x, rng_y : Generator
        One stream per group: exchanging groups and streams mirrors the intervals.
    n_resamples : int
        Bootstrap resamples.
    confidence_level : float
        Of the intervals.
    unit : str
        Unit of the data.

    Examples
    --------
    >>> streams = {"rng_x": np.random.default_rng(0), "rng_y": np.random.default_rng(1)}
    >>> results = effect_sizes([1, 2, 3, 4], [3, 4, 5, 6], **streams, n_resamples=999)
    >>> [(r.effect, r.estimate) for r in results][:2]
    [('mean_difference', 2.0), ('median_difference', 2.0)]
    """
    a = bootstrap_sample(x, rng=rng_x, n_resamples=n_resamples)
    b = bootstrap_sample(y, rng=rng_y, n_resamples=n_resamples)
    return effects_of_samples(a, b, confidence_level=confidence_level, unit=unit)


def effects_of_samples(
    a: BootstrapSample, b: BootstrapSample, *, confidence_level: float = 0.95, unit: str = "value"
) -> list[EffectResult]:
    """Estimate every effect size of two groups whose resamples are drawn already.

    With many groups, draw each once by `bootstrap_sample` and use it for all its pairs: the results are those
    of `effect_sizes`.
    """
    results = []
    for name, effect in EFFECT_SIZES.items():
        found = (
            _constant(name, a, b)
            if a.constant and b.constant and name not in OF_CONSTANTS
            else effect.estimate(a, b, confidence_level)
        )
        results.append(_result(name, effect, found, confidence_level, unit))
    return results


def quantile_difference(
    x: npt.ArrayLike | Counts,
    y: npt.ArrayLike | Counts,
    q: float,
    *,
    rng_x: np.random.Generator,
    rng_y: np.random.Generator,
    n_resamples: int,
    confidence_level: float = 0.95,
    unit: str = "value",
) -> EffectResult:
    """Difference of a quantile (type 7 of Hyndman & Fan 1996) with a percentile bootstrap interval.

    Parameters are those of `effect_sizes`; ``q`` lies between 0 and 1.

    Examples
    --------
    >>> streams = {"rng_x": np.random.default_rng(0), "rng_y": np.random.default_rng(1)}
    >>> quantile_difference([1, 2, 3, 4], [3, 4, 5, 7], 1.0, **streams, n_resamples=999).estimate
    3.0
    """
    a = bootstrap_sample(x, rng=rng_x, n_resamples=n_resamples)
    b = bootstrap_sample(y, rng=rng_y, n_resamples=n_resamples)
    found = difference_of_quantiles(a, b, q, confidence_level)
    effect = EffectSize(
        label=f"difference of {fmt.number(q, 6)} quantiles",
        estimate=lambda a, b, confidence: difference_of_quantiles(a, b, q, confidence),
        null_value=0.0,
        unit=None,
    )
    return _result("quantile_difference", effect, found, confidence_level, unit)


def _constant(name: str, a: BootstrapSample, b: BootstrapSample) -> Estimate:
    """Estimate an effect of two constant groups from their difference."""
    difference = difference_of_means(a, b)
    sign = float(np.sign(difference))
    values = {
        "sd_ratio": 1.0,
        "hedges_g": sign * np.inf if sign else 0.0,
        "ks_distance": abs(sign),
        "wasserstein": abs(difference),
    }
    return degenerate(values.get(name, difference), "both groups are constant")


def _result(
    name: str, effect: EffectSize, found: Estimate, confidence_level: float, unit: str
) -> EffectResult:
    return EffectResult(
        effect=name,
        label=effect.label,
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        confidence_level=confidence_level,
        method=found.method,
        null_value=effect.null_value,
        unit=unit if effect.unit is None else effect.unit,
    )


EFFECT_SIZES: dict[str, EffectSize] = {
    "mean_difference": EffectSize(
        label="difference of means", estimate=mean_difference, null_value=0.0, unit=None
    ),
    "median_difference": EffectSize(
        label="difference of medians", estimate=median_difference, null_value=0.0, unit=None
    ),
    "hodges_lehmann": EffectSize(
        label="Hodges–Lehmann shift", estimate=hodges_lehmann, null_value=0.0, unit=None
    ),
    "sd_ratio": EffectSize(
        label="ratio of standard deviations", estimate=sd_ratio, null_value=1.0, unit="ratio b / a"
    ),
    "cliffs_delta": EffectSize(label="Cliff's δ", estimate=cliffs_delta, null_value=0.0, unit="from −1 to 1"),
    "probability_of_superiority": EffectSize(
        label="P(b > a) + ½ P(b = a)",
        estimate=probability_of_superiority,
        null_value=0.5,
        unit="probability",
    ),
    "hedges_g": EffectSize(label="Hedges' g", estimate=hedges_g, null_value=0.0, unit="standard deviations"),
    "ks_distance": EffectSize(
        label="Kolmogorov–Smirnov distance", estimate=ks_distance, null_value=0.0, unit="probability"
    ),
    "wasserstein": EffectSize(
        label="Wasserstein-1 distance", estimate=wasserstein, null_value=0.0, unit=None
    ),
}
