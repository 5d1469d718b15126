"""Places of files that a test writes, read as the command line reads them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analyze.table.places import find_place
from analyze.table.readers.catalogue import TOOLS
from analyze.table.readers.found import Found, Reading


@pytest.fixture
def found_at() -> Callable[[Path], Found]:
    def find(path: Path) -> Found:
        place = find_place(str(path))
        return Found(place, place.kind() or "file")

    return find


@pytest.fixture
def read(found_at: Callable[[Path], Found]) -> Callable[[Path], tuple[str, Reading]]:
    """Read a file or folder by the first tool that recognises it; return the tool's name too."""

    def read_by_tool(path: Path) -> tuple[str, Reading]:
        found = found_at(path)
        reader = next(reader for reader in TOOLS.values() if reader.recognises(found))
        return reader.name, reader.read(found)

    return read_by_tool
