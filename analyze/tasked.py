"""What comparing groups within tasks and over them tells: of one group, of two, and of all.

Scores are the values of runs on a scale that tasks have in common; differences are b − a.
"""

from dataclasses import dataclass

from analyze.record import Number, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult(Record):
    """Two groups at one task.

    ``improvement`` is the probability that a run of b beats one of a, ties counting one half; ``difference``
    that of the mean scores with Welch's interval; ``pvalue`` that of the exact rank-sum test, adjusted over
    the tasks of the pair. ``told`` is ``better`` or ``worse`` of b where that is told, else ``same``.
    """

    task: str
    n_a: int
    n_b: int
    improvement: Number
    difference: Number
    low: Number
    high: Number
    pvalue: Number
    pvalue_adjusted: Number
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Further(Record):
    """The mean effect over all tasks like these, with its interval, and the effect in one further task.

    ``tau`` is the standard deviation of true effects between tasks; ``share`` is that of such tasks in which
    b is better.
    """

    mean: Number
    low: Number
    high: Number
    tau: Number
    prediction_low: Number
    prediction_high: Number
    share: Number
    share_low: Number
    share_high: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTasks(Record):
    """Two groups over the tasks that both have; ``further`` is of differences of mean scores.

    ``n_above`` counts the tasks in which the mean score of b is better, ``n_better`` those in which that is
    told apart, adjusted over tasks; ``tells`` whether so few runs a task could tell any apart.
    """

    n_tasks: int
    n_above: int
    n_below: int
    tells: bool
    n_better: int
    n_worse: int
    further: Further
    results: tuple[TaskResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate(Record):
    """One number for a group over the tasks that all groups have, with its interval over runs."""

    name: str
    label: str
    estimate: Number
    low: Number
    high: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTasks(Record):
    """A group over the tasks that all groups have: its aggregates, and its mean rank by the tasks' means.

    ``low`` and ``high`` are the interval of the mean rank, from resamples of the runs within tasks.
    """

    aggregates: tuple[Aggregate, ...]
    rank: Number
    low: Number
    high: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks(Record):
    """The tasks that were compared.

    ``name`` is what a task is called, ``tasks`` those that all groups have, ``missing`` the cells without a
    finished run as (group, task), ``few`` those with a single one. ``normalise`` is the scale of the scores.
    ``friedman`` is the test of equal mean ranks, where there are more than two groups, and
    ``critical_difference`` Nemenyi's.
    """

    name: str
    tasks: tuple[str, ...]
    normalise: str
    missing: tuple[tuple[str, str], ...]
    few: tuple[tuple[str, str], ...]
    friedman: Number
    friedman_df: int
    friedman_pvalue: Number
    critical_difference: Number
