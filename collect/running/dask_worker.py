"""What a task does in a Dask worker: have a child process train one block, and report what it says."""

import platform
import socket
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from collect.errors import CollectError, DataError, RunError
from collect.running import process
from collect.running.messages import Broken, Committed, Event, Job, Ready, Report, encode
from collect.running.pool import as_error
from collect.running.process import Child

# An idle child ends after this time: it holds 1 GB.
IDLE_S = 60.0
# How often a task looks whether it is still wanted, and reports what has happened.
TICK_S = 0.5
# A shared file system may show a new file some seconds later.
SEEN_WITHIN_S = 5.0

Software = tuple[tuple[str, str], ...]


class ChildDiedError(RunError):
    """A child died, which costs its block; another one may fare better."""


@dataclass(slots=True)
class _Idle:
    """A child between two blocks of a collection, and when it ends if no other comes."""

    child: Child
    topic: str
    timer: threading.Timer


_idle: list[_Idle] = []
_lock = threading.Lock()


@cache
def software() -> Software:
    """Return the versions that have to agree between the machines of a cluster."""
    packages = [(name, version(name)) for name in ("minima-census", "tensorflow", "numpy")]
    return (*packages, ("python", platform.python_version()))


def train_block(
    job: Job, block: tuple[int, ...], mark: Path | None, address: tuple[str, int], expected: Software
) -> str:
    """Train a block and return everything that happened as JSON, known and unknown errors included.

    An exception would reach the planner as a pickle, which it does not read.

    Parameters
    ----------
    job, block
        What to train.
    mark
        A file in the database that the planner has made, to see whether this is the same directory.
    address
        The topic that events are reported to, and the block's number there.
    expected
        The planner's software.
    """
    import distributed

    worker: Any = distributed.get_worker()
    topic, number = address
    report = Report(number, uuid.uuid4().hex, reused=False, first=0, events=())
    try:
        _check(expected, job, mark, worker.address)
        for longer in _reports(worker, report, job, block, topic):
            report = longer
    except ChildDiedError:
        report = replace(report, died=True)
    except CollectError as error:
        report = replace(report, events=(*report.events, Broken(str(error), error.exit_code)))
    except Exception:
        report = replace(report, events=(*report.events, Broken(traceback.format_exc(), None)))
    return encode(report)


def _reports(worker: Any, report: Report, job: Job, block: tuple[int, ...], topic: str) -> Iterator[Report]:
    """Train a block, log what happens to the topic, and yield all of it as it grows."""
    key = worker.get_current_task()
    one, reused = _take_child(job, topic)
    report = replace(report, reused=reused)
    try:
        if reused:
            one.send(block)
        for events, ended in _events(one, block, lambda: _is_wanted(worker, key)):
            worker.log_event(topic, encode(replace(report, first=len(report.events), events=events)))
            report = replace(report, events=(*report.events, *events))
            yield report
            if ended:
                break
    except BaseException:
        one.kill()
        raise
    if _is_wanted(worker, key):
        _keep(one, topic)
    else:
        one.kill()


def end_idle(topic: str) -> None:
    """End the children of a collection that is over."""
    with _lock:
        mine = [idle for idle in _idle if idle.topic == topic]
        for idle in mine:
            idle.timer.cancel()
            _idle.remove(idle)
    for idle in mine:
        idle.child.kill()


def _check(expected: Software, job: Job, mark: Path | None, address: str) -> None:
    """Refuse to train with other software or into another directory than the planner's."""
    where = f"the worker {address} on {socket.gethostname()}"
    for (name, here), (_, there) in zip(software(), expected, strict=True):
        if here != there:
            raise RunError(
                f"{where} has {name} {here}, but the collection was planned with {there}: "
                "install the same versions on all machines (constraints.txt)"
            )
    deadline = time.monotonic() + SEEN_WITHIN_S
    while mark is not None and not mark.exists():
        if time.monotonic() > deadline:
            raise DataError(
                f"{where} does not see the database {job.db}: give a directory of a file system that all "
                "machines share, or a URL such as s3://bucket/prefix, as --db"
            )
        time.sleep(0.2)


def _events(
    one: Child, block: tuple[int, ...], is_wanted: Callable[[], bool]
) -> Iterator[tuple[tuple[Event, ...], bool]]:
    """Yield what happens in batches of half a second, and whether the block has ended with it.

    When the block is not wanted any more, the child ends its current run and commits.

    Raises
    ------
    CollectError
        The child died or met a known error.
    """
    new: list[Event] = []
    yielded_at, stopped = time.monotonic(), False
    while True:
        if one.connection.poll(TICK_S):
            new.append(_heard(one, block))
        ended = bool(new) and isinstance(new[-1], Committed)
        if not ended and not stopped and not is_wanted():
            if not one.ready:
                ended = True
            stopped = True
            one.stop()
        now = time.monotonic()
        if ended or (new and now - yielded_at > TICK_S):
            yield tuple(new), ended
            new, yielded_at = [], now


def _heard(one: Child, block: tuple[int, ...]) -> Event:
    """Return the child's next event; one that is ready gets its block."""
    try:
        event: Event = one.connection.recv()
    except (EOFError, OSError) as error:
        raise ChildDiedError("a worker died") from error
    if isinstance(event, Broken):
        raise as_error(event)
    if isinstance(event, Ready):
        one.ready = True
        one.send(block)
    return event


def _is_wanted(worker: Any, key: str) -> bool:
    """Return whether the scheduler still wants a task: its client may have gone or been interrupted."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state != "cancelled"


def _take_child(job: Job, topic: str) -> tuple[Child, bool]:
    """Return an idle child of this collection and True, or start one."""
    with _lock:
        for idle in _idle:
            if idle.topic == topic:
                idle.timer.cancel()
                _idle.remove(idle)
                return idle.child, True
    return process.start(job), False


def _keep(one: Child, topic: str) -> None:
    """Keep a child for the next block, for a while."""
    timer = threading.Timer(IDLE_S, _end, [one])
    timer.daemon = True
    with _lock:
        _idle.append(_Idle(one, topic, timer))
    timer.start()


def _end(one: Child) -> None:
    with _lock:
        found = [idle for idle in _idle if idle.child is one]
        for idle in found:
            _idle.remove(idle)
    if found:
        one.kill()
