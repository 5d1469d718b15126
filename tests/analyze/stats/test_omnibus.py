"""Tests of the omnibus tests. R 4.x calls stand beside numbers from R; exact ones come from all splits."""

import math

import numpy as np
import pytest
from anderson_darling import a_squared, scipy_anderson, standardised
from enumeration import three_groups
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from statsmodels.stats.oneway import anova_oneway

from analyze.stats.omnibus import OMNIBUS_TESTS
from analyze.stats.resampling import Counts, stream, tabulate
from analyze.stats.two_sample import TWO_SAMPLE_TESTS

pairs = st.lists(st.integers(0, 3), min_size=2, max_size=2)
# Hollander & Wolfe 1973, table 6.1, mucociliary efficiency
EFFICIENCY = [2.9, 3.0, 2.5, 2.6, 3.2], [3.8, 2.7, 4.0, 2.4], [2.8, 3.4, 3.7, 2.2, 2.0]
# Scholz & Stephens 1987, table 4: smoothness of paper, measured by four laboratories
SMOOTHNESS = (
    [38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0],
    [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8],
    [34.0, 35.0, 39.0, 40.0, 43.0, 43.0, 44.0, 45.0],
    [34.0, 34.8, 34.8, 35.4, 37.2, 37.8, 41.2, 42.8],
)


def run(test, *samples, seed=0, n_resamples=999):
    return OMNIBUS_TESTS[test](samples, rng=stream(seed, test), n_resamples=n_resamples)


def tied_samples(*sizes):
    rng = np.random.default_rng(0)
    return [rng.integers(i, 12 + 2 * i, n) * 1.0 for i, n in enumerate(sizes)]


def brute_force(statistic, *samples):
    """Share of all splits into three groups whose statistic is at least the observed one."""
    samples = [np.asarray(s, float) for s in samples]
    sizes = [len(s) for s in samples]
    values = np.array([statistic(*groups) for groups in three_groups(np.concatenate(samples), sizes)])
    return (values >= statistic(*samples) - 1e-9).mean()


@pytest.mark.parametrize("test", OMNIBUS_TESTS)
class TestContract:
    def test_fields(self, test):
        result = run(test, *tied_samples(9, 8, 12))
        assert result.test == test
        assert 0 < result.pvalue <= 1
        assert result.pvalue_error >= 0
        assert all([result.label, result.hypothesis, result.statistic_name, result.method])
        assert type(result.statistic) is type(result.pvalue) is type(result.pvalue_error) is float

    @settings(max_examples=30, deadline=None)
    @given(a=pairs, b=pairs, c=pairs)
    def test_always_a_pvalue_whatever_the_order(self, test, a, b, c):
        result = run(test, a, b, c)
        assert 0 < result.pvalue <= 1
        assert not math.isnan(result.statistic)
        for other in (run(test, c, a, b), run(test, a[::-1], b, c)):
            assert other.pvalue == pytest.approx(result.pvalue)

    @pytest.mark.parametrize("sizes", [(9, 8, 12), (30, 40, 35, 20), (20, 15)])
    def test_order_shuffling_and_affine_maps_change_nothing(self, test, sizes):
        samples, rng = tied_samples(*sizes), np.random.default_rng(1)
        expected = run(test, *samples).pvalue
        assert run(test, *samples[::-1]).pvalue == pytest.approx(expected)
        assert run(test, *(rng.permutation(s) for s in samples)).pvalue == pytest.approx(expected)
        assert run(test, *(4 * s - 64 for s in samples)).pvalue == pytest.approx(expected)

    @pytest.mark.parametrize("power", [-1000, -400, 400, 1000])
    def test_extreme_scales(self, test, power):
        samples = tied_samples(9, 8, 12)
        scaled = run(test, *(s * 2.0**power for s in samples))
        assert scaled == run(test, *samples)

    def test_large_offset(self, test):
        samples = tied_samples(30, 40, 35)
        assert run(test, *(s + 2.0**40 for s in samples)).pvalue == pytest.approx(run(test, *samples).pvalue)

    def test_counts_are_as_good_as_values(self, test):
        samples = tied_samples(30, 40, 35)
        assert run(test, *map(tabulate, samples)) == run(test, *samples)

    def test_same_seed_same_result_and_global_state(self, test):
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        samples = tied_samples(9, 8, 12)
        assert run(test, *samples) == run(test, *samples)
        assert (np.random.get_state()[1] == before).all()  # noqa: NPY002

    def test_constant_and_equal(self, test):
        result = run(test, [0.1] * 3, [0.1] * 2, [0.1] * 4)
        assert (result.statistic, result.pvalue) == (0, 1)

    def test_constant_and_different(self, test):
        # 3! of the 6!/(2!·2!·2!) = 90 splits keep equal values together
        assert run(test, [1, 1], [2, 2], [3, 3]).pvalue == pytest.approx(6 / 90)

    def test_a_million_runs(self, test):
        table = Counts(values=np.arange(40.0), counts=np.full(40, 25_000))
        moved = Counts(values=np.arange(1.0, 41.0), counts=np.full(40, 25_000))
        assert run(test, table, table, table, n_resamples=99).pvalue > 0.9
        assert run(test, table, table, moved, n_resamples=99).pvalue <= 0.01
        assert 0 < run(test, table, [3, 7], [20, 30], n_resamples=99).pvalue <= 1


