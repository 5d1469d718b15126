"""Delimited text, read by its content: never a column shifted, never a line or a word lost in silence."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from analyze import text as fmt
from analyze.errors import DataError
from analyze.table import parquet
from analyze.table.cells import are_fractions, is_plain
from analyze.table.number_texts import look
from analyze.table.readers.encoding import as_utf8, head_as_text
from analyze.table.readers.found import HEAD_BYTES, Found, Reader, Reading
from analyze.table.readers.layout import SEPARATORS, Layout, find_layout, is_comment, part, without_hash
from analyze.table.readers.names import check_names, header_of, with_all_named
from analyze.table.readers.texts import as_column, as_numbers, as_reading, as_texts
from analyze.table.readers.values import MAX_COLUMNS, too_wide

ENDINGS = (".csv", ".tsv", ".tab", ".dat")
_SEPARATORS = (b",", b";", b"\t", b"|")
_SAMPLE = 2**16
_CHUNK = 2**24
_COMMENT = re.compile(rb"^[ \t]*#", re.MULTILINE)
_ONE_COMMENT = "1 line that starts with # was left out."
# JSON, XML and HTML are text, too
_SAMPLE_LINES = 8
_OTHER_KINDS = ("{", "[", "<")


@dataclass(slots=True, kw_only=True)
class Records:
    """The records of a text: fields, lines on which each starts, comments, and whether the end is torn."""

    fields: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    n_comments: int = 0
    is_torn: bool = False


def recognises(found: Found) -> bool:
    """Return whether a file is text in columns; whatever is named .csv is to be one."""
    if not found.is_file:
        return False
    if found.is_named(*ENDINGS):
        return True
    text = head_as_text(found.head)
    if text is None or text.lstrip().startswith(_OTHER_KINDS):
        return False
    lines = _first_lines(text, is_whole=len(found.head) < HEAD_BYTES)
    layout = find_layout(lines)
    if layout.fit < 0.9:
        return False
    body = [
        line
        for line in lines[layout.skips :]
        if line.strip() and not (layout.has_comments and is_comment(line))
    ]
    cells = [[one.strip() for one in record] for record in part(body[:20], layout.separator, strict=False)]
    values = [sum(look(cell) is not None for cell in record) for record in cells]
    if layout.has_hash_header:
        return any(values)
    return not values[0] and any(values[1:]) if layout.separator in ("", " ") else any(values[1:])


def read(found: Found) -> Reading:
    """Read a file of delimited text.

    Raises
    ------
    DataError
        It is no text or no table, or a line of it has too many or too few fields.
    """
    text, remark = as_utf8(found.content, found.shown)
    remarks = [remark] if remark else []
    if not text or text.isspace():
        raise DataError(f"{found.shown!r} cannot be read as a table: it is empty")
    if text.count(b"\n") > parquet.MAX_ROWS:
        raise parquet.too_many_rows(found.shown, text.count(b"\n"))
    first = text[: text.find(b"\n")]
    if (n_columns := 1 + max(map(first.count, _SEPARATORS))) > MAX_COLUMNS:
        raise too_wide(found.shown, n_columns)
    end = _end_of_sample(text)
    lines = _first_lines(text[:end].decode(errors="ignore"), is_whole=len(text) <= end)
    layout = find_layout(lines)
    _check_is_table(lines, layout, found.shown)
    if layout.separator != layout.header_separator:
        remarks.append(
            f"The names are separated by {SEPARATORS[layout.header_separator]} and the rows by "
            f"{SEPARATORS[layout.separator]}."
        )
    elif layout.separator not in ("", "\t" if found.is_named(".tsv", ".tab") else ","):
        remarks.append(f"Read with {SEPARATORS[layout.separator]} as separator.")
    clean = _read_clean(text, layout)
    names, columns = clean or _read_carefully(text.decode(), layout, found.shown, remarks)
    names, columns, remark = with_all_named(names, columns)
    check_names(names, columns, found.shown)
    return as_reading(
        found.shown,
        names,
        columns,
        kind="delimited text",
        separator=layout.separator,
        remarks=[*remarks, remark] if remark else remarks,
    )


def json_comment(found: Found) -> dict[str, object] | None:
    """Return the JSON object of a first line such as ``#{"env_id": "CartPole-v1"}``, or None."""
    line = (head_as_text(found.head) or "").partition("\n")[0].strip()
    if not line.startswith("#"):
        return None
    try:
        said = json.loads(line[1:])
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _first_lines(text: str, *, is_whole: bool) -> list[str]:
    lines = text.split("\n")
    return lines if is_whole or len(lines) < 3 else lines[:-1]


