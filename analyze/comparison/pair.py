"""Two groups compared: everything that is computed for one pair, and its verdict."""

from dataclasses import asdict, dataclass, replace

import pandas as pd
from scipy import special

from analyze.answered import PairFunctions, Scope
from analyze.comparison import verdict as wording
from analyze.comparison.adjustment import METHODS
from analyze.comparison.attainable import what_reaches
from analyze.comparison.failures import FailureComparison, WorstRanked, compare_failures, rank_failures_worst
from analyze.comparison.matching import MatchedPairs
from analyze.comparison.where import Where, compare_places, only_primary
from analyze.question import Question
from analyze.records import Verdict, is_bound
from analyze.stats.bootstrap import BootstrapSample
from analyze.stats.detectable import detectable_shift, detectable_within_pairs
from analyze.stats.effects import EffectResult, effects_of_samples
from analyze.stats.effects.spread import sd_ratio
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import Counts, stream
from analyze.stats.two_sample import MeanDifference
from analyze.stats.two_sample.splits import pool
from analyze.table.runs import RunTable

# What a rank test finds is simulated, some tenths of a second a pair
MAX_PAIRS_WITH_POWER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PairComparison:
    """Two groups compared. Differences are b − a.

    ``tests`` holds the fields of `TwoSampleResult` and ``pvalue_adjusted``, ``family``, ``primary``,
    ``rejected``; ``effects`` those of `EffectResult`. ``minimum_pvalue`` is the smallest p-value of the
    primary test that these sizes and ties allow, ``separated`` whether all runs of one group lie above all of
    the other, ``share_equal`` P(b = a), ``unlike_spreads`` what is said of equivalent means with unlike
    spreads; ``margin_pvalue`` is
    that of the two one-sided tests, adjusted over the pairs, if a margin was stated.
    ``detectable_difference`` is what the primary test finds with 80 % power, told of up to ten pairs where no
    difference was shown. ``scope`` and ``functions`` are there where the answers to single test examples are
    known. ``failures`` and ``worst_ranked`` are None where no run failed, ``where`` where only the primary
    test was made.
    """

    group_a: str
    group_b: str
    n_a: int
    n_b: int
    verdict: Verdict
    sentence: str
    detail: str
    tests: pd.DataFrame
    effects: pd.DataFrame
    where: Where | None
    matched: MatchedPairs | None
    failures: FailureComparison | None
    worst_ranked: WorstRanked | None
    minimum_pvalue: float
    separated: bool
    share_equal: float
    unlike_spreads: str
    detectable_difference: float | None
    margin_pvalue: float | None
    scope: Scope | None = None
    functions: PairFunctions | None = None

    @property
    def places(self) -> Where:
        """Quantiles, distribution functions and expected bests compared, where they were.

        Raises
        ------
        LookupError
            Only the primary test was made.
        """
        if self.where is None:
            raise LookupError(f"only the primary test of {self.group_b} − {self.group_a} was made")
        return self.where


def compare_pair(
    names: tuple[str, str],
    samples: tuple[BootstrapSample, BootstrapSample],
    table: RunTable,
    tests: pd.DataFrame,
    matched: MatchedPairs | None,
    *,
    means: MeanDifference,
    margin_pvalue: float | None,
    minimum: tuple[float, float],
    n_pairs: int,
) -> PairComparison:
    """Put together what is known of two groups, and judge it.

    Parameters
    ----------
    names, samples
        Of group a and group b.
    table : RunTable
        Where the runs come from.
    tests : DataFrame
        Of this pair, adjusted.
    matched : MatchedPairs or None
        Runs of equal unit.
    means : MeanDifference
        Of the two groups.
    margin_pvalue : float or None
        Of the two one-sided tests, adjusted; None without a margin.
    minimum : tuple of float
        Smallest p-value that the primary test could have had: as it is, and adjusted.
    n_pairs : int
        Pairs that are compared in all.
    """
    a, b = samples
    question = table.question
    effects = {
        e.effect: e
        for e in effects_of_samples(a, b, confidence_level=question.confidence, unit=question.value)
    }
    evidence = _evidence(
        names,
        samples,
        table,
        effects,
        tests,
        matched,
        means=means,
        margin_pvalue=margin_pvalue,
        minimum_adjusted=minimum[1],
        n_pairs=n_pairs,
    )
    failures, worst = _failures(names, samples, table)
    verdict = wording.pair_verdict(evidence)
    if verdict == "no difference shown" and n_pairs <= MAX_PAIRS_WITH_POWER:
        found = _detectable(names, a.table, b.table, matched, question, n_pairs)
        evidence = replace(evidence, detectable_difference=found)
    return PairComparison(
        group_a=names[0],
        group_b=names[1],
        n_a=a.n,
        n_b=b.n,
        verdict=verdict,
        sentence=wording.pair_sentence(evidence),
        detail=wording.pair_detail(evidence),
        tests=tests,
        effects=pd.DataFrame([asdict(e) for e in effects.values()]),
        where=None
        if only_primary(question, n_pairs)
        else compare_places(a.table, b.table, names=names, question=question, n_pairs=n_pairs),
        matched=matched,
        failures=failures,
        worst_ranked=worst,
        minimum_pvalue=minimum[0],
        separated=evidence.separated,
        share_equal=evidence.share_equal,
        unlike_spreads=wording.unlike_spreads(evidence) if verdict == "equivalent" else "",
        detectable_difference=evidence.detectable_difference,
        margin_pvalue=margin_pvalue,
    )


