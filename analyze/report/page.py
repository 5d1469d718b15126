"""A page of the terminal: how wide it is, and how what is said gets onto it whole."""

from dataclasses import dataclass

from rich import box
from rich.cells import cell_len, chop_cells
from rich.table import Table
from rich.text import Text

from analyze import text as fmt

# Of letters of a name on a terminal, where it is folded; configurations as names have thousands.
_MAX_NAME = 120


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