def _end_of_sample(text: bytes) -> int:
    """Return where the first lines end: a table of thousands of columns has few lines in many bytes."""
    end = 0
    for _ in range(_SAMPLE_LINES):
        end = text.find(b"\n", end) + 1
        if not end:
            return len(text)
    return max(end, _SAMPLE)


def _check_is_table(lines: list[str], layout: Layout, shown: str) -> None:
    used = [line.strip() for line in lines[layout.skips :] if line.strip(" ")]
    if len(used) > 1:
        return
    if layout.separator:
        names = used[0] if used else ""
        raise DataError(
            f"the table {shown!r} has no rows: there is a line of names ({fmt.visible(names[:80])}) and no "
            "more"
        )
    raise DataError(
        f"{shown!r} is not a table: it has one line ({lines[0].strip()[:60]!r}); a table has a line of names "
        "and a line for each run"
    )


def _read_clean(text: bytes, layout: Layout) -> tuple[list[str], list[pd.Series]] | None:
    """Read a text without quotes and comments, with as many fields as names in each line, or None."""
    separator = layout.separator
    if b'"' in text or separator in ("", " ") or separator != layout.header_separator or layout.skips:
        return None
    end = text.find(b"\n") + 1
    header = text[:end]
    names = [name.strip() for name in header.decode().split(separator)]
    has_comments = b"#" in text and _COMMENT.search(text)
    if not end or has_comments or "" in names or len(set(names)) < len(names):
        return None
    text = text if text.endswith(b"\n") else text + b"\n"
    if text.find(b"\n" + header) >= 0:
        return None
    rows = pa.py_buffer(text).slice(end)
    kinds = _guessed(text[end : end + _SAMPLE], separator, len(names))
    if kinds is None:
        return None
    table = _parsed(rows, separator, kinds)
    if table is None or not all(map(is_plain, table.columns)):
        table = _parsed(rows, separator, [pa.string()] * len(names))
    if table is None:
        return None
    return names, [as_texts(c) if c.type == pa.string() else as_numbers(c) for c in table.columns]


def _guessed(sample: bytes, separator: str, n_names: int) -> list[pa.DataType] | None:
    """Guess which columns are fractions, where no comma can part them: they need not be texts first.

    None where the first lines are not of as many fields.
    """
    rows = [line.decode().split(separator) for line in sample.split(b"\n")[:-1][:100]]
    if not rows or any(len(row) != n_names for row in rows):
        return None
    if separator != ",":
        return [pa.string()] * n_names
    columns = ([cell.strip() or None for cell in cells] for cells in zip(*rows, strict=True))
    return [pa.float64() if are_fractions(cells) else pa.string() for cells in columns]


