from dataclasses import asdict
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyze.stats.best_comparison import _crossings, compare_expected_best
from analyze.stats.best_of_n import curve_of, expected_best, numbers_of_runs
from analyze.stats.resampling import Counts, tabulate

samples = st.lists(st.integers(-9, 9), min_size=2, max_size=30)


def streams(seed=0):
    return {"rng_x": np.random.default_rng(seed), "rng_y": np.random.default_rng(seed + 1)}


def best(x, seed=0, n=199, **options):
    return expected_best(x, rng=np.random.default_rng(seed), n_resamples=n, **options)


def compare(x, y, seed=0, n=199, **options):
    return compare_expected_best(x, y, **streams(seed), n_resamples=n, **options)


class TestEstimates:
    @pytest.mark.parametrize("x", [[1, 2, 3, 4, 5], [0.3, 0.3, 0.7, -2.0, 0.3, 0.7], [2, 2, 2, 9]])
    def test_enumeration_of_all_subsets_and_tuples(self, x):
        for row in best(x):
            subsets = [max(s) for s in combinations(x, row.n)]
            tuples = [max(t) for t in product(x, repeat=row.n)]
            assert row.unbiased == pytest.approx(np.mean(subsets), rel=1e-12)
            assert row.plug_in == pytest.approx(np.mean(tuples), rel=1e-12)

    @pytest.mark.parametrize("x", [[1, 2, 3, 4, 5], [0.3, 0.3, 0.7, -2.0]])
    def test_enumeration_of_the_smallest(self, x):
        for row in best(x, largest_is_best=False):
            assert row.unbiased == pytest.approx(np.mean([min(s) for s in combinations(x, row.n)]))
            assert row.plug_in == pytest.approx(np.mean([min(t) for t in product(x, repeat=row.n)]))

    def test_closed_form(self):
        # the largest of n of the numbers 1 to N has mean n·(N + 1)/(n + 1)
        for row in best(np.arange(1, 501)):
            assert row.unbiased == pytest.approx(row.n * 501 / (row.n + 1), rel=1e-11)

    def test_closed_form_at_many_runs(self):
        rows = best(np.arange(1, 100_001), n=19)
        assert [row.unbiased for row in rows] == pytest.approx(
            [r.n * 100_001 / (r.n + 1) for r in rows], rel=1e-8
        )

    def test_first_is_the_mean_and_last_the_largest(self):
        x = np.random.default_rng(0).normal(size=50)
        rows = best(x)
        assert rows[0].unbiased == pytest.approx(x.mean())
        assert rows[0].plug_in == pytest.approx(x.mean())
        assert (rows[-1].n, rows[-1].unbiased) == (50, pytest.approx(x.max()))

    @given(samples)
    @settings(max_examples=25)
    def test_grows_with_n_and_plug_in_is_lower(self, x):
        rows = best(x, n=19)
        unbiased = [row.unbiased for row in rows]
        assert all(later >= earlier - 1e-9 for earlier, later in pairwise(unbiased))
        assert all(row.plug_in <= row.unbiased + 1e-9 for row in rows)

    def test_numbers_of_runs(self):
        assert numbers_of_runs(2) == [1, 2]
        assert numbers_of_runs(12) == [1, 2, 3, 4, 5, 7, 10]
        assert numbers_of_runs(999)[-3:] == [300, 500, 700]
        assert numbers_of_runs(20_000)[-4:] == [2_000, 5_000, 10_000, 20_000]


