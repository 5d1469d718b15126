"""Append rows to a run database and read them, while others write and compact it.

Writers and readers never lock or wait: an append publishes one new segment, whole or not at all.
Readers list, read, and list again, as long as something has vanished meanwhile: it was replaced by a
segment that holds the same rows.
"""

import io
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collect.errors import CollectError, DataError, RunError
from collect.store import segment
from collect.store.bounds import MOST_BYTES
from collect.store.place import Place
from collect.store.schema import DIVERGED, FAILED, OK, SCHEMA, Run

THREADS = 8
# So often is read what a listing has that the ones before had not, where nothing has vanished.
LISTINGS = 2
KEY = ("config_hash", "seed")
# How many whole files are in memory at once.
PART_FILES, PART_BYTES = 256, 32 * 10**6
Sized = TypeVar("Sized", bound=tuple[Any, ...])
Read = TypeVar("Read")
# What decides between rows of the same run: success, then the earliest commit.
DECIDING = ("status", "committed_at", "run_id")


def append(db: Place, runs: Iterable[Run]) -> str:
    """Commit runs as one segment: when this returns, they are durable, and readers see all of them.

    Returns
    -------
    str
        The segment's name.

    Raises
    ------
    ValueError
        A row is one that no run can have, or a value is null that must not be.
    RunError
        The segment could not be made durable; nothing of it is visible then.
    """
    name, content = segment.encode(segment.as_table(runs))
    db.publish(name, content)
    return name


def segments(db: Place) -> list[str]:
    """Return the names of the visible segments, sorted."""
    return [name for name in db.names() if name.endswith(segment.ENDING)]


