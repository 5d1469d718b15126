"""How many runs the groups of a table would need: for each group, with its own spread."""

from dataclasses import dataclass

from analyze.errors import DataError
from analyze.question import Goal
from analyze.stats.power import RunsNeeded, runs_for_difference, runs_for_width
from analyze.stats.resampling import Floats, stream, tabulate
from analyze.table.runs import RunTable

MIN_RUNS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one group's spread asks for; what was not asked is None or empty."""

    group: str
    n: int
    sd: float
    tests: tuple[RunsNeeded, ...]
    difference: float | None
    power: float
    width: float | None
    n_for_width: int | None


def plan_runs(table: RunTable, goal: Goal) -> tuple[Plan, ...]:
    """Plan a comparison by the spread of each group.

    Parameters
    ----------
    table : RunTable
        From `analyze.table.read`.
    goal : Goal
        From `analyze.question.make_goal`.

    Raises
    ------
    DataError
        If no group has five finished runs with different values.
    """
    values = table.runs.groupby("group", observed=True)["value"]
    samples = {g: values.get_group(g).to_numpy() for g in table.groups if g in values.groups}
    usable = {g: x for g, x in samples.items() if len(x) >= MIN_RUNS and len(set(x.tolist())) > 1}
    if not usable:
        raise DataError(
            f"no group has {MIN_RUNS} finished runs with different values: collect some, to see the spread"
        )
    return tuple(_plan(g, x, table, goal) for g, x in usable.items())


def _plan(group: str, x: Floats, table: RunTable, goal: Goal) -> Plan:
    question, sample = table.question, tabulate(x)
    tests: list[RunsNeeded] = []
    if goal.difference is not None:
        tests = runs_for_difference(
            sample,
            difference=goal.difference,
            power=goal.power,
            alpha=question.alpha,
            rng=stream(question.seed, "power", group),
        )
    n_for_width = None
    if goal.width is not None:
        n_for_width = runs_for_width(sample, width=goal.width, confidence_level=question.confidence)
    return Plan(
        group=group,
        n=sample.n,
        sd=float((x - x[0]).std(ddof=1)),
        tests=tuple(tests),
        difference=goal.difference,
        power=goal.power,
        width=goal.width,
        n_for_width=n_for_width,
    )
