"""Tests of the lists of splits and of what is drawn where they are too many."""

import math

import numpy as np
import pytest
from enumeration import all_splits, three_groups
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze.stats.resampling import stream, tabulate
from analyze.stats.two_sample import splits
from analyze.stats.two_sample.pvalues import monte_carlo, separation
from analyze.stats.two_sample.splits import list_splits, permutation_pvalue, pool

blocks_and_size = st.lists(st.integers(1, 4), min_size=1, max_size=5).flatmap(
    lambda blocks: st.tuples(st.just(np.array(blocks)), st.integers(0, sum(blocks)))
)


def spread_of_means(*groups):
    means = np.stack([g.counts @ g.values / g.n for g in groups])
    return means.max(axis=0) - means.min(axis=0)


def test_pool():
    values, groups = pool([tabulate([3.0, 1, 1]), tabulate([2.0, 3])])
    assert values.tolist() == [1, 2, 3]
    assert groups.tolist() == [[2, 0, 1], [0, 1, 1]]


@given(blocks_and_size)
def test_every_split_is_listed_once_with_its_share(given_blocks):
    blocks, size = given_blocks
    (splits, rest), shares = list_splits(blocks, [size])
    assert (splits + rest == blocks).all()
    assert (splits.sum(axis=1) == size).all()
    assert len(np.unique(splits, axis=0)) == len(splits)
    ways = [
        math.prod(math.comb(b, s) for b, s in zip(blocks, split, strict=True)) for split in splits.tolist()
    ]
    assert sum(ways) == math.comb(int(blocks.sum()), size)
    assert shares == pytest.approx(np.array(ways) / sum(ways))


@pytest.mark.parametrize(
    ("blocks", "size", "number"), [([1] * 15, 7, 6435), ([500_000, 400_000], 300_000, None)]
)
def test_number_of_splits(blocks, size, number):
    listed = list_splits(np.array(blocks), [size])
    assert (listed is None) if number is None else (len(listed[1]) == number)


def test_few_splits_of_many_runs_are_listed():
    (splits, _), shares = list_splits(np.array([1_000_000, 3]), [500_000])
    assert splits[:, 1].tolist() == [3, 2, 1, 0]
    assert shares == pytest.approx(np.array([1, 3, 3, 1]) / 8, rel=1e-4)


