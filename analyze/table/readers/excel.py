"""Excel workbooks (.xlsx): the first sheet that holds a table."""

import io
import warnings
import zipfile
from collections.abc import Iterable, Sequence

from analyze.errors import DataError
from analyze.table.places import MAX_BYTES
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.values import check_names, frame_of_columns

_WORKBOOK = "xl/workbook.xml"
# Below titles and empty rows, the names of the columns stand within these.
_HEADER_ROWS = 50
# Rows with these words below an empty row are summaries of the runs above, not runs.
_SUMMARIES = {
    "mean", "average", "avg", "median", "std", "sd", "stdev", "stddev", "min", "max", "sum", "total", "n",
    "mittelwert", "moyenne", "media", "mean ± sd", "mean±std",
}  # fmt: skip

Rows = list[list[object]]


def recognises(found: Found) -> bool:
    """Return whether a file is an Excel workbook."""
    return found.is_named(".xlsx", ".xlsm") or _WORKBOOK in found.members


def read(found: Found) -> Reading:
    """Read the first visible sheet that holds a table; titles and empty rows above it are passed over.

    Raises
    ------
    DataError
        The package that reads workbooks is not installed, the file is damaged, or no sheet holds a table.
    """
    sheets = _sheets(found)
    tables = {name: table for name, rows in sheets.items() if (table := _table(rows)) is not None}
    if not tables:
        raise DataError(
            f"{found.shown!r} has no sheet with a table: a row of names with rows of values below it"
        )
    sheet, (names, rows, remarks) = next(iter(tables.items()))
    check_names(names, found.shown)
    frame = frame_of_columns({name: [row[i] for row in rows] for i, name in enumerate(names)}, found.shown)
    others = [name for name in tables if name != sheet]
    more = f"; not read: {', '.join(others)}" if others else ""
    said = (f"The sheet {sheet!r} was read{more}.",) if len(sheets) > 1 else ()
    return Reading(frame=frame, kind="Excel", remarks=(*said, *remarks))


READER = Reader(name="excel", label="Excel (.xlsx)", recognises=recognises, read=read)


def _sheets(found: Found) -> dict[str, Rows]:
    """Return the cells of the visible sheets, those of merged cells in each row that they cover."""
    try:
        import openpyxl
    except ImportError as error:
        raise DataError(
            f"{found.shown!r} is an Excel workbook, which needs a package that is not installed: "
            "pip install 'minima-census[excel]', or save it as CSV"
        ) from error
    try:
        _check_size(found)
        with warnings.catch_warnings(action="ignore"):  # of decorations that it does not know
            book = openpyxl.load_workbook(io.BytesIO(found.content), data_only=True)
            shown = (sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
            return {s.title: _cells(s.values, [m.bounds for m in s.merged_cells.ranges]) for s in shown}
    except DataError:
        raise
    # openpyxl lets nearly any exception through from a damaged file
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DataError(
            f"{found.shown!r} cannot be read as an Excel workbook ({reason}): it may be torn"
        ) from error


def _check_size(found: Found) -> None:
    with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_BYTES // 4:
            raise DataError(f"{found.shown!r} is larger than a workbook that can be read; save it as CSV")


def _cells(values: Iterable[Iterable[object]], merged: Iterable[tuple[int, int, int, int]]) -> Rows:
    rows = [[_cell(value) for value in row] for row in values]
    for bounds in merged:
        left, top, right, bottom = (b - 1 for b in bounds)
        if left == right:  # merged down: one label for several runs
            for i in range(top + 1, min(bottom + 1, len(rows))):
                rows[i][left] = rows[top][left]
    return rows


def _cell(value: object) -> object:
    if isinstance(value, str):
        return value.strip() or None
    return value


def _table(rows: Rows) -> tuple[list[str], Rows, list[str]] | None:
    """Return the names, the rows and what was decided; None where a sheet holds no table."""
    header = _header(rows)
    if header is None or not any(map(_filled, rows[header + 1 :])):
        return None
    kept, left_out = _without_summaries(rows[header + 1 :])
    width = max(len(row) for row in rows)
    used = [i for i in range(width) if rows[header][i] is not None or any(row[i] is not None for row in kept)]
    remarks = [f"{left_out} rows of summaries below an empty row were left out."] if left_out else []
    names = []
    for i in used:
        name = rows[header][i]
        names.append(f"column {_letters(i)}" if name is None else str(name))
    unnamed = [name for name, i in zip(names, used, strict=True) if rows[header][i] is None]
    if unnamed:
        remarks.append(f"Columns without a name: {', '.join(unnamed)}.")
    return names, [[row[i] for i in used] for row in kept], remarks


def _header(rows: Rows) -> int | None:
    """Return the row of the names: of the first rows that hold texts only, the first of those with most."""
    counts = {
        i: len(cells)
        for i, row in enumerate(rows[:_HEADER_ROWS])
        if (cells := _filled(row)) and all(isinstance(cell, str) for cell in cells)
    }
    if counts:
        most = max(counts.values())
        return next(i for i, n in counts.items() if n == most)
    return next((i for i, row in enumerate(rows) if _filled(row)), None)


def _without_summaries(rows: Rows) -> tuple[Rows, int]:
    kept: Rows = []
    n_left_out, below_gap = 0, False
    for row in rows:
        cells = _filled(row)
        if not cells:
            below_gap = bool(kept)
        elif below_gap and str(cells[0]).lower().rstrip(".:") in _SUMMARIES:
            n_left_out += 1
        else:
            kept.append(row)
    return kept, n_left_out


def _filled(row: Sequence[object]) -> list[object]:
    return [cell for cell in row if cell is not None]


def _letters(i: int) -> str:
    """Return a column's letters, as the program shows them.

    Examples
    --------
    >>> [_letters(i) for i in (0, 25, 26)]
    ['A', 'Z', 'AA']
    """
    letters = ""
    i += 1
    while i:
        i, rest = divmod(i - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
