"""Read one Parquet file as a table: a segment of a run database, checked, or anybody's."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analyze import text as fmt
from analyze.errors import DataError
from analyze.table import segments
from analyze.table.places import Place
from analyze.table.readers.values import MAX_COLUMNS, too_wide

# Files up to this size are read whole: one request to a store, and one digest for all columns.
WHOLE_BYTES = 2**20
SUFFIXES = (".parquet", ".pq")
# More rows than any table of runs has: few bytes can claim as many.
MAX_ROWS = 30_000_000
# A text column whose first rows are half repeats or more is held as references to few texts.
_FIRST_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The rows of one file.

    Attributes
    ----------
    shown : str
        The file's path or URL.
    table : Table
        The columns that were read.
    schema : Schema
        All columns of the file.
    version : str or None
        Version of the run table, if the file is a segment of ours.
    """

    shown: str
    table: pa.Table
    schema: pa.Schema
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be read of files.

    Attributes
    ----------
    names : collection of str, optional
        The columns to read of a segment; by default all. Of other files all are read.
    answers : str or None
        A column that is read though it is binary or nested.
    rows : Array, optional
        Identifiers of the rows to keep of a segment; by default all.
    """

    names: Collection[str] | None = None
    answers: str | None = None
    rows: pa.Array | None = None

    def is_readable(self, field: pa.Field) -> bool:
        """Return whether a column is read: not if it is binary or nested, unless it holds the answers."""
        return is_readable(field.type) or field.name == self.answers


EVERYTHING = Asked()


def read_part(place: Place, size: int, asked: Asked) -> Part | None:
    """Read a file; binary and nested columns are passed over.

    Parameters
    ----------
    place : Place
        The file.
    size : int
        Its size in bytes.
    asked : Asked
        Which columns and rows.

    Returns
    -------
    Part or None
        None if the file is not there any more.

    Raises
    ------
    DataError
        It is damaged, no Parquet file, or of a later version.
    RunError
        The device or the network failed.
    """
    name = place.root.rpartition("/")[2]
    try:
        if size == 0:
            raise unreadable(place, "it is empty")
        if size > WHOLE_BYTES:
            with place.open() as file, place.known_errors("cannot be read"):
                return _decode(file, place, asked, intact=False)
        content = place.read()
        intact = segments.is_intact(name, content)
        if intact is False:
            raise segments.damaged(place.shown, "its bytes are not those that its name tells")
        return _decode(pa.BufferReader(content), place, asked, intact=bool(intact))
    except FileNotFoundError:
        return None


def read_bytes(place: Place, content: bytes) -> Part:
    """Read the content of a file that may have been unpacked; errors as of `read_part`."""
    if not content:
        raise unreadable(place, "it is empty")
    return _decode(pa.BufferReader(content), place, EVERYTHING, intact=False)


def unreadable(place: Place, reason: str) -> DataError:
    """Return the error for a file that is torn, or no table."""
    if segments.is_name(place.root.rpartition("/")[2]):
        return segments.damaged(place.shown, reason)
    return DataError(
        f"{place.shown!r} cannot be read: {reason}; it may be torn or not a table, move it away or restore it"
    )


def _decode(file: IO[bytes] | pa.NativeFile, place: Place, asked: Asked, *, intact: bool) -> Part:
    try:
        # Of remote files, columns that lie side by side come with one request.
        with pq.ParquetFile(
            file, page_checksum_verification=not intact, pre_buffer=not place.is_local
        ) as parquet:
            schema = check_names(parquet.schema_arrow, place)
            metadata = schema.metadata or {}
            version = segments.segment_version(metadata, place.shown)
            names = asked.names
            chosen = schema if version is None or names is None else [f for f in schema if f.name in names]
            if parquet.metadata.num_rows > MAX_ROWS:
                raise too_many_rows(place.shown, parquet.metadata.num_rows)
            readable = [field.name for field in chosen if asked.is_readable(field)]
            # A damaged type may make a column unreadable: what is to be checked is read whatever it is.
            checked = version is not None and not intact
            columns = [field.name for field in chosen] if checked else readable
            # pandas' own metadata describes one file's index and would be applied to all
            table = _columns(parquet, columns).replace_schema_metadata(None)
    except (pa.ArrowException, ValueError, OverflowError, MemoryError) as error:
        raise unreadable(place, one_line(error)) from error
    except OSError as error:
        if error.errno is not None:  # the device's or the network's, not Arrow's
            raise
        raise unreadable(place, one_line(error)) from error
    if version is not None:
        if checked:
            segments.check_columns(table, schema.names, version, metadata, place.shown)
        table = segments.condensed(segments.kept(table.select(readable), asked.rows))
    return Part(shown=place.shown, table=table, schema=schema.remove_metadata(), version=version)


def _columns(parquet: pq.ParquetFile, names: list[str]) -> pa.Table:
    """Read columns; without those that Arrow does not even read, a dictionary of words that are no UTF-8."""
    try:
        return parquet.read(columns=names, use_threads=False)
    except pa.ArrowInvalid as error:
        schema = parquet.schema_arrow
        others = [name for name in names if not pa.types.is_dictionary(schema.field(name).type)]
        if "UTF8" not in str(error) or others == names:
            raise
        return parquet.read(columns=others, use_threads=False)


def too_many_rows(shown: str, n_rows: int) -> DataError:
    """Return the error for a table that memory would not hold."""
    return DataError(
        f"{shown!r} has {fmt.count(n_rows)} rows, and at most {fmt.count(MAX_ROWS)} are read: a row is to be "
        "a run, or a step of one; keep the rows that are asked about"
    )


def check_names(schema: pa.Schema, place: Place) -> pa.Schema:
    """Return a schema without doubled names, and refuse another."""
    names = schema.names
    if len(names) > MAX_COLUMNS:
        raise too_wide(place.shown, len(names))
    if len(set(names)) < len(names):
        doubled = min(name for name in names if names.count(name) > 1)
        raise DataError(f"{place.shown!r} has more than one column named {doubled!r}; rename one of them")
    return schema


def is_readable(kind: pa.DataType) -> bool:
    """Return whether a question can be about columns of a type: not binary, not nested."""
    return not (
        pa.types.is_nested(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def one_line(error: Exception) -> str:
    """Return an error's message, short and without line breaks."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def as_frame(table: pa.Table, *, ours: bool = False) -> pd.DataFrame:
    """Convert to pandas; a text that recurs, such as a configuration, is held once.

    A NaN that somebody stored is a word among the numbers, as in text files: a run that came to nothing. Null
    is a cell without a value. Our own tables say in other columns how a run ended. What pandas has no values
    for (a year before the first, a time zone that nobody knows, bytes that are no letters) is text.
    """
    damaged = [name for name in table.column_names if not _holds_letters(table[name])]
    made = {name: _decoded(table[name]) for name in damaged}
    made |= {n: cells_of(table[n]) for n in table.column_names if not is_readable(table[n].type)}
    made |= {n: _texts(table[n]) for n in table.column_names if n not in made and _recurs(table[n])}
    others = table.drop_columns(list(made))
    try:
        frame: pd.DataFrame = _with_floats(others).to_pandas()
    except (pa.ArrowException, ValueError, OverflowError):
        frame = pd.DataFrame({name: _column(others[name]) for name in others.column_names}, copy=False)
    if not ours:
        made |= {n: _with_words(frame[n], table[n]) for n in frame.columns if _has_nan(table[n])}
    if not made:
        return frame
    columns = {name: made[name] if name in made else frame[name] for name in table.column_names}
    return pd.DataFrame(columns, copy=False)


