"""The one rule of the difference of means, against closed forms, scipy and simulated coverage."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from analyze.stats.effects import effect_sizes
from analyze.stats.resampling import stream
from analyze.stats.two_sample import TWO_SAMPLE_TESTS, compare_means
from analyze.stats.two_sample.means import MeanDifference

FIVE, MOST = [1.0] * 5, [0.0] * 40 + [1.0] * 160


def welch_t(x, y):
    return TWO_SAMPLE_TESTS["welch_t"](x, y, rng=stream(0, "t"), n_resamples=999)


class TestTwoValues:
    def test_five_of_five_against_160_of_200(self):
        """Agresti & Caffo's interval by hand; the exact p of the same difference by counting splits."""
        found = compare_means(FIVE, MOST)
        low, high, how = found.interval(0.95)
        a, b = 6 / 7, 161 / 202
        reach = stats.norm.ppf(0.975) * math.sqrt(a * (1 - a) / 7 + b * (1 - b) / 202)
        # 200 runs tell the share of b, and no share of a is above 1
        bound = 0.8 - 1 - stats.norm.ppf(0.975) * math.sqrt(0.8 * 0.2 / 199)
        assert b - a - reach < bound
        assert (low, high) == pytest.approx((bound, b - a + reach))
        assert how.startswith("Agresti–Caffo")
        assert found.estimate == pytest.approx(-0.2)

    def test_the_tests_p_is_that_of_all_splits(self):
        # splits of 165 ones and 40 zeros into 5 and 200: the difference of k ones of 5
        def difference(k):
            return abs(Fraction(165 - k, 200) - Fraction(k, 5))

        ways = [math.comb(165, k) * math.comb(40, 5 - k) for k in range(6)]
        extreme = sum(w for k, w in enumerate(ways) if difference(k) >= difference(5))
        result = welch_t(FIVE, MOST)
        assert result.pvalue == pytest.approx(extreme / math.comb(205, 5))
        assert result.pvalue == pytest.approx(0.585, abs=5e-4)
        assert "two values" in result.method
        assert "permutation" in result.method

    def test_five_runs_are_no_equivalence(self):
        # Welch's two one-sided tests gave 0.00071 for 5 of 5 and 190 of 200
        assert compare_means(FIVE, [0.0] * 10 + [1.0] * 190).margin_pvalue(0.1) > 0.4

    def test_the_unit_scales_the_interval(self):
        plain = compare_means(FIVE, MOST).interval(0.9)
        low, high, how = compare_means([30.0] * 5, [10.0] * 40 + [30.0] * 160).interval(0.9)
        assert (low, high, how) == (pytest.approx(20 * plain[0]), pytest.approx(20 * plain[1]), plain[2])

    @pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
    def test_interval_stays_within_what_is_possible_and_holds_the_estimate(self, confidence):
        for n, m in ((2, 2), (3, 500), (5, 4)):
            low, high, _ = compare_means([0.0] * n, [1.0] * m).interval(confidence)
            assert -1 <= low <= 1.0 == high

    def test_many_runs_are_welchs(self):
        x, y = np.repeat([0.0, 1.0], [60, 40]), np.repeat([0.0, 1.0], [40, 60])
        assert welch_t(x, y).pvalue == pytest.approx(stats.ttest_ind(y, x, equal_var=False).pvalue)


