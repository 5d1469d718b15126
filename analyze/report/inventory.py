"""What `analyze columns` prints."""

from rich.console import Group, RenderableType
from rich.text import Text

from analyze import text as fmt
from analyze.report.terminal import plain_table
from analyze.table.inventory import Inventory


def inventory(found: Inventory, width: int) -> RenderableType:
    """Return what was recognised, a line a column, and the command to type next."""
    rows = f"{fmt.plural(found.n_rows, 'row')}, {fmt.plural(len(found.columns), 'column')}"
    files = f" in {fmt.plural(found.n_files, 'file')}" if found.n_files > 1 else ""
    table = plain_table("column", "distinct", "empty")
    table.columns[0].overflow = "fold"
    table.columns[0].no_wrap = False
    for name in ("cells", "could be"):
        table.add_column(name, no_wrap=True)
    table.add_column("examples", no_wrap=True, overflow="ellipsis", ratio=1)
    table.width = width
    for use in found.columns:
        cells = f"{use.cells} ({use.n_words})" if use.n_words else use.cells
        table.add_row(
            Text(fmt.shorten(use.column, max(16, width // 3))),
            fmt.count(use.n_distinct),
            fmt.count(use.n_missing) if use.n_missing else "",
            cells,
            use.could_be,
            Text(use.examples, style="dim"),
        )
    parts: list[RenderableType] = [Text(f"{found.kind} · {rows}{files}", style="bold"), table]
    parts += [Text(remark, style="dim") for remark in found.remarks]
    if found.command is not None:
        parts.append(Text.assemble(("next  ", "dim"), found.command))
    return Group(*parts)
