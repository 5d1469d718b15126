"""Test examples that separate two groups: on which their runs are right with different probabilities."""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from analyze.stats.functions.disagreement import Codes, count_true
from analyze.stats.resampling import Floats, Ints

_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True, kw_only=True)
class Separating:
    """Of each test example: how many runs are right, and whether that separates the groups.

    ``pvalues`` are two-sided, ``qvalues`` adjusted over the examples that can tell: on which not all runs, or
    not both twins of each pair, are right or wrong alike. Both are 1 on the others. All of shape
    (n_examples,).
    """

    n_right_a: Ints
    n_right_b: Ints
    pvalues: Floats
    qvalues: Floats


def separating(a: Codes, b: Codes, *, twins: bool) -> Separating:
    """Compare how often each test example is answered right.

    Null hypothesis, of each: runs of both groups are as often right. For twins McNemar's exact test of the
    pairs of which one is right (McNemar 1947, doi 10.1007/BF02295996), else Fisher's exact test with its
    smaller tail doubled. Adjusted by Benjamini & Hochberg (1995): the expected share of false examples among
    those of q ≤ α is at most α.

    Parameters
    ----------
    a, b : ndarray of uint8, shapes (n_a, n_examples), (n_b, n_examples)
        0 is right.
    twins : bool
        Row r of a and row r of b started alike.

    Examples
    --------
    Six runs of a are right and six of b are wrong: 2 of the C(12, 6) = 924 splits do that, 2 of 64 swaps.

    >>> a, b = np.zeros((6, 1), np.uint8), np.ones((6, 1), np.uint8)
    >>> pvalues = [separating(a, b, twins=twins).pvalues.item() for twins in (False, True)]
    >>> round(pvalues[0] * 924, 9), round(pvalues[1] * 64, 9)
    (2.0, 2.0)
    """
    right_a, right_b = a == 0, b == 0
    n_right_a, n_right_b = count_true(right_a), count_true(right_b)
    if twins:
        both = count_true(right_a & right_b)
        only_a, only_b = n_right_a - both, n_right_b - both
        tested = only_a + only_b > 0
        found = _mcnemar(only_a[tested], only_b[tested])
    else:
        total = n_right_a + n_right_b
        tested = (total > 0) & (total < len(a) + len(b))
        found = _fisher(n_right_a[tested], n_right_b[tested], len(a), len(b))
    pvalues, qvalues = np.ones(a.shape[1]), np.ones(a.shape[1])
    if tested.any():
        pvalues[tested], qvalues[tested] = found, stats.false_discovery_control(found, method="bh")
    return Separating(n_right_a=n_right_a, n_right_b=n_right_b, pvalues=pvalues, qvalues=qvalues)


def _mcnemar(only_a: Ints, only_b: Ints) -> Floats:
    tail = special.bdtr(np.minimum(only_a, only_b).astype(np.float64), only_a + only_b, 0.5)
    return np.clip(2 * tail, _TINY, 1.0)


def _fisher(right_a: Ints, right_b: Ints, n_a: int, n_b: int) -> Floats:
    """Return twice the smaller tail of the hypergeometric distribution, one for each total that occurs."""
    pvalues = np.empty(len(right_a))
    total = right_a + right_b
    for k in np.unique(total).tolist():
        rows = total == k
        support = np.arange(max(0, k - n_b), min(k, n_a) + 1)
        chances = np.exp(
            _log_choose(n_a, support) + _log_choose(n_b, k - support) - _log_choose(n_a + n_b, k)
        )
        below, above = chances.cumsum(), chances[::-1].cumsum()[::-1]
        at = right_a[rows] - support[0]
        pvalues[rows] = 2 * np.minimum(below[at], above[at])
    return np.clip(pvalues, _TINY, 1.0)


def _log_choose(n: int, k: Ints | int) -> Floats:
    return np.asarray(
        special.gammaln(n + 1) - special.gammaln(np.add(k, 1)) - special.gammaln(np.subtract(n + 1, k))
    )
