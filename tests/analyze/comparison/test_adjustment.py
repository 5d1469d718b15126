"""Adjustment of p-values against R's p.adjust."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from analyze.comparison.adjustment import adjust, adjusted_tests
from analyze.question import make_question
from analyze.stats.two_sample import TwoSampleResult

# R: p <- c(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
#    0.5719, 0.6528, 0.7590, 1); the example of Benjamini & Hochberg 1995, section 4.2: at 0.05 their
#    method rejects 4 hypotheses, Bonferroni's and Holm's 3.
PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
    0.7590, 1.0,
]  # fmt: skip


def test_benjamini_and_hochberg_reject_four_and_holm_three():
    assert (adjust(PUBLISHED, "bh") <= 0.05).sum() == 4
    assert (adjust(PUBLISHED, "holm") <= 0.05).sum() == 3


def test_by_the_definitions():
    p, m = np.array(PUBLISHED), len(PUBLISHED)
    step_down = np.maximum.accumulate(np.minimum(p * (m - np.arange(m)), 1))
    step_up = np.minimum.accumulate((p * m / np.arange(1, m + 1))[::-1])[::-1]
    assert adjust(p, "holm") == pytest.approx(step_down)
    assert adjust(p, "bh") == pytest.approx(np.minimum(step_up, 1))
    assert adjust(p[::-1], "holm") == pytest.approx(step_down[::-1])


@settings(max_examples=20)
@given(st.lists(st.sampled_from([0.0, 1e-300, 0.001, 0.02, 0.3, 1.0]) | st.floats(0, 1), min_size=1))
def test_as_statsmodels(pvalues):
    for ours, theirs in (("holm", "holm"), ("bh", "fdr_bh")):
        expected = multipletests(pvalues, method=theirs)[1]
        assert adjust(pvalues, ours).tolist() == pytest.approx(expected.tolist(), rel=1e-12)


def result(test, pvalue):
    return TwoSampleResult(
        test=test, label=test, hypothesis="h", statistic_name="T", statistic=1.0, pvalue=pvalue,
        pvalue_error=0.0, method="made",
    )  # fmt: skip


def test_the_primary_test_has_a_family_of_its_own():
    pairs = [[result("ks", 0.01), result("welch_t", 0.01)], [result("ks", 0.02), result("welch_t", 0.5)]]
    first, second = adjusted_tests(pairs, make_question())
    assert first["pvalue_adjusted"].tolist() == pytest.approx([0.02, 0.04])
    assert second["pvalue_adjusted"].tolist() == pytest.approx([0.02, 0.5])
    assert first["family"].tolist() == ["Holm over 2 pairs", "Holm over 4 tests of all pairs"]
    assert first["rejected"].tolist() == [True, True]
    (alone,) = adjusted_tests(pairs[:1], make_question(adjust="bh"))
    assert alone["family"].tolist() == ["one test", "Benjamini–Hochberg over 2 tests of all pairs"]
    assert alone["pvalue_adjusted"].tolist() == [0.01, 0.01]
