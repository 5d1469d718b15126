"""A page of the terminal: how wide it is, and how what is said gets onto it whole."""

import textwrap
from dataclasses import dataclass

from rich import box
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
        words = " ".join(text.split())
        return [words] if self.whole else textwrap.wrap(words, self.width - indent) or [""]

    def said(self, text: str, style: str = "") -> list[Text]:
        """Return a sentence as lines."""
        return [Text(line, style=style) for line in self.wrapped(text)]

    def folded(self, text: str, width: int) -> list[str]:
        """Return a name as lines of so many columns; what has no blanks is broken anywhere."""
        return [text] if self.whole else textwrap.wrap(text, width) or [""]

    def name(self, text: str) -> str:
        """Return the name of a group: whole but for one that would fill the page."""
        shown = " ".join(fmt.visible(text).split())
        return shown if self.whole else fmt.shorten(shown, _MAX_NAME)


def plain_table(first: str, *numbers: str) -> Table:
    """Return a table of a name, which is folded where there is no room, and numbers, without a frame."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    table.add_column(first, overflow="fold", min_width=8)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table
