"""Plain tables, whoever wrote them: the formats in the order in which they are tried."""

from analyze.errors import DataError
from analyze.table.readers import arrow, excel, json_records, npz, refused
from analyze.table.readers.delimited import DELIMITED
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.markdown import MARKDOWN

# One line a format; the last takes any text.
PLAIN: dict[str, Reader] = {
    "parquet": arrow.PARQUET,
    "feather": arrow.FEATHER,
    "npz": npz.READER,
    "excel": excel.READER,
    "refused": refused.READER,
    "json": json_records.READER,
    "markdown": MARKDOWN,
    "delimited": DELIMITED,
}


def read_plain(found: Found) -> Reading:
    """Read a file as a plain table, once.

    Raises
    ------
    DataError
        It is no table that is known, or a damaged one.
    """
    if found.plain is None:
        try:
            found.plain = _read(found)
        except DataError as error:
            found.plain = error
    if isinstance(found.plain, DataError):
        raise found.plain
    return found.plain


def _read(found: Found) -> Reading:
    if found.is_file and not found.head and not found.is_packed:
        raise DataError(f"{found.shown!r} cannot be read as a table: it is empty")
    reader = next((reader for reader in PLAIN.values() if reader.recognises(found)), None)
    if reader is None:
        known = ", ".join(reader.label for reader in PLAIN.values() if reader.label)
        raise DataError(f"{found.shown!r} is not a table that can be read; what can be read: {known}")
    return reader.read(found)


def columns_of(found: Found) -> tuple[str, ...]:
    """Return the names of the columns of a file; none where it is no table. Never raises."""
    if not found.is_file:
        return ()
    try:
        return tuple(map(str, read_plain(found).frame.columns))
    except DataError:
        return ()
