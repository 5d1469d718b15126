"""Failure rates against Newcombe's published intervals; failures ranked worst against counting by hand."""

import itertools

import numpy as np
import pytest
from scipy import stats

from analyze.comparison.failures import compare_failures, equal_rates, rank_failures_worst
from analyze.question import make_question
from analyze.stats.resampling import tabulate

# Newcombe 1998, table II, method 10, contrasts (a) to (h): x1/n1, x2/n2, interval of p1 − p2.
NEWCOMBE = [
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((6, 7), (2, 7), (0.0582, 0.8062)),
    ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ((0, 10), (0, 20), (-0.1611, 0.2775)),
    ((0, 10), (0, 10), (-0.2775, 0.2775)),
    ((10, 10), (0, 20), (0.6791, 1.0)),
    ((10, 10), (0, 10), (0.6075, 1.0)),
]


@pytest.mark.parametrize(("first", "second", "interval"), NEWCOMBE)
def test_intervals_are_those_of_newcombe(first, second, interval):
    found = compare_failures(*second, *first)
    assert (found.low, found.high) == pytest.approx(interval, abs=6e-5)
    back = compare_failures(*first, *second)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))


def test_fisher_tastes_tea():
    """R: fisher.test(matrix(c(3, 1, 1, 3), 2)): p-value = 0.4857."""
    assert compare_failures(3, 4, 1, 4).pvalue == pytest.approx(0.4857, abs=5e-5)


def test_a_million_runs():
    found = compare_failures(1000, 1_000_000, 1300, 1_000_000)
    assert found.low < 0.0003 < found.high
    assert 0 < found.pvalue < 1e-6


@pytest.mark.parametrize("larger_is_better", [True, False])
def test_failures_are_worse_than_every_value(larger_is_better):
    x, y = np.array([3.0, 4.0, 5.0, 5.0]), np.array([4.0, 5.0, 6.0])
    found = rank_failures_worst(
        tabulate(x), tabulate(y), n_failed_x=2, n_failed_y=4, larger_is_better=larger_is_better,
        seed=0, names=("a", "b"), n_resamples=99,
    )  # fmt: skip
    worst = -99.0 if larger_is_better else 99.0
    full_x, full_y = np.append(x, [worst] * 2), np.append(y, [worst] * 4)
    u = stats.mannwhitneyu(full_y, full_x).statistic
    assert found.superiority == pytest.approx(u / (len(full_x) * len(full_y)))
    ks, ranks = found.tests
    assert ks.statistic == pytest.approx(stats.ks_2samp(full_x, full_y).statistic)
    assert ranks.statistic == u


def test_without_failures_nothing_changes():
    x, y = tabulate([1.0, 2.0, 2.0, 3.0]), tabulate([2.0, 3.0, 4.0])
    found = rank_failures_worst(
        x, y, n_failed_x=0, n_failed_y=0, larger_is_better=True, seed=0, names=("a", "b"), n_resamples=99
    )
    assert found.superiority == pytest.approx((2 + 3.5 + 4) / 12)


def test_rates_of_many_groups_are_exact_where_few_failures_are_expected():
    """Of C(12, 3) ways to choose which runs failed, those with χ² at least as large, by listing them."""
    failed, finished = np.array([3, 0, 0]), np.array([2, 4, 3])
    sizes = failed + finished
    group = np.repeat(np.arange(3), sizes)

    def chi_squared(chosen):
        lost = np.bincount(group[list(chosen)], minlength=3)
        return stats.chi2_contingency(np.array([lost, sizes - lost])).statistic

    every = np.array([chi_squared(chosen) for chosen in itertools.combinations(range(12), 3)])
    observed = stats.chi2_contingency([failed, finished]).statistic
    pvalue, test = equal_rates(failed, finished, make_question())
    assert pvalue == pytest.approx((every >= observed - 1e-9).mean())
    assert test == "χ², exact, all splits"
    many = np.array([20, 30, 40]), np.array([80, 70, 60])
    expected = stats.chi2_contingency(many).pvalue
    assert equal_rates(*many, make_question()) == (pytest.approx(expected), "χ² test")
