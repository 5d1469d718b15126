import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze.stats.resampling import (
    bootstrap,
    permute,
    stream,
    tabulate,
    weighted_sum,
)


def mean_difference(a, b):
    return b.counts @ b.values / b.n - a.counts @ a.values / a.n


def draw(x, y, seed=0, n=999):
    streams = {"rng_a": stream(seed, "a"), "rng_b": stream(seed, "b")}
    return bootstrap(tabulate(x), tabulate(y), {"mean": mean_difference}, **streams, n_resamples=n)["mean"]


class TestTables:
    @pytest.mark.parametrize("n", [1, 100, 30_000])
    def test_a_weighted_sum_is_exact_but_for_rounding(self, n):
        rng = np.random.default_rng(n)
        counts, values = rng.integers(0, 9, size=n), rng.normal(size=n)
        exact = math.fsum(int(c) * float(v) for c, v in zip(counts, values, strict=True))
        assert weighted_sum(counts, values) == pytest.approx(exact, rel=1e-12, abs=1e-9)

    @given(st.lists(st.floats(-3, 3), min_size=1), st.booleans())
    def test_sorted_runs_are_counted_as_others_are(self, runs, ordered):
        runs = sorted(runs) if ordered else runs
        table = tabulate(runs)
        assert table.values.tolist() == sorted(set(runs))
        assert table.counts.tolist() == [runs.count(v) for v in table.values.tolist()]


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
