"""Whether there is enough to compare, and no more than can be: groups, pairs and runs."""

from collections.abc import Callable
from itertools import combinations

import pandas as pd

from analyze import text as fmt
from analyze.errors import DataError, UsageError, argument
from analyze.question import Question
from analyze.table import grouping
from analyze.table.grouping import GROUP_SEPARATOR
from analyze.table.lone import MIN_RUNS
from analyze.table.pairing import OVER_TASKS, has_tasks

# Of so many pairs the primary test alone takes a minute.
MAX_PAIRS = 2000
# Of a column whose values stand in one row each, more than this are no groups.
MAX_LEVELS = 12
# A configuration as JSON has a tenth of it.
MAX_NAME = 10_000


def check_groups(groups: tuple[str, ...], question: Question) -> None:
    """Refuse one group, and names of which no page has room.

    Raises
    ------
    DataError
    """
    if len(groups) == 1:
        raise DataError(
            f"all runs are in one group, {GROUP_SEPARATOR.join(question.by)} = {groups[0]}; "
            f"a comparison needs two: collect another, or group by another column with {argument('by')}"
        )
    longest = max(groups, key=len)
    if len(longest) > MAX_NAME:
        raise DataError(
            f"a group's name has {fmt.count(len(longest))} letters ({fmt.shorten(longest, 60)!r}), and at "
            f"most {fmt.count(MAX_NAME)} are shown; group by another column with {argument('by')}"
        )


def check_number(groups: tuple[str, ...], question: Question) -> None:
    """Refuse what would take many minutes, and pages that nobody reads.

    Raises
    ------
    DataError
    """
    n_others = len(groups) - 1
    n_pairs = n_others * len(groups) // 2 if question.baseline is None else n_others
    if n_pairs > MAX_PAIRS:
        baseline = (
            ""
            if question.baseline or n_others > MAX_PAIRS
            else f"compare all with one ({fmt.count(n_others)} pairs), e.g. "
            f"{argument('baseline', groups[0])}, "
        )
        raise DataError(
            f"{fmt.count(len(groups))} groups make {fmt.count(n_pairs)} pairs, and at most "
            f"{fmt.count(MAX_PAIRS)} are compared: {baseline}choose groups with "
            f"{argument('where', like='EXPR')}, or group by fewer columns with {argument('by')}; analyze "
            "describe shows all groups"
        )


def check_tasks(runs: pd.DataFrame, groups: tuple[str, ...], question: Question) -> None:
    """Refuse groups that share no task, a test that does not look within tasks, and too many tasks.

    Raises
    ------
    DataError, UsageError
    """
    if not has_tasks(runs):
        return
    if question.primary != OVER_TASKS:
        raise UsageError(
            f"{argument('primary', question.primary)} does not look within tasks; with {argument('task')} "
            f"the primary test is {OVER_TASKS}: leave it out"
        )
    n_runs = runs.groupby("group", observed=True)["task"].value_counts()
    seen = {group: {task for of, task in n_runs[n_runs > 1].index if of == group} for group in groups}
    pairs = [(groups[0], g) for g in groups[1:]] if question.baseline else combinations(groups, 2)
    for a, b in pairs:
        if not seen[a] & seen[b]:
            raise DataError(
                f"{a} and {b} have no {', '.join(question.task)} in common of which both have two runs or "
                f"more; choose groups with {argument('where', like='EXPR')}"
            )


def check_levels(
    rows: pd.DataFrame, groups: tuple[str, ...], question: Question, suggested: Callable[[], list[str]]
) -> None:
    """Refuse a column of which nearly every value stands in one row: a number that was measured or drawn.

    Parameters
    ----------
    rows, groups, question
        As of `check_runs`.
    suggested : callable
        Returns the columns that could make groups instead.

    Raises
    ------
    DataError
    """
    counts = rows.loc[rows["reason"].isna(), "group"].value_counts()
    n_few = sum(counts.get(g, 0) < MIN_RUNS for g in groups)
    if len(groups) <= MAX_LEVELS or n_few <= len(groups) / 2 or grouping.numbered_labels(groups):
        return
    if n_few <= len(groups) - 2 and not all(map(_is_number, groups)):
        return  # names, of which those with one run are left out
    others = suggested()
    way = f"e.g. {argument('by', others[0])}" if others else f"or choose rows with {argument('where')}"
    columns, verb = " and ".join(question.by), "has" if len(question.by) == 1 else "have"
    raise DataError(
        f"{columns} {verb} {fmt.count(len(groups))} different values in {fmt.plural(len(rows), 'row')}, and "
        f"groups are to be few, with several runs each: group by another column, {way}"
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def check_runs(rows: pd.DataFrame, groups: tuple[str, ...], question: Question) -> None:
    """Refuse groups of too few finished runs, and values that are all the same.

    Parameters
    ----------
    rows : DataFrame
        ``group``, ``value`` and ``reason`` (missing where the run finished).
    groups : tuple of str
        In order.
    question : Question
        For messages.

    Raises
    ------
    DataError
    """
    finished = rows[rows["reason"].isna()]
    if finished.empty:
        raise DataError(
            f"no run has a finite {question.value}: {_reasons(rows)}; choose another value or table"
        )
    counts = finished["group"].value_counts()
    few = [g for g in groups if counts.get(g, 0) < MIN_RUNS]
    pattern = grouping.numbered_labels(groups) if len(few) == len(groups) > MIN_RUNS else None
    if pattern is not None:
        raise DataError(
            f"all {len(groups)} groups have one run or none, and their names end with a number: "
            f"{groups[0]!r} seems to hold the run's; take it off with "
            f"{argument('by', f'{question.by[0]}~{pattern}')}"
        )
    if few:
        n = int(counts.get(few[0], 0))
        more = f" (and {len(few) - 1} other groups too few)" if len(few) > 1 else ""
        lost = _reasons(rows[rows["group"] == few[0]])
        raise DataError(
            f"the group {few[0]!r} has {n} finished run{'' if n == 1 else 's'}{lost and f' ({lost})'}{more}; "
            f"each needs at least {MIN_RUNS}: collect more, or leave it out with {argument('where')}"
        )
    first = float(finished["value"].iloc[0])
    if (finished["value"] == first).all():
        raise DataError(
            f"{question.value} is {fmt.number(first, 6)} in all {len(finished)} runs: nothing to compare"
        )


def _reasons(rows: pd.DataFrame) -> str:
    return ", ".join(f"{n} × {reason}" for reason, n in rows["reason"].value_counts().sort_index().items())
