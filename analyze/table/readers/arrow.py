"""Parquet and Feather (Arrow IPC): whole files as frames, without the index that pandas notes in them."""

import pyarrow as pa

from analyze.errors import DataError
from analyze.table import parquet
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.values import tidy

_PARQUET = b"PAR1"
_FILE, _STREAM, _OLD = b"ARROW1", b"\xff\xff\xff\xff", b"FEA1"
FEATHER_ENDINGS = (".feather", ".arrow", ".ipc", ".arrows")


def recognises_parquet(found: Found) -> bool:
    """Return whether a file is Parquet."""
    return found.head.startswith(_PARQUET) or found.is_named(*parquet.SUFFIXES)


def read_parquet(found: Found) -> Reading:
    """Read a Parquet file; columns of lists, of records and of bytes are left out, and said."""
    part = parquet.read_bytes(found.place, found.content)
    return _reading(part.table, part.schema, "Parquet", found)


def recognises_feather(found: Found) -> bool:
    """Return whether a file is Arrow's file or stream format."""
    return found.head.startswith((_FILE, _STREAM, _OLD)) or found.is_named(*FEATHER_ENDINGS)


def read_feather(found: Found) -> Reading:
    """Read an Arrow file or stream, compressed or not.

    Raises
    ------
    DataError
        It is damaged, or of the first version of the format.
    """
    if found.head.startswith(_OLD):
        raise DataError(
            f"{found.shown!r} is Feather of version 1; write it again, or save it as Parquet or CSV"
        )
    opened = pa.ipc.open_file if found.head.startswith(_FILE) else pa.ipc.open_stream
    try:
        with opened(pa.BufferReader(found.content)) as reader:
            table = reader.read_all()
        if table.num_rows > parquet.MAX_ROWS:
            raise parquet.too_many_rows(found.shown, table.num_rows)
        table.validate(full=True)
    except (pa.ArrowException, ValueError, OSError, OverflowError, MemoryError) as error:
        raise parquet.unreadable(found.place, parquet.one_line(error)) from error
    return _reading(table, table.schema, "Feather", found)


PARQUET = Reader(name="parquet", label="Parquet (.parquet)", recognises=recognises_parquet, read=read_parquet)
FEATHER = Reader(
    name="feather", label="Feather (.feather, .arrow)", recognises=recognises_feather, read=read_feather
)


def _reading(table: pa.Table, schema: pa.Schema, kind: str, found: Found) -> Reading:
    parquet.check_names(schema, found.place)
    names = [field.name for field in schema if parquet.is_readable(field.type)]
    left = [name for name in schema.names if name not in names]
    remarks = (f"Columns that hold lists or bytes were left out: {', '.join(left)}.",) if left else ()
    try:
        frame = parquet.as_frame(table.select(names).replace_schema_metadata(None))
    except (pa.ArrowException, ValueError, OverflowError) as error:
        raise parquet.unreadable(found.place, parquet.one_line(error)) from error
    return Reading(frame=tidy(frame, found.shown), kind=kind, remarks=remarks)