class TestGuard:
    def test_similar_sizes_are_welchs(self):
        rng = np.random.default_rng(3)
        for n, m in ((3, 3), (3, 5), (5, 5), (8, 8), (12, 40), (50, 500)):
            x, y = rng.exponential(size=n), rng.exponential(2, size=m)
            expected = stats.ttest_ind(y, x, equal_var=False)
            interval = expected.confidence_interval(0.95)
            low, high, how = compare_means(x, y).interval(0.95)
            assert (low, high) == pytest.approx((interval.low, interval.high))
            assert how.startswith("Welch")
            assert welch_t(x, y).pvalue == pytest.approx(expected.pvalue)

    def test_a_small_group_is_no_narrower_than_one_variance_for_both(self):
        x, y = [0.50, 0.51, 0.52], np.random.default_rng(0).normal(0.6, 0.1, 10)
        pooled = stats.ttest_ind(y, x).confidence_interval(0.95)
        welch = stats.ttest_ind(y, x, equal_var=False).confidence_interval(0.95)
        low, high, how = compare_means(x, y).interval(0.95)
        assert pooled.high - pooled.low > welch.high - welch.low
        assert (low, high) == pytest.approx((pooled.low, pooled.high))
        assert "one variance" in how
        result = welch_t(x, y)
        assert result.pvalue == pytest.approx(stats.ttest_ind(y, x).pvalue)
        assert "one variance" in result.method

    def test_a_wide_small_group_keeps_welchs_width(self):
        x, y = [0.1, 0.5, 0.9], np.random.default_rng(0).normal(0.6, 0.01, 10)
        expected = stats.ttest_ind(y, x, equal_var=False)
        assert welch_t(x, y).pvalue == pytest.approx(expected.pvalue)

    def test_nearly_constant_runs_among_many(self):
        """40 equal runs beside 500 of which 96 % have that value: Welch's error is that of the 500 alone."""
        x, y = np.append(np.ones(39), 0.999), np.repeat([1.0, 0.5, 0.0], [480, 10, 10])
        assert stats.ttest_ind(y, x, equal_var=False).pvalue < 1e-4
        assert welch_t(x, y).pvalue == pytest.approx(stats.ttest_ind(y, x).pvalue)

    @pytest.mark.parametrize("sizes", [(3, 3), (3, 10), (5, 50), (12, 90), (40, 40)])
    def test_interval_excludes_0_where_the_test_rejects(self, sizes):
        rng = np.random.default_rng(7)
        for _ in range(40):
            x, y = rng.normal(size=sizes[0]), rng.normal(1.0, 1.5, size=sizes[1])
            pvalue, _ = compare_means(x, y).pvalue()
            low, high, _ = compare_means(x, y).interval(1 - pvalue)
            assert min(abs(low), abs(high)) == pytest.approx(0, abs=1e-9)


class TestNothingVaries:
    def test_equal_runs_say_nothing_of_a_margin(self):
        found = compare_means([0.1] * 500, [0.1] * 500)
        assert found.interval(0.95)[:2] == (0.0, 0.0)
        assert (found.pvalue()[0], found.margin_pvalue(0.01), found.detectable(alpha=0.05, power=0.8)) == (
            1,
            1,
            0,
        )

    def test_two_constant_groups_have_an_interval(self):
        """By hand: shares 1/5 and 4/5 of 3 + 2 runs; 0.6 ± 1.96 √(2 · 0.16 / 5), cut at the largest."""
        low, high, _ = compare_means([0.2] * 3, [0.7] * 3).interval(0.95)
        assert low == pytest.approx(0.5 * (0.6 - stats.norm.ppf(0.975) * math.sqrt(0.32 / 5)))
        assert high == pytest.approx(0.5)
        assert welch_t([0.2] * 3, [0.7] * 3).pvalue == pytest.approx(0.1)  # 2 of 20 splits


class TestMargin:
    def test_is_the_larger_of_two_tests(self):
        # scipy's one-sided tests against −margin and +margin
        x, y = [1.0, 2, 4, 5, 3.5], [1.2, 2.1, 3.9, 5.5]
        tests = [
            stats.ttest_ind([b + s for b in y], x, equal_var=False, alternative=a).pvalue
            for s, a in ((4, "greater"), (-4, "less"))
        ]
        assert compare_means(x, y).margin_pvalue(4) == pytest.approx(max(tests))

    def test_does_not_depend_on_the_direction(self):
        x, y = [1.0, 2, 4, 5], [1.2, 2.1, 3.9, 5.5]
        assert compare_means(x, y).margin_pvalue(1) == pytest.approx(compare_means(y, x).margin_pvalue(1))

    def test_power_against_the_noncentral_t(self):
        n = 30
        z = stats.norm.ppf((np.arange(n) + 0.5) / n)
        x = 1.5 * z / z.std(ddof=1)
        d, df = compare_means(x, x).detectable(alpha=0.05, power=0.8), 2 * n - 2
        power = stats.nct.sf(stats.t.isf(0.025, df), df, d / (1.5 * (2 / n) ** 0.5))
        assert power == pytest.approx(0.8, abs=0.01)


