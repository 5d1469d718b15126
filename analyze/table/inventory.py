"""What a table holds: its columns, what each could be in a question, and the command to type next."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analyze.direction import guess_better, is_known, name_words
from analyze.table import units
from analyze.table.cells import numbers
from analyze.table.grouping import quoted
from analyze.table.names import STEP_NAMES, TASK_NAMES, plain_name, shown_value
from analyze.table.outcomes import outcome_columns
from analyze.table.source import Source

N_EXAMPLES = 3
# A group of two runs or more for each of not too many groups
_MAX_GROUPS = 60
_SETTINGS = (
    "method", "algorithm", "algo", "model", "optimizer", "schedule", "strategy", "agent", "arm", "config",
    "variant", "recipe", "experiment", "condition", "setting", "framework", "system", "name", "group",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnUse:
    """One column: its kind of cells, how many differ, are empty or words, and what it could be."""

    column: str
    cells: str
    n_distinct: int
    n_missing: int
    n_words: int
    examples: str
    could_be: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What was recognised in a place, its columns, and the command to type next (None: no idea)."""

    kind: str
    n_rows: int
    n_files: int
    columns: tuple[ColumnUse, ...]
    remarks: tuple[str, ...]
    command: str | None


def take_inventory(source: Source, tables: Sequence[str]) -> Inventory:
    """Look at every column of a table."""
    frame = source.frame
    outcomes = outcome_columns(frame, status=source.status)
    unit = source.unit if source.unit in frame.columns else units.find_unit(frame, taken=outcomes)
    step = (
        source.step if source.step in frame.columns else units.find_step(frame, taken=(*outcomes, unit or ""))
    )
    uses = tuple(
        _use(frame[column], unit=unit, step=step, is_outcome=column in outcomes) for column in frame.columns
    )
    return Inventory(
        kind=source.kind,
        n_rows=len(frame),
        n_files=source.n_files,
        columns=uses,
        remarks=source.remarks,
        command=_command(frame, uses, tables, unit=unit, step=step),
    )


def _use(cells: pd.Series, *, unit: str | None, step: str | None, is_outcome: bool) -> ColumnUse:
    name = str(cells.name)
    kind = _kind(cells)
    found = numbers(cells) if kind in ("text", "words among numbers") else None
    n_words = 0 if found is None or kind == "text" else int(found.words.notna().sum())
    distinct = cells.dropna().unique()
    shown = [shown_value(value)[:24] for value in distinct[:N_EXAMPLES]]
    return ColumnUse(
        column=name,
        cells=kind,
        n_distinct=len(distinct),
        n_missing=int(cells.isna().sum()),
        n_words=n_words,
        examples=", ".join([*shown, "…"] if len(distinct) > len(shown) else shown),
        could_be=_role(cells, name, kind, unit=unit, step=step, is_outcome=is_outcome),
    )


def _kind(cells: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(cells.dtype):
        return "true/false"
    if pd.api.types.is_integer_dtype(cells.dtype):
        return "whole numbers"
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return "numbers"
    if pd.api.types.is_datetime64_any_dtype(cells.dtype) or pd.api.types.is_timedelta64_dtype(cells.dtype):
        return "times"
    words = numbers(cells).words.notna().sum()
    return "words among numbers" if words < cells.notna().sum() / 2 else "text"


def _role(
    cells: pd.Series, name: str, kind: str, *, unit: str | None, step: str | None, is_outcome: bool
) -> str:
    """Say what a column could be in a question."""
    plain, n_distinct, n = plain_name(name), cells.nunique(), int(cells.notna().sum())
    if name == unit:
        return "unit"
    if name == step or plain in STEP_NAMES:
        return "step"
    if is_outcome:
        return "status"
    if n_distinct <= 1:
        return "the same everywhere" if n else "empty"
    if kind in ("numbers", "words among numbers"):
        return f"value ({guess_better(name)} is better{'' if is_known(name) else '?'})"
    if plain in TASK_NAMES:
        return "task, group"
    if kind == "whole numbers" and n_distinct > max(12, n / 4):
        return f"value ({guess_better(name)} is better{'' if is_known(name) else '?'})"
    if units.is_incidental(cells) or n_distinct > min(_MAX_GROUPS, n / 2):
        return "—"
    return "group"


def _command(
    frame: pd.DataFrame,
    uses: Sequence[ColumnUse],
    tables: Sequence[str],
    *,
    unit: str | None,
    step: str | None,
) -> str | None:
    """Return the command that most likely asks what is wanted."""
    values = [use.column for use in uses if use.could_be.startswith("value")]
    groups = [use.column for use in uses if use.could_be in ("group", "task, group")]
    if "file" in frame.columns and len(frame["file"].unique()) > 1:
        groups.append("file")
    if not values or not groups:
        return None
    value = min(values, key=lambda column: _value_rank(column, values))
    by = min(groups, key=lambda column: _group_rank(column, groups))
    words = ["analyze compare", *map(quoted, tables), "--value", quoted(value), "--by", quoted(by)]
    repeated = unit is not None and bool(frame.duplicated([by, unit]).any())
    if repeated and step is not None:
        words.append("--at last")
    return " ".join(words)


def _value_rank(column: str, columns: Sequence[str]) -> tuple[int, int, int]:
    words = name_words(column)
    tested = (
        0
        if {"test", "eval", "final"} & set(words)
        else 1
        if {"val", "valid", "validation"} & set(words)
        else 2
    )
    trained = 1 if {"train", "lr", "time", "duration", "runtime"} & set(words) else 0
    return (trained, 0 if is_known(column) else 1, tested * 100 + columns.index(column))


def _group_rank(column: str, columns: Sequence[str]) -> tuple[int, int]:
    plain = plain_name(column)
    return (_SETTINGS.index(plain) if plain in _SETTINGS else len(_SETTINGS), columns.index(column))
