"""Groups compared within tasks and over them, where runs were made of several tasks.

The statistics are `analyze.stats.tasks`; here they meet the groups, scores get a common scale, and pairs get
their verdicts.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from analyze.comparison.adjustment import adjust, adjusted_tests
from analyze.comparison.pair import PairComparison
from analyze.comparison.ranking import best_sentence
from analyze.comparison.scope import known
from analyze.comparison.task_scores import scores_of
from analyze.comparison.task_words import pair_words
from analyze.comparison.verdict import decide
from analyze.progress import Progress, counted
from analyze.question import Question
from analyze.records import Rank, Ranking
from analyze.stats import ranks
from analyze.stats.effects import EffectResult
from analyze.stats.resampling import Floats, Ints, stream
from analyze.stats.tasks import scores
from analyze.stats.tasks.friedman import friedman
from analyze.stats.tasks.random_effects import further_task
from analyze.stats.tasks.van_elteren import VanElteren, van_elteren
from analyze.stats.two_sample import TwoSampleResult, compare_means
from analyze.table.pairing import OVER_TASKS
from analyze.table.runs import RunTable
from analyze.tasked import Aggregate, Further, GroupTasks, PairTasks, TaskResult, Tasks

Names = tuple[str, str]
LABELS = {
    "mean": "mean",
    "iqm": "interquartile mean",
    "median": "median of tasks",
    "optimality_gap": "optimality gap",
}
# Resamples of runs within tasks; more move no end of an interval by a tenth of its width
MAX_RESAMPLES = 4999
# The aggregate that orders the groups
CENTRE = "iqm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group's scores by task, those of a task in one array, and how often resamples draw each run."""

    scores: dict[str, Floats]
    counts: dict[str, Ints]

    def has(self, task: str) -> bool:
        """Whether there are runs of a task, and enough to tell how they spread."""
        return len(self.scores.get(task, ())) > 1

    def of(self, tasks: Sequence[str]) -> tuple[list[Floats], list[Ints]]:
        """Return scores and counts of tasks, in their order."""
        return [self.scores[task] for task in tasks], [self.counts[task] for task in tasks]


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
    groups = {group: _group(table, group, question) for group in table.groups}
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
    ranking, order = _ranking(groups, common, question)
    means = np.array([[g.scores[t].mean() for g in groups.values()] for t in common])
    ranked = friedman(_sign(question) * means, alpha=question.alpha) if common and len(groups) > 2 else None
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
        groups=_of_groups(groups, common, question),
        of_pairs=of_pairs,
        ranking=ranking,
        order=order,
        scores=groups,
    )


def _sign(question: Question) -> float:
    """Scores of a common scale are better the larger; values as they are as the question says."""
    return -1.0 if question.better == "lower" and question.normalise == "none" else 1.0


def _group(table: RunTable, group: str, question: Question) -> Group:
    runs = table.runs[table.runs["group"] == group]
    values = {
        str(task): part.to_numpy(dtype=np.float64)
        for task, part in runs.groupby("task", observed=True, sort=True)["value"]
    }
    n_resamples = min(question.resamples, MAX_RESAMPLES)
    return Group(
        scores=values,
        counts={
            task: scores.draw_counts(
                [len(x)], rng=stream(question.seed, "tasks", group, task), n_resamples=n_resamples
            )[0]
            for task, x in values.items()
        },
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


def _of_groups(
    groups: Mapping[str, Group], tasks: Sequence[str], question: Question
) -> dict[str, GroupTasks]:
    if not tasks:
        return {}
    level, sign = question.confidence, _sign(question)
    taken = {name: group.of(tasks) for name, group in groups.items()}
    wider = scores.widening([[len(x) for x in of] for of, _ in taken.values()], level)
    means = np.array([[x.mean() for x in of] for of, _ in taken.values()])  # groups × tasks
    drawn = np.array(
        [[k @ x / len(x) for x, k in zip(of, counts, strict=True)] for of, counts in taken.values()]
    )
    place = stats.rankdata(-sign * means, axis=0).mean(axis=1)
    places = stats.rankdata(-sign * drawn, axis=0).mean(axis=1)
    found = {}
    for i, (name, (of, counts)) in enumerate(taken.items()):
        here, resampled = scores.aggregates(of), scores.aggregates(of, counts)
        rows = []
        for aggregate in scores.AGGREGATES:
            estimate = float(here[aggregate][0])
            low, high = scores.interval(estimate, resampled[aggregate], level, wider=wider)
            numbers = known({"estimate": estimate, "low": low, "high": high})
            rows.append(Aggregate(name=aggregate, label=LABELS[aggregate], **numbers))
        low, high = scores.interval(float(place[i]), places[i], level, wider=wider)
        low, high = max(low, 1.0), min(high, float(len(taken)))
        numbers = known({"rank": float(place[i]), "low": low, "high": high})
        found[name] = GroupTasks(aggregates=tuple(rows), **numbers)
    return found


def _ranking(
    groups: Mapping[str, Group], tasks: Sequence[str], question: Question
) -> tuple[Ranking | None, tuple[str, ...]]:
    """Return the groups by their interquartile means, the best first, with the ranks that each may have."""
    if not tasks:
        return None, tuple(groups)
    sign = _sign(question)
    taken = {name: group.of(tasks) for name, group in groups.items()}
    estimates = np.array([sign * scores.aggregates(of)[CENTRE][0] for of, _ in taken.values()])
    places = sorted(range(len(groups)), key=lambda i: (-estimates[i], list(groups)[i]))
    order = tuple(list(groups)[i] for i in places)
    if len(groups) < 3:
        return None, order
    drawn = np.column_stack([sign * scores.aggregates(of, counts)[CENTRE] for of, counts in taken.values()])
    wider = scores.widening([[len(x) for x in of] for of, _ in taken.values()], question.confidence)
    spread = drawn.mean(axis=0) + wider * (drawn - drawn.mean(axis=0))
    found = ranks.differences_of_replicates(estimates, spread - spread.mean(axis=0) + estimates)
    apart = ranks.told_apart(found, confidence=question.confidence)
    sets = ranks.rank_sets(estimates, apart)
    at = [list(groups).index(group) for group in order]
    letters = ranks.letters(apart, at)
    rows = tuple(
        Rank(group=group, rank=place, low=sets[i].low, high=sets[i].high, letters=letters[i])
        for place, (group, i) in enumerate(zip(order, at, strict=True), start=1)
    )
    first = [row.group for row in rows if row.low == 1]
    return Ranking(
        centre=LABELS[CENTRE], n_units=None, ranks=rows, sentence=_best(first, rows, question)
    ), order


def _best(first: Sequence[str], rows: Sequence[Rank], question: Question) -> str:
    end = "lowest" if _sign(question) < 0 else "highest"
    return best_sentence(first, rows, f"the {end} {LABELS[CENTRE]} of scores", question)
