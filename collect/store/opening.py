"""From what a person gave as `--db` to a place."""

from pathlib import Path
from urllib.parse import unquote

from collect.errors import UsageError
from collect.store.place import Place

# What fsspec knows by these names is gone with the process, or holds what its own URL says.
FLEETING = frozenset({"memory", "reference", "data", "dask"})


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
