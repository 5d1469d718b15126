from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze.stats import bootstrap
from analyze.stats.bootstrap import (
    bin_starts,
    bootstrap_sample,
    deviations_at,
    quantile,
    quantile_replicates,
)
from analyze.stats.resampling import Counts, stream, tabulate


def sample(x, n_resamples=999, seed=0):
    return bootstrap_sample(x, rng=stream(seed, "a"), n_resamples=n_resamples)


class TestSample:
    def test_means_and_variances_by_enumeration(self):
        # all 4⁴ resamples of four runs
        x = np.array([1.0, 2.0, 2.5, 7.0])
        every = np.array(list(product(x, repeat=4)))
        found = sample(x, 50_000)
        means = found.means * found.scale + x.mean()
        for values, exact in (
            (means, every.mean(axis=1)),
            (found.variances * found.scale**2, every.var(axis=1, ddof=1)),
        ):
            assert values.mean() == pytest.approx(exact.mean(), abs=4 * exact.std() / 50_000**0.5)
            assert np.quantile(values, [0.1, 0.5, 0.9]) == pytest.approx(
                np.quantile(exact, [0.1, 0.5, 0.9]), abs=0.3
            )
        assert (found.variances == 0).mean() == pytest.approx(4 / 256, abs=0.003)

    def test_jackknife_error_by_leaving_out_each_run(self):
        x = np.array([1.0, 1.0, 2.0, 5.0, 9.0, 9.0, 4.0])
        logs = np.array([np.log(np.delete(x, i).std(ddof=1)) for i in range(7)])
        expected = np.sqrt(6 / 7 * ((logs - logs.mean()) ** 2).sum())
        assert sample(x).log_sd_error == pytest.approx(expected)

    def test_linear_error_of_large_samples_is_near_the_jackknife(self, monkeypatch):
        x = np.random.default_rng(0).exponential(size=900)
        jackknife = sample(x).log_sd_error
        monkeypatch.setattr(bootstrap, "MAX_JACKKNIFE", 100)
        assert sample(x).log_sd_error == pytest.approx(jackknife, rel=0.05)

    def test_deviations_are_those_of_distribution_functions(self):
        found = sample([1, 1, 2, 5], 20_000)
        at = deviations_at(found, np.array([0.0, 1.0, 1.5, 2.0, 5.0, 9.0]), slice(None))
        assert (at[:, [0, 4, 5]] == 0).all()
        assert (at[:, 1] == at[:, 2]).all()
        # F(1 − F)/n
        assert at.var(axis=0)[[1, 3]] == pytest.approx([0.25 / 4, 0.1875 / 4], rel=0.05)

    def test_binned_samples_keep_their_moments(self, monkeypatch):
        x = np.random.default_rng(0).lognormal(size=3000)
        monkeypatch.setattr(bootstrap, "MAX_BINS", 3000)
        exact = sample(x, 2000)
        monkeypatch.setattr(bootstrap, "MAX_BINS", 100)
        binned = sample(x, 2000)
        assert exact.binned_share == 0 < binned.binned_share < 0.01
        assert binned.variance == exact.variance
        assert binned.means.std() == pytest.approx(exact.means.std(), rel=0.06)
        assert binned.variances.std() == pytest.approx(exact.variances.std(), rel=0.08)
        points = np.quantile(x, [0.05, 0.3, 0.9])
        wide = [deviations_at(s, points, slice(None)).std(axis=0) for s in (binned, exact)]
        assert wide[0] == pytest.approx(wide[1], rel=0.1)

    def test_normal_limit_has_the_covariance_of_a_multinomial(self):
        counts = np.array([3, 7_000, 30, 2_000, 1_000, 1])
        drawn = bootstrap._draw(counts, stream(0, "a"), 200_000)
        assert drawn.sum(axis=1) == pytest.approx(counts.sum())
        shares = counts / counts.sum()
        expected = counts.sum() * (np.diag(shares) - np.outer(shares, shares))
        scale = np.sqrt(np.outer(counts, counts))
        assert np.cov(drawn.T) / scale == pytest.approx(expected / scale, abs=0.02)
        # the rare ones are drawn exactly
        assert (drawn[:, 5] == 0).mean() == pytest.approx(stats.poisson.pmf(0, 1), abs=0.005)

    def test_large_groups_agree_with_exact_draws(self, monkeypatch):
        table = Counts(
            values=np.arange(40.0), counts=np.rint(1e4 * stats.binom.pmf(range(40), 39, 0.2)).astype(int) + 1
        )
        fast = sample(table, 4000)
        monkeypatch.setattr(bootstrap, "MIN_RUNS_NORMAL", 10**9)
        exact = sample(table, 4000)
        for one, other in ((fast.means, exact.means), (fast.variances, exact.variances)):
            assert one.std() == pytest.approx(other.std(), rel=0.06)
            assert one.mean() == pytest.approx(other.mean(), abs=4 * other.std() / 2000**0.5)

    def test_seeds(self):
        x = np.arange(30.0)
        assert (sample(x).means == sample(x[::-1]).means).all()
        assert (sample(x).means != sample(x, seed=1).means).any()

    @given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=200), st.integers(2, 20))
    def test_bins_partition(self, x, limit):
        table = tabulate(x)
        starts = bin_starts(table, limit)
        assert starts[0] == 0
        assert (np.diff(starts) > 0).all()
        assert len(starts) <= limit or len(table.values) <= limit


class TestQuantiles:
    @settings(deadline=None)
    @given(st.lists(st.integers(-9, 9), min_size=1, max_size=15), st.floats(0, 1))
    def test_type_7_is_numpys(self, x, q):
        assert quantile(tabulate(x), q) == pytest.approx(np.quantile(x, q), abs=1e-12)

    @pytest.mark.parametrize("q", [0.5, 0.3, 1.0, 0.0])
    @pytest.mark.parametrize("x", [[1.0, 2, 4, 8, 16], [1.0, 1, 2, 7]], ids=["odd", "even, tied"])
    def test_replicates_by_enumeration(self, x, q):
        # all nⁿ resamples
        every = np.quantile(np.array(list(product(x, repeat=len(x)))), q, axis=1)
        found = quantile_replicates(sample(x, 40_000), q)
        for limit in np.unique(every.round(9)):
            assert (found <= limit + 1e-9).mean() == pytest.approx((every <= limit + 1e-9).mean(), abs=0.012)
