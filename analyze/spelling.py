"""Texts in the characters that an encoding has: plain spellings for those that it lacks."""

import re
import unicodedata

_SUPERSCRIPTS = "⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹"
_RAISED = re.compile(f"[{_SUPERSCRIPTS}]+")
_LOWERED = str.maketrans(_SUPERSCRIPTS, "-+0123456789")
# One sign each where tables stand, so that columns keep their places.
_SPELLINGS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": "x", "·": "|", "•": "*",
    "…": "...", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "±": "+-", "∞": "inf", "→": "->",
    "½": "1/2", "§": "section", "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "▁": ".", "▂": ":", "▃": "-", "▄": "=", "▅": "+", "▆": "*", "▇": "#", "█": "@",
    "─": "-", "━": "-", "═": "=", "│": "|", "┃": "|",
    "\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ",
}  # fmt: skip


def plain(text: str, encoding: str | None) -> str:
    r"""Return a text that an encoding can hold; what has no plain spelling is written by its number.

    Parameters
    ----------
    text : str
        Any.
    encoding : str or None
        As a stream tells it; None, and one that is not known, hold everything.

    Examples
    --------
    >>> plain("−0.2 (2.5×10⁻⁷ … ≤ 3), é", "ascii"), plain("−0.2 – 3 × é", "cp1252"), plain("−", "utf-8")
    ('-0.2 (2.5x10^-7 ... <= 3), \\xe9', '-0.2 – 3 × é', '−')
    """
    if encoding is None or _holds(text, encoding):
        return text
    text = _RAISED.sub(
        lambda found: found[0] if _holds(found[0], encoding) else f"^{found[0].translate(_LOWERED)}", text
    )
    spelled = "".join(sign if sign.isascii() or _holds(sign, encoding) else _spelled(sign) for sign in text)
    return spelled.encode(encoding, "backslashreplace").decode(encoding)


def _holds(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    except LookupError:
        return True
    return True


def _spelled(sign: str) -> str:
    name = unicodedata.name(sign, "")
    if name.startswith("GREEK") and " LETTER " in name and " WITH " not in name:
        letter = name.rpartition(" ")[2].lower()
        return letter.title() if sign.isupper() else letter
    if name.startswith("BOX DRAWINGS"):
        return _SPELLINGS.get(sign, "+")
    return _SPELLINGS.get(sign, sign)
