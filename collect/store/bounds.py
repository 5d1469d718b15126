"""What a segment may hold at most, and what no row holds: checked before it is used, wherever it comes from.

Small files can state what no memory holds: 60 million equal rows take 300 kB, and a long text that stands
in every row takes the bytes of one. Whatever is wrong is a ValueError that says it.
"""

from datetime import UTC, datetime
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from collect.store.schema import TEXT

# The largest segments of `compact` have 40 MB, and 256 MiB in memory.
MOST_BYTES = 2**31
MOST_IN_MEMORY = 2**30
# Every row has a run_id of its own, of 16 random bytes: fewer bytes a row hold no runs. A few rows may.
MANY_ROWS, BYTES_OF_A_ROW = 100_000, 8
MOST_TEXT = 2**20
_POSSIBLE = {
    "seed": (0, 2**63 - 1),
    "accuracy": (0, 1),
    # in microseconds: what a calendar has
    "committed_at": (0, int(datetime(9999, 1, 1, tzinfo=UTC).timestamp()) * 10**6),
}
_HASH = r"^[0-9a-f]{32}$"


def read(file: IO[bytes] | pa.NativeFile, parquet: pq.ParquetFile, columns: pa.Schema) -> pa.Table:
    """Return columns of a file, if they have their types and fit into memory.

    Parameters
    ----------
    parquet
        The file, opened; it checks pages if that was asked of it.
    """
    n_rows, n_bytes = parquet.metadata.num_rows, file.seek(0, 2)
    if n_rows > MANY_ROWS and n_rows * BYTES_OF_A_ROW > n_bytes:
        raise ValueError(f"it states {n_rows:,} rows in {n_bytes:,} bytes")
    if not n_rows:
        raise ValueError("it has no rows")
    for column in columns:
        if (kind := parquet.schema_arrow.field(column.name).type) != column.type:
            raise ValueError(f"{column.name} has type {kind}")
    texts = [c.name for c in columns if pa.types.is_string(c.type) or pa.types.is_binary(c.type)]
    if not texts or _most_bytes(parquet) <= MOST_IN_MEMORY:
        return parquet.read(columns=columns.names, use_threads=False)
    # As a dictionary every different value is there once.
    file.seek(0)
    with pq.ParquetFile(file, read_dictionary=texts, page_checksum_verification=True) as again:
        table = again.read(columns=columns.names, use_threads=False)
    for name in texts:
        if (size := _written_out(table[name])) > MOST_IN_MEMORY:
            raise ValueError(f"{name} takes {size:,} bytes of memory")
    return table.cast(columns)


def check_values(table: pa.Table, columns: pa.Schema) -> None:
    """Refuse values that no run has, and that would fail whoever counts with them or shows them."""
    for field in columns:
        column = table[field.name]
        if column.null_count and not field.nullable:
            raise ValueError(f"{field.name} is null in a row")
        if field.type == TEXT:
            column.validate(full=True)  # that it is UTF-8
            if (longest := pc.max(pc.binary_length(column)).as_py() or 0) > MOST_TEXT:
                raise ValueError(f"{field.name} has {longest:,} bytes in a row")
    for name, (least, most) in _POSSIBLE.items():
        if name in table.column_names and not _is_between(table[name], least, most):
            raise ValueError(f"{name} is no possible one in a row")
    if "config_hash" in table.column_names:
        hashes = pc.unique(table["config_hash"])
        if not pc.all(pc.match_substring_regex(hashes, _HASH)).as_py():
            raise ValueError("config_hash is no hash in a row")


def _is_between(column: pa.ChunkedArray, least: int, most: int) -> bool:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    inside = pc.and_(pc.greater_equal(column, least), pc.less_equal(column, most))
    return pc.all(inside).as_py() is not False


def _most_bytes(parquet: pq.ParquetFile) -> int:
    """Return how many bytes a column of text may have in memory, going by what the file states.

    What it states of a single column is not asked for: in a damaged footer, that aborts the process.
    """
    metadata = parquet.metadata
    parts = (metadata.row_group(group) for group in range(metadata.num_row_groups))
    return sum(part.num_rows * part.total_byte_size for part in parts)


def _written_out(column: pa.ChunkedArray) -> int:
    """Return how many bytes the values of a dictionary's column have."""
    sizes = [
        pc.sum(pc.binary_length(chunk.dictionary).cast(pa.int64()).take(chunk.indices)).as_py() or 0
        for chunk in column.chunks
    ]
    return sum(sizes)
