"""Splits of pooled runs into groups of given sizes: all of them where they are few, otherwise random ones.

If all distributions are equal, every split of the pooled runs is equally likely. So the share of splits with
at least the observed statistic is a p-value, exact for any statistic and any pattern of ties. Splits are
counts of the pooled distinct values: exchanging tied runs makes no new one.
"""

import math
import operator
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from scipy import special

from analyze import text as fmt
from analyze.stats.resampling import Counts, Floats, Ints, permute, row_chunks
from analyze.stats.two_sample.pvalues import monte_carlo

MAX_SPLITS = 10_000
# Beyond so many distinct values neighbours are merged: 9,999 splits then take about a second. Drawing costs
# some 10 ns a run or 100 ns a distinct value.
MAX_VALUES = 1_000
MANY_RUNS, VERY_MANY_RUNS = 5_000, 200_000
MAX_VALUES_OF_MANY_RUNS, MAX_VALUES_OF_VERY_MANY_RUNS = 500, 200
# Of three groups or more: putting runs into random order costs by the run, drawing one group after another
# this many times as much by the value of each but the last.
RUNS_PER_VALUE = 5
# Of many groups, so many cells of counts are drawn in some seconds
MAX_DRAWN_CELLS, FEWEST_DRAWS = 3e8, 199
# Splits with the same statistic must count as equal although their sums round differently
RELATIVE_TOLERANCE, TOLERANCE = 1e-9, 1e-12

_POOLED: list[tuple[tuple[Counts, ...], Floats, Ints]] = []

# One table of counts for each group, shape (r, n_values), to r statistics; exchanging groups changes nothing
SplitStatistic = Callable[..., Floats]


def pool(samples: Sequence[Counts]) -> tuple[Floats, Ints]:
    """Put the counts of all samples on the sorted pooled distinct values that occur.

    Returns
    -------
    values : ndarray, shape (n_values,)
    groups : ndarray of int, shape (n_samples, n_values)
        Read, never written: the last pool is kept for the next test of the same samples.
    """
    known = _POOLED[0] if _POOLED else None
    if known is not None and len(known[0]) == len(samples) and all(map(operator.is_, known[0], samples)):
        return known[1], known[2]
    # a stable sort merges what is sorted already
    values = np.sort(np.concatenate([sample.values for sample in samples]), kind="stable")
    values = values[np.diff(values, prepend=-np.inf) != 0]
    groups = np.zeros((len(samples), len(values)), dtype=np.int64)
    for row, sample in zip(groups, samples, strict=True):
        row[np.searchsorted(values, sample.values)] = sample.counts
    occurs = groups.sum(axis=0) > 0
    if not occurs.all():
        values, groups = values[occurs], groups[:, occurs]
    _POOLED[:] = [(tuple(samples), values, groups)]
    return values, groups


