"""Compare the groups of a run table: effects, tests, adjusted p-values and verdicts in one `Comparison`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import combinations

import pandas as pd

from analyze import given
from analyze.comparison import answer, leaders, task_words
from analyze.comparison.adjustment import adjust, adjusted_tests, margin_tests
from analyze.comparison.attainable import minimum_pvalue, resolved, what_reaches
from analyze.comparison.calibration import realised_sizes
from analyze.comparison.checks import run_checks, run_checks_of_tasks
from analyze.comparison.checks.drift import drift
from analyze.comparison.checks.sensitivity import sensitivity
from analyze.comparison.groups import summarise
from analyze.comparison.headline import ratios, subject
from analyze.comparison.kinds import Clusters, Kind
from analyze.comparison.matching import MatchedPairs, differences_within, match_pairs
from analyze.comparison.overall import overall, scope_sentence, too_few_pairs, unlike_pairs
from analyze.comparison.pair import PairComparison, compare_pair
from analyze.comparison.ranking import ranked
from analyze.comparison.seen import Seen, functions_words, scope_words, see
from analyze.comparison.tasks import TaskComparison, compare_over_tasks
from analyze.comparison.where import only_primary
from analyze.errors import DataError, UsageError, argument
from analyze.progress import Progress, counted
from analyze.question import Question
from analyze.records import Ranking, Verdict
from analyze.results import RealisedSize
from analyze.stats.bootstrap import BootstrapSample, bootstrap_sample
from analyze.stats.centres import Triple
from analyze.stats.omnibus import OMNIBUS_TESTS, OmnibusResult
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import Counts, stream, tabulate
from analyze.stats.two_sample import TWO_SAMPLE_TESTS, TwoSampleResult, compare_means
from analyze.table.pairing import OVER_TASKS, has_tasks
from analyze.table.runs import RunTable

# A certificate takes some hundred times as long as the tests themselves
MAX_CALIBRATED_PAIRS = 6
# Times as long as its tests, for the time that is left.
_EFFECTS_TAKE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All that was computed for a question: tidy tables and, for each pair, a verdict."""

    question: Question
    verdict: Verdict
    sentence: str
    detail: str
    headline: str
    kind: Kind
    clusters: Clusters | None
    ratios: dict[str, Triple]
    numbers: tuple[tuple[str, str], ...]
    failures_differ: bool
    headlines: tuple[str, ...]
    where: str
    scope: str
    functions: str
    ranking: Ranking | None
    groups: pd.DataFrame
    pairs: tuple[PairComparison, ...]
    omnibus: pd.DataFrame
    drift: pd.DataFrame
    sensitivity: pd.DataFrame
    checks: pd.DataFrame
    calibration: tuple[RealisedSize, ...]
    seen: Seen | None
    tasks: TaskComparison | None = None


