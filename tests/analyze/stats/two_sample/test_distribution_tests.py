"""Tests of the tests by distribution functions; exact values come from listing all splits."""

import math

import numpy as np
import pytest
from anderson_darling import a_squared, scipy_anderson, standardised
from enumeration import all_splits, brute_force, run
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze.stats.resampling import stream, tabulate
from analyze.stats.two_sample import distribution_tests
from analyze.stats.two_sample.distribution_tests import ks_minimum_pvalue
from analyze.stats.two_sample.null_distributions import ks_pvalue, tie_blocks

tied = st.lists(st.integers(0, 4), min_size=2, max_size=6)
# Schröer & Trenkler 1995, doi 10.1016/0167-9473(94)00040-P
EXAMPLE = [1, 2, 2, 3, 3], [1, 2, 3, 3, 4, 5, 6]


def gaps(a, b):
    """F_a − F_b at all values."""
    return np.array([(a <= v).mean() - (b <= v).mean() for v in np.concatenate([a, b])])


KS_STATISTICS = {
    "two-sided": lambda a, b: np.abs(gaps(a, b)).max(),
    "greater": lambda a, b: max(gaps(a, b).max(), 0),
    "less": lambda a, b: max((-gaps(a, b)).max(), 0),
}
alternatives = pytest.mark.parametrize("alternative", KS_STATISTICS)


