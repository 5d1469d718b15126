"""Read a run table and give its columns their roles: what is compared, in which groups, and what is left out.

Every row of the input ends either in `RunTable.runs` or in a row of `RunTable.exclusions`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from analyze.errors import DataError, UsageError, argument
from analyze.question import Question
from analyze.results import ReadAs
from analyze.table import (
    account,
    answers,
    assumed,
    cells,
    enough,
    examples,
    filters,
    grouping,
    pairing,
    scales,
    steps,
    summaries,
)
from analyze.table.answers import Answers
from analyze.table.depths import HEADS, summarise_depths
from analyze.table.lone import LoneGroup, leave_out
from analyze.table.mixtures import OUR_COLUMNS, find_mixtures
from analyze.table.outcomes import KEY, Endings, Vocabulary, duplicate_rows, endings, word_endings
from analyze.table.replication import check_units, one_row_a_run
from analyze.table.roles import Roles, find_roles, measured, shaped
from analyze.table.source import Source, read_source

# What of our own run tables is read, besides what the question names: a configuration has 700 bytes a row.
_ALWAYS_READ = {
    *KEY, *OUR_COLUMNS, *HEADS, "diverged", "failed", "crashed", "status", "committed_at", "run_id", "n_test",
    "env_hash", "tensorflow", "package_version", "git_commit",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTable:
    """The runs that are compared, and an account of all others.

    Attributes
    ----------
    question : Question
        The question, with ``by``, ``unit`` and ``better`` resolved.
    runs : DataFrame
        ``group``, ``unit`` (missing if the table has no such column), ``value`` (finite): one row for each
        run that finished, sorted, whatever the order of rows and files in the input.
    groups : tuple of str
        The baseline first, then in sorted order.
    n_failed : dict
        Per group, the runs that diverged, failed, or ended without a finite value.
    exclusions : DataFrame
        ``group``, ``reason``, ``n``.
    mixtures : DataFrame
        Configuration columns that vary inside a group, see `analyze.table.mixtures.find_mixtures`.
    pairable : bool
        Whether equal units are matched pairs: declared, or by design, which only our own tables can promise.
    n_test : int or None
        Test examples behind the value, if it is an accuracy and the table says so.
    remarks : tuple of str
        What was decided while reading and the reader should know.
    read_as : ReadAs
        How the table was understood.
    depths : DataFrame
        Of our own tables, see `analyze.depths.summarise_depths`; empty for others.
    source : dict
        Path, number of rows and files, digest of the selected data, versions recorded in the table.
    lone : tuple of LoneGroup
        Groups with one finished run or none, which are not compared.
    answers : Answers or None
        What the runs answered to every test example, where the table holds it and it was asked for.
    """

    question: Question
    runs: pd.DataFrame
    groups: tuple[str, ...]
    n_failed: dict[str, int]
    exclusions: pd.DataFrame
    mixtures: pd.DataFrame
    pairable: bool
    n_test: int | None
    remarks: tuple[str, ...]
    read_as: ReadAs
    depths: pd.DataFrame
    source: dict[str, object]
    lone: tuple[LoneGroup, ...] = ()
    answers: Answers | None = None


def read(question: Question, *, comparing: bool = True) -> RunTable:
    """Read the table that a question is about.

    Parameters
    ----------
    question : Question
        From `analyze.question.make_question`.
    comparing : bool
        Whether two groups of two runs that differ somewhere are needed.

    Returns
    -------
    RunTable

    Raises
    ------
    UsageError
        If the question names a path, column or group that does not exist, or a filter that is no filter.
    DataError
        If the table cannot be read, its rows are no runs, or its data cannot be compared.
    """
    source = read_source(
        question.tables,
        text_columns=_groupers(question),
        wanted=_named(question) | _ALWAYS_READ,
        answers=question.outcomes,
    )
    return read_runs(source, question, comparing=comparing)


def read_runs(source: Source, question: Question, *, comparing: bool = True) -> RunTable:
    """Answer `read` of a table whose rows are read already."""
    if source.is_summary and not question.rows_are_runs:
        raise DataError(f"{source.kind}: {source.remarks[-1]}")
    if question.wide is None and summaries.may_be(source.frame, question.value):
        summaries.refuse_summaries(
            _select(source.frame, question, source.columns), value=question.value, by=question.by
        )
    source, frame, question, told = shaped(source, question)
    if question.outcomes is not None:
        question = replace(question, outcomes=answers.find_column(question, frame))
    alike = None
    if question.example is not None:
        selected = _select(frame, question, source.columns)
        frame, alike, question, more = examples.runs_of(selected, source, question)
        selected, source = frame, replace(source, columns=tuple(frame.columns))
        told += more
    plain = frame if question.outcomes is None else frame.drop(columns=question.outcomes)
    roles, question = find_roles(plain, source, question)
    if question.example is None:
        selected = _select(frame, question, list(frame.columns) if question.wide else source.columns)
    answered = None if question.outcomes is None else selected.pop(question.outcomes)
    rows, ended, remarks = _assign(selected, question, roles, source)
    groups = _order_groups(rows, selected, question, roles)
    if comparing:
        enough.check_groups(groups, question)
    if not (question.rows_are_runs or roles.ours):
        # In a log with empty cells between, a row without the value says nothing of runs.
        asked = ~(rows["passed_over"] | rows["empty"])
        check_units(selected[asked], rows[asked], question, roles, ended.columns)
    finished = rows[rows["reason"].isna()]
    scales.refuse_merged(selected.get(question.value), value=question.value)
    scales.refuse_extremes(finished, value=question.value)
    scales.refuse_mixed_scales(finished, value=question.value)
    lone: tuple[LoneGroup, ...] = ()
    if comparing:
        others = partial(assumed.group_columns, selected, source)
        enough.check_levels(rows, groups, question, others)
        groups, lone = leave_out(rows, groups, question)
        enough.check_runs(rows, groups, question)
        enough.check_number(groups, question)
    has_answers = answered is not None or bool(source.answered)
    runs, places = grouping.sorted_runs(rows, groups, with_places=has_answers)
    pairable = pairing.is_pairable(runs, selected, question, roles)
    question = pairing.with_primary(question, runs, groups, pairable=pairable)
    if pairing.has_tasks(runs):
        question = replace(question, paired=None)
        if comparing:
            enough.check_tasks(runs, groups, question)
    known = rows["group"].notna() & ~rows["passed_over"]
    seen, notes = None, list[str]()
    if (
        comparing
        and (has_answers or question.image_groups)
        and not (question.no_functions and alike is None and question.image_groups is None)
    ):
        seen, notes = answers.of_runs(source, question, selected, answered, runs, places, alike)
    remarks += notes
    told += [*(() if roles.ours else ended.told), *source.remarks, *grouping.alike(groups)]
    return RunTable(
        question=question,
        runs=runs,
        groups=groups,
        n_failed={g: int((rows["failed"] & (rows["group"] == g)).sum()) for g in groups},
        exclusions=account.exclusions(
            rows, (*groups, *(g.group for g in lone)), question, n_outside=len(frame) - len(selected)
        ),
        mixtures=find_mixtures(
            selected[known],
            rows[known],
            groups,
            question,
            ours=roles.ours,
            taken=(*roles.taken, *ended.columns, *(measured(frame) if question.wide else ())),
        ),
        pairable=pairable,
        n_test=account.n_test(selected, rows, question),
        remarks=tuple(dict.fromkeys((*told, *remarks))),
        read_as=_read_as(source, question, roles, told),
        depths=summarise_depths(selected if roles.ours else pd.DataFrame(), rows, groups),
        source=account.describe(source, frame, selected, runs, groups, ended.columns),
        lone=lone,
        answers=seen,
    )


def _named(question: Question) -> set[str]:
    """Return every word of a question that may be a column's name."""
    texts = (*question.by, *question.task, question.unit, question.paired, question.at)
    words = {word for text in texts for word in re.findall(r"\w+", text or "")}
    named = filter(
        None, (question.unit, question.status, question.metric_column, question.example, question.cluster)
    )
    return {question.value, *question.by, *words, *filters.names(question.where), *named}


