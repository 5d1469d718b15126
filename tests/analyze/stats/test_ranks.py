"""Rank sets against an enumeration of their definition, and their joint coverage by simulation."""

from itertools import combinations, permutations

import numpy as np
import pytest
from scipy import stats

from analyze.stats.ranks import (
    Differences,
    differences_of_means,
    differences_of_replicates,
    differences_of_twins,
    letters,
    rank_sets,
    told_apart,
)


def pairs(n):
    return list(combinations(range(n), 2))


def enumerated(estimates, below):
    """Return the smallest and largest rank of each group over all orders that agree with what is known."""
    n = len(estimates)
    found = [set() for _ in range(n)]
    for order in permutations(range(n)):  # the best first
        place = {group: i for i, group in enumerate(order)}
        if all(place[high] < place[low] for low, high in below):
            for group in range(n):
                found[group].add(place[group] + 1)
    return [(min(ranks), max(ranks)) for ranks in found]


@pytest.mark.parametrize("seed", range(20))
def test_sets_of_four_groups_are_those_of_all_orders(seed):
    rng = np.random.default_rng(seed)
    means, errors = rng.normal(size=4), np.full(4, 0.3)
    found = differences_of_means(means, errors, np.full(4, 20), rng=rng, n_draws=999)
    apart = told_apart(found, confidence=0.95)
    below = [(i, j) if means[i] < means[j] else (j, i) for i, j in pairs(4) if apart[i, j]]
    assert [(one.low, one.high) for one in rank_sets(means, apart)] == enumerated(means, below)


def test_stepping_down_by_hand():
    """Without the pairs of the far group, the largest of those that are left is smaller."""
    draws = np.tile(np.array([[3.0, 3.0, 1.0]], np.float32), (100, 1))
    found = Differences(
        estimates=np.array([9.0, 1.0, 0.0]), statistics=np.array([5.0, 6.0, 2.0]), draws=draws
    )
    apart = told_apart(found, confidence=0.95)
    assert apart.tolist() == [[False, True, True], [True, False, True], [True, True, False]]
    none = Differences(estimates=found.estimates, statistics=np.array([2.9, 2.0, 2.0]), draws=draws)
    assert not told_apart(none, confidence=0.95).any()


def sample(rng, kind, means, n):
    spreads = np.linspace(0.5, 2, len(means))
    own = rng.normal(size=(n, len(means)))
    if kind == "twins":
        own = 0.8 * rng.normal(size=(n, 1)) + 0.6 * own
    return means + spreads * own


@pytest.mark.parametrize("n", [5, 30])
@pytest.mark.parametrize("kind", ["independent", "twins"])
@pytest.mark.parametrize("step", [0.0, 1.0])
def test_joint_coverage_of_eighteen_groups_with_near_ties(kind, n, step):
    """All rank sets hold the true ranks at once in 94 % or more, give or take 2.5 standard errors."""
    means = np.repeat(np.arange(9), 2) * step / np.sqrt(n)  # each second group is equal to the one before
    rng, covered, trials = np.random.default_rng(5), 0, 100
    for _ in range(trials):
        runs = sample(rng, kind, means, n)
        errors = runs.std(axis=0, ddof=1) / np.sqrt(n)
        drawn = {"rng": rng, "n_draws": 499}
        if kind == "twins":
            found = differences_of_twins(runs.mean(axis=0), errors, np.corrcoef(runs.T), n, **drawn)
        else:
            found = differences_of_means(runs.mean(axis=0), errors, np.full(18, n), **drawn)
        sets = rank_sets(found.estimates, told_apart(found, confidence=0.95))
        covered += all(
            one.low <= 1 + (means > mean).sum() and 18 - (means < mean).sum() <= one.high
            for mean, one in zip(means, sets, strict=True)
        )
    assert covered / trials >= 0.94 - 2.5 * np.sqrt(0.05 * 0.95 / trials)


def test_twins_that_move_together_are_told_apart_by_their_small_difference():
    rng = np.random.default_rng(2)
    first = rng.normal(size=40)
    runs = np.column_stack([first, first + 0.05 + 0.01 * rng.normal(size=40), rng.normal(size=40)])
    errors = runs.std(axis=0, ddof=1) / np.sqrt(40)
    drawn = {"rng": rng, "n_draws": 499}
    twins = differences_of_twins(runs.mean(axis=0), errors, np.corrcoef(runs.T), 40, **drawn)
    alone = differences_of_means(runs.mean(axis=0), errors, np.full(3, 40), **drawn)
    assert told_apart(twins, confidence=0.95)[0, 1]
    assert not told_apart(alone, confidence=0.95)[0, 1]
    same = np.column_stack([first, first, runs[:, 2]])
    errors = same.std(axis=0, ddof=1) / np.sqrt(40)
    equal = differences_of_twins(same.mean(axis=0), errors, np.corrcoef(same.T), 40, **drawn)
    assert not told_apart(equal, confidence=0.95)[0, 1]


def test_statistics_are_welch_s_and_those_of_pairs():
    rng = np.random.default_rng(3)
    runs = rng.normal(size=(12, 3)) * [1, 2, 3]
    means, errors = runs.mean(axis=0), runs.std(axis=0, ddof=1) / np.sqrt(12)
    drawn = {"rng": rng, "n_draws": 99}
    welch = [abs(stats.ttest_ind(runs[:, i], runs[:, j], equal_var=False).statistic) for i, j in pairs(3)]
    paired = [abs(stats.ttest_rel(runs[:, i], runs[:, j]).statistic) for i, j in pairs(3)]
    assert differences_of_means(means, errors, np.full(3, 12), **drawn).statistics == pytest.approx(welch)
    found = differences_of_twins(means, errors, np.corrcoef(runs.T), 12, **drawn)
    assert found.statistics == pytest.approx(paired)


def test_a_single_run_may_have_any_rank_and_equal_runs_differ():
    rng = np.random.default_rng(4)
    means, errors = np.array([5.0, 1.0, 0.0, 0.0]), np.zeros(4)
    found = differences_of_means(means, errors, np.array([1, 5, 5, 5]), rng=rng, n_draws=99)
    sets = rank_sets(means, told_apart(found, confidence=0.95))
    assert [(one.low, one.high) for one in sets] == [(1, 4), (1, 2), (2, 4), (2, 4)]


def test_replicates_are_compared_with_their_spread():
    replicates = np.random.default_rng(5).normal([0, 0, 9], 1, size=(999, 3))
    found = differences_of_replicates(np.array([0.0, 0.1, 9.0]), replicates)
    assert told_apart(found, confidence=0.95).tolist() == [
        [False, False, True],
        [False, False, True],
        [True, True, False],
    ]


@pytest.mark.parametrize("seed", range(10))
def test_groups_share_a_letter_exactly_where_they_are_not_told_apart(seed):
    rng = np.random.default_rng(seed)
    apart = np.triu(rng.random((7, 7)) < 0.5, 1)
    apart |= apart.T
    shown = letters(apart, range(7))
    assert all((set(shown[i]) & set(shown[j]) == set()) == apart[i, j] for i, j in pairs(7))


def test_more_letters_than_the_alphabet_has_are_none():
    assert letters(~np.eye(60, dtype=bool), range(60)) == [""] * 60