class TestKs:
    def test_schroer_trenkler(self):
        result = run("ks", *EXAMPLE)
        assert result.statistic == pytest.approx(3 / 7)
        assert result.pvalue == pytest.approx(8 / 33, rel=1e-12)

    def test_schroer_trenkler_one_sided(self):
        # by listing all choose(12, 5) = 792 splits
        assert brute_force(KS_STATISTICS["greater"], *EXAMPLE) == pytest.approx(141 / 792)
        result = run("ks", *EXAMPLE, alternative="greater")
        assert result.statistic == pytest.approx(3 / 7)
        assert result.pvalue == pytest.approx(141 / 792, rel=1e-12)
        assert run("ks", *EXAMPLE, alternative="less").pvalue == 1
        assert run("ks", *EXAMPLE[::-1], alternative="less").pvalue == pytest.approx(141 / 792, rel=1e-12)

    def test_the_value_that_ignores_ties_is_wrong(self):
        # scipy gives 0.545 for the example; its definition, the share of all splits, is 8/33
        assert stats.ks_2samp(*EXAMPLE, method="exact").pvalue == pytest.approx(0.545, abs=5e-4)
        assert brute_force(KS_STATISTICS["two-sided"], *EXAMPLE) == pytest.approx(8 / 33)

    def test_one_sided_value_that_ignores_ties_is_wrong(self):
        blind = stats.ks_2samp(*EXAMPLE, method="exact", alternative="greater").pvalue
        assert blind > 1.5 * brute_force(KS_STATISTICS["greater"], *EXAMPLE)

    @alternatives
    @settings(max_examples=40, deadline=None)
    @given(x=tied, y=tied)
    def test_against_all_splits(self, alternative, x, y):
        expected = brute_force(KS_STATISTICS[alternative], x, y)
        result = run("ks", x, y, alternative=alternative)
        assert result.pvalue == pytest.approx(expected, rel=1e-9)
        assert result.statistic == pytest.approx(KS_STATISTICS[alternative](np.array(x), np.array(y)))

    @alternatives
    @pytest.mark.parametrize(("n", "m"), [(5, 9), (20, 20), (37, 90), (300, 400)])
    def test_without_ties_as_scipy(self, n, m, alternative):
        rng = np.random.default_rng(n)
        x, y = rng.normal(size=n), rng.normal(0.2, size=m)
        expected = stats.ks_2samp(x, y, method="exact", alternative=alternative)
        result = run("ks", x, y, alternative=alternative)
        assert result.statistic == pytest.approx(expected.statistic)
        assert result.pvalue == pytest.approx(expected.pvalue, rel=1e-7)
        assert result.method == "exact"

    def test_ten_against_ten_apart_by_seven(self):
        # reflection (Gnedenko & Korolyuk 1951): 2·choose(20, 3)/choose(20, 10) = 0.0123, as in printed tables
        x, y = np.arange(10), np.concatenate([np.arange(7, 10) - 0.5, np.arange(20, 27)])
        result = run("ks", x, y)
        assert result.statistic == 0.7
        assert result.pvalue == pytest.approx(2 * math.comb(20, 3) / math.comb(20, 10), rel=1e-12)
        one_sided = run("ks", x, y, alternative="greater")
        assert one_sided.pvalue == pytest.approx(math.comb(20, 3) / math.comb(20, 10), rel=1e-12)

    @pytest.mark.parametrize("distance", [1, 2, 3, 5, 8, 12])
    def test_equal_sizes_without_ties_by_reflection(self, distance):
        singles = ks_pvalue(np.ones(24, dtype=np.int64), 12, 12 * distance)
        expected = 2 * sum(
            (-1) ** (j + 1) * math.comb(24, 12 - j * distance) for j in range(1, 12 // distance + 1)
        )
        assert singles == pytest.approx(expected / math.comb(24, 12), rel=1e-12)

    def test_small_pvalues_keep_their_accuracy(self):
        # complete separation: one of the splits, and its mirror where the sizes are equal
        result = run("ks", np.arange(50), np.arange(50, 100))
        assert result.pvalue == pytest.approx(2 / math.comb(100, 50), rel=1e-9, abs=0)
        result = run("ks", np.arange(50) // 2, np.arange(60, 100), alternative="greater")
        assert result.pvalue == pytest.approx(1 / math.comb(90, 40), rel=1e-9, abs=0)

    @pytest.mark.parametrize("n", [100, 250, 500])
    def test_small_pvalues_with_ties_keep_their_accuracy(self, n):
        result = run("ks", np.arange(n) // 2, n + np.arange(n) // 2)
        assert result.method == "exact, conditional on the ties"
        assert result.pvalue == pytest.approx(2 / math.comb(2 * n, n), rel=1e-9, abs=0)

    def test_beyond_the_smallest_double_is_not_zero(self):
        x = np.repeat(np.arange(10.0), 500)
        assert 0 < run("ks", x, x + 10).pvalue < 1e-300

    def test_two_values_are_a_hypergeometric_tail(self):
        # P(|i/40000 − j/50000| ≥ observed) for i + j = 300 successes: Fisher's test by distance
        x, y = np.array([39_850, 150]), np.array([49_850, 150])
        tables = [tabulate([0.0, 1.0]).with_counts(c) for c in (x, y)]
        i = np.arange(301)
        far = np.abs(i / 40_000 - (300 - i) / 50_000) >= 150 / 40_000 - 150 / 50_000 - 1e-12
        expected = stats.hypergeom(90_000, 300, 40_000).pmf(i)[far].sum()
        assert run("ks", *tables).pvalue == pytest.approx(expected, rel=1e-7)

    def test_ties_make_the_blind_value_too_large(self):
        rng = np.random.default_rng(1)
        x, y = rng.normal(0.8775, 0.0027, (2, 500)).round(4)
        # measured on k/10,000 data: 1.2 to 2.4 times
        assert 1.1 < stats.ks_2samp(x, y, method="exact").pvalue / run("ks", x, y).pvalue < 3

    @alternatives
    @pytest.mark.parametrize(("n", "m"), [(60, 50), (50, 60)])
    def test_monte_carlo_beyond_the_affordable(self, monkeypatch, alternative, n, m):
        rng = np.random.default_rng(2)
        x, y = rng.integers(0, 30, n), rng.integers(2, 33, m)
        exact = run("ks", x, y, alternative=alternative).pvalue
        monkeypatch.setattr(distribution_tests, "MAX_KS_COST", 0)
        drawn = run("ks", x, y, n_resamples=9999, alternative=alternative)
        assert drawn.method == "permutation, 9,999 random splits"
        assert abs(drawn.pvalue - exact) < 4 * drawn.pvalue_error
        mirrored = {"less": "greater", "greater": "less"}.get(alternative, alternative)
        assert run("ks", y, x, n_resamples=9999, alternative=mirrored).pvalue == drawn.pvalue

    @alternatives
    @pytest.mark.parametrize("limit", [0, 10_000])
    def test_asymptotic_when_that_is_too_dear(self, monkeypatch, alternative, limit):
        rng = np.random.default_rng(2)
        x, y = rng.normal(size=3000), rng.normal(0.0, size=2999)
        exact = run("ks", x, y, alternative=alternative).pvalue
        monkeypatch.setattr(distribution_tests, "MAX_KS_COST", 0)
        monkeypatch.setattr(distribution_tests, "MAX_PERMUTED_CELLS", 0)
        monkeypatch.setattr(distribution_tests, "MAX_RUNS_OF_KSTWO", limit)
        result = run("ks", x, y, alternative=alternative)
        assert result.method.startswith("asymptotic")
        assert result.pvalue == pytest.approx(exact, rel=0.05)

    def test_asymptotic_pvalues_are_not_below_the_smallest_possible(self, monkeypatch):
        monkeypatch.setattr(distribution_tests, "MAX_KS_COST", 0)
        monkeypatch.setattr(distribution_tests, "MAX_PERMUTED_CELLS", 0)
        # the limit for n_b → ∞ gives 0 for D = 1; two of 300,002 runs are the largest in one split
        result = run("ks", np.arange(300_000), [300_000, 300_001])
        assert result.pvalue == pytest.approx(1 / math.comb(300_002, 2), rel=1e-6, abs=0)
        assert ks_minimum_pvalue(np.arange(300_000), [5, 10]) == pytest.approx(result.pvalue)

    @settings(max_examples=40, deadline=None)
    @given(x=tied, y=tied)
    def test_minimum_pvalue_against_all_splits(self, x, y):
        distances = np.array([KS_STATISTICS["two-sided"](a, b) for a, b in all_splits(x, y)])
        share = (distances >= distances.max() - 1e-9).mean()
        assert ks_minimum_pvalue(np.array(x), np.array(y)) == pytest.approx(share, rel=1e-9)

    def test_pvalue_is_one_without_distance(self):
        assert ks_pvalue(np.array([2, 2]), 2, 0) == 1.0

    @pytest.mark.parametrize(("n", "m", "n_tables"), [(20, 20, 400), (500, 500, 200)])
    def test_size_with_ties(self, n, m, n_tables):
        """Under the null the share of p ≤ α is at most α, up to chance, and near it for n = 500."""
        rng = stream(5, "size", str(n))
        samples = rng.normal(0.8775, 0.0027, (n_tables, n + m)).round(4)
        pvalues = np.array([run("ks", s[:n], s[n:]).pvalue for s in samples])
        for alpha in (0.05, 0.2):
            # one-sided 99.9 % bound of a binomial share
            bound = stats.binom.ppf(0.999, n_tables, alpha) / n_tables
            assert (pvalues <= alpha).mean() <= bound
        if n == 500:  # at n = 20 the p-value takes few values
            assert (pvalues <= 0.2).mean() >= stats.binom.ppf(0.001, n_tables, 0.15) / n_tables

    def test_blocks_are_those_of_the_pooled_sample(self):
        in_a, in_b = tie_blocks(tabulate([1.0, 2, 2]), tabulate([2.0, 3]))
        assert (in_a.tolist(), in_b.tolist()) == ([1, 2, 0], [0, 1, 1])


class TestAndersonDarling:
    @pytest.mark.parametrize("rounded", [0, 1, 6])
    def test_statistic_as_scipy(self, rounded):
        rng = np.random.default_rng(rounded)
        x, y = rng.normal(size=17).round(rounded), rng.normal(0.5, size=25).round(rounded)
        expected = scipy_anderson(x, y)
        assert standardised(run("anderson_darling", x, y).statistic, x, y) == pytest.approx(expected)

    @settings(max_examples=40, deadline=None)
    @given(x=tied, y=tied)
    def test_against_all_splits(self, x, y):
        assert run("anderson_darling", x, y).pvalue == pytest.approx(brute_force(a_squared, x, y))

    def test_pvalue_is_not_clipped(self):
        # scipy's would be 0.001: 2 of choose(14, 7) splits
        result = run("anderson_darling", np.arange(7), np.arange(7, 14))
        assert result.pvalue == pytest.approx(2 / math.comb(14, 7), abs=0)
        assert run("anderson_darling", [1, 4], [2, 3]).pvalue > 0.25

    def test_drawn_agrees_with_exact(self, monkeypatch):
        x, y = np.array([1.0, 2, 2, 4, 6, 6]), np.array([3.0, 5, 6, 8, 8])
        exact = brute_force(a_squared, x, y)
        monkeypatch.setattr("analyze.stats.two_sample.splits.MAX_SPLITS", 0)
        drawn = run("anderson_darling", x, y, n_resamples=9999)
        assert abs(drawn.pvalue - exact) < 4 * drawn.pvalue_error


def cvm(a, b):
    """Anderson's sum over runs; a tied run counts half just below its value and half at it."""
    total = sum(
        sum(((a < v).mean() - (b < v).mean()) ** 2 + ((a <= v).mean() - (b <= v).mean()) ** 2 for v in part)
        for part in (a, b)
    )
    return len(a) * len(b) / (len(a) + len(b)) ** 2 * total / 2


class TestCramerVonMises:
    def test_conover(self):
        # Conover 1999, Practical Nonparametric Statistics, 3rd ed., section 6.3: T = 0.262, p = 0.18;
        # scipy.stats.cramervonmises_2samp(x, y, method="exact").pvalue = 0.18675
        x = [7.6, 8.4, 8.6, 8.7, 9.3, 9.9, 10.1, 10.6, 11.2]
        y = [5.2, 5.7, 5.9, 6.5, 6.8, 8.2, 9.1, 9.8, 10.8, 11.3, 11.5, 12.3, 12.5, 13.4, 14.6]
        result = run("cramer_von_mises", x, y, n_resamples=9999)
        assert result.statistic == pytest.approx(0.262, abs=5e-4)
        assert abs(result.pvalue - 0.18675) < 4 * result.pvalue_error

    @pytest.mark.parametrize(("n", "m"), [(3, 4), (6, 6), (7, 5)])
    def test_without_ties_as_scipy(self, n, m):
        rng = np.random.default_rng(n)
        x, y = rng.normal(size=n), rng.normal(1, size=m)
        expected = stats.cramervonmises_2samp(x, y, method="exact")
        result = run("cramer_von_mises", x, y)
        assert result.statistic == pytest.approx(expected.statistic)
        assert result.pvalue == pytest.approx(expected.pvalue)

    def test_tied_by_hand(self):
        # F_x − F_y is ½ after the block of three runs and 0 after that of one: (2·2/4²)·¼·(3 + 1)/2
        assert run("cramer_von_mises", [1, 1], [1, 2]).statistic == pytest.approx(0.125)

    def test_zero_for_equal_distributions_of_unequal_sizes(self):
        x, y = np.repeat([1, 2, 3], 2), np.repeat([1, 2, 3], 20)
        result = run("cramer_von_mises", x, y)
        assert result.statistic == 0
        assert result.pvalue == 1

    def test_scipys_statistic_is_no_distance_with_ties(self):
        equal = [1] * 1 + [2] * 5, [1] * 10 + [2] * 50
        other = [2] * 6, [1] * 11 + [2] * 49
        of_equal, of_other = (stats.cramervonmises_2samp(*groups).statistic for groups in (equal, other))
        assert of_equal > of_other
        of_equal, of_other = (run("cramer_von_mises", *groups).statistic for groups in (equal, other))
        assert of_equal == 0 < of_other

    @settings(max_examples=40, deadline=None)
    @given(x=tied, y=tied)
    def test_against_all_splits(self, x, y):
        assert run("cramer_von_mises", x, y).pvalue == pytest.approx(brute_force(cvm, x, y))
        expected = cvm(np.array(x), np.array(y))
        assert run("cramer_von_mises", x, y).statistic == pytest.approx(expected)
