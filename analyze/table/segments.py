"""Segments of a run database: recognised by their metadata, and checked, so that damage is never data.

This is a reader of its own: it shares the format with `collect`, not code. A test holds the two to the
same digests.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version as package_version

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyze.errors import DataError

VERSION_KEY = b"minima_census.schema_version"
READ_WITH_KEY = b"minima_census.read_with"
DIGESTS_KEY = b"minima_census.column_digests"
MAJOR = 1
WITH_DIGESTS = (1, 1)
# Rows with the same identifier are one row, seen in two segments while a compaction is going on.
ROW = "run_id"
# One byte for each test example: 0 where the run is right
ANSWERS = "errors"
# 700 bytes a row, and the same in all rows of a configuration
LONG = "config"

Metadata = Mapping[bytes, bytes]
_NAME = re.compile(r"runs-(?:[0-9a-f]{12}|mixed)-\d+-\d+-\d+-(?P<digest>[0-9a-f]{32})\.parquet")


def is_name(name: str) -> bool:
    """Return whether a file's name is one that `collect` gives."""
    return _NAME.fullmatch(name) is not None


def is_intact(name: str, content: bytes) -> bool | None:
    """Return whether a file's bytes are those that its name tells, or None if it tells nothing."""
    found = _NAME.fullmatch(name)
    return None if found is None else hashlib.blake2b(content, digest_size=16).hexdigest() == found["digest"]


def damaged(shown: str, reason: str) -> DataError:
    """Return the error for a segment that is not what was written."""
    directory = shown.rpartition("/")[0] or "."
    return DataError(
        f"{shown!r} is damaged ({reason}): `collect verify --quarantine --db {directory}` moves it away "
        "and says how to train its seeds again"
    )


def segment_version(metadata: Metadata, shown: str) -> str | None:
    """Return the version of the run table that a file states, or None if it is no segment of ours.

    Raises
    ------
    DataError
        A later major version wrote it, or the version is none.
    """
    stated = metadata.get(VERSION_KEY)
    if stated is None:
        return None
    version = stated.decode(errors="replace")
    if re.fullmatch(r"\d+(\.\d+)?", version) is None:
        raise damaged(shown, f"its version is {version!r}")
    if _numbers(version)[0] > MAJOR:
        needed = metadata.get(READ_WITH_KEY, b"a newer one").decode(errors="replace")
        raise DataError(
            f"{shown!r} has version {version} of the run table; this is minima-census "
            f"{package_version('minima-census')}, which reads version {MAJOR}: "
            f"update to minima-census {needed} or later"
        )
    return version


def check_columns(
    table: pa.Table, names: Sequence[str], version: str, metadata: Metadata, shown: str
) -> None:
    """Compare columns with the digests in the file's metadata.

    Parameters
    ----------
    table : Table
        The columns that were read.
    names : sequence of str
        All columns of the file.
    version : str
        The version of the run table.
    metadata : mapping
        The file's metadata.
    shown : str
        What to call the file in an error.

    Raises
    ------
    DataError
        Names or values are not those that were written.
    """
    if _numbers(version) < WITH_DIGESTS:
        return
    try:
        digests = json.loads(metadata.get(DIGESTS_KEY, b""))
    except ValueError as error:
        raise damaged(shown, "its digests cannot be read") from error
    if not isinstance(digests, dict) or set(digests) != set(names):
        raise damaged(shown, "its columns are not those that were written")
    for name in table.column_names:
        if digests[name] != column_digest(name, table[name]):
            raise damaged(shown, f"the values of {name} are not those that were written")


def column_digest(name: str, column: pa.ChunkedArray) -> str:
    """Return the 64-bit blake2b digest of a column, hexadecimal.

    It is taken of ``name type length`` and a space, then of the packed mask of nulls if there are any,
    then of the values, a null as zero or empty: of text and bytes their lengths (int32) and their
    bytes, of booleans packed bits, of all else the bytes of the array.

    Examples
    --------
    >>> column_digest("seed", pa.chunked_array([[1, None]], pa.int64()))
    '2e9505460697ee70'
    """
    digest = hashlib.blake2b(f"{name} {column.type} {len(column)} ".encode(), digest_size=8)
    if column.null_count:
        digest.update(np.packbits(column.is_null().to_numpy()).data)
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        lengths = pc.fill_null(pc.binary_length(column), 0)
        digest.update(lengths.to_numpy().astype("<i4").data)
        for chunk in column.chunks:
            digest.update(_bytes_of(chunk))
    elif pa.types.is_boolean(column.type):
        digest.update(np.packbits(pc.fill_null(column, fill_value=False).to_numpy()).data)
    else:
        for chunk in column.chunks:
            digest.update(_values_of(chunk).view(np.uint8).data)
    return digest.hexdigest()


def kept(table: pa.Table, rows: pa.Array | None) -> pa.Table:
    """Return the rows of a segment with these identifiers; all where none are named."""
    return table if rows is None else table.filter(pc.is_in(table[ROW], value_set=rows))


def condensed(table: pa.Table) -> pa.Table:
    """Return the rows of a segment with each long text held once."""
    if LONG not in table.column_names:
        return table
    return table.set_column(table.column_names.index(LONG), LONG, table[LONG].dictionary_encode())


def without_repeats(table: pa.Table) -> pa.Table:
    """Return the rows of segments, each once: a compaction publishes the new before it removes the old."""
    if ROW not in table.column_names or not table.num_rows:
        return table
    encoded = table[ROW].combine_chunks().dictionary_encode()
    if len(encoded.dictionary) == len(table):
        return table
    first = np.unique(encoded.indices.to_numpy(), return_index=True)[1]
    return table.take(np.sort(first))


def _bytes_of(chunk: pa.Array) -> memoryview:
    """Return the bytes of all texts, one after the other; those under a null are left out."""
    if chunk.null_count:
        chunk = chunk.drop_null()
    offsets, data = chunk.buffers()[1:]
    if data is None or not len(chunk):
        return memoryview(b"")
    ends = np.frombuffer(offsets, np.int32)
    return memoryview(data)[ends[chunk.offset] : ends[chunk.offset + len(chunk)]]


def _values_of(chunk: pa.Array) -> np.ndarray:
    """Return the bytes of an array of numbers or times, a null as zero."""
    if pa.types.is_timestamp(chunk.type):
        chunk = chunk.cast(pa.int64())
    if chunk.null_count:
        chunk = chunk.fill_null(0)
    return np.ascontiguousarray(chunk.to_numpy(zero_copy_only=False))


def _numbers(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor or 0)
