"""Shards and blocks are disjoint and complete, and blocks suit the pace of the runs."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collect.running.blocks import BLOCK_S, LARGEST_BLOCK, Blocks, Shard, missing_of


@given(first=st.integers(0, 10**12), n_seeds=st.integers(0, 300), of=st.integers(1, 60))
def test_shards_are_disjoint_complete_and_even(first, n_seeds, of):
    seeds = range(first, first + n_seeds)
    shards = [missing_of(Shard(number, of).parts(seeds), set()) for number in range(1, of + 1)]
    assert sorted(itertools.chain(*shards)) == list(seeds)
    sizes = [len(shard) for shard in shards]
    assert max(sizes) - min(sizes) <= 8


def test_a_large_plan_is_cut_evenly_and_into_neighbouring_seeds():
    shards = [Shard(number, 7).parts(range(1_000_000)) for number in range(1, 8)]
    assert {len(parts) for parts in shards} == {8}
    assert max(sum(map(len, s)) for s in shards) - min(sum(map(len, s)) for s in shards) <= 8


def test_many_more_shards_than_seeds_are_cut_at_once():
    assert sum(len(part) for n in (1, 2, 10**15) for part in Shard(n, 10**15).parts(range(5))) <= 5


def test_the_later_half_of_a_plan_is_spread_over_all_shards():
    for number in range(1, 5):
        missing = missing_of(Shard(number, 4).parts(range(2000)), set(range(1000)))
        assert 240 <= len(missing) <= 260


def cut(blocks, workers, seconds):
    taken = []
    while (block := blocks.next(workers)) is not None:
        taken.append(block)
        for _ in block:
            blocks.note_duration(seconds)
    return taken


@pytest.mark.parametrize("n_seeds", [0, 1, 7, 60, 500, 20_000])
@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("seconds", [1e-6, 0.3, 7.0, 100.0])
def test_blocks_are_disjoint_complete_and_timely(n_seeds, workers, seconds):
    seeds = tuple(range(100, 100 + n_seeds))
    taken = cut(Blocks(seeds), workers, seconds)
    assert tuple(seed for block in taken for seed in block) == seeds
    assert all(1 <= len(block) <= max(1, min(LARGEST_BLOCK, BLOCK_S / seconds)) for block in taken)
    assert len(taken) >= min(n_seeds, workers)
    if n_seeds:
        assert len(taken[0]) == len(taken[-1]) == 1, "the pace is unknown at first; the tail is short"


def test_a_million_runs_of_a_third_of_a_second_are_some_ten_thousand_blocks():
    assert 9_000 < len(cut(Blocks(range(1_000_000)), 2, 0.3)) < 12_000


def test_a_returned_block_comes_next():
    blocks = Blocks(range(10))
    first = blocks.next(1)
    second = blocks.next(1)
    blocks.put_back(first)
    assert len(blocks) == 10 - len(second)
    assert blocks.next(1) == first


def test_blocks_follow_the_pace():
    blocks = Blocks(range(100_000))
    for _ in range(1000):
        blocks.note_duration(0.3)
    assert len(blocks.next(1)) == 100
    for _ in range(1000):
        blocks.note_duration(3.0)
    assert len(blocks.next(1)) == 10


@pytest.mark.parametrize("n_seeds", [0, 1, 7, 60, 501])
def test_blocks_are_whole_groups_of_what_is_trained_together(n_seeds):
    seeds, blocks = tuple(range(n_seeds)), Blocks(range(n_seeds), together=4)
    taken = cut(blocks, 2, 0.3)
    assert tuple(seed for block in taken for seed in block) == seeds
    assert all(len(block) % 4 == 0 for block in taken[:-1])
    assert len(blocks) == 0
