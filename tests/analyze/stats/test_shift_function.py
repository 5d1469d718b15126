from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyze.stats.quantiles import harrell_davis
from analyze.stats.resampling import Counts, tabulate
from analyze.stats.shift_function import shift_function

DECILES = [q / 10 for q in range(1, 10)]
samples = st.lists(st.integers(-9, 9), min_size=2, max_size=30)


def streams(seed=0):
    return {"rng_x": np.random.default_rng(seed), "rng_y": np.random.default_rng(seed + 1)}


def shift(x, y, seed=0, n=199, **options):
    return shift_function(x, y, **streams(seed), n_resamples=n, **options)


class TestShiftFunction:
    def test_rows_are_the_quantiles_and_their_differences(self):
        rng = np.random.default_rng(1)
        x, y = rng.normal(size=60), rng.normal(1, 2, size=50)
        rows = shift(x, y)
        assert [row.level for row in rows] == list(DECILES)
        assert [row.quantile_a for row in rows] == pytest.approx(harrell_davis(x, DECILES))
        assert [row.quantile_b for row in rows] == pytest.approx(harrell_davis(y, DECILES))
        assert [row.difference for row in rows] == [row.quantile_b - row.quantile_a for row in rows]

    def test_simultaneous_contains_pointwise(self):
        rng = np.random.default_rng(2)
        for row in shift(rng.normal(size=80), rng.normal(size=80), n=999):
            assert row.low <= row.low_pointwise < row.high_pointwise <= row.high
            assert row.excludes_zero == (not row.low <= 0 <= row.high)

    @pytest.mark.parametrize("by", [5.0, -0.8])
    def test_pure_shift_is_found_at_every_level(self, by):
        x = np.random.default_rng(3).normal(size=800)
        rows = shift(x, x + by)
        assert [row.difference for row in rows] == pytest.approx([by] * 13)
        assert all(row.excludes_zero for row in rows)

    @pytest.mark.parametrize(
        ("n", "kept"),
        [
            (2, [0.5]),
            (8, [0.5]),
            (10, [0.4, 0.5, 0.6]),
            (20, DECILES[1:-1]),
            (40, DECILES),
            (159, DECILES),
            (160, [0.05, *DECILES, 0.95]),
            (799, [0.05, *DECILES, 0.95]),
            (800, [0.01, 0.05, *DECILES, 0.95, 0.99]),
        ],
    )
    def test_levels_of_small_samples(self, n, kept):
        assert [row.level for row in shift(range(n), range(900))] == list(kept)

    def test_nearest_level_remains(self):
        assert [row.level for row in shift([1, 2], [3, 4], levels=[0.05, 0.9])] == [0.9]

    @given(samples, samples)
    @settings(max_examples=25)
    def test_exchanging_the_groups_mirrors_the_table(self, x, y):
        there = shift(x, y)
        swapped = dict(zip(("rng_y", "rng_x"), streams().values(), strict=True))
        back = shift_function(y, x, **swapped, n_resamples=199)
        for row, mirror in zip(there, back, strict=True):
            assert (row.quantile_a, row.quantile_b) == (mirror.quantile_b, mirror.quantile_a)
            assert (row.low, row.high) == (-mirror.high, -mirror.low)
            assert (row.low_pointwise, row.high_pointwise) == (-mirror.high_pointwise, -mirror.low_pointwise)
            assert row.excludes_zero == mirror.excludes_zero

    @given(samples, samples)
    @settings(max_examples=25)
    def test_affine_transforms(self, x, y):
        rows = shift(x, y)
        moved = shift([4 * v + 7 for v in x], [4 * v + 7 for v in y])
        for row, other in zip(rows, moved, strict=True):
            assert (other.low, other.difference, other.high) == pytest.approx(
                (4 * row.low, 4 * row.difference, 4 * row.high), abs=1e-9
            )

    def test_counts_and_order_of_runs_do_not_matter(self):
        x, y = [3, 1, 1, 2, 5, 5], [2, 2, 6, 1]
        assert shift(x, y) == shift(x[::-1], tabulate(y))

    def test_same_seed_same_rows(self):
        x, y = np.random.default_rng(0).normal(size=(2, 30))
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        assert shift(x, y) == shift(x, y)
        assert shift(x, y) != shift(x, y, seed=5)
        assert (np.random.get_state()[1] == before).all()  # noqa: NPY002

    @pytest.mark.parametrize(
        ("x", "y"),
        [
            ([1, 1, 1], [1, 1, 1]),
            ([1, 1, 1], [2, 2]),
            ([0, 1], [5, 6]),
            ([1e300, -1e300, 0.0], [1e300, 1e300, -1e300]),
            ([1e-300, 2e-300, 3e-300], [1e-300, 1e-300]),
            (range(3000), [1, 2]),
        ],
    )
    def test_degenerate(self, x, y):
        for row in shift(x, y):
            numbers = [v for v in asdict(row).values() if isinstance(v, float)]
            assert np.isfinite(numbers).all()
            assert row.low <= row.difference <= row.high

    def test_two_constants_have_no_width_and_say_so(self):
        (row,) = shift([1, 1, 1], [3, 3, 3])
        assert (row.low, row.high) == (2.0, 2.0)
        assert row.method.startswith("degenerate")

    def test_a_million_runs(self):
        rng = np.random.default_rng(0)
        values = np.arange(100) / 10_000
        a, b = (
            Counts(values=values, counts=rng.multinomial(1_000_000, np.full(100, 0.01))) for _ in range(2)
        )
        assert len(shift(a, b, n=999)) == 13

    @pytest.mark.slow
    @pytest.mark.parametrize("digits", [12, 1])
    def test_band_covers_all_levels_at_once(self, digits):
        rng, hits = np.random.default_rng(0), 0
        for _ in range(300):
            x, y = rng.normal(size=(2, 100)).round(digits)
            rows = shift_function(x, y, rng_x=rng, rng_y=rng, n_resamples=399)
            hits += not any(row.excludes_zero for row in rows)
        assert abs(hits / 300 - 0.95) < 0.04  # 3 standard errors of 300 replicates
