"""What holds for every test of two samples."""

import math

import numpy as np
import pytest
from enumeration import run
from hypothesis import given, settings
from hypothesis import strategies as st

from analyze.stats.resampling import Counts, tabulate
from analyze.stats.two_sample import TWO_SAMPLE_TESTS

tied = st.lists(st.integers(0, 4), min_size=2, max_size=6)
drawn = ("permutation_mean", "anderson_darling", "cramer_von_mises")
by_ranks = ("ks", "mann_whitney", "brunner_munzel", "anderson_darling", "cramer_von_mises")


def samples(n=50, m=40):
    rng = np.random.default_rng(0)
    return rng.integers(0, 60, n) * 1.0, rng.integers(10, 80, m) * 1.0


def test_order():
    assert list(TWO_SAMPLE_TESTS) == [
        "ks",
        "mann_whitney",
        "brunner_munzel",
        "welch_t",
        "permutation_mean",
        "anderson_darling",
        "cramer_von_mises",
        "brown_forsythe",
    ]


@pytest.mark.parametrize("test", TWO_SAMPLE_TESTS)
class TestContract:
    def test_fields(self, test):
        result = run(test, [1, 2, 3, 4, 9], [2, 3, 5, 7, 7, 8])
        assert result.test == test
        assert 0 < result.pvalue <= 1
        assert result.pvalue_error >= 0
        assert all([result.label, result.hypothesis, result.statistic_name, result.method])
        assert type(result.statistic) is type(result.pvalue) is type(result.pvalue_error) is float

    @settings(max_examples=30, deadline=None)
    @given(x=tied, y=tied)
    def test_always_a_pvalue_and_symmetric_in_the_groups(self, test, x, y):
        # up to 6 + 6 runs, so all splits are listed and nothing is drawn
        result, swapped = run(test, x, y), run(test, y, x)
        assert 0 < result.pvalue <= 1
        assert not math.isnan(result.statistic)
        assert swapped.pvalue == pytest.approx(result.pvalue)

    @pytest.mark.parametrize(("n", "m"), [(50, 40), (40, 50), (45, 45), (90, 6)])
    def test_swapping_the_groups_keeps_the_pvalue_with_the_same_stream(self, test, n, m):
        x, y = samples(n, m)
        result, swapped = run(test, x, y), run(test, y, x)
        assert swapped.pvalue == pytest.approx(result.pvalue, rel=1e-9)
        assert swapped.method == result.method

    def test_shuffling_and_positive_affine_maps_change_nothing(self, test):
        rng, (x, y) = np.random.default_rng(0), samples()
        result = run(test, x, y)
        for other in (
            run(test, rng.permutation(x), rng.permutation(y)),
            run(test, 4 * x - 64, 4 * y - 64),
        ):
            assert other.pvalue == pytest.approx(result.pvalue)

    def test_reversing_the_order_of_the_values_changes_nothing(self, test):
        x, y = [1, 2, 2, 3, 5], [2, 2, 4, 5, 6, 6]
        assert run(test, np.negative(x), np.negative(y)).pvalue == pytest.approx(run(test, x, y).pvalue)

    def test_counts_are_as_good_as_values(self, test):
        x, y = samples()
        assert run(test, tabulate(x), tabulate(y)) == run(test, x, y)

    def test_a_repeated_row_is_its_count_doubled(self, test):
        x, y = samples(30, 20)
        twice = tabulate(x).with_counts(2 * tabulate(x).counts)
        assert run(test, twice, y) == run(test, np.concatenate([x, x]), y)

    def test_values_counted_zero_times_do_not_matter(self, test):
        x, y = samples(30, 20)
        table = tabulate(x)
        padded = Counts(
            values=np.concatenate([[-7.0], table.values, [500.0]]), counts=np.pad(table.counts, 1)
        )
        assert run(test, padded, y) == run(test, x, y)
        constant = Counts(values=np.array([1.0, 3.0, 5.0]), counts=np.array([0, 4, 0]))
        assert run(test, constant, [3, 3, 3]) == run(test, [3, 3, 3, 3], [3, 3, 3])

    def test_same_seed_same_result(self, test):
        x, y = samples()
        assert run(test, x, y) == run(test, x, y)

    def test_global_state_is_untouched(self, test):
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        run(test, np.arange(30), np.arange(40))
        assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize("test", TWO_SAMPLE_TESTS)
