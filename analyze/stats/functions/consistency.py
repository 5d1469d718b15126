"""Error consistency: whether two runs are right on the same test examples, beyond what accuracies imply."""

import math
from dataclasses import dataclass

import numpy as np

from analyze.stats.functions.disagreement import Codes
from analyze.stats.resampling import Floats

# Columns multiplied at once: 8 MB of floats for 1,000 runs
_BLOCK_COLUMNS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """Mean error consistency κ of pairs of runs; nan where no pair has one, ``twins`` None without twins."""

    between: float
    twins: float | None


def within(codes: Codes) -> float:
    """Return the mean κ of the pairs of runs of a group; nan where no pair has one.

    κ = (c_obs − c_exp)/(1 − c_exp), with c_obs the share of examples on which both are right or both wrong
    and c_exp that of independent errors (Geirhos, Meding & Wichmann 2020, arXiv 2006.16736). Pairs with
    c_exp = 1, of runs that are always right or always wrong, have none and are left out.

    Parameters
    ----------
    codes : ndarray of uint8, shape (n_runs, n_examples)
        0 is right.

    Examples
    --------
    Both right once, both wrong once, two of four apart: as often as by chance.

    >>> within(np.array([[0, 0, 1, 1], [0, 1, 0, 1]], np.uint8))
    0.0
    """
    return _mean(_kappa(codes, codes)[np.triu_indices(len(codes), 1)])


def between(a: Codes, b: Codes, *, twins: bool) -> Consistency:
    """Return the mean κ of a run of a and one of b, and that of twins, which are not among these.

    Parameters
    ----------
    a, b : ndarray of uint8, shapes (n_a, n_examples), (n_b, n_examples)
    twins : bool
        Row r of a and row r of b started alike.
    """
    kappa = _kappa(a, b)
    if not twins:
        return Consistency(between=_mean(kappa), twins=None)
    return Consistency(between=_mean(kappa[~np.eye(len(kappa), dtype=bool)]), twins=_mean(kappa.diagonal()))


def _kappa(a: Codes, b: Codes) -> Floats:
    """Return κ of each run of a with each of b, shape (n_a, n_b); nan where it is undefined."""
    m = a.shape[1]
    right_a = a == 0
    right_b = right_a if b is a else b == 0
    varies = (right_a != right_a[0]).any(axis=0) | (right_b != right_a[0]).any(axis=0)
    both = np.full((len(a), len(b)), float(np.count_nonzero(right_a[0] & ~varies)))
    places = np.flatnonzero(varies)
    for start in range(0, len(places), _BLOCK_COLUMNS):
        block = places[start : start + _BLOCK_COLUMNS]
        ones = right_a[:, block].astype(np.float32)
        both += ones @ (ones if right_b is right_a else right_b[:, block].astype(np.float32)).T
    n_a = np.count_nonzero(right_a, axis=1)[:, None].astype(np.float64)
    n_b = np.count_nonzero(right_b, axis=1)[None, :].astype(np.float64)
    # both times m²: whole numbers, so that a share of 1 is found exactly
    observed, expected = m * (m - n_a - n_b + 2 * both), n_a * n_b + (m - n_a) * (m - n_b)
    kappa = np.full(both.shape, math.nan)
    np.divide(observed - expected, m * m - expected, out=kappa, where=expected < m * m)
    return kappa


def _mean(kappa: Floats) -> float:
    known = kappa[~np.isnan(kappa)]
    return float(known.mean()) if len(known) else math.nan
