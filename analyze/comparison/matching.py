"""Matched pairs: runs of two groups with equal units, such as runs that started from the same weights."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import special

from analyze.comparison.attainable import resolved
from analyze.stats.effects import EffectResult
from analyze.stats.paired_effects import paired_effect_sizes
from analyze.stats.paired_tests import PAIRED_TESTS, within_pairs
from analyze.stats.resampling import Floats, stream
from analyze.stats.two_sample import TwoSampleResult
from analyze.table.runs import RunTable

# Fisher's interval divides by √(n − 3)
MIN_PAIRS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedPairs:
    """Runs of two groups with equal units; what is undefined is None.

    ``low`` and ``high`` belong to the correlation, ``mean_difference_low`` and ``mean_difference_high`` are
    the t interval of the mean difference b − a within pairs. ``precision_gain`` is how many times as many
    unpaired runs would give as narrow an interval: the variances of both groups over that of the differences.
    """

    n_pairs: int
    n_unmatched_a: int
    n_unmatched_b: int
    correlation: float | None
    low: float | None
    high: float | None
    mean_difference: float
    mean_difference_low: float | None
    mean_difference_high: float | None
    precision_gain: float | None
    tests: tuple[TwoSampleResult, ...]
    effects: tuple[EffectResult, ...]

    @property
    def headline(self) -> tuple[float, float, float] | None:
        """Mean difference within pairs and its interval; None where most runs of a group have no partner."""
        if self.n_pairs <= max(self.n_unmatched_a, self.n_unmatched_b):
            return None
        found = [e for e in self.effects if e.effect == "paired_mean_difference"]
        return (found[0].estimate, found[0].low, found[0].high) if found else None


def match_pairs(table: RunTable, group_a: str, group_b: str, *, n_pairs: int = 1) -> MatchedPairs | None:
    """Join two groups by unit, where equal units are pairs by design; None where they are not.

    Paired tests and effects need two pairs; with fewer there are none. ``n_pairs`` are the pairs of groups
    that are compared in all.
    """
    if not table.pairable:
        return None
    a, b, both = _joined(table, group_a, group_b)
    if both.empty:
        return None
    x, y = both["a"].to_numpy(), both["b"].to_numpy()
    confidence = table.question.confidence
    correlation, low, high = _correlation(x, y, confidence)
    mean, reach = _mean(within_pairs(x, y), confidence)
    return MatchedPairs(
        n_pairs=len(both),
        n_unmatched_a=len(a) - len(both),
        n_unmatched_b=len(b) - len(both),
        correlation=correlation,
        low=low,
        high=high,
        mean_difference=mean,
        mean_difference_low=None if reach is None else mean - reach,
        mean_difference_high=None if reach is None else mean + reach,
        precision_gain=_precision_gain(x, y),
        tests=_paired_tests(x, y, table, (group_a, group_b), n_pairs),
        effects=_paired_effects(x, y, table, (group_a, group_b)),
    )


def differences_within(table: RunTable, group_a: str, group_b: str) -> Floats | None:
    """Differences b − a of runs with equal units; None where these are no pairs."""
    if not table.pairable:
        return None
    both = _joined(table, group_a, group_b)[2]
    return within_pairs(both["a"].to_numpy(), both["b"].to_numpy())


def _joined(table: RunTable, group_a: str, group_b: str) -> tuple["pd.Series", "pd.Series", pd.DataFrame]:
    """Return the runs of both groups by unit, and those with a partner."""
    a, b = (table.runs.loc[table.runs["group"] == g].set_index("unit")["value"] for g in (group_a, group_b))
    return a, b, pd.concat([a, b], axis=1, join="inner", keys=["a", "b"])


def _paired_tests(
    x: Floats, y: Floats, table: RunTable, names: tuple[str, str], n_pairs: int
) -> tuple[TwoSampleResult, ...]:
    if len(x) < 2:
        return ()
    question = table.question

    def run(name: str, n_resamples: int, further: tuple[str, ...]) -> TwoSampleResult:
        rng = stream(question.seed, name, *names, *further)
        return PAIRED_TESTS[name](x, y, rng=rng, n_resamples=n_resamples)

    return tuple(
        resolved(partial(run, name), question, n_pairs=n_pairs, n_values=len(x))
        if name == question.primary
        else run(name, question.resamples, ())
        for name in PAIRED_TESTS
    )


def _paired_effects(
    x: Floats, y: Floats, table: RunTable, names: tuple[str, str]
) -> tuple[EffectResult, ...]:
    if len(x) < 2:
        return ()
    question = table.question
    return tuple(
        paired_effect_sizes(
            x,
            y,
            rng=stream(question.seed, "pairs", *names),
            n_resamples=question.resamples,
            confidence_level=question.confidence,
            unit=question.value,
        )
    )


def _precision_gain(x: Floats, y: Floats) -> float | None:
    if len(x) < 2:
        return None
    d = y - x
    within = float(((d - d.mean()) ** 2).sum())
    total = float(((x - x.mean()) ** 2).sum() + ((y - y.mean()) ** 2).sum())
    return total / within if within > 0 else None


def _mean(differences: Floats, confidence: float) -> tuple[float, float | None]:
    """Mean and half width of its t interval, which needs two pairs."""
    n = len(differences)
    if n < 2:
        return float(differences.mean()), None
    se = float(differences.std(ddof=1)) / math.sqrt(n)
    return float(differences.mean()), float(special.stdtrit(n - 1, (1 + confidence) / 2)) * se


def _correlation(x: Floats, y: Floats, confidence: float) -> tuple[float | None, float | None, float | None]:
    """Pearson correlation with Fisher's interval; None where there are too few pairs or no spread."""
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None, None, None
    x, y = x - x.mean(), y - y.mean()
    r = float((x * y).sum() / math.sqrt((x**2).sum() * (y**2).sum()))
    r = min(max(r, -1.0), 1.0)
    if len(x) < MIN_PAIRS:
        return r, None, None
    if abs(r) == 1:
        return r, r, r
    reach = float(special.ndtri((1 + confidence) / 2)) / math.sqrt(len(x) - 3)
    return r, math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach)
