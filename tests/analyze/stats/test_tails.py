import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from analyze.stats.quantiles import harrell_davis
from analyze.stats.resampling import Counts, tabulate
from analyze.stats.tails import extreme_quantiles, quantile_interval, tail_shares, wilson_interval

samples = st.lists(st.integers(-9, 9), min_size=2, max_size=30)


def streams(seed=0):
    return {"rng_x": np.random.default_rng(seed), "rng_y": np.random.default_rng(seed + 1)}


def ones(count, n):
    """Return a sample with ``count`` of ``n`` values below 0.5."""
    return Counts(values=np.array([0.0, 1.0]), counts=np.array([count, n - count]))


class TestWilson:
    @pytest.mark.parametrize(
        ("count", "n", "low", "high"),
        # Newcombe 1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, method 3
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_published(self, count, n, low, high):
        assert wilson_interval(count, n, confidence=0.95) == pytest.approx((low, high), abs=5e-5)

    @given(st.integers(0, 40), st.floats(0.5, 0.999))
    def test_statsmodels(self, count, confidence):
        expected = proportion_confint(count, 40, alpha=1 - confidence, method="wilson")
        assert wilson_interval(count, 40, confidence=confidence) == pytest.approx(expected, abs=1e-12)


class TestTailShares:
    @pytest.mark.parametrize(
        ("a", "b", "low", "high"),
        # Newcombe 1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, method 10
        [
            ((48, 80), (56, 70), 0.0524, 0.3339),
            ((3, 10), (9, 10), 0.1705, 0.8090),
            ((2, 7), (6, 7), 0.0582, 0.8062),
            ((0, 29), (5, 56), -0.0381, 0.1926),
            ((0, 20), (0, 10), -0.1611, 0.2775),
            ((0, 10), (10, 10), 0.6075, 1.0),
        ],
    )
    def test_newcombe(self, a, b, low, high):
        (row,) = tail_shares(ones(*a), ones(*b), thresholds=[0.5])
        assert (row.count_a, row.count_b) == (a[0], b[0])
        assert row.difference == pytest.approx(b[0] / b[1] - a[0] / a[1])
        assert (row.low, row.high) == pytest.approx((low, high), abs=5e-5)

    @given(st.integers(0, 30), st.integers(0, 17))
    def test_statsmodels(self, a, b):
        (row,) = tail_shares(ones(a, 30), ones(b, 17), thresholds=[0.5])
        expected = confint_proportions_2indep(b, 17, a, 30, method="newcomb", compare="diff")
        assert (row.low, row.high) == pytest.approx(expected, abs=1e-9)

    def test_below_is_strict(self):
        rows = tail_shares([1, 2, 2, 3], [2, 2, 2, 5], thresholds=[2, 2.5])
        assert [(row.count_a, row.count_b) for row in rows] == [(1, 0), (3, 3)]

    def test_default_thresholds_are_those_of_group_a(self):
        x, y = np.arange(101.0), np.arange(101.0) + 10
        below, above = tail_shares(x, y)
        assert (below.side, below.threshold, below.count_a, below.count_b) == ("below", 5.0, 5, 0)
        assert (above.side, above.threshold, above.count_a, above.count_b) == ("above", 95.0, 5, 15)
        assert "group a" in below.chosen

    @given(samples, samples, st.integers(-10, 10))
    def test_exchanging_the_groups_mirrors_the_row(self, x, y, threshold):
        (there,) = tail_shares(x, y, thresholds=[threshold])
        (back,) = tail_shares(tabulate(y), x[::-1], thresholds=[threshold])
        assert (back.low, back.high) == pytest.approx((-there.high, -there.low), abs=1e-15)
        assert (back.share_a, back.low_b) == (there.share_b, there.low_a)

    @given(samples, samples)
    def test_monotone_transforms(self, x, y):
        (there,) = tail_shares(x, y, thresholds=[1])
        (moved,) = tail_shares(np.exp(x), np.exp(y), thresholds=[math.e])
        assert asdict(there) | {"threshold": 0} == asdict(moved) | {"threshold": 0}

    def test_certain_shares(self):
        (row,) = tail_shares([1, 1], [1e300, 1e300], thresholds=[5])
        assert (row.share_a, row.high_a, row.share_b, row.low_b) == (1.0, 1.0, 0.0, 0.0)
        assert -1 <= row.low <= row.difference == -1 <= row.high < 1


class TestQuantileInterval:
    def test_exact_coverage_by_enumeration(self):
        # P(rank low ≤ number below < rank high), for the narrowest interval with at most 0.025 on each side
        for n, level in [(10, 0.5), (100, 0.05), (500, 0.99), (37, 0.3)]:
            low, high = quantile_interval(np.arange(1, n + 1), level, confidence=0.95)
            below = stats.binom(n, level).cdf
            assert below(low - 1) <= 0.025 < below(low)
            assert 1 - below(high - 1) <= 0.025 < 1 - below(high - 2)

    def test_no_bound_beyond_the_sample(self):
        assert quantile_interval([1, 2, 3], 0.5, confidence=0.95) == (None, None)
        assert quantile_interval(np.arange(100), 0.01, confidence=0.95)[0] is None

    def test_a_million_runs(self):
        low, high = quantile_interval(
            Counts(values=np.arange(3.0), counts=np.full(3, 333_334)), 0.5, confidence=0.95
        )
        assert (low, high) == (1.0, 1.0)


class TestExtremeQuantiles:
    def extremes(self, x, y, seed=0, **options):
        return extreme_quantiles(x, y, **streams(seed), n_resamples=199, **options)

    @pytest.mark.parametrize(
        ("n", "levels"), [(99, []), (100, [0.05, 0.95]), (499, [0.05, 0.95]), (500, [0.01, 0.05, 0.95, 0.99])]
    )
    def test_only_with_enough_runs(self, n, levels):
        assert [row.level for row in self.extremes(range(n), range(600))] == levels
        assert [row.level for row in self.extremes(range(600), range(n))] == levels

    def test_rows(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=600), rng.normal(0, 2, size=700)
        rows = self.extremes(x, y)
        assert [row.quantile_a for row in rows] == pytest.approx(harrell_davis(x, [r.level for r in rows]))
        for row in rows:
            assert row.low_a < row.quantile_a < row.high_a
            assert row.low < row.difference < row.high
            assert row.difference == row.quantile_b - row.quantile_a
        assert rows[0].high < 0 < rows[-1].low

    def test_exchanging_the_groups_mirrors_the_rows(self):
        rng = np.random.default_rng(0)
        x, y = rng.integers(0, 30, size=(2, 500))
        there = self.extremes(x, y)
        swapped = dict(zip(("rng_y", "rng_x"), streams().values(), strict=True))
        back = extreme_quantiles(tabulate(y), x[::-1], **swapped, n_resamples=199)
        for row, mirror in zip(there, back, strict=True):
            assert (mirror.low, mirror.high) == (-row.high, -row.low)
            assert (mirror.low_a, mirror.high_b) == (row.low_b, row.high_a)

    def test_same_seed_same_rows(self):
        x, y = np.random.default_rng(0).normal(size=(2, 100))
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        assert self.extremes(x, y) == self.extremes(x, y)
        assert self.extremes(x, y) != self.extremes(x, y, seed=5)
        assert (np.random.get_state()[1] == before).all()  # noqa: NPY002

    @pytest.mark.parametrize(("x", "y"), [([1] * 500, [1] * 500), ([1e300, -1e300] * 250, [0] * 500)])
    def test_degenerate(self, x, y):
        for row in self.extremes(x, y):
            assert np.isfinite([v for v in asdict(row).values() if isinstance(v, float)]).all()

    @pytest.mark.slow
    def test_interval_of_the_difference_covers(self):
        rng, hits = np.random.default_rng(0), np.zeros(4)
        for _ in range(200):
            x, y = rng.normal(size=(2, 500))
            rows = extreme_quantiles(x, y, rng_x=rng, rng_y=rng, n_resamples=399)
            hits += [row.low <= 0 <= row.high for row in rows]
        assert np.abs(hits / 200 - 0.95).max() < 0.05
