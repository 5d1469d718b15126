"""Plain tables, whoever wrote them: the formats in the order in which they are tried."""

from analyze.errors import DataError
from analyze.table.readers.delimited import DELIMITED
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.markdown import MARKDOWN

# One line a format; the last takes any text.
PLAIN: dict[str, Reader] = {"markdown": MARKDOWN, "delimited": DELIMITED}


def read_plain(found: Found) -> Reading:
    """Read a file as a plain table, once.

    Raises
    ------
    DataError
        It is no table that is known, or a damaged one.
    """
    if found.plain is None:
        reader = next((reader for reader in PLAIN.values() if reader.recognises(found)), None)
        if reader is None:
            known = ", ".join(reader.label for reader in PLAIN.values())
            raise DataError(f"{found.shown!r} is not a table that can be read; what can be read: {known}")
        found.plain = reader.read(found)
    return found.plain


def columns_of(found: Found) -> tuple[str, ...]:
    """Return the names of the columns of a file; none where it is no table. Never raises."""
    if not found.is_file:
        return ()
    try:
        return tuple(map(str, read_plain(found).frame.columns))
    except DataError:
        return ()
