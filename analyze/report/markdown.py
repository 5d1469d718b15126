"""The report as GitHub-flavoured Markdown, with its figures beside it in ``figures/``."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from analyze.report.document import (
    Block,
    Code,
    Document,
    Figure,
    Fold,
    Heading,
    Paragraph,
    References,
    Table,
    document,
)
from analyze.report.sections.catalogue import SECTIONS
from analyze.results import Results

# What could open a construct anywhere in a line, HTML included.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$!^])")
# What could open a list, a quotation, a rule or a heading at the start of a line.
_OPENING = re.compile(r"^(\d+)([.)])|^([-+=:])")


def render(results: Results, figures: Mapping[str, str]) -> str:
    """Return the page; `figures` names the drawings that stand in ``figures/``."""
    report = document(results, SECTIONS)
    parts = [f"# {text(report.title)}", text(report.subtitle), *_verdict(report)]
    parts += [_block(figure) for figure in report.hero if _is_there(figure, figures)]
    for section in report.sections:
        parts.append(f"## {section.label} {text(section.title)}")
        parts += [_block(block) for block in section.blocks if _is_there(block, figures)]
    return "\n\n".join([*parts, f"*{text(report.footer)}*"]) + "\n"


def text(words: str) -> str:
    r"""Return words that no Markdown reader takes for anything else.

    Examples
    --------
    >>> print(text('<b>λ=0.1 & "x"</b> | 2 * 3'))
    \<b\>λ=0.1 \& "x"\</b\> \| 2 \* 3
    >>> print(text("1. first"), text("- a"))
    1\. first \- a
    """
    line = _SPECIAL.sub(r"\\\1", " ".join(words.split()))
    return _OPENING.sub(lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", line)


def _verdict(report: Document) -> list[str]:
    verdict = report.verdict
    lines = [f"**{text(verdict.word)}**", f"**{text(verdict.headline)}**"]
    numbers = " · ".join(f"{text(label)}: {text(number)}" for label, number in verdict.numbers)
    lines += [numbers] if numbers else []
    lines += map(text, verdict.further)
    lines += [text(verdict.where)] if verdict.where else []
    lines += [f"**Main caveat.** {text(verdict.caveat)}"] if verdict.caveat else []
    lines += [f"**Scope.** {text(verdict.scope)}"] if verdict.scope else []
    return ["\n>\n".join(f"> {line}" for line in lines)]


def _is_there(block: Block, figures: Mapping[str, str]) -> bool:
    return not isinstance(block, Figure) or block.figure in figures


def _block(block: Block) -> str:
    return _BLOCKS[block.kind](block)


def _paragraph(block: Paragraph) -> str:
    lead = f"**{text(block.lead)}:** " if block.lead else ""
    tone = f"**{block.tone.capitalize()}.** " if block.tone != "plain" else ""
    return f"{'> ' if tone else ''}{tone}{lead}{text(block.text)}"


def _table(block: Table) -> str:
    rule = ["---:" if numeric else ":---" for numeric in block.numeric]
    lines = [_cells([text(name) for name in block.columns]), _cells(rule)]
    lines += [_cells([text(cell) for cell in row]) for row in block.rows]
    return f"**{block.label}.** {text(block.caption)}\n\n" + "\n".join(lines)


def _cells(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _figure(block: Figure) -> str:
    alt = text(block.alt)
    return (
        f"![{alt}](figures/{block.figure}.svg)\n\n"
        f"**{block.label}. {text(block.title)}.** {text(block.caption)}\n\n"
        f"*How to read it.* {text(block.reads)}"
    )


def _code(block: Code) -> str:
    longest = max((len(run) for run in re.findall("`+", block.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{block.text}\n{fence}"


def _references(block: References) -> str:
    return "\n".join(
        f"- {text(citation)}{f', <{address}>' if address else ''}." for citation, address in block.items
    )


def _fold(block: Fold) -> str:
    return "\n\n".join([f"### {text(block.summary)}", *map(_block, block.blocks)])


def _heading(block: Heading) -> str:
    return f"### {text(block.text)}"


_BLOCKS: dict[str, Callable[[Any], str]] = {
    "paragraph": _paragraph,
    "table": _table,
    "figure": _figure,
    "heading": _heading,
    "code": _code,
    "references": _references,
    "fold": _fold,
}
