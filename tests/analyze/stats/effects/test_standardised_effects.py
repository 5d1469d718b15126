import math

import numpy as np
import pytest
from scipy import special, stats

from analyze.stats.bootstrap import bootstrap_sample
from analyze.stats.effects.standardised import hedges_g, noncentrality_interval, small_sample_correction
from analyze.stats.resampling import stream


def g(x, y, confidence=0.95):
    a, b = (bootstrap_sample(v, rng=stream(0, n), n_resamples=9) for v, n in ((x, "a"), (y, "b")))
    return hedges_g(a, b, confidence)


class TestNoncentralT:
    @pytest.mark.parametrize("df", [1, 2, 8, 38, 998])
    @pytest.mark.parametrize("t", [0.0, 0.3, -2.5, 6.0])
    def test_ends_by_scipys_distribution(self, df, t):
        low, high = noncentrality_interval(t, df, confidence=0.95)
        # the definition: T is just in the upper, just in the lower 2.5 % of the noncentral t
        assert stats.nct.cdf(t, df, low) == pytest.approx(0.975, abs=1e-6)
        assert stats.nct.cdf(t, df, high) == pytest.approx(0.025, abs=1e-6)

    @pytest.mark.parametrize("t", [1.0, 50.0, 700.0, 1e8])
    def test_normal_limit_for_a_million_runs(self, t):
        # Johnson & Welch 1940: δ = t(1 − 1/4df) ± z √(1 + t²/2df), with an error of order 1/df
        df = 2_000_000
        low, high = noncentrality_interval(t, df, confidence=0.95)
        half = 1.959963984540054 * math.sqrt(1 + t**2 / (2 * df))
        assert (low, high) == pytest.approx((t - half, t + half), rel=1e-5)

    @pytest.mark.parametrize("df", [3, 20, 500])
    def test_excludes_zero_where_the_t_test_rejects(self, df):
        critical = special.stdtrit(df, 0.975)
        assert noncentrality_interval(critical, df, confidence=0.95)[0] == pytest.approx(0, abs=1e-6)
        assert noncentrality_interval(-critical, df, confidence=0.95)[1] == pytest.approx(0, abs=1e-6)


class TestHedges:
    def test_correction_has_closed_forms(self):
        # J(2) = Γ(1)/Γ(½), J(3) = Γ(3/2)/(√(3/2) Γ(1)), J(4) = √2⁻¹ Γ(2)/Γ(3/2)
        expected = [1 / math.sqrt(math.pi), math.sqrt(math.pi / 6), math.sqrt(2 / math.pi)]
        assert [small_sample_correction(df) for df in (2, 3, 4)] == pytest.approx(expected, rel=1e-12)

    def test_series_meets_the_gammas(self):
        assert small_sample_correction(10_001) == pytest.approx(small_sample_correction(10_000), abs=1e-8)
        assert small_sample_correction(10_001) == pytest.approx(1 - 3 / (4 * 10_001 - 1), abs=1e-9)

    def test_against_the_definition(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=20), rng.normal(0.8, size=15)
        pooled = math.sqrt((19 * x.var(ddof=1) + 14 * y.var(ddof=1)) / 33)
        j = math.gamma(16.5) / (math.sqrt(16.5) * math.gamma(16))
        assert g(x, y).estimate == pytest.approx(j * (y.mean() - x.mean()) / pooled)

    def test_the_t_test_s_p_is_the_level_at_which_zero_is_the_end(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=20), rng.normal(0.8, size=15)
        pvalue = stats.ttest_ind(y, x).pvalue
        assert g(x, y, 1 - pvalue).low == pytest.approx(0, abs=1e-7)

    def test_estimate_is_unbiased_for_normal_groups(self):
        # without J the mean of these would be 1.11
        rng = np.random.default_rng(0)
        found = [g(rng.normal(size=5), rng.normal(1.0, size=5)).estimate for _ in range(1_000)]
        assert np.mean(found) == pytest.approx(1.0, abs=4 * np.std(found) / 1_000**0.5)
