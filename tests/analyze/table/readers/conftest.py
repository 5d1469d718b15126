"""Places of files that a test writes, read as the command line reads them."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from analyze.errors import DataError
from analyze.table.places import find_place
from analyze.table.readers.catalogue import TOOLS
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.plain import PLAIN


def _read_as_csv(found: Found) -> Reading:
    if found.document is not None:
        raise DataError("one JSON document")
    try:
        return Reading(frame=_frame(found.content.decode()), kind="CSV")
    except ValueError as error:
        raise DataError("no CSV") from error


def _frame(text: str) -> pd.DataFrame:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    if lines and lines[0].startswith("{"):
        return pd.json_normalize([json.loads(line) for line in lines])
    frame = pd.read_csv(
        io.StringIO("\n".join(lines)), skipinitialspace=True, na_values=[""], keep_default_na=False
    )
    return frame.rename(columns=str.strip)


@pytest.fixture(autouse=True)
def _plain_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for delimited text where it is not known."""
    if not any("csv" in reader.label.lower() or "delimited" in reader.label for reader in PLAIN.values()):
        reader = Reader(name="csv", label="CSV", recognises=lambda found: found.is_file, read=_read_as_csv)
        monkeypatch.setitem(PLAIN, "csv", reader)


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
