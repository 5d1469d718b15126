"""Every method has a source, and a report cites those that it used and no others."""

import re
from typing import Any

import numpy as np
import pytest
from plain_results import results_of
from scipy import special

from analyze.comparison.adjustment import METHODS as ADJUSTMENTS
from analyze.figures.catalogue import FIGURES
from analyze.report import references
from analyze.report.document import Fold, Table, document
from analyze.report.formulas import methods
from analyze.report.sections.catalogue import SECTIONS
from analyze.stats.effects import effect_sizes
from analyze.stats.two_sample.distribution_tests import anderson_darling

# Counted or averaged, or drawn from effects that have their own.
WITHOUT_SOURCE = {"matched_pairs", "forest", "pairwise_matrix", "training_depth"}


def authors(model: dict[str, Any]) -> set[str]:
    return {text.split(")")[0] + ")" for text, _ in references.of(results_of(model))}


def test_every_method_has_a_source() -> None:
    assert ADJUSTMENTS.keys() <= methods().keys()
    assert {name for name, figure in FIGURES.items() if not figure.sources} == WITHOUT_SOURCE
    assert {key for key, method in methods().items() if not method.sources} == {"ks_distance"}


def test_every_work_is_well_formed_and_used() -> None:
    used = {work for method in methods().values() for work in method.sources}
    used |= {work for figure in FIGURES.values() for work in figure.sources}
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


def test_paper_lists_what_the_text_names(computed_models: dict[str, Any]) -> None:
    results = results_of(computed_models["declared_pairs"])
    on_paper = references.of_text(results)
    assert set(on_paper) < set(references.of(results))
    assert any(text.startswith("Holm (1979)") for text, _ in on_paper)
    assert not any(text.startswith("Tango (1998)") for text, _ in on_paper)


def test_the_sources_of_formulas_stand_beside_them(computed_models: dict[str, Any]) -> None:
    failures, pairs = (sources(computed_models[name]) for name in ("with_failures", "declared_pairs"))
    assert "Pratt 1959, doi 10.1080/01621459.1959.10501526" in pairs
    assert "Pratt" not in failures
    assert "Tango 1998, doi" in pairs
    assert "Kruskal & Wallis 1952, doi" in sources(computed_models["five_groups"])


def sources(model: dict[str, Any]) -> str:
    section = next(s for s in document(results_of(model), SECTIONS).sections if s.key == "methods")
    tables = [part for fold in section.blocks if isinstance(fold, Fold) for part in fold.blocks]
    return "; ".join(row[-1] for table in tables if isinstance(table, Table) for row in table.rows)


def test_the_printed_formulas_are_those_computed() -> None:
    """By hand, from the text of the formulas, on tied groups."""
    x, y = np.array([1.0, 2.0, 2.0, 5.0]), np.array([2.0, 3.0, 5.0, 5.0, 6.0])
    pooled, n = np.concatenate([x, y]), 9

    def midway(sample: Any, v: float) -> Any:
        return ((sample < v).sum() + (sample <= v).sum()) / 2 / len(sample)

    a_squared = sum(
        (midway(x, v) - midway(y, v)) ** 2
        / (midway(pooled, v) * (1 - midway(pooled, v)) - (pooled == v).mean() / 4)
        for v in pooled
    ) * (4 * 5 * (n - 1) / n**3)  # fmt: skip
    found = anderson_darling(x, y, rng=np.random.default_rng(0), n_resamples=99)
    assert found.statistic == pytest.approx(a_squared)
    df = n - 2
    j = special.gamma(df / 2) / (np.sqrt(df / 2) * special.gamma((df - 1) / 2))
    pooled_sd = np.sqrt((3 * x.var(ddof=1) + 4 * y.var(ddof=1)) / df)
    streams = {"rng_x": np.random.default_rng(0), "rng_y": np.random.default_rng(1)}
    g = {e.effect: e.estimate for e in effect_sizes(x, y, **streams, n_resamples=99)}["hedges_g"]
    assert g == pytest.approx((y.mean() - x.mean()) / pooled_sd * j)
