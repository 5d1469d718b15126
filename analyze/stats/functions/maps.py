"""Maps: runs, or groups, as points that are near each other where they answer alike."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from analyze.stats.resampling import Floats, Ints

# Of more runs only the first axes are computed
_WHOLE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """Points of a classical scaling: ``points`` of shape (n, n_axes), the share of each axis in the whole."""

    points: Floats
    shares: Floats


def scaling(matrix: Ints | Floats, *, n_axes: int = 3, first: int | None = None) -> Map:
    """Place runs by their disagreements: classical scaling, which is principal components of one-hot answers.

    Eigenvectors of G = −J D J with J the centring, scaled by the roots of their eigenvalues (Gower 1966, doi
    10.1093/biomet/53.3-4.325); D, half the squared distance of one-hot answers, makes G exactly theirs.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Disagreements, from `pair_matrix`.
    n_axes : int
        Axes; less where there are not so many runs.
    first : int, optional
        How many of the first points are to have a positive mean on each axis: the baseline's. By default the
        first point alone.
    """
    n = len(matrix)
    gram, trace = _gram(matrix)
    n_axes = min(n_axes, n - 1)
    if n <= _WHOLE:
        values, vectors = linalg.eigh(gram, subset_by_index=[n - n_axes, n - 1])
    else:
        values, vectors = sparse.linalg.eigsh(gram, k=n_axes, v0=np.ones(n) + np.arange(n) / n)
    order = np.argsort(values)[::-1]
    values, vectors = np.maximum(values[order], 0.0), vectors[:, order]
    points = vectors * np.sqrt(values)
    means = points[: first or 1].mean(axis=0)
    points *= np.where(means < 0, -1.0, 1.0)
    return Map(points=points, shares=values / trace if trace > 0 else np.zeros(n_axes))


def effective_dimension(matrix: Ints | Floats) -> float:
    """Return (Σλ)² / Σλ² of the map's eigenvalues: in how many directions the runs differ.

    Both sums follow from the matrix itself: they are its trace and its squared Frobenius norm.
    """
    gram, trace = _gram(matrix)
    squares = float(np.einsum("ij,ij->", gram, gram))
    return trace**2 / squares if squares > 0 else 0.0


def _gram(matrix: Ints | Floats) -> tuple[Floats, float]:
    d = matrix.astype(np.float64)
    means = d.mean(axis=0)
    gram = -(d - means[None, :] - means[:, None] + means.mean())
    return gram, float(np.trace(gram))
