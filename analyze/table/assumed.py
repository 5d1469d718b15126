"""What is compared where a question names no column: the only one that can be meant, or a question back."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from analyze.errors import UsageError, argument
from analyze.question import Question, options
from analyze.table import grouping, reshape
from analyze.table.inventory import Inventory, columns_of_role, take_inventory
from analyze.table.source import Source

_VALUE, _BY = (str(options("compare")[name].default) for name in ("value", "by"))


def with_columns(question: Question, source: Source, frame: pd.DataFrame) -> tuple[Question, list[str]]:
    """Return the question with the columns that it leaves open, and what to say of them.

    Our own tables have those that are taken by default. Of others the only column that can be meant is taken.

    Raises
    ------
    UsageError
        Several can be meant, or none.
    """
    asks_value = question.value == _VALUE and _VALUE not in frame.columns
    asks_value = asks_value and reshape.find_metric_column(frame, _VALUE) is None
    asks_by = question.by == (_BY,) and not {_BY, "file"} & set(frame.columns)
    if frame.empty or not (asks_value or asks_by):
        return question, []
    found = take_inventory(replace(source, frame=frame))
    named = _named(question)
    told: list[str] = []
    if asks_value:
        columns = [c for c in columns_of_role(found, "value") if c not in named]
        reshape.refuse_other_metric(frame, question.value)
        value = _only(columns, frame, option="value", says="which numbers are compared")
        question = replace(question, value=value)
        if question.better_assumed:
            question = replace(question, better=_better(found, value))
        told.append(f"The numbers of {value} are compared, which alone look like results (--value).")
    if asks_by:
        columns = [c for c in columns_of_role(found, "group") if c not in {*named, question.value}]
        by = _only(columns, frame, option="by", says="which column makes the groups")
        question = replace(question, by=(by,))
        told.append(f"The values of {by} make the groups, the only column that could (--by).")
    return question, told


def group_columns(frame: pd.DataFrame, source: Source) -> list[str]:
    """Return the columns that could make groups."""
    return list(columns_of_role(take_inventory(replace(source, frame=frame)), "group"))


def _only(columns: Sequence[str], frame: pd.DataFrame, *, option: str, says: str) -> str:
    if len(columns) == 1:
        return columns[0]
    likely = f"likely {grouping.listed(columns, 12)}; " if columns else ""
    raise UsageError(
        f"{argument(option, like='COLUMN')} is to say {says}: {likely}the table has "
        f"{grouping.listed(list(map(str, frame.columns)))} (analyze columns tells what each could be)"
    )


def _named(question: Question) -> set[str]:
    texts = (*question.by, *question.task, question.unit, question.paired, question.status)
    return {part.partition("~")[0].strip() for text in texts if text for part in (text, *text.split(","))}


def _better(found: Inventory, value: str) -> str:
    (use,) = [use for use in found.columns if use.column == value]
    return use.better.rstrip("?")
