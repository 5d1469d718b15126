"""A place that a reader may know, looked at once; what a reader makes of it; and what a reader is."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa

from analyze.errors import DataError
from analyze.table.places import Place

HEAD_BYTES = 2**16
# A small file may unfold to more than any memory holds: nothing beyond this is unfolded.
MAX_BYTES = 4 * 2**30
COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst", ".zip")
_BROKEN = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, pa.ArrowException)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A table as somebody's tool wrote it, with what is known of its columns.

    Attributes
    ----------
    frame : DataFrame
        One row a run, or one row a step of a run. Names are unique texts without outer blanks; cells are
        numbers, truth values, times or texts without outer blanks. Nothing is dropped without a remark.
    kind : str
        What was recognised, for the reader of the summary, e.g. ``"Optuna trials"``.
    unit : str or None
        The column that names a run, where the reader knows.
    step : str or None
        The column that counts along a run, where rows are steps of runs.
    status : str or None
        The column that says how a run ended, where the reader knows.
    better : {"higher", "lower"} or None
        Which values are better, where the file says so.
    units : dict of str to str
        Units that cells carried, by column, e.g. ``{"accuracy": "%"}`` for cells such as ``87.9%``.
    remarks : tuple of str
        Whole sentences: what was decided and the reader of the summary should know.
    names : dict of str to Series, optional
        Columns of numbers in which words such as ``None`` stood, as texts: names, where the column groups.
    """

    frame: pd.DataFrame
    kind: str
    unit: str | None = None
    step: str | None = None
    status: str | None = None
    better: str | None = None
    units: dict[str, str] | None = None
    remarks: tuple[str, ...] = ()
    names: dict[str, pd.Series] | None = None


class Found:
    """A place that is there.

    Parameters
    ----------
    place : Place
        Where it is.
    kind : {"file", "directory"}
        What it is.

    Attributes
    ----------
    name : str
        The last part of the path in lower case, without the ending of a compression.
    """

    def __init__(self, place: Place, kind: str) -> None:
        self.place = place
        self.kind = kind
        self.shown = place.shown
        base = place.root.rstrip("/").rpartition("/")[2].lower()
        self._compression = next((end for end in COMPRESSIONS if base.endswith(end)), "")
        self.name = base.removesuffix(self._compression) if kind == "file" else base
        self.plain: Reading | None = None  # what `analyze.table.readers.plain.read_plain` has read already

    @property
    def is_file(self) -> bool:
        """Whether this is a file, not a folder."""
        return self.kind == "file"

    def is_named(self, *endings: str) -> bool:
        """Return whether this is a file whose name has one of the endings."""
        return self.is_file and self.name.endswith(endings)

    @cached_property
    def head(self) -> bytes:
        """The first bytes of a file, unfolded; b"" of a folder."""
        if not self.is_file:
            return b""
        if self._compression:
            return self.content[:HEAD_BYTES]
        return self.place.read(HEAD_BYTES)

    @cached_property
    def content(self) -> bytes:
        """The whole file, unfolded.

        Raises
        ------
        DataError
            It is torn, or unfolds to more than `MAX_BYTES`.
        """
        packed = self.place.read()
        if not self._compression:
            return packed
        try:
            return _unfolded(packed, self._compression)
        except _BROKEN as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise DataError(
                f"{self.shown!r} cannot be unpacked as {self._compression} ({reason}): it may be torn; "
                "unpack it yourself, or restore it"
            ) from error

    @cached_property
    def document(self) -> Any:
        """The file as JSON; None where it is none."""
        if not self.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
            return None
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A kind of file or folder: its name, whether a place is one, and how it is read.

    ``recognises`` is cheap, looks at names and first bytes before anything else, and raises nothing. ``read``
    raises `analyze.errors.DataError` with one line where the place is damaged.
    """

    name: str
    label: str
    recognises: Callable[[Found], bool]
    read: Callable[[Found], Reading]


def _unfolded(packed: bytes, compression: str) -> bytes:
    """Unpack a file, and refuse what unfolds to more than memory should hold."""
    if compression == ".zip":
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            names = [n for n in archive.namelist() if not n.endswith("/") and "__MACOSX" not in n]
            if len(names) != 1:
                raise ValueError(f"it holds {len(names)} files, and one is expected")
            with archive.open(names[0]) as member:
                return _bounded(member.read(MAX_BYTES + 1))
    if compression == ".zst":
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
            return _bounded(stream.read(MAX_BYTES + 1))
    opened: Any = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}[compression]
    with opened(io.BytesIO(packed)) as file:
        return _bounded(file.read(MAX_BYTES + 1))


def _bounded(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise ValueError(f"it unfolds to more than {MAX_BYTES // 2**30} GB")
    return content
