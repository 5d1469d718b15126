"""Tests of the tests by means. R 4.x calls stand beside numbers from R."""

import math

import numpy as np
import pytest
from enumeration import brute_force, run
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze.stats.two_sample import welch

tied = st.lists(st.integers(0, 4), min_size=2, max_size=6)
# Student 1908, in R: sleep
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def mean_distance(a, b):
    return abs(b.mean() - a.mean())


class TestWelch:
    def test_r_sleep(self):
        # R: t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p-value = 0.07939
        result = run("welch_t", FIRST, SECOND)
        assert result.statistic == pytest.approx(1.8608, abs=5e-5)
        assert result.pvalue == pytest.approx(0.07939, abs=5e-6)
        assert welch(FIRST, SECOND)[2] == pytest.approx(17.776, abs=5e-4)
        assert result.method == "Welch–Satterthwaite, 17.8 df"

    def test_by_hand(self):
        # means 2.5 and 4.5, variances 5/3 each: t = 2/√(2·(5/3)/4)
        difference, se, df = welch([1, 2, 3, 4], [3, 4, 5, 6])
        assert (difference, se, df) == pytest.approx((2, math.sqrt(5 / 6), 6))

    def test_one_constant_group(self):
        # the one-sample t test: mean 2, standard error 1/√3, 2 degrees of freedom; t = 2√3 has p = 1 − √(6/7)
        result = run("welch_t", [0, 0, 0, 0, 0], [1, 2, 3])
        assert result.statistic == pytest.approx(2 * math.sqrt(3))
        assert result.pvalue == pytest.approx(1 - math.sqrt(6 / 7))

    def test_as_scipy(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=12), rng.normal(1, 3, size=40)
        expected = stats.ttest_ind(y, x, equal_var=False)
        result = run("welch_t", x, y)
        assert (result.statistic, result.pvalue) == pytest.approx((expected.statistic, expected.pvalue))

    def test_exchanging_the_groups_changes_the_sign_only(self):
        rng = np.random.default_rng(1)
        x, y = rng.normal(size=12), rng.normal(1, 3, size=40)
        assert welch(y, x)[0] == -welch(x, y)[0]
        assert welch(y, x)[1:] == pytest.approx(welch(x, y)[1:])


class TestPermutationMean:
    @settings(max_examples=40, deadline=None)
    @given(x=tied, y=tied)
    def test_against_all_splits(self, x, y):
        assert run("permutation_mean", x, y).pvalue == pytest.approx(brute_force(mean_distance, x, y))

    def test_decimals_that_round_differently_are_equal(self):
        x, y = np.array([0.1, 0.2, 0.3, 0.7]), np.array([0.3, 0.3, 0.4, 0.6, 0.8])
        assert run("permutation_mean", x, y).pvalue == pytest.approx(brute_force(mean_distance, x, y))
        assert run("permutation_mean", x + 1000, y + 1000).pvalue == run("permutation_mean", x, y).pvalue

    def test_statistic_is_the_difference_of_means(self):
        assert run("permutation_mean", FIRST, SECOND).statistic == pytest.approx(1.58)

    def test_drawn_agrees_with_exact(self, monkeypatch):
        x, y = np.array([1.0, 2, 2, 4, 6, 6]), np.array([3.0, 5, 6, 8, 8])
        exact = brute_force(mean_distance, x, y)
        monkeypatch.setattr("analyze.stats.two_sample.splits.MAX_SPLITS", 0)
        drawn = run("permutation_mean", x, y, n_resamples=9999)
        assert abs(drawn.pvalue - exact) < 4 * drawn.pvalue_error


class TestBrownForsythe:
    def test_as_scipy(self):
        rng = np.random.default_rng(0)
        for n, m in ((30, 25), (31, 24), (2, 9)):
            x, y = rng.normal(size=n), rng.normal(0, 2, size=m)
            expected = stats.levene(x, y, center="median")
            result = run("brown_forsythe", x, y)
            assert (result.statistic, result.pvalue) == pytest.approx((expected.statistic, expected.pvalue))

    def test_tied_as_scipy(self):
        rng = np.random.default_rng(0)
        x, y = rng.integers(0, 5, 30) * 1.0, rng.integers(0, 9, 25) * 1.0
        expected = stats.levene(x, y, center="median")
        result = run("brown_forsythe", x, y)
        assert (result.statistic, result.pvalue) == pytest.approx((expected.statistic, expected.pvalue))

    def test_integers_are_not_truncated(self):
        # by hand: distances 1.5 .5 .5 1.5 and 15 5 5 16; means 1, 10.25; within 1 + 110.75
        result = run("brown_forsythe", np.array([1, 2, 3, 4]), np.array([10, 20, 30, 41]))
        assert result.statistic == pytest.approx(9.25**2 * 2 / (111.75 / 6))

    def test_two_runs_each_have_distances_that_do_not_vary(self):
        # 0.1 and 0.3 lie 0.1 and 0.09999999999999998 from their median
        assert run("brown_forsythe", [0.1, 0.3], [1.1, 1.5]).pvalue == pytest.approx(1 / 3)
        assert run("brown_forsythe", [0.1, 0.3], [1.1, 1.3]).pvalue == 1

    @pytest.mark.parametrize("n", [1, 3, 5, 6, 7, 11, 13])
    def test_halves_at_two_values_have_distances_that_do_not_vary(self, n):
        result = run("brown_forsythe", np.repeat([0.1, 0.4], n), np.repeat([1.1, 1.7], n))
        assert result.method.startswith("degenerate")
