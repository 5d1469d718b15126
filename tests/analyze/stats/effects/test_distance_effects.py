import itertools

import numpy as np
import pytest
from scipy import stats

from analyze.stats.bootstrap import bootstrap_sample
from analyze.stats.effects import distance
from analyze.stats.effects.distance import ks_distance, wasserstein
from analyze.stats.resampling import stream


def samples(x, y, n_resamples=999, seed=0):
    return [
        bootstrap_sample(v, rng=stream(seed, name), n_resamples=n_resamples)
        for v, name in ((x, "a"), (y, "b"))
    ]


def test_kolmogorov_smirnov_has_no_interval():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=15).round(1), rng.normal(1, size=12).round(1)
    found = ks_distance(*samples(x, y), 0.95)
    assert found.estimate == pytest.approx(stats.ks_2samp(x, y).statistic)
    assert np.isnan([found.low, found.high]).all()
    assert found.method.startswith("no interval")


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

    def test_excludes_zero_only_where_the_permutation_test_rejects(self):
        # the areas of all 252 splits of 5 and 5 runs are counted
        low = []
        for seed in range(40):
            rng = np.random.default_rng(seed)
            x, y = rng.normal(size=5), rng.normal(rng.choice([0.0, 2.0]), size=5)
            pooled, observed = np.append(x, y), stats.wasserstein_distance(x, y)
            splits = [list(split) for split in itertools.combinations(range(10), 5)]
            areas = [stats.wasserstein_distance(pooled[s], np.delete(pooled, s)) for s in splits]
            pvalue = np.mean(np.array(areas) >= observed - 1e-12)
            if abs(pvalue - 0.05) > 0.02:
                low.append(wasserstein(*samples(x, y, 4999, seed), 0.95).low)
                assert low[-1] == 0 or pvalue < 0.05
        assert 0 < sum(end > 0 for end in low) < len(low)

    def test_reaches_as_far_as_welchs_interval_of_signed_areas(self):
        x, y = [1.0, 2.0, 4.0, 6.0], [0.0, 3.0, 5.0, 7.0, 8.0, 9.0]
        points = np.union1d(x, y)
        gaps = np.array([np.mean(np.array(y) <= p) - np.mean(np.array(x) <= p) for p in points])
        sign = np.where(np.abs(gaps) < 1e-12, 1.0, np.sign(gaps))[:-1]
        areas = [[float((sign * np.diff(points))[points[:-1] >= v].sum()) for v in group] for group in (x, y)]
        welch = stats.ttest_ind(*areas, equal_var=False)
        found = wasserstein(*samples(x, y), 0.95)
        assert found.high - found.estimate == pytest.approx(np.diff(welch.confidence_interval())[0] / 2)

    def test_grid_of_large_samples_decides_alike(self, monkeypatch):
        rng = np.random.default_rng(0)
        pair = samples(rng.normal(size=700), rng.normal(0.3, size=700))
        points = np.union1d(pair[0].table.values, pair[1].table.values)
        exact = distance._areas_if_equal(*pair, points, np.diff(points))
        monkeypatch.setattr(distance, "MAX_GRID", 200)
        coarse = distance._areas_if_equal(*pair, points, np.diff(points))
        assert len(distance._grid(*pair, points)) <= 200
        assert np.quantile(coarse, 0.95) == pytest.approx(np.quantile(exact, 0.95), rel=0.05)
