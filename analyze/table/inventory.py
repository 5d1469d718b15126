"""What a table holds: its columns, and what each could be in a question."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analyze import text as fmt
from analyze.direction import guess_better, is_known, name_words
from analyze.errors import DataError
from analyze.table import summaries, units
from analyze.table.cells import Numbers, numbers
from analyze.table.grouping import numbered_labels
from analyze.table.names import METRIC_NAMES, STEP_NAMES, TASK_NAMES, UNIT_NAMES, plain_name, shown_value
from analyze.table.outcomes import outcome_columns
from analyze.table.source import Source

N_EXAMPLES = 3
# A group of two runs or more for each of not too many groups
_MAX_GROUPS = 60
_MAX_LEVELS = 12
# Words of the names of settings, which are numbers that nobody measured.
_SETTING_WORDS = frozenset({
    "lr", "rate", "decay", "momentum", "gamma", "dropout", "batch", "width", "depth", "layers", "hidden",
    "dim", "size", "temperature", "eps", "epsilon", "warmup", "budget", "alpha", "beta", "beta1", "beta2",
    "config", "param", "params", "hparam", "hparams", "hp", "hyperparameter", "arg", "args", "setting",
})  # fmt: skip
_PREFIXES = (
    "params.",
    "params_",
    "param_",
    "config.",
    "config/",
    "hparams.",
    "hparams/",
    "user_attrs_",
    "tags.",
)
_ENDS_OF_RUNS = ("best", "selected", "stopped", "final", "last", "early", "chosen")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnUse:
    """One column: its kind of cells, how many differ, are empty or words, and what it could be.

    ``role`` is one of ``value``, ``group``, ``task``, ``measures``, ``label`` (it ends with the run's
    number), ``unit``, ``step``, ``status``, ``setting``, ``summary`` (means with their spread),
    ``constant``, ``empty``, or "" where it is none of these. ``better`` is set for values.
    """

    column: str
    cells: str
    n_distinct: int
    n_missing: int
    n_words: int
    examples: str
    role: str
    better: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What was recognised in a place, and its columns."""

    kind: str
    n_rows: int
    n_files: int
    columns: tuple[ColumnUse, ...]
    remarks: tuple[str, ...]
    unit: str | None
    step: str | None


def take_inventory(source: Source) -> Inventory:
    """Look at every column of a table."""
    frame = source.frame
    outcomes = outcome_columns(frame, status=source.status)
    unit = source.unit if source.unit in frame.columns else units.find_unit(frame, taken=outcomes)
    step = source.step if source.step in frame.columns else None
    if step is None:
        step = units.find_step(frame, taken=(*outcomes, unit or ""))
    roles = dict.fromkeys(outcomes, "status")
    if unit is None:
        roles |= dict.fromkeys(summaries.columns_of_summaries(frame), "summary")
    roles |= {name: role for name, role in ((unit, "unit"), (step, "step")) if name is not None}
    return Inventory(
        kind=source.kind,
        n_rows=len(frame),
        n_files=source.n_files,
        columns=tuple(_use(frame, str(column), roles.get(str(column))) for column in frame.columns),
        remarks=source.remarks,
        unit=unit,
        step=step,
    )


def _use(frame: pd.DataFrame, name: str, known: str | None) -> ColumnUse:
    cells = frame[name]
    found = None if pd.api.types.is_numeric_dtype(cells.dtype) else _numbers(cells)
    n_words = 0 if found is None else int(found.words.notna().sum())
    kind = _kind(cells, n_words)
    distinct = cells.dropna().unique()
    shown = [fmt.visible(shown_value(value)[:24]) for value in distinct[:N_EXAMPLES]]
    role = known or _role(frame, name, kind)
    return ColumnUse(
        column=name,
        cells=kind,
        n_distinct=len(distinct),
        n_missing=int(cells.isna().sum()),
        n_words=n_words if kind == "numbers" else 0,
        examples=", ".join([*shown, "…"] if len(distinct) > len(shown) else shown),
        role=role,
        better=f"{guess_better(name)}{'' if is_known(name) else '?'}" if role == "value" else "",
    )


def _numbers(cells: pd.Series) -> Numbers | None:
    try:
        return numbers(cells)
    except DataError:  # numbers that cannot be told, such as 1,234 among 0.5
        return None


def _kind(cells: pd.Series, n_words: int) -> str:
    if pd.api.types.is_bool_dtype(cells.dtype):
        return "true/false"
    if pd.api.types.is_integer_dtype(cells.dtype):
        return "integers"
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return "numbers"
    if pd.api.types.is_datetime64_any_dtype(cells.dtype) or pd.api.types.is_timedelta64_dtype(cells.dtype):
        return "times"
    n = int(cells.notna().sum())
    return "numbers" if n and n_words < n / 2 and _numbers(cells) is not None else "text"


def _role(frame: pd.DataFrame, name: str, kind: str) -> str:
    """Say what a column could be in a question."""
    cells, plain = frame[name], plain_name(name)
    n_distinct, n = int(cells.nunique()), int(cells.notna().sum())
    recurs = n_distinct <= min(_MAX_GROUPS, n / 2)
    if n_distinct <= 1:
        return "constant" if n else "empty"
    if plain in UNIT_NAMES and not (plain == "split" and kind == "text"):
        return "unit"
    if plain in STEP_NAMES:
        return "step"
    if any(plain == f"{start}{step}" for start in _ENDS_OF_RUNS for step in STEP_NAMES):
        return ""
    if kind == "text":
        return _role_of_texts(frame, name, recurs=recurs)
    if is_setting(name):
        return "group" if recurs and n_distinct <= _MAX_LEVELS else "setting"
    if kind in ("numbers", "integers"):
        few = recurs and n_distinct <= (_MAX_LEVELS if kind == "integers" else min(_MAX_LEVELS, n / 4))
        if is_known(name) or not few:
            return "value"
    return "group" if recurs and not units.is_incidental(cells) else ""


def _role_of_texts(frame: pd.DataFrame, name: str, *, recurs: bool) -> str:
    cells, plain = frame[name], plain_name(name)
    if summaries.are_summaries(frame, name):
        return "summary"
    if plain in METRIC_NAMES and recurs:
        return "measures"
    if plain in TASK_NAMES and recurs:
        return "task"
    if recurs and not units.is_incidental(cells):
        return "group"
    return (
        "label" if cells.nunique() > 3 and numbered_labels(sorted(map(str, cells.dropna().unique()))) else ""
    )


def is_setting(name: str) -> bool:
    """Whether a column's name says that it was chosen, not measured."""
    return name.startswith(_PREFIXES) or bool(_SETTING_WORDS & set(name_words(name)) and not is_known(name))


def columns_of_role(found: Inventory, *roles: str) -> Sequence[str]:
    """Return the columns that could be one of these."""
    return [use.column for use in found.columns if use.role in roles]
