"""What may be left on a disk when the power goes, from a log of `recording_os`.

The model is the weakest that a file system may keep to: bytes are there for sure only after an fsync
of their file, names only after an fsync of their directory, and what was not synced is there or not
in any combination.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from recording_os import ROOT, Acknowledged, Entry, Event, Made, Synced, Written

Files = frozenset[tuple[str, bytes | None]]  # path and content; None for a directory
_Names = frozenset[tuple[str, int]]
_Nodes = frozenset[tuple[str, int]]  # path and node


@dataclass(slots=True)
class _Disk:
    """What is for sure on the device, and what is on its way."""

    directories: dict[int, list[Entry]] = field(default_factory=lambda: {ROOT: []})
    names: dict[int, _Names] = field(default_factory=lambda: {ROOT: frozenset()})
    synced: dict[int, bytes] = field(default_factory=dict)
    unsynced: dict[int, bytes] = field(default_factory=dict)

    def apply(self, event: Event) -> None:
        match event:
            case Made(node, is_directory):
                if is_directory:
                    self.directories[node], self.names[node] = [], frozenset()
                else:
                    self.synced[node] = self.unsynced[node] = b""
            case Entry(directory):
                self.directories[directory].append(event)
            case Written(node, content):
                self.unsynced[node] += content
            case Synced(node) if node in self.directories:
                self.names[node] = _after(self.names[node], self.directories[node])
                self.directories[node] = []
            case Synced(node):
                self.synced[node] += self.unsynced[node]
                self.unsynced[node] = b""

    def states(self, n_cuts: int) -> Iterator[Files]:
        for tree in self._trees(ROOT, ""):
            nodes = sorted({node for _, node in tree if node not in self.directories})
            for contents in product(*(self._contents(node, n_cuts) for node in nodes)):
                content = dict(zip(nodes, contents, strict=True))
                yield frozenset((path, content.get(node)) for path, node in tree)

    def _trees(self, directory: int, path: str) -> set[_Nodes]:
        trees = set()
        for names in _possible(self.names[directory], self.directories[directory]):
            here = frozenset((path + name, node) for name, node in names)
            below = [
                self._trees(node, f"{path}{name}/")
                for name, node in sorted(names)
                if node in self.directories
            ]
            trees.update(here.union(*some) for some in product(*below))
        return trees

    def _contents(self, node: int, n_cuts: int) -> list[bytes]:
        sure, rest = self.synced[node], self.unsynced[node]
        cuts = {len(rest) * part // n_cuts for part in range(n_cuts + 1)} | {min(1, len(rest))}
        absent = {sure + rest[:cut] for cut in cuts}
        zeroed = {sure + rest[:cut] + bytes(len(rest) - cut) for cut in cuts}
        return sorted(absent | zeroed)


def states(log: Sequence[Event], *, n_cuts: int = 4) -> Iterator[tuple[Files, frozenset[Hashable]]]:
    """Yield every state that a power cut may leave, and what had been acknowledged before it.

    The power goes before the first event, and after each. The same state may come several times.

    Parameters
    ----------
    n_cuts
        At how many places bytes that were not synced end, or become zeros.
    """
    disk, acknowledged = _Disk(), frozenset()
    yield from ((files, acknowledged) for files in disk.states(n_cuts))
    for event in log:
        if isinstance(event, Acknowledged):
            acknowledged |= {event.what}
        else:
            disk.apply(event)
        yield from ((files, acknowledged) for files in disk.states(n_cuts))


def in_the_end(log: Sequence[Event]) -> Files:
    """Return the state in which everything arrived."""
    disk = _Disk()
    for event in log:
        disk.apply(event)
    for node in (*disk.synced, *disk.directories):
        disk.apply(Synced(node))
    (files,) = disk.states(1)
    return files


def on_disk(root: Path) -> Files:
    """Return the files of a real directory in the same form."""
    return frozenset(
        (str(path.relative_to(root)), None if path.is_dir() else path.read_bytes())
        for path in root.rglob("*")
    )


def restore(files: Files, root: Path) -> None:
    """Make the files of a state in an empty directory."""
    root.mkdir(parents=True)
    for path, content in sorted(files, key=lambda file: file[0]):
        if content is None:
            (root / path).mkdir()
        else:
            (root / path).write_bytes(content)


def _possible(names: _Names, changes: Sequence[Entry]) -> set[_Names]:
    """Return what a directory may hold when any of the changes may be missing."""
    possible = {names}
    for change in changes:
        possible |= {_after(some, [part]) for some in possible for part in _parts(change)}
    return possible


def _parts(change: Entry) -> list[Entry]:
    """Return the forms in which a change may arrive: a renamed file may have both names, but not none."""
    if change.added and change.dropped:
        return [change, Entry(change.directory, change.added)]
    return [change]


def _after(names: _Names, changes: Sequence[Entry]) -> _Names:
    held: dict[str, int] = dict(names)
    for change in changes:
        if change.dropped is not None:
            held.pop(change.dropped, None)
        if change.added is not None:
            held[change.added[0]] = change.added[1]
    return frozenset(held.items())


def visible(files: Files, folder: str) -> Mapping[str, bytes]:
    """Return name and content of what a reader sees in a folder."""
    inside = {path.removeprefix(f"{folder}/"): c for path, c in files if path.startswith(f"{folder}/")}
    return {name: c for name, c in inside.items() if c is not None and name[0] != "."}
