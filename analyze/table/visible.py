"""Texts and names of columns as they may be shown: what cannot be seen in them is written out, once, here.

So the name of a group, a column, a file or a word of a status needs no further care, wherever it is printed.
Two texts that differ stay two.
"""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analyze import text as fmt

# Cells may hold messages of several lines.
_LINES = "\t\n\r"


def distinctly(texts: Iterable[str], *, keep: str = "") -> dict[str, str]:
    r"""Return what each text is shown as; where two would be one, with their backslashes doubled.

    Examples
    --------
    >>> list(distinctly(["\x1b", "\\x1b"]).values())
    ['\\x1b', '\\\\x1b']
    """
    shown = {text: fmt.visible(text, keep=keep) for text in texts}
    if len(set(shown.values())) == len(shown):
        return shown
    return {text: fmt.visible(text.replace("\\", "\\\\"), keep=keep) for text in shown}


def visible_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with visible texts; line breaks in them stay."""
    found = ((name, _visible(frame[name])) for name in frame.columns)
    changed = {name: column for name, column in found if column is not None}
    return frame.assign(**changed) if changed else frame


def _visible(column: "pd.Series[Any]") -> "pd.Series[Any] | None":
    """Return a column with visible texts, or None where all are."""
    if not (pd.api.types.is_object_dtype(column.dtype) or isinstance(column.dtype, pd.StringDtype)):
        return None
    texts = [cell for cell in column.unique() if isinstance(cell, str)]
    whole = "".join(texts)  # of nearly all columns; much faster than to look at each text
    if whole.isascii() and whole.translate(dict.fromkeys(map(ord, _LINES))).isprintable():
        return None
    names = distinctly(texts, keep=_LINES)
    if all(text == shown for text, shown in names.items()):
        return None
    return column.map(lambda cell: names.get(cell, cell) if isinstance(cell, str) else cell)
