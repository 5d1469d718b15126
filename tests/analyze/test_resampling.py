import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze.resampling import (
    acceleration,
    bca_interval,
    bootstrap,
    merge_neighbours,
    percentile_interval,
    permute,
    stream,
    tabulate,
)


def mean_difference(a, b):
    return b.counts @ b.values / b.n - a.counts @ a.values / a.n


def draw(x, y, seed=0, n=999):
    streams = {"rng_a": stream(seed, "a"), "rng_b": stream(seed, "b")}
    return bootstrap(tabulate(x), tabulate(y), {"mean": mean_difference}, **streams, n_resamples=n)["mean"]


class TestStream:
    def test_same_names_same_numbers(self):
        assert stream(3, "ks", "a").random() == stream(3, "ks", "a").random()

    @pytest.mark.parametrize(
        "other", [(4, "ks", "a"), (3, "ks", "b"), (3, "ksa"), (3, "k", "sa"), (3, "a", "ks")]
    )
    def test_other_names_other_numbers(self, other):
        assert stream(3, "ks", "a").random() != stream(*other).random()

    def test_numbers_do_not_change_between_versions(self):
        # a change here changes every published interval
        assert stream(0, "bootstrap", "staged").integers(1 << 30) == 508684891

    def test_global_state_is_untouched(self):
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        draw([1.0, 2, 3], [2.0, 3, 4])
        assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


class TestCounts:
    @given(st.lists(st.integers(-5, 5), min_size=1))
    def test_tabulate(self, x):
        table = tabulate(x)
        assert np.repeat(table.values, table.counts).tolist() == sorted(x)
        assert table.n == len(x)

    def test_merge_neighbours_keeps_the_mean_and_the_size(self):
        x = np.random.default_rng(0).lognormal(size=5000)
        merged = merge_neighbours(tabulate(x), 100)
        assert len(merged.values) <= 100
        assert merged.n == 5000
        assert np.average(merged.values, weights=merged.counts) == pytest.approx(x.mean())
        assert (np.diff(merged.values) > 0).all()

    def test_merge_neighbours_leaves_small_tables_alone(self):
        table = tabulate([1.0, 2.0])
        assert merge_neighbours(table, 2) is table


class TestBootstrap:
    def test_same_seed_same_result_other_seed_other_result(self):
        x, y = np.arange(20.0), np.arange(20.0) ** 1.1
        assert (draw(x, y) == draw(x, y)).all()
        assert (draw(x, y) != draw(x, y, seed=1)).any()

    def test_order_inside_a_group_does_not_matter(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=30), rng.normal(size=40)
        assert (draw(x, y) == draw(rng.permutation(x), rng.permutation(y))).all()

    def test_exchanging_groups_mirrors_the_replicates(self):
        x, y = np.arange(9.0), np.arange(7.0) * 3
        streams = {"rng_a": stream(0, "b"), "rng_b": stream(0, "a")}
        swapped = bootstrap(tabulate(y), tabulate(x), {"m": mean_difference}, **streams, n_resamples=999)["m"]
        assert swapped == pytest.approx(-draw(x, y))

    @pytest.mark.parametrize("copies", [1, 30], ids=["indices", "multinomial"])
    def test_both_ways_of_drawing_have_the_exact_variance(self, copies):
        x, y = np.repeat(np.arange(10.0), copies), np.repeat(np.arange(10.0) ** 2, copies)
        replicates = draw(x, y, n=20_000)
        expected = x.var() / len(x) + y.var() / len(y)
        # the standard error of a variance over 20,000 normal draws is 1 %
        assert replicates.var() == pytest.approx(expected, rel=0.04)
        assert replicates.mean() == pytest.approx(y.mean() - x.mean(), abs=4 * (expected / 20_000) ** 0.5)