def compare(table: RunTable, *, n_calibration_draws: int = 0, progress: Progress | None = None) -> Comparison:
    """Compare all pairs of groups, or all groups with the baseline if one was named.

    The verdict is that of the primary test, whose p-values are adjusted over the pairs; with one pair it
    stands as it is. So are the two one-sided tests against a margin. The other tests are secondary: their
    p-values are adjusted over all tests of all pairs, those of matched pairs included. What is said of
    spreads, quantiles and expected bests holds for all pairs at once.

    Parameters
    ----------
    table : RunTable
        From `analyze.table.read`.
    n_calibration_draws : int
        Draws of every pair from its pooled runs, to see how often the tests reject; 0 for none.
    progress : callable, optional
        Is told how many pairs are done.

    Returns
    -------
    Comparison
    """
    question = table.question
    check_primary(table)
    if has_tasks(table.runs):
        return _over_tasks(table, progress)
    values = table.runs.groupby("group", observed=True)["value"]
    samples = {group: tabulate(values.get_group(group)) for group in table.groups}
    drawn = {g: _drawn(samples[g], g, question) for g in table.groups}
    names = pairs_of(table.groups, question.baseline)
    matched = [match_pairs(table, a, b, n_pairs=len(names)) for a, b in names]
    results = [
        _tests(samples, pair, pairs, question, n_pairs=len(names))
        for pair, pairs in zip(
            counted(names, "testing pair", progress, then=_EFFECTS_TAKE), matched, strict=True
        )
    ]
    least = [
        minimum_pvalue(samples[a], samples[b], differences_within(table, a, b), question, n_pairs=len(names))
        for a, b in names
    ]
    adjusted = adjusted_tests(results, question)
    least_adjusted = adjust(least, question.adjust)
    means = [compare_means(samples[a], samples[b]) for a, b in names]
    margin_pvalues = margin_tests(means, question)
    pairs = tuple(
        compare_pair(
            (a, b),
            (drawn[a], drawn[b]),
            table,
            adjusted[i],
            matched[i],
            means=means[i],
            margin_pvalue=margin_pvalues[i],
            minimum=(least[i], float(least_adjusted[i])),
            n_pairs=len(names),
        )
        for i, (a, b) in enumerate(counted(names, "comparing pair", progress))
    )
    seen = see(table, names, progress)
    if seen is not None:
        pairs = tuple(
            replace(p, scope=seen.scopes.get(pair), functions=seen.pairs.get(pair))
            for pair, p in zip(names, pairs, strict=True)
        )
    if progress is not None:
        progress("looking for what would change the verdict", 0, 1, 0.0)
    verdict, sentence, detail = _answer(pairs, question)
    groups, drifts = summarise(table), drift(table)
    about = subject(table, drawn, n_pairs=len(names))
    return Comparison(
        question=question,
        verdict=verdict,
        sentence=sentence,
        detail=detail,
        headline=leaders.headline(pairs, about),
        kind=about.kind,
        clusters=about.clusters,
        ratios=ratios(pairs, about),
        numbers=leaders.numbers(pairs, about),
        failures_differ=about.fails_apart(pairs),
        headlines=() if about.fails_apart(pairs) else answer.failures(groups),
        where="" if about.kind == "rates" or pairs[0].where is None else answer.where(pairs),
        scope=(scope_words(seen, table) if seen else "")
        or scope_sentence(n_test=table.n_test, mean=float(table.runs["value"].mean()), value=question.value),
        functions=functions_words(seen, table) if seen else "",
        ranking=ranked(about),
        groups=groups,
        pairs=pairs,
        omnibus=_omnibus([samples[g] for g in table.groups], question),
        drift=drifts,
        sensitivity=sensitivity(pairs, samples, question),
        checks=run_checks(table, groups.head(len(table.groups)), pairs, samples=samples, drifts=drifts),
        calibration=_calibration(samples, names, question, n_calibration_draws),
        seen=seen,
    )


def _over_tasks(table: RunTable, progress: Progress | None) -> Comparison:
    """Compare groups within tasks and over them; no number is of runs of different tasks thrown together."""
    names = pairs_of(table.groups, table.question.baseline)
    found = compare_over_tasks(table, names, progress)
    scored, tasks = found.table, found.tasks
    question, groups = scored.question, summarise(scored)
    if len(found.pairs) == 1:
        verdict, sentence, detail = found.pairs[0].verdict, found.pairs[0].sentence, found.pairs[0].detail
    else:
        verdict, sentence, detail = _answer(found.pairs, question)
    n_failed = sum(table.n_failed[group] for group in table.groups)
    checks = [*task_words.missing(tasks), *(("remark", "note", remark) for remark in table.remarks)]
    return Comparison(
        question=question,
        verdict=verdict,
        sentence=sentence,
        detail=detail,
        headline=task_words.headline(found.pairs, found.order, found.groups, tasks, question),
        kind="tasks",
        clusters=None,
        ratios={},
        numbers=task_words.numbers(
            found.pairs, found.of_pairs, found.order, tasks, (n_failed, n_failed + len(table.runs)), question
        ),
        failures_differ=False,
        headlines=answer.failures(groups),
        where="",
        scope=task_words.scope(found.of_pairs, question),
        functions="",
        ranking=found.ranking,
        groups=groups,
        pairs=found.pairs,
        omnibus=pd.DataFrame(columns=[field.name for field in fields(OmnibusResult)]),
        drift=drift(table).head(0),
        sensitivity=pd.DataFrame(),
        checks=run_checks_of_tasks(scored, groups, checks),
        calibration=(),
        seen=None,
        tasks=found,
    )