@pytest.mark.parametrize("n", [16, 60, 1000, 30_000])
def test_too_many_splits_are_not_listed(n):
    assert list_splits(np.ones(n, dtype=np.int64), [n // 2]) is None


def test_three_groups_are_listed():
    values = np.array([1, 2, 2, 3, 5, 5.0])
    splits, shares = list_splits(np.array([1, 2, 1, 2]), [1, 2])
    assert shares.sum() == pytest.approx(1)
    listed = {
        tuple(np.concatenate(groups).tolist()): share
        for *groups, share in zip(*(s.tolist() for s in splits), shares, strict=True)
    }
    counted: dict[tuple[int, ...], int] = {}
    for groups in three_groups(values, (1, 2)):
        key = tuple(int((g == v).sum()) for g in groups for v in np.unique(values))
        counted[key] = counted.get(key, 0) + 1
    assert listed == pytest.approx({key: number / 60 for key, number in counted.items()})


@settings(max_examples=20, deadline=None)
@given(st.permutations([0, 1, 2]))
def test_the_order_of_the_groups_is_of_no_account(order):
    rng = np.random.default_rng(0)
    samples = [tabulate(rng.integers(0, 9, n)) for n in (12, 17, 12)]
    first = permutation_pvalue(*pool(samples), spread_of_means, rng=stream(0, "a"), n_resamples=199)
    other = permutation_pvalue(
        *pool([samples[i] for i in order]), spread_of_means, rng=stream(0, "a"), n_resamples=199
    )
    assert first == other


@pytest.mark.parametrize(("n_groups", "runs_per_value"), [(2, 5), (3, 5), (3, 0)])
def test_drawn_splits_agree_with_all(n_groups, runs_per_value, monkeypatch):
    monkeypatch.setattr(splits, "RUNS_PER_VALUE", runs_per_value)
    samples = [tabulate(x) for x in ([1, 2, 2, 4], [2, 3, 5], [4, 6])[:n_groups]]
    exact, error, method = permutation_pvalue(
        *pool(samples), spread_of_means, rng=stream(0, "a"), n_resamples=9
    )
    assert (error, method) == (0, "exact, all splits")
    monkeypatch.setattr(splits, "MAX_SPLITS", 0)
    drawn, error, method = permutation_pvalue(
        *pool(samples), spread_of_means, rng=stream(0, "a"), n_resamples=9999
    )
    assert method == "permutation, 9,999 random splits"
    assert abs(drawn - exact) < 4 * error


@pytest.mark.parametrize("runs_per_value", [5, 0])
def test_every_split_of_three_groups_is_drawn_as_often_as_its_share(runs_per_value, monkeypatch):
    samples = [tabulate(x) for x in ([1, 2, 2], [2, 3], [4, 3, 1])]
    values, groups = pool(samples)
    listed = list_splits(groups.sum(axis=0), groups.sum(axis=1)[:-1].tolist())
    assert listed is not None
    keys = np.concatenate(listed[0], axis=1) @ 4 ** np.arange(12)
    seen = []

    def remember(*tables):
        seen.append(np.concatenate([t.counts for t in tables], axis=1) @ 4 ** np.arange(12))
        return np.zeros(len(tables[0].counts))

    monkeypatch.setattr(splits, "RUNS_PER_VALUE", runs_per_value)
    splits._permute_many(values, groups, remember, rng=stream(0, "a"), n_resamples=40_000)
    drawn = np.concatenate(seen)
    assert set(drawn.tolist()) <= set(keys.tolist())
    counts = (drawn[:, None] == keys).sum(axis=0)
    assert stats.chisquare(counts, listed[1] * len(drawn)).pvalue > 0.001


def test_merged_values_keep_the_level():
    """The pooled values decide how neighbours merge, so under the null p is uniform."""
    rng = stream(0, "merge")
    pvalues = []
    for _ in range(200):
        samples = [tabulate(rng.standard_cauchy(700)) for _ in range(2)]
        pvalues.append(permutation_pvalue(*pool(samples), spread_of_means, rng=rng, n_resamples=99)[0])
    assert "merged" in permutation_pvalue(*pool(samples), spread_of_means, rng=rng, n_resamples=99)[2]
    assert 0.4 < np.mean(pvalues) < 0.6
    assert np.mean(np.array(pvalues) <= 0.1) < 0.18


def test_separation_counts_separating_splits():
    for x, y in (([1, 2], [3, 4, 5]), ([1, 1], [2, 2, 2]), ([1, 1, 1], [2, 2, 2]), ([1, 2, 2], [2, 3])):
        separated = np.mean([a.max() < b.min() or b.max() < a.min() for a, b in all_splits(x, y)])
        _, groups = pool([tabulate(x), tabulate(y)])
        assert separation(groups.sum(axis=0), len(x)) == pytest.approx(separated)


def test_monte_carlo_pvalue():
    # (b + 1)/(B + 1), Phipson & Smyth 2010
    assert monte_carlo(np.arange(99) < 4) == (0.05, pytest.approx(math.sqrt(0.05 * 0.95 / 99)))


def test_merging_hardly_changes_a_pvalue(monkeypatch):
    rng = np.random.default_rng(5)
    samples = [tabulate(np.exp(rng.normal(shift, 1, 900))) for shift in (0, 0.09)]
    merged, error, method = permutation_pvalue(
        *pool(samples), spread_of_means, rng=stream(0, "a"), n_resamples=1999
    )
    assert method.endswith("neighbours merged to 1,000 values")
    monkeypatch.setattr("analyze.stats.two_sample.splits.MAX_VALUES", 1800)
    plain, _, method = permutation_pvalue(
        *pool(samples), spread_of_means, rng=stream(0, "b"), n_resamples=1999
    )
    assert method.endswith("random splits")
    assert plain < 0.2
    assert abs(merged - plain) < 6 * error


def test_many_tiny_groups_are_not_listed_before_giving_up(monkeypatch):
    """12 runs into six pairs: 12! / 2^6 = 7,484,400 splits; none of them is made."""
    made = []
    monkeypatch.setattr(splits, "_list_two", lambda *a: made.append(a))
    assert list_splits(np.ones(12, dtype=np.int64), [2] * 5) is None
    assert not made


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=2, max_size=5), st.integers(1, 3), st.integers(1, 3))
def test_counting_gives_up_only_where_listing_would(blocks, first, second):
    blocks = np.array(blocks)
    if first + second > blocks.sum():
        return
    _, shares = list_splits(blocks, [first, second])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splits, "MAX_SPLITS", len(shares))
        assert not splits._too_many(blocks, [first, second])