class TestBand:
    def test_only_rows_within_reach_have_one(self):
        rows = best(np.random.default_rng(0).normal(size=500))
        assert [row.n for row in rows if not row.extrapolated][-1] == 50
        for row in rows:
            assert row.extrapolated == (row.low is None) == (row.method == "extrapolated")

    @pytest.mark.parametrize(("n", "reach"), [(2, 1), (20, 2), (49, 4), (50, 5), (1_000, 100)])
    def test_reach(self, n, reach):
        rows = best(np.random.default_rng(0).normal(size=n))
        assert [row.n for row in rows if not row.extrapolated][-1] == reach

    def test_simultaneous_contains_pointwise_and_the_estimate(self):
        for row in best(np.random.default_rng(1).normal(size=300), n=999):
            if not row.extrapolated:
                assert row.low <= row.low_pointwise < row.unbiased < row.high_pointwise <= row.high

    def test_of_the_mean_it_is_the_t_interval(self):
        x = np.random.default_rng(2).normal(size=400)
        row = best(x, n=9_999)[0]
        half = 1.966 * x.std(ddof=1) / 20
        assert (row.low_pointwise, row.high_pointwise) == pytest.approx(
            (x.mean() - half, x.mean() + half), abs=half / 12
        )

    def test_standard_error_of_the_mean_and_of_the_largest_of_two_values(self):
        x = np.random.default_rng(2).normal(size=400)
        curve = curve_of(tabulate(x), rng=np.random.default_rng(0), n_resamples=9)
        assert curve.se[0] == pytest.approx(x.std(ddof=1) / 20)
        # 1 − q^n, with q the share of zeros: n·q^(n − 1) times the standard error of q
        coin = curve_of(tabulate([0] * 300 + [1] * 100), rng=np.random.default_rng(0), n_resamples=9)
        expected = [n * 0.75 ** (n - 1) * np.sqrt(0.75 * 0.25 / 400) for n in coin.numbers[: coin.reach]]
        assert coin.se[:6] == pytest.approx(expected[:6], rel=0.02)

    def test_merged_values_keep_the_band(self):
        x = np.random.default_rng(3).normal(size=3_000)
        many, few = best(x, n=1_999), best(x.round(2), n=1_999)
        for row, other in zip(many, few, strict=True):
            if not row.extrapolated:
                assert row.high - row.low == pytest.approx(other.high - other.low, rel=0.15)

    @given(samples)
    @settings(max_examples=25)
    def test_losses_are_mirrored_gains(self, x):
        for row, loss in zip(best(x), best([-v for v in x], largest_is_best=False), strict=True):
            assert (loss.unbiased, loss.plug_in) == (-row.unbiased, -row.plug_in)
            assert (loss.low, loss.high) == tuple(None if v is None else -v for v in (row.high, row.low))

    @given(samples)
    @settings(max_examples=25)
    def test_affine_transforms(self, x):
        for row, moved in zip(best(x), best([4 * v + 8 for v in x]), strict=True):
            assert moved.unbiased == pytest.approx(4 * row.unbiased + 8, abs=1e-9)
            assert (moved.low is None) == (row.low is None)
            if row.low is not None:
                assert moved.low == pytest.approx(4 * row.low + 8, rel=1e-6, abs=1e-6)

    @pytest.mark.slow
    @pytest.mark.parametrize("digits", [12, 1])
    def test_covers_all_n_at_once(self, digits):
        rng, hits = np.random.default_rng(0), 0
        # expected largest of n uniform numbers: n/(n + 1); of 0.1, 0.2, ..., 1.0: 1 − sum of (k/10)^n / 10
        for _ in range(300):
            x = np.ceil(rng.random(200) * 10) / 10 if digits == 1 else rng.random(200)
            rows = [r for r in expected_best(x, rng=rng, n_resamples=399) if not r.extrapolated]
            truth = [
                1 - ((np.arange(10) / 10) ** r.n).sum() / 10 if digits == 1 else r.n / (r.n + 1) for r in rows
            ]
            hits += all(r.low <= t <= r.high for r, t in zip(rows, truth, strict=True))
        assert abs(hits / 300 - 0.95) < 0.04


class TestComparison:
    def test_difference_is_b_minus_a_as_far_as_both_reach(self):
        rng = np.random.default_rng(0)
        result = compare(rng.normal(size=100), rng.normal(1, 1, size=500))
        for row, a, b in zip(result.difference, result.best_a, result.best_b, strict=False):
            assert row.n == a.n == b.n
            assert row.difference == pytest.approx(b.unbiased - a.unbiased)
        assert [row.n for row in result.difference if not row.extrapolated][-1] == 10
        assert result.difference[-1].n == 100

    def test_groups_have_the_bands_that_they_have_alone(self):
        x, y = np.random.default_rng(0).normal(size=(2, 60))
        assert compare(x, y).best_a == best(x, seed=0)
        assert compare(x, y).best_b == best(y, seed=1)

    @given(samples, samples)
    @settings(max_examples=25)
    def test_exchanging_the_groups_mirrors_the_difference(self, x, y):
        there = compare(x, y)
        swapped = dict(zip(("rng_y", "rng_x"), streams().values(), strict=True))
        back = compare_expected_best(y, x, **swapped, n_resamples=199)
        for row, mirror in zip(there.difference, back.difference, strict=True):
            assert mirror.difference == -row.difference
            assert (mirror.low, mirror.high) == tuple(None if v is None else -v for v in (row.high, row.low))
        assert (back.crossing.n, back.crossing.low) == (there.crossing.n, there.crossing.low)
        assert back.crossing.share_crossing == there.crossing.share_crossing

    def test_same_seed_same_rows(self):
        x, y = np.random.default_rng(0).normal(size=(2, 30))
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        assert compare(x, y) == compare(x, y)
        assert compare(x, y) != compare(x, y, seed=5)
        assert (np.random.get_state()[1] == before).all()  # noqa: NPY002

    def test_counts_and_order_of_runs_do_not_matter(self):
        x, y = [3, 1, 1, 2, 5, 5], [2, 2, 6, 1]
        assert compare(x, y) == compare(x[::-1], tabulate(y))


class TestCrossing:
    def spread(self, n=1_000):
        # U(0, 1): n/(n + 1); U(−2, 2): 4·n/(n + 1) − 2; equal where 3·n = 2·(n + 1), at n = 2
        return (np.arange(n) + 0.5) / n, 4 * (np.arange(n) + 0.5) / n - 2

    def test_found_where_the_curves_meet(self):
        x, y = self.spread()
        crossing = compare(x, y, n=999).crossing
        assert crossing.n == pytest.approx(2.0, rel=0.01)
        assert crossing.low < 2 < crossing.high
        assert crossing.determined
        assert crossing.share_crossing > 0.97
        assert crossing.better_before == "a"

    def test_of_losses(self):
        x, y = self.spread()
        crossing = compare(-x, -y, n=999, largest_is_best=False).crossing
        assert crossing == compare(x, y, n=999).crossing

    def test_none_where_one_group_is_always_better(self):
        x = np.random.default_rng(0).normal(size=200)
        crossing = compare(x, x + 3).crossing
        assert (crossing.n, crossing.low, crossing.high) == (None, None, None)
        assert (crossing.share_crossing, crossing.better_before, crossing.determined) == (0.0, "b", False)

    def test_not_determined_where_many_resamples_do_not_cross(self):
        x, y = np.random.default_rng(1).normal(size=(2, 200))
        crossing = compare(x, y).crossing
        assert 0 < crossing.share_crossing < 0.95
        assert (crossing.low, crossing.high, crossing.determined) == (None, None, False)
        assert crossing.method.startswith("not determined")

    def test_curves_that_start_or_stay_on_one_side(self):
        rows = np.array([[-1.0, 1, -1], [1, 1, 1], [3, -1, 1], [0, 2, -2]])
        places = _crossings(rows, np.array([0.0, 1.0, 2.0]))
        assert places.tolist() == [-np.inf, np.inf, 0.75, 1.5]

    def test_equal_samples_have_none(self):
        crossing = compare([1, 2, 3], [1, 2, 3]).crossing
        assert (crossing.n, crossing.better_before) == (None, None)


class TestDegenerate:
    @pytest.mark.parametrize(
        ("x", "y"),
        [
            ([1, 1, 1], [1, 1, 1]),
            ([1, 1, 1], [2, 2]),
            ([0, 1], [5, 6]),
            ([1e300, -1e300, 0.0], [1e300, 1e300, -1e300]),
            ([1e-300, 2e-300, 3e-300] * 20, [1e-300, 1e-300]),
            (range(3000), [1, 2]),
            ([0.8785] * 499 + [0.9], [0.8785] * 500),
            ([0.1] * 5 + [0.9] * 495, [0.9] * 499 + [0.1]),
        ],
    )
    @pytest.mark.parametrize("largest_is_best", [True, False])
    def test_every_number_is_finite_or_none(self, x, y, largest_is_best):
        result = compare(x, y, largest_is_best=largest_is_best)
        for row in [*result.best_a, *result.best_b, *result.difference, result.crossing]:
            numbers = [v for v in asdict(row).values() if isinstance(v, float)]
            assert np.isfinite(numbers).all()

    def test_constant_has_no_width_and_says_so(self):
        for row in best([0.1] * 60):
            assert row.unbiased == row.plug_in == 0.1
            if not row.extrapolated:
                assert (row.low, row.high) == (0.1, 0.1)
                assert row.method.startswith("degenerate")

    def test_no_bound_where_constant_resamples_are_frequent(self):
        # a quarter of the resamples of 0 and 1 are constant at 0, a quarter at 1
        (row, _) = best([0, 1])
        assert (row.low, row.high) == (None, None)

    def test_weights_below_rounding_are_no_deviation(self):
        # the lower value is the best of 50 with probability 0.45^50 = 5e-18, in many resamples with none
        rows = best([0] * 225 + [1] * 275, n=999)
        assert all(row.low is not None and row.high is not None for row in rows if not row.extrapolated)

    def test_rounding_is_no_deviation(self):
        # nearly all large subsets hold the top value: the band must not come from the last digits
        table = Counts(values=np.array([0.1, 0.3, 0.7]), counts=np.array([1_000, 499_000, 500_000]))
        for row in best(table, n=999):
            if row.n >= 100 and not row.extrapolated:
                assert (row.low, row.high) == (pytest.approx(0.7), pytest.approx(0.7))
