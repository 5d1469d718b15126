"""A segment: the bytes of some rows, as Parquet. What was written is what is read, or it is an error.

Three things guard the bytes. The file's name holds the digest of all of them (`is_intact`). Every page
has a checksum, and every column a digest of its values in the file's metadata, so that a reader of a
few columns sees a flipped bit wherever it is, also in the parts that page checksums do not cover
(page headers, the footer), and without reading the rest of the file.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as package_version
from typing import IO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from collect.errors import DataError
from collect.store import bounds
from collect.store.digest import streamed_digest
from collect.store.schema import (
    COLUMNS,
    COMPACTION_KEY,
    DIGESTS_KEY,
    OK,
    READ_WITH,
    READ_WITH_KEY,
    SCHEMA,
    SCHEMA_VERSION,
    VERSION_KEY,
    Run,
)
from collect.strategy.config import digest

ENDING = ".parquet"
MIXED = "mixed"
FIRST_VERSION = (1, 0)
WITH_DIGESTS = (1, 1)  # the first version whose segments have digests
_NAME = re.compile(
    rf"runs-(?P<config>[0-9a-f]{{12}}|{MIXED})-(?P<first>\d+)-(?P<last>\d+)-(?P<n>\d+)"
    rf"-(?P<digest>[0-9a-f]{{32}})\{ENDING}"
)

# Half a step of a float32 accuracy; a test image more or less changes it by far more.
SAME_SHARE = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a segment's name tells about it, also when its bytes are lost.

    Attributes
    ----------
    config
        The first 12 digits of the configuration's hash, or `mixed`.
    first_seed, last_seed
        The smallest and the largest seed.
    n_rows
        Number of rows.
    digest
        128-bit blake2b digest of the bytes, hexadecimal.
    """

    config: str
    first_seed: int
    last_seed: int
    n_rows: int
    digest: str

    def name(self) -> str:
        """Return the file's name."""
        seeds = f"{self.first_seed}-{self.last_seed}"
        return f"runs-{self.config}-{seeds}-{self.n_rows}-{self.digest}{ENDING}"


class DamagedError(DataError):
    """A segment that is not what was written; `reason` says in what way."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(
            f"{place} is damaged ({reason}): `collect verify --quarantine` moves it away and says which "
            "seeds it held, and the command that trained them trains them again"
        )
        self.reason = reason


def parse_name(name: str) -> Label | None:
    """Return what a segment's name tells, or None for a name of another kind (as of version 1.0)."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    return Label(
        config=found["config"],
        first_seed=int(found["first"]),
        last_seed=int(found["last"]),
        n_rows=int(found["n"]),
        digest=found["digest"],
    )


def as_table(runs: Iterable[Run]) -> pa.Table:
    """Return runs as a table of the schema.

    Raises
    ------
    ValueError
        A value does not fit its column, or the row is one that no run can have.
    """
    runs = list(runs)
    for run in runs:
        if fault := _impossible(run):
            raise ValueError(f"a row of seed {run.seed} is impossible: {fault}")
    return pa.table({name: [getattr(run, name) for run in runs] for name in SCHEMA.names}, schema=SCHEMA)


def _impossible(run: Run) -> str | None:
    """Return in what way a row contradicts itself, or None; what must not be null, `encode` checks."""
    accuracy, errors = run.accuracy, run.errors
    if digest(run.config) != run.config_hash:
        return "config_hash is not the digest of config"
    if (run.status == OK) != (accuracy is not None):
        return f"its status is {run.status} and its accuracy {accuracy}"
    if accuracy is None:
        return None if errors is None else "it has errors and no accuracy"
    if not 0 <= accuracy <= 1:
        return f"its accuracy is {accuracy}"
    if errors is not None and len(errors) != run.n_test:
        return "errors has not one byte per test image"
    if errors is not None and abs(errors.count(0) / len(errors) - accuracy) > SAME_SHARE:
        return "accuracy is not the share of zeros in errors"
    return None


def encode(table: pa.Table, *, compaction: str | None = None) -> tuple[str, bytes]:
    """Return the name and the bytes of a segment, after reading them back and comparing.

    Parameters
    ----------
    table
        Rows of the schema.
    compaction
        Identifies the compaction that merges these rows; it makes the bytes and so the name unique.

    Raises
    ------
    ValueError
        There are no rows, a seed is negative, or a column that must not be null holds a null.
    """
    if not table.num_rows:
        raise ValueError("a segment without rows")
    for field in SCHEMA:
        if not field.nullable and table[field.name].null_count:
            raise ValueError(f"{field.name} is null in a row, and must not be")
    if (smallest := pc.min(table["seed"]).as_py()) < 0:
        raise ValueError(f"a seed is {smallest}: seeds are not negative")
    digests = {name: column_digest(name, table[name]) for name in SCHEMA.names}
    metadata = {
        VERSION_KEY: ".".join(map(str, SCHEMA_VERSION)),
        READ_WITH_KEY: READ_WITH,
        DIGESTS_KEY: json.dumps(digests),
    }
    if compaction is not None:
        metadata[COMPACTION_KEY] = compaction
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(metadata),
        sink,
        compression="zstd",
        write_page_checksum=True,
        row_group_size=table.num_rows,
    )
    content = sink.getvalue().to_pybytes()
    if not decode(pa.BufferReader(content), SCHEMA.names, where="a new segment").equals(table):
        raise DamagedError("a new segment", "what was written is not what is read back")
    return named(table, content), content


