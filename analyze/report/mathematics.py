r"""Formulas of the methods, set as mathematics: for typst, and for a page of HTML.

Formulas are written once, as a line of text that a terminal can show too, by these rules: ``m_b`` and
``x_(i)`` are subscripts, ``²`` and ``Δ*`` superscripts, ``√(…)`` a root, ``/`` a fraction, words are words.
"""

import re
from functools import cache

from markupsafe import Markup, escape

from analyze.report.formulas import methods

# Words of two letters or more, with what stands between them; single letters are quantities.
_WORDS = re.compile(r"[A-Za-z][A-Za-z’'–-]+(?:,? (?:[A-Za-z’'–-]{2,}|a(?= run)))*")
_POWERS = {"²": "2", "³": "3"}


@cache
def formulas() -> frozenset[str]:
    """Return every formula of the package: a cell of anybody's table that looks like one is none."""
    return frozenset(method.formula for method in methods().values() if method.formula)


def to_html(formula: str) -> Markup:
    """Return a formula with its subscripts below the line.

    Examples
    --------
    >>> print(to_html("t = x_(i) / s²_a < 1"))
    t = x<sub>(i)</sub> / s²<sub>a</sub> &lt; 1
    """
    return Markup(re.sub(r"_(\(\w\)|\w)", r"<sub>\1</sub>", str(escape(formula))))


def to_typst(formula: str) -> list[tuple[str, str]]:
    r"""Return a formula as parts (text, mathematics in typst's notation or nothing for words).

    Examples
    --------
    >>> to_typst("t = (m_b − m_a) / √(s²_a / n_a), adjusted")
    [('t = (m_b − m_a) / √(s²_a / n_a),', 't = (m_b − m_a) / sqrt(s_a^2 / n_a),'), (' adjusted', '')]
    >>> [mathematics for _, mathematics in to_typst("θ_b(q) + Γ(df/2) / se(p) over Δ*")]
    ['θ_b (q) + Γ( "df" /2) / ( "se" (p))', '', 'Δ^*']
    """
    # What stands below a fraction's line as a whole.
    formula = re.sub(r"/ (\d+[A-Z]|[a-z]+\(\w\))", r"/ (\1)", formula)
    parts: list[tuple[str, str]] = []
    text = ""
    for i, part in enumerate(re.split(rf"( *{_WORDS.pattern} *)", formula)):
        if i % 2 and text.count("(") == text.count(")"):
            parts += [(text, _symbols(text))] * bool(text) + [(part, "")]
            text = ""
        else:
            text += part
    return [*parts, *[(text, _symbols(text))] * bool(text)]


def _symbols(text: str) -> str:
    """Write quantities and signs in typst's notation, and words between them in quotes."""
    text = _WORDS.sub(r' "\g<0>" ', re.sub(r"/$", r"\\/", text))
    text = re.sub(r"([²³])_(\w)", lambda m: f"_{m[2]}^{_POWERS[m[1]]}", text)
    text = re.sub(r"[²³]", lambda m: f"^{_POWERS[m[0]]}", text)
    text = re.sub(r"_(\(\w\))", r"_(\1)", text)
    # An index is not a function of what follows.
    text = re.sub(r"(_\w)\(", r"\1 (", text)
    for sign, typst in {"√": "sqrt", "½": "1/2", "#": r"\#", "*": "^*", "₁": "_1"}.items():
        text = text.replace(sign, typst)
    return text
