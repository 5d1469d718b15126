"""The test within tasks against all splits, and against the rank-sum test of one task."""

from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze.stats.tasks.van_elteren import van_elteren

tasks = st.lists(
    st.tuples(*(st.lists(st.integers(0, 4), min_size=1, max_size=3) for _ in range(2))),
    min_size=1,
    max_size=3,
)


def enumerated(a, b):
    """Return the statistic, and the p-value over all splits within tasks."""
    ranks = [stats.rankdata([*x, *y]) for x, y in zip(a, b, strict=True)]
    totals = [len(r) + 1 for r in ranks]
    middle = sum(len(y) / 2 for y in b)
    observed = sum(r[len(x) :].sum() / t for r, x, t in zip(ranks, a, totals, strict=True)) - middle
    splits = product(*(combinations(range(len(r)), len(y)) for r, y in zip(ranks, b, strict=True)))
    sums = [
        sum(r[list(s)].sum() / t for r, s, t in zip(ranks, split, totals, strict=True)) - middle
        for split in splits
    ]
    return observed, np.mean([abs(one) >= abs(observed) - 1e-9 for one in sums])


@given(tasks)
@settings(deadline=None, max_examples=150)
def test_all_splits_within_tasks(found):
    a, b = ([list(map(float, task[i])) for task in found] for i in (0, 1))
    statistic, pvalue = enumerated(a, b)
    test = van_elteren(a, b)
    assert test.statistic == pytest.approx(statistic, abs=1e-12)
    assert test.pvalue == pytest.approx(pvalue)
    assert test.minimum <= test.pvalue * (1 + 1e-9)


def test_of_one_task_it_is_the_rank_sum_test():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=7), rng.normal(0.6, 1, size=9)
    expected = stats.mannwhitneyu(x, y, method="exact").pvalue
    assert van_elteren([x], [y]).pvalue == pytest.approx(expected)
    assert van_elteren([x], [y]).minimum == pytest.approx(2 / comb(16, 7))


def test_without_ties_z_is_that_of_the_normal_approximation():
    """Lehmann 1975: Σ (W_i − E W_i) / (N_i + 1) over the root of Σ n m / (12 (N + 1))."""
    rng = np.random.default_rng(2)
    a, b = ([rng.normal(size=n) for n in sizes] for sizes in ((4, 6, 5), (5, 3, 5)))
    variance = sum(len(x) * len(y) / (12 * (len(x) + len(y) + 1)) for x, y in zip(a, b, strict=True))
    assert van_elteren(a, b).z == pytest.approx(enumerated(a, b)[0] / np.sqrt(variance))


@pytest.mark.parametrize("sizes", [[(5, 5)] * 60, [(5 + i % 3, 5) for i in range(40)]])
def test_of_many_tasks_exact_and_normal_agree(sizes):
    rng = np.random.default_rng(3)
    a = [rng.normal(size=n) for n, _ in sizes]
    b = [rng.normal(0.15, 1, size=m) for _, m in sizes]
    found = van_elteren(a, b)
    assert found.pvalue == pytest.approx(2 * stats.norm.sf(abs(found.z)), rel=0.15)


def test_units_of_tasks_and_the_order_of_groups_do_not_matter():
    rng = np.random.default_rng(4)
    a, b = ([np.round(rng.normal(size=5), 1) for _ in range(6)] for _ in range(2))
    found, swapped = van_elteren(a, b), van_elteren(b, a)
    assert swapped.pvalue == pytest.approx(found.pvalue)
    assert swapped.z == pytest.approx(-found.z)
    scaled = [x * 10.0**i for i, x in enumerate(a)], [x * 10.0**i for i, x in enumerate(b)]
    assert van_elteren(*scaled).pvalue == pytest.approx(found.pvalue)


def test_equal_runs_and_missing_ones_say_nothing():
    assert van_elteren([[1.0, 1.0]], [[1.0, 1.0]]).pvalue == 1
    assert van_elteren([[1.0], []], [[2.0], [3.0]]).pvalue == 1
    assert van_elteren([], []).pvalue == 1
