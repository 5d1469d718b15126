"""The Markdown page says what the other formats say, and takes names as text."""

import re
from typing import Any

from plain_results import results_of

from analyze.report import markdown
from analyze.report.document import Fold, Table, document
from analyze.report.sections.catalogue import SECTIONS


def test_every_table_has_all_its_rows(any_report: Any) -> None:
    page = markdown.render(results_of(any_report.model), any_report.figures)
    for section in document(results_of(any_report.model), SECTIONS).sections:
        for block in section.blocks:
            for part in block.blocks if isinstance(block, Fold) else (block,):
                if isinstance(part, Table):
                    head = f"**{part.label}.** "
                    lines = page[page.index(head) :].split("\n\n")[1].splitlines()
                    assert len(lines) == 2 + len(part.rows)
                    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {len(part.columns) + 1}


def test_figures_stand_beside_the_page(any_report: Any) -> None:
    page = markdown.render(results_of(any_report.model), any_report.figures)
    shown = re.findall(r"\]\(figures/([^)]*)\.svg\)", page)
    assert "estimation" not in any_report.figures or shown[0] == "estimation"
    assert sorted(shown) == sorted(any_report.figures)
    assert "figures/" not in markdown.render(results_of(any_report.model), {})


def test_nothing_in_a_name_is_markup(awkward: Any) -> None:
    page = markdown.render(results_of(awkward.model), awkward.figures)
    assert not re.search(r"(?<!\\)<b", page)
    assert r"\<b\>λ=0.1 \& " in page
    assert r"\#set \$x\$ \_y\_ \*z\* \\\[ \`raw\` @ref" in page


def test_the_same_model_gives_the_same_bytes(any_report: Any) -> None:
    first, second = (markdown.render(results_of(any_report.model), any_report.figures) for _ in range(2))
    assert first == second
