"""Groups compared within tasks and over them, where runs were made of several tasks.

The statistics are `analyze.stats.tasks`; here they meet the groups, scores get a common scale, and pairs get
their verdicts.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from analyze.comparison.adjustment import adjust, adjusted_tests
from analyze.comparison.pair import PairComparison
from analyze.comparison.scope import known
from analyze.comparison.task_groups import LABELS, Group, group_of, of_groups, ranking_of, sign_of
from analyze.comparison.task_scores import scores_of
from analyze.comparison.task_words import pair_words
from analyze.comparison.verdict import decide
from analyze.progress import Progress, counted
from analyze.question import Question
from analyze.records import Ranking
from analyze.stats.effects import EffectResult
from analyze.stats.resampling import Floats, stream
from analyze.stats.tasks import scores
from analyze.stats.tasks.friedman import friedman
from analyze.stats.tasks.random_effects import further_task
from analyze.stats.tasks.van_elteren import VanElteren, van_elteren
from analyze.stats.two_sample import TwoSampleResult, compare_means
from analyze.table.pairing import OVER_TASKS
from analyze.table.runs import RunTable
from analyze.tasked import Further, GroupTasks, PairTasks, TaskResult, Tasks

Names = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskComparison:
    """All that was computed over tasks."""

    table: RunTable  # with scores as values
    pairs: tuple[PairComparison, ...]
    tasks: Tasks
    groups: dict[str, GroupTasks]
    of_pairs: dict[Names, PairTasks]
    ranking: Ranking | None
    order: tuple[str, ...]
    scores: dict[str, Group]

    def profile(self, group: str, at: Floats) -> tuple[Floats, float]:
        """Return the share of a group's runs that score more than each value, and the reach of its band."""
        of, counts = self.scores[group].of(self.tasks.tasks)
        level = self.table.question.confidence
        wider = scores.widening([[len(x) for x in of]], level)
        return scores.profile(of, counts, at, confidence=level, wider=wider)


def compare_over_tasks(
    table: RunTable, names: Sequence[Names], progress: Progress | None = None
) -> TaskComparison:
    """Compare groups within tasks and over them.

    Parameters
    ----------
    table : RunTable
        With the task of every run.
    names : sequence
        The pairs of groups that are compared.
    progress : callable, optional
        Is told how many pairs are done.
    """
    normalise, values = scores_of(table)
    question = replace(table.question, normalise=normalise)
    table = replace(table, question=question, runs=table.runs.assign(value=values))
    groups = {group: group_of(table, group, question) for group in table.groups}
    every = sorted({task for one in groups.values() for task in one.scores})
    common = [task for task in every if all(one.has(task) for one in groups.values())]
    shared = {(a, b): [t for t in every if groups[a].has(t) and groups[b].has(t)] for a, b in names}
    found = [
        van_elteren([groups[a].scores[t] for t in shared[a, b]], [groups[b].scores[t] for t in shared[a, b]])
        for a, b in counted(names, "testing pair over tasks", progress)
    ]
    tests = adjusted_tests([[_test(one, question)] for one in found], question)
    least = adjust([one.minimum for one in found], question.adjust)
    pairs, of_pairs = [], {}
    for i, (a, b) in enumerate(counted(names, "comparing pair over tasks", progress)):
        both = groups[a], groups[b]
        of_pairs[a, b] = _within(both, shared[a, b], question, (a, b))
        effects = _effects(both, shared[a, b], question)
        pairs.append(_pair((a, b), both, tests[i], effects, of_pairs[a, b], found[i], float(least[i]), table))
    ranking, order = ranking_of(groups, common, question)
    means = np.array([[g.scores[t].mean() for g in groups.values()] for t in common])
    ranked = friedman(sign_of(question) * means, alpha=question.alpha) if common and len(groups) > 2 else None
    cells = [(group, task) for group in table.groups for task in every]
    tasks = Tasks(
        name=", ".join(question.task),
        tasks=tuple(common),
        normalise=normalise,
        missing=tuple((g, t) for g, t in cells if t not in groups[g].scores),
        few=tuple((g, t) for g, t in cells if len(groups[g].scores.get(t, (0, 0))) == 1),
        friedman=ranked.statistic if ranked else None,
        friedman_df=ranked.df if ranked else 0,
        friedman_pvalue=ranked.pvalue if ranked else None,
        critical_difference=ranked.critical_difference if ranked else None,
    )
    return TaskComparison(
        table=table,
        pairs=tuple(pairs),
        tasks=tasks,
        groups=of_groups(groups, common, question),
        of_pairs=of_pairs,
        ranking=ranking,
        order=order,
        scores=groups,
    )


def _test(found: VanElteren, question: Question) -> TwoSampleResult:
    return TwoSampleResult(
        test=OVER_TASKS,
        label="Van Elteren",
        hypothesis=f"within each {', '.join(question.task)} the two distributions are equal",
        statistic_name="z",
        statistic=found.z,
        pvalue=found.pvalue,
        pvalue_error=0.0,
        method=found.method,
    )


