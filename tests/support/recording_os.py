"""An `os` that does what it is asked and writes down what would be lost if the power went.

`install` puts it in the place of `collect.store.local.os`. What that module does without `os`, or by
calls that are not recorded here, would escape: a call that is not known raises AttributeError.
"""

# ruff: noqa: PTH102, PTH104, PTH108

import os
import stat
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from collect.store import local

# Calls and values that change nothing on the device.
HARMLESS = frozenset(
    ["listdir", "stat", "lstat", "fstat", "statvfs", "path", "fspath", "strerror", "getpid", "close"]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A change of a directory: a name comes (create, link, mkdir), goes (unlink), or is renamed."""

    directory: int
    added: tuple[str, int] | None = None
    dropped: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A new inode, with no name as yet."""

    node: int
    is_directory: bool


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes at the end of a file."""

    node: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Synced:
    """The device has the file's bytes, or the directory's entries."""

    node: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The writer was told that something is done."""

    what: Hashable


Event = Entry | Made | Written | Synced | Acknowledged
ROOT = 0


class RecordingOs:
    """Performs every call but fsync below a directory that is there for good, and logs it.

    Parameters
    ----------
    root
        That directory; what happens outside is not logged.
    unsynced
        Kinds of fsync that are left out, as if somebody had removed the line: `file`, or the path of
        a directory relative to the root (`.` for itself).
    has_links
        Whether the file system has hard links.
    """

    def __init__(self, root: Path, *, unsynced: str | None = None, has_links: bool = True) -> None:
        self.log: list[Event] = []
        self._root = root
        self._unsynced = unsynced
        self._has_links = has_links
        self._nodes = {".": ROOT}
        self._open: dict[int, str] = {}

    def __getattr__(self, name: str) -> object:
        if name in HARMLESS or name.startswith("O_"):
            return getattr(os, name)
        raise AttributeError(f"os.{name} is not recorded: teach RecordingOs what it does")

    def acknowledge(self, what: Hashable) -> None:
        self.log.append(Acknowledged(what))

    def mkdir(self, path: Path) -> None:
        os.mkdir(path)
        self._make(path, is_directory=True)

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        descriptor = os.open(path, flags, mode)
        if flags & os.O_CREAT:
            if not flags & os.O_EXCL:
                raise NotImplementedError("only exclusive creation is recorded")
            self._make(path, is_directory=False)
        # A name, not a node: nothing is renamed here while it is open.
        self._open[descriptor] = self._name(path)
        return descriptor

    def write(self, descriptor: int, content: bytes | memoryview) -> int:
        n_written = os.write(descriptor, content)
        self.log.append(Written(self._nodes[self._open[descriptor]], bytes(content[:n_written])))
        return n_written

    def fsync(self, descriptor: int) -> None:
        # The power goes in the log alone: the device need not be waited for.
        name = self._open[descriptor]
        kind = name if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        if name in self._nodes and kind != self._unsynced:
            self.log.append(Synced(self._nodes[name]))

    def link(self, source: Path, target: Path) -> None:
        if not self._has_links:
            raise PermissionError(1, "no hard links here")
        os.link(source, target)
        self._add(target, self._nodes[self._name(source)])

    def unlink(self, path: Path) -> None:
        os.unlink(path)
        del self._nodes[self._name(path)]
        self.log.append(Entry(self._directory(path), dropped=path.name))

    def rename(self, source: Path, target: Path) -> None:
        if source.parent != target.parent:
            raise NotImplementedError("only a rename within a directory is recorded")
        os.rename(source, target)
        node = self._nodes.pop(self._name(source))
        self._nodes[self._name(target)] = node
        self.log.append(Entry(self._directory(target), (target.name, node), source.name))

    def _make(self, path: Path, *, is_directory: bool) -> None:
        node = len(self.log) + 1  # unique, because the log grows
        self.log.append(Made(node, is_directory))
        self._add(path, node)

    def _add(self, path: Path, node: int) -> None:
        self._nodes[self._name(path)] = node
        self.log.append(Entry(self._directory(path), (path.name, node)))

    def _directory(self, path: Path) -> int:
        return self._nodes[self._name(path.parent)]

    def _name(self, path: Path) -> str:
        return os.path.relpath(path, self._root)


def install(monkeypatch, root: Path, **options) -> RecordingOs:
    """Let the writer run over a recording `os` until the end of the test."""
    recording = RecordingOs(root, **options)
    monkeypatch.setattr(local, "os", recording)
    # Otherwise macOS would sync by another call than os.fsync.
    monkeypatch.setattr(local, "sys", SimpleNamespace(platform="linux"))
    return recording
