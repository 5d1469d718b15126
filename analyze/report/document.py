"""The report as sections of plain blocks, all numbers already words: what HTML and PDF have in common.

A section is one function, results in, blocks out, and one line in `SECTIONS`; without blocks it is left
out. A renderer knows seven kinds of block and nothing about statistics, so no two formats can say different
things.
"""

import itertools
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from analyze.figures.catalogue import FIGURES
from analyze.report import references
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
    """A place for the drawn figure of this name; `reads` says how to read it; on paper, or not there."""

    figure: str
    title: str
    caption: str
    alt: str
    reads: str = ""
    on_paper: bool = True
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
    """Cited works: (text, address or nothing); on paper only those that the text names."""

    items: tuple[tuple[str, str], ...]
    on_paper: tuple[tuple[str, str], ...]
    kind: Literal["references"] = "references"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Details that few readers want: folded away on a screen, in an appendix on paper or not there at all."""

    summary: str
    blocks: tuple["Paragraph | Table", ...]
    on_paper: bool = True
    kind: Literal["fold"] = "fold"


# Two pages; longer tables are on a screen and in the CSV files.
MAX_PAPER_ROWS = 160

# Where figures are that stand on the first screen, beside the verdict
HERO = "answer"

Block = Paragraph | Table | Figure | Heading | Code | References | Fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the report: `label` numbers it, `key` is its anchor; appendices are folded on a screen."""

    key: str
    label: str
    title: str
    blocks: tuple[Block, ...]
    appendix: bool


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

    @property
    def main(self) -> list[Section]:
        """What everybody is to read."""
        return [section for section in self.sections if not section.appendix]

    @property
    def appendix(self) -> list[Section]:
        """What is there to be looked up."""
        return [section for section in self.sections if section.appendix]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How a section is made: its title, its blocks from the results, whether it is an appendix."""

    title: str
    build: Callable[[Results], list[Block]]
    appendix: bool = False


def table(caption: str, columns: Mapping[str, bool], rows: Iterable[tuple[str, ...]]) -> Table:
    """Build a table from ``{column: is it numeric}`` and rows."""
    return Table(caption=caption, columns=tuple(columns), numeric=tuple(columns.values()), rows=tuple(rows))


def figures(results: Results, section: str) -> list[Block]:
    """Return the places of the figures that name this section, as far as there are."""
    return [
        Figure(
            figure=f.figure,
            title=f.title,
            caption=f.caption,
            alt=f.alt,
            reads=_reads(f.figure),
            on_paper=FIGURES[f.figure].on_paper,
        )
        for f in results.figures
        if FIGURES[f.figure].section == section
    ]


def _reads(name: str) -> str:
    figure = FIGURES[name]
    sources = references.located(figure.sources)
    return f"{figure.reads} Source: {sources}." if sources else figure.reads


def fold(summary: str, *blocks: Paragraph | Table, on_paper: bool = True) -> Fold:
    """Put details away under a line that says what they are; on paper there are none of very many rows."""
    n_rows = sum(len(block.rows) for block in blocks if isinstance(block, Table))
    return Fold(summary=summary, blocks=blocks, on_paper=on_paper and n_rows <= MAX_PAPER_ROWS)


def document(results: Results, sections: Mapping[str, Part]) -> Document:
    """Assemble the report: fill the sections, leave out empty ones, number sections, tables and figures."""
    count = {"table": 0, "figure": 0, "folded": 0, "on a screen": 0}
    hero = tuple(_numbered(figure, count) for figure in figures(results, HERO))
    filled: list[Section] = []
    labels = {False: map(str, itertools.count(1)), True: iter(string.ascii_uppercase)}
    for key, part in sections.items():
        blocks = _whole(key, part.build(results), results)
        if blocks:
            filled.append(
                Section(
                    key=key,
                    label=next(labels[part.appendix]),
                    title=part.title,
                    blocks=tuple(_numbered(block, count) for block in blocks),
                    appendix=part.appendix,
                )
            )
    return Document(
        title=results.title,
        subtitle=f"{results.question.table} · {results.provenance.created_at[:10]}",
        verdict=_verdict(results),
        hero=hero,
        sections=tuple(filled),
        footer=f"Minima Census {results.provenance.package_version}",
    )


def _whole(section: str, blocks: list[Block], results: Results) -> list[Block]:
    """Add the figures that name the section and that it does not place itself: none can be nowhere."""
    placed = {block.figure for block in blocks if isinstance(block, Figure)}
    drawn = figures(results, section)
    return [*blocks, *(one for one in drawn if isinstance(one, Figure) and one.figure not in placed)]


def _verdict(results: Results) -> Verdict:
    answer = results.answer
    first, *more = answer.caveats or [""]
    further = f" {len(more)} more under Checks." if more else ""
    return Verdict(
        word=answer.word,
        # Reports of earlier versions have no headline: the sentence of the test stands for it.
        headline=answer.headline or answer.sentence,
        numbers=tuple((one.label, one.text) for one in answer.numbers),
        further=tuple(
            text
            for text in (
                answer.sentence if answer.headline else "",
                results.ranking.sentence if results.ranking else "",
                *answer.headlines,
                answer.functions,
            )
            if text
        ),
        where=answer.where,
        caveat=f"{first}{further}",
        scope=answer.scope,
    )


def _numbered(block: Block, count: dict[str, int]) -> Block:
    """Give figures and tables numbers in their order; what is folded or not on paper has its own."""
    if isinstance(block, Fold):
        return replace(block, blocks=tuple(_folded(part, count) for part in block.blocks))
    if isinstance(block, Figure) and not block.on_paper:
        count["on a screen"] += 1
        return replace(block, label=f"Figure A{count['on a screen']}")
    if isinstance(block, Table | Figure):
        count[block.kind] += 1
        return replace(block, label=f"{block.kind.capitalize()} {count[block.kind]}")
    return block


def _folded(block: Paragraph | Table, count: dict[str, int]) -> Paragraph | Table:
    if isinstance(block, Paragraph):
        return block
    count["folded"] += 1
    return replace(block, label=f"Table A{count['folded']}")
