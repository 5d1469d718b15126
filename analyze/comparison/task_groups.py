"""Groups over the tasks that all have: aggregates, mean ranks, and which may be the best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analyze.comparison.ranking import best_sentence
from analyze.comparison.scope import known
from analyze.question import Question
from analyze.records import Rank, Ranking
from analyze.stats import ranks
from analyze.stats.resampling import Floats, Ints, stream
from analyze.stats.tasks import scores
from analyze.table.runs import RunTable
from analyze.tasked import Aggregate, GroupTasks

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


def sign_of(question: Question) -> float:
    """Scores of a common scale are better the larger; values as they are as the question says."""
    return -1.0 if question.better == "lower" and question.normalise == "none" else 1.0


def group_of(table: RunTable, group: str, question: Question) -> Group:
    """Take a group's scores, and draw its resamples, once for all that is asked of it."""
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


def of_groups(groups: Mapping[str, Group], tasks: Sequence[str], question: Question) -> dict[str, GroupTasks]:
    """Sum up each group over tasks that all have."""
    if not tasks:
        return {}
    level, sign = question.confidence, sign_of(question)
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


def ranking_of(
    groups: Mapping[str, Group], tasks: Sequence[str], question: Question
) -> tuple[Ranking | None, tuple[str, ...]]:
    """Return the groups by their interquartile means, the best first, with the ranks that each may have."""
    if not tasks:
        return None, tuple(groups)
    sign = sign_of(question)
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
    end = "lowest" if sign_of(question) < 0 else "highest"
    return best_sentence(first, rows, f"the {end} {LABELS[CENTRE]} of scores", question)
