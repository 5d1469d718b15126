"""Maps: runs, or groups of runs, as points that are near each other where they answer alike."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from analyze.stats.dip import dip, pvalue_of
from analyze.stats.resampling import Floats, Ints

# Of more runs only the first axes are computed
_MAX_WHOLE = 2000
# Axes with a smaller share are rounding errors
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """``points`` of shape (n, n_axes), and the share of each axis in all of the spread, shape (n_axes,).

    Squared distances on all axes are twice the disagreements.
    """

    points: Floats
    shares: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """Hartigan's dip of the runs along each axis, and its p-value, adjusted over the axes by Holm."""

    dips: tuple[float, ...]
    pvalues: tuple[float, ...]


def scaling(matrix: Ints | Floats, *, n_axes: int = 3, first: int = 1) -> Map:
    """Place points by their disagreements: classical scaling (Gower 1966, doi 10.1093/biomet/53.3-4.325).

    Eigenvectors of G = −J D J with J the centring, times the roots of their eigenvalues. Disagreements of
    runs are half the squared distances of their one-hot answers, so that these are the principal components
    of the answers, and the share of an axis is its part of all disagreement.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Disagreements of runs, from `pair_matrix`; or of groups, their excesses in each other's row.
    n_axes : int
        There are n − 1 where that is less.
    first : int
        So many of the first points, the baseline's, have a positive mean on each axis.

    Examples
    --------
    Two functions, each reached by two runs, that differ on 8 examples:

    >>> found = scaling(np.kron([[0, 8], [8, 0]], np.ones((2, 2))), first=2)
    >>> found.points[:, 0].round(9).tolist(), found.shares.round(9).tolist()
    ([2.0, 2.0, -2.0, -2.0], [1.0, 0.0, 0.0])
    """
    n = len(matrix)
    n_axes = min(n_axes, n - 1)
    if n_axes < 1:
        return Map(points=np.zeros((n, 0)), shares=np.zeros(0))
    gram = _gram(matrix)
    if n <= _MAX_WHOLE:
        values, vectors = linalg.eigh(gram, subset_by_index=[n - n_axes, n - 1])
    else:
        # any fixed start that is not symmetric will do
        values, vectors = sparse.linalg.eigsh(gram, k=n_axes, v0=np.cos(np.arange(n)))
    order = np.argsort(values)[::-1]
    trace = float(np.trace(gram))
    values = np.where(values[order] > _ROUNDING * abs(trace), values[order], 0.0)
    points = vectors[:, order] * np.sqrt(values)
    points *= np.where(points[:first].mean(axis=0) < 0, -1.0, 1.0)
    return Map(points=points, shares=values / trace if trace > 0 else np.zeros(n_axes))


def effective_dimension(matrix: Ints | Floats) -> float:
    """Return (Σλ)²/Σλ² of the eigenvalues of G: in how many directions runs differ, 0 where none do.

    Σλ is the trace of G and Σλ² its squared norm, so that no eigenvalue is computed; at most n − 1.

    Examples
    --------
    Four runs of which each two differ on 8 examples:

    >>> round(effective_dimension(8 - 8 * np.eye(4)), 9)
    3.0
    """
    gram = _gram(matrix)
    squares = float(np.einsum("ij,ij->", gram, gram))
    return float(np.trace(gram)) ** 2 / squares if squares > 0 else 0.0


def kinds(points: Floats, drawn: Floats) -> Kinds:
    """Test along each axis of a group's map whether its runs are of one kind.

    Null hypothesis: the coordinates have one mode. Kinds that are seldom, or near, are not seen by this.

    Parameters
    ----------
    points : ndarray, shape (n, n_axes)
        From `scaling` of one group.
    drawn : ndarray, shape (n_draws,)
        From `uniform_dips` of ``n`` values; groups of equal size may share them.
    """
    dips = np.array([dip(axis) for axis in points.T])
    pvalues = np.array([pvalue_of(value, drawn) for value in dips])
    order = np.argsort(pvalues)
    adjusted = np.empty(len(dips))
    factors = np.arange(len(dips), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * pvalues[order]), 1.0)
    return Kinds(dips=tuple(dips.tolist()), pvalues=tuple(adjusted.tolist()))


def _gram(matrix: Ints | Floats) -> Floats:
    gram: Floats = matrix.astype(np.float64)
    means = gram.mean(axis=0)
    np.negative(gram, out=gram)  # in place: 9,000 runs are 650 MB
    gram += means
    gram += (means - means.mean())[:, None]
    return gram
