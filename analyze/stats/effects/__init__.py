"""Effect sizes of two samples, each with a confidence interval. Differences are b − a, ratios b / a.

To add an effect size, write a function ``(a, b, confidence) -> Estimate`` of two `BootstrapSample` and add an
`EffectSize` to `EFFECT_SIZES`.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyze.stats.bootstrap import BootstrapSample, bootstrap_sample
from analyze.stats.effects.distance import ks_distance, wasserstein
from analyze.stats.effects.hodges_lehmann import hodges_lehmann
from analyze.stats.effects.location import (
    difference_of_means,
    mean_difference,
    median_difference,
)
from analyze.stats.effects.rank import probability_of_superiority
from analyze.stats.effects.spread import sd_ratio
from analyze.stats.effects.standardised import hedges_g
from analyze.stats.estimates import Estimate, degenerate
from analyze.stats.method import EffectSize
from analyze.stats.resampling import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectResult:
    """An effect size with its confidence interval, whose ends are nan where it has none."""

    effect: str
    label: str
    estimate: float
    low: float
    high: float
    confidence_level: float
    method: str
    null_value: float
    unit: str


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
        if a.constant and b.constant and effect.of_constants is not None:
            found = degenerate(effect.of_constants(difference_of_means(a, b)), "both groups are constant")
        else:
            found = effect.estimate(a, b, confidence_level)
        results.append(_result(name, effect, found, confidence_level, unit))
    return results


def _result(
    name: str, effect: EffectSize, found: Estimate, confidence_level: float, unit: str
) -> EffectResult:
    return EffectResult(
        effect=name,
        label=effect.label,
        estimate=found.estimate,
        low=min(found.low, found.estimate),  # at a low confidence an interval may lie beside its estimate
        high=max(found.high, found.estimate),
        confidence_level=confidence_level,
        method=found.method,
        null_value=effect.null_value,
        unit=unit if effect.unit is None else effect.unit,
    )


EFFECT_SIZES: dict[str, EffectSize] = {
    "mean_difference": EffectSize(
        label="difference of means",
        estimate=mean_difference,
        null_value=0.0,
        unit=None,
        formula="m_b − m_a",
        sources=("welch_1947",),
    ),
    "median_difference": EffectSize(
        label="difference of medians",
        estimate=median_difference,
        null_value=0.0,
        unit=None,
        formula="median of b − median of a",
        sources=("hyndman_fan_1996", "davison_hinkley_1997"),
        of_constants=lambda difference: difference,
    ),
    "hodges_lehmann": EffectSize(
        label="Hodges–Lehmann shift",
        estimate=hodges_lehmann,
        null_value=0.0,
        unit=None,
        formula="median of all differences y − x",
        sources=("hollander_2014",),
        of_constants=lambda difference: difference,
    ),
    "sd_ratio": EffectSize(
        label="ratio of standard deviations",
        estimate=sd_ratio,
        null_value=1.0,
        unit="ratio b / a",
        formula="s_b / s_a",
        sources=("miller_1968",),
        of_constants=lambda _: 1.0,
    ),
    "probability_of_superiority": EffectSize(
        label="P(b > a) + ½ P(b = a)",
        estimate=probability_of_superiority,
        null_value=0.5,
        unit="probability",
        formula="P = P(b > a) + ½ P(b = a); Cliff's δ = P(b > a) − P(b < a) = 2 P − 1",
        sources=("cliff_1993", "brunner_munzel_2000"),
    ),
    "hedges_g": EffectSize(
        label="Hedges' g",
        estimate=hedges_g,
        null_value=0.0,
        unit="standard deviations",
        formula="g = J(df) · (m_b − m_a) / s, s the pooled sd, J(df) = Γ(df/2) / (√(df/2) Γ((df − 1)/2))",
        sources=("hedges_1981", "cumming_finch_2001"),
        of_constants=lambda difference: difference and math.copysign(math.inf, difference),
    ),
    "ks_distance": EffectSize(
        label="Kolmogorov–Smirnov distance",
        estimate=ks_distance,
        null_value=0.0,
        unit="probability",
        formula="max over v of |F_b(v) − F_a(v)|",
        sources=(),
    ),
    "wasserstein": EffectSize(
        label="Wasserstein-1 distance",
        estimate=wasserstein,
        null_value=0.0,
        unit=None,
        formula="W₁ = ∫ |F_b(v) − F_a(v)| dv",
        sources=("welch_1947",),
        of_constants=abs,
    ),
}
