"""A plan trains what is missing; blocks are disjoint and complete; the tally is right."""

import statistics

import pytest

from collect import campaign
from collect.worker import Committed, Ready, Trained


@pytest.mark.parametrize("n_seeds", [0, 1, 7, 60, 500])
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_blocks_are_disjoint_complete_and_even(n_seeds, workers):
    seeds = tuple(range(100, 100 + n_seeds))
    blocks = campaign.cut_into_blocks(seeds, workers)
    assert tuple(seed for block in blocks for seed in block) == seeds
    assert all(1 <= len(block) <= campaign.LARGEST_BLOCK for block in blocks)
    assert len(blocks) >= min(n_seeds, workers)


def test_tally_counts_and_averages():
    accuracies = [0.8787, 0.8765, 0.8811]
    tally = campaign.Tally(n_wanted=5)
    tally.add(Ready())
    for seed, accuracy in enumerate(accuracies):
        tally.add(Trained(seed, "ok", accuracy))
    tally.add(Trained(3, "diverged", None))
    tally.add(Committed((0, 1, 2, 3)))
    assert (tally.n_trained, tally.n_committed) == (4, 4)
    assert dict(tally.statuses) == {"ok": 3, "diverged": 1}
    assert tally.mean == pytest.approx(statistics.mean(accuracies))
    assert tally.sd == pytest.approx(statistics.stdev(accuracies))


def test_another_strategy_begins_its_own_average():
    tally = campaign.Tally(n_wanted=4)
    tally.begin("joint")
    tally.add(Trained(0, "ok", 0.1))
    tally.begin("staged")
    for seed, accuracy in enumerate((0.8, 0.9)):
        tally.add(Trained(seed, "ok", accuracy))
    assert (tally.n_trained, tally.statuses["ok"], tally.label) == (3, 3, "staged")
    assert tally.mean == pytest.approx(0.85)
    assert tally.sd == pytest.approx(statistics.stdev((0.8, 0.9)))
