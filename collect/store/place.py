"""Where segments live. `open_place` gives a directory or an object store, which do the same."""

from collections.abc import Iterable
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import unquote

from collect.errors import UsageError

# A segment that compaction has replaced stays for this long: a listing that takes less time sees it
# or its replacement.
GRACE_S = 2.0
QUARANTINE = "_quarantine"
# What fsspec knows by these names is gone with the process, or holds what its own URL says.
FLEETING = frozenset({"memory", "reference", "data", "dask"})


class Place(Protocol):
    """What the database asks of a place. Names are those of files in it; hidden ones are never shown."""

    def __str__(self) -> str:
        """Return what a person gave as `--db`."""

    def prepare(self) -> None:
        """Make the place if need be.

        Raises
        ------
        DataError
            It holds other things than a run database.
        RunError
            It cannot be made or written to.
        """

    def names(self) -> list[str]:
        """Return all visible names, sorted; a place that does not exist has none."""

    def sizes(self) -> dict[str, int]:
        """Return all visible names with their sizes in bytes."""

    def open(self, name: str) -> IO[bytes]:
        """Open for reading, seekable.

        Raises
        ------
        FileNotFoundError
            It is not there (any more).
        """

    def publish(self, name: str, content: bytes) -> None:
        """Make the content durable and visible as a whole, without overwriting other content.

        Raises
        ------
        RunError
            It is not known to be durable. Nothing of it is visible then; only where the answer of an
            object store was lost it may be there, whole.
        """

    def remove(self, names: Iterable[str]) -> None:
        """Remove names; those that are gone already do not matter."""

    def quarantine(self, name: str) -> str:
        """Move a file to where no reader looks, and return its new place."""

    def sweep(self) -> int:
        """Remove what writers that were killed have left behind, and return how much there was."""


def open_place(db: str) -> Place:
    """Return the place that a path or a URL names.

    Raises
    ------
    UsageError
        The URL's kind is not known, or its package is not installed.
    """
    kind, separator, rest = db.partition("://")
    if not separator:
        return _directory(db)
    if kind in ("file", "local"):
        host, _, path = rest.partition("/")
        if host not in ("", "localhost"):
            raise UsageError(f"{db} names the machine '{host}': give a directory, or file:///path as --db")
        return _directory("/" + unquote(path))
    from collect.store.objects import ObjectStore

    return ObjectStore.at(db)


def lasting(db: str) -> str:
    """Return a path or a URL that outlives this process; a database that does not would lose its runs.

    Raises
    ------
    UsageError
        It names the memory of a process, also as one of several parts such as simplecache::memory://x.
    """
    for part in db.split("::"):
        kind, separator, _ = part.partition("://")
        if (separator or "::" in db) and kind.lower() in FLEETING:
            raise UsageError(
                f"{db} is gone when this command ends, and the runs with it: give a directory, "
                "or a URL such as s3://bucket/prefix"
            )
    return db


def _directory(path: str) -> Place:
    from collect.store.local import LocalDirectory

    return LocalDirectory(Path(path))
