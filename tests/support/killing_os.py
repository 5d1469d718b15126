"""An `os` that does what it is asked and kills its process at one step.

`install` puts it in the place of `collect.store.local.os`. A step is a call that changes something on
the disk or in the process's open files; what that module does without `os` would escape, and what is
not known here raises AttributeError.
"""

import os
import signal
from collections import Counter
from dataclasses import dataclass

from collect.store import local

HARMLESS = frozenset(["listdir", "stat", "lstat", "fstat", "statvfs", "path", "fspath", "strerror", "getpid"])
STEPS = frozenset(["open", "write", "fsync", "close", "link", "unlink", "rename", "mkdir"])
BEFORE, AMID, AFTER = "before", "amid", "after"


@dataclass(frozen=True, slots=True)
class Point:
    """Where to kill, such as "after unlink 3".

    Attributes
    ----------
    step
        The call and the place of it among the calls of its kind, from 1.
    when
        Before the call, after it, or in the middle of it (for a write: half of the bytes are written).
    """

    step: str
    when: str

    def __str__(self) -> str:
        return f"{self.when} {self.step}"


class KillingOs:
    """Performs every call, counts those of each kind, and kills its process with SIGKILL at a point."""

    def __init__(self, point: Point | None = None) -> None:
        self.steps: list[str] = []
        self._point = point
        self._counts: Counter[str] = Counter()
        self._directories: set[int] = set()

    def __getattr__(self, name: str) -> object:
        if name in STEPS:
            return lambda *args: self._step(name, *args)
        if name in HARMLESS or name.startswith("O_"):
            return getattr(os, name)
        raise AttributeError(f"os.{name} is not known: teach KillingOs whether it is a step")

    def _step(self, call: str, *args):
        kind = self._kind(call, args)
        self._counts[kind] += 1
        step = f"{kind} {self._counts[kind]}"
        self.steps.append(step)
        self._kill_at(step, BEFORE)
        if call == "write" and self._point == Point(step, AMID):
            os.write(args[0], args[1][: len(args[1]) // 2])
            self._kill_at(step, AMID)
        result = getattr(os, call)(*args)
        if kind == "open directory":
            self._directories.add(result)
        elif kind == "close directory":
            self._directories.remove(args[0])
        self._kill_at(step, AFTER)
        return result

    def _kind(self, call: str, args) -> str:
        """Tell a call for a directory from one for a file."""
        if call == "open":
            return "create" if args[1] & os.O_CREAT else "open directory"
        return f"{call} directory" if args[0] in self._directories else call

    def _kill_at(self, step: str, when: str) -> None:
        if self._point == Point(step, when):
            os.kill(os.getpid(), signal.SIGKILL)


def points(steps: list[str], *, both_sides: bool) -> list[Point]:
    """Return the points at which a process that takes these steps can be killed.

    Parameters
    ----------
    both_sides
        Also after a step that another follows. On the disk that is the same as before the other.
    """
    after = steps if both_sides else steps[-1:]
    return [
        *(Point(step, BEFORE) for step in steps),
        *(Point(step, AMID) for step in steps if step.startswith("write ")),
        *(Point(step, AFTER) for step in after),
    ]


def install(point: Point | None = None) -> KillingOs:
    """Let this process's database run over a killing `os`, for good."""
    local.os = KillingOs(point)
    return local.os
