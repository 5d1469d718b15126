import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.stats import mstats

from analyze.stats.quantiles import (
    RankWeights,
    harrell_davis,
    harrell_davis_replicates,
    harrell_davis_weights,
    l_statistics,
    merge_around,
    percentile_band,
    quantiles,
    resample,
)
from analyze.stats.resampling import Counts, tabulate

DECILES = [q / 10 for q in range(1, 10)]
samples = st.lists(st.integers(-20, 20).map(float), min_size=2, max_size=40)


def direct_harrell_davis(x, level):
    """The definition: each order statistic weighs the integral of the beta density over ((i − 1)/n, i/n)."""
    n, x = len(x), np.sort(x)
    density = stats.beta((n + 1) * level, (n + 1) * (1 - level)).pdf
    return sum(v * integrate.quad(density, i / n, (i + 1) / n)[0] for i, v in enumerate(x))


class TestHarrellDavis:
    def test_definition_by_numerical_integration(self):
        x = [3.1, -1.0, 4.0, 4.0, 0.5, 9.0, 2.0]
        expected = [direct_harrell_davis(x, q) for q in (0.25, 0.5, 0.9)]
        assert harrell_davis(x, [0.25, 0.5, 0.9]) == pytest.approx(expected, rel=1e-9)

    @given(samples)
    def test_scipy_mstats(self, x):
        assert harrell_davis(x, DECILES) == pytest.approx(
            np.asarray(mstats.hdquantiles(x, DECILES)), abs=1e-12
        )

    def test_median_of_three_by_hand(self):
        # the weights are those of Beta(2, 2), whose distribution function is 3u² − 2u³: 7/27, 13/27, 7/27
        assert harrell_davis([0.0, 1.0, 10.0], [0.5])[0] == pytest.approx((13 + 70) / 27)

    def test_a_million_runs_cost_their_distinct_values(self):
        table = Counts(values=np.arange(50.0), counts=np.full(50, 20_000))
        assert harrell_davis(table, [0.5])[0] == pytest.approx(24.5)
        assert harrell_davis(table, [0.01])[0] == pytest.approx(0.0)

    def test_rows_are_samples(self):
        rows = Counts(values=np.array([1.0, 2.0, 5.0]), counts=np.array([[1, 2, 3], [6, 0, 0], [0, 3, 3]]))
        expected = [harrell_davis(np.repeat([1.0, 2.0, 5.0], row), DECILES) for row in rows.counts]
        assert harrell_davis(rows, DECILES) == pytest.approx(np.array(expected))

    def test_a_far_value_takes_no_digits_from_the_others(self):
        x = [*np.linspace(0.1, 0.9, 499), 1e300]
        assert harrell_davis(x, [0.1])[0] == pytest.approx(harrell_davis(x[:-1], [0.1])[0], rel=1e-3)

    @pytest.mark.parametrize("value", [0.1, 1e300, -1e300, 1e-300, 7])
    def test_constant_is_itself(self, value):
        assert harrell_davis([value] * 3, DECILES).tolist() == [value] * 9
        assert quantiles([value] * 3, DECILES).tolist() == [value] * 9

    @given(samples, st.randoms(use_true_random=False))
    def test_shuffle_and_affine(self, x, random):
        shuffled = x.copy()
        random.shuffle(shuffled)
        assert harrell_davis(shuffled, DECILES).tolist() == harrell_davis(x, DECILES).tolist()
        moved = harrell_davis(4 * np.array(x) - 3, DECILES)
        assert moved == pytest.approx(4 * harrell_davis(x, DECILES) - 3, abs=1e-9)
        mirrored = harrell_davis(-np.array(x), DECILES[::-1])
        assert mirrored == pytest.approx(-harrell_davis(x, DECILES), abs=1e-9)


class TestQuantiles:
    @given(samples)
    def test_numpy(self, x):
        levels = [0.0, 0.01, 0.25, 0.5, 0.77, 1.0]
        assert quantiles(x, levels) == pytest.approx(np.quantile(x, levels), abs=1e-12)

    def test_rows(self):
        rows = Counts(values=np.array([1.0, 4.0]), counts=np.array([[2, 2], [4, 0]]))
        assert quantiles(rows, [0.5]).tolist() == [[2.5], [1.0]]


class TestLStatistics:
    @given(samples)
    def test_equal_weights_are_the_mean(self, x):
        weights = RankWeights(first=0, cumulative=np.arange(len(x) + 1) / len(x))
        assert l_statistics(tabulate(x), [weights])[0] == pytest.approx(np.mean(x), abs=1e-12)

    def test_weights_hold_beyond_their_ends(self):
        third = RankWeights(first=2, cumulative=np.array([0.0, 1.0]))
        assert l_statistics(tabulate([5.0, 6.0, 8.0, 9.0]), [third]).tolist() == [8.0]


