"""Read one Parquet file as a table: a segment of a run database, checked, or anybody's."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from analyze.errors import DataError
from analyze.table import segments
from analyze.table.places import Place

# Files up to this size are read whole: one request to a store, and one digest for all columns.
WHOLE_BYTES = 2**20


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


def read_part(place: Place, size: int, wanted: Collection[str] | None) -> Part | None:
    """Read a file; binary and nested columns are passed over.

    Parameters
    ----------
    place : Place
        The file.
    size : int
        Its size in bytes.
    wanted : collection of str, optional
        The columns to read of a segment; by default all. Of other files all are read.

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
                return _decode(file, place, wanted, intact=False)
        content = place.read()
        intact = segments.is_intact(name, content)
        if intact is False:
            raise segments.damaged(place.shown, "its bytes are not those that its name tells")
        return _decode(pa.BufferReader(content), place, wanted, intact=bool(intact))
    except FileNotFoundError:
        return None


def unreadable(place: Place, reason: str) -> DataError:
    """Return the error for a file that is torn, or no table."""
    if segments.is_name(place.root.rpartition("/")[2]):
        return segments.damaged(place.shown, reason)
    return DataError(
        f"{place.shown!r} cannot be read: {reason}; it may be torn or not a table, move it away or restore it"
    )


def _decode(
    file: IO[bytes] | pa.NativeFile, place: Place, wanted: Collection[str] | None, *, intact: bool
) -> Part:
    try:
        # Of remote files, columns that lie side by side come with one request.
        with pq.ParquetFile(
            file, page_checksum_verification=not intact, pre_buffer=not place.is_local
        ) as parquet:
            schema = _checked(parquet.schema_arrow, place)
            metadata = schema.metadata or {}
            version = segments.segment_version(metadata, place.shown)
            asked = schema if version is None or wanted is None else [f for f in schema if f.name in wanted]
            readable = [field.name for field in asked if is_readable(field.type)]
            # A damaged type may make a column unreadable: what is to be checked is read whatever it is.
            checked = version is not None and not intact
            columns = [field.name for field in asked] if checked else readable
            # pandas' own metadata describes one file's index and would be applied to all
            table = parquet.read(columns=columns, use_threads=False).replace_schema_metadata(None)
    except (pa.ArrowException, ValueError, OverflowError, MemoryError) as error:
        raise unreadable(place, one_line(error)) from error
    except OSError as error:
        if error.errno is not None:  # the device's or the network's, not Arrow's
            raise
        raise unreadable(place, one_line(error)) from error
    if version is not None:
        if checked:
            segments.check_columns(table, schema.names, version, metadata, place.shown)
        table = segments.condensed(table.select(readable))
    return Part(shown=place.shown, table=table, schema=schema.remove_metadata(), version=version)


def _checked(schema: pa.Schema, place: Place) -> pa.Schema:
    names = schema.names
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
