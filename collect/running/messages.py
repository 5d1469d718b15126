"""What is said between those who plan and those who train: a job, and what becomes of it.

Workers of this machine say it through a pipe. A task of a cluster says it as JSON, text that is checked
part by part, so that reading it runs nothing: whoever reaches a scheduler can send what they like under the
name of a task.
"""

import json
import math
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from collect.store.place import Place
from collect.strategy.config import RunConfig
from collect.strategy.datasets import DatasetFile

STOP = "stop"


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

    seed: int
    status: str
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

    seeds: tuple[int, ...]
    skipped: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker is gone, and with it these runs, which were not committed."""

    runs: tuple[Trained, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """The worker cannot go on; `known` errors are for the user, others keep their traceback."""

    message: str
    exit_code: int | None


Event = Ready | Trained | Committed | Lost | Broken

# What a task has to say; `Lost` is said by the planner alone.
_SAID: dict[str, type[Any]] = {kind.__name__: kind for kind in (Ready, Trained, Committed, Broken)}
_MAX_TEXT = 20_000


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


def encode(report: Report) -> str:
    """Return a report as JSON."""
    content = {name: getattr(report, name) for name in _names(Report)}
    events = [[type(event).__name__, _content(event)] for event in report.events]
    return json.dumps(content | {"events": events})


def decode(text: object) -> Report:
    """Return the report that a text holds.

    Raises
    ------
    ValueError
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
        content = json.loads(text)
    except RecursionError as error:
        raise NoReportError("nested too deeply") from error
    if not isinstance(content, dict) or not isinstance(content.get("events"), list):
        raise NoReportError("not a report")
    events = tuple(_event(item) for item in content["events"])
    parts: dict[str, Any] = _checked(Report, content | {"events": events})
    return Report(**parts)


def _event(item: object) -> Event:
    if not (isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and item[0] in _SAID):
        raise NoReportError("not an event")
    kind = _SAID[item[0]]
    event: Event = kind(**_checked(kind, item[1]))
    return event


def _content(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in _names(type(event))}


def _names(kind: type[Any]) -> list[str]:
    return [one.name for one in fields(kind)]


def _checked(kind: type[Any], content: object) -> dict[str, object]:
    """Return the fields of a dataclass, each of its type."""
    if not isinstance(content, dict) or content.keys() != set(_names(kind)):
        raise NoReportError(f"not a {kind.__name__}")
    return {name: _value(name, hint, content[name]) for name, hint in get_type_hints(kind).items()}


def _value(name: str, hint: object, value: Any) -> object:
    if name == "events":  # made by `_event`
        return value
    if value is None and hint in (float | None, int | None):
        return None
    if hint is bool and isinstance(value, bool):
        return value
    if hint in (int, int | None) and _is_whole(value):
        return value
    if hint in (float, float | None) and (
        _is_whole(value) or (isinstance(value, float) and math.isfinite(value))
    ):
        return float(value)
    if hint is str and isinstance(value, str) and len(value) <= _MAX_TEXT:
        return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in value)
    if hint == tuple[int, ...] and isinstance(value, list) and all(map(_is_whole, value)):
        return tuple(value)
    raise NoReportError(f"{name} is not what a task sends")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