def _parsed(rows: pa.Buffer, separator: str, kinds: list[pa.DataType]) -> pa.Table | None:
    columns = {str(i): kind for i, kind in enumerate(kinds)}
    try:
        return pyarrow.csv.read_csv(
            pa.BufferReader(rows),
            read_options=pyarrow.csv.ReadOptions(column_names=list(columns), block_size=_CHUNK),
            parse_options=pyarrow.csv.ParseOptions(delimiter=separator, quote_char=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=columns, null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:  # no number, a line of another number of fields or longer than a block
        return None


def _read_carefully(
    text: str, layout: Layout, shown: str, remarks: list[str]
) -> tuple[list[str], list[pd.Series]]:
    if '" ' in text and layout.separator.strip(" "):
        text = re.sub(rf'(?<=[^"]") +(?={re.escape(layout.separator)}|\n|$)', "", text)
    lines = text.split("\n")
    records = _records(lines, layout, shown)
    if records.n_comments:
        n = records.n_comments
        remarks.append(f"{n} lines that start with # were left out." if n > 1 else _ONE_COMMENT)
    if records.is_torn:
        line = records.lines.pop()
        remarks.append(f"The last line (line {line}) ends inside a quote and was left out: it may be torn.")
    names, n_header = header_of(records.fields[:5])
    if n_header > 1:
        remarks.append(
            f"The first {n_header} lines were read as names: {', '.join([n for n in names if n][:4])}, …"
        )
    headers = [[cell.strip() for cell in record] for record in records.fields[:n_header]]
    del records.fields[:n_header], records.lines[:n_header]
    _leave_out_headers(records, headers, remarks)
    if not records.fields:
        said = ", ".join(names)[:80]
        raise DataError(
            f"the table {shown!r} has no rows: there is a line of names ({fmt.visible(said)}) and no more"
        )
    names = _square(names, records, shown, remarks)
    return names, [as_column(cells) for cells in zip(*records.fields, strict=True)]


def _records(lines: list[str], layout: Layout, shown: str) -> Records:
    """Part a text into records; the first holds the names."""
    records = Records()
    at, is_new, hash_header = 0, True, layout.has_hash_header
    names_line = 0
    if hash_header:
        names_line = next(i for i, line in enumerate(lines) if line.strip() and not is_comment(line)) - 1
        names_line = max(i for i in range(names_line + 1) if is_comment(lines[i]))

    def fed() -> Iterator[str]:
        nonlocal at, is_new
        for number, line in enumerate(lines[layout.skips :], layout.skips + 1):
            if is_new and not line.strip(" " if layout.separator == "\t" else None):
                continue
            if is_new and layout.has_comments and is_comment(line):
                if hash_header and number == names_line + 1:
                    line = without_hash(line)
                else:
                    records.n_comments += 1
                    continue
            if is_new:
                at = number
            is_new = False
            yield line + "\n"

    feed = fed()
    separators = [layout.header_separator, layout.separator]
    try:
        for separator in separators if separators[0] != separators[1] else separators[:1]:
            for record in part(feed, separator, strict=True):
                records.fields.append(record)
                records.lines.append(at)
                is_new = True
                if len(records.fields) == 1 and separators[0] != separators[1]:
                    break
    except csv.Error as error:
        is_last = not any(map(str.strip, lines[at:]))
        if "unexpected end" in str(error) and is_last and len(records.fields) > 1:
            records.lines.append(at)
            records.is_torn = True
            return records
        raise DataError(_quoting(str(error), at, shown)) from error
    return records


def _quoting(reason: str, line: int, shown: str) -> str:
    if "unexpected end" in reason:
        said = "a quote is opened and never closed"
    elif "field larger" in reason:
        said = "a cell is longer than 131072 characters; a quote may be opened and never closed"
    else:
        said = "text follows a closing quote"
    return f"{shown!r} line {line}: {said}; write a quote inside a cell twice, or take it out"


def _leave_out_headers(records: Records, headers: list[list[str]], remarks: list[str]) -> None:
    first = {header[0] for header in headers}
    again = {
        i
        for i, record in enumerate(records.fields)
        if record[0].strip() in first and [cell.strip() for cell in record] in headers and any(record)
    }
    if not again:
        return
    where = ", ".join(str(records.lines[i]) for i in sorted(again)[:3])
    lines = "line" if len(again) == 1 else "lines"
    remarks.append(f"The header is repeated in {lines} {where}{', …' if len(again) > 3 else ''}, left out.")
    records.fields = [record for i, record in enumerate(records.fields) if i not in again]
    records.lines = [line for i, line in enumerate(records.lines) if i not in again]


def _square(names: list[str], records: Records, shown: str, remarks: list[str]) -> list[str]:
    """Give every record as many fields as there are names, or refuse it."""
    n_named = max((i + 1 for i, name in enumerate(names) if name), default=0)
    filled = [max((i + 1 for i, cell in enumerate(r) if cell.strip()), default=0) for r in records.fields]
    width = max(n_named, min(max(filled), len(names)))
    fields = records.fields
    for i, record in enumerate(fields):
        if filled[i] > width or (len(record) < n_named and i < len(fields) - 1):
            raise DataError(_uneven(i, names, records, shown))
    if len(fields[-1]) < n_named:
        if len(fields) == 1:
            raise DataError(_uneven(0, names, records, shown))
        remarks.append(
            f"The last line (line {records.lines[-1]}) has {len(fields[-1])} of {n_named} fields and was "
            "left out: it may be torn."
        )
        fields.pop()
    n_longer = sum(len(record) > len(names) for record in fields)
    if n_longer:
        lines = "1 line ends" if n_longer == 1 else f"{n_longer} lines end"
        remarks.append(f"{lines} with an empty field for which there is no name; it was left out.")
    if len(names) > width and not all(len(record) >= len(names) for record in fields):
        remarks.append("The line of names ends with a separator that the rows do not have.")
    for i, record in enumerate(fields):
        if len(record) != width:
            fields[i] = [*record[:width], *[""] * (width - len(record))]
    return names[:width]


def _uneven(i: int, names: list[str], records: Records, shown: str) -> str:
    n = len(records.fields[i])
    as_many = sum(len(record) == n for record in records.fields)
    others = f" (as {as_many} of {len(records.fields)} rows do)" if as_many > 1 else ""
    if n < len(names):
        advice = "mend the line, or take it out"
    elif as_many == len(records.fields):
        advice = "is a name missing in the header?"
    else:
        advice = "name the column in the header, or take the field out"
    return f"{shown!r} line {records.lines[i]} has {n} fields{others} and the header {len(names)}: {advice}"


DELIMITED = Reader(
    name="delimited", label="delimited text (CSV, TSV, ;, |)", recognises=recognises, read=read
)
