"""On how many test examples two runs disagree: within a group, between two groups, and of twins.

Disagreement is that of Fort, Hu & Lakshminarayanan 2019 (arXiv 1912.02757). Means, extremes and intervals
come from the matrices of `pair_matrix`; the means alone from the counts of `class_counts` too, without pairs.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

from analyze.stats.resampling import Ints

Codes = npt.NDArray[np.uint8]

# A code that a smaller share of runs gives is counted by a sparse product
_COMMON = 0.01
# Columns multiplied at once: 8 MB of floats for 1,000 runs
_BLOCK_COLUMNS = 2000
# Rows summed at once: a column's sum of as many fits a byte
_BLOCK_ROWS = 255
# Single precision counts exactly below this
_MAX_SINGLE = 2**24


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Disagreement of two runs of a group, as fractions of the examples; nan where it is undefined.

    ``low`` and ``high`` are an interval of the mean over runs, on these examples, cut to 0…1.
    """

    disagreement: float
    low: float
    high: float
    minimum: float
    maximum: float
    n_identical_pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Disagreement of a run of a and one of b, as fractions of the examples; twins are not among these.

    ``excess`` is what it is above the mean of those within the groups, ½ Σ_i Σ_c (p^a_ic − p^b_ic)² without
    bias and so below 0 at times: the systematic difference, with its interval over runs on these examples.
    ``share`` is its part of ``between``; ``diversity_ratio`` is within b over within a, infinite where only
    runs of b differ. ``twins`` is the mean disagreement of twins and ``twins_ratio`` it over ``between``.
    nan or None where undefined.
    """

    between: float
    excess: float
    low: float
    high: float
    share: float | None
    diversity_ratio: float | None
    twins: float | None
    twins_ratio: float | None


def pair_matrix(a: Codes, b: Codes) -> Ints:
    """Count the examples on which each run of a and each of b disagree.

    Examples on which all runs agree add nothing. For each code, agreements are a product of 0/1 matrices,
    exact in single precision; of rare codes it is a sparse one.

    Parameters
    ----------
    a, b : ndarray of uint8, shapes (n_a, n_examples) and (n_b, n_examples)
        The same array twice costs half.

    Returns
    -------
    ndarray of int, shape (n_a, n_b)

    Examples
    --------
    >>> pair_matrix(np.array([[0, 0, 1], [0, 2, 1]], np.uint8), np.array([[0, 1, 1]], np.uint8)).tolist()
    [[1], [1]]
    """
    varies = (a != a[0]).any(axis=0) | (b != a[0]).any(axis=0)
    x = a[:, varies]
    y = x if b is a else b[:, varies]
    dtype = np.float32 if x.shape[1] < _MAX_SINGLE else np.float64
    agree = np.zeros((len(a), len(b)), dtype=dtype)
    for code in range(max(int(part.max(initial=0)) for part in (x, y)) + 1):
        u = x == code
        v = u if y is x else y == code
        counts = count_true(u) + count_true(v)
        common = counts >= _COMMON * (len(a) + len(b))
        rare = (counts > 0) & ~common
        if rare.any():
            first, second = (sparse.csr_array(part[:, rare], dtype=dtype) for part in (u, v))
            agree += (first @ second.T).toarray()
        places = np.flatnonzero(common)
        for start in range(0, len(places), _BLOCK_COLUMNS):
            block = places[start : start + _BLOCK_COLUMNS]
            ones = u[:, block].astype(dtype)
            agree += ones @ (ones if v is u else v[:, block].astype(dtype)).T
    matrix = agree.astype(np.int64)
    np.subtract(x.shape[1], matrix, out=matrix)
    return matrix


def within(matrix: Ints, n_examples: int, *, confidence: float) -> Within:
    """Summarise the disagreements of the pairs of runs of one group.

    The interval is that of a mean over pairs with the runs as units: a run's part in it is twice the
    deviation of its mean disagreement with the others (Hoeffding's projection). Two runs have none.

    Parameters
    ----------
    matrix : ndarray of int, shape (n, n)
        From `pair_matrix` of a group with itself.
    n_examples : int
    confidence : float
        Of the interval, by t with n − 1 degrees of freedom.

    Examples
    --------
    >>> found = within(np.array([[0, 2, 4], [2, 0, 0], [4, 0, 0]]), 10, confidence=0.95)
    >>> found.disagreement, found.minimum, found.maximum, found.n_identical_pairs
    (0.2, 0.0, 0.4, 1)
    """
    n = len(matrix)
    if n < 2:
        nan = math.nan
        return Within(disagreement=nan, low=nan, high=nan, minimum=nan, maximum=nan, n_identical_pairs=0)
    mean, low, high = _mean(matrix) / n_examples, math.nan, math.nan
    if n > 2:
        parts = 2 * matrix.sum(axis=1) / ((n - 1) * n_examples)
        reach = _quantile(n - 1, confidence) * math.sqrt(float(parts.var(ddof=1)) / n)
        low, high = max(mean - reach, 0.0), min(mean + reach, 1.0)
    pairs = matrix[np.triu_indices(n, 1)]
    return Within(
        disagreement=mean,
        low=low,
        high=high,
        minimum=int(pairs.min()) / n_examples,
        maximum=int(pairs.max()) / n_examples,
        n_identical_pairs=int(np.count_nonzero(pairs == 0)),
    )


def between(
    of_a: Ints, of_b: Ints, of_both: Ints, n_examples: int, *, twins: bool, confidence: float
) -> Between:
    """Compare the disagreement between two groups with those within them.

    The interval of the excess has the runs as units, by their parts in it (Hoeffding's projection), and
    Welch's degrees of freedom; with twins their pairs are the units.

    Parameters
    ----------
    of_a, of_b, of_both : ndarray of int, shapes (n_a, n_a), (n_b, n_b), (n_a, n_b)
        From `pair_matrix`: a with a, b with b, a with b.
    n_examples : int
    twins : bool
        Row r of a and row r of b started alike.
    confidence : float
        Of the interval.

    Examples
    --------
    Two runs of a that disagree on two examples, and two of b that always agree:

    >>> of_a, of_b, of_both = (np.array(d) for d in ([[0, 2], [2, 0]], [[0, 0], [0, 0]], [[3, 3], [3, 3]]))
    >>> found = between(of_a, of_b, of_both, 10, twins=False, confidence=0.95)
    >>> found.between, round(found.excess, 12), round(found.share, 12), found.diversity_ratio
    (0.3, 0.2, 0.666666666667, 0.0)
    """
    n_a, n_b = of_both.shape
    own = int(np.trace(of_both)) if twins else 0
    n_pairs = n_a * n_b - n_a * twins
    mean = (int(of_both.sum()) - own) / (n_pairs * n_examples) if n_pairs else math.nan
    mean_a, mean_b = (_mean(of) / n_examples for of in (of_a, of_b))
    excess, reach = mean - (mean_a + mean_b) / 2, math.nan
    if n_pairs and min(n_a, n_b) > 1 and (not twins or n_a > 2):
        reach = (_reach_of_twins if twins else _reach)(of_a, of_b, of_both, confidence) / n_examples
    of_twins = own / (n_a * n_examples) if twins else None
    return Between(
        between=mean,
        excess=excess,
        low=excess - reach,
        high=excess + reach,
        share=_ratio(excess, mean),
        diversity_ratio=math.inf if mean_a == 0 < mean_b else _ratio(mean_b, mean_a),
        twins=of_twins,
        twins_ratio=None if of_twins is None else _ratio(of_twins, mean),
    )


def _mean(matrix: Ints) -> float:
    """Mean over pairs of different runs of one group; nan for one run."""
    n = len(matrix)
    return int(matrix.sum()) / (n * (n - 1)) if n > 1 else math.nan


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 and not math.isnan(part) else None


def _reach(of_a: Ints, of_b: Ints, of_both: Ints, confidence: float) -> float:
    terms = []
    for axis, own in ((1, of_a), (0, of_b)):
        parts = of_both.mean(axis=axis) - own.sum(axis=1) / (len(own) - 1)
        terms.append((float(parts.var(ddof=1)) / len(parts), len(parts) - 1))
    variance = sum(term for term, _ in terms)
    if variance == 0:
        return 0.0
    df = variance**2 / sum(term**2 / df for term, df in terms)
    return _quantile(df, confidence) * math.sqrt(variance)


def _reach_of_twins(of_a: Ints, of_b: Ints, of_both: Ints, confidence: float) -> float:
    n = len(of_both)
    parts = of_both.sum(axis=1) + of_both.sum(axis=0) - 2 * of_both.diagonal()
    parts = (parts - of_a.sum(axis=1) - of_b.sum(axis=1)) / (n - 1)
    return _quantile(n - 1, confidence) * math.sqrt(float(parts.var(ddof=1)) / n)


def _quantile(df: float, confidence: float) -> float:
    return float(special.stdtrit(df, (1 + confidence) / 2))


def count_true(mask: npt.NDArray[np.bool_]) -> Ints:
    """Count what is true in each column."""
    total = np.zeros(mask.shape[1], dtype=np.int64)
    for start in range(0, len(mask), _BLOCK_ROWS):
        total += mask[start : start + _BLOCK_ROWS].view(np.uint8).sum(axis=0, dtype=np.uint8)
    return total


def class_counts(codes: Codes) -> Ints:
    """Count the runs that give each code to each example; counts of parts of a group may be added.

    Returns
    -------
    ndarray of int, shape (n_codes, n_examples)
        For the codes 0 to the largest.
    """
    return np.stack([count_true(codes == code) for code in range(int(codes.max(initial=0)) + 1)])


def within_of_counts(counts: Ints) -> float:
    """Return the mean disagreement of two runs of a group from its `class_counts`, as that of `within`.

    Returns
    -------
    float
        n/(n − 1) · mean over examples of 1 − Σ_c (k_c/n)², as a fraction; nan for one run.

    Examples
    --------
    Of three runs one answers the second example otherwise: two of three pairs disagree on one of two.

    >>> round(within_of_counts(class_counts(np.array([[0, 1], [0, 1], [0, 2]], np.uint8))), 12)
    0.333333333333
    """
    n, n_examples = int(counts[:, 0].sum()), counts.shape[1]
    apart = n * n * n_examples - int((counts**2).sum())
    return apart / (n * (n - 1) * n_examples) if n > 1 else math.nan


def between_of_counts(a: Ints, b: Ints, *, of_twins: int | None = None) -> float:
    """Return the mean disagreement of a run of a and one of b from `class_counts`, as that of `between`.

    Parameters
    ----------
    a, b : ndarray of int, shapes (n_codes_a, n_examples), (n_codes_b, n_examples)
    of_twins : int, optional
        The sum of the disagreements of twins, ``np.count_nonzero(codes_a != codes_b)``, to leave them out:
        then there are as many runs of a as of b.

    Returns
    -------
    float
        As a fraction of the examples; nan where no pair is left.
    """
    n_a, n_b, n_examples = int(a[:, 0].sum()), int(b[:, 0].sum()), a.shape[1]
    both = min(len(a), len(b))
    apart = n_a * n_b * n_examples - int((a[:both] * b[:both]).sum()) - (of_twins or 0)
    n_pairs = n_a * n_b - (0 if of_twins is None else n_a)
    return apart / (n_pairs * n_examples) if n_pairs else math.nan


def excess_of_counts(a: Ints, b: Ints, *, of_twins: int | None = None) -> float:
    """Return the excess of `between` from `class_counts`, as a fraction of the examples."""
    return between_of_counts(a, b, of_twins=of_twins) - (within_of_counts(a) + within_of_counts(b)) / 2


def unseen_share(n: int, chance: float = 0.05) -> float | None:
    """Return the share of runs that would have been seen twice among n, but for this chance.

    The root p of (1 − p)ⁿ + n p (1 − p)ⁿ⁻¹ = chance, which is a quantile of the beta distribution; None below
    two runs.

    Examples
    --------
    >>> round(unseen_share(500), 5)
    0.00945
    """
    return float(special.betaincinv(2, n - 1, 1 - chance)) if n > 1 else None