def _groupers(question: Question) -> list[str]:
    """Return what may be a grouping column, in which "None" and "NA" are names, and that of answers."""
    asked = question.by if question.outcomes is None else (*question.by, question.outcomes)
    return [name.strip() for text in asked for name in (text, *text.split(","))]


def _select(frame: pd.DataFrame, question: Question, columns: Sequence[str]) -> pd.DataFrame:
    if question.where is None:
        return frame
    # Words among numbers, such as "diverged" in a column of losses, are no numbers
    mask = filters.mask(cells.numeric(frame), question.where, columns)
    selected = frame[mask].reset_index(drop=True)
    if selected.empty:
        meant = filters.hint(frame, question.where)
        raise DataError(f"{argument('where', question.where)} selects none of the {len(frame)} rows{meant}")
    return selected


def _assign(
    frame: pd.DataFrame, question: Question, roles: Roles, source: Source
) -> tuple[pd.DataFrame, Endings, list[str]]:
    """Give each row its group, unit and value, or the reason why it is not compared."""
    remarks: list[str] = []
    by = grouping.group_cells(frame, roles.by)
    numbers = _numbers(frame[question.value], question, remarks)
    rows = pd.DataFrame({"group": grouping.labels(by), "value": numbers.values}, frame.index)  # noqa: PD011
    rows["unit"] = _units(frame, roles.unit)
    if roles.task:
        rows["task"] = _units(frame, roles.task).astype("str")
    rows["empty"] = np.isnan(numbers.values) & numbers.words.isna().to_numpy()
    rows["passed_over"] = False
    vocabulary = Vocabulary(
        column=question.status, ok=question.ok, failed=question.failed, ignore=question.ignore
    )
    ended, notes = endings(
        frame,
        taken=(question.value, *roles.taken),
        value=question.value,
        vocabulary=vocabulary,
        status=source.status,
    )
    remarks += notes
    reason, failed = ended.reason, ended.failed
    if question.at is not None and ended.columns:
        # A log says "running" until its last row, which says how the run ended
        last = steps.last_rows(frame, rows, step=roles.step)
        reason, failed = reason.loc[last].set_axis(frame.index), failed.loc[last].set_axis(frame.index)
    in_words, word_failed = word_endings(numbers.words, column=question.value, vocabulary=vocabulary)
    if in_words.notna().any():
        in_words = in_words.map(lambda word: _lost(question.value, str(word)), na_action="ignore")
    infinite = np.isinf(rows["value"])
    for why, what in (
        (in_words, word_failed),
        (pd.Series(f"{question.value} is infinite", frame.index).where(infinite, None), infinite),
        (
            pd.Series(f"{question.value} is missing", frame.index).where(rows["empty"], None),
            rows["empty"] & roles.ours,
        ),
    ):
        new = reason.isna() & why.notna()
        reason, failed = reason.mask(new, why), failed.mask(new, what)
    no_group = rows["group"].isna()
    reason = reason.mask(no_group, f"{' or '.join(question.by)} is missing")
    failed = failed & ~no_group
    if roles.task:
        no_task = frame[list(roles.task)].isna().any(axis=1)
        reason = reason.mask(no_task & ~no_group, f"{' or '.join(roles.task)} is missing")
        failed = failed & ~no_task
    if question.at is not None:
        reason, failed = one_row_a_run(frame, rows, question, roles, reason, failed, remarks)
    if roles.ours and set(KEY) <= set(frame.columns):
        double = duplicate_rows(frame, [part.column for part in roles.by])
        reason, failed = reason.mask(double, f"duplicate of ({', '.join(KEY)})"), failed & ~double
    rows["reason"], rows["failed"] = reason, failed.astype(bool)
    return rows, ended, remarks