class TestMergeAround:
    def test_small_samples_stay_as_they_are(self):
        table = tabulate(np.random.default_rng(0).random(4_999))
        assert merge_around(table, DECILES) is table

    @pytest.mark.parametrize("digits", [2, 9])
    def test_replicates_spread_like_those_of_all_values(self, digits):
        table = tabulate(np.random.default_rng(0).normal(size=8_000).round(digits))
        merged = merge_around(table, DECILES)
        assert len(merged.values) < min(len(table.values), 600)
        assert merged.n == table.n
        streams = [np.random.default_rng(seed) for seed in (1, 2)]
        weights = harrell_davis_weights(table.n, DECILES)
        drawn = harrell_davis_replicates(table, DECILES, rng=streams[0], n_resamples=999)
        exact = resample(table, lambda c: l_statistics(c, weights), rng=streams[1], n_resamples=999)
        # 4 standard errors of the ratio of two spreads of 999 resamples each
        assert drawn.std(axis=0) == pytest.approx(exact.std(axis=0), rel=0.13)

    def test_a_value_of_many_runs_stays_by_itself(self):
        # half of the resamples have their median at 1, half at 2
        table = Counts(values=np.arange(4.0), counts=np.array([4_000, 6_000, 6_000, 4_000]))
        assert merge_around(table, [0.5]).values[1:3].tolist() == [1.0, 2.0]

    def test_centre_is_the_exact_estimate(self):
        table = tabulate(np.random.default_rng(3).lognormal(size=30_000))
        drawn = harrell_davis_replicates(table, [0.5], rng=np.random.default_rng(0), n_resamples=2_000)
        error = 4 * drawn.std() / np.sqrt(2_000)
        assert drawn.mean() == pytest.approx(harrell_davis(table, [0.5])[0], abs=error)


class TestPercentileBand:
    def replicates(self):
        return np.random.default_rng(0).normal(size=(9_999, 5)) * [1, 2, 3, 4, 5]

    def test_share_inside_all_intervals_at_once(self):
        x = self.replicates()
        band = percentile_band(x, confidence=0.9)
        inside = ((band.low <= x) & (x <= band.high)).all(axis=1).mean()
        assert 0.9 <= inside < 0.901

    def test_independent_normals(self):
        # each of 5 independent intervals must have 0.95^(1/5), so reach the 0.9949 quantile
        band = percentile_band(self.replicates(), confidence=0.95)
        assert band.high == pytest.approx(2.569 * np.arange(1, 6), rel=0.07)
        assert band.high_pointwise == pytest.approx(1.96 * np.arange(1, 6), rel=0.05)

    def test_one_quantity_has_one_interval(self):
        band = percentile_band(np.arange(999.0)[:, None], confidence=0.95)
        # ranks 25 and 975 of 999
        assert (band.low[0], band.high[0]) == (24.0, 974.0)
        assert (band.low_pointwise[0], band.high_pointwise[0]) == (24.0, 974.0)

    def test_a_constant_quantity_takes_nothing_from_the_others(self):
        x = self.replicates()[:, :1]
        alone = percentile_band(x, confidence=0.95)
        both = percentile_band(np.hstack([x, np.ones_like(x)]), confidence=0.95)
        assert (both.low[0], both.high[0]) == (alone.low[0], alone.high[0])
        assert (both.low[1], both.high[1]) == (1.0, 1.0)

    def test_monotone_transforms_and_mirror(self):
        x = self.replicates()
        band, curved, mirrored = (percentile_band(v, confidence=0.95) for v in (x, np.arctan(x), -x))
        assert curved.low.tolist() == np.arctan(band.low).tolist()
        assert mirrored.low.tolist() == (-band.high).tolist()

    def test_degrees_of_freedom_move_the_ends_as_far_as_t_quantiles(self):
        x = np.random.default_rng(1).normal(size=(99_999, 1))
        band = percentile_band(x, confidence=0.95, df=10)
        assert [band.low[0], band.high[0]] == pytest.approx([-2.228, 2.228], abs=0.03)  # t, 10 df, 0.975
        without = percentile_band(x, confidence=0.95)
        assert [without.low[0], without.high[0]] == pytest.approx([-1.96, 1.96], abs=0.03)

    @given(st.integers(1, 30))
    @settings(max_examples=20)
    def test_few_resamples(self, n):
        x = np.random.default_rng(n).normal(size=(n, 3))
        band = percentile_band(x, confidence=0.95)
        assert (band.low <= band.low_pointwise).all()
        assert (band.high >= band.high_pointwise).all()


def test_resample_draws_whole_samples():
    table = tabulate([1.0, 2.0, 2.0, 7.0])
    sizes = resample(
        table,
        lambda c: c.counts.sum(axis=1, keepdims=True) * 1.0,
        rng=np.random.default_rng(0),
        n_resamples=99,
    )
    assert sizes.shape == (99, 1)
    assert (sizes == 4).all()