def scan(
    db: Place,
    columns: Sequence[str],
    *,
    skip: Collection[str] = (),
    unreadable: list[CollectError] | None = None,
) -> Iterator[tuple[str, pa.Table]]:
    """Yield every segment's name and rows, whatever others write and compact meanwhile.

    While a compaction is going on, rows may come twice, as part of two segments.

    Parameters
    ----------
    columns
        What to read.
    skip
        Names of segments to pass over.
    unreadable
        Collects the errors of segments that cannot be read, instead of raising the first.

    Raises
    ------
    DataError
        A segment is damaged, or none at all, or of a later major version.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        for new in _new_names(db, skip):
            for name, found in _ahead(pool, partial(_read, db, columns), new):
                if isinstance(found, pa.Table):
                    yield name, found
                elif found is not None:
                    if unreadable is None:
                        raise found
                    unreadable.append(found)


def read(
    db: Place, columns: Sequence[str] = tuple(SCHEMA.names), *, unreadable: list[CollectError] | None = None
) -> pa.Table:
    """Return all rows, those of equal keys included, in the order of configuration, seed and merit.

    Of rows with equal keys the first is the one that counts; see `first_successes`.

    Parameters
    ----------
    columns, unreadable
        As for `scan`.
    """
    few = list(dict.fromkeys((*columns, *KEY)))
    table = _scanned(db, few, unreadable)
    order, repeat = _order_of_keys(table)
    if not repeat.any():  # the common case: what decides between rows of a run need not be read
        return table.take(order).select(list(columns))
    if unreadable is not None:
        unreadable.clear()
    return in_order(_scanned(db, [*few, *(c for c in DECIDING if c not in few)], unreadable)).select(
        list(columns)
    )


def _scanned(db: Place, columns: Sequence[str], unreadable: list[CollectError] | None) -> pa.Table:
    tables = [table for _, table in scan(db, columns, unreadable=unreadable)]
    empty = pa.schema([SCHEMA.field(name) for name in columns]).empty_table()
    return pa.concat_tables(tables) if tables else empty


def in_order(table: pa.Table) -> pa.Table:
    """Return rows in the order of configuration, seed and merit, each run_id once.

    A row that is there twice is one row, seen in two segments while a compaction is going on.
    """
    return _without_repeats(table.take(_order(table)), ["run_id"])


def first_successes(table: pa.Table) -> pa.Table:
    """Return one row of each run, as (`config_hash`, `seed`): the first success.

    `ok` counts before `diverged` before `failed`, then the earliest commit, then the smallest run_id;
    so the choice does not depend on the order of rows or files.
    """
    table = table.take(_order(table))
    repeated = _is_repeat(_codes(table["config_hash"]), table["seed"].to_numpy())
    return table.filter(pa.array(~repeated)) if repeated.any() else table


def present_seeds(db: Place, config_hash: str, *, without_failed: bool = False) -> set[int]:
    """Return the seeds of one configuration that have a row in the database.

    Parameters
    ----------
    without_failed
        Leave out seeds whose only rows have status `failed`.
    """
    found = seeds_by_segment(db, config_hash, without_failed=without_failed)
    return {seed for seeds in found.values() for seed in seeds.tolist()}


def seeds_by_segment(
    db: Place, config_hash: str, *, without_failed: bool = False, skip: Collection[str] = ()
) -> dict[str, npt.NDArray[np.int64]]:
    """Return the seeds of one configuration in each segment, by the segment's name.

    Parameters
    ----------
    without_failed
        Leave out rows whose status is `failed`.
    skip
        Names of segments to pass over.
    """
    seeds = {}
    for name, table in scan(db, ["config_hash", "seed", "status"], skip=skip):
        wanted = pc.equal(table["config_hash"], config_hash)
        if without_failed:
            wanted = pc.and_(wanted, pc.not_equal(table["status"], FAILED))
        seeds[name] = table["seed"].filter(wanted).to_numpy()
    return seeds


def read_segment(db: Place, name: str, columns: Sequence[str] = tuple(SCHEMA.names)) -> pa.Table:
    """Read columns of one segment.

    Raises
    ------
    FileNotFoundError
        It is not there (any more).
    DataError
        It is damaged, or no segment, or no file at all, or of a later major version.
    RunError
        The device or the network failed.
    """
    try:
        with db.open(name) as file:
            return segment.decode(file, columns, where=f"{db}/{name}")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise RunError(f"{db}/{name} cannot be read: {error.strerror or error}") from error


def contents(db: Place) -> Iterator[tuple[str, bytes | CollectError]]:
    """Yield every segment's name and bytes, or what keeps them from being read; otherwise as `scan`."""
    for new in _new_names(db):
        sizes = db.sizes()
        sized = [(name, sizes.get(name, 0)) for name in new]
        for (name, _), found in in_parallel(lambda one: content(db, one[0]), sized):
            if found is not None:
                yield name, found


def content(db: Place, name: str) -> bytes | CollectError | None:
    """Return the bytes of a segment, or what keeps them from being read, or None if it is gone."""
    try:
        with db.open(name) as file:
            size = file.seek(0, io.SEEK_END)
            if size > MOST_BYTES:
                return DataError(f"{db}/{name} has {size:,} bytes, more than any segment: move it away")
            file.seek(0)
            return file.read()
    except FileNotFoundError:
        return None  # compacted away: its rows are in a segment of a later listing
    except CollectError as error:
        return error
    except OSError as error:
        return RunError(f"{db}/{name} cannot be read ({error.strerror or error})")


def in_parallel(read: Callable[[Sized], Read], files: Iterable[Sized]) -> Iterator[tuple[Sized, Read]]:
    """Yield what is read of every file, in order; so many at once as may be in memory.

    Parameters
    ----------
    files
        Each ends in its size in bytes.
    """
    part: list[Sized] = []
    n_bytes = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for one in files:
            if part and (len(part) == PART_FILES or n_bytes + one[-1] > PART_BYTES):
                yield from zip(part, pool.map(read, part), strict=True)
                part, n_bytes = [], 0
            part.append(one)
            n_bytes += one[-1]
        yield from zip(part, pool.map(read, part), strict=True)


