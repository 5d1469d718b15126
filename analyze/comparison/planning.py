"""How many runs the groups of a table would need: for each group, with its own spread."""

import math
from dataclasses import dataclass

from analyze import text as fmt
from analyze.errors import DataError, UsageError
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


def plan_runs(
    table: RunTable, *, difference: float | None, width: float | None, power: float
) -> tuple[Plan, ...]:
    """Plan a comparison by the spread of each group.

    Parameters
    ----------
    table : RunTable
        From `analyze.table.read`.
    difference : float, optional
        Difference of means that is to be found, in units of the value.
    width : float, optional
        Full width of the interval of the difference of means.
    power : float
        Probability of finding ``difference``.

    Raises
    ------
    UsageError
        If nothing is asked, or a number is out of its range.
    DataError
        If no group has five finished runs with different values.
    """
    _check(difference, width, power)
    values = table.runs.groupby("group", observed=True)["value"]
    samples = {g: values.get_group(g).to_numpy() for g in table.groups if g in values.groups}
    usable = {g: x for g, x in samples.items() if len(x) >= MIN_RUNS and len(set(x.tolist())) > 1}
    if not usable:
        raise DataError(
            f"no group has {MIN_RUNS} finished runs with different values: collect some, to see the spread"
        )
    return tuple(_plan(g, x, table, difference, width, power) for g, x in usable.items())


def _plan(
    group: str, x: Floats, table: RunTable, difference: float | None, width: float | None, power: float
) -> Plan:
    question, sample = table.question, tabulate(x)
    tests: list[RunsNeeded] = []
    if difference is not None:
        rng = stream(question.seed, "power", group)
        tests = runs_for_difference(sample, difference=difference, power=power, alpha=question.alpha, rng=rng)
    n_for_width = None
    if width is not None:
        n_for_width = runs_for_width(sample, width=width, confidence_level=question.confidence)
    return Plan(
        group=group,
        n=sample.n,
        sd=float((x - x[0]).std(ddof=1)),
        tests=tuple(tests),
        difference=difference,
        power=power,
        width=width,
        n_for_width=n_for_width,
    )


def _check(difference: float | None, width: float | None, power: float) -> None:
    if difference is None and width is None:
        raise UsageError("give --difference X (to be found) or --width X (of the interval), or both")
    if difference is not None and not (math.isfinite(difference) and difference != 0):
        raise UsageError(f"--difference is {fmt.exact(difference)}; it must be a number other than 0")
    if width is not None and not (math.isfinite(width) and width > 0):
        raise UsageError(f"--width is {fmt.exact(width)}; it must be a number above 0")
    if not 0 < power < 1:
        raise UsageError(f"--power is {fmt.exact(power)}; it must lie between 0 and 1, e.g. 0.8")
