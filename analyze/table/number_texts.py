"""Numbers as people and programs write them: 0.87, 1e-3, 87,9, 1'234.5, 87.9 %, **5.23%**†."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

_SIGN, _MINUS = "[+\\-−–]?", str.maketrans("−–", "--")
_EXPONENT = f"(?:[eE]{_SIGN}[0-9]+)?"
_BLANKS = "'’ \u00a0\u202f\u2009"
_PLAIN = re.compile(rf"{_SIGN}(?:[0-9]+\.?[0-9]*|\.[0-9]+){_EXPONENT}")
_COMMA = re.compile(rf"{_SIGN}(?:[0-9]*,)?[0-9]+{_EXPONENT}")
# A first group of 0 is none: 0,123 is a fraction.
_GROUPED = {
    decimal: re.compile(
        rf"{_SIGN}[1-9][0-9]{{0,2}}([{_BLANKS}{thousands}])[0-9]{{3}}(?:\1[0-9]{{3}})*(?:{decimal}[0-9]+)?"
    )
    for decimal, thousands in ((r"\.", ","), (",", "."))
}
_SEPARATORS = re.compile(f"[{_BLANKS}]")
_INTEGER = re.compile(f"{_SIGN}[0-9]+")
_PERCENT = re.compile(r"\s*\\?%$")
_MARKS = re.compile(r"(?<=[0-9%*_`.])\s*[†‡§¶]+$|(?<=[0-9%.])\*+$")
_PAIRS = ("***", "**", "__", "~~", "*", "_", "`")
# How a text begins that may be a number, to pass quickly over words.
_BEGINNING = re.compile(r"[*_~`]*[+\-−–]?[.,]?[0-9]")


class Look(NamedTuple):
    """One text that is a number, in each way that it can be read.

    Attributes
    ----------
    text : str
        The number alone, without markup, marks and percent sign.
    point, comma : float or None
        Its value with a decimal point and with a decimal comma; None where it is no such number.
    is_percent : bool
        Whether it carries a percent sign.
    mark : str
        A footnote mark behind it, such as ``†``.
    """

    text: str
    point: float | None
    comma: float | None
    is_percent: bool
    mark: str


def look(text: str) -> Look | None:
    """Look at a text without outer blanks; None where it is no number: ``NaN``, ``inf``, ``OOM``."""
    if not _BEGINNING.match(text):
        return None
    if _PLAIN.fullmatch(text) and text.isascii():
        value = float(text)
        whole = value if _INTEGER.fullmatch(text) else _value(text, decimal=",")
        return Look(text, value, whole, is_percent=False, mark="") if math.isfinite(value) else None
    core, percent, marks = (text, False, "") if _COMMA.fullmatch(text) else _bare(text)
    point, comma = _value(core, decimal="."), _value(core, decimal=",")
    if point is None and comma is None:
        return None
    return Look(core, point, comma, is_percent=percent, mark=marks)


def without_markup(text: str) -> str:
    """Strip the markup of bold, italic, struck out and code that encloses a whole text."""
    for pair in _PAIRS:
        inner = text[len(pair) : -len(pair)]
        if text.startswith(pair) and text.endswith(pair) and inner.strip(pair[0]):
            return without_markup(inner.strip())
    return text


def _bare(text: str) -> tuple[str, bool, str]:
    """Take markup, percent sign and footnote marks off, in whatever order they stand."""
    percent, marks = False, ""
    while True:
        core = without_markup(text)
        if found := _PERCENT.search(core):
            if percent:
                return text, percent, marks
            percent, core = True, core[: found.start()]
        elif found := _MARKS.search(core):
            marks, core = found.group().strip() + marks, core[: found.start()]
        if core == text:
            return core, percent, marks
        text = core


def _value(core: str, *, decimal: str) -> float | None:
    plain, thousands = (_PLAIN, ",") if decimal == "." else (_COMMA, ".")
    if not plain.fullmatch(core):
        if not _GROUPED[r"\." if decimal == "." else ","].fullmatch(core):
            return None
        core = _SEPARATORS.sub("", core.replace(thousands, ""))
    value = float(core.translate(_MINUS).replace(",", "."))
    return value if math.isfinite(value) else None


def integer(text: str, *, decimal: str) -> int | None:
    """Return the integer that a `Look.text` is, exactly; None where it has a fraction or an exponent."""
    core = _SEPARATORS.sub("", text).replace("," if decimal == "." else ".", "")
    return int(core.translate(_MINUS)) if _INTEGER.fullmatch(core) else None


def has_leading_zeros(text: str) -> bool:
    """Whether this is a name such as 007 rather than a number."""
    return len(text) > 1 and text.isascii() and text.isdigit() and text.startswith("0")


def decimal_of(looks: Sequence[Look]) -> str:
    """Say how the numbers of one column are written, from all of them.

    Returns
    -------
    str
        ``"."``: with a decimal point (or nothing says how). ``","``: with a decimal comma. ``"?"``: either
        way, with other values, as 1,234 alone. ``""``: neither fits all, as 0.5 beside 0,5.
    """
    point = all(one.point is not None for one in looks)
    comma = all(one.comma is not None for one in looks)
    if not any("," in one.text for one in looks):
        return "." if point else "," if comma else ""
    if point and comma:
        return "?"
    # 1,234.5 beside 5678: who groups digits groups all
    ungrouped = any(
        abs(one.point or 0) >= 1000 and _PLAIN.fullmatch(one.text) and not re.search("[eE]", one.text)
        for one in looks
    )
    return "." if point and not ungrouped else "," if comma else ""


def may_be_grouped(looks: Sequence[Look]) -> bool:
    """Whether points may part thousands, as in 1.234: three digits are behind every one of them."""
    dotted = [one for one in looks if "." in one.text]
    return bool(dotted) and all(one.comma is not None for one in looks)
