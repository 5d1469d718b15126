import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze.stats.paired_effects import PAIRED_EFFECT_SIZES, _exact_signed_rank, paired_effect_sizes
from analyze.stats.resampling import stream

# Darwin's maize, crossed less self-fertilised, in 1/8 inch (Fisher 1935, The Design of Experiments, §17)
DARWIN = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48.0])
differences = st.lists(st.integers(-4, 4), min_size=2, max_size=15)


def estimate(d, *, x=0.0, seed=0, n_resamples=999, confidence_level=0.95):
    x = np.zeros(len(d)) + x
    found = paired_effect_sizes(
        x,
        x + np.asarray(d, dtype=float),
        rng=stream(seed, "pairs"),
        n_resamples=n_resamples,
        confidence_level=confidence_level,
    )
    return {result.effect: result for result in found}


class TestReferences:
    def test_darwins_maize(self):
        # Fisher (1935, §17): mean 20.93, t = 2.148 with 14 degrees of freedom
        found = estimate(DARWIN, n_resamples=9999)
        assert found["paired_mean_difference"].estimate == pytest.approx(20.93, abs=0.005)
        j = math.gamma(7) / (math.sqrt(7) * math.gamma(6.5))
        assert found["paired_hedges_g"].estimate == pytest.approx(j * 2.148 / 15**0.5, rel=3e-4)
        assert found["paired_median_difference"].estimate == 24

    def test_depression_scale(self):
        # Hollander & Wolfe (1973, p. 29); R: wilcox.test(x, y, paired = TRUE, conf.int = TRUE), its help
        # page's data: pseudomedian 0.46, 95 percent interval 0.010 to 0.786, for x − y
        x = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
        y = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
        found = estimate(y - x)["paired_hodges_lehmann"]
        assert (found.estimate, found.low, found.high) == pytest.approx((-0.46, -0.786, -0.010))

    # tables of Wilcoxon's signed-rank test, two-sided 5 %: the largest sum that rejects
    @pytest.mark.parametrize(
        ("n", "critical"), [(6, 0), (7, 2), (8, 3), (9, 5), (10, 8), (15, 25), (20, 52), (25, 89)]
    )
    def test_critical_values_of_the_tables(self, n, critical):
        assert _exact_signed_rank(n, (1 - 0.95) / 2) == critical + 1

    # order statistics of the sign test: P(2nd ≤ median ≤ 9th) of 10 = 0.9785, 6th and 15th of 20: 0.9586
    @pytest.mark.parametrize(("n", "rank"), [(6, 1), (10, 2), (15, 4), (20, 6), (100, 40)])
    def test_median_between_order_statistics(self, n, rank):
        found = estimate(np.arange(n) ** 2)["paired_median_difference"]
        assert (found.low, found.high) == ((rank - 1) ** 2, (n - rank) ** 2)
        assert stats.binom.cdf(rank - 1, n, 0.5) <= 0.025 < stats.binom.cdf(rank, n, 0.5)

    @pytest.mark.parametrize("won", [0, 3, 11, 20])
    def test_superiority_without_ties_is_wilsons(self, won):
        found = estimate([1] * won + [-1] * (20 - won))["paired_superiority"]
        expected = stats.binomtest(won, 20).proportion_ci(method="wilson")
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))

    @pytest.mark.parametrize(("above", "below", "tied"), [(5, 3, 2), (10, 0, 10), (3, 9, 50), (0, 0, 7)])
    def test_superiority_inverts_the_score_test(self, above, below, tied):
        n = above + below + tied
        found = estimate([1] * above + [-1] * below + [0] * tied)["paired_superiority"]
        for end in (found.low, found.high):
            delta = 2 * end - 1
            # the likeliest P(d < 0) for this difference, on a fine grid: the definition of the score test
            grid = np.linspace(max(0, -delta), (1 - delta) / 2, 2_000_001)[1:-1]
            likelihood = (
                above * np.log(grid + delta) + below * np.log(grid) + tied * np.log(1 - 2 * grid - delta)
            )
            p = grid[likelihood.argmax()]
            z = (above - below - n * delta) / math.sqrt(n * (2 * p + delta - delta**2))
            assert abs(z) == pytest.approx(1.96, abs=2e-3)

    def test_studentised_mean_by_brute_force(self):
        rng = np.random.default_rng(0)
        d = rng.exponential(size=15)
        found = estimate(d, n_resamples=20_000)["paired_mean_difference"]
        drawn = d[rng.integers(0, 15, size=(20_000, 15))]
        t = np.abs(drawn.mean(axis=1) - d.mean()) / drawn.std(axis=1, ddof=1)
        assert (found.high - found.low) / 2 == pytest.approx(np.quantile(t, 0.95) * d.std(ddof=1), rel=0.05)


