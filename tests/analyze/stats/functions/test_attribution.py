"""Attribution against a loop that leaves each run and its twin out; matchings against listing them."""

from itertools import permutations

import numpy as np
import pytest
from made_answers import matrices, pairs_within, two_groups

from analyze.stats.functions.attribution import attribution, same_seed
from analyze.stats.resampling import stream


def score(run, a, b):
    """How much less a run is like the runs of a than like those of b, none of them itself or its twin."""
    to_a, to_b = (np.mean([np.mean(run != other) for other in group]) for group in (a, b))
    return (to_a - np.mean(pairs_within(a)) / 2) - (to_b - np.mean(pairs_within(b)) / 2)


def scores(a, b, *, twins):
    of_a = [score(a[r], np.delete(a, r, 0), np.delete(b, r, 0) if twins else b) for r in range(len(a))]
    of_b = [score(b[r], np.delete(a, r, 0) if twins else a, np.delete(b, r, 0)) for r in range(len(b))]
    return np.array(of_a), np.array(of_b)


def share_above(scores):
    """Share above 0, ties by half, which rounding would break."""
    return np.mean(scores > 1e-12) + np.mean(np.abs(scores) <= 1e-12) / 2


@pytest.mark.parametrize("twins", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_leaving_each_run_out(seed, twins):
    a, b = two_groups(seed, n=7, shift=0.1)
    b = b if twins else b[:5]
    of_a, of_b = scores(a, b, twins=twins)
    found = attribution(*matrices(a, b), twins=twins)
    assert found.balanced_accuracy == pytest.approx((share_above(-of_a) + share_above(of_b)) / 2)
    assert found.auc == pytest.approx(share_above(of_b[:, None] - of_a))
    assert found.twins_told_apart == (pytest.approx(share_above(of_b - of_a)) if twins else None)


@pytest.mark.parametrize("twins", [False, True])
def test_exchanging_groups_changes_nothing(twins):
    a, b = two_groups(n=9, shift=0.25, own=0.9)
    there, back = attribution(*matrices(a, b), twins=twins), attribution(*matrices(b, a), twins=twins)
    assert 0.5 < there.auc < 1
    assert there == back


def test_order_does_not_matter():
    a, b = two_groups(n=9, shift=0.1)
    expected = attribution(*matrices(a, b), twins=True)
    runs, images = np.random.default_rng(0).permutation(9), np.random.default_rng(1).permutation(50)
    assert attribution(*matrices(a[runs], b[runs]), twins=True) == expected
    assert attribution(*matrices(a[:, images], b[:, images]), twins=True) == expected


def test_without_a_difference_half_is_right():
    found = [attribution(*matrices(*two_groups(i, n=6, shift=0)), twins=True) for i in range(200)]
    for name in ("balanced_accuracy", "auc", "twins_told_apart"):
        values = [getattr(one, name) for one in found]
        assert np.mean(values) == pytest.approx(0.5, abs=3.5 * np.std(values) / np.sqrt(200))


@pytest.mark.parametrize("twins", [False, True])
def test_one_function_is_put_to_each_by_half(twins):
    a = np.zeros((4, 9), np.uint8)
    found = attribution(*matrices(a, a.copy()), twins=twins)
    assert (found.balanced_accuracy, found.auc) == (0.5, 0.5)
    assert found.twins_told_apart == (0.5 if twins else None)


def test_fewer_than_three_runs_have_none():
    a, b = two_groups(n=5)
    assert attribution(*matrices(a, b[:2]), twins=False) is None
    assert attribution(*matrices(a[:2], b[:2]), twins=True) is None


class TestSameSeed:
    def test_is_the_share_of_matchings(self):
        _, _, of_both = matrices(*two_groups(1, n=5, own=0.95))
        sums = [of_both[np.arange(5), list(order)].sum() for order in permutations(range(5))]
        exact = np.mean(np.array(sums) <= np.trace(of_both))
        assert 0.01 < exact < 0.6
        pvalue, error = same_seed(of_both, rng=stream(0, "m"), n_resamples=9_999)
        assert pvalue == pytest.approx(exact, abs=4 * error)

    def test_is_one_sided(self):
        near, far = np.full((9, 9), 5) - 5 * np.eye(9, dtype=int), np.full((9, 9), 5) + np.eye(9, dtype=int)
        assert same_seed(near, rng=stream(0, "m"), n_resamples=999)[0] < 0.01
        assert same_seed(far, rng=stream(0, "m"), n_resamples=999)[0] == 1

    def test_same_seed_same_result(self):
        _, _, of_both = matrices(*two_groups(n=9, own=0.97))
        found = [same_seed(of_both, rng=stream(seed, "m"), n_resamples=999) for seed in (0, 0, 1)]
        assert found[0] == found[1] != found[2]

    def test_nothing_to_tell_apart(self):
        assert same_seed(np.zeros((1, 1), dtype=int), rng=stream(0, "m"), n_resamples=99)[0] == 1
        assert same_seed(np.zeros((6, 6), dtype=int), rng=stream(0, "m"), n_resamples=99)[0] == 1