def check_primary(table: RunTable) -> None:
    """Refuse a primary test that does not exist, or needs pairs that the table does not have.

    Raises
    ------
    UsageError, DataError
    """
    known = [*TWO_SAMPLE_TESTS, *PAIRED_TESTS, *([OVER_TASKS] if has_tasks(table.runs) else [])]
    primary = table.question.primary
    if primary not in known:
        hint = given.meant(primary, known)
        raise UsageError(f"{argument('primary')} is {primary!r}; {hint}choose one of {', '.join(known)}")
    if primary in PAIRED_TESTS and not table.pairable:
        raise DataError(
            f"{argument('primary', primary)} needs matched pairs: declare what makes pairs by "
            f"{argument('paired', like='COLUMN')}, or choose another primary test"
        )


def pairs_of(groups: tuple[str, ...], baseline: str | None) -> list[tuple[str, str]]:
    """Return the pairs of groups that are compared: all, or all others with the baseline."""
    if baseline is None:
        return list(combinations(groups, 2))
    return [(baseline, group) for group in groups if group != baseline]


def _drawn(sample: Counts, group: str, question: Question) -> BootstrapSample:
    """Resample a group, once for all its pairs."""
    rng = stream(question.seed, "bootstrap", group)
    return bootstrap_sample(sample, rng=rng, n_resamples=question.resamples)


def _tests(
    samples: dict[str, Counts],
    pair: tuple[str, str],
    matched: MatchedPairs | None,
    question: Question,
    *,
    n_pairs: int,
) -> list[TwoSampleResult]:
    a, b = pair

    def run(name: str, n_resamples: int, further: tuple[str, ...]) -> TwoSampleResult:
        # exchanging the groups changes no p-value
        rng = stream(question.seed, name, *sorted(pair), *further)
        return TWO_SAMPLE_TESTS[name](samples[a], samples[b], rng=rng, n_resamples=n_resamples)

    n_values = len(samples[a].values) + len(samples[b].values)
    results = [
        resolved(partial(run, name), question, n_pairs=n_pairs, n_values=n_values)
        if name == question.primary
        else run(name, question.resamples, ())
        for name in TWO_SAMPLE_TESTS
        if name == question.primary or not only_primary(question, n_pairs)
    ]
    results += [] if matched is None else matched.tests
    if not any(result.test == question.primary for result in results):
        raise DataError(
            f"{argument('primary', question.primary)} needs two matched pairs or more, and {a} and {b} have "
            "fewer: choose another primary test"
        )
    return results


def _answer(pairs: tuple[PairComparison, ...], question: Question) -> tuple[Verdict, str, str]:
    if len(pairs) == 1:
        return pairs[0].verdict, pairs[0].sentence, pairs[0].detail
    verdict, sentence = overall([(p.group_a, p.group_b, p.verdict) for p in pairs])
    sentence += unlike_pairs([p.unlike_spreads for p in pairs if p.unlike_spreads])
    few = [pair for pair in pairs if pair.verdict == "inconclusive"]
    if few:
        n_runs = min(min(pair.n_a, pair.n_b) for pair in few)
        reachable = what_reaches(question, n_runs=n_runs, n_pairs=len(pairs), two_values=False)
        sentence += f" {too_few_pairs(len(few), sum(p.separated for p in few), reachable)}"
    return verdict, sentence, "Each pair's own sentence and effects follow below."


def _omnibus(samples: Sequence[Counts], question: Question) -> pd.DataFrame:
    columns = [field.name for field in fields(OmnibusResult)]
    if len(samples) <= 2:
        return pd.DataFrame(columns=columns)
    results = [
        test(samples, rng=stream(question.seed, "omnibus", name), n_resamples=question.resamples)
        for name, test in OMNIBUS_TESTS.items()
    ]
    return pd.DataFrame(results, columns=columns)


def _calibration(
    samples: dict[str, Counts], names: list[tuple[str, str]], question: Question, n_draws: int
) -> tuple[RealisedSize, ...]:
    if not n_draws:
        return ()
    return tuple(
        size
        for a, b in names[:MAX_CALIBRATED_PAIRS]
        for size in realised_sizes(
            samples[a],
            samples[b],
            seed=question.seed,
            names=(a, b),
            alpha=question.alpha,
            n_draws=n_draws,
            confidence_level=question.confidence,
        )
    )