def _failures(
    names: tuple[str, str], samples: tuple[BootstrapSample, BootstrapSample], table: RunTable
) -> tuple[FailureComparison | None, WorstRanked | None]:
    n_failed = [table.n_failed[name] for name in names]
    if not any(n_failed):
        return None, None
    (a, b), question = samples, table.question
    compared = compare_failures(
        n_failed[0], n_failed[0] + a.n, n_failed[1], n_failed[1] + b.n, confidence_level=question.confidence
    )
    worst = rank_failures_worst(
        a.table,
        b.table,
        n_failed_x=n_failed[0],
        n_failed_y=n_failed[1],
        larger_is_better=question.better == "higher",
        seed=question.seed,
        names=names,
        n_resamples=question.resamples,
    )
    return compared, worst


def _evidence(
    names: tuple[str, str],
    samples: tuple[BootstrapSample, BootstrapSample],
    table: RunTable,
    effects: dict[str, EffectResult],
    tests: pd.DataFrame,
    matched: MatchedPairs | None,
    *,
    means: MeanDifference,
    margin_pvalue: float | None,
    minimum_adjusted: float,
    n_pairs: int,
) -> wording.Evidence:
    question, (a, b) = table.question, samples
    primary = tests[tests["primary"]].iloc[0]

    def triple(name: str) -> wording.Effect:
        return effects[name].estimate, effects[name].low, effects[name].high

    within = None if matched is None else matched.headline
    # what is said of spreads is to hold for all pairs at once
    spread = sd_ratio(a, b, 1 - question.alpha / n_pairs)
    return wording.Evidence(
        value=question.value,
        group_a=names[0],
        group_b=names[1],
        n_a=a.n,
        n_b=b.n,
        n_pairs=n_pairs,
        family=METHODS[question.adjust],
        test=f"{primary['label']} {primary['statistic_name']}",
        statistic=float(primary["statistic"]),
        pvalue=float(primary["pvalue_adjusted"]),
        pvalue_at_most=is_bound(float(primary["pvalue"]), float(primary["pvalue_error"])),
        minimum_pvalue=minimum_adjusted,
        confidence=question.confidence,
        alpha=question.alpha,
        margin=question.margin,
        margin_pvalue=margin_pvalue,
        detectable_difference=None,
        means_method=means.name,
        mean_difference=triple("mean_difference") if within is None else within,
        n_matched=0 if matched is None or within is None else matched.n_pairs,
        means_apart=_means_apart(means, matched, question, n_pairs),
        sd_ratio=(spread.estimate, spread.low, spread.high),
        superiority=triple("probability_of_superiority"),
        share_equal=_share_equal(a.table, b.table),
        n_test=table.n_test,
        all_equal=not means.spreads,
        reachable=what_reaches(question, n_runs=min(a.n, b.n), n_pairs=n_pairs, two_values=means.two_values),
    )


def _detectable(
    names: tuple[str, str],
    a: Counts,
    b: Counts,
    matched: MatchedPairs | None,
    question: Question,
    n_pairs: int,
) -> float | None:
    """Return what the primary test could find, at the level that Holm's method asks of the smallest p."""
    asked = {"alpha": question.alpha / n_pairs, "power": wording.POWER}
    if question.primary not in PAIRED_TESTS:
        rng = stream(question.seed, "detectable", *sorted(names))
        return detectable_shift(a, b, test=question.primary, rng=rng, **asked)
    if matched is None or matched.mean_difference_high is None:
        return None
    t = float(special.stdtrit(matched.n_pairs - 1, (1 + question.confidence) / 2))
    se = (matched.mean_difference_high - matched.mean_difference) / t
    return detectable_within_pairs(matched.n_pairs, se, **asked)


def _means_apart(
    means: MeanDifference, matched: MatchedPairs | None, question: Question, n_pairs: int
) -> bool:
    """Whether the means differ by a test at the share of the level that falls to one of all pairs."""
    level = question.alpha / n_pairs
    if matched is None or matched.headline is None:
        return means.pvalue()[0] <= level
    return any(t.test == "paired_permutation" and t.pvalue <= level for t in matched.tests)


def _share_equal(a: Counts, b: Counts) -> float:
    """Share of the pairs of a run of a and one of b that have the same value."""
    in_a, in_b = pool([a, b])[1]
    return float(in_a @ in_b) / (a.n * b.n)
