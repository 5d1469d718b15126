"""P-values: of what was drawn, of complete separation, and never 0."""

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze.stats.resampling import Ints


def above_zero(pvalue: float) -> float:
    """Keep a p-value that is below the smallest double apart from 0, and a rounded one from exceeding 1."""
    return min(max(pvalue, float(np.finfo(np.float64).tiny)), 1.0)


def monte_carlo(as_extreme: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """P-value (b + 1)/(B + 1) of B random draws, b of them as extreme, and its standard error.

    Phipson & Smyth 2010, doi 10.2202/1544-6115.1585.

    Examples
    --------
    >>> monte_carlo(np.zeros(999, dtype=bool))[0]
    0.001
    """
    n = len(as_extreme)
    pvalue = (int(as_extreme.sum()) + 1) / (n + 1)
    return pvalue, math.sqrt(pvalue * (1 - pvalue) / n)


def separation(blocks: Ints, n_a: int) -> float:
    """Share of the splits that separate the groups completely, whichever lies below.

    Such a split puts n_a or n_b of the runs below a boundary between tie blocks.

    Parameters
    ----------
    blocks : ndarray of int
        Runs at each pooled distinct value, in order of the values.
    n_a : int
        Size of group a.

    Examples
    --------
    Two of the 20 splits of six distinct values into three and three.

    >>> round(separation(np.ones(6, dtype=int), 3), 12)
    0.1
    """
    ends = blocks.cumsum()
    n = int(ends[-1])
    separating = int(n_a in ends) + int(n - n_a in ends)
    log_splits = special.gammaln(n + 1) - special.gammaln(n_a + 1) - special.gammaln(n - n_a + 1)
    return separating * math.exp(-log_splits)
