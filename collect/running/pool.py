"""Run blocks of seeds in worker processes of this machine.

`run_blocks` is the interface, here and in `dask`: blocks in, events out. A worker that dies costs
its block, which is given to a new worker; what it had committed is found in the database and not
trained again.
"""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait

from collect.errors import CollectError, DataError, RunError, UsageError
from collect.running import interruption, process
from collect.running.blocks import Block, Blocks
from collect.running.messages import STOP, Broken, Committed, Event, Job, Lost, Ready, Trained
from collect.running.process import Child

# A busy worker ends its run (well under a second here) and commits; slower ones are killed, safely.
STOP_GRACE_S = 4.0
# So often may every worker die before any commits, and a block's worker before that block is given up.
DEATHS = 3


@dataclass(slots=True)
class Deaths:
    """How many workers have died: since the last commit, and while they had the same block."""

    in_a_row: int = 0
    of: Counter[Block] = field(default_factory=Counter)

    def add(self, block: Block | None, n_workers: int, cause: str = "") -> None:
        """Count a death, and raise if workers die again and again."""
        self.in_a_row += 1
        self.of[block or ()] += block is not None
        if self.in_a_row >= DEATHS * n_workers or self.of[block or ()] >= DEATHS:
            raise RunError(
                f"workers keep dying, {self.in_a_row} since the last commit{cause}: what was committed is "
                "kept; if memory is short (the system kills with SIGKILL then), repeat the command with "
                "fewer workers"
            )


@dataclass(slots=True)
class _Pool:
    """The state of one collection: what is to be done, who does it, how often somebody died."""

    job: Job
    blocks: Blocks
    n_workers: int
    workers: list[Child] = field(default_factory=list)
    deaths: Deaths = field(default_factory=Deaths)


def run_blocks(job: Job, blocks: Blocks, n_workers: int) -> Iterator[Event]:
    """Train blocks in worker processes and yield what happens, in the order of happening.

    When interrupted, the workers end their current run and commit; the events of that time are
    yielded before the interruption goes on to the caller.

    Raises
    ------
    CollectError
        A worker met a known error, or workers die again and again.
    """
    pool = _Pool(job=job, blocks=blocks, n_workers=min(n_workers, len(blocks)))
    try:
        for _ in range(pool.n_workers):
            pool.workers.append(process.start(job))
        while pool.workers:
            interruption.check()
            yield from _next_events(pool)
    except KeyboardInterrupt:
        yield from _stop_politely(pool)
        raise
    finally:
        for one in pool.workers:
            one.kill()


def _next_events(pool: _Pool) -> Iterator[Event]:
    """Wait for the workers, hand out blocks, replace the dead, yield what was reported."""
    ready = wait([w.connection for w in pool.workers])
    for one in [w for w in pool.workers if w.connection in ready]:
        try:
            event: Event = one.connection.recv()
        except (EOFError, OSError):
            yield from _replace(pool, one)
            continue
        if isinstance(event, Broken):
            raise as_error(event)
        if isinstance(event, Trained):
            one.runs.append(event)
            pool.blocks.note_duration(event.duration_s)
        after: list[Event] = []
        if isinstance(event, Ready | Committed):
            if isinstance(event, Committed):
                pool.deaths.in_a_row = 0
                one.runs.clear()
            one.ready = True
            after += _hand_out(pool, one)  # before the caller takes its time with the event
        yield event
        yield from after


def _hand_out(pool: _Pool, one: Child) -> Iterator[Event]:
    """Give the worker its next block, or send it home."""
    one.block = pool.blocks.next(pool.n_workers)
    if one.block is not None and not one.send(one.block):
        yield from _replace(pool, one)
    elif one.block is None:
        pool.workers.remove(one)
        one.kill()  # everything is committed


def _replace(pool: _Pool, dead: Child) -> Iterator[Event]:
    """Put a dead worker's block back and start another worker in its place."""
    with suppress(subprocess.TimeoutExpired):  # its own exit code, if it has one
        dead.process.wait(STOP_GRACE_S)
    dead.kill()
    pool.workers.remove(dead)
    if dead.ready:
        yield Lost(tuple(dead.runs))
    if dead.block is not None:
        pool.blocks.put_back(dead.block)
    pool.deaths.add(dead.block, pool.n_workers, f" ({_cause(dead.process.returncode)})")
    if pool.blocks:
        pool.workers.append(process.start(pool.job))


def _cause(exitcode: int) -> str:
    return f"killed by {signal.Signals(-exitcode).name}" if exitcode < 0 else f"exit code {exitcode}"


def as_error(event: Broken) -> Exception:
    """Return what a broken worker has to say as an exception; unknown errors keep their traceback."""
    if event.exit_code is None:
        return RuntimeError(f"a worker failed:\n{event.message}")
    kinds = {kind.exit_code: kind for kind in (UsageError, DataError, RunError)}
    return kinds.get(event.exit_code, CollectError)(event.message)


def _stop_politely(pool: _Pool) -> Iterator[Event]:
    """Let busy workers end their run and commit; those still starting have nothing to lose."""
    busy = {w.connection: w for w in pool.workers if w.ready and w.block is not None and w.send(STOP)}
    deadline = time.monotonic() + STOP_GRACE_S
    while busy and (remaining := deadline - time.monotonic()) > 0:
        waiting = wait(list(busy), timeout=remaining)
        for connection in [c for c in busy if c in waiting]:
            try:
                event: Event = connection.recv()
            except (EOFError, OSError):
                event = Broken("the worker is gone", None)
            if isinstance(event, Committed | Broken):
                del busy[connection]
            if not isinstance(event, Broken):
                yield event
