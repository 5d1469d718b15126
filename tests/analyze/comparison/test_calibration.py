"""The certificate counts what it says, whoever computes it."""

import pytest
from scipy import stats

from analyze.comparison import calibration
from analyze.comparison.calibration import realised_sizes
from analyze.stats.resampling import stream, tabulate
from analyze.stats.two_sample import TWO_SAMPLE_TESTS

X = stream(0, "x").integers(0, 12, 40).astype(float)
Y = stream(0, "y").integers(3, 15, 30).astype(float)


def sizes(**options):
    return realised_sizes(X, Y, **{"seed": 0, "names": ("a", "b"), "n_draws": 120, "n_workers": 1} | options)


def test_every_test_has_a_row_with_its_binomial_interval():
    found = sizes()
    assert [row.test for row in found] == list(TWO_SAMPLE_TESTS)
    for row in found:
        interval = stats.binomtest(row.n_rejected, 120).proportion_ci(0.95)
        assert (row.low, row.high) == pytest.approx((interval.low, interval.high))
        assert (row.n_a, row.n_b, row.size) == (40, 30, row.n_rejected / 120)
        assert row.n_distinct == len(set(X) | set(Y))


def test_groups_that_differ_are_drawn_from_one_pool():
    """The two groups differ clearly; drawn from their pool, hardly any draw does."""
    assert all(row.holds and row.size < 0.15 for row in sizes())


def test_a_test_that_rejects_too_often_does_not_hold(monkeypatch):
    honest = TWO_SAMPLE_TESTS["welch_t"]

    def liberal(x, y, **options):
        from dataclasses import replace

        result = honest(x, y, **options)
        return replace(result, pvalue=result.pvalue / 6)

    monkeypatch.setitem(calibration.TWO_SAMPLE_TESTS, "welch_t", liberal)
    assert {row.test for row in sizes() if not row.holds} == {"welch_t"}


@pytest.mark.slow
def test_the_number_of_workers_does_not_matter():
    assert sizes(n_workers=2) == sizes(n_workers=1) == sizes(n_workers=1)
    assert sizes(seed=1) != sizes()


def test_a_pool_of_one_value_is_never_rejected():
    found = realised_sizes([1.0] * 5, tabulate([1.0] * 4), seed=0, names=("a", "b"), n_draws=5, n_workers=1)
    assert [row.n_rejected for row in found] == [0] * len(TWO_SAMPLE_TESTS)
