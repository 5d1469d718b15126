"""Every method has a source, and a report cites those that it used and no others."""

import re
from typing import Any

from plain_results import results_of

from analyze.comparison.adjustment import METHODS as ADJUSTMENTS
from analyze.figures.tables.catalogue import FIGURE_TABLES
from analyze.report import references
from analyze.report.formulas import methods

# Counted or averaged, or drawn from effects that have their own.
WITHOUT_SOURCE = {"matched_pairs", "forest", "pairwise_matrix", "training_depth"}


def authors(model: dict[str, Any]) -> set[str]:
    return {text.split(")")[0] + ")" for text, _ in references.of(results_of(model))}


def test_every_method_has_a_source() -> None:
    assert ADJUSTMENTS.keys() <= methods().keys()
    assert FIGURE_TABLES.keys() - WITHOUT_SOURCE == references.FIGURES.keys()
    assert {key for key, method in methods().items() if not method.sources} == {"ks_distance"}


def test_every_work_is_well_formed_and_used() -> None:
    used = {work for method in methods().values() for work in method.sources}
    used |= {work for works in references.FIGURES.values() for work in works}
    used |= set(references._BY_METHOD.values())
    works = references.bibliography()
    assert used == works.keys()
    for work in works.values():
        assert re.search(r" \((19|20)\d\d\), ", work["text"])
        assert work["doi"] == "" or re.fullmatch(r"10\.\d{4,5}/\S+", work["doi"])


def test_a_report_cites_in_order_and_once(any_report: Any) -> None:
    cited = references.of(results_of(any_report.model))
    assert list(cited) == sorted(set(cited))


def test_only_what_was_used_is_cited(computed_models: dict[str, Any]) -> None:
    failures, pairs = (authors(computed_models[name]) for name in ("with_failures", "declared_pairs"))
    assert "Pratt (1959)" in pairs - failures
    assert "Tango (1998)" in pairs - failures
    assert {"Schuirmann (1987)", "Clopper & Pearson (1934)"} <= failures - pairs
    five = authors(computed_models["five_groups"])
    assert {"Benjamini & Hochberg (1995)", "Kruskal & Wallis (1952)"} <= five - pairs
    assert "Holm (1979)" in pairs - five