def _lost(value: str, word: str) -> str:
    plain = word.strip("+-−").lower()
    known = {"nan": "not a number", "inf": "infinite", "infinity": "infinite", "∞": "infinite"}
    return f"{value} is {known.get(plain, word)}"


def _numbers(column: pd.Series, question: Question, remarks: list[str]) -> cells.Numbers:
    name = question.value
    if pd.api.types.is_bool_dtype(column.dtype):
        remarks.append(f"{name} is true or false; it was compared as 1 or 0.")
    numbers = cells.numbers(column)
    if numbers.words.isna().all() and np.isnan(numbers.values).all():
        raise DataError(
            f"the value column {name!r} holds no value at all; choose another with {argument('value')}"
        )
    n_words, n_numbers = int(numbers.words.notna().sum()), int(np.isfinite(numbers.values).sum())
    if n_words and not n_numbers:
        raise DataError(
            f"the value column {name!r} is not numeric (it holds {numbers.words.dropna().iloc[0][:60]!r}); "
            f"choose a numeric column with {argument('value')}, or clean the table"
        )
    return numbers


def _units(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Name each row's run: by one column, as it is, or by several, joined."""
    if not columns:
        return pd.Series(pd.NA, index=frame.index, dtype=object)
    if len(columns) == 1:
        column = frame[columns[0]]
        return column if pd.api.types.is_numeric_dtype(column.dtype) else column.astype("str")
    return grouping.labels(frame[list(columns)]).astype("str")


def _order_groups(
    rows: pd.DataFrame, frame: pd.DataFrame, question: Question, roles: Roles
) -> tuple[str, ...]:
    first = rows["group"].dropna().drop_duplicates()
    names = [part.text for part in roles.by]
    if first.empty:
        raise DataError(
            f"no row has a value of {' and '.join(names)}; choose another column with {argument('by')}"
        )
    keys = grouping.group_cells(frame.loc[first.index], roles.by)
    keys = keys.apply(lambda c: c if pd.api.types.is_numeric_dtype(c.dtype) else c.astype(str))
    ordered = tuple(str(g) for g in first[keys.sort_values(names).index])
    baseline = question.baseline
    if baseline is not None and baseline.strip() in ordered:
        baseline = baseline.strip()
    if baseline is not None and baseline not in ordered:
        raise UsageError(
            f"{argument('baseline', baseline)}: there is no such group; {grouping.hint(baseline, ordered)}"
            f"the groups are {grouping.listed(ordered, 20)}"
        )
    return ordered if baseline is None else (baseline, *(g for g in ordered if g != baseline))


def _read_as(source: Source, question: Question, roles: Roles, told: Sequence[str]) -> ReadAs:
    return ReadAs(
        kind="" if roles.ours else source.kind,
        unit=question.unit,
        unit_assumed=bool(roles.unit) and not (question.unit_given or roles.paired or roles.ours),
        step=roles.step if question.at is not None else None,
        at=question.at,
        better_assumed=question.better_assumed,
        value_unit=source.units.get(question.value, ""),
        told=tuple(told),
    )