def cells_of(column: pa.ChunkedArray) -> "pd.Series[Any]":
    """Return the cells of a binary or nested column: bytes, one for each element of a list; or None.

    Raises
    ------
    DataError
        A list holds something else than whole numbers from 0 to 255, or nothing.
    """
    kind = column.type
    if not pa.types.is_nested(kind):
        return pd.Series(column.cast(pa.large_binary()).to_pylist(), dtype=object)
    cells: list[bytes | None] = []
    try:
        for chunk in column.chunks:
            lists = chunk.cast(pa.large_list(pa.uint8()))
            ends, elements = lists.offsets.to_numpy(), lists.values  # noqa: PD011
            # Refuses lists in which an element is missing
            data, missing = elements.to_numpy(zero_copy_only=True), lists.is_null().to_pylist()
            cells += [
                None if gone else data[start:end].tobytes()
                for gone, start, end in zip(missing, ends[:-1], ends[1:], strict=True)
            ]
    except (pa.ArrowException, ValueError) as error:
        raise DataError(
            f"a column of type {kind} holds no answers ({one_line(error)}): a cell is to hold one whole "
            "number for each test example, 0 where the run is right"
        ) from error
    return pd.Series(cells, dtype=object)


def _with_floats(table: pa.Table) -> pa.Table:
    """Return a table whose decimal numbers are floats."""
    kinds = [
        field.with_type(pa.float64()) if pa.types.is_decimal(field.type) else field for field in table.schema
    ]
    return table if kinds == list(table.schema) else table.cast(pa.schema(kinds))


def _column(column: pa.ChunkedArray) -> "pd.Series[Any]":
    """Convert one column; as texts, where pandas cannot hold its values."""
    try:
        converted: pd.Series[Any] = _with_floats(pa.table({"x": column})).to_pandas()["x"]
    except (pa.ArrowException, ValueError, OverflowError):
        kind = column.type
        if pa.types.is_timestamp(kind):
            column = column.cast(pa.timestamp(kind.unit)).cast(pa.int64())
        elif pa.types.is_temporal(kind):
            column = column.cast(pa.int32() if kind.bit_width == 32 else pa.int64())
        return pd.Series(column.cast(pa.string()).to_pylist())
    return converted


def _holds_letters(column: pa.ChunkedArray) -> bool:
    """Whether a column of texts is UTF-8, which Parquet demands and not every writer sees to."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return True
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _decoded(column: pa.ChunkedArray) -> "pd.Series[Any]":
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    cells = column.cast(pa.large_binary()).to_pylist()
    return pd.Series([None if c is None else c.decode(errors="backslashreplace") for c in cells], dtype="str")


def _has_nan(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_floating(column.type) and pc.any(pc.is_nan(column)).as_py())


def _with_words(numbers: pd.Series, column: pa.ChunkedArray) -> pd.Series:
    is_nan = pc.is_nan(column).fill_null(fill_value=False).to_numpy()
    return numbers.astype(object).mask(is_nan, "NaN")


def _recurs(column: pa.ChunkedArray) -> bool:
    if pa.types.is_dictionary(column.type):
        return bool(pa.types.is_string(column.type.value_type) and not column.type.ordered)
    if not pa.types.is_string(column.type):
        return False
    first = column.slice(0, _FIRST_ROWS)
    return len(first.unique()) <= len(first) / 2


def _texts(column: pa.ChunkedArray) -> pd.Series:
    """Return a column of texts as references to its distinct texts."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    encoded = column.unify_dictionaries().combine_chunks()
    distinct = encoded.dictionary.to_numpy(zero_copy_only=False)
    codes = encoded.indices.fill_null(len(distinct)).to_numpy()
    values = np.append(distinct.astype(object), np.nan)[codes]
    return pd.Series(pd.array(values, dtype=pd.StringDtype("python", na_value=np.nan), copy=False))
