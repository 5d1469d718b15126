"""Run blocks of seeds on a Dask cluster: the same events as `pool` from the workers of a scheduler.

A task is one block. It is trained by a child process of the Dask worker, reused from block to block, so
that nothing is required of how the worker was started. The child commits to the database itself: losing
workers, scheduler or client costs blocks that have not ended, and the same command trains those.

A task's events come twice: one by one as messages on a topic, and all together as its result. Each has
its place in the task's list of events, so that it counts once. Both are JSON, see `messages`.
"""

import math
import queue
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from collect.errors import RunError, UsageError
from collect.running import dask_worker, interruption
from collect.running.blocks import Block, Blocks
from collect.running.dask_client import connected
from collect.running.messages import Broken, Committed, Event, Job, Lost, Report, Trained, decode
from collect.running.pool import Deaths, as_error
from collect.store.local import LocalDirectory

CONNECT_S = 10.0
# How long to wait for a first, or another, worker; starting one takes seconds, a batch system minutes.
NO_WORKERS_S = 120.0
SLOTS_EVERY_S = 2.0
# How long an interruption waits for the commits of blocks that run; a run takes well under a second.
COMMIT_GRACE_S = 30.0
_TICK_S = 1.0


@dataclass(slots=True)
class _Task:
    """A block on its way through the cluster."""

    block: Block
    future: Any
    attempt: str = ""
    n_seen: int = 0
    ready: bool = False
    runs: list[Trained] = field(default_factory=list)


@dataclass(slots=True)
class _Collection:
    """The state of one collection: what has been handed to the scheduler, and what it has said."""

    client: Any
    job: Job
    blocks: Blocks
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    news: "queue.SimpleQueue[Any]" = field(default_factory=queue.SimpleQueue)
    tasks: dict[int, _Task] = field(default_factory=dict)
    n_submitted: int = 0
    deaths: Deaths = field(default_factory=Deaths)
    slots: int = 0
    counted_at: float = -math.inf
    alone_since: float | None = None

    @property
    def topic(self) -> str:
        """The topic that tasks report to."""
        return f"collect-{self.name}"


def run_blocks(job: Job, blocks: Blocks, address: str) -> Iterator[Event]:
    """Train blocks on a cluster and yield what happens.

    When interrupted, what runs ends its current run and commits; the events of that time are yielded
    before the interruption goes on to the caller.

    Raises
    ------
    UsageError
        The database is a place that other processes cannot see, or `distributed` is not installed.
    CollectError
        There is no scheduler or no worker, the workers have other software, do not see the database or
        the data set, or die again and again.
    """
    job = replace(job, db=_reachable(job))
    with connected(address, CONNECT_S) as client, _marked(job.db) as mark:
        collection = _Collection(client=client, job=job, blocks=blocks)
        client.subscribe_topic(collection.topic, partial(_hear, collection.news))
        try:
            while len(blocks) or collection.tasks:
                interruption.check()
                _submit(collection, mark, address)
                yield from _next_events(collection, address)
            client.run(dask_worker.end_idle, collection.topic)
        except KeyboardInterrupt:
            yield from _stop_politely(collection)
            raise
        finally:
            with suppress(Exception):  # the connection may be what was lost
                client.cancel([task.future for task in collection.tasks.values()])


def _reachable(job: Job) -> Any:
    """Return the database's place as workers on other machines have to name it."""
    db = job.db
    if isinstance(db, LocalDirectory):
        return LocalDirectory(db.path.absolute())
    if str(db).startswith("memory://"):
        raise UsageError(f"{db} is seen by this process alone: give a shared directory or a URL as --db")
    return db


@contextmanager
def _marked(db: Any) -> Iterator[Path | None]:
    """Put a hidden file into a directory: a worker that does not see it sees another directory."""
    if not isinstance(db, LocalDirectory):
        yield None
        return
    mark = db.path / f".cluster-{uuid.uuid4().hex}.tmp"
    mark.touch()
    try:
        yield mark
    finally:
        mark.unlink(missing_ok=True)


def _submit(collection: _Collection, mark: Path | None, address: str) -> None:
    """Give every thread of the cluster one block; the next ones are cut when it is known how fast it is."""
    _count_slots(collection, address)
    slots = collection.slots
    while len(collection.blocks) and len(collection.tasks) < slots:
        block = collection.blocks.next(slots)
        if block is None:
            return
        number = collection.n_submitted
        collection.n_submitted += 1
        future = collection.client.submit(
            dask_worker.train_block,
            collection.job,
            block,
            mark,
            (collection.topic, number),
            dask_worker.software(),
            key=f"collect-{collection.name}-{number}",
            pure=False,
        )
        collection.tasks[number] = _Task(block, future)
        future.add_done_callback(partial(_put, collection.news, number))


