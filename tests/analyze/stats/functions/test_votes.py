"""Votes against counting every choice of voters."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from made_answers import two_groups

from analyze.stats.functions import votes
from analyze.stats.functions.votes import plurality_votes
from analyze.stats.resampling import stream


def accuracy(voters):
    """Share of examples on which the most frequent answer is right, ties shared."""
    total = 0.0
    for column in voters.T.tolist():
        counts = Counter(column)
        most = [code for code, count in counts.items() if count == max(counts.values())]
        total += (0 in most) / len(most)
    return total / voters.shape[1]


def run(codes, seed=0, n_draws=100):
    return plurality_votes(codes, rng=stream(seed, "votes"), n_draws=n_draws)


@pytest.mark.parametrize("seed", range(5))
def test_every_choice_of_voters(monkeypatch, seed):
    a, _ = two_groups(seed, n=8)
    monkeypatch.setattr(votes, "_BLOCK_COLUMNS", 7)
    found = {vote.k: vote for vote in run(a, n_draws=2000)}
    assert list(found) == [1, 2, 3, 5, 8]
    for k, vote in found.items():
        every = [accuracy(a[list(chosen)]) for chosen in combinations(range(8), k)]
        exact = k in (1, 8)
        assert vote.accuracy == pytest.approx(
            np.mean(every), abs=1e-6 if exact else 4 * np.std(every) / 2000**0.5
        )
        expected = np.std(every, ddof=1) if k == 1 else np.std(every)
        assert vote.sd == pytest.approx(expected, rel=1e-9 if exact else 0.1)


def test_all_runs_and_unanimous_examples():
    a, _ = two_groups(n=25)
    a = np.hstack([np.zeros((25, 5), np.uint8), np.full((25, 3), 4, np.uint8), a])
    found = run(a)
    assert [vote.k for vote in found] == [1, 2, 3, 5, 10, 20, 25]
    assert found[-1].accuracy == pytest.approx(accuracy(a), abs=1e-6)
    assert found[-1].sd == 0


def test_ties_are_shared():
    codes = np.array([[0, 1, 0, 3], [1, 0, 0, 2], [2, 2, 1, 0], [0, 3, 1, 1]], np.uint8)
    # right alone 2 : 1 : 1; one of four; one of two; one of four
    assert run(codes)[-1].accuracy == pytest.approx((1 + 1 / 4 + 1 / 2 + 1 / 4) / 4)


def test_metamorphic():
    a, _ = two_groups(n=12)
    expected = run(a)
    images = np.random.default_rng(0).permutation(50)
    recoded = np.array([0, 200, 7, 1], dtype=np.uint8)[a]
    for other in (a[:, images], recoded, np.tile(a, 2)):
        assert [vote.accuracy for vote in run(other)] == pytest.approx([vote.accuracy for vote in expected])
    runs = np.random.default_rng(1).permutation(12)
    assert run(a[runs])[-1].accuracy == pytest.approx(expected[-1].accuracy)


def test_same_seed_same_result_and_global_state_untouched():
    a, _ = two_groups(n=12)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert run(a) == run(a)
    assert run(a) != run(a, seed=1)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_degenerate():
    a, _ = two_groups()
    (alone,) = run(a[:1])
    assert (alone.k, alone.accuracy, alone.sd) == (1, np.mean(a[0] == 0), 0)
    for vote in run(np.zeros((4, 9), np.uint8)):
        assert (vote.accuracy, vote.sd) == (1, 0)
    two = run(a[:2])
    assert [vote.k for vote in two] == [1, 2]