class TestDegenerate:
    def test_constant_and_equal(self, test):
        assert run(test, [3, 3, 3], [3, 3]).pvalue == 1
        assert run(test, [0.1] * 30, [0.1] * 70).pvalue == 1

    def test_two_runs_each(self, test):
        assert 0 < run(test, [1, 2], [3, 4]).pvalue <= 1
        assert 0 < run(test, [1, 2], [1, 2]).pvalue <= 1

    def test_large_offsets_and_extreme_scales(self, test):
        x, y = np.array([1.0, 2, 3, 4, 6]), np.array([3.0, 5, 6, 8])
        expected = run(test, x, y)
        others = [(x + 2.0**40, y + 2.0**40)]
        others += [(x * 2.0**power, y * 2.0**power) for power in (-1000, -400, 400, 1000)]
        for other in others:
            result = run(test, *other)
            assert result.pvalue == pytest.approx(expected.pvalue)
            if test != "permutation_mean":  # its statistic has the unit of the values
                assert result.statistic == pytest.approx(expected.statistic)

    def test_far_apart_values(self, test):
        result = run(test, [-1e300, 1e-300, 0, 1e300], [1e-300, 2, 1e308, -1e308])
        assert 0 < result.pvalue <= 1
        assert not math.isnan(result.statistic)

    def test_integers(self, test):
        x, y = np.array([1, 2, 3, 4, 4]), np.array([10, 2, 30, 41])
        assert run(test, x, y) == run(test, x.astype(float), y.astype(float))

    def test_complete_separation(self, test):
        result = run(test, np.arange(50), np.arange(100, 160), n_resamples=199)
        if test != "brown_forsythe":
            assert result.pvalue <= 1 / 200
        assert not math.isnan(result.statistic)

    @pytest.mark.parametrize("shift", [0, 1, 40])
    def test_a_million_runs(self, test, shift):
        values, counts = np.arange(40.0), np.full(40, 25_000)
        a, b = Counts(values=values, counts=counts), Counts(values=values + shift, counts=counts[::-1])
        result = run(test, a, b, n_resamples=99)
        same_spread = test == "brown_forsythe"
        assert (result.pvalue > 0.5) if not shift or same_spread else (result.pvalue <= 0.01)

    def test_one_group_huge_and_one_tiny(self, test):
        huge = Counts(values=np.arange(100.0), counts=np.full(100, 10_000))
        assert run(test, huge, [20, 50, 80], n_resamples=199).pvalue > 0.2
        if test != "brown_forsythe":
            assert run(test, huge, [500, 501, 503], n_resamples=199).pvalue <= 0.05

    def test_rare_values_in_one_of_two_runs(self, test):
        # 2 % of a million runs have the second value: at least one of two has it in 1 − 0.98² of the splits
        rare = Counts(values=np.array([0.0, 1.0]), counts=np.array([980_000, 20_000]))
        if test not in (
            "brunner_munzel",
            "welch_t",
            "brown_forsythe",
        ):  # which divide by the spread of two runs
            assert run(test, rare, [0, 1]).pvalue == pytest.approx(0.0396, abs=1e-5)

    def test_more_distinct_values_than_splits_are_drawn_for(self, test):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(2, 3000))
        result = run(test, x, y, n_resamples=99)
        assert ("merged to 500" in result.method) == (test in drawn)
        assert run(test, x, y + 0.3, n_resamples=99).pvalue <= 0.01 or test == "brown_forsythe"


def test_no_variance_is_flagged():
    assert run("brown_forsythe", [3, 3, 3], [5, 5]).method.startswith("degenerate")
    # Welch's test divides by it: the exact permutation of the means does not
    assert "not Welch's" in run("welch_t", [3, 3, 3], [5, 5]).method


@pytest.mark.parametrize("test", sorted(set(TWO_SAMPLE_TESTS) - {"brown_forsythe"}))
def test_constant_and_different_is_complete_separation(test):
    # 1 of choose(5, 2) = 10 splits
    assert run(test, [3, 3, 3], [5, 5]).pvalue == pytest.approx(0.1)
    # 2 of choose(6, 3) = 20 splits: the mirror is as extreme
    assert run(test, [3, 3, 3], [5, 5, 5]).pvalue == pytest.approx(0.1)


@pytest.mark.parametrize("test", by_ranks)
def test_rank_tests_ignore_monotone_maps(test):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 60, 50) / 10, rng.integers(10, 80, 40) / 10
    assert run(test, np.exp(x), np.exp(y)).pvalue == run(test, x, y).pvalue


@pytest.mark.parametrize("test", drawn)
def test_other_seed_other_result(test):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=50), rng.normal(size=40)
    assert {run(test, x, y, seed=s).pvalue for s in range(1, 5)} != {run(test, x, y).pvalue}


@pytest.mark.parametrize("test", drawn)
def test_drawn_pvalues_are_never_zero(test):
    # DABEST's can be
    result = run(test, np.arange(50), np.arange(50) + 1000)
    assert result.pvalue == 1 / 1000
    assert result.pvalue_error == pytest.approx(math.sqrt(0.001 * 0.999 / 999))
