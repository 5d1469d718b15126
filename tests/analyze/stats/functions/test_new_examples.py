"""Intervals on new examples against loops over pairs of runs and examples."""

import math

import numpy as np
import pytest
from made_answers import two_groups
from scipy import stats

from analyze.stats.functions import new_examples
from analyze.stats.functions.new_examples import excess_on_new, within_on_new


def by_definition(table, arms, groups=None):
    """Return the interval from the summand of each example, and each arm's parts, runs × examples."""
    m = len(table)
    groups = np.arange(m) if groups is None else groups
    sums = np.array([sum(table[i] - np.mean(table) for i in range(m) if groups[i] == g) for g in set(groups)])
    var_examples = len(sums) / (len(sums) - 1) * sum(sums**2) / m**2
    observed = [(np.var(arm.mean(axis=1), ddof=1) / len(arm), len(arm) - 1) for arm in arms]
    var_runs = 0.0
    for arm in arms:
        n = len(arm)
        covariance = np.cov(arm.T)  # theorem 2 of Jordan 2024: the mean covariance of two different examples
        apart = ~np.eye(m, dtype=bool)
        var_runs += max(covariance[apart].mean(), 0) / n
    var = max(var_examples + var_runs, sum(v for v, _ in observed))
    df = var**2 / (var_examples**2 / (len(sums) - 1) + sum(v**2 / f for v, f in observed))
    reach = stats.t.ppf(0.975, df) * math.sqrt(var)
    return pytest.approx((np.mean(table) - reach, np.mean(table) + reach), abs=1e-12)


def excess_parts(a, b, *, twins):
    """Return the excess of each example, and each run's part in it, by loops."""
    n_a, n_b, m = len(a), len(b), a.shape[1]
    pairs = [(r, s) for r in range(n_a) for s in range(n_b) if not (twins and r == s)]
    table = np.empty(m)
    for i in range(m):
        inside = [
            np.mean([x[r, i] != x[s, i] for r in range(len(x)) for s in range(len(x)) if r != s])
            for x in (a, b)
        ]
        table[i] = np.mean([a[r, i] != b[s, i] for r, s in pairs]) - np.mean(inside)

    def mean(x, r, y, leave):
        return np.mean([x[r] != y[s] for s in range(len(y)) if not (leave and s == r)], axis=0)

    of_a = np.array([mean(a, r, b, twins) - mean(a, r, a, True) for r in range(n_a)])
    of_b = np.array([mean(b, r, a, twins) - mean(b, r, b, True) for r in range(n_b)])
    return table, [of_a + of_b] if twins else [of_a, of_b]


@pytest.mark.parametrize("twins", [False, True])
@pytest.mark.parametrize("groups", [None, np.arange(30) // 3 * 7])
def test_excess_is_that_of_loops(monkeypatch, twins, groups):
    monkeypatch.setattr(new_examples, "_BLOCK_COLUMNS", 7)
    a, b = two_groups(n=8, m=30, shift=0.6)
    b = b if twins else b[:5]
    b[0, :4] = 9  # a code that a does not give
    table, arms = excess_parts(a, b, twins=twins)
    found = excess_on_new(a, b, twins=twins, confidence=0.95, groups=groups)
    assert found == by_definition(table, arms, groups)


@pytest.mark.parametrize("groups", [None, np.arange(30) // 3])
def test_within_is_that_of_loops(groups):
    a, _ = two_groups(n=7, m=30)
    apart = (a[:, None, :] != a[None, :, :]).sum(axis=1) / 6
    found = within_on_new(a, confidence=0.95, groups=groups)
    assert found == by_definition(apart.mean(axis=0), [2 * apart], groups)


def test_examples_runs_and_codes_may_be_exchanged():
    a, b = two_groups(n=9, m=40)
    expected = excess_on_new(a, b, twins=True, confidence=0.9)
    rng = np.random.default_rng(1)
    rows, columns, codes = rng.permutation(9), rng.permutation(40), rng.permutation(256).astype(np.uint8)
    again = excess_on_new(codes[a[rows][:, columns]], codes[b[rows][:, columns]], twins=True, confidence=0.9)
    assert again == pytest.approx(expected)
    assert excess_on_new(b, a, twins=True, confidence=0.9) == pytest.approx(expected)


def test_on_more_examples_the_interval_narrows():
    a, b = two_groups(n=9, m=40)
    once, four = (excess_on_new(np.tile(a, k), np.tile(b, k), twins=False, confidence=0.9) for k in (1, 4))
    assert four[1] - four[0] < once[1] - once[0]


def test_what_is_undefined_is_nan():
    one = np.zeros((4, 1), np.uint8)
    assert all(map(math.isnan, within_on_new(one[:2], confidence=0.95)))
    assert all(map(math.isnan, within_on_new(one, confidence=0.95)))
    assert all(map(math.isnan, excess_on_new(one[:2], one[:2], twins=True, confidence=0.95)))
    table = np.zeros((4, 5), np.uint8)
    assert excess_on_new(table, table + 1, twins=False, confidence=0.95) == (1.0, 1.0)