def test_other_seed_other_result():
    samples = tied_samples(9, 8, 12)
    pvalues = {run("anderson_darling_k", *samples, seed=seed).pvalue for seed in range(4)}
    assert len(pvalues) > 1


class TestKruskalWallis:
    def test_r_help_page(self):
        # R: kruskal.test(list(x, y, z)) of its help page: chi-squared = 0.7714, df = 2, p-value = 0.68
        result = run("kruskal_wallis", *EFFICIENCY, n_resamples=9999)
        assert result.statistic == pytest.approx(0.7714, abs=5e-5)
        assert special.chdtrc(2, result.statistic) == pytest.approx(0.68, abs=5e-4)
        # so few runs are judged by their permutation distribution
        assert result.method == "permutation, 9,999 random splits"
        ranks = np.random.default_rng(1).permuted(np.tile(np.arange(1, 15), (20_000, 1)), axis=1)
        sums = [ranks[:, part].sum(axis=1) for part in (slice(0, 5), slice(5, 9), slice(9, 14))]
        h = 12 / (14 * 15) * sum(r**2 / n for r, n in zip(sums, (5, 4, 5), strict=True)) - 3 * 15
        assert abs(result.pvalue - (h >= result.statistic - 1e-9).mean()) < 5 * result.pvalue_error

    def test_large_and_tied_as_scipy(self):
        samples = tied_samples(30, 40, 35)
        expected = stats.kruskal(*samples)
        result = run("kruskal_wallis", *samples)
        assert (result.statistic, result.pvalue) == pytest.approx((expected.statistic, expected.pvalue))

    @pytest.mark.parametrize(
        "samples", [([1, 2], [2, 3], [5, 5]), ([1, 4, 4], [2, 2], [0, 4]), ([1, 2, 3], [4, 5], [6, 7])]
    )
    def test_against_all_splits(self, samples):
        expected = brute_force(lambda *groups: stats.kruskal(*groups).statistic, *samples)
        assert run("kruskal_wallis", *samples).pvalue == pytest.approx(expected)

    def test_two_groups_are_the_mann_whitney_test(self):
        x, y = tied_samples(40, 50)
        # without its continuity correction
        expected = stats.mannwhitneyu(x, y, method="asymptotic", use_continuity=False).pvalue
        assert run("kruskal_wallis", x, y).pvalue == pytest.approx(expected)


def wiggle(n):
    """N numbers with mean 0 and standard deviation 1e-6."""
    numbers = np.linspace(-1, 1, n)
    return 1e-6 * numbers / numbers.std(ddof=1)


