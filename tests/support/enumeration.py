"""P-values by listing every split of the pooled runs, the definition of a permutation test."""

from itertools import combinations

import numpy as np

from analyze.stats.resampling import stream
from analyze.stats.two_sample import TWO_SAMPLE_TESTS


def run(test, x, y, seed=0, n_resamples=999, **options):
    return TWO_SAMPLE_TESTS[test](x, y, rng=stream(seed, test), n_resamples=n_resamples, **options)


def all_splits(x, y):
    """Every way to split the pooled values into groups of these sizes."""
    pooled = np.concatenate([x, y]).astype(float)
    for chosen in combinations(range(len(pooled)), len(x)):
        mask = np.zeros(len(pooled), dtype=bool)
        mask[list(chosen)] = True
        yield pooled[mask], pooled[~mask]


def brute_force(statistic, x, y):
    """Share of splits whose statistic is at least the observed one."""
    observed = statistic(np.asarray(x, float), np.asarray(y, float))
    values = np.array([statistic(a, b) for a, b in all_splits(x, y)])
    return float((values >= observed - 1e-9).mean())


def three_groups(values, sizes):
    """Every way to split values into three groups of these sizes."""
    everything = set(range(len(values)))
    for first in combinations(sorted(everything), sizes[0]):
        rest = everything - set(first)
        for second in combinations(sorted(rest), sizes[1]):
            third = sorted(rest - set(second))
            yield [values[list(part)] for part in (first, second, third)]