def _within(groups: tuple[Group, Group], tasks: Sequence[str], question: Question, names: Names) -> PairTasks:
    """Compare two groups in each task, and draw conclusions for further ones."""
    a, b = groups
    rows = []
    for task in tasks:
        x, y = a.scores[task], b.scores[task]
        improvement = float(scores.improvements([x], [y])[0, 0])
        low, high = compare_means(x, y).interval(question.confidence)[:2]
        rows.append((task, x, y, improvement, low, high, van_elteren([x], [y])))
    adjusted = adjust([row[-1].pvalue for row in rows], question.adjust)
    least = adjust([row[-1].minimum for row in rows], question.adjust)
    higher = question.better == "higher" or question.normalise != "none"
    results = []
    for (task, x, y, improvement, low, high, found), p in zip(rows, adjusted, strict=True):
        better = (improvement > 0.5) == higher
        told = "same" if p > question.alpha or improvement == 0.5 else "better" if better else "worse"
        numbers = known({"improvement": improvement, "low": low, "high": high})
        results.append(
            TaskResult(
                task=task, n_a=len(x), n_b=len(y), difference=float(y.mean() - x.mean()), pvalue=found.pvalue,
                pvalue_adjusted=float(p), told=told, **numbers,
            )
        )  # fmt: skip
    both = [(x, y) for _, x, y, *_ in rows]
    differences = np.array([y.mean() - x.mean() for x, y in both])
    variances = np.array([x.var(ddof=1) / len(x) + y.var(ddof=1) / len(y) for x, y in both])
    df = np.array([float(len(x) + len(y) - 2) for x, y in both])
    beyond = further_task(
        differences, variances, df, confidence=question.confidence,
        rng=stream(question.seed, "further task", *sorted(names)),
    )  # fmt: skip
    numbers = asdict(beyond)
    tau2, share = numbers.pop("tau2"), numbers.pop("share_positive")
    numbers |= {"tau": math.sqrt(tau2) if tau2 >= 0 else math.nan, "share": share}
    if not higher:
        numbers |= {
            "share": 1 - share,
            "share_low": 1 - numbers["share_high"],
            "share_high": 1 - numbers["share_low"],
        }
    signs = [(one.difference or 0.0) * (1 if higher else -1) for one in results]
    return PairTasks(
        n_tasks=len(tasks),
        n_above=sum(sign > 0 for sign in signs),
        n_below=sum(sign < 0 for sign in signs),
        tells=bool(min(least, default=1.0) <= question.alpha),
        n_better=sum(one.told == "better" for one in results),
        n_worse=sum(one.told == "worse" for one in results),
        further=Further(**known(numbers)),
        results=tuple(results),
    )


def _effects(both: tuple[Group, Group], tasks: Sequence[str], question: Question) -> list[EffectResult]:
    """Return the probability of improvement and the differences of the aggregates over tasks."""
    (a, counts_a), (b, counts_b) = (group.of(tasks) for group in both)
    level = question.confidence
    wider = scores.widening([[len(x) for x in group] for group in (a, b)], level)
    method = "percentile bootstrap within tasks, widened for few runs"

    def effect(name: str, label: str, of: Floats, drawn: Floats, null: float, unit: str) -> EffectResult:
        estimate = float(of[0])
        low, high = scores.interval(estimate, drawn, level, wider=wider)
        if name == "probability_of_superiority":
            low, high = max(low, 0.0), min(high, 1.0)
        return EffectResult(
            effect=name, label=label, estimate=estimate, low=low, high=high, confidence_level=level,
            method=method, null_value=null, unit=unit,
        )  # fmt: skip

    of_a, of_b = scores.aggregates(a), scores.aggregates(b)
    drawn_a, drawn_b = scores.aggregates(a, counts_a), scores.aggregates(b, counts_b)
    found = [
        effect(
            "probability_of_superiority",
            "probability of improvement",
            scores.improvements(a, b).mean(axis=1),
            scores.improvements(a, b, counts_a, counts_b).mean(axis=1),
            0.5,
            "probability",
        )
    ]
    names = {"mean": "mean_difference"}
    found += [
        effect(
            names.get(name, f"{name}_difference"),
            f"difference of {LABELS[name]}{'s' if name in ('mean', 'iqm') else ''}",
            of_b[name] - of_a[name],
            drawn_b[name] - drawn_a[name],
            0.0,
            "score",
        )
        for name in scores.AGGREGATES
    ]
    return found


def _pair(
    names: Names,
    both: tuple[Group, Group],
    tests: pd.DataFrame,
    effects: Sequence[EffectResult],
    of_tasks: PairTasks,
    found: VanElteren,
    least: float,
    table: RunTable,
) -> PairComparison:
    question = table.question
    pvalue = float(tests["pvalue_adjusted"].iloc[0])
    verdict = decide(pvalue=pvalue, minimum_pvalue=least, alpha=question.alpha, margin_pvalue=None)
    sentence, detail = pair_words(names, verdict, found, pvalue, list(effects), of_tasks, question)
    n_a, n_b = (sum(map(len, group.scores.values())) for group in both)
    improvement = effects[0].estimate
    return PairComparison(
        group_a=names[0],
        group_b=names[1],
        n_a=n_a,
        n_b=n_b,
        verdict=verdict,
        sentence=sentence,
        detail=detail,
        tests=tests,
        effects=pd.DataFrame([asdict(e) for e in effects]),
        where=None,
        matched=None,
        failures=None,
        worst_ranked=None,
        minimum_pvalue=found.minimum,
        separated=improvement in (0.0, 1.0),
        share_equal=0.0,
        unlike_spreads="",
        detectable_difference=None,
        margin_pvalue=None,
    )
