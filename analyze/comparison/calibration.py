"""How often the tests reject when there is nothing to find, at the sizes and ties of the data at hand.

The runs of two groups are pooled, and both groups are drawn anew from the pool, so that the null
hypothesis holds for every test. The share of draws with p ≤ α is a test's realised size.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from scipy import stats

from analyze.results import RealisedSize
from analyze.stats.resampling import Counts, Floats, Ints, stream, tabulate
from analyze.stats.two_sample import TWO_SAMPLE_TESTS

# Permutation tests are valid for any number of splits, and only their size is looked at: few are enough,
# if (B + 1)·α is a whole number, as with 199 for 0.05 and 0.01.
N_RESAMPLES = 199
N_DRAWS = 1000
_BLOCK = 50


def realised_sizes(
    x: Floats | Counts,
    y: Floats | Counts,
    *,
    seed: int,
    names: tuple[str, str],
    alpha: float = 0.05,
    n_draws: int = N_DRAWS,
    confidence_level: float = 0.95,
    n_workers: int | None = None,
) -> list[RealisedSize]:
    """Draw both groups from their pooled runs and count how often each test rejects.

    Parameters
    ----------
    x, y : array_like or Counts
        The runs of two groups.
    seed, names
        Of the random streams: the question's seed and the groups' names.
    alpha : float
        The level.
    n_draws : int
        Draws of both groups.
    n_workers : int, optional
        Processes; the result does not depend on it. By default one for each core.

    Examples
    --------
    >>> sizes = realised_sizes(
    ...     [1, 2, 3, 4, 5], [2, 3, 4, 5, 6], seed=0, names=("a", "b"), n_draws=20, n_workers=1
    ... )
    >>> [size.test for size in sizes] == list(TWO_SAMPLE_TESTS)
    True
    """
    a, b = tabulate(x), tabulate(y)
    pool = _pooled(a, b)
    blocks = [(pool, a.n, b.n, seed, names, alpha, first, min(first + _BLOCK, n_draws))
              for first in range(0, n_draws, _BLOCK)]  # fmt: skip
    rejected = sum(_counted(blocks, n_workers), start=np.zeros(len(TWO_SAMPLE_TESTS), dtype=np.int64))
    sizes = []
    for test, n_rejected in zip(TWO_SAMPLE_TESTS, rejected.tolist(), strict=True):
        interval = stats.binomtest(n_rejected, n_draws).proportion_ci(confidence_level)
        sizes.append(
            RealisedSize(
                group_a=names[0],
                group_b=names[1],
                test=test,
                n_a=a.n,
                n_b=b.n,
                n_distinct=len(pool.values),
                level=alpha,
                n_draws=n_draws,
                n_rejected=n_rejected,
                size=n_rejected / n_draws,
                low=float(interval.low),
                high=float(interval.high),
                confidence_level=confidence_level,
                holds=bool(interval.low <= alpha),
            )
        )
    return sizes


_Block = tuple[Counts, int, int, int, tuple[str, str], float, int, int]


def _counted(blocks: list[_Block], n_workers: int | None) -> Iterator[Ints]:
    if n_workers is None:
        n_workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if n_workers == 1 or len(blocks) == 1:
        yield from map(_rejections, blocks)
        return
    with ProcessPoolExecutor(n_workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_rejections, blocks)


def _rejections(block: _Block) -> Ints:
    """Count the rejections of every test over some draws; each draw has streams of its own."""
    pool, n_a, n_b, seed, names, alpha, first, last = block
    chances = pool.counts / pool.n
    rejected = np.zeros(len(TWO_SAMPLE_TESTS), dtype=np.int64)
    for draw in range(first, last):
        rng = stream(seed, "calibration", *names, str(draw))
        a, b = (_drawn(pool, rng.multinomial(n, chances)) for n in (n_a, n_b))
        for place, (name, test) in enumerate(TWO_SAMPLE_TESTS.items()):
            split = stream(seed, "calibration", *names, str(draw), name)
            rejected[place] += test(a, b, rng=split, n_resamples=N_RESAMPLES).pvalue <= alpha
    return rejected


def _drawn(pool: Counts, counts: Ints) -> Counts:
    return Counts(values=pool.values[counts > 0], counts=counts[counts > 0])


def _pooled(a: Counts, b: Counts) -> Counts:
    values = np.union1d(a.values, b.values)
    counts = np.zeros(len(values), dtype=np.int64)
    for table in (a, b):
        counts[np.searchsorted(values, table.values)] += table.counts
    return Counts(values=values, counts=counts)