def permutation_pvalue(
    values: Floats, groups: Ints, statistic: SplitStatistic, *, rng: np.random.Generator, n_resamples: int
) -> tuple[float, float, str]:
    """P(statistic ≥ observed) over the splits of the pooled runs into groups of these sizes.

    All splits where at most 10,000 differ, otherwise (b + 1)/(B + 1) over random ones. Beyond 1,000 distinct
    values (500 for more than 5,000 runs, 200 for more than 200,000) neighbours are merged first: the pooled
    values decide how, so the p-value stays valid, for a slightly coarser statistic. Of hundreds of groups
    fewer splits are drawn; the method says how many.

    Parameters
    ----------
    values, groups : ndarray
        From `pool`.
    statistic : callable
        Of one table of counts for each group; it must not change when groups are exchanged. Then the
        p-value does not depend on their order either, because splits are drawn for the smallest group first.
    rng : Generator
        Used only where splits are drawn.
    n_resamples : int
        Number of random splits.

    Returns
    -------
    pvalue, pvalue_error : float
    method : str

    Examples
    --------
    >>> from analyze.stats.resampling import tabulate
    >>> values, groups = pool([tabulate([1, 2, 3]), tabulate([4, 5, 6])])
    >>> def distance(a, b):
    ...     return np.abs(b.counts @ b.values - a.counts @ a.values)
    >>> permutation_pvalue(values, groups, distance, rng=np.random.default_rng(0), n_resamples=99)
    (0.1, 0.0, 'exact, all splits')
    """
    groups = groups[np.argsort(groups.sum(axis=1), kind="stable")]
    listed = list_splits(groups.sum(axis=0), groups.sum(axis=1)[:-1].tolist())
    if listed is not None:
        splits, shares = listed
        tables = [Counts(values=values, counts=part) for part in splits]
        at_least = statistic(*tables) >= _limit(statistic, values, groups)
        # the shares of all splits add up to 1 but for rounding
        pvalue = 1.0 if at_least.all() else float(shares[at_least].sum())
        return pvalue, 0.0, "exact, all splits"
    n, merged = groups.sum(), ""
    limit = MAX_VALUES if n <= MANY_RUNS else MAX_VALUES_OF_MANY_RUNS
    limit = MAX_VALUES_OF_VERY_MANY_RUNS if n > VERY_MANY_RUNS else limit
    if len(values) > limit:
        values, groups = _merge(values, groups, limit)
        merged = f", neighbours merged to {fmt.count(len(values))} values"
    affordable = max(FEWEST_DRAWS, int(MAX_DRAWN_CELLS / groups.size)) if len(groups) > 2 else n_resamples
    method = f"permutation, {fmt.count(min(n_resamples, affordable))} random splits"
    if affordable < n_resamples:
        method += f" of {fmt.count(n_resamples)} asked for, more would be too dear"
    n_resamples, method = min(n_resamples, affordable), method + merged
    tables = [Counts(values=values, counts=group) for group in groups]
    if len(tables) == 2:
        drawn = permute(tables[0], tables[1], statistic, rng=rng, n_resamples=n_resamples)
    else:
        drawn = _permute_many(values, groups, statistic, rng=rng, n_resamples=n_resamples)
    pvalue, error = monte_carlo(drawn >= _limit(statistic, values, groups))
    return pvalue, error, method


def _limit(statistic: SplitStatistic, values: Floats, groups: Ints) -> float:
    observed = float(statistic(*(Counts(values=values, counts=group[None, :]) for group in groups))[0])
    return observed * (1 - RELATIVE_TOLERANCE) - TOLERANCE


def _merge(values: Floats, groups: Ints, limit: int) -> tuple[Floats, Ints]:
    """Merge adjacent values into at most ``limit`` of about equal count, each at its runs' mean."""
    blocks = groups.sum(axis=0)
    bins = np.floor((blocks.cumsum() - blocks / 2) / blocks.sum() * limit).astype(np.int64)
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    merged = np.add.reduceat(groups, starts, axis=1)
    return np.add.reduceat(values * blocks, starts) / merged.sum(axis=0), merged


def list_splits(blocks: Ints, sizes: Sequence[int]) -> tuple[list[Ints], Floats] | None:
    """List every split of tie blocks into groups of these sizes and a last one of the rest.

    Parameters
    ----------
    blocks : ndarray of int, shape (n_values,)
        Runs at each pooled distinct value.
    sizes : sequence of int
        Sizes of all groups but the last.

    Returns
    -------
    splits : list of ndarray, each of shape (n_splits, n_values)
        Counts of each group.
    shares : ndarray, shape (n_splits,)
        Probability of each split, summing to 1. None is returned for more than 10,000 splits.

    Examples
    --------
    Three runs, two of them tied, into one and two: the tied value is alone in two of three ways.

    >>> splits, shares = list_splits(np.array([2, 1]), [1])
    >>> splits[0].tolist(), shares.round(12).tolist()
    ([[0, 1], [1, 0]], [0.333333333333, 0.666666666667])
    """
    first = None if _too_many(blocks, sizes) else _list_two(blocks, sizes[0])
    if first is None:
        return None
    splits, shares = first
    if len(sizes) == 1:
        return [splits, blocks - splits], shares
    parts: list[list[Ints]] = [[] for _ in range(len(sizes) + 1)]
    weights: list[Floats] = []
    total = 0
    for split, share in zip(splits, shares, strict=True):
        rest = list_splits(blocks - split, sizes[1:])
        total += MAX_SPLITS + 1 if rest is None else len(rest[1])
        if rest is None or total > MAX_SPLITS:
            return None
        parts[0].append(np.broadcast_to(split, rest[0][0].shape))
        for part, more in zip(parts[1:], rest[0], strict=True):
            part.append(more)
        weights.append(share * rest[1])
    return [np.concatenate(part) for part in parts], np.concatenate(weights)


