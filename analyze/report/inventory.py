"""What `analyze columns` prints."""

from rich.console import Group, RenderableType
from rich.text import Text

from analyze import text as fmt
from analyze.report.page import Page, plain_table
from analyze.table.inventory import ColumnUse, Inventory

_ROLES = {
    "task": "task, group",
    "measures": "names of measures",
    "label": "group and run",
    "summary": "means and spreads",
    "": "—",
}
# With fewer columns left, examples say nothing.
_MIN_EXAMPLES = 14
_MAX_NAME = 34


def inventory(found: Inventory, width: int, *, whole: bool = False) -> RenderableType:
    """Return what was recognised, a line a column, and what was decided; names are never cut."""
    page = Page(width=width, whole=whole)
    rows = f"{fmt.plural(found.n_rows, 'row')}, {fmt.plural(len(found.columns), 'column')}"
    files = f" in {fmt.plural(found.n_files, 'file')}" if found.n_files > 1 else ""
    lines = [_line(use) for use in found.columns]
    rest = sum(_widest(cells) for cells in list(zip(*_titled(lines), strict=True))[1:])
    longest = _widest(tuple(use.column for use in found.columns))
    limit = min(longest, max(16, min(_MAX_NAME, width - rest - 3 * len(_TITLES))))
    room = width - limit - rest - 3 * len(_TITLES)
    table = plain_table(_TITLES[0], *_TITLES[1:3])
    if not page.whole:
        table.columns[0].max_width = limit
    for title in _TITLES[3:]:
        table.add_column(title, no_wrap=True)
    has_examples = page.whole or room >= _MIN_EXAMPLES
    if has_examples:
        table.add_column("examples", overflow="fold", max_width=None if page.whole else room)
    for use, line in zip(found.columns, lines, strict=True):
        table.add_row(*map(Text, line), *([Text(use.examples, style="dim")] if has_examples else []))
    told = (line for remark in found.remarks for line in page.said(remark, style="dim"))
    return Group(*page.said(f"{found.kind} · {rows}{files}", style="bold"), table, *told)


_TITLES = ("column", "distinct", "empty", "cells", "could be")


def _line(use: ColumnUse) -> tuple[str, ...]:
    role = f"value ({use.better})" if use.role == "value" else _ROLES.get(use.role, use.role)
    words = f", {fmt.plural(use.n_words, 'word')}" if use.n_words else ""
    return (
        use.column,
        fmt.count(use.n_distinct),
        fmt.count(use.n_missing) if use.n_missing else "",
        f"{use.cells}{words}",
        role,
    )


def _titled(lines: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [_TITLES, *lines]


def _widest(cells: tuple[str, ...]) -> int:
    return max(map(len, cells), default=0)
