"""Columns of a frame from values of any kind, with nothing lost: long integers, words among numbers."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeGuard, TypeVar

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.errors import DataError

T = TypeVar("T")
# Integers beyond it are no longer told apart by a float.
EXACT = 2**53
# A table of more cells is a sign that keys were taken for columns.
MAX_CELLS = 200_000_000
# So many columns take seconds to look at, each for its role.
MAX_COLUMNS = 50_000
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


def column(values: Sequence[object]) -> pd.Series:
    """Return values as a column: numbers, truth values or texts where all are, else as they are.

    None, and a text without a sign, is missing. Integers stay integers beside missing values.

    Examples
    --------
    >>> column([1, None, 2**60]).tolist()
    [1, <NA>, 1152921504606846976]
    >>> column([0.5, " OOM "]).tolist()
    [0.5, 'OOM']
    """
    cells = [_cell(value) for value in values]
    kinds = {type(cell) for cell in cells if cell is not None}
    if not kinds:
        return pd.Series(np.full(len(cells), np.nan))
    if kinds == {bool} and None not in cells:
        return pd.Series(cells, dtype=bool)
    if kinds == {int}:
        return _integers(cells)
    if kinds <= {int, float} and not any(isinstance(c, int) and abs(c) > EXACT for c in cells):
        return pd.Series([np.nan if cell is None else cell for cell in cells], dtype=float)
    return pd.Series(cells, dtype="str" if kinds == {str} else object)


def _cell(value: object) -> object:
    if isinstance(value, str):
        return trimmed(value) or None
    if isinstance(value, np.generic):
        value = value.item()
    elif isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, Decimal) and not value.is_snan():
        value = float(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    return as_text(value) if isinstance(value, list | tuple | dict) else value


def _integers(cells: list[object]) -> pd.Series:
    known = [cell for cell in cells if isinstance(cell, int)]
    if min(known) >= -(2**63) and max(known) < 2**63:
        return pd.Series(cells, dtype="int64" if len(known) == len(cells) else "Int64")
    return pd.Series(cells, dtype=object)


def is_list_of(value: object, kind: type[T]) -> TypeGuard[list[T]]:
    """Return whether a value is a list, perhaps empty, of values of one kind."""
    return isinstance(value, list) and all(isinstance(one, kind) for one in value)


def as_text(value: object) -> str:
    """Return a list or a nested value as the text of one cell."""
    return json.dumps(value, ensure_ascii=False, default=str)


def flat(record: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """Return the cells of a nested record, named ``a.b``.

    Examples
    --------
    >>> dict(flat({"a": {"b": 1, "c": [2]}, "d": None}))
    {'a.b': 1, 'a.c': [2], 'd': None}
    """
    for key, value in record.items():
        name = f"{above}{key}".strip(fmt.BLANKS)
        if isinstance(value, dict):
            yield from flat(value, f"{name}.")
        else:
            yield name, value


def frame_of(records: Iterable[Mapping[str, object]], shown: str) -> pd.DataFrame:
    """Return records as rows; a key that a record lacks is missing there.

    Raises
    ------
    DataError
        Two keys of a record have one name, or the table would be too large.
    """
    values: dict[str, list[object]] = {}
    n_rows = 0
    for record in records:
        for name, value in flat(record):
            cells = values.setdefault(name, [])
            if len(values) > MAX_COLUMNS:
                raise too_wide(shown, len(values))
            if len(cells) > n_rows:
                raise doubled(shown, name)
            cells.extend([None] * (n_rows - len(cells)))
            cells.append(value)
        n_rows += 1
        if n_rows * len(values) > MAX_CELLS:
            raise DataError(
                f"{shown!r} would have more than {fmt.count(MAX_CELLS)} cells: too many keys are different"
            )
    for cells in values.values():
        cells.extend([None] * (n_rows - len(cells)))
    return frame_of_columns(values, shown)


def frame_of_columns(values: Mapping[str, Sequence[object]], shown: str) -> pd.DataFrame:
    """Return a frame of columns of equal length, checked as `tidy` does."""
    check_names(list(values), shown)
    return pd.DataFrame({trimmed(name): column(cells) for name, cells in values.items()})


def tidy(frame: pd.DataFrame, shown: str) -> pd.DataFrame:
    """Return a frame as a `Reading` promises: names unique and without blanks around them, texts too.

    Raises
    ------
    DataError
        Two columns have the same name.
    """
    names = [str(name) for name in frame.columns]
    check_names(names, shown)
    tidied = frame.set_axis([trimmed(name) for name in names], axis=1).reset_index(drop=True)
    for name in tidied.columns:
        kind = tidied[name].dtype
        if pd.api.types.is_object_dtype(kind) or isinstance(kind, pd.StringDtype):
            tidied[name] = column([None if is_missing(v) else v for v in tidied[name]])
    return tidied


def trimmed(name: str) -> str:
    """Return a text without blanks around it; half a letter, which JSON can write, is written out."""
    text = name.strip(fmt.BLANKS)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def is_missing(value: Any) -> bool:
    """Return whether a cell is None, nan, NaT or NA; a list is never."""
    return value is None or (np.ndim(value) == 0 and bool(pd.isna(value)))


def check_names(names: Sequence[str], shown: str) -> None:
    """Refuse names of columns that are the same but for blanks."""
    stripped = [trimmed(name) for name in names]
    if len(set(stripped)) < len(stripped):
        raise doubled(shown, next(name for name in stripped if stripped.count(name) > 1))


def too_wide(shown: str, n: int) -> DataError:
    """Return the error for a table of more columns than `MAX_COLUMNS`."""
    return DataError(
        f"{shown!r} has {fmt.count(n)} columns, and at most {fmt.count(MAX_COLUMNS)} are read: a row is to "
        "be a run, and a column what is known of it; turn the table round, or keep what is asked about"
    )


def doubled(shown: str, name: str) -> DataError:
    """Return the error for a name that two columns have."""
    return DataError(f"{shown!r} has more than one column named {name!r}; rename one of them")


def typed_text(text: str) -> object:
    """Return a text as the number it writes, or as it is.

    Examples
    --------
    >>> [typed_text(text) for text in ("64", "1e-3", "007", "sgd")]
    [64, 0.001, '007', 'sgd']
    """
    if not _NUMBER.fullmatch(text) or len(text) > 30:
        return text
    if text.lstrip("+-").isdigit():
        return int(text) if str(int(text)) == text else text
    return float(text)


def free_name(name: str, taken: Iterable[str]) -> str:
    """Return a name that is not taken: it, or it with a number."""
    names = set(taken)
    if name not in names:
        return name
    return next(f"{name}_{i}" for i in range(2, len(names) + 3) if f"{name}_{i}" not in names)