class TestWelchAnova:
    def test_r_sleep(self):
        # R: oneway.test(extra ~ group, data = sleep): F = 3.4626, denom df = 17.776, p-value = 0.07939
        first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
        second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
        result = run("welch_anova", first, second)
        assert result.statistic == pytest.approx(3.4626, abs=5e-5)
        assert result.pvalue == pytest.approx(0.07939, abs=5e-6)
        assert result.method == "F with 1 and 17.8 df"

    @pytest.mark.parametrize("sizes", [(5, 8), (20, 15)])
    def test_two_groups_are_welchs_t_test(self, sizes):
        x, y = tied_samples(*sizes)
        t = TWO_SAMPLE_TESTS["welch_t"](x, y, rng=stream(0, "t"), n_resamples=99)
        result = run("welch_anova", x, y)
        assert (result.statistic, result.pvalue) == pytest.approx((t.statistic**2, t.pvalue))

    @pytest.mark.parametrize("sizes", [(9, 8, 12), (30, 40, 35, 20), (4, 4, 4, 4, 5)])
    def test_as_statsmodels(self, sizes):
        samples = tied_samples(*sizes)
        expected = anova_oneway(samples, use_var="unequal", welch_correction=True)
        result = run("welch_anova", *samples)
        assert (result.statistic, result.pvalue) == pytest.approx((expected.statistic, expected.pvalue))

    @pytest.mark.parametrize(
        "samples",
        [([2, 2, 2], [1, 2, 4, 5], [3, 5, 6]), ([2, 2, 2], [2, 2, 2, 2], [3, 5, 6], [1, 5, 6, 6])],
    )
    def test_constant_groups_are_the_limit_of_small_variance(self, samples):
        result = run("welch_anova", *samples)
        near = [np.array(s) + (wiggle(len(s)) if len(set(s)) == 1 else 0) for s in samples]
        expected = anova_oneway(near, use_var="unequal", welch_correction=True)
        assert (result.statistic, result.pvalue) == pytest.approx(
            (expected.statistic, expected.pvalue), rel=1e-4
        )

    def test_constant_groups_that_differ(self):
        result = run("welch_anova", [1, 1, 1], [2, 2], [1, 2, 5])
        assert result.statistic == math.inf
        assert result.method.startswith("degenerate: constant groups differ, exact")

        def differ(*groups):
            return float(len({g[0] for g in groups if np.ptp(g) == 0}) > 1)

        assert result.pvalue == pytest.approx(brute_force(differ, [1, 1, 1], [2, 2], [1, 2, 5]))


class TestAndersonDarling:
    def test_scholz_stephens(self):
        # Scholz & Stephens 1987, section 7, with midranks: A² = 8.3926, standardised 4.480; so scipy's tests
        result = run("anderson_darling_k", *SMOOTHNESS, n_resamples=9999)
        assert result.statistic == pytest.approx(8.3926, abs=5e-5)
        assert standardised(result.statistic, *SMOOTHNESS) == pytest.approx(4.480, abs=5e-4)
        assert result.pvalue == pytest.approx(0.002, abs=0.002)

    @pytest.mark.parametrize("sizes", [(9, 8, 12), (30, 40, 35, 20)])
    def test_statistic_as_scipy(self, sizes):
        samples = tied_samples(*sizes)
        result = run("anderson_darling_k", *samples, n_resamples=99)
        assert standardised(result.statistic, *samples) == pytest.approx(scipy_anderson(*samples))

    @pytest.mark.parametrize(
        "samples", [([1, 2], [2, 3], [5, 5]), ([1, 4, 4], [2, 2], [0, 4]), ([1, 2, 3], [4, 5], [6, 7])]
    )
    def test_against_all_splits(self, samples):
        assert run("anderson_darling_k", *samples).pvalue == pytest.approx(brute_force(a_squared, *samples))

    def test_two_groups_are_the_two_sample_test(self):
        x, y = tied_samples(5, 6)
        two = TWO_SAMPLE_TESTS["anderson_darling"](x, y, rng=stream(0, "t"), n_resamples=99)
        result = run("anderson_darling_k", x, y)
        assert (result.statistic, result.pvalue) == pytest.approx((two.statistic, two.pvalue))


@pytest.mark.parametrize(("n_groups", "n_runs"), [(10, 3), (20, 3)])
def test_welch_anova_keeps_its_level_with_many_small_groups(n_groups, n_runs):
    """F's own distribution rejects 0.13 and 0.28 of these."""
    rng = np.random.default_rng(0)
    found = [
        run("welch_anova", *rng.normal(size=(n_groups, n_runs)), seed=i, n_resamples=99) for i in range(400)
    ]
    rejected = sum(result.pvalue <= 0.05 for result in found)
    assert stats.binomtest(rejected, 400, 0.05, alternative="greater").pvalue > 0.01
    assert all("not F's distribution" in result.method for result in found)


def test_many_groups_are_bounded_in_draws_and_it_is_said():
    rng = np.random.default_rng(0)
    result = run("kruskal_wallis", *rng.normal(size=(1000, 2)), n_resamples=99_999)
    assert result.method.startswith("permutation, 300 random splits of 99,999 asked for")
