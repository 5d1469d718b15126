"""How a document is set for a reader: what HTML and PDF do alike before each does its own.

In a table, estimate, interval and p stand first after the names, because a telephone shows three columns; a
column that says the same in every row becomes a sentence. A number and its percent sign stay on one line, and
a name that is written from right to left turns nothing around it.
"""

import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from analyze import text as fmt
from analyze.report.document import Code, Document, Table

_LEADING = (
    ("Estimate", "Difference", "Difference (points)", "Mean difference", "Mean"),
    ("Interval", "Band"),
    ("p",),
    ("adjusted p", *(f"p ({name})" for name in fmt.ADJUSTMENTS.values())),
)
# A column is the same in every row of so many; in fewer it is quicker to see than to say.
_MANY, _MAX_SAID = 3, 80
_RIGHT = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+"
_FROM_RIGHT = re.compile(f"{_RIGHT}(?:[ ._-]+{_RIGHT})*")


def laid_out(report: Document) -> Document:
    """Return the document with its tables and spaces set for reading."""
    found = _set(report)
    if not isinstance(found, Document):
        raise TypeError(f"a document became {type(found).__name__}")
    return found


def leftward(text: str) -> str:
    """End what is written from right to left with a mark, or numbers and signs after it would be turned, too.

    Examples
    --------
    >>> leftward("joint − staged"), [ord(sign) for sign in leftward("של 1")][2:]
    ('joint − staged', [8206, 32, 49])
    """
    return text if text.isascii() else _FROM_RIGHT.sub("\\g<0>\u200e", text)


def arranged(table: Table) -> Table:
    """Put names first, then estimate, interval and p, other numbers and words; say what only repeats.

    Examples
    --------
    >>> table = Table(
    ...     caption="Tests.",
    ...     columns=("Test", "Null", "U", "p", "Method"),
    ...     numeric=(False, False, True, True, False),
    ...     rows=(tuple("ax12m"), tuple("by34m"), tuple("cz56m")),
    ... )
    >>> arranged(table).columns, arranged(table).caption
    (('Test', 'p', 'U', 'Null'), 'Tests. In every row: method m.')
    """
    order = sorted(range(len(table.columns)), key=lambda i: (_rank(table, i), i))
    same = [i for i in order if _repeats(table, i)]
    if len(order) - len(same) < 2:
        same = same[1:]
    caption = table.caption
    if same:
        said = [f"{_lower(table.columns[i])} {table.rows[0][i]}" for i in same]
        caption += f" In every row: {'; '.join(said)}."
    kept = [i for i in order if i not in same]
    return replace(
        table,
        caption=caption,
        columns=_picked(table.columns, kept),
        numeric=tuple(table.numeric[i] for i in kept),
        rows=tuple(_picked(row, kept) for row in table.rows),
    )


def _set(node: Any) -> Any:
    """Set all texts below a node but those to be copied."""
    if isinstance(node, str):
        return leftward(re.sub(r"(?<=\d) (?=%)", "\u202f", re.sub(r"^([<>≤≥]) ", "\\1\u202f", node)))
    if isinstance(node, tuple):
        return tuple(_set(part) for part in node)
    if isinstance(node, Code) or not is_dataclass(node) or isinstance(node, type):
        return node
    node = arranged(node) if isinstance(node, Table) else node
    return replace(node, **{field.name: _set(getattr(node, field.name)) for field in fields(node)})


def _rank(table: Table, i: int) -> int:
    """Return where a column stands: names of rows first, words that nothing rests on last."""
    if i < _n_names(table):
        return 0
    for rank, names in enumerate(_LEADING, 1):
        if table.columns[i] in names:
            return rank
    return len(_LEADING) + (1 if table.numeric[i] else 2)


def _n_names(table: Table) -> int:
    """Return how many of the first columns tell the rows apart."""
    for n in range(1, len(table.columns)):
        if table.numeric[n] or len({row[:n] for row in table.rows}) == len(table.rows):
            return n
    return len(table.columns)


def _repeats(table: Table, i: int) -> bool:
    if i < _n_names(table) or len(table.rows) < _MANY or _rank(table, i) <= len(_LEADING):
        return False
    values = {row[i] for row in table.rows}
    return len(values) == 1 and values != {fmt.MISSING} and len(table.rows[0][i]) <= _MAX_SAID


def _picked(cells: Sequence[str], kept: Sequence[int]) -> tuple[str, ...]:
    return tuple(cells[i] for i in kept)


def _lower(column: str) -> str:
    """Write a column's name inside a sentence: an abbreviation or a symbol stays what it is."""
    return column[:1].lower() + column[1:] if column[1:2].islower() else column
