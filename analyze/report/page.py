"""A page of the terminal: how wide it is, and how what is said gets onto it whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len, chop_cells
from rich.table import Table
from rich.text import Text

from analyze import text as fmt

# Of letters of a name on a terminal, where it is folded; configurations as names have thousands.
_MAX_NAME = 120
# Blanks that rich puts between columns of a table; columns of a name beside numbers, at least and at most.
_BETWEEN, _LEAST_NAME, _WIDE_NAME = 3, 8, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Columns for tables; and whether what is said is whole lines, as in what is piped, or wrapped."""

    width: int
    whole: bool = False

    def wrapped(self, text: str, indent: int = 0) -> list[str]:
        """Return the lines of a sentence that begins so many columns from the left, all of it."""
        return [" ".join(text.split())] if self.whole else _filled(text, self.width - indent)

    def said(self, text: str, style: str = "") -> list[Text]:
        """Return a sentence as lines."""
        return [Text(line, style=style) for line in self.wrapped(text)]

    def folded(self, text: str, width: int) -> list[str]:
        """Return a name as lines of so many columns; what has no blanks is broken anywhere."""
        return [text] if self.whole else _filled(text, width)

    def name(self, text: str) -> str:
        """Return the name of a group: whole but for one that would fill the page."""
        shown = " ".join(fmt.visible(text).split())
        return shown if self.whole else fmt.shorten(shown, _MAX_NAME)


def _filled(text: str, width: int) -> list[str]:
    """Return lines of so many columns, of which a letter may take two; a long word begins where it stands.

    Examples
    --------
    >>> _filled("a long word: abcdefghi", 8), _filled("東京 京都 モデル", 8)
    (['a long', 'word: ab', 'cdefghi'], ['東京', '京都', 'モデル'])
    """
    lines = [""]
    for word in text.split():
        ahead = f"{lines[-1]} " if lines[-1] else ""
        if cell_len(word) > width:
            first, *further = chop_cells(ahead + word, width)
            lines = [*lines[:-1], first.rstrip(), *further]
        elif cell_len(ahead + word) > width:
            lines.append(word)
        else:
            lines[-1] = ahead + word
    return lines


def plain_table(first: str, *numbers: str) -> Table:
    """Return a table of a name, which is folded where there is no room, and numbers, without a frame."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    table.add_column(first, overflow="fold", min_width=8)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def plain_tables(columns: Sequence[str], rows: Sequence[Sequence[str]], page: Page) -> list[Table]:
    """Return rows of a name and numbers as one table, or where it is too wide as several below each other.

    Each has the names, so that no number is cut.
    """
    cells = list(zip(columns, *rows, strict=True))
    widths = [max(map(cell_len, column)) for column in cells]
    names = [page.name(name) for name in cells[0][1:]]
    wide = max(map(cell_len, [columns[0], *names]))
    room = page.width - min(wide, max(_LEAST_NAME, min(_WIDE_NAME, page.width - _BETWEEN - max(widths[1:]))))
    parts: list[list[int]] = [[]]
    for place in range(1, len(columns)):
        used = sum(widths[i] + _BETWEEN for i in parts[-1])
        if parts[-1] and not page.whole and used + widths[place] + _BETWEEN > room:
            parts.append([])
        parts[-1].append(place)
    tables = []
    for part in parts:
        table = plain_table(columns[0], *(columns[i] for i in part))
        for name, row in zip(names, rows, strict=True):
            table.add_row(Text(name), *(row[i] for i in part))
        tables.append(table)
    return tables
