"""How the lines of a text are parted into fields: found by content, from its first lines."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from analyze.table.number_texts import look

SEPARATORS = {",": "','", ";": "';'", "\t": "a tab", "|": "'|'", " ": "blanks"}
# As many lines are looked at.
_LINES = 200
_DECIMAL_COMMA = re.compile(r"\s*[+\-−]?[0-9]*,[0-9]+\s*")
_EXCEL = re.compile(r'"?sep=([,;\t|])"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a text is parted.

    Attributes
    ----------
    separator : str
        Between the fields of the rows; ``""`` where there is one column.
    header_separator : str
        Between the names.
    skips : int
        Lines before the table that are no part of it: a spreadsheet's ``sep=;``.
    has_comments : bool
        Whether lines that start with ``#`` are comments.
    has_hash_header : bool
        Whether the last of them before the rows holds the names.
    fit : float
        The share of the rows that have as many fields as there are names.
    """

    separator: str
    header_separator: str
    skips: int
    has_comments: bool
    has_hash_header: bool
    fit: float


def find_layout(lines: Sequence[str]) -> Layout:
    """Find out how lines are parted; the fit is 0 where no way is a good one."""
    first = next((line for line in lines if line.strip()), "")
    declared = _EXCEL.fullmatch(first.strip(" ")) if lines and first == lines[0] else None
    used = [line for line in lines[declared is not None :] if line.strip()][:_LINES]
    body = [line for line in used if not is_comment(line)]
    n_leading = next((i for i, line in enumerate(used) if not is_comment(line)), len(used))
    has_comments = len(body) < len(used) and bool(body) and not (len(body) == 1 and n_leading == 0)
    candidates = (declared.group(1),) if declared else tuple(SEPARATORS)[:4]
    if has_comments and n_leading:
        named = [without_hash(used[n_leading - 1]), *body]
        separator, header_separator, fit = _fit(named, candidates)
        rows = _parted(named, separator)
        has_names = not named[0].startswith("{") and len(rows[0]) > 1
        if has_names and separator == header_separator and fit and len(rows) > 1 and any(map(look, rows[1])):
            return _layout((separator, header_separator, fit), declared, comments=True, hash_header=True)
    found = _fit(body if has_comments else used, candidates)
    return _layout(found, declared, comments=has_comments, hash_header=False)


def is_comment(line: str) -> bool:
    """Whether a line starts with ``#``."""
    return line.lstrip().startswith("#")


def without_hash(line: str) -> str:
    """Return the names of a header that starts with ``#``; a name that is nothing else stays."""
    bare = line.lstrip()[1:].strip()
    return f"#{bare}" if bare[:1] in SEPARATORS else bare


def part(lines: Iterable[str], separator: str, *, strict: bool) -> Iterator[list[str]]:
    """Return a reader of records, with quotes where they enclose a field."""
    if separator == " ":
        lines = (" ".join(line.split()) for line in lines)
    return csv.reader(lines, delimiter=separator or "\x1f", skipinitialspace=True, strict=strict)


def _layout(found: tuple[str, str, float], declared: object, *, comments: bool, hash_header: bool) -> Layout:
    separator, header_separator, fit = found
    return Layout(
        separator=separator,
        header_separator=header_separator,
        skips=int(declared is not None),
        has_comments=comments,
        has_hash_header=hash_header,
        fit=fit,
    )


def _fit(lines: Sequence[str], candidates: Sequence[str]) -> tuple[str, str, float]:
    """Return the separators of the rows and of the names, and how well they fit."""
    parted = {separator: _parted(lines, separator) for separator in candidates}
    header = {s: len(_trimmed(records[0])) if records else 0 for s, records in parted.items()}
    scores = {s: _score(records) for s, records in parted.items() if header[s] > 1}
    good = {s: score for s, score in scores.items() if score[0] > 0.5}
    if good:
        best = max(good, key=lambda s: good[s])
        return best, best, good[best][0]
    for rows, names in ((r, h) for r in candidates for h in candidates if r != h and header[h] > 1):
        share = sum(len(_trimmed(record)) == header[names] for record in parted[rows][1:]) / max(
            1, len(lines) - 1
        )
        if share > 0.5:
            return rows, names, share
    blanks = _parted(lines, " ")
    if len(lines) > 1 and len(blanks[0]) > 1 and _score(blanks)[0] > 0.9 and _score(blanks)[1] > 0:
        return " ", " ", _score(blanks)[0]
    wide = {s: sum(len(record) > 1 for record in parted[s]) for s in candidates}
    best = max(wide, key=lambda s: (header[s] > 1, wide[s]))
    one_column = not wide[best] or (header[best] == 1 and all(map(_DECIMAL_COMMA.fullmatch, lines[1:])))
    if one_column:
        return "", "", 1.0 if len(lines) > 1 else 0.0
    return best, best, 0.0


def _score(records: Sequence[list[str]]) -> tuple[float, float, int]:
    """Return the share of rows that fit the names, that of fields that are numbers, and the names."""
    names, rows = _trimmed(records[0]), records[1:]
    fitting = [
        r for r in rows if len(r) >= len(names) and (len(r) <= len(records[0]) or not any(r[len(names) :]))
    ]
    fields = [field for row in rows for field in row if field.strip()]
    numbers = sum(look(field.strip()) is not None for field in fields)
    return len(fitting) / len(rows) if rows else 1.0, numbers / max(1, len(fields)), len(names)


def _parted(lines: Sequence[str], separator: str) -> list[list[str]]:
    try:
        return [record for record in part((f"{line}\n" for line in lines), separator, strict=False) if record]
    except csv.Error:
        return []


def _trimmed(record: Sequence[str]) -> list[str]:
    """Return a record without empty fields at its end."""
    end = next((i for i in range(len(record), 0, -1) if record[i - 1].strip()), 0)
    return list(record[:end])