def populations():
    rng = np.random.default_rng(0)
    z = rng.normal(size=20_000)
    return {
        "normal": z,
        "lognormal": np.exp(z),
        "0/1": (rng.random(20_000) < 0.9).astype(float),
        "three values": rng.choice([0.0, 0.5, 1.0], 20_000, p=[0.03, 0.03, 0.94]),
        "a collapsed seed": 0.01 * z - 0.5 * (rng.random(20_000) < 0.1),
    }


@pytest.mark.parametrize("name", populations())
@pytest.mark.parametrize("sizes", [(3, 3), (3, 10), (5, 50), (5, 200)])
def test_coverage_and_size_of_small_groups(name, sizes):
    """Of 200 replicates a share of 0.95 has a standard error of 0.015: below 0.91 is nearly three of them."""
    population, rng = populations()[name], np.random.default_rng(1)
    covered = rejected = 0
    for _ in range(200):
        x, y = (rng.choice(population, n) for n in sizes)
        low, high, _ = compare_means(x, y).interval(0.95)
        covered += low <= 1e-12 and high >= -1e-12
        rejected += welch_t(x, y).pvalue <= 0.05
    assert covered >= 0.91 * 200
    assert rejected <= 0.09 * 200


def test_width_on_normal_samples_is_welchs():
    """The studentised bootstrap was 1.45 times as wide at 3 v 3."""
    rng = np.random.default_rng(5)
    ratios = []
    for _ in range(50):
        x, y = rng.normal(size=3), rng.normal(size=3)
        streams = {"rng_x": stream(0, "x"), "rng_y": stream(0, "y")}
        found = effect_sizes(x, y, **streams, n_resamples=99)[0]
        welch = stats.ttest_ind(y, x, equal_var=False).confidence_interval(0.95)
        ratios.append((found.high - found.low) / (welch.high - welch.low))
    assert np.median(ratios) < 1.15


def test_exchanging_the_groups_mirrors_all():
    for x, y in ((FIVE, MOST), ([0.1, 0.2, 0.4], np.linspace(0, 1, 20)), ([1.0, 1.0], [2.0, 2.0, 2.0])):
        forth, back = compare_means(x, y), compare_means(y, x)
        assert isinstance(forth, MeanDifference)
        assert forth.interval(0.95)[:2] == pytest.approx(tuple(-end for end in back.interval(0.95)[1::-1]))
        assert forth.pvalue()[0] == pytest.approx(back.pvalue()[0])


class TestBoundedOutcomes:
    def test_intervals_stay_inside(self):
        """Five runs beside 5,000 of 0, 1, 2: a mean of a beyond 2 was allowed by 3 in 4 intervals."""
        rng = np.random.default_rng(0)
        for _ in range(50):
            x, y = (rng.choice(3, n, p=(0.05, 0.15, 0.8)) for n in (5, 5000))
            low, high, _ = compare_means(x, y).interval(0.95)
            slack = 1.96 * y.std(ddof=1) / 5000**0.5
            assert y.mean() - 2 - slack - 1e-9 <= low <= high <= y.mean() + slack + 1e-9

    def test_and_cover(self):
        """A group at the bound itself: the difference is the mean of b less 2."""
        rng, covered = np.random.default_rng(1), 0
        for _ in range(400):
            y = rng.choice(3, 500, p=(0.05, 0.15, 0.8))
            low, high, _ = compare_means(np.full(5, 2.0), y).interval(0.95)
            covered += low <= 1.75 - 2 <= high
        assert stats.binomtest(covered, 400, 0.95, alternative="less").pvalue > 0.01

    def test_few_runs_do_not_show_the_bounds(self):
        low, high, _ = compare_means([0, 1, 2], [0, 2, 2]).interval(0.95)
        assert low < -2 < 2 < high
