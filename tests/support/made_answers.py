"""Made answers of runs to test examples, and what a loop over their pairs counts."""

from itertools import combinations, product

import numpy as np

from analyze.stats.functions.disagreement import pair_matrix


def two_groups(seed=0, n=8, m=50, *, shift=0.3, own=0.5):
    """Twins a and b: codes of examples of unequal difficulty, where b is changed on the last fifth of them.

    ``own`` is the share of answers that a run of b does not have from its twin.
    """
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet([2.0, 0.8, 0.5, 0.1], size=m).cumsum(axis=1)

    def answers():
        codes = (rng.random((n, m))[:, :, None] > chances).sum(axis=2)
        return np.minimum(codes, 3).astype(np.uint8)

    a = answers()
    b = np.where(rng.random((n, m)) < own, answers(), a)
    changed = (rng.random((n, m)) < shift) & (np.arange(m) >= m - m // 5)
    return a, np.where(changed, 4, b).astype(np.uint8)


def matrices(a, b):
    return pair_matrix(a, a), pair_matrix(b, b), pair_matrix(a, b)


def disagreements(a, b):
    """Shares of examples on which runs disagree, by a loop: a list for each row of a."""
    return [[sum(int(x != y) for x, y in zip(p, q, strict=True)) / len(p) for q in b] for p in a]


def pairs_within(a):
    distances = disagreements(a, a)
    return [distances[r][s] for r, s in combinations(range(len(a)), 2)]


def pairs_between(a, b, *, twins):
    distances = disagreements(a, b)
    return [distances[r][s] for r, s in product(range(len(a)), range(len(b))) if not (twins and r == s)]
