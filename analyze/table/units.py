"""What a run is: the column that names it, what tells its rows apart, and which of them stands for it.

A run is the unit of replication. Where its name repeats inside a group, the rows are something else (epochs,
tasks, settings), and counting them as runs would make many out of few: the analysis stops and asks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from analyze.table.names import (
    CERTAIN_TASKS,
    IDENTITY_NAMES,
    INCIDENTAL_ENDINGS,
    INCIDENTAL_NAMES,
    SPLIT_WORDS,
    STEP_NAMES,
    TASK_NAMES,
    UNIT_NAMES,
    plain_name,
    shown_value,
)

MIN_STEPS = 3
_MAX_TELLING, _MAX_ROWS = 16, 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """A run's name that stands in several rows of a group.

    Attributes
    ----------
    group, unit : str
        Where, and the name.
    n : int
        How often.
    telling : tuple of str
        Columns whose values tell the rows apart; empty where none does.
    """

    group: str
    unit: str
    n: int
    telling: tuple[str, ...]


def find_unit(frame: pd.DataFrame, *, taken: Sequence[str]) -> str | None:
    """Return the column that names a run, by the names that people use; None where there is none."""
    by_name = {plain_name(column): column for column in reversed(frame.columns) if column not in taken}
    found = [by_name[name] for name in UNIT_NAMES if name in by_name]
    # A split may be "dev" and "test", which are no repetitions.
    found = [c for c in found if plain_name(c) != "split" or _is_numbered(frame[c])]
    # One value everywhere names no run, but says that rows may be none.
    return next((c for c in found if _varies(frame[c])), found[0] if found else None)


def _varies(cells: pd.Series) -> bool:
    return bool(cells.notna().any() and (cells.dropna() != cells.dropna().iloc[0]).any())


def _is_numbered(cells: pd.Series) -> bool:
    return bool(cells.dropna().astype(str).str.contains(r"\d").all())


def find_step(frame: pd.DataFrame, *, taken: Sequence[str]) -> str | None:
    """Return the column that counts along a run, by the names that people use; None where there is none."""
    by_name = {plain_name(column): column for column in reversed(frame.columns) if column not in taken}
    found = (by_name[name] for name in STEP_NAMES if name in by_name)
    return next((column for column in found if _varies(frame[column])), None)


def find_repeats(frame: pd.DataFrame, rows: pd.DataFrame, *, taken: Sequence[str]) -> Repeats | None:
    """Look for a unit that stands in several rows of one group.

    Parameters
    ----------
    frame : DataFrame
        All columns of the rows.
    rows : DataFrame
        ``group`` and ``unit`` of the same rows.
    taken : sequence of str
        Columns with a role, which cannot tell rows apart.
    """
    known = rows["group"].notna() & rows["unit"].notna()
    keys = rows.loc[known, ["group", "unit"]]
    if not keys.duplicated().any():
        return None
    sizes = keys.groupby(["group", "unit"], sort=False, observed=True).size()
    group, unit = sizes.index[int(np.argmax(sizes.to_numpy()))]
    part = (keys["group"] == group).to_numpy()
    telling = _telling(frame[known][part].head(_MAX_ROWS), keys[part].head(_MAX_ROWS), taken)
    return Repeats(group=str(group), unit=shown_value(unit), n=int(sizes.max()), telling=telling)


def has_identity(frame: pd.DataFrame, *, taken: Sequence[str]) -> str | None:
    """Return a column that names every row once and is a run's identity by its name, or None."""
    for column in frame.columns:
        if column not in taken and plain_name(column) in IDENTITY_NAMES:
            cells = frame[column]
            if cells.notna().all() and cells.is_unique:
                return str(column)
    return None


def looks_like_steps(frame: pd.DataFrame, rows: pd.DataFrame, column: str) -> bool:
    """Whether a column that counts by its name runs up, step by step, inside a group without named runs."""
    if not pd.api.types.is_numeric_dtype(frame[column].dtype):
        return False
    for _, part in frame[column].groupby(rows["group"], observed=True):
        distinct = np.unique(part.dropna().to_numpy(np.float64))
        if len(distinct) < MIN_STEPS:
            continue
        gaps, counts = np.diff(distinct), part.value_counts()
        # The same number of rows at each step, but for runs that ended early
        if np.allclose(gaps, gaps[0]) and (counts.max() == counts.min() or len(distinct) > 2 * counts.max()):
            return True
    return False


def counts_up(cells: pd.Series) -> bool:
    """Whether a column counts along a run: by its name, or by whole numbers without a gap from 0 or 1."""
    if plain_name(str(cells.name)) in STEP_NAMES:
        return True
    if not pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_bool_dtype(cells.dtype):
        return False
    distinct = np.unique(cells.dropna().to_numpy(np.float64))
    return bool(len(distinct) > MIN_STEPS and distinct[0] in (0, 1) and (np.diff(distinct) == 1).all())


