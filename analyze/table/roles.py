"""Which columns of a table have a role in a question, once it is in the form of one row a run."""

from dataclasses import dataclass, replace

import pandas as pd

from analyze import text as fmt
from analyze.errors import DataError, UsageError, argument
from analyze.question import Question
from analyze.table import assumed, grouping, reshape, units
from analyze.table.grouping import Part
from analyze.table.outcomes import KEY
from analyze.table.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Which columns of a frame have a role."""

    by: tuple[Part, ...]
    unit: tuple[str, ...]
    step: str | None
    paired: bool
    ours: bool
    task: tuple[str, ...] = ()

    @property
    def taken(self) -> tuple[str, ...]:
        """Columns of groups and units."""
        return (*(part.column for part in self.by), *self.unit)


def shaped(source: Source, question: Question) -> tuple[Source, pd.DataFrame, Question, list[str]]:
    """Turn wide tables and tables of metric and value into one column of values."""
    frame, told = source.frame, []
    if question.wide is not None:
        named = question.unit or units.find_unit(frame, taken=question.wide)
        ids = (named,) if named is not None and (question.unit or frame[named].is_unique) else ()
        frame, group, unit = reshape.wide(frame, question.wide, value=question.value, ids=ids)
        shown = grouping.listed(list(frame[group].unique()), 6)
        of_unit = f", of one {unit}" if ids else ""
        told.append(f"Columns are groups (--wide): {shown}; a row holds a run of each{of_unit}.")
        if question.by == ("schedule",):
            question = replace(question, by=(group,))
        source = replace(source, unit=unit)
        return source, frame, question, told
    if question.metric_column is None:
        question, told = assumed.with_columns(question, source, frame)
    if question.metric_column is not None or question.value not in frame.columns:
        found = reshape.find_metric_column(frame, question.value, asked=question.metric_column)
        if found is None:
            reshape.refuse_other_metric(frame, question.value)
        else:
            metric, value = found
            n = len(frame)
            frame = reshape.of_metric(frame, metric, value, question.value)
            told.append(
                f"{question.value}: the {fmt.count(len(frame))} of {fmt.count(n)} rows where "
                f"{metric} is {question.value}."
            )
    if question.by == ("schedule",) and "schedule" not in frame.columns and "file" in frame.columns:
        question = replace(question, by=("file",))
    return source, frame, question, told


def measured(frame: pd.DataFrame) -> list[str]:
    """Return what a row of a wide table holds beside its groups: all of these have it in common."""
    return [str(c) for c in frame.columns if pd.api.types.is_float_dtype(frame[c].dtype)]


def find_roles(frame: pd.DataFrame, source: Source, question: Question) -> tuple[Roles, Question]:
    """Find the columns that the question names, and those that it leaves to be found."""
    columns = [str(name) for name in frame.columns]
    # Of our own tables not every column is read
    shown = list(source.columns) if set(columns) <= set(source.columns) else columns
    value = grouping.find_column(question.value, shown, option="value")
    by = grouping.find_parts(question.by, shown)
    if value in {part.column for part in by}:
        raise UsageError(
            f"{value!r} is both {argument('value')} and {argument('by')}; group by another column"
        )
    if frame.empty:
        raise DataError(
            f"the table {question.table!r} has no rows; collect runs first, or give another table"
        )
    ours = source.schema_version is not None or set(KEY) <= set(columns)
    taken = (value, *(part.column for part in by))
    task = grouping.find_columns(question.task, shown, option="task")
    if question.status is not None:
        question = replace(question, status=grouping.find_column(question.status, shown, option="status"))
    for name in task:
        if name in taken:
            raise UsageError(
                f"{name!r} is both {argument('task')} and {argument('value' if name == value else 'by')}; "
                "name another"
            )
    step = source.step if source.step in columns else None
    unit: tuple[str, ...] = ()
    for option, asked in (("paired", question.paired), ("unit", question.unit)):
        if asked is not None and not unit:
            unit = grouping.find_columns((asked,), shown, option=option)
    if not unit:
        free = (*taken, *task, *((step,) if step else ()))
        found = source.unit if source.unit in columns else units.find_unit(frame, taken=free)
        unit = () if found is None else (found,)
    unit = tuple(dict.fromkeys((*task, *unit)))
    is_declared = question.paired is not None
    paired = is_declared or bool(task)
    if step is None:
        step = units.find_step(frame, taken=(*taken, *unit))
    question = replace(
        question,
        value=value,
        by=tuple(part.text for part in by),
        unit=", ".join(unit) or None,
        paired=", ".join(unit) if paired else None,
        better=source.better if source.better and question.better_assumed else question.better,
        better_assumed=question.better_assumed and source.better is None,
    )
    return Roles(
        by=by, unit=unit, step=step, paired=paired, ours=ours, task=() if is_declared else task
    ), question