def _new_names(db: Place, skip: Collection[str] = ()) -> Iterator[list[str]]:
    """Yield the segments that are there, then those that are new, once or more often.

    Once, for a directory that changes while it is listed may hide some; more often as long as segments
    vanish. What only comes meanwhile is left to the next reader: beside fast writers something always does.
    """
    seen, there = set(skip), set[str]()
    listed, undisturbed = segments(db), 0
    while undisturbed < LISTINGS and (new := [name for name in listed if name not in seen]):
        yield new
        seen.update(new)
        there.update(new)
        listed = segments(db)
        undisturbed = undisturbed + 1 if there <= set(listed) else 0
        there.intersection_update(listed)


def _ahead(pool: Executor, read: Callable[[str], Read], names: Iterable[str]) -> Iterator[tuple[str, Read]]:
    """Yield what is read of every name, in order; a few are read ahead, so that memory does not grow."""
    waiting: deque[tuple[str, Future[Read]]] = deque()
    for name in names:
        waiting.append((name, pool.submit(read, name)))
        if len(waiting) > 2 * THREADS:
            first, found = waiting.popleft()
            yield first, found.result()
    for first, found in waiting:
        yield first, found.result()


def _read(db: Place, columns: Sequence[str], name: str) -> pa.Table | CollectError | None:
    try:
        return read_segment(db, name, columns)
    except FileNotFoundError:
        return None  # compacted away: its rows are in a segment of a later listing
    except (DataError, RunError) as error:
        return error


def _order(table: pa.Table) -> npt.NDArray[np.intp]:
    """Return the order of rows by configuration, seed and merit."""
    order, repeat = _order_of_keys(table)
    # Merit matters among repeats alone, and there are few: sorting a million strings takes seconds.
    in_doubt = repeat.copy()
    in_doubt[:-1] |= repeat[1:]
    rows = order[in_doubt]
    order[in_doubt] = rows[_order_of_merit(table.take(rows))]
    return order


def _order_of_keys(table: pa.Table) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Return the order of rows by configuration and seed, and which of them repeat the key before."""
    configs, seeds = _codes(table["config_hash"]), table["seed"].to_numpy()
    order = np.lexsort((seeds, configs))
    return order, _is_repeat(configs[order], seeds[order])


def _order_of_merit(table: pa.Table) -> npt.NDArray[np.intp]:
    rank = {OK: 0, DIVERGED: 1, FAILED: 2}
    status = table["status"].combine_chunks().dictionary_encode()
    ranks = np.array([rank.get(s, len(rank)) for s in status.dictionary.to_pylist()], dtype=np.int8)
    keys = (
        _codes(table["run_id"]),
        table["committed_at"].to_numpy().view(np.int64),
        ranks[status.indices.to_numpy()] if len(ranks) else np.empty(0, np.int8),
        table["seed"].to_numpy(),
        _codes(table["config_hash"]),
    )
    return np.lexsort(keys)


def _is_repeat(configs: npt.NDArray[np.int64], seeds: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return whether a row has the same key as the one before it."""
    repeat = np.zeros(len(seeds), np.bool_)
    repeat[1:] = (configs[1:] == configs[:-1]) & (seeds[1:] == seeds[:-1])
    return repeat


def _codes(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Return integers in the order of the strings."""
    encoded = column.combine_chunks().dictionary_encode()
    order = pc.array_sort_indices(encoded.dictionary).to_numpy()
    codes = np.empty(len(order), np.int64)
    codes[order] = np.arange(len(order))
    of_rows: npt.NDArray[np.int64] = codes[encoded.indices.to_numpy()]
    return of_rows


def _without_repeats(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return the table without rows that equal an earlier one in the columns."""
    repeated = table.select(list(columns)).to_pandas().duplicated().to_numpy()
    return table.filter(pa.array(~repeated)) if repeated.any() else table