def _telling(frame: pd.DataFrame, keys: pd.DataFrame, taken: Sequence[str]) -> tuple[str, ...]:
    """Return the fewest columns that, with group and unit, name each row once."""
    candidates = list(_candidates(frame, taken))
    base = keys.groupby(["group", "unit"], sort=False, observed=True).ngroup().to_numpy()
    codes = {
        column: frame[column].factorize(use_na_sentinel=False)[0] for column in candidates[:_MAX_TELLING]
    }
    for size in (1, 2, 3):
        for columns in combinations(codes, size):
            if _names_each(base, [codes[column] for column in columns]):
                return columns
    return ()


def _names_each(base: np.ndarray, codes: Sequence[np.ndarray]) -> bool:
    return not pd.DataFrame(dict(enumerate([base, *codes]))).duplicated().any()


def _candidates(frame: pd.DataFrame, taken: Sequence[str]) -> Iterator[str]:
    """Yield columns that may tell rows apart: steps first, then tasks, then settings; never measurements."""
    free = [str(column) for column in frame.columns if column not in taken]
    steps = [column for column in free if plain_name(column) in STEP_NAMES]
    tasks = [column for column in free if plain_name(column) in TASK_NAMES and column not in steps]
    yield from steps
    yield from tasks
    for column in free:
        if column in steps or column in tasks or is_incidental(frame[column]):
            continue
        yield column


def is_incidental(cells: pd.Series) -> bool:
    """Whether a column is neither a setting nor a task: a time, a name for every row, a measurement.

    Settings recur. Whole numbers and words do so even where each group has its own.
    """
    if pd.api.types.is_datetime64_any_dtype(cells.dtype) or pd.api.types.is_timedelta64_dtype(cells.dtype):
        return True
    n_distinct, n = cells.nunique(), int(cells.notna().sum())
    if n_distinct <= 1:
        return True
    if pd.api.types.is_float_dtype(cells.dtype):
        whole = bool((cells.dropna() % 1 == 0).all())
        return n_distinct > n / 2 or not (whole or n_distinct <= 50)
    if not pd.api.types.is_numeric_dtype(cells.dtype):
        name = plain_name(str(cells.name))
        # A name may be that of each run, or that of a method
        if name in INCIDENTAL_NAMES and (name != "name" or n_distinct > n / 2):
            return True
        if name.endswith(INCIDENTAL_ENDINGS):
            return True
        texts = cells.dropna().astype(str)
        if n_distinct > 0.9 * n and n > 4:
            return True
        return bool(texts.str.match(_TIME).all())
    return False


_TIME = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}|^\d+ days|^\d{1,2}:\d{2}:\d{2}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedTasks:
    """A column of tasks of which one group has several."""

    column: str
    group: str
    n_values: int


def mixed_tasks(
    frame: pd.DataFrame, rows: pd.DataFrame, *, taken: Sequence[str], unit: Sequence[str]
) -> MixedTasks | None:
    """Look for a column of tasks, by its name, that varies inside a group and is not told by the unit.

    Runs on different tasks are no repetitions of one experiment.
    """
    known = rows["group"].notna()
    groups = rows.loc[known, "group"]
    for column in frame.columns:
        cells = frame.loc[known, column]
        if column in taken or not (plain_name(str(column)) in CERTAIN_TASKS or _are_splits(cells)):
            continue
        counts = cells.groupby(groups, observed=True).nunique()
        if counts.empty or counts.max() < 2:
            continue
        if unit and _is_told(cells, frame.loc[known], unit) and _is_shared(rows[known]):
            continue
        return MixedTasks(column=str(column), group=str(counts.idxmax()), n_values=int(counts.max()))
    return None


def _are_splits(cells: pd.Series) -> bool:
    """Whether a column holds "dev" and "test" and the like."""
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return False
    words = {str(word).strip().casefold() for word in cells.dropna().unique()[: len(SPLIT_WORDS) + 1]}
    return len(words) > 1 and words <= SPLIT_WORDS


def _is_told(cells: pd.Series, frame: pd.DataFrame, unit: Sequence[str]) -> bool:
    """Whether the unit fixes a column's value, as "task, fold" fixes the task."""
    return bool(cells.groupby([frame[name] for name in unit], observed=True).nunique().max() <= 1)


def _is_shared(rows: pd.DataFrame) -> bool:
    """Whether groups have units in common, as they have on the same tasks."""
    return bool((rows.drop_duplicates(["group", "unit"])["unit"].value_counts() > 1).any())
