r"""The report's tables for LaTeX: one ``\input`` file per table, in the style of booktabs.

They need ``\usepackage{booktabs,graphicx}`` and, for groups whose names go beyond Latin letters, LuaLaTeX or
XeLaTeX with a font that has them.
"""

from collections.abc import Iterator

from analyze.report.document import Block, Fold, Section, Table, document
from analyze.report.sections.catalogue import SECTIONS
from analyze.results import Results

# Longer columns of words wrap; a table is as wide as the line.
_LONG = 28
# Every character that the report itself uses and that pdfLaTeX's fonts lack, and those that mean something.
_CHARACTERS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"'{}",
    "-": r"-{}",
    # Both would be read as an argument of the line break before them.
    "[": "{[}",
    "*": "{*}",
    "−": "$-$",
    "–": "--",
    "—": "---",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "½": r"$\frac12$",
    "“": "``",
    "”": "''",
    "…": r"\dots{}",
    "·": r"\textperiodcentered{}",
    "²": r"$^2$",
    "³": r"$^3$",
    "α": r"$\alpha$",
    "β": r"$\beta$",
    "δ": r"$\delta$",
    "Γ": r"$\Gamma$",
    "Δ": r"$\Delta$",
    "θ": r"$\theta$",
    "λ": r"$\lambda$",
    "σ": r"$\sigma$",
    "Σ": r"$\Sigma$",
    "χ": r"$\chi$",
    "√": r"$\surd$",
    "∫": r"$\int$",
    "₁": r"$_1$",
    "\u0304": "",
    "\u0302": "",
    "\u0303": "",
    "\u00a0": "~",
    "\u200b": "",
    **{digit: f"$^{{{n}}}$" for n, digit in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    "⁻": "$^{-}$",
}
# A table that is wider than the line is scaled to it.
_NO_WIDER = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}"
_ACCENTS = {"\u0304": r"$\bar{%s}$", "\u0302": r"$\hat{%s}$", "\u0303": r"$\tilde{%s}$"}


def tables(results: Results) -> dict[str, str]:
    """Return ``{file name: LaTeX}`` of every table of the report, named after its section and place there."""
    return {
        f"{section.key}-{number}.tex": _table(block, f"{section.key}-{number}")
        for section in document(results, SECTIONS).sections
        for number, block in enumerate(_tables(section), start=1)
    }


def text(words: str) -> str:
    r"""Return words with everything that LaTeX would take for a command made harmless.

    Examples
    --------
    >>> text("a_b%$#{}"), text("5 % & −0.1"), text("x̄")
    ('a\\_b\\%\\$\\#\\{\\}', '5 \\% \\& $-$0.1', '$\\bar{x}$')
    """
    out: list[str] = []
    for character in " ".join(words.split()):
        if character in _ACCENTS and out:
            out[-1] = _ACCENTS[character] % out[-1]
        else:
            out.append(_CHARACTERS.get(character, character))
    return "".join(out)


def _tables(section: Section) -> Iterator[Table]:
    parts: list[Block] = []
    for block in section.blocks:
        parts += block.blocks if isinstance(block, Fold) else [block]
    return (block for block in parts if isinstance(block, Table))


def _table(block: Table, name: str) -> str:
    rows = [" & ".join(map(text, row)) + r" \\" for row in block.rows]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            r"\small",
            rf"\caption{{{text(block.caption)}}}",
            rf"\label{{tab:{name}}}",
            rf"{_NO_WIDER}{{\begin{{tabular}}{{{_layout(block)}}}",
            r"\toprule",
            " & ".join(map(text, block.columns)) + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
            "",
        ]
    )


def _layout(block: Table) -> str:
    """Right-align numbers; columns of long words share what is left of the line."""
    longest = [max(len(row[i]) for row in block.rows) for i in range(len(block.columns))]
    wrapped = [not numeric and n > _LONG for numeric, n in zip(block.numeric, longest, strict=True)]
    share = 0.6 / max(1, sum(wrapped))
    columns = [
        rf"p{{{share:.2f}\linewidth}}" if wraps else "r" if numeric else "l"
        for numeric, wraps in zip(block.numeric, wrapped, strict=True)
    ]
    return "@{}" + "".join(columns) + "@{}"
