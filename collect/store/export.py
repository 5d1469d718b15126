"""Write a run database as one table, CSV or Parquet, in memory that does not grow with `errors`."""

import gzip
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from collect.errors import DataError, RunError, UsageError
from collect.store import database
from collect.store.digest import streamed_digest
from collect.store.local import LocalDirectory
from collect.store.place import Place
from collect.store.schema import (
    DIGESTS_KEY,
    READ_WITH,
    READ_WITH_KEY,
    SCHEMA,
    SCHEMA_VERSION,
    TEXT,
    VERSION_KEY,
)

ENDINGS = (".csv", ".csv.gz", ".parquet")
BINARY = "errors"
# 5,000 rows with 10,000 bytes of `errors` each make 50 MB in memory.
GROUP_ROWS = 5_000
LIGHT = pa.schema([field for field in SCHEMA if field.name != BINARY])
# Text that differs from row to row; all other text repeats and is held once.
_VARIED = ("run_id", "message")
_FORMULA = r"^([=+\-@\t\r])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written.

    Attributes
    ----------
    n_rows, n_configs
        Rows of the table, and configurations among them.
    n_repeats
        Rows of the database that the duplicate rule left out.
    left_out
        Columns that the format cannot hold and that are not empty.
    n_bytes
        Size of the file.
    """

    n_rows: int
    n_configs: int
    n_repeats: int
    left_out: tuple[str, ...]
    n_bytes: int


def export(db: Place, out: Path, *, every_row: bool = False, overwrite: bool = False) -> Exported:
    """Write the rows of a database, in the order of configuration, seed and merit, as one file.

    Parameters
    ----------
    out
        Ends in .csv, .csv.gz or .parquet.
    every_row
        Write all rows, not only the first success of each run.
    overwrite
        Replace a file that is there already.

    Raises
    ------
    UsageError
        The file's ending is another one, the file exists, or it would lie in the database.
    DataError
        The database holds no runs, or one of its segments is damaged.
    RunError
        The file cannot be written; nothing of it is visible then.
    """
    _check_target(db, out, overwrite=overwrite)
    everything = _rows(db)
    rows = everything if every_row else database.first_successes(everything)
    is_csv = not out.name.lower().endswith(".parquet")
    with _written_beside(out, overwrite=overwrite) as file:
        if is_csv:
            _write_csv(file, rows, compressed=out.name.lower().endswith(".gz"))
        else:
            _write_parquet(file, db, rows)
            file.flush()
            _compare(Path(file.name), out)
    return Exported(
        n_rows=rows.num_rows,
        n_configs=len(pc.unique(rows["config_hash"])),
        n_repeats=everything.num_rows - rows.num_rows,
        left_out=(BINARY,) if is_csv else (),
        n_bytes=out.stat().st_size,
    )


def _check_target(db: Place, out: Path, *, overwrite: bool) -> None:
    if not out.name.lower().endswith(ENDINGS):
        raise UsageError(f"{out} must end in one of {', '.join(ENDINGS)}, which tells its format")
    if out.is_dir():
        raise UsageError(f"{out} is a directory: give the name of a file")
    if out.exists() and not overwrite:
        raise _exists(out)
    if not out.parent.is_dir():
        raise UsageError(f"there is no directory {out.parent}: make it, or choose another place")
    if isinstance(db, LocalDirectory) and out.parent.resolve() == db.path.resolve():
        raise UsageError(f"{out} would lie in the run database itself: choose another directory")


def _exists(out: Path) -> UsageError:
    return UsageError(f"{out} exists: add --overwrite to replace it, or choose another name")


def _rows(db: Place) -> pa.Table:
    """Return all rows but for `errors`, in order; text that repeats is held once."""
    held = pa.schema([f.with_type(pa.dictionary(pa.int32(), f.type)) if _repeats(f) else f for f in LIGHT])
    tables = [table.cast(held) for _, table in database.scan(db, LIGHT.names)]
    if not tables:
        raise DataError(f"{db} holds no runs: collect some first, or give another --db")
    return database.in_order(pa.concat_tables(tables).unify_dictionaries())


def _repeats(field: pa.Field) -> bool:
    return bool(pa.types.is_string(field.type)) and field.name not in _VARIED


def _groups(rows: pa.Table) -> Iterator[pa.Table]:
    """Yield a table in parts, its text written out."""
    for start in range(0, rows.num_rows, GROUP_ROWS):
        yield rows.slice(start, GROUP_ROWS).cast(pa.schema([SCHEMA.field(n) for n in rows.column_names]))


@contextmanager
def _written_beside(out: Path, *, overwrite: bool) -> Iterator[IO[bytes]]:
    """Give a hidden file to write to, and its final name when all is written."""
    temporary = out.with_name(f".{out.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _give_name(temporary, out, overwrite=overwrite)
        descriptor = os.open(out.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise RunError(
            f"{out} cannot be written ({error.strerror or error}): make room or choose another place"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _give_name(temporary: Path, out: Path, *, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(out)
        return
    try:
        out.hardlink_to(temporary)  # unlike a rename, never overwrites
    except FileExistsError:
        raise _exists(out) from None
    except OSError as error:  # no hard links on this file system
        if out.exists():
            raise _exists(out) from error
        temporary.rename(out)


def _write_csv(file: IO[bytes], rows: pa.Table, *, compressed: bool) -> None:
    """Write text: numbers so that they read back exactly, times as ISO 8601 in UTC, null as nothing."""
    schema = pa.schema([f.with_type(pa.string()) if f.name == "committed_at" else f for f in LIGHT])
    # No name and no time in the header of gzip: the same rows are the same bytes.
    sink = gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) if compressed else nullcontext(file)
    with sink as text, pcsv.CSVWriter(text, schema) as writer:
        for group in _groups(rows):
            at = LIGHT.get_field_index("committed_at")
            group = _without_formulas(group)
            writer.write_table(group.set_column(at, schema.field(at), _iso(group["committed_at"])))


def _without_formulas(group: pa.Table) -> pa.Table:
    """Return text that a spreadsheet would take for a formula with an apostrophe before it."""
    for at, field in enumerate(group.schema):
        if field.type == TEXT:
            column = pc.replace_substring_regex(group[field.name], _FORMULA, r"'\1")
            group = group.set_column(at, field, column)
    return group


def _iso(times: pa.ChunkedArray) -> pa.Array:
    """Return times as 2026-01-01T00:00:00.000000Z."""
    text = np.datetime_as_string(times.to_numpy().astype("datetime64[us]"), unit="us")
    return pa.array(np.char.add(text, "Z"), pa.string())


def _write_parquet(file: IO[bytes], db: Place, rows: pa.Table) -> None:
    """Write one file that is a segment, but for its name and for having several row groups."""
    errors = partial(_errors, db, rows["run_id"])
    digests = {f.name: streamed_digest(f.name, f.type, partial(_light_chunks, rows, f.name)) for f in LIGHT}
    digests[BINARY] = streamed_digest(BINARY, SCHEMA.field(BINARY).type, errors)
    metadata = {
        VERSION_KEY: ".".join(map(str, SCHEMA_VERSION)),
        READ_WITH_KEY: READ_WITH,
        DIGESTS_KEY: json.dumps(digests),
    }
    with pq.ParquetWriter(
        file, SCHEMA.with_metadata(metadata), compression="zstd", write_page_checksum=True
    ) as writer:
        for group, binary in zip(_groups(rows), errors(), strict=True):
            table = group.append_column(SCHEMA.field(BINARY), binary).select(SCHEMA.names)
            writer.write_table(table, row_group_size=GROUP_ROWS)


def _compare(written: Path, out: Path) -> None:
    """Read the columns of a file back, in parts, and compare them with the digests in its metadata."""
    with pq.ParquetFile(written, page_checksum_verification=True) as parquet:
        digests = json.loads(parquet.schema_arrow.metadata[DIGESTS_KEY])
    for field in SCHEMA:
        back = streamed_digest(field.name, field.type, partial(_read_back, written, field.name))
        if digests[field.name] != back:
            raise RunError(f"{out}: {field.name} was not written as it is: repeat the command")


def _read_back(written: Path, name: str) -> Iterator[pa.Array]:
    with pq.ParquetFile(written, page_checksum_verification=True) as parquet:
        for batch in parquet.iter_batches(GROUP_ROWS, columns=[name], use_threads=False):
            yield batch.column(0)


def _light_chunks(rows: pa.Table, name: str) -> Iterator[pa.Array]:
    for group in _groups(rows.select([name])):
        yield from group[name].chunks


def _errors(db: Place, run_ids: pa.ChunkedArray) -> Iterator[pa.Array]:
    """Yield `errors` of the rows in parts, reading each segment as it is needed."""
    read = lru_cache(maxsize=1)(lambda name: database.read_segment(db, name, [BINARY])[BINARY])
    located = _locate(db, run_ids)
    for start in range(0, len(run_ids), GROUP_ROWS):
        while True:
            names, which, position = located
            part = slice(start, start + GROUP_ROWS)
            order = np.argsort(which[part], kind="stable")
            try:
                found = [
                    read(names[segment]).take(pa.array(position[part][which[part] == segment]))
                    for segment in np.unique(which[part])
                ]
            except FileNotFoundError:  # compacted away: its rows are in another segment now
                located = _locate(db, run_ids)
                continue
            back = np.empty(len(order), np.int64)
            back[order] = np.arange(len(order))
            yield pa.concat_arrays([c for column in found for c in column.chunks]).take(pa.array(back))
            break


def _locate(
    db: Place, run_ids: pa.ChunkedArray
) -> tuple[list[str], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the names of the segments, and for each row which of them it is in and where."""
    names, ids = [], []
    for name, table in database.scan(db, ["run_id"]):
        names.append(name)
        ids.append(table["run_id"])
    found = pc.index_in(run_ids, pa.chunked_array([c for column in ids for c in column.chunks], pa.string()))
    if found.null_count:
        raise RunError(f"rows have left {db} during the export: repeat the command")
    ends = np.cumsum([len(column) for column in ids])
    index = found.to_numpy().astype(np.int64)
    which = np.searchsorted(ends, index, side="right")
    return names, which, index - np.concatenate(([0], ends))[which]
