"""The run database: a directory of immutable Parquet segments; the listing is the truth.

A commit is: serialise in memory, write under a hidden temporary name, fsync, publish under a unique
final name without overwriting, fsync the directory, acknowledge. Writers never lock or wait, and a
crash leaves at most a hidden temporary file that no reader looks at.
"""

import errno
import os
import uuid
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from collect.errors import DataError, RunError
from collect.schema import FAILED, SCHEMA, SCHEMA_VERSION, VERSION_KEY

ENDING = ".parquet"

Row = Mapping[str, object]


def prepare(db: Path) -> None:
    """Make the directory if need be, and refuse one that is not a run database or not writable.

    Raises
    ------
    DataError
        The directory holds other things than a run database.
    RunError
        The directory cannot be made or written to.
    """
    try:
        db.mkdir(parents=True, exist_ok=True)
        foreign = None if segments(db) else next((p for p in sorted(db.iterdir()) if p.name[0] != "."), None)
        probe = _hidden_name(db)
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        probe.unlink()
    except OSError as error:
        raise RunError(
            f"run database {db} cannot be written ({error.strerror}): choose another place with --db"
        ) from error
    if foreign is not None:
        raise DataError(
            f"{db} is not a run database (it holds {foreign.name}): give an empty or new directory as --db"
        )


def append(db: Path, rows: Iterable[Row]) -> Path:
    """Commit rows as one segment: when this returns, they are durable, and readers see all of them.

    Raises
    ------
    ValueError
        A row's keys are not the schema's columns.
    RunError
        The segment could not be made durable; nothing is visible then.
    """
    content = _serialise(rows)
    temporary = _hidden_name(db)
    final = db / f"runs-{uuid.uuid4().hex}{ENDING}"
    try:
        _write_durably(temporary, content)
        _publish(temporary, final)
        _sync_directory(db)
    except OSError as error:
        raise RunError(
            f"{db}: a commit failed ({error.strerror}); make room or mend it, then repeat the command"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return final


def segments(db: Path) -> list[Path]:
    """Return the visible segments, sorted by name; an absent directory has none."""
    if not db.is_dir():
        return []
    return sorted(
        path for path in db.iterdir() if path.name.endswith(ENDING) and not path.name.startswith(".")
    )


def present_seeds(
    paths: Iterable[Path],
    config_hash: str,
    *,
    without_failed: bool = False,
    among: Collection[int] | None = None,
) -> set[int]:
    """Return the seeds of one configuration that have a row in the segments.

    Parameters
    ----------
    without_failed
        Leave out seeds whose only rows have status `failed`.
    among
        Look for these seeds only.
    """
    seeds: set[int] = set()
    for path in paths:
        table = _read(path, ["config_hash", "seed", "status"])
        wanted = pc.equal(table["config_hash"], config_hash)
        if without_failed:
            wanted = pc.and_(wanted, pc.not_equal(table["status"], FAILED))
        seeds.update(table["seed"].filter(wanted).to_pylist())
    return seeds if among is None else seeds & set(among)


def read(db: Path) -> pa.Table:
    """Return all rows, duplicates included, sorted by configuration, seed and commit."""
    tables = [_read(path, SCHEMA.names) for path in segments(db)]
    table = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
    keys = ("config_hash", "seed", "committed_at", "run_id")
    return table.sort_by([(key, "ascending") for key in keys])


def _serialise(rows: Iterable[Row]) -> pa.Buffer:
    rows = list(rows)
    for row in rows:
        # from_pylist would turn a misspelt key into a null.
        if set(row) != set(SCHEMA.names):
            raise ValueError(
                f"a row's columns differ from the schema's: {sorted(set(row) ^ set(SCHEMA.names))}"
            )
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    return sink.getvalue()


def _hidden_name(db: Path) -> Path:
    return db / f".{uuid.uuid4().hex}.tmp"


def _write_durably(path: Path, content: pa.Buffer) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _publish(temporary: Path, final: Path) -> None:
    """Give the file its final name; unlike a rename, a hard link never overwrites."""
    try:
        os.link(temporary, final)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        # A file system without hard links: the name is unique, so a rename overwrites nothing either.
        temporary.rename(final)


def _sync_directory(db: Path) -> None:
    descriptor = os.open(db, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, columns: list[str]) -> pa.Table:
    """Read one segment under the explicit schema, verifying page checksums."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            version = (file.schema_arrow.metadata or {}).get(VERSION_KEY)
            if version is None:
                raise DataError(
                    f"{path} is not a segment of a run database: move it away, or give another --db"
                )
            if int(version) > SCHEMA_VERSION:
                raise DataError(
                    f"{path} was written by a newer minima-census (run table version {int(version)}): update"
                )
            return file.read(columns=columns)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{path} is damaged ({reason}): move it away and repeat the command to train its seeds again"
        ) from error
