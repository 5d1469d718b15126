"""The PDF: reproducible, readable as text, and deaf to markup in names."""

import io
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

from plain_results import results_of
from pypdf import PdfReader

from analyze import compare
from analyze.figures.catalogue import FIGURES
from analyze.report import pdf, svg
from analyze.report.document import Code, Fold, Table, document
from analyze.report.mathematics import formulas
from analyze.report.sections.catalogue import SECTIONS

from .conftest import rendered


def words(content: bytes) -> str:
    """Return the text without spaces: where lines break is the page's business."""
    pages = PdfReader(io.BytesIO(content)).pages
    return re.sub(r"[\s\u200b]+", "", "".join(page.extract_text() for page in pages))


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_bytes_are_reproducible(any_report: Any) -> None:
    assert any_report.pdf.startswith(b"%PDF")
    assert pdf.render(results_of(any_report.model), any_report.figures) == any_report.pdf


def test_pages_hold_the_report_as_text(any_report: Any) -> None:
    reader = PdfReader(io.BytesIO(any_report.pdf))
    assert 2 <= len(reader.pages) <= 20
    assert all(page.extract_text().strip() for page in reader.pages)
    text, model = words(any_report.pdf), any_report.model
    for group in model["groups"]:
        assert bare(group["group"]) in text
    for wanted in (model["title"], model["answer"]["verdict"], model["answer"]["sentence"]):
        assert bare(wanted) in text
    for entry in model["figures"]:
        assert (bare(entry["title"]) in text) == FIGURES[entry["figure"]].on_paper


def test_title_and_language_are_in_the_metadata(any_report: Any) -> None:
    reader = PdfReader(io.BytesIO(any_report.pdf))
    assert reader.metadata is not None
    assert reader.metadata.title == any_report.model["title"]
    assert reader.root_object["/Lang"] == "en"
    assert reader.root_object["/MarkInfo"]["/Marked"]


def test_no_pvalue_is_zero(any_report: Any) -> None:
    assert not re.search(r"p=0\.0+(?!\d)", words(any_report.pdf))


def test_names_stay_names(awkward: Any) -> None:
    text = words(awkward.pdf)
    assert text.count(bare('<b>λ=0.1 & "x"</b>')) > 10
    assert text.count(bare("#set $x$ _y_ *z* \\[ `raw` @ref")) > 10


def test_missing_numbers_are_dashes(nulls: Any) -> None:
    assert "Mann–Whitney———F=G:noshiftineitherdirection" in words(nulls.pdf)


def test_every_cell_of_every_table_can_be_read(any_report: Any) -> None:
    text = unaccented(words(any_report.pdf))
    for section in document(results_of(any_report.model), SECTIONS).sections:
        for block in section.blocks:
            if isinstance(block, Fold) and not block.on_paper:
                continue
            for part in block.blocks if isinstance(block, Fold) else (block,):
                cells = [cell for row in part.rows for cell in row] if isinstance(part, Table) else []
                cells += part.text.splitlines() if isinstance(part, Code) else []
                # A formula is set as mathematics, whose letters are others; a source leads to its address.
                words_only = [cell for cell in cells if cell not in formulas() and ", doi " not in cell]
                assert [cell for cell in words_only if unaccented(bare(cell)) not in text] == []


def unaccented(text: str) -> str:
    """Drop accents, which a PDF may keep before or after their letter."""
    return re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", text))


def test_sections_are_bookmarks(any_report: Any) -> None:
    outline = [item for item in PdfReader(io.BytesIO(any_report.pdf)).outline if not isinstance(item, list)]
    nested = [part for item in PdfReader(io.BytesIO(any_report.pdf)).outline for part in flat(item)]
    titles = " ".join(str(part["/Title"]) for part in nested)
    assert outline
    for section in document(results_of(any_report.model), SECTIONS).sections:
        assert section.title in titles


def flat(item: Any) -> list[Any]:
    return [part for inner in item for part in flat(inner)] if isinstance(item, list) else [item]


def test_two_groups_fill_at_most_five_pages_with_their_appendix() -> None:
    report = rendered("declared_pairs")
    assert len(report.model["figures"]) >= 6
    assert len(PdfReader(io.BytesIO(report.pdf)).pages) <= 5


def test_six_runs_fill_at_most_two_pages(tmp_path: Path) -> None:
    rows = [("old", 0.921), ("old", 0.9205), ("old", 0.92), ("new", 0.912), ("new", 0.911), ("new", 0.91)]
    table = tmp_path / "six.csv"
    table.write_text("\n".join(["group,accuracy", *(f"{group},{value}" for group, value in rows)]))
    results = compare(table).results
    clean = replace(results, provenance=replace(results.provenance, git_commit="0" * 40))
    found = pdf.render(clean, svg.figures(clean.figures))
    assert len(PdfReader(io.BytesIO(found)).pages) <= 2
