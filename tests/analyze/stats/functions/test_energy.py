"""The energy test against listing all splits and swaps of few runs."""

from itertools import combinations, product

import numpy as np
import pytest
from made_answers import matrices, two_groups

from analyze.stats.functions import energy
from analyze.stats.functions.disagreement import between
from analyze.stats.functions.energy import energy_test
from analyze.stats.resampling import stream


def run(a, b, *, twins, seed=0, n_resamples=999):
    return energy_test(*matrices(a, b), twins=twins, rng=stream(seed, "energy"), n_resamples=n_resamples)


def statistic(a, b):
    """2 mean ρ(a, b) − mean ρ(a, a) − mean ρ(b, b), a run's distance to itself of 0 among the last two."""

    def mean(x, y):
        return np.mean([[np.sqrt(np.count_nonzero(p != q)) for q in y] for p in x])

    return 2 * mean(a, b) - mean(a, a) - mean(b, b)


def share_at_least(observed, values):
    return np.mean(np.array(values) >= observed - 1e-9)


def all_splits(a, b):
    pooled = np.concatenate([a, b])
    for chosen in combinations(range(len(pooled)), len(a)):
        mask = np.isin(np.arange(len(pooled)), chosen)
        yield pooled[mask], pooled[~mask]


def all_swaps(a, b):
    for swapped in product([False, True], repeat=len(a)):
        mask = np.array(swapped)[:, None]
        yield np.where(mask, b, a), np.where(mask, a, b)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("n_b", [3, 4])
def test_labels_are_all_splits(seed, n_b):
    a, b = two_groups(seed, n=4, own=1)
    b = b[:n_b]
    found = run(a, b, twins=False)
    observed = statistic(a, b)
    assert found.statistic == pytest.approx(observed)
    assert found.pvalue == share_at_least(observed, [statistic(*split) for split in all_splits(a, b)])
    assert found.minimum_pvalue == (2 / 70 if n_b == 4 else 1 / 35)
    assert found.pvalue_error == 0
    assert found.method == "exact, all splits"


@pytest.mark.parametrize("seed", range(8))
def test_swaps_are_all_swaps_of_twins(seed):
    a, b = two_groups(seed, n=4, own=0.3)
    found = run(a, b, twins=True)
    observed = statistic(a, b)
    assert found.statistic == pytest.approx(observed)
    assert found.pvalue == share_at_least(observed, [statistic(*swap) for swap in all_swaps(a, b)])
    assert found.minimum_pvalue == 1 / 8
    assert found.method == "exact, all swaps of twins"


@pytest.mark.parametrize("twins", [False, True])
def test_drawn_permutations_are_near_all_of_them(monkeypatch, twins):
    a, b = two_groups(4, n=6, own=0.6, shift=0.08)
    exact = run(a, b, twins=twins)
    assert 0.05 < exact.pvalue < 0.9
    monkeypatch.setattr(energy, "MAX_SPLITS", 0)
    monkeypatch.setattr(energy, "_BLOCK", 1000)
    drawn = run(a, b, twins=twins, n_resamples=9_999)
    assert drawn.pvalue == pytest.approx(exact.pvalue, abs=4 * drawn.pvalue_error)
    assert 0 < drawn.pvalue_error < 0.006
    assert drawn.statistic == exact.statistic
    assert drawn.method.startswith("permutation, 9,999 random")


def test_twins_are_swapped_since_labels_hide_the_difference():
    """Twins that are nearly one function, b changed on the same few images: labels see only how near."""
    a, b = two_groups(2, n=20, m=200, own=0.0, shift=0.05)
    assert run(a, b, twins=True).pvalue == 1 / 1000
    assert run(a, b, twins=False).pvalue > 0.5


def test_sees_a_difference_of_spread_alone():
    """Equal mean functions: runs of b are one of two opposite functions, those of a answer by chance."""
    a = stream(0, "spread").integers(0, 2, size=(30, 60), dtype=np.uint8)
    b = np.repeat(np.array([[0], [1]], np.uint8), 15, axis=0) * np.ones(60, np.uint8)
    assert run(a, b, twins=False).pvalue < 0.02
    mean_functions = between(*matrices(a, b), 60, twins=False, confidence=0.95)
    assert mean_functions.low < 0 < mean_functions.high


@pytest.mark.parametrize("twins", [False, True])
class TestContract:
    def test_exchanging_groups_changes_nothing(self, twins):
        a, b = two_groups(n=20, shift=0.02)
        assert run(a, b, twins=twins) == run(b, a, twins=twins)

    def test_order_of_images_and_names_of_classes_do_not_matter(self, twins):
        a, b = two_groups(n=20, shift=0.02)
        expected = run(a, b, twins=twins)
        images = np.random.default_rng(1).permutation(50)
        recoded = (np.array([0, 200, 7, 1, 3], dtype=np.uint8)[x] for x in (a, b))
        assert run(a[:, images], b[:, images], twins=twins) == expected
        assert run(*recoded, twins=twins) == expected

    def test_order_of_runs_does_not_matter_but_for_the_draws(self, twins):
        a, b = two_groups(n=20, shift=0.05)
        order = np.random.default_rng(2).permutation(20)
        there, back = run(a, b, twins=twins), run(a[order], b[order], twins=twins)
        assert there.statistic == pytest.approx(back.statistic)
        assert there.pvalue == pytest.approx(back.pvalue, abs=5 * there.pvalue_error + 1e-3)

    def test_images_twice_stretch_the_distance(self, twins):
        a, b = two_groups(n=20, shift=0.05)
        there, back = run(a, b, twins=twins), run(*(np.tile(x, 2) for x in (a, b)), twins=twins)
        assert back.statistic == pytest.approx(there.statistic * np.sqrt(2))
        assert back.pvalue == there.pvalue

    def test_same_seed_same_result_and_global_state_untouched(self, twins):
        a, b = two_groups(n=20, shift=0.02)
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        assert run(a, b, twins=twins) == run(a, b, twins=twins)
        assert run(a, b, twins=twins).pvalue != run(a, b, twins=twins, seed=1).pvalue
        assert (np.random.get_state()[1] == before).all()  # noqa: NPY002

    @pytest.mark.parametrize("n", [1, 2, 3, 30])
    def test_one_function_everywhere(self, twins, n):
        a = np.tile(two_groups()[0][:1], (n, 1))
        found = run(a, a.copy(), twins=twins)
        assert (found.statistic, found.pvalue) == (0, 1)

    def test_fewer_than_four_runs_cannot_reach_one_in_twenty(self, twins):
        a, b = np.zeros((3, 8), np.uint8), np.ones((3, 8), np.uint8)
        found = run(a, b, twins=twins)
        assert found.pvalue == found.minimum_pvalue == (1 / 4 if twins else 2 / 20)

    def test_a_two_valued_column_works(self, twins):
        a, b = ((x > 0).astype(np.uint8) for x in two_groups(n=20, own=1, shift=1))
        assert run(a, b, twins=twins).pvalue < 0.05
