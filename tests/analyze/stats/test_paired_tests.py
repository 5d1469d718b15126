"""Tests of matched pairs against listing all signs, published examples, and scipy where it is right."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import stream

DARWIN = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])
differences = st.lists(st.integers(-4, 4), min_size=2, max_size=9)


def run(test, d, seed=0, n_resamples=999):
    d = np.asarray(d, dtype=float)
    return PAIRED_TESTS[test](np.zeros(len(d)), d, rng=stream(seed, test), n_resamples=n_resamples)


def pratt_statistic(d):
    ranks = stats.rankdata(np.abs(d))
    return abs((ranks * np.sign(d)).sum())


def brute_force(statistic, d):
    """Share of all signs whose statistic is at least the observed one."""
    values = [statistic(np.array(signs) * d) for signs in product((-1, 1), repeat=len(d))]
    return np.mean(np.array(values) >= statistic(d) - 1e-9)


@given(differences)
@settings(max_examples=80, deadline=None)
def test_wilcoxon_is_exact_with_ties_and_zeros(d):
    assert run("wilcoxon", d).pvalue == pytest.approx(brute_force(pratt_statistic, np.array(d)))


@given(differences)
@settings(max_examples=80, deadline=None)
def test_paired_permutation_is_exact_for_few_pairs(d):
    expected = brute_force(lambda v: abs(v.sum()), np.array(d))
    assert run("paired_permutation", d).pvalue == pytest.approx(expected)


def test_darwin_as_fisher_counted():
    """Fisher 1935, section 21: 863 of 32,768 ways in each tail; 15 pairs are drawn here."""
    result = run("paired_permutation", DARWIN, n_resamples=99_999)
    assert result.pvalue == pytest.approx(2 * 863 / 32768, abs=5 * result.pvalue_error)
    assert result.statistic == pytest.approx(314 / 15)


def test_signed_ranks_agree_with_scipy_without_ties():
    d = stream(1, "d").normal(0.2, 1, 30)
    assert run("wilcoxon", d).pvalue == pytest.approx(stats.wilcoxon(d, method="exact").pvalue)


def test_many_pairs_are_normal_and_near_the_exact(monkeypatch):
    d = np.round(stream(2, "d").normal(0.1, 1, 400), 1)
    exact = run("wilcoxon", d)
    monkeypatch.setattr("analyze.stats.paired_tests.MAX_SIGNED_RANK_COST", 0)
    normal = run("wilcoxon", d)
    assert exact.method == "exact, conditional on ties and zeros"
    assert normal.method == "normal approximation, tie-corrected"
    assert normal.pvalue == pytest.approx(exact.pvalue, rel=0.02)
    # scipy's Pratt variance: the same formula, without the continuity correction
    scipy = stats.wilcoxon(d, zero_method="pratt", correction=True, method="asymptotic")
    assert normal.pvalue == pytest.approx(scipy.pvalue, rel=0.01)


def test_a_dear_permutation_is_normal_and_near_the_drawn_one(monkeypatch):
    d = stream(3, "d").normal(0.1, 1, 400)
    drawn = run("paired_permutation", d, n_resamples=20_000)
    monkeypatch.setattr("analyze.stats.paired_tests.MAX_FLIPPED_CELLS", 0)
    assert run("paired_permutation", d).pvalue == pytest.approx(drawn.pvalue, abs=4 * drawn.pvalue_error)


@pytest.mark.parametrize("test", PAIRED_TESTS)
class TestContract:
    def test_exchanging_the_groups_mirrors(self, test):
        d = np.round(stream(4, "d").normal(0.3, 1, 60), 1)
        there, back = run(test, d), run(test, -d)
        assert there.pvalue == pytest.approx(back.pvalue, abs=4 * there.pvalue_error + 1e-12)
        if test == "paired_permutation":
            assert there.statistic == -back.statistic

    def test_scale_and_order_do_not_matter(self, test):
        d = np.round(stream(5, "d").normal(0.3, 1, 60), 1)
        assert run(test, d * 1024).pvalue == run(test, d).pvalue
        assert run(test, d[::-1]).pvalue == run(test, d).pvalue

    def test_same_seed_same_result_and_global_state_untouched(self, test):
        d = stream(6, "d").normal(0.1, 1, 50)
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        assert run(test, d) == run(test, d)
        assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
        if test == "paired_permutation":
            assert run(test, d, seed=1).pvalue != run(test, d).pvalue

    @pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
    def test_degenerate_input_is_defined(self, test, scale):
        assert run(test, np.zeros(5)).pvalue == 1.0
        assert run(test, [scale, scale]).pvalue == 0.5
        assert 0 < run(test, np.full(2000, scale)).pvalue <= 1e-3
        assert 0 < run(test, [0.0] * 50 + [scale]).pvalue <= 1

    def test_a_million_pairs(self, test):
        d = np.round(stream(7, "d").normal(0.001, 0.01, 1_000_000), 4)
        assert 0 < run(test, d).pvalue < 0.01

    def test_size_is_nominal_under_the_null(self, test):
        rejected = [
            run(test, np.round(stream(i, "null").normal(0, 1, 20), 1)).pvalue <= 0.05 for i in range(400)
        ]
        assert 0.05 - 3.3 * 0.011 < np.mean(rejected) < 0.05 + 3.3 * 0.011
