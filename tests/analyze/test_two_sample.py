"""Tests of the tests. R 4.x calls stand beside numbers from R; exact values come from listing all splits."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze import two_sample
from analyze.null_distributions import ks_pvalue, tie_blocks
from analyze.resampling import stream, tabulate
from analyze.two_sample import TWO_SAMPLE_TESTS, ks_minimum_pvalue

tied = st.lists(st.integers(0, 4), min_size=2, max_size=6)


def run(test, x, y, seed=0, n_resamples=999):
    return TWO_SAMPLE_TESTS[test](
        np.asarray(x, dtype=float),
        np.asarray(y, dtype=float),
        rng=stream(seed, test),
        n_resamples=n_resamples,
    )


def all_splits(x, y):
    """Every way to split the pooled values into groups of these sizes."""
    pooled = np.concatenate([x, y]).astype(float)
    for chosen in combinations(range(len(pooled)), len(x)):
        mask = np.zeros(len(pooled), dtype=bool)
        mask[list(chosen)] = True
        yield pooled[mask], pooled[~mask]


def brute_force(statistic, x, y):
    """Share of splits whose statistic is at least the observed one."""
    observed = statistic(np.asarray(x, float), np.asarray(y, float))
    values = np.array([statistic(a, b) for a, b in all_splits(x, y)])
    return float((values >= observed - 1e-9).mean())


def ks_statistic(a, b):
    grid = np.concatenate([a, b])
    return max(abs((a <= v).mean() - (b <= v).mean()) for v in grid)


def u_distance(a, b):
    u = (b[:, None] > a).sum() + (b[:, None] == a).sum() / 2
    return abs(u - len(a) * len(b) / 2)


def mean_distance(a, b):
    return abs(b.mean() - a.mean())


class TestContract:
    @pytest.mark.parametrize("test", TWO_SAMPLE_TESTS)
    def test_fields(self, test):
        result = run(test, [1, 2, 3, 4, 9], [2, 3, 5, 7, 7, 8])
        assert result.test == test
        assert 0 < result.pvalue <= 1
        assert result.pvalue_error >= 0
        assert all([result.label, result.hypothesis, result.statistic_name, result.method])

    @pytest.mark.parametrize("test", TWO_SAMPLE_TESTS)
    @settings(max_examples=30, deadline=None)
    @given(x=tied, y=tied)
    def test_always_a_pvalue_and_symmetric_in_the_groups(self, test, x, y):
        # up to 6 + 6 runs, so all splits are listed and nothing is drawn
        result, swapped = run(test, x, y), run(test, y, x)
        assert 0 < result.pvalue <= 1
        assert not math.isnan(result.statistic)
        assert swapped.pvalue == pytest.approx(result.pvalue)

    @pytest.mark.parametrize("test", TWO_SAMPLE_TESTS)
    def test_shuffling_and_positive_affine_maps_change_nothing(self, test):
        rng = np.random.default_rng(0)
        x, y = rng.integers(0, 60, 50) * 1.0, rng.integers(10, 80, 40) * 1.0
        result = run(test, x, y)
        for other in (
            run(test, rng.permutation(x), rng.permutation(y)),
            run(test, 4 * x - 64, 4 * y - 64),
        ):
            assert other.pvalue == pytest.approx(result.pvalue)

    @pytest.mark.parametrize("test", ["ks", "mann_whitney"])
    def test_rank_tests_ignore_monotone_maps(self, test):
        rng = np.random.default_rng(0)
        x, y = rng.integers(0, 60, 50) / 10, rng.integers(10, 80, 40) / 10
        assert run(test, np.exp(x), np.exp(y)).pvalue == run(test, x, y).pvalue

    def test_same_seed_same_result_other_seed_other_result(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=50), rng.normal(size=40)
        first, again = (run("permutation_mean", x, y).pvalue for _ in range(2))
        others = {run("permutation_mean", x, y, seed=s).pvalue for s in range(1, 5)}
        assert first == again
        assert others != {first}

    def test_global_state_is_untouched(self):
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        for test in TWO_SAMPLE_TESTS:
            run(test, np.arange(30), np.arange(40))
        assert (np.random.get_state()[1] == before).all()  # noqa: NPY002

    @pytest.mark.parametrize("test", TWO_SAMPLE_TESTS)
    def test_constant_and_equal(self, test):
        assert run(test, [3, 3, 3], [3, 3]).pvalue == 1

    @pytest.mark.parametrize("test", ["ks", "mann_whitney", "welch_t", "permutation_mean"])
    def test_constant_and_different_is_complete_separation(self, test):
        # 1 of choose(5, 2) = 10 splits
        assert run(test, [3, 3, 3], [5, 5]).pvalue == pytest.approx(0.1)
        # 2 of choose(6, 3) = 20 splits: the mirror is as extreme
        assert run(test, [3, 3, 3], [5, 5, 5]).pvalue == pytest.approx(0.1)

    @pytest.mark.parametrize("test", ["welch_t", "brown_forsythe"])
    def test_no_variance_is_flagged(self, test):
        assert run(test, [3, 3, 3], [5, 5]).method.startswith("degenerate")

    @pytest.mark.parametrize("test", TWO_SAMPLE_TESTS)
    def test_large_offsets_and_tiny_scales(self, test):
        x, y = np.array([1.0, 2, 3, 4, 6]), np.array([3.0, 5, 6, 8])
        expected = run(test, x, y).pvalue
        assert run(test, x + 2.0**40, y + 2.0**40).pvalue == pytest.approx(expected)
        assert run(test, x * 2.0**-400, y * 2.0**-400).pvalue == pytest.approx(expected)


class TestKs:
    def test_schroer_trenkler(self):
        # Schröer & Trenkler 1995: 8/33; ignoring ties 0.545
        result = run("ks", [1, 2, 2, 3, 3], [1, 2, 3, 3, 4, 5, 6])
        assert result.statistic == pytest.approx(3 / 7)
        assert result.pvalue == pytest.approx(8 / 33, rel=1e-12)

    @settings(max_examples=60, deadline=None)
    @given(x=tied, y=tied)
    def test_against_all_splits(self, x, y):
        assert run("ks", x, y).pvalue == pytest.approx(brute_force(ks_statistic, x, y), rel=1e-9)

    @pytest.mark.parametrize(("n", "m"), [(5, 9), (20, 20), (37, 90), (300, 400)])
    def test_without_ties_as_scipy(self, n, m):
        rng = np.random.default_rng(n)
        x, y = rng.normal(size=n), rng.normal(0.2, size=m)
        expected = stats.ks_2samp(x, y, method="exact")
        result = run("ks", x, y)
        assert result.statistic == pytest.approx(expected.statistic)
        assert result.pvalue == pytest.approx(expected.pvalue, rel=1e-7)
        assert result.method == "exact"

    def test_small_pvalues_keep_their_accuracy(self):
        # complete separation of 50 from 50: 2 of choose(100, 50) splits
        result = run("ks", np.arange(50), np.arange(50, 100))
        assert result.pvalue == pytest.approx(2 / math.comb(100, 50), rel=1e-9)

    def test_beyond_the_smallest_double_is_not_zero(self):
        x = np.repeat(np.arange(10.0), 500)
        assert 0 < run("ks", x, x + 10).pvalue < 1e-300

    def test_ties_make_the_blind_value_too_large(self):
        rng = np.random.default_rng(1)
        x, y = rng.normal(0.8775, 0.0027, (2, 500)).round(4)
        # methods.md: 1.2 to 2.4 times on k/10,000 data
        assert 1.1 < stats.ks_2samp(x, y, method="exact").pvalue / run("ks", x, y).pvalue < 3

    def test_monte_carlo_beyond_the_affordable(self, monkeypatch):
        rng = np.random.default_rng(2)
        x, y = rng.integers(0, 30, 60), rng.integers(2, 33, 50)
        exact = run("ks", x, y).pvalue
        monkeypatch.setattr(two_sample, "MAX_KS_COST", 0)
        drawn = run("ks", x, y, n_resamples=9999)
        assert drawn.method == "permutation, 9,999 random splits"
        assert abs(drawn.pvalue - exact) < 4 * drawn.pvalue_error

    def test_asymptotic_when_that_is_too_dear(self, monkeypatch):
        rng = np.random.default_rng(2)
        x, y = rng.normal(size=3000), rng.normal(0.05, size=3000)
        exact = run("ks", x, y).pvalue
        monkeypatch.setattr(two_sample, "MAX_KS_COST", 0)
        monkeypatch.setattr(two_sample, "MAX_PERMUTED_CELLS", 0)
        result = run("ks", x, y)
        assert result.method.startswith("asymptotic")
        assert result.pvalue == pytest.approx(exact, rel=0.1)

    @settings(max_examples=40, deadline=None)
    @given(x=tied, y=tied)
    def test_minimum_pvalue_against_all_splits(self, x, y):
        largest = max(ks_statistic(a, b) for a, b in all_splits(x, y))
        share = np.mean([ks_statistic(a, b) >= largest - 1e-9 for a, b in all_splits(x, y)])
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


class TestMannWhitney:
    @settings(max_examples=60, deadline=None)
    @given(x=tied, y=tied)
    def test_against_all_splits(self, x, y):
        assert run("mann_whitney", x, y).pvalue == pytest.approx(brute_force(u_distance, x, y))

    def test_r_wilcox_test(self):
        # R: wilcox.test(c(0.80,0.83,1.89,1.04,1.45,1.38,1.91,1.64,0.73,1.46), c(1.15,0.88,0.90,0.74,1.21))
        # (its help page, Hollander & Wolfe 1973): W = 35, p-value = 0.2544; W counts x > y
        x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
        y = [1.15, 0.88, 0.90, 0.74, 1.21]
        result = run("mann_whitney", x, y)
        assert 50 - result.statistic == 35
        assert result.pvalue == pytest.approx(0.2544, abs=5e-5)
        assert result.method == "exact"

    def test_without_ties_as_scipy(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=30), rng.normal(0.5, size=25)
        expected = stats.mannwhitneyu(y, x, method="exact")
        result = run("mann_whitney", x, y)
        assert result.statistic == expected.statistic
        assert result.pvalue == pytest.approx(expected.pvalue)

    def test_large_and_tied_as_scipy(self):
        rng = np.random.default_rng(0)
        x, y = rng.integers(0, 30, 400), rng.integers(1, 32, 300)
        expected = stats.mannwhitneyu(y, x, method="asymptotic")
        result = run("mann_whitney", x, y)
        assert result.pvalue == pytest.approx(expected.pvalue)
        assert result.method == "normal approximation, tie-corrected"

    def test_exact_and_normal_meet(self, monkeypatch):
        rng = np.random.default_rng(3)
        x, y = rng.integers(0, 20, 45), rng.integers(1, 22, 45)
        exact = run("mann_whitney", x, y)
        monkeypatch.setattr(two_sample, "MAX_RANK_SUM_COST", 0)
        normal = run("mann_whitney", x, y)
        assert exact.method != normal.method
        assert normal.pvalue == pytest.approx(exact.pvalue, rel=0.03)


class TestWelch:
    def test_r_sleep(self):
        # R: t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p-value = 0.07939
        first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
        second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
        result = run("welch_t", first, second)
        assert result.statistic == pytest.approx(1.8608, abs=5e-5)
        assert result.pvalue == pytest.approx(0.07939, abs=5e-6)
        assert result.method == "Welch–Satterthwaite, 17.8 df"

    def test_as_scipy(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=12), rng.normal(1, 3, size=40)
        expected = stats.ttest_ind(y, x, equal_var=False)
        result = run("welch_t", x, y)
        assert (result.statistic, result.pvalue) == pytest.approx((expected.statistic, expected.pvalue))


class TestPermutationMean:
    @settings(max_examples=40, deadline=None)
    @given(x=tied, y=tied)
    def test_against_all_splits(self, x, y):
        assert run("permutation_mean", x, y).pvalue == pytest.approx(brute_force(mean_distance, x, y))

    def test_drawn_agrees_with_exact(self, monkeypatch):
        x, y = np.array([1.0, 2, 2, 4, 6, 6]), np.array([3.0, 5, 6, 8, 8])
        exact = brute_force(mean_distance, x, y)
        monkeypatch.setattr(two_sample, "MAX_SPLITS", 0)
        drawn = run("permutation_mean", x, y, n_resamples=9999)
        assert abs(drawn.pvalue - exact) < 4 * drawn.pvalue_error

    def test_never_zero(self):
        # DABEST's can be
        result = run("permutation_mean", np.arange(50), np.arange(50) + 1000, n_resamples=999)
        assert result.pvalue == 1 / 1000
        assert result.pvalue_error == pytest.approx(math.sqrt(0.001 * 0.999 / 999))


class TestBrownForsythe:
    def test_as_scipy(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=30), rng.normal(0, 2, size=25)
        expected = stats.levene(x, y, center="median")
        result = run("brown_forsythe", x, y)
        assert (result.statistic, result.pvalue) == pytest.approx((expected.statistic, expected.pvalue))

    def test_integers_are_not_truncated(self):
        # medians 2.5 and 25: in integer arithmetic the distances would be cut
        x, y = np.array([1, 2, 3, 4]), np.array([10, 20, 30, 41])
        result = TWO_SAMPLE_TESTS["brown_forsythe"](x, y, rng=stream(0, "x"), n_resamples=99)
        # by hand: distances 1.5 .5 .5 1.5 and 15 5 5 16; means 1, 10.25; within 1 + 110.75
        assert result.statistic == pytest.approx(9.25**2 * 2 / (111.75 / 6))
