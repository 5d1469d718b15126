"""Read tables of runs that this program wrote: a run database, or an export of one, in parts."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from collect.errors import DataError
from collect.store import database, impossible, segment
from collect.store.exchange import tables
from collect.store.exchange.digests import streamed_digest
from collect.store.exchange.incoming import Incoming, Pieces
from collect.store.exchange.tables import TableFile
from collect.store.place import Place
from collect.store.schema import COLUMNS, DIGESTS_KEY, SCHEMA, VERSION_KEY

BATCH_ROWS = 5_000
# How much is read ahead: 50,000 rows without `errors` make about 80 MB in memory.
AHEAD_ROWS, AHEAD_FILES = 50_000, 64


def in_parts(db: Place, columns: list[str], *, ahead: int = AHEAD_ROWS) -> Iterator[tuple[str, pa.Table]]:
    """Yield every segment's name and rows, as `database.scan`, but read only some rows ahead."""
    seen: set[str] = set()
    with ThreadPoolExecutor(database.THREADS) as pool:
        while new := [name for name in database.segments(db) if name not in seen]:
            seen.update(new)
            for part in _cut(new, ahead):
                found = pool.map(partial(_read_segment, db, columns), part)
                yield from ((n, table) for n, table in zip(part, found, strict=True) if table is not None)


def from_database(db: Place) -> Incoming:
    """Return all rows of a run database, after checking them.

    Raises
    ------
    DataError
        It holds no runs, or a segment is damaged or holds what is impossible.
    """
    return _checked(str(db), lambda: (table for _, table in in_parts(db, SCHEMA.names, ahead=BATCH_ROWS)))


def from_file(file: TableFile) -> Incoming:
    """Return all rows of an exported table, after checking them.

    Raises
    ------
    DataError
        The file is damaged, holds what is impossible, or is of a later major version.
    """
    if file.is_parquet:
        check_file(file.path, called=str(file))
        return _checked(str(file), partial(_parquet_pieces, file.path))
    return _checked(str(file), partial(_csv_pieces, file))


def check_file(path: Path, *, called: str) -> None:
    """Compare the columns of a Parquet file with the digests in its metadata, if it has any.

    Raises
    ------
    DataError
        The file is not what was written, or is of a later major version.
    """
    with tables.reading(path):
        schema = pq.read_schema(path)
    metadata = schema.metadata or {}
    if VERSION_KEY not in metadata:
        return
    try:
        with tables.reading(path), path.open("rb") as file:
            segment.decode(file, [], where=called)  # the version is one that can be read
        digests = json.loads(metadata.get(DIGESTS_KEY, b"{}"))
    except segment.DamagedError as error:
        raise _damaged(called, error.reason) from error
    except ValueError as error:
        raise _damaged(called, "its digests are not readable") from error
    for field in SCHEMA:
        if field.name not in digests:
            continue
        if field.name not in schema.names or schema.field(field.name).type != field.type:
            raise _damaged(called, f"it lacks the column {field.name} as it was written")
        if digests[field.name] != streamed_digest(field.name, partial(_column_chunks, path, field.name)):
            raise _damaged(called, f"the values of {field.name} are not those that were written")


def _damaged(called: str, reason: str) -> DataError:
    return DataError(f"{called} is damaged ({reason}): export it again")


def _checked(name: str, pieces: Pieces) -> Incoming:
    """Go through all rows once, count them, and refuse what is impossible."""
    run_ids: set[str] = set()
    configs: set[str] = set()
    statuses: Counter[str] = Counter()
    for piece in pieces():
        if found := impossible.faults(piece):
            raise DataError(f"{name}: {found[0]}; nothing was imported")
        is_new = [run_id not in run_ids for run_id in piece["run_id"].to_pylist()]
        new = piece.filter(pa.array(is_new))
        run_ids.update(new["run_id"].to_pylist())
        configs.update(new["config_hash"].unique().to_pylist())
        statuses.update(new["status"].to_pylist())
    if not run_ids:
        raise DataError(f"{name} holds no runs: give another table")
    return Incoming(
        name=name, pieces=pieces, key=("run_id",), n_rows=len(run_ids), n_configs=len(configs),
        n_by_status=dict(statuses),
    )  # fmt: skip


def _cut(names: list[str], n_rows: int) -> Iterator[list[str]]:
    """Cut a list of segments into parts with about so many rows, as their names tell."""
    part: list[str] = []
    waiting = 0
    for name in names:
        label = segment.parse_name(name)
        part.append(name)
        waiting += n_rows // AHEAD_FILES if label is None else max(label.n_rows, n_rows // AHEAD_FILES)
        if waiting >= n_rows:
            yield part
            part, waiting = [], 0
    if part:
        yield part


def _read_segment(db: Place, columns: list[str], name: str) -> pa.Table | None:
    try:
        return database.read_segment(db, name, columns)
    except FileNotFoundError:
        return None  # compacted away: its rows are in a segment of a later listing


def _columns(parquet: pq.ParquetFile) -> list[str]:
    """Return the file's columns that the schema has too, in the schema's order."""
    return [column.name for column in COLUMNS if column.name in parquet.schema_arrow.names]


def _parquet_pieces(path: Path) -> Iterator[pa.Table]:
    with tables.reading(path), pq.ParquetFile(path, page_checksum_verification=True) as parquet:
        for batch in parquet.iter_batches(BATCH_ROWS, columns=_columns(parquet), use_threads=False):
            yield _in_schema(pa.Table.from_batches([batch]))


def _column_chunks(path: Path, name: str) -> Iterator[pa.Array]:
    with tables.reading(path), pq.ParquetFile(path, page_checksum_verification=True) as parquet:
        for batch in parquet.iter_batches(BATCH_ROWS, columns=[name], use_threads=False):
            yield batch.column(0)


def _csv_pieces(file: TableFile) -> Iterator[pa.Table]:
    types = {f.name: f.type for f in SCHEMA if f.name in file.names and not pa.types.is_binary(f.type)}
    options = pcsv.ConvertOptions(
        column_types=types, include_columns=list(types), null_values=[""], strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )  # fmt: skip
    with (
        tables.reading(file.path, file.names),
        pcsv.open_csv(
            file.path, parse_options=tables.parse_options(file.path), convert_options=options
        ) as reader,
    ):
        for batch in reader:
            yield _in_schema(pa.Table.from_batches([batch]))


def _in_schema(table: pa.Table) -> pa.Table:
    """Return a table under the schema; columns that it lacks are null."""
    arrays = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in SCHEMA
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
