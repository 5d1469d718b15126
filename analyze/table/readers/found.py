"""A place that a reader may know, looked at once; what a reader makes of it; and what a reader is."""

import bz2
import gzip
import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import pyarrow as pa

from analyze.errors import DataError
from analyze.table.places import MAX_BYTES, Place

HEAD_BYTES = 2**16
COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst", ".zip")
# The first bytes tell how a file is packed, whatever its name says.
_SIGNS = {
    b"\x1f\x8b": ".gz",
    b"\xfd7zXZ\x00": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"PK\x03\x04": ".zip",
    b"PK\x05\x06": ".zip",
}
_BZ2_SIGN = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")
# Formats that are zip archives themselves, by a member that each has
_ZIP_FORMATS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml", "word/document.xml", "data.pkl", ".npy")
_CHUNK_BYTES = 2**24
_BROKEN = (
    OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, pa.ArrowException,
    RuntimeError, MemoryError,
)  # fmt: skip


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
    is_summary : bool
        Whether the rows are means of runs, as the last remark says, and no runs.
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
    is_summary: bool = False
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
        ending = next((end for end in COMPRESSIONS if base.endswith(end)), "")
        self.name = base.removesuffix(ending) if kind == "file" else base
        # What `analyze.table.readers.plain.read_plain` has read already, or why it cannot be read
        self.plain: Reading | DataError | None = None

    @property
    def is_file(self) -> bool:
        """Whether this is a file, not a folder."""
        return self.kind == "file"

    def is_named(self, *endings: str) -> bool:
        """Return whether this is a file whose name has one of the endings."""
        return self.is_file and self.name.endswith(endings)

    @cached_property
    def head(self) -> bytes:
        """The first bytes of a file, unfolded; b"" of a folder, and of a file that cannot be unfolded."""
        if not self.is_file:
            return b""
        if not self.is_packed:
            return self._first
        try:
            return self.content[:HEAD_BYTES]
        except DataError:
            return b""

    @cached_property
    def is_packed(self) -> bool:
        """Whether a compression is to be taken off, as its first bytes say; its name may be wrong."""
        return bool(self._compression)

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The names of the files in an archive of a format's own, such as .xlsx and .npz; else none."""
        return _members(self.content) if _packing(self.head) == ".zip" else ()

    @cached_property
    def content(self) -> bytes:
        """The whole file, unfolded.

        Raises
        ------
        DataError
            It is torn, holds several files, or unfolds to more than `MAX_BYTES`.
        """
        if not self._compression:
            return self._raw
        files = [n for n in self._raw_members if not n.endswith("/") and "__MACOSX" not in n]
        if len(files) > 1:
            more = f" and {len(files) - 3} more" if len(files) > 3 else ""
            raise DataError(
                f"{self.shown!r} holds {len(files)} files ({', '.join(files[:3])}{more}), not one table; "
                "unpack it and give the file, or the folder"
            )
        try:
            return _unfolded(self._raw, self._compression)
        except _BROKEN as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise DataError(
                f"{self.shown!r} cannot be unpacked as {self._compression} ({reason}): it may be torn; "
                "unpack it yourself, or restore it"
            ) from error

    @cached_property
    def _first(self) -> bytes:
        return self.place.read(HEAD_BYTES)

    @cached_property
    def _raw(self) -> bytes:
        return self.place.read()

    @cached_property
    def _raw_members(self) -> tuple[str, ...]:
        return _members(self._raw) if _packing(self._first) == ".zip" else ()

    @cached_property
    def _compression(self) -> str:
        packing = _packing(self._first) if self.is_file else ""
        if packing == ".zip" and any(name.endswith(_ZIP_FORMATS) for name in self._raw_members):
            return ""
        return packing

    @cached_property
    def document(self) -> object:
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
            if not names:
                raise ValueError("it holds no file")
            with archive.open(names[0]) as member:
                return _bounded(member.read)
    if compression == ".zst":
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
            return _bounded(stream.read)
    opened: dict[str, Callable[[io.BytesIO], io.BufferedIOBase]] = {
        ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open,
    }  # fmt: skip
    with opened[compression](io.BytesIO(packed)) as file:
        return _bounded(file.read)


def _members(content: bytes) -> tuple[str, ...]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return tuple(archive.namelist())
    except _BROKEN:
        return ()


def _packing(first: bytes) -> str:
    """Return the ending of the compression that a file's first bytes tell, or ""."""
    if _BZ2_SIGN.match(first):
        return ".bz2"
    return next((ending for sign, ending in _SIGNS.items() if first.startswith(sign)), "")


def _bounded(read: Callable[[int], bytes]) -> bytes:
    """Read a file to its end, piece by piece, so that no more memory is asked for than it needs."""
    pieces, n_bytes = [], 0
    while piece := read(_CHUNK_BYTES):
        pieces.append(piece)
        n_bytes += len(piece)
        if n_bytes > MAX_BYTES:
            raise ValueError(f"it unfolds to more than {MAX_BYTES // 2**30} GB")
    return b"".join(pieces)
