"""Error consistency: whether two runs are right on the same test examples, beyond their accuracies."""

import math
from dataclasses import dataclass

import numpy as np

from analyze.stats.functions.disagreement import Codes
from analyze.stats.resampling import Floats

_BLOCK = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """Mean error consistency κ of pairs of runs; nan where no pair has one, None without twins."""

    between: float
    twins: float | None


def within(codes: Codes) -> float:
    """Return the mean κ of the pairs of runs of a group.

    κ = (c_obs − c_exp)/(1 − c_exp), with c_obs the share of examples on which both are right or both wrong
    and c_exp that of independent errors (Geirhos, Meding & Wichmann 2020, arXiv 2006.16736). Pairs with
    c_exp = 1 have none.

    Parameters
    ----------
    codes : ndarray of uint8, shape (n_runs, n_examples)
        0 is right.
    """
    kappa = _kappa(codes, codes)
    pairs = kappa[np.triu_indices(len(codes), 1)]
    return _mean(pairs)


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
        return Consistency(between=_mean(kappa.ravel()), twins=None)
    own = kappa.diagonal()
    others = kappa[~np.eye(len(kappa), dtype=bool)]
    return Consistency(between=_mean(others), twins=_mean(own))


def _kappa(a: Codes, b: Codes) -> Floats:
    """Return κ of each run of a with each of b; nan where it is undefined."""
    m = a.shape[1]
    right_a, right_b = a == 0, b == 0
    both = np.zeros((len(a), len(b)))
    varies = (right_a != right_a[0]).any(axis=0) | (right_b != right_a[0]).any(axis=0)
    both += np.count_nonzero(right_a[0] & ~varies)
    places = np.flatnonzero(varies)
    for start in range(0, len(places), _BLOCK):
        block = places[start : start + _BLOCK]
        both += right_a[:, block].astype(np.float32) @ right_b[:, block].astype(np.float32).T
    n_a, n_b = right_a.sum(axis=1)[:, None].astype(float), right_b.sum(axis=1)[None, :].astype(float)
    observed = (m - n_a - n_b + 2 * both) / m
    expected = (n_a * n_b + (m - n_a) * (m - n_b)) / m**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan
