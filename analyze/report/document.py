"""The report as sections of plain blocks, all numbers already words: what HTML and PDF have in common.

A section is one function, results in, blocks out, and one line in `SECTIONS`; without blocks it is left
out. A renderer knows eight kinds of block and nothing about statistics, so no two formats can say different
things.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from analyze.figures.catalogue import FIGURES
from analyze.results import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph; `tone` "note" or "warning" sets it apart, `lead` says in front what it is about."""

    text: str
    lead: str = ""
    tone: Literal["plain", "note", "warning"] = "plain"
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose first column names its rows; `numeric` says which columns are aligned to the right."""

    caption: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    label: str = ""
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A place for the drawn figure of this name."""

    figure: str
    title: str
    caption: str
    alt: str
    label: str = ""
    kind: Literal["figure"] = "figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading inside a section."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Text to be copied into a terminal."""

    text: str
    kind: Literal["code"] = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Cited works: (text, address or nothing)."""

    items: tuple[tuple[str, str], ...]
    kind: Literal["references"] = "references"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Words and what they mean."""

    items: tuple[tuple[str, str], ...]
    kind: Literal["terms"] = "terms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Details that few readers want: folded away on a screen, in an appendix on paper."""

    summary: str
    blocks: tuple["Paragraph | Table", ...]
    kind: Literal["fold"] = "fold"


# Where figures are that stand on the first screen, beside the verdict
HERO = "answer"

Block = Paragraph | Table | Figure | Heading | Code | References | Terms | Fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One numbered part of the report; `key` is its anchor."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The box that opens the report."""

    word: str
    headline: str
    numbers: tuple[tuple[str, str], ...]
    further: tuple[str, ...]
    where: str
    caveat: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report, ready to be set."""

    title: str
    subtitle: str
    verdict: Verdict
    hero: tuple[Block, ...]
    sections: tuple[Section, ...]
    footer: str


def table(caption: str, columns: Mapping[str, bool], rows: Iterable[tuple[str, ...]]) -> Table:
    """Build a table from ``{column: is it numeric}`` and rows."""
    return Table(caption=caption, columns=tuple(columns), numeric=tuple(columns.values()), rows=tuple(rows))


def figures(results: Results, section: str) -> list[Block]:
    """Return the places of the figures that name this section, as far as there are."""
    return [
        Figure(figure=f.figure, title=f.title, caption=f.caption, alt=f.alt)
        for f in results.figures
        if FIGURES[f.figure].section == section
    ]


def fold(summary: str, *blocks: Paragraph | Table) -> Fold:
    """Put details away under a line that says what they are."""
    return Fold(summary=summary, blocks=blocks)


def document(
    results: Results, sections: Mapping[str, tuple[str, Callable[[Results], list[Block]]]]
) -> Document:
    """Assemble the report: fill the sections, leave out empty ones, number tables and figures."""
    built = [(key, title, _whole(key, build(results), results)) for key, (title, build) in sections.items()]
    count = {"table": 0, "figure": 0, "folded": 0}
    hero = tuple(_numbered(figure, count) for figure in figures(results, HERO))
    filled = tuple(
        Section(key=key, title=title, blocks=tuple(_numbered(block, count) for block in blocks))
        for key, title, blocks in built
        if blocks
    )
    return Document(
        title=results.title,
        subtitle=f"{results.question.table} · {results.provenance.created_at[:10]}",
        verdict=_verdict(results),
        hero=hero,
        sections=filled,
        footer=f"Minima Census {results.provenance.package_version}",
    )


def _whole(section: str, blocks: list[Block], results: Results) -> list[Block]:
    """Add the figures that name the section and that it does not place itself: none can be nowhere."""
    return [*blocks, *(figure for figure in figures(results, section) if figure not in blocks)]


def _verdict(results: Results) -> Verdict:
    answer = results.answer
    first, *more = answer.caveats or [""]
    further = f" {len(more)} more under Checks." if more else ""
    return Verdict(
        word=answer.word,
        # Reports of earlier versions have no headline: the sentence of the test stands for it.
        headline=answer.headline or answer.sentence,
        numbers=tuple((one.label, one.text) for one in answer.numbers),
        further=((answer.sentence,) if answer.headline else ()) + answer.headlines,
        where=answer.where,
        caveat=f"{first}{further}",
        scope=answer.scope,
    )


def _numbered(block: Block, count: dict[str, int]) -> Block:
    """Give figures and tables numbers in their order; folded tables have numbers of their own."""
    if isinstance(block, Fold):
        return replace(block, blocks=tuple(_folded(part, count) for part in block.blocks))
    if isinstance(block, Table | Figure):
        count[block.kind] += 1
        return replace(block, label=f"{block.kind.capitalize()} {count[block.kind]}")
    return block


def _folded(block: Paragraph | Table, count: dict[str, int]) -> Paragraph | Table:
    if isinstance(block, Paragraph):
        return block
    count["folded"] += 1
    return replace(block, label=f"Table A{count['folded']}")
