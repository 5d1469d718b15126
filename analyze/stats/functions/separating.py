"""Test examples that separate two groups: on which their runs are right with different probabilities."""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from analyze.stats.functions.disagreement import Codes
from analyze.stats.resampling import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Separating:
    """Of each test example: runs that are right, the p-value that they are as many, and its q-value.

    Examples on which all runs are right, or all wrong, are not tested, nor those on which no twins differ: p
    and q are 1.
    """

    n_right_a: Ints
    n_right_b: Ints
    pvalues: Floats
    qvalues: Floats


def separating(a: Codes, b: Codes, *, twins: bool) -> Separating:
    """Compare how often each test example is answered right.

    Of twins by McNemar's exact test of the pairs in which one is right, else by Fisher's exact test, whose
    smaller tail is doubled; q is adjusted by
    Benjamini & Hochberg over the examples that are tested.

    Parameters
    ----------
    a, b : ndarray of uint8, shapes (n_a, n_examples), (n_b, n_examples)
        0 is right.
    twins : bool
        Row r of a and row r of b started alike.
    """
    right_a, right_b = a == 0, b == 0
    n_right_a, n_right_b = (np.count_nonzero(one, axis=0) for one in (right_a, right_b))
    total = n_right_a + n_right_b
    pvalues = np.ones(a.shape[1])
    if twins:
        up = np.count_nonzero(right_b & ~right_a, axis=0)
        down = np.count_nonzero(right_a & ~right_b, axis=0)
        varies = up + down > 0
        pvalues[varies] = _mcnemar(up[varies], down[varies])
    else:
        varies = (total > 0) & (total < len(a) + len(b))
        pvalues[varies] = _fisher(n_right_a[varies], n_right_b[varies], len(a), len(b))
    qvalues = np.ones(a.shape[1])
    if varies.any():
        qvalues[varies] = stats.false_discovery_control(pvalues[varies], method="bh")
    return Separating(n_right_a=n_right_a, n_right_b=n_right_b, pvalues=pvalues, qvalues=qvalues)


def _mcnemar(up: Ints, down: Ints) -> Floats:
    n = up + down
    tail = special.bdtr(np.minimum(up, down).astype(float), n, 0.5)
    pvalues: Floats = np.minimum(2 * tail, 1.0)
    return pvalues


def _fisher(right_a: Ints, right_b: Ints, n_a: int, n_b: int) -> Floats:
    """Return twice the smaller tail of the hypergeometric distribution, looked up by total and count."""
    pvalues = np.empty(len(right_a))
    total = right_a + right_b
    for k in np.unique(total):
        rows = total == k
        support = np.arange(max(0, k - n_b), min(k, n_a) + 1)
        chances = np.exp(_log_chances(support, int(k), n_a, n_b))
        below = np.cumsum(chances)
        above = np.cumsum(chances[::-1])[::-1]
        at = right_a[rows] - support[0]
        pvalues[rows] = np.minimum(2 * np.minimum(below[at], above[at]), 1.0)
    return pvalues


def _log_chances(x: Ints, k: int, n_a: int, n_b: int) -> Floats:
    def log_choose(n: int, r: Ints | int) -> Floats:
        return (
            special.gammaln(n + 1)
            - special.gammaln(np.asarray(r) + 1)
            - special.gammaln(n - np.asarray(r) + 1)
        )

    return log_choose(n_a, x) + log_choose(n_b, k - x) - log_choose(n_a + n_b, k)
