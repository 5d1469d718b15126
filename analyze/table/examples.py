"""Tables with a row for each answer of a run to a test example, turned into one row a run."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyze import text as fmt
from analyze.errors import DataError, UsageError, argument
from analyze.question import Question
from analyze.table import cells, grouping, units
from analyze.table.readers.values import free_name
from analyze.table.source import Source

Ints = npt.NDArray[np.int64]
# Of an answer that is not there
_NONE = 255


def runs_of(
    frame: pd.DataFrame, source: Source, question: Question
) -> tuple[pd.DataFrame, Ints | None, Question, list[str]]:
    """Put the answers of each run together.

    Parameters
    ----------
    frame : DataFrame
        A row for each run and example: ``question.example`` names the example, ``question.value`` is 1 or 0,
        right or wrong as ``question.better`` says, ``question.by`` and the unit name the run.
    source, question
        Where it comes from, and what is asked.

    Returns
    -------
    DataFrame
        One row a run: its columns of groups and units, the share of right answers as the value, and a column
        with the answers.
    ndarray of int, or None
        Which examples are alike, with ``question.cluster``.
    Question
        With the column of answers as ``outcomes``.
    list of str
        What was left out.

    Raises
    ------
    UsageError
        A column is not there.
    DataError
        The values are not 0 and 1, a run answered an example twice, or the runs have no examples in common.
    """
    columns = [str(name) for name in frame.columns]
    value = grouping.find_column(question.value, columns, option="value")
    example = grouping.find_column(str(question.example), columns, option="example")
    cluster = (
        None
        if question.cluster is None
        else grouping.find_column(question.cluster, columns, option="cluster")
    )
    by = [part.column for part in grouping.find_parts(question.by, columns)]
    unit = _unit(frame, source, question, taken=[value, example, *([cluster] if cluster else []), *by])
    names = list(dict.fromkeys([*by, *unit]))
    right = _right(frame, value, question)
    known = frame[[*names, example]].notna().all(axis=1).to_numpy() & (right != _NONE)
    frame, right = frame[known], right[known]
    if frame.empty:
        raise DataError(f"no row has a run, a test example and a {value}; see {argument('example', example)}")
    run, runs = _coded(frame, names)
    item, items = _coded(frame, [example])
    _check_once(frame, run, item, example, unit)
    codes = np.full((len(runs), len(items)), _NONE, dtype=np.uint8)
    codes[run, item] = 1 - right
    shared, told = _shared(codes, runs, names, example)
    codes = np.ascontiguousarray(codes[:, shared])
    found = runs.reset_index(drop=True)
    found[value] = (codes == (0 if question.better == "higher" else 1)).mean(axis=1)
    name = free_name("answers", [*found.columns, *by, *unit])
    found[name] = pd.Series([row.tobytes() for row in codes], dtype=object)
    alike = None if cluster is None else _clusters(frame, item, cluster, example)[shared]
    # From here on a 0 is right, whatever the column said
    return found, alike, replace(question, outcomes=name, outcomes_are=None), told


def _unit(
    frame: pd.DataFrame, source: Source, question: Question, *, taken: Sequence[str]
) -> tuple[str, ...]:
    columns = [str(name) for name in frame.columns]
    for option, asked in (("paired", question.paired), ("unit", question.unit)):
        if asked is not None:
            return grouping.find_columns((asked,), columns, option=option)
    free = [*taken, *([source.step] if source.step else [])]
    found = source.unit if source.unit in columns else units.find_unit(frame, taken=free)
    if found is None:
        raise UsageError(
            f"{argument('example', question.example)}: several runs answered each test example; name the "
            f"column that tells runs apart, a seed or an epoch, by {argument('unit', like='COLUMN')}"
        )
    return (found,)


def _right(frame: pd.DataFrame, value: str, question: Question) -> npt.NDArray[np.uint8]:
    """Return 1 where an answer is right, 0 where it is wrong, and another number where there is none."""
    numbers = cells.numbers(frame[value]).values  # noqa: PD011
    known = ~np.isnan(numbers)
    other = known & (numbers != 0) & (numbers != 1)
    if other.any() or not known.any():
        held = fmt.exact(float(numbers[other][0])) if other.any() else "no number"
        raise DataError(
            f"{argument('value', value)} is to be 1 or 0 for each test example, right or wrong, and holds "
            f"{held}: without {argument('example')} every row is a run"
        )
    right = numbers if question.better == "higher" else 1 - numbers
    return np.where(known, right, _NONE).astype(np.uint8)


def _coded(frame: pd.DataFrame, names: Sequence[str]) -> tuple[Ints, pd.DataFrame]:
    """Return the number of each row's combination of cells, in sorted order, and each combination once."""
    grouped = frame.groupby(list(names), sort=True, observed=True)
    codes = grouped.ngroup().to_numpy().astype(np.int64)
    first = np.unique(codes, return_index=True)[1]
    return codes, frame[list(names)].iloc[first]


def _check_once(frame: pd.DataFrame, run: Ints, item: Ints, example: str, unit: Sequence[str]) -> None:
    key = run * (int(item.max()) + 1) + item
    doubled = pd.Series(key).duplicated().to_numpy()
    if doubled.any():
        row = frame.iloc[int(np.flatnonzero(doubled)[0])]
        who = ", ".join(f"{name} {row[name]}" for name in unit)
        raise DataError(
            f"{who} answered {example} {fmt.shorten(str(row[example]), 40)!r} more than once in its group: "
            f"name all columns that tell runs apart by {argument('unit', like='COLUMN,COLUMN')}, or "
            f"filter with {argument('where')}"
        )


def _shared(
    codes: npt.NDArray[np.uint8], runs: pd.DataFrame, names: Sequence[str], example: str
) -> tuple[npt.NDArray[np.bool_], list[str]]:
    """Return which examples every run answered, and what that leaves out."""
    there = codes != _NONE
    shared = there.all(axis=0)
    if shared.sum() < 2:
        least = int(there.sum(axis=1).argmin())
        who = ", ".join(f"{name} {runs.iloc[least][name]}" for name in names)
        raise DataError(
            f"fewer than two values of {example!r} were answered by every run; {who} has "
            f"{fmt.plural(int(there[least].sum()), 'answer')}, the fewest: leave it out with "
            f"{argument('where')}"
        )
    n_lost = int((~shared).sum())
    lost = (
        f"{fmt.count(n_lost)} of {fmt.count(len(shared))} values of {example} were not answered by every run"
    )
    return shared, [f"{lost}, and are left out."] if n_lost else []


def _clusters(frame: pd.DataFrame, item: Ints, cluster: str, example: str) -> Ints:
    """Return the group of each example."""
    if frame[cluster].isna().any():
        raise DataError(f"{argument('cluster', cluster)} is missing for some values of {example!r}")
    codes, groups = _coded(frame, [cluster])
    if len(groups) < 2:
        raise DataError(
            f"{argument('cluster', cluster)} is the same for all test examples; two at least are needed"
        )
    of_item = np.full(int(item.max()) + 1, -1, dtype=np.int64)
    of_item[item] = codes
    wrong = of_item[item] != codes
    if wrong.any():
        row = frame.iloc[int(np.flatnonzero(wrong)[0])]
        raise DataError(
            f"{argument('cluster', cluster)} is not the same in all rows of {example} "
            f"{fmt.shorten(str(row[example]), 40)!r}"
        )
    return of_item
