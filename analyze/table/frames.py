"""DataFrames of pandas and of whoever speaks Arrow, and lists of dictionaries, read as files of them are.

What is given is never changed.
"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
import pyarrow as pa

from analyze import text as fmt
from analyze.errors import DataError, UsageError
from analyze.table import parquet
from analyze.table.readers.values import column, doubled, frame_of, is_missing
from analyze.table.source import Source, as_shown

KIND = "DataFrame"


def read_frame(table: object, *, answers: str | None = None) -> Source:
    """Read a table that is in memory.

    Parameters
    ----------
    table : object
        A DataFrame of pandas, whose named indexes are columns; anything with the Arrow interface for tables
        (``__arrow_c_stream__``), as of polars, pyarrow and DuckDB; or a list of dictionaries, one a row.
    answers : str, optional
        A column to read though it holds bytes or lists, one element for each test example.

    Raises
    ------
    UsageError
        It is none of these.
    DataError
        It has no columns, or two of one name.
    """
    if isinstance(table, Sequence) and table and all(isinstance(row, Mapping) for row in table):
        return _source(frame_of(table, KIND), left_out=[])
    cells: dict[str, pd.Series] = {}
    left_out: list[str] = []
    for given, found in _of_pandas(table) if isinstance(table, pd.DataFrame) else _of_arrow(table):
        name = given.strip()
        if name in cells or name in left_out:
            raise doubled(KIND, name)
        if isinstance(found, pd.Series):
            cells[name] = column([None if is_missing(cell) else cell for cell in found])
        elif name == answers and not parquet.is_readable(found.type):
            cells[name] = parquet.cells_of(found)
        elif parquet.is_readable(found.type):
            cells[name] = parquet.as_frame(pa.table({name: found}))[name]
        else:
            left_out.append(name)
    if not cells:
        raise DataError(f"the {KIND} has no columns to read: give one with a row a run, a value and a group")
    return _source(pd.DataFrame(cells), left_out=left_out)


def _source(frame: pd.DataFrame, *, left_out: Sequence[str]) -> Source:
    left = ", ".join(left_out)
    read = Source(
        frame=frame,
        columns=tuple(map(str, frame.columns)),
        path=f"{KIND}, {fmt.plural(len(frame), 'row')}",
        n_files=0,
        schema_version=None,
        kind=KIND,
        remarks=(f"Columns that hold lists or bytes were left out: {left}.",) if left else (),
    )
    return as_shown(read)


def _of_arrow(table: object) -> Iterator[tuple[str, pa.ChunkedArray]]:
    kind = type(table).__name__
    if not hasattr(table, "__arrow_c_stream__"):
        raise UsageError(
            f"the table is of type {kind}: give a DataFrame (of pandas, polars, pyarrow, or another with the "
            "Arrow interface), a list of dictionaries, or paths"
        )
    try:
        arrow = pa.table(table)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(f"this {kind} is no table with columns: {parquet.one_line(error)}") from error
    for name, cells in zip(arrow.column_names, arrow.columns, strict=True):
        yield name, _plain(cells)


def _of_pandas(frame: pd.DataFrame) -> Iterator[tuple[str, pd.Series | pa.ChunkedArray]]:
    names = [_name(label) for label in frame.columns]
    series = [frame.iloc[:, i] for i in range(len(names))]
    for i, label in enumerate(frame.index.names):
        level = frame.index.get_level_values(i).to_series(index=frame.index)
        # An index may repeat a column, as of `set_index(..., drop=False)`.
        is_there = any(name == label and one.equals(level) for name, one in zip(names, series, strict=True))
        if label is not None and not is_there:
            yield _name(label), _as_arrow(level)
    for name, cells in zip(names, series, strict=True):
        yield name, _as_arrow(cells)


def _name(label: object) -> str:
    """Return a column's name as a text; levels of names, as of a pivot, are joined by dots."""
    parts = label if isinstance(label, tuple) else (label,)
    return ".".join(str(part) for part in parts if part != "")


def _as_arrow(cells: pd.Series) -> pd.Series | pa.ChunkedArray:
    """Return a column of one type; of a mixed one, such as numbers and words, the cells as they are."""
    if isinstance(cells.dtype, pd.PeriodDtype | pd.IntervalDtype):
        cells = cells.astype(str).where(cells.notna(), None)
    try:
        array = pa.array(cells, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return cells.astype(object)
    return _plain(array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array]))


def _plain(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column in types that files have: categories as what they stand for, texts as plain ones."""
    if pa.types.is_dictionary(cells.type):
        meant = _plain(pa.chunked_array([], cells.type.value_type)).type
        decoded = [chunk.dictionary.cast(meant).take(chunk.indices) for chunk in cells.chunks]
        return pa.chunked_array(decoded, meant)
    if isinstance(cells.type, pa.BaseExtensionType):
        cells = pa.chunked_array([chunk.storage for chunk in cells.chunks], cells.type.storage_type)
    if pa.types.is_large_string(cells.type) or pa.types.is_string_view(cells.type):
        return cells.cast(pa.string())
    return cells.cast(pa.float32()) if pa.types.is_float16(cells.type) else cells
