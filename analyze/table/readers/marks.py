"""Marks by which files of tools are known: columns, whatever the case of their names."""

from collections.abc import Iterable

import pandas as pd

from analyze.table.readers.found import Found
from analyze.table.readers.plain import columns_of, read_plain


def actual(columns: Iterable[str], *names: str) -> str | None:
    """Return the first of the names that is a column, as the column is written; None where none is.

    >>> actual(["Name", "STATE"], "status", "State")
    'STATE'
    """
    written = {column.lower(): column for column in reversed(list(columns))}
    return next((written[name.lower()] for name in names if name.lower() in written), None)


def has(columns: Iterable[str], *names: str) -> bool:
    """Return whether each of the names is a column.

    >>> has(["R", "l", "t"], "r", "t")
    True
    """
    written = {column.lower() for column in columns}
    return all(name.lower() in written for name in names)


def any_begins(columns: Iterable[str], *beginnings: str) -> bool:
    """Return whether a column's name begins with one of the texts."""
    return any(column.lower().startswith(beginnings) for column in columns)


def frame_of(found: Found) -> pd.DataFrame | None:
    """Return the rows of a plain table; None where the file is none. Never raises."""
    return read_plain(found).frame if columns_of(found) else None


def counts_along(frame: pd.DataFrame, *names: str) -> str | None:
    """Return the column that counts steps; None where all rows are of one step, as of last rows."""
    name = actual(frame.columns, *names)
    if name is None or (len(frame) > 1 and bool(frame[name].eq(frame[name].iloc[0]).all())):
        return None
    return name


def holds_numbers(column: pd.Series) -> bool:
    """Return whether a column holds numbers and no truth values."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def typed(column: pd.Series) -> pd.Series:
    """Turn a column of texts into numbers if every text is one; whole numbers stay whole beside missing ones.

    >>> typed(pd.Series(["1", None, "20"])).tolist()
    [1, <NA>, 20]
    """
    numbers = pd.to_numeric(column, errors="coerce")
    there = column.notna()
    if not bool((numbers.notna() == there).all()):
        return column
    return whole(numbers) if column[there].astype(str).str.fullmatch(r"[+-]?\d{1,15}").all() else numbers


def whole(numbers: pd.Series) -> pd.Series:
    """Return whole numbers as such, also where some are missing."""
    return numbers.astype("Int64") if numbers.isna().any() else numbers.astype("int64")