class TestDuality:
    @settings(max_examples=20, deadline=None)
    @given(st.integers(0, 10_000))
    def test_hodges_lehmann_ends_where_wilcoxons_test_turns(self, seed):
        d = np.random.default_rng(seed).normal(0.3, size=12)
        found = estimate(d, n_resamples=99)["paired_hodges_lehmann"]
        for end, outwards in ((found.low, -1e-9), (found.high, 1e-9)):
            inside, outside = (
                stats.wilcoxon(d - v, method="exact").pvalue for v in (end - outwards, end + outwards)
            )
            assert inside > 0.05 >= outside

    def test_hedges_g_ends_at_zero_where_the_t_test_says_so(self):
        pvalue = stats.ttest_1samp(DARWIN, 0).pvalue
        found = estimate(DARWIN, confidence_level=1 - pvalue)["paired_hedges_g"]
        assert found.low == pytest.approx(0, abs=1e-7)

    @pytest.mark.parametrize("n", [100, 101])
    def test_exact_and_normal_signed_rank_intervals_meet(self, n):
        # exact up to 100 pairs: one pair more must not jump
        d = np.random.default_rng(0).normal(size=101)
        found, both = estimate(d[:n])["paired_hodges_lehmann"], estimate(d)["paired_hodges_lehmann"]
        assert found.high - found.low == pytest.approx(both.high - both.low, rel=0.05)


class TestContract:
    def test_keys(self):
        assert list(PAIRED_EFFECT_SIZES) == [
            "paired_mean_difference",
            "paired_median_difference",
            "paired_hodges_lehmann",
            "paired_superiority",
            "paired_hedges_g",
        ]

    @settings(max_examples=60, deadline=None)
    @given(d=differences)
    def test_never_nan_and_mirrored(self, d):
        forth, back = estimate(d, n_resamples=99), estimate([-v for v in d], n_resamples=99)
        for name, result in forth.items():
            assert not any(math.isnan(v) for v in (result.estimate, result.low, result.high))
            assert result.low <= result.high
            around = 1.0 if name == "paired_superiority" else 0.0
            assert around - back[name].estimate == pytest.approx(result.estimate, abs=1e-9)
            if name != "paired_mean_difference":  # whose resamples are others
                assert (around - back[name].high, around - back[name].low) == pytest.approx(
                    (result.low, result.high), abs=1e-9
                )

    def test_only_differences_matter(self):
        d = np.array([1.0, -2.0, 4.0, 8.0, 3.0, 0.5])
        assert estimate(d) == estimate(d, x=1024.0)

    @pytest.mark.parametrize("factor", [4.0, 2.0**-900, 2.0**900])
    def test_scaling(self, factor):
        plain, mapped = estimate(DARWIN), estimate(DARWIN * factor)
        for name, result in plain.items():
            unit = factor if result.unit == "value" else 1
            found = [v / unit for v in (mapped[name].estimate, mapped[name].low, mapped[name].high)]
            assert found == pytest.approx([result.estimate, result.low, result.high])

    def test_same_seed_same_result_other_seed_other_result(self):
        assert estimate(DARWIN) == estimate(DARWIN[::-1])
        other = estimate(DARWIN, seed=1)
        assert other["paired_mean_difference"] != estimate(DARWIN)["paired_mean_difference"]


class TestDegenerate:
    @pytest.mark.parametrize("value", [0.0, 2.0, -3.0])
    def test_all_differences_equal(self, value):
        found = estimate([value] * 5)
        for name in ("paired_mean_difference", "paired_median_difference", "paired_hodges_lehmann"):
            assert (found[name].low, found[name].estimate, found[name].high) == (value,) * 3
            assert found[name].method.startswith("degenerate")
        assert found["paired_hedges_g"].estimate == (math.copysign(math.inf, value) if value else 0.0)
        # signs are known no better because their sizes are equal
        assert found["paired_superiority"].high > found["paired_superiority"].low

    def test_two_pairs(self):
        found = estimate([1.0, 2.0])
        assert (found["paired_hodges_lehmann"].low, found["paired_median_difference"].high) == (
            -math.inf,
            math.inf,
        )
        expected = stats.ttest_1samp([1, 2], 0).confidence_interval()
        mean = found["paired_mean_difference"]
        assert (mean.low, mean.high) == pytest.approx((expected.low, expected.high))
        assert found["paired_hedges_g"].estimate == pytest.approx(1.5 * 2**0.5)
        assert "not corrected" in found["paired_hedges_g"].method

    def test_many_pairs(self):
        rng = np.random.default_rng(0)
        found = estimate(rng.normal(0.001, 0.003, size=200_000).round(4))
        for name, truth in (("paired_mean_difference", 0.001), ("paired_hedges_g", 1 / 3)):
            assert found[name].low < truth < found[name].high
            assert found[name].high - found[name].low < 0.02