def _hear(news: "queue.SimpleQueue[Any]", event: tuple[object, object]) -> None:
    """Take a report from the topic; what else is logged there, by whomever, is no report."""
    with suppress(ValueError):
        news.put(decode(event[1]))


def _put(news: "queue.SimpleQueue[Any]", number: int, _future: object) -> None:
    news.put(number)


def _count_slots(collection: _Collection, address: str) -> None:
    """Ask now and then how many threads the cluster has; raise if it has had none for long."""
    now = time.monotonic()
    if now - collection.counted_at < SLOTS_EVERY_S:
        return
    collection.counted_at = now
    try:
        collection.slots = sum(collection.client.nthreads().values())
    except Exception as error:
        raise _scheduler_lost(address) from error
    if collection.slots:
        collection.alone_since = None
    elif collection.alone_since is None:
        collection.alone_since = now
    elif now - collection.alone_since > NO_WORKERS_S:
        raise RunError(
            f"{address} has had no worker for {NO_WORKERS_S:.0f} s: start some with `dask worker {address}`, "
            "then repeat the command"
        )


def _next_events(collection: _Collection, address: str) -> Iterator[Event]:
    """Wait for news for a second at most, and yield the events among them."""
    try:
        news = collection.news.get(timeout=_TICK_S)
    except queue.Empty:
        return
    if isinstance(news, Report):
        yield from _take(collection, news)
    elif news in collection.tasks:
        yield from _finish(collection, news, address)


def _finish(collection: _Collection, number: int, address: str) -> Iterator[Event]:
    """Take the result of a task that has ended, or put its block back where its workers have died."""
    from distributed import CancelledError

    task = collection.tasks[number]
    try:
        report = decode(task.future.result(timeout=CONNECT_S))
    except (CancelledError, TimeoutError) as error:
        raise _scheduler_lost(address) from error
    except Exception as error:  # the error of a task is a pickle, of which nothing is read but a name
        if not _names(error, "KilledWorker"):
            raise RunError(
                f"a worker of {address} cannot run this version of minima-census: "
                "install the same version on all machines, and see the worker's log"
            ) from error
        yield from _put_back(collection, task, number)
        return
    if report.number != number:
        return
    yield from _take(collection, report)
    if report.died and number in collection.tasks:
        yield from _put_back(collection, task, number)


def _names(error: Exception, name: str) -> bool:
    return any(isinstance(content, bytes) and name.encode() in content for content in error.args)


def _put_back(collection: _Collection, task: _Task, number: int) -> Iterator[Event]:
    """Put a block back whose worker has died; give up where workers die again and again."""
    yield from _lose(task)
    collection.deaths.add(task.block, max(1, collection.slots))
    del collection.tasks[number]
    collection.blocks.put_back(task.block)


def _take(collection: _Collection, report: Report) -> Iterator[Event]:
    """Yield those events of a report that are new; the block is done with the event that says so."""
    task = collection.tasks.get(report.number)
    if task is None:
        return
    if report.attempt != task.attempt:
        yield from _lose(task)
        task.attempt, task.n_seen = report.attempt, 0
        task.ready = report.reused
    for event in report.events[max(0, task.n_seen - report.first) :]:
        task.n_seen += 1
        if isinstance(event, Broken):
            raise as_error(event)
        if isinstance(event, Trained):
            task.runs.append(event)
            collection.blocks.note_duration(event.duration_s)
        yield event
        if isinstance(event, Committed):
            collection.deaths.in_a_row = 0
            del collection.tasks[report.number]
            return


def _lose(task: _Task) -> Iterator[Event]:
    if task.attempt:
        yield Lost(tuple(task.runs))
    task.runs = []


def _scheduler_lost(address: str) -> RunError:
    return RunError(
        f"the connection to the scheduler at {address} is lost: what was committed is kept; "
        "repeat the command when it is back"
    )


def _stop_politely(collection: _Collection) -> Iterator[Event]:
    """Cancel everything; a task that a worker has sees that, ends its run, commits and says so.

    They are waited for, as long as a run may take on a busy machine; another interruption ends that.
    """
    running, deadline = _cancelled(collection), time.monotonic() + COMMIT_GRACE_S
    while running & collection.tasks.keys() and time.monotonic() < deadline:
        with suppress(queue.Empty):
            news = collection.news.get(timeout=_TICK_S)
            if isinstance(news, Report):
                yield from _take(collection, news)
                if not news.events:  # it ended before it trained anything
                    collection.tasks.pop(news.number, None)


def _cancelled(collection: _Collection) -> set[int]:
    """Cancel everything and return the numbers of the tasks that workers have."""
    with suppress(Exception):  # where the connection is lost, nothing more is heard
        begun = {key for keys in collection.client.processing().values() for key in keys}
        collection.client.cancel([task.future for task in collection.tasks.values()])
        return {number for number, task in collection.tasks.items() if task.future.key in begun}
    return set()
