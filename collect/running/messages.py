"""What is said between those who plan and those who train: a job, and what becomes of it.

Workers of this machine say it through a pipe. A task of a cluster says it as JSON, text that is checked
part by part, so that reading it runs nothing: whoever reaches a scheduler can send what they like under the
name of a task.
"""

import json
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any

import msgspec

from collect.store.place import Place
from collect.strategy.config import RunConfig
from collect.strategy.datasets import DatasetFile

STOP = "stop"
Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Text = Annotated[str, msgspec.Meta(max_length=20_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all blocks of a collection have in common.

    Attributes
    ----------
    retry_failed
        Whether a seed whose only rows have status `failed` is trained again.
    trainer
        The class that trains, as module:name; see `Trainer`.
    measure
        Whether to measure what is measured on request only.
    """

    config: RunConfig
    dataset: DatasetFile
    db: Place
    retry_failed: bool
    trainer: str
    measure: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has compiled its programs."""


@dataclass(frozen=True, slots=True)
class Trained:
    """One run has ended; it is not committed yet."""

    seed: Whole
    status: Text
    accuracy: float | None
    duration_s: float


@dataclass(frozen=True, slots=True)
class Committed:
    """A block has ended: every seed has a durable row.

    Attributes
    ----------
    seeds
        Those whose row was committed here.
    skipped, repeated
        Those that others had committed before they were trained here, and while they were.
    """

    seeds: tuple[Whole, ...]
    skipped: tuple[Whole, ...] = ()
    repeated: tuple[Whole, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker is gone, and with it these runs, which were not committed."""

    runs: tuple[Trained, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """The worker cannot go on; `known` errors are for the user, others keep their traceback."""

    message: Text
    exit_code: Whole | None


Event = Ready | Trained | Committed | Lost | Broken

# What a task has to say; `Lost` is said by the planner alone.
_SAID: dict[str, type[Any]] = {kind.__name__: kind for kind in (Ready, Trained, Committed, Broken)}


class NoReportError(ValueError):
    """A text that no task has written."""


@dataclass(frozen=True, slots=True)
class Report:
    """Some events of a task, in order, from number `first` on.

    Attributes
    ----------
    number
        The block's number.
    attempt
        Identifies the child's work on it: a block whose worker died is begun again by another.
    reused
        Whether this child has trained an earlier block of this collection.
    died
        Whether the child died, which costs its block; another one may fare better.
    """

    number: int
    attempt: str
    reused: bool
    first: int
    events: tuple[Event, ...]
    died: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A report as JSON has it: each event is its kind and its content."""

    number: Whole
    attempt: Text
    reused: bool
    first: Whole
    events: tuple[tuple[str, dict[str, Any]], ...]
    died: bool


def encode(report: Report) -> str:
    """Return a report as JSON."""
    events = [[type(event).__name__, asdict(event)] for event in report.events]
    return json.dumps(asdict(report) | {"events": events})


def decode(text: object) -> Report:
    """Return the report that a text holds.

    Raises
    ------
    NoReportError
        It holds none, or one with parts that no task sends.

    Examples
    --------
    >>> report = Report(3, "a", False, 0, (Ready(), Trained(7, "ok", 0.5, 1.5), Committed((7,))))
    >>> decode(encode(report)) == report
    True
    """
    if not isinstance(text, str):
        raise NoReportError("not a text")
    try:
        told: _Told = _checked(_Told, msgspec.json.decode(text, type=dict[str, Any]))
        events = tuple(_checked(_SAID[kind], content) for kind, content in told.events)
    except (msgspec.MsgspecError, KeyError, RecursionError) as error:
        raise NoReportError(f"not a report: {error}") from error
    return Report(told.number, told.attempt, told.reused, told.first, events, told.died)


def _checked(kind: type[Any], content: dict[str, Any]) -> Any:
    """Return a dataclass of this content: all its fields and no others, each of its type."""
    if content.keys() != {one.name for one in fields(kind)}:
        raise NoReportError(f"not a {kind.__name__}")
    return msgspec.convert({name: _printable(value) for name, value in content.items()}, kind)


def _printable(value: object) -> object:
    """Return a text without what steers a terminal, and anything else as it is."""
    if not isinstance(value, str):
        return value
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in value)
