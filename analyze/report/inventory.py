"""What `analyze columns` prints."""

from rich.console import Group, RenderableType
from rich.text import Text

from analyze import text as fmt
from analyze.report.page import plain_table
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


def inventory(found: Inventory, width: int) -> RenderableType:
    """Return what was recognised, a line a column, and what was decided."""
    rows = f"{fmt.plural(found.n_rows, 'row')}, {fmt.plural(len(found.columns), 'column')}"
    files = f" in {fmt.plural(found.n_files, 'file')}" if found.n_files > 1 else ""
    lines = [_line(use) for use in found.columns]
    rest = sum(_widest(cells) for cells in list(zip(*_titled(lines), strict=True))[1:])
    limit = max(16, min(_MAX_NAME, width - rest - 3 * len(_TITLES)))
    lines = [(fmt.shorten(line[0], limit), *line[1:]) for line in lines]
    room = width - sum(_widest(cells) for cells in zip(*_titled(lines), strict=True)) - 3 * len(_TITLES)
    table = plain_table(_TITLES[0], *_TITLES[1:3])
    for title in _TITLES[3:]:
        table.add_column(title, no_wrap=True)
    if room >= _MIN_EXAMPLES:
        table.add_column("examples", no_wrap=True, overflow="ellipsis", max_width=room)
    for use, line in zip(found.columns, lines, strict=True):
        examples = [Text(use.examples, style="dim")] if room >= _MIN_EXAMPLES else []
        table.add_row(*map(Text, line), *examples)
    parts: list[RenderableType] = [Text(f"{found.kind} · {rows}{files}", style="bold"), table]
    parts += [Text(remark, style="dim") for remark in found.remarks]
    return Group(*parts)


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
    return max(map(len, cells))
