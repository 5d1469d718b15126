"""What lies below a folder, however deep: the files by their paths in it."""

import os
from collections.abc import Iterator

from analyze.table.places import Place
from analyze.table.readers.found import Found


def subfolders(place: Place) -> list[str]:
    """Return the names of the visible folders directly in a folder, sorted."""
    with place.known_errors("cannot be read"):
        if place.fs is None:
            names = [entry.name for entry in os.scandir(place.root) if entry.is_dir()]
        else:
            entries = place.fs.ls(place.root, detail=True)
            names = [e["name"].rstrip("/").rsplit("/", 1)[-1] for e in entries if e["type"] == "directory"]
    return sorted(name for name in names if not name.startswith("."))


def files_below(place: Place, *, without: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the paths of visible files below a folder, in order of the folders.

    Parameters
    ----------
    without : set of str
        Names of folders that are not looked into.
    """
    if place.fs is not None:
        with place.known_errors("cannot be read"):
            paths = sorted(place.fs.find(place.root))
        root = place.root.strip("/")
        for path in paths:
            parts = path.strip("/").removeprefix(root).strip("/").split("/")
            if not any(part.startswith(".") or part in without for part in parts):
                yield "/".join(parts)
        return
    for folder, names, files in os.walk(place.root):
        names[:] = sorted(name for name in names if not name.startswith(".") and name not in without)
        prefix = os.path.relpath(folder, place.root).replace(os.sep, "/") + "/"
        for name in sorted(files):
            if not name.startswith("."):
                yield (prefix + name).removeprefix("./")


def child(found: Found, path: str) -> Found:
    """Return a file of a folder."""
    return Found(found.place.child(path), "file")
