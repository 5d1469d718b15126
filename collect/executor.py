"""Run blocks of seeds in worker processes of this machine.

`run_blocks` is the interface: blocks in, events out. A worker that dies costs its block, which is
given to a new worker; what it had committed is found in the database and not trained again.
"""

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from collect import worker
from collect.errors import CollectError, RunError
from collect.worker import STOP, Broken, Committed, Event, Job, Ready

Block = tuple[int, ...]

# A busy worker ends its run (well under a second here) and commits; slower ones are killed, safely.
STOP_GRACE_S = 4.0
DEATHS_IN_A_ROW = 3


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    connection: Connection
    block: Block | None = None
    ready: bool = False


@dataclass(slots=True)
class _Pool:
    """The state of one collection: what is to be done, who does it, how often somebody died."""

    job: Job
    queue: deque[Block]
    workers: list[_Worker] = field(default_factory=list)
    deaths_in_a_row: int = 0


def available_cores() -> int:
    """Return the number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_blocks(job: Job, blocks: Iterable[Block], n_workers: int) -> Iterator[Event]:
    """Train blocks in worker processes and yield what happens, in the order of happening.

    When interrupted, the workers end their current run and commit; the events of that time are
    yielded before the interruption goes on to the caller.

    Raises
    ------
    CollectError
        A worker met a known error, or workers die again and again.
    """
    pool = _Pool(job=job, queue=deque(blocks))
    try:
        for _ in range(min(n_workers, len(pool.queue))):
            pool.workers.append(_start_worker(job))
        while pool.workers:
            yield from _next_events(pool)
    except KeyboardInterrupt:
        yield from _stop_politely(pool)
        raise
    finally:
        _kill(pool)


def _start_worker(job: Job) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=worker.main, args=(theirs, job), daemon=True)
    # Inherited: a Ctrl-C meant for the whole process group must not hit a worker while it starts.
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, previous)
    theirs.close()
    return _Worker(process=process, connection=ours)


def _next_events(pool: _Pool) -> Iterator[Event]:
    """Wait for the workers, hand out blocks, replace the dead, yield what was reported."""
    ready = wait([w.connection for w in pool.workers])
    for one in [w for w in pool.workers if w.connection in ready]:
        try:
            event: Event = one.connection.recv()
        except (EOFError, ConnectionResetError):
            _replace(pool, one)
            continue
        if isinstance(event, Broken):
            raise _as_error(event)
        if isinstance(event, Ready | Committed):
            if isinstance(event, Committed):
                pool.deaths_in_a_row = 0
            one.ready = True
            _hand_out(pool, one)
        yield event


def _hand_out(pool: _Pool, one: _Worker) -> None:
    """Give the worker its next block, or send it home."""
    one.block = pool.queue.popleft() if pool.queue else None
    try:
        one.connection.send(STOP if one.block is None else one.block)
    except (BrokenPipeError, ConnectionResetError):
        _replace(pool, one)
        return
    if one.block is None:
        pool.workers.remove(one)
        one.process.join(STOP_GRACE_S)
        one.connection.close()


def _replace(pool: _Pool, dead: _Worker) -> None:
    """Put a dead worker's block back and start another worker in its place."""
    dead.process.join()
    dead.connection.close()
    pool.workers.remove(dead)
    if dead.block is not None:
        pool.queue.appendleft(dead.block)
    pool.deaths_in_a_row += 1
    if pool.deaths_in_a_row >= DEATHS_IN_A_ROW:
        raise RunError(
            f"{DEATHS_IN_A_ROW} workers in a row died ({_cause(dead.process.exitcode)}): what was committed "
            "is kept; if memory is short, repeat the command with fewer --workers"
        )
    if pool.queue:
        pool.workers.append(_start_worker(pool.job))


def _cause(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"killed by {signal.Signals(-exitcode).name}"
    return f"exit code {exitcode}"


def _as_error(event: Broken) -> Exception:
    if event.exit_code is None:
        return RuntimeError(f"a worker failed:\n{event.message}")
    error = CollectError(event.message)
    error.exit_code = event.exit_code
    return error


def _stop_politely(pool: _Pool) -> Iterator[Event]:
    """Let busy workers end their run and commit; those still starting have nothing to lose."""
    busy = {w.connection: w for w in pool.workers if w.ready and w.block is not None}
    for connection in list(busy):
        try:
            connection.send(STOP)
        except OSError:
            del busy[connection]
    deadline = time.monotonic() + STOP_GRACE_S
    while busy and (remaining := deadline - time.monotonic()) > 0:
        waiting = wait(list(busy), timeout=remaining)
        for connection in [c for c in busy if c in waiting]:
            try:
                event: Event = connection.recv()
            except (EOFError, ConnectionResetError):
                event = Broken("the worker is gone", None)
            if isinstance(event, Committed | Broken):
                del busy[connection]
            if not isinstance(event, Broken):
                yield event


def _kill(pool: _Pool) -> None:
    """End whoever is left. A commit is safe against this at any moment."""
    for one in pool.workers:
        one.process.kill()
    for one in pool.workers:
        one.process.join()
        one.connection.close()
