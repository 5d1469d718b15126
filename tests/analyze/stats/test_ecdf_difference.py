import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from analyze.stats.ecdf_difference import MAX_CELLS, ecdf_band, ecdf_difference
from analyze.stats.resampling import Counts, tabulate

samples = st.lists(st.integers(-9, 9), min_size=2, max_size=30)


def streams(seed=0):
    return {"rng_x": np.random.default_rng(seed), "rng_y": np.random.default_rng(seed + 1)}


def difference(x, y, seed=0, n=199, **options):
    return ecdf_difference(x, y, **streams(seed), n_resamples=n, **options)


class TestEcdfBand:
    def test_half_width(self):
        # Massart: P(sup > e) <= 2·exp(−2·n·e²), which is 0.05 at 1.3581/√n
        band = ecdf_band(np.arange(100.0))
        assert band.high - band.share == pytest.approx(np.full(100, 0.13581), abs=1e-5)
        assert band.share - band.low == pytest.approx(band.high - band.share)

    def test_never_below_the_exact_quantile_of_the_largest_deviation(self):
        for n in (2, 5, 20, 100):
            half = float((lambda b: b.high - b.share)(ecdf_band(np.arange(n)))[0])
            assert half > stats.kstwo.ppf(0.95, n)

    def test_steps_are_thinned_evenly_and_keep_both_ends(self):
        band = ecdf_band(np.arange(10_000.0), max_steps=512)
        assert len(band.x) == 512
        assert (band.x[0], band.x[-1], band.share[-1]) == (0.0, 9_999.0, 1.0)
        assert set(np.diff(band.x)) == {19.0, 20.0}


class TestEcdfDifference:
    def test_by_hand(self):
        band = difference([1, 1, 2, 3], [2, 3, 3, 4])
        assert band.x.tolist() == [1, 2, 3, 4]
        assert band.difference.tolist() == [-0.5, -0.5, -0.25, 0.0]
        assert (band.largest_x, band.largest_difference) == (1.0, -0.5)
        assert band.high - band.low == pytest.approx(np.full(4, 2 * band.half_width))

    def test_half_width_of_equal_distributions_is_that_of_kolmogorov(self):
        x, y = np.random.default_rng(0).random((2, 400))
        limit = special.kolmogi(0.05) * math.sqrt(2 / 400)
        assert difference(x, y, n=4_000).half_width == pytest.approx(limit, rel=0.04)

    def test_half_width_of_two_values_is_that_of_a_share(self):
        # two values: the only deviation is that of a difference of shares, nearly normal
        x, y = [0] * 500 + [1] * 500, [0] * 700 + [1] * 300
        expected = 1.96 * math.sqrt(0.25 / 1000 + 0.21 / 1000)
        assert difference(x, y, n=9_999).half_width == pytest.approx(expected, rel=0.03)

    def test_merged_cells_have_the_width_of_all_values(self):
        x, y = np.random.default_rng(0).random((2, 5_000))
        limit = special.kolmogi(0.05) * math.sqrt(2 / 5_000)
        assert len(difference(x, y).x) > MAX_CELLS
        assert difference(x, y, n=4_000).half_width == pytest.approx(limit, rel=0.04)

    def test_equal_runs_leave_what_they_leave_possible(self):
        # 20 equal runs have probability 0.025 if the value has probability 0.025^(1/20)
        band = difference([1] * 20, [1] * 30)
        assert band.half_width == pytest.approx(1 - 0.025 ** (1 / 20))
        assert band.method.startswith("least width")

    def test_thinning_keeps_the_largest_difference(self):
        rng = np.random.default_rng(4)
        x, y = rng.normal(size=2_000), rng.normal(0.3, 1, size=2_000)
        full, thin = difference(x, y), difference(x, y, max_steps=50)
        assert len(full.x) == 4_000
        assert len(thin.x) <= 51
        assert thin.half_width == full.half_width
        assert thin.largest_x in thin.x
        assert np.abs(thin.difference).max() == np.abs(full.difference).max()

    @given(samples, samples)
    @settings(max_examples=25)
    def test_exchanging_the_groups_mirrors_the_band(self, x, y):
        there = difference(x, y)
        swapped = dict(zip(("rng_y", "rng_x"), streams().values(), strict=True))
        back = ecdf_difference(y, x, **swapped, n_resamples=199)
        assert back.difference.tolist() == (-there.difference).tolist()
        assert back.half_width == pytest.approx(there.half_width, abs=1e-12)
        assert back.largest_x == there.largest_x

    @given(samples, samples)
    @settings(max_examples=25)
    def test_monotone_transforms_move_only_the_values(self, x, y):
        there, moved = difference(x, y), difference(np.exp(x), np.exp(y))
        assert moved.x == pytest.approx(np.exp(there.x))
        assert moved.difference.tolist() == there.difference.tolist()
        assert moved.half_width == there.half_width

    def test_counts_and_order_of_runs_do_not_matter(self):
        x, y = [3, 1, 1, 2, 5, 5], [2, 2, 6, 1]
        assert difference(x, y).low.tolist() == difference(x[::-1], tabulate(y)).low.tolist()

    def test_same_seed_same_band(self):
        x, y = np.random.default_rng(0).normal(size=(2, 30))
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        assert difference(x, y).half_width == difference(x, y).half_width
        assert len({difference(x, y, seed=seed).half_width for seed in range(5)}) > 1
        assert (np.random.get_state()[1] == before).all()  # noqa: NPY002

    @pytest.mark.parametrize(
        ("x", "y"),
        [
            ([1, 1], [1, 1]),
            ([1, 1, 1], [2, 2]),
            ([0, 1], [5, 6]),
            ([1e300, -1e300, 0.0], [1e300, 1e300]),
            (range(3000), [1, 2]),
        ],
    )
    def test_degenerate(self, x, y):
        band = difference(x, y)
        assert np.isfinite(band.low).all()
        assert band.half_width > 0

    def test_a_million_runs(self):
        rng = np.random.default_rng(0)
        values = np.arange(100) / 10_000
        a, b = (
            Counts(values=values, counts=rng.multinomial(1_000_000, np.full(100, 0.01))) for _ in range(2)
        )
        limit = special.kolmogi(0.05) * math.sqrt(2e-6)
        assert 0.9 * limit < difference(a, b, n=1_999).half_width < 1.02 * limit  # ties make it narrower

    @pytest.mark.slow
    @pytest.mark.parametrize("digits", [12, 0])
    def test_band_covers_unequal_distributions(self, digits):
        rng, hits = np.random.default_rng(0), 0
        for _ in range(400):
            x, y = rng.normal(size=40).round(digits), rng.normal(0.5, 2, size=60).round(digits)
            band = ecdf_difference(x, y, rng_x=rng, rng_y=rng, n_resamples=399)
            end = band.x + 0.5 * (digits == 0)  # of the values that round to x
            truth = special.ndtr((end - 0.5) / 2) - special.ndtr(end)
            hits += ((band.low <= truth) & (truth <= band.high)).all()
        assert 0.91 < hits / 400 < 0.99
