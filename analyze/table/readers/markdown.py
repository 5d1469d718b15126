"""The table of a Markdown page: ``| a | b |`` above ``|---|---|``."""

import re
from collections.abc import Sequence

from analyze.errors import DataError
from analyze.table.number_texts import without_markup
from analyze.table.readers.columns import as_column, as_reading
from analyze.table.readers.encoding import as_utf8, head_as_text
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.names import check_names, with_all_named

_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_BAR = re.compile(r"(?<!\\)\|")


def recognises(found: Found) -> bool:
    """Return whether a text holds a line of names above a line of dashes with as many fields."""
    text = head_as_text(found.head) if found.is_file and b"-" in found.head else None
    return text is not None and bool(_tables(text.split("\n")))


def read(found: Found) -> Reading:
    """Read the only table of a page.

    Raises
    ------
    DataError
        There are several tables, or a row has too many or too few fields.
    """
    text, remark = as_utf8(found.content, found.shown)
    lines = text.decode().split("\n")
    first, *more = _tables(lines)
    if more:
        raise DataError(
            f"{found.shown!r} holds {1 + len(more)} Markdown tables (the second in line {more[0] + 1}); "
            "put the one that is meant into a file of its own"
        )
    rows = []
    end = first + 2
    while end < len(lines) and "|" in lines[end]:
        rows.append(_fields(lines[end]))
        end += 1
    names = _fields(lines[first])
    if not rows:
        raise DataError(f"the table {found.shown!r} has no rows: there is a line of names and no more")
    for i, row in enumerate(rows):
        if len(row) != len(names):
            raise DataError(
                f"{found.shown!r} line {first + 3 + i} has {len(row)} fields and the header {len(names)}: "
                "mend the line"
            )
    remarks = [remark] if remark else []
    n_prose = sum(bool(line.strip()) for line in (*lines[:first], *lines[end:]))
    if n_prose:
        lines = (
            "1 line around the Markdown table was"
            if n_prose == 1
            else f"{n_prose} lines around the Markdown table were"
        )
        remarks.append(f"{lines} left out.")
    names, columns, unnamed = with_all_named(names, [as_column(cells) for cells in zip(*rows, strict=True)])
    check_names(names, columns, found.shown)
    return as_reading(
        found.shown,
        names,
        columns,
        kind="Markdown table",
        separator="|",
        remarks=[*remarks, unnamed] if unnamed else remarks,
    )


def _tables(lines: Sequence[str]) -> list[int]:
    """Return where the lines of names are."""
    return [
        i - 1
        for i, line in enumerate(lines)
        if i and "|" in line and _RULE.fullmatch(line) and len(_fields(line)) == len(_fields(lines[i - 1]))
    ]


def _fields(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [without_markup(cell.strip().replace("\\|", "|")) for cell in _BAR.split(inner)]


MARKDOWN = Reader(name="markdown", label="Markdown tables", recognises=recognises, read=read)
