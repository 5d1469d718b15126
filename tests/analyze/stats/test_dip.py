"""The dip against the package diptest, and against its definition as a linear programme."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from analyze.stats.dip import dip, dip_pvalue, pvalue_of, uniform_dips
from analyze.stats.resampling import stream

I = np.arange(300)  # noqa: E741
# diptest 0.12.0: diptest.dipstat(values.astype(float))
DIPTEST = {
    "even": (I * 7919 % 1009, 0.005228758169934645),
    "two": (I * I * 31 % 997 + I % 2 * 900, 0.013430127041742294),
    "ties": (I * I * 31 % 13 + (I % 3 == 0) * 9, 0.07666666666666666),
    "skewed": ((I * 7919 % 1009) ** 3, 0.0040955631320063485),
    "three": (I * 7919 % 101 + I % 3 * 150, 0.055555555555555546),
}


@pytest.mark.parametrize("sample", DIPTEST)
def test_agrees_with_diptest(sample):
    values, expected = DIPTEST[sample]
    assert dip(values) == pytest.approx(expected, rel=1e-12)
    assert dip(-values[::-1]) == pytest.approx(expected, rel=1e-12)


def least_distance(values):
    """The definition: the least d such that some function of one mode, a jump there, is within d."""
    x, counts = np.unique(values, return_counts=True)
    above = counts.cumsum() / len(values)
    below = above - counts / len(values)
    return min(_with_mode(x, below, above, mode) for mode in range(len(x)))


def _with_mode(x, below, above, mode):
    # unknown: heights at each x up to the mode, convex, and from the mode on, concave; the last is d
    k = len(x)
    n = k + 2
    rows, limits = [], []

    def at_most(terms, limit):
        row = np.zeros(n)
        for place, weight in terms:
            row[place] += weight
        rows.append(row)
        limits.append(limit)

    for place in range(k + 1):
        i = place if place <= mode else place - 1
        jump = i == mode
        low = below[i] if jump and place == mode else above[i]
        high = above[i] if jump and place > mode else below[i]
        at_most([(place, 1), (n - 1, -1)], high)
        at_most([(place, -1), (n - 1, -1)], -low)
        if place:
            at_most([(place - 1, 1), (place, -1)], 0)
    for first, sign, points in ((0, 1, x[: mode + 1]), (mode + 1, -1, x[mode:])):
        for j in range(len(points) - 2):
            one, other = np.diff(points[j : j + 3])
            at_most(
                [
                    (first + j, -sign / one),
                    (first + j + 1, sign / one + sign / other),
                    (first + j + 2, -sign / other),
                ],
                0,
            )
    return optimize.linprog(np.eye(n)[-1], A_ub=np.array(rows), b_ub=limits, bounds=[(0, None)] * n).fun


@given(st.lists(st.integers(0, 30), min_size=2, max_size=14))
@settings(max_examples=60, deadline=None)
def test_is_the_least_distance_from_one_mode(values):
    assert dip(values) == pytest.approx(least_distance(values), abs=1e-9)


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=40), st.integers(1, 5))
@settings(deadline=None)
def test_unit_order_and_direction_do_not_matter(values, factor):
    found = dip(values)
    assert dip(np.array(values)[::-1] * 0.1 * factor + 7) == pytest.approx(found, abs=1e-12)
    assert dip(-np.array(values)) == pytest.approx(found, abs=1e-12)
    assert dip(np.repeat(values, factor)) <= found + 1e-12
    assert found == 0 if len(set(values)) == 1 else 1 / (2 * len(values)) <= found + 1e-12 <= 0.25 + 2e-12


def test_values_apart_by_rounding_alone_are_one():
    third = 0.1 + 0.2
    assert dip([0.3, third, 1, 1]) == dip([0.3, 0.3, 1, 1]) == 0.25
    assert dip([0.3, third]) == 0


def test_degenerate_samples_have_one_mode():
    for values in ([], [1.0], [2.0] * 9):
        assert dip(values) == 0
        assert dip_pvalue(values, rng=stream(0, "d"), n_draws=19) == 1


def test_far_scales():
    assert dip([0, 1e-300, 1, 1]) == 0.25
    assert dip([1e300, 1e300, -1e300, -1e300]) == 0.25


def test_pvalue_is_that_of_diptests_table():
    # diptest.diptest of DIPTEST's "two": p = 0.990 by its table of uniform samples
    values = DIPTEST["two"][0]
    assert dip_pvalue(values, rng=stream(0, "p"), n_draws=999) == pytest.approx(0.990, abs=0.01)
    assert dip_pvalue(DIPTEST["three"][0], rng=stream(0, "p"), n_draws=999) == 0.001


def test_draws_follow_the_seed_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    drawn = uniform_dips(50, rng=stream(0, "u"), n_draws=99)
    assert (drawn == uniform_dips(50, rng=stream(0, "u"), n_draws=99)).all()
    assert (drawn != uniform_dips(50, rng=stream(1, "u"), n_draws=99)).any()
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_dips_of_uniform_samples():
    # np.quantile([diptest.dipstat(rng.random(50)) for _ in range(20_000)], [0.5, 0.95]), rng = default_rng(0)
    drawn = uniform_dips(50, rng=stream(2, "u"), n_draws=1999)
    assert np.quantile(drawn, [0.5, 0.95]) == pytest.approx([0.04899, 0.07037], abs=0.0015)


def test_pvalue_counts_equal_dips():
    assert pvalue_of(0.1, np.array([0.05, 0.1 - 1e-14, 0.2])) == 0.75
