import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze.stats.bootstrap import bootstrap_sample
from analyze.stats.effects.distance import ks_distance, wasserstein
from analyze.stats.resampling import stream


def samples(x, y, n_resamples=999, seed=0):
    return [
        bootstrap_sample(v, rng=stream(seed, name), n_resamples=n_resamples)
        for v, name in ((x, "a"), (y, "b"))
    ]


class TestKolmogorovSmirnov:
    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 10_000))
    def test_excludes_zero_only_where_the_test_rejects(self, seed):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=15), rng.normal(rng.choice([0, 1, 2]), size=12)
        found = ks_distance(*samples(x, y), 0.95)
        if found.low > 0:
            assert stats.ks_2samp(x, y, method="exact").pvalue <= 0.05
        assert found.high <= 1

    def test_upper_end_is_newcombes(self):
        # Newcombe (1998, Statistics in Medicine 17, p. 873, table II): 56/70 − 48/80 = 0.2, method 10 gives
        # 0.0524 to 0.3339; here as two-valued samples, whose KS distance is that difference of shares
        x, y = [0] * 56 + [1] * 14, [0] * 48 + [1] * 32
        found = ks_distance(*samples(x, y, 9999), 0.95)
        assert found.estimate == pytest.approx(0.2)
        assert found.high == pytest.approx(0.3339, abs=5e-5)
        assert found.low <= 0.0524 + 5e-5

    def test_grid_of_large_samples_is_said_and_close(self, monkeypatch):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=700), rng.normal(0.4, size=700)
        pair = samples(x, y)
        exact = ks_distance(*pair, 0.95), wasserstein(*pair, 0.95)
        monkeypatch.setattr("analyze.stats.effects.distance.MAX_GRID", 200)
        coarse = ks_distance(*pair, 0.95), wasserstein(*pair, 0.95)
        for one, other in zip(coarse, exact, strict=True):
            assert "200 values at most" in one.method
            assert one.estimate == other.estimate
            assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=0.02)


class TestWasserstein:
    def test_of_well_separated_groups_is_the_difference_of_means(self):
        # where F ≥ G everywhere, ∫ |F − G| is the difference of means, and so is its standard error
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=200), rng.normal(6, 2, size=150)
        found = wasserstein(*samples(x, y, 9999), 0.95)
        expected = stats.ttest_ind(y, x, equal_var=False).confidence_interval()
        width = expected.high - expected.low
        assert found.estimate == pytest.approx(y.mean() - x.mean())
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.05 * width)

    def test_zero_is_inside_for_equal_distributions(self):
        rng = np.random.default_rng(0)
        covered = [
            wasserstein(*samples(rng.normal(size=25), rng.normal(size=25), 299, seed), 0.95).low == 0
            for seed in range(120)
        ]
        # 99.9 % binomial bound of 95 %
        assert sum(covered) >= stats.binom.ppf(0.001, 120, 0.95)
        assert sum(covered) < 120
