"""The names of the columns: from one line, or several as pandas and spreadsheets write them."""

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from analyze.errors import DataError
from analyze.table.cells import is_missing
from analyze.table.number_texts import look

MAX_HEADER_LINES = 3
_NO_NAMES = {"nan", "inf", "-inf"}


def header_of(records: Sequence[Sequence[str]]) -> tuple[list[str], int]:
    """Return the names, and how many of the first records hold them.

    Several lines hold them where the first alone has a name twice or none in its midst, the next has no
    numbers, and the names of both are different: ``acc,acc`` above ``mean,std`` is ``acc.mean,acc.std``.
    """
    first = [name.strip() for name in records[0]]
    named = [name for name in first if name]
    inner = first[1 : max((i for i, name in enumerate(first) if name), default=0)]
    if len(set(named)) == len(named) and "" not in inner:
        return first, 1
    for n_lines in range(2, min(MAX_HEADER_LINES, len(records) - 1) + 1):
        lines = [[name.strip() for name in record] for record in records[:n_lines]]
        if not _holds_names(lines[-1]):
            break
        names = _joined(lines)
        used = [name for name in names if name]
        if len(set(used)) == len(used) > 1 and any(map(look, map(str.strip, records[n_lines]))):
            return names, n_lines
        index = _index_names(records[n_lines], names)
        if index is not None and len(set(index)) == len(index):
            return index, n_lines + 1
    return first, 1


def _holds_names(line: Sequence[str]) -> bool:
    return not any(name and (look(name) or is_missing(name) or name.lower() in _NO_NAMES) for name in line)


def _joined(lines: Sequence[Sequence[str]]) -> list[str]:
    """Join the names of each column; a name above is that of the columns to its right, too."""
    width = max(map(len, lines))
    padded = [[*line, *[""] * (width - len(line))] for line in lines]
    for above, below in pairwise(padded):
        held = ""
        for i, name in enumerate(above):
            held = name or held
            above[i] = held if name or below[i] else ""
    return [".".join(filter(None, parts)) for parts in zip(*padded, strict=True)]


def _index_names(record: Sequence[str], names: Sequence[str]) -> list[str] | None:
    """Return the names with those of the index, which pandas writes on a line of its own."""
    cells = [cell.strip() for cell in record]
    n_index = next((i for i, cell in enumerate(cells) if not cell), len(cells))
    if not n_index or any(cells[n_index:]) or n_index == len(names) or not _holds_names(cells):
        return None
    return [*cells[:n_index], *names[n_index:]]


def with_all_named(
    names: Sequence[str], columns: Sequence[pd.Series]
) -> tuple[list[str], list[pd.Series], str]:
    """Name columns without a name, leave out those without a cell, and say so."""
    kept: list[str] = []
    cells: list[pd.Series] = []
    unnamed = []
    for i, (name, column) in enumerate(zip(names, columns, strict=True)):
        if not name and (column.isna() | (column.str.strip() == "")).all():
            continue
        if not name:
            name = "index" if i == 0 and "index" not in names else f"unnamed {i + 1}"
            unnamed.append(name)
        kept.append(name)
        cells.append(column)
    remark = (
        f"Columns without a name are called {', '.join(unnamed)}." if unnamed and unnamed != ["index"] else ""
    )
    return kept, cells, remark


def check_names(names: Sequence[str], columns: Sequence[pd.Series], shown: str) -> None:
    """Refuse a name that stands twice, and a first line that holds values.

    Raises
    ------
    DataError
        With the names that are meant.
    """
    for i, name in enumerate(names):
        if name in names[:i]:
            places = f"columns {names.index(name) + 1} and {i + 1}"
            raise DataError(f"{shown!r}: the name {name!r} stands twice in the header ({places}); rename one")
    values = [look(name) for name in names]
    if not any(values):
        return
    if all(values):
        numbers = [one.point if one is not None and one.point is not None else 0.5 for one in values]
        is_row = any(n % 1 for n in numbers) or numbers != sorted(set(numbers))
    else:
        is_row = any(
            one is None and column.dtype == "str" and (column.str.strip() == name).any()
            for one, name, column in zip(values, names, columns, strict=True)
        )
    if is_row:
        line = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        raise DataError(
            f"{shown!r}: its first line ({line}) looks like a row; write the names of the columns above it"
        )