def _list_two(blocks: Ints, size: int) -> tuple[Ints, Floats] | None:
    if _too_many_splits(blocks, size):
        return None
    splits = np.zeros((1, len(blocks)), dtype=np.int64)
    needed = np.array([size])
    left = int(blocks.sum())
    for column, block in enumerate(blocks.tolist()):
        left -= block
        least, most = np.maximum(needed - left, 0), np.minimum(needed, block)
        choices = most - least + 1
        source = np.repeat(np.arange(len(splits)), choices)
        nth = np.arange(len(source)) - np.repeat(choices.cumsum() - choices, choices)
        taken = least[source] + nth
        splits = splits[source]
        splits[:, column] = taken
        needed = needed[source] - taken
    ways = (_log_factorial(blocks) - _log_factorial(splits) - _log_factorial(blocks - splits)).sum(axis=1)
    weights = np.exp(ways - ways.max())
    return splits, weights / weights.sum()


def _too_many(blocks: Ints, sizes: Sequence[int]) -> bool:
    """Whether there are more than 10,000 splits for certain, by counting alone.

    Each table of counts is at most ∏ block! of the n! / ∏ size! ways to give labelled runs to the groups.
    """
    rest = int(blocks.sum()) - sum(sizes)
    every = _log_factorial(np.array([*sizes, rest])).sum()
    tied = blocks[blocks > 1]
    ways = float(_log_factorial(blocks.sum()) - every - _log_factorial(tied).sum())
    return math.exp(min(ways, 700.0)) > MAX_SPLITS * (1 + 1e-9)


def _too_many_splits(blocks: Ints, size: int) -> bool:
    """Whether more than 10,000 tables of counts take ``size`` runs from the blocks."""
    size = min(size, int(blocks.sum()) - size)
    ways = np.zeros(size + 1)
    ways[0] = 1.0
    for block in blocks.tolist():
        up_to = ways.cumsum()
        ways = up_to.copy()
        ways[block + 1 :] -= up_to[: max(size - block, 0)]
        # the number for i runs grows with more blocks, and in the end with i, up to half of the runs
        if ways.max() > MAX_SPLITS:
            return True
    return False


def _log_factorial(n: Ints) -> Floats:
    log: Floats = special.gammaln(n + 1.0)
    return log


def _permute_many(
    values: Floats, groups: Ints, statistic: SplitStatistic, *, rng: np.random.Generator, n_resamples: int
) -> Floats:
    """Evaluate a statistic on random splits into three groups or more."""
    pooled, sizes = groups.sum(axis=0), groups.sum(axis=1)
    few_runs = sizes.sum() <= RUNS_PER_VALUE * (len(groups) - 1) * len(values)
    draw = _shuffle if few_runs else _draw_in_turn
    parts = []
    for n_rows in row_chunks(n_resamples, groups.size):
        split = draw(pooled, sizes, rng, n_rows)
        parts.append(statistic(*(Counts(values=values, counts=counts) for counts in split)))
    return np.concatenate(parts)


def _shuffle(pooled: Ints, sizes: Ints, rng: np.random.Generator, n_rows: int) -> Iterable[Ints]:
    """Draw the counts of each group by putting all runs into random order."""
    n_groups, n_values = len(sizes), len(pooled)
    runs = np.repeat(np.arange(n_values, dtype=np.int32), pooled)
    shuffled = rng.permuted(np.broadcast_to(runs, (n_rows, len(runs))), axis=1)
    rows = n_values * (n_groups * np.arange(n_rows)[:, None] + np.repeat(np.arange(n_groups), sizes))
    counts = np.bincount((rows + shuffled).ravel(), minlength=n_rows * n_groups * n_values)
    return counts.reshape(n_rows, n_groups, n_values).swapaxes(0, 1)


def _draw_in_turn(pooled: Ints, sizes: Ints, rng: np.random.Generator, n_rows: int) -> Iterable[Ints]:
    """Draw the counts of a group after another."""
    rest = np.broadcast_to(pooled, (n_rows, len(pooled)))
    for n in sizes[:-1].tolist():
        drawn = _draw(rest, n, rng)
        yield drawn
        rest = rest - drawn
    yield rest


def _draw(urns: Ints, n: int, rng: np.random.Generator) -> Ints:
    """Draw n runs from each row of counts, a value after another."""
    drawn = np.empty(urns.shape, dtype=np.int64)
    needed = np.full(len(urns), n)
    left = urns.sum(axis=1)
    for column in range(urns.shape[1]):
        left = left - urns[:, column]
        drawn[:, column] = rng.hypergeometric(urns[:, column], left, needed)
        needed = needed - drawn[:, column]
    return drawn
