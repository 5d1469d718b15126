"""Processes that append to a run database and compact it, until they are done or killed.

They are forked by a server that has imported what they need, so that one starts in some milliseconds.
What they have to say goes over a pipe: a line that was sent is received, though the sender is killed.
"""

import functools
import itertools
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from unittest import mock

import killing_os
import pyarrow.parquet as pq
from killing_os import Point
from made_rows import make_row

from collect.store import compaction, database, segment
from collect.store.local import LocalDirectory
from collect.store.schema import Run

BEGUN, ACKNOWLEDGED, DONE = "begun", "acknowledged", "done"
# Seeds of batch n start here; a batch has fewer rows.
BATCH = 100
LARGE = 100_000


@functools.cache
def context() -> ForkServerContext:
    """Start the server; its children find what this process finds."""
    found = multiprocessing.get_context("forkserver")
    # pytest: a child imports the parent's main module; pandas: pyarrow imports it when it is needed
    found.set_forkserver_preload(["pytest", "pandas", "pyarrow.pandas_compat", "writers"])
    with mock.patch.dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path))):
        forkserver.ensure_running()
    return found


def seeds_of(n: int) -> range:
    """Return the seeds of batch n: 5 to 20 of them."""
    return range(n * BATCH, n * BATCH + 5 + random.Random(n).randrange(16))


def batch_of(n: int, *, large: bool | None = None) -> list[Run]:
    """Return rows that n determines, but for run_id; in every third batch one column is large."""
    large = n % 3 == 0 if large is None else large
    errors = random.Random(f"errors {n}").randbytes(LARGE)
    return [make_row(seed, **({"errors": errors} if large else {})) for seed in seeds_of(n)]


class Child:
    """A process, and what it has said so far."""

    def __init__(self, work: Callable[..., None], *args: object) -> None:
        self._connection, other = context().Pipe()
        self.process: ForkServerProcess = context().Process(target=work, args=(other, *args), daemon=True)
        self.process.start()
        other.close()
        self.said: list[tuple[str, object]] = []

    def listen(self) -> None:
        """Take in what it has said."""
        with suppress(EOFError):
            while self._connection.poll():
                self.said.append(self._connection.recv())

    def wait_for(self, kind: str, n: int = 1) -> None:
        """Listen until it has said something of a kind n times; EOFError if it ends before."""
        while len(self.all_said(kind)) < n:
            self.said.append(self._connection.recv())

    def tell(self, what: object) -> None:
        self._connection.send(what)

    def all_said(self, kind: str) -> list[object]:
        return [what for said, what in self.said if said == kind]

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def end(self) -> int:
        """Wait for its end, take in the rest of what it has said, and return the exit code."""
        with suppress(EOFError):
            while True:
                self.said.append(self._connection.recv())
        self._connection.close()
        self.process.join()
        assert self.process.exitcode is not None
        return self.process.exitcode


def append_without_end(pipe: Connection, db: Path, first: int, naively: bool) -> None:
    place = LocalDirectory(db)
    if not naively:
        place.prepare()
    for n in itertools.count(first):
        rows = batch_of(n, large=True if naively else None)
        pipe.send((BEGUN, n))
        if naively:
            pq.write_table(segment.as_table(rows), db / f"{n}.parquet")
        else:
            database.append(place, rows)
        pipe.send((ACKNOWLEDGED, n))


def append_over_killing_os(pipe: Connection, db: Path, batches: list[int], point: Point | None) -> None:
    steps = killing_os.install(point).steps
    place = LocalDirectory(db)
    place.prepare()
    for n in batches:
        pipe.send((BEGUN, n))
        database.append(place, batch_of(n))
        pipe.send((ACKNOWLEDGED, n))
    pipe.send((DONE, steps))


def compact_over_killing_os(pipe: Connection, db: Path, point: Point | None) -> None:
    steps = killing_os.install(point).steps
    compaction.compact(LocalDirectory(db), grace_s=0)
    pipe.send((DONE, steps))


def paced_batch(n: int) -> list[Run]:
    return [make_row(n * BATCH + i, f"s{n % 3}") for i in range(5)]


def append_at_pace(pipe: Connection, db: Path, batches: Iterable[int]) -> None:
    """Append a batch whenever the parent says so."""
    place = LocalDirectory(db)
    place.prepare()
    for n in batches:
        pipe.recv()
        database.append(place, paced_batch(n))
        pipe.send((ACKNOWLEDGED, n))


def compact_without_end(pipe: Connection, db: Path, grace_s: float) -> None:
    """Compact again and again until the parent says that it is enough."""
    place = LocalDirectory(db)
    place.prepare()
    while not pipe.poll():
        done = compaction.compact(place, grace_s=grace_s)
        pipe.send((DONE, (done.n_rows, [str(error) for error in done.left])))
        time.sleep(0.001)
    pipe.recv()  # what is not taken would break the pipe
