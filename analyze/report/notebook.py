"""A report as a notebook shows it: the verdict and the first table of each main section, with its own style.

Nothing is asked for, nothing can run, and no name leaves its cell: every text is escaped.
"""

from collections.abc import Sequence
from html import escape

from analyze.report.document import Document, Fold, Section, Table, document
from analyze.report.sections.catalogue import SECTIONS
from analyze.results import Results

_SHOWN = ("data", "effects", "tests")
_BOX = "border-left:4px solid #0060a0;padding:.5em 1em;margin:.5em 0;max-width:60em"
_CELL = "padding:.2em .8em .2em 0;vertical-align:top;text-align:"


def card(results: Results) -> str:
    """Return the HTML of a cell."""
    report = _short(results, _SHOWN)
    verdict = report.verdict
    further = [*verdict.further, verdict.where, verdict.scope, verdict.caveat]
    box = "".join(f"<p>{escape(told)}</p>" for told in further if told)
    lead = f"<b>{escape(verdict.word)}</b><p><b>{escape(verdict.headline)}</b></p>"
    tables = "".join(_shown(_first_table(section)) for section in report.sections)
    return f'<div style="overflow-x:auto"><div style="{_BOX}">{lead}{box}</div>{tables}</div>'


def text(results: Results) -> str:
    """Return the question, the verdict, its sentence and the groups as plain text."""
    report = _short(results, _SHOWN[:1])
    table = _first_table(report.sections[0])
    rows = (table.columns, *table.rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, table.numeric, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join([report.title, f"{report.verdict.word}: {report.verdict.headline}", *lines])


def _short(results: Results, keys: Sequence[str]) -> Document:
    return document(results, {key: SECTIONS[key] for key in keys})


def _first_table(section: Section) -> Table:
    """Return what a section opens with; of many pairs it may be folded away."""
    blocks = [
        part for block in section.blocks for part in (block.blocks if isinstance(block, Fold) else (block,))
    ]
    return next(block for block in blocks if isinstance(block, Table))


def _shown(table: Table) -> str:
    sides = ["right;white-space:nowrap" if numeric else "left" for numeric in table.numeric]
    rows = "".join(_row("td", row, sides) for row in table.rows)
    caption = f'<caption style="text-align:left;padding:.4em 0">{escape(table.caption)}</caption>'
    head = _row("th", table.columns, sides)
    return f"<table>{caption}<thead>{head}</thead><tbody>{rows}</tbody></table>"


def _row(tag: str, cells: Sequence[str], sides: Sequence[str]) -> str:
    made = (
        f'<{tag} style="{_CELL}{side}">{escape(cell)}</{tag}>'
        for cell, side in zip(cells, sides, strict=True)
    )
    return f"<tr>{''.join(made)}</tr>"