class TestPermute:
    @pytest.mark.parametrize("copies", [1, 100], ids=["count", "marginals"])
    def test_exact_mean_and_variance(self, copies):
        x, y = np.repeat([1.0, 2, 2, 7], copies), np.repeat([3.0, 5], copies)
        drawn = permute(tabulate(x), tabulate(y), mean_difference, rng=stream(0, "p"), n_resamples=20_000)
        pooled, n, m = np.concatenate([x, y]), len(x), len(y)
        # finite population: Var(mean difference) = S² (1/n + 1/m)
        expected = pooled.var(ddof=1) * (1 / n + 1 / m)
        assert drawn.var() == pytest.approx(expected, rel=0.04)
        assert drawn.mean() == pytest.approx(0, abs=4 * (expected / 20_000) ** 0.5)


class TestIntervals:
    def test_percentile_takes_order_statistics(self):
        # Davison & Hinkley 1997, section 5.3.1: the (R + 1)α-th ordered value; 1,000·0.025 = 25
        interval = percentile_interval(np.arange(1.0, 1000.0), 500.0, confidence=0.95)
        assert (interval.low, interval.high) == (25.0, 975.0)

    def test_infinite_replicates_give_no_nan(self):
        replicates = np.concatenate([np.full(50, -np.inf), np.arange(49.0)])
        interval = percentile_interval(replicates, 1.0, confidence=0.95)
        assert interval.low == -np.inf
        assert interval.high == 47.0  # (99 + 1)·0.975 = 97.5, outwards: the 98th of 99

    def test_degenerate_is_flagged(self):
        interval = percentile_interval(np.full(99, 2.0), 2.0, confidence=0.95)
        assert (interval.low, interval.high) == (2.0, 2.0)
        assert interval.method.startswith("degenerate")

    def test_acceleration_by_brute_force(self):
        x, y = np.array([1.0, 1, 2, 5, 9, 9]), np.array([2.0, 3, 3, 30])

        def difference(x, y):
            return y.mean() - x.mean()

        # every run left out once, no counts: the definition
        left_x = np.array([difference(np.delete(x, i), y) for i in range(len(x))])
        left_y = np.array([difference(x, np.delete(y, i)) for i in range(len(y))])
        u = [(len(v) - 1) * (v.mean() - v) for v in (left_x, left_y)]
        top = sum((v**3).sum() / len(v) ** 3 for v in u)
        bottom = sum((v**2).sum() / len(v) ** 2 for v in u)
        expected = top / (6 * bottom**1.5)
        assert acceleration(tabulate(x), tabulate(y), mean_difference) == pytest.approx(expected)

    def test_ties_count_half_in_the_bias_correction(self):
        # equal groups of 5 + 5: a tenth of all resamples repeats the estimate 0, and nothing prefers a sign
        x = np.repeat([0.0, 1.0], 5)
        interval = bca_interval(
            draw(x, x, n=9999), 0.0, tabulate(x), tabulate(x), mean_difference, confidence=0.8
        )
        assert interval.low == pytest.approx(-interval.high)

    @settings(max_examples=5, deadline=None)
    @given(st.integers(0, 1000))
    def test_bca_agrees_with_scipy(self, seed):
        rng = np.random.default_rng(seed)
        x, y = rng.lognormal(size=30).round(1), rng.lognormal(size=40).round(1) + 1
        ours = bca_interval(
            draw(x, y, n=9999),
            y.mean() - x.mean(),
            tabulate(x),
            tabulate(y),
            mean_difference,
            confidence=0.95,
        )
        theirs = stats.bootstrap(
            (x, y),
            lambda x, y, axis: y.mean(axis=axis) - x.mean(axis=axis),
            vectorized=True,
            n_resamples=9999,
            method="BCa",
            rng=rng,
        ).confidence_interval
        # both ends carry Monte-Carlo error, about 2 % of the width at 9,999 resamples
        width = theirs.high - theirs.low
        assert ours.low == pytest.approx(theirs.low, abs=0.08 * width)
        assert ours.high == pytest.approx(theirs.high, abs=0.08 * width)