def decode(
    file: IO[bytes] | pa.NativeFile, columns: Sequence[str], *, where: str, intact: bool = False
) -> pa.Table:
    """Read columns of a segment under the explicit schema, and check their digests.

    Columns that the segment's version did not have are null; columns that only a later version has
    are passed over.

    Parameters
    ----------
    file
        The segment, seekable.
    columns
        Names of the schema.
    where
        What to call the segment in an error.
    intact
        All bytes are known to be those that were published (`is_intact`): skip the checks of parts.

    Raises
    ------
    DamagedError
        The bytes are not those of a sound segment.
    DataError
        The file is no segment, or a later major version wrote it.
    """
    try:
        with pq.ParquetFile(file, page_checksum_verification=not intact) as parquet:
            version = _version(parquet.schema_arrow.metadata or {}, where)
            written = [c.name for c in COLUMNS if c.name in columns and c.since <= version]
            n_there = Counter(parquet.schema_arrow.names)
            for name in written:
                if n_there[name] != 1:
                    raise DamagedError(where, f"it has {n_there[name]} columns named {name}")
            present = pa.schema([SCHEMA.field(name) for name in written])
            table = bounds.read(file, parquet, present)
            if not intact:
                _check(table, parquet, version, where)
            bounds.check_values(table, present)
            n_rows = parquet.metadata.num_rows
    except (pa.ArrowException, ValueError, OverflowError, MemoryError, OSError) as error:
        # Arrow reports wrong checksums as an OSError of its own; one of the system has a number.
        if getattr(error, "errno", None) is not None:
            raise
        raise DamagedError(where, " ".join(str(error).split())[:200]) from error
    schema = pa.schema([SCHEMA.field(name) for name in columns])
    known = set(written)
    arrays = [table[f.name] if f.name in known else pa.nulls(n_rows, f.type) for f in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def whole(name: str, content: bytes, *, where: str, check_values: bool = True) -> pa.Table:
    """Return all rows of a segment, if its bytes are those that were published.

    Parameters
    ----------
    where
        What to call the segment in an error.
    check_values
        Check the digests of columns too, also where the name tells that all bytes are right.

    Raises
    ------
    DamagedError, DataError
        They are not, or as for `decode`.
    """
    intact = is_intact(name, content)
    if intact is False:
        raise DamagedError(where, "its bytes are not those that its name tells" if content else "it is empty")
    skip = bool(intact) and not check_values
    return decode(pa.BufferReader(content), SCHEMA.names, where=where, intact=skip)


def named(table: pa.Table, content: bytes) -> str:
    """Return the name of a segment with these rows and bytes."""
    return label(table, digest(content)).name()


def is_intact(name: str, content: bytes) -> bool | None:
    """Return whether the bytes are those that were published, or None if the name does not tell."""
    told = parse_name(name)
    return None if told is None else told.digest == digest(content)


def column_digest(name: str, column: pa.ChunkedArray) -> str:
    """Return the digest of a column of a segment; see `digest`."""
    return streamed_digest(name, column.type, lambda: iter(column.chunks))


def _version(metadata: Mapping[bytes, bytes], where: str) -> tuple[int, int]:
    """Return the version of the run table that a file's metadata states, if this program can read it."""
    stated = metadata.get(VERSION_KEY)
    if stated is None:
        raise DataError(f"{where} is not a segment of a run database: move it away, or give another --db")
    found = re.fullmatch(r"(\d+)(?:\.(\d+))?", stated.decode(errors="replace"))
    if found is None:
        raise DamagedError(where, f"its version is {stated!r}")
    version = (int(found[1]), int(found[2] or 0))
    if version < FIRST_VERSION:
        raise DamagedError(where, f"its version is {stated!r}")
    if version[0] > SCHEMA_VERSION[0]:
        stated_need = metadata.get(READ_WITH_KEY)
        needed = f" to {stated_need.decode(errors='replace')} or later" if stated_need else ""
        raise DataError(
            f"{where} has version {found[0]} of the run table; this is minima-census "
            f"{package_version('minima-census')}, which reads version {SCHEMA_VERSION[0]}: "
            f"update minima-census{needed}"
        )
    return version


def _check(table: pa.Table, parquet: pq.ParquetFile, version: tuple[int, int], where: str) -> None:
    """Compare the columns' digests with what was written."""
    if table.num_rows != parquet.metadata.num_rows:
        raise DamagedError(where, "rows are missing")
    stated = (parquet.schema_arrow.metadata or {}).get(DIGESTS_KEY)
    if stated is None and version < WITH_DIGESTS:
        return
    try:
        digests = msgspec.json.decode(stated or b"{}", type=dict[str, str])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise DamagedError(where, "its digests are none") from error
    for name in table.column_names:
        if digests.get(name) != column_digest(name, table[name]):
            raise DamagedError(where, f"the values of {name} are not those that were written")


def label(table: pa.Table, content_digest: str) -> Label:
    """Return what the name of a segment with these rows is to tell."""
    hashes = pc.unique(table["config_hash"])
    seeds = pc.min_max(table["seed"]).as_py()
    return Label(
        config=hashes[0].as_py()[:12] if len(hashes) == 1 else MIXED,
        first_seed=seeds["min"],
        last_seed=seeds["max"],
        n_rows=table.num_rows,
        digest=content_digest,
    )
