"""On how many test examples two runs disagree: within a group, between two groups, and of twins."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

from analyze.stats.resampling import Ints

Codes = npt.NDArray[np.uint8]

# A code that fewer runs give is counted by a sparse product
_COMMON = 0.01
# Columns multiplied at once: sums of so many ones are exact in single precision, and so is their product's
_BLOCK = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Disagreement of two runs of a group, as fractions of the examples; nan where it is undefined.

    ``low`` and ``high`` are an interval of the mean over runs, on these examples.
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
    bias: the systematic difference, with its interval on these examples. ``share`` is its part of
    ``between``; ``diversity_ratio`` is within b over within a. ``twins`` is the mean disagreement of twins
    and ``twins_ratio`` it over ``between``, None without twins.
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
    exact in blocks of columns; of rare codes it is a sparse one.

    Parameters
    ----------
    a, b : ndarray of uint8, shapes (n_a, n_examples) and (n_b, n_examples)

    Returns
    -------
    ndarray of int, shape (n_a, n_b)

    Examples
    --------
    >>> pair_matrix(np.array([[0, 0, 1], [0, 2, 1]], np.uint8), np.array([[0, 1, 1]], np.uint8)).tolist()
    [[1], [1]]
    """
    varies = (a != a[0]).any(axis=0) | (b != a[0]).any(axis=0)
    x, y = np.ascontiguousarray(a[:, varies]), np.ascontiguousarray(b[:, varies])
    agree = np.zeros((len(a), len(b)), dtype=np.int64)
    for code in np.union1d(np.unique(x), np.unique(y)) if x.size else ():
        u, v = x == code, y == code
        counts = u.sum(axis=0) + v.sum(axis=0)
        common = counts >= _COMMON * (len(a) + len(b))
        rare = (counts > 0) & ~common
        if rare.any():
            product = (
                sparse.csr_array(u[:, rare], dtype=np.int32) @ sparse.csr_array(v[:, rare], dtype=np.int32).T
            )
            agree += product.toarray()
        places = np.flatnonzero(common)
        for start in range(0, len(places), _BLOCK):
            block = places[start : start + _BLOCK]
            agree += (u[:, block].astype(np.float32) @ v[:, block].astype(np.float32).T).astype(np.int64)
    different: Ints = x.shape[1] - agree
    return different


def within(matrix: Ints, n_examples: int, *, confidence: float) -> Within:
    """Summarise the disagreements of the pairs of runs of one group.

    The interval is that of a mean over pairs with the runs as units: a run's part in it is twice the
    deviation of its mean disagreement with the others (Hoeffding's projection).

    Parameters
    ----------
    matrix : ndarray of int, shape (n, n)
        From `pair_matrix` of a group with itself.
    n_examples : int
    confidence : float
        Of the interval, by t with n − 1 degrees of freedom.
    """
    n = len(matrix)
    if n < 2:
        nan = math.nan
        return Within(disagreement=nan, low=nan, high=nan, minimum=nan, maximum=nan, n_identical_pairs=0)
    of_run = matrix.sum(axis=1) / (n - 1) / n_examples
    mean = float(int(matrix.sum()) / (n * (n - 1) * n_examples))
    reach = math.nan
    if n > 2:
        reach = (
            float(special.stdtrit(n - 1, (1 + confidence) / 2)) * 2 * float(of_run.std(ddof=1)) / math.sqrt(n)
        )
    pairs = matrix[np.triu_indices(n, 1)]
    return Within(
        disagreement=mean,
        low=max(mean - reach, 0.0),
        high=min(mean + reach, 1.0),
        minimum=int(pairs.min()) / n_examples,
        maximum=int(pairs.max()) / n_examples,
        n_identical_pairs=int((pairs == 0).sum()),
    )


def between(
    of_a: Ints, of_b: Ints, of_both: Ints, n_examples: int, *, twins: bool, confidence: float
) -> Between:
    """Compare the disagreement between two groups with those within them.

    Parameters
    ----------
    of_a, of_b, of_both : ndarray of int, shapes (n_a, n_a), (n_b, n_b), (n_a, n_b)
        From `pair_matrix`: a with a, b with b, a with b.
    n_examples : int
    twins : bool
        Row r of a and row r of b started alike. Then they are left out of ``between``, and the interval is
        that of the pairs' parts in the excess.
    confidence : float
    """
    n_a, n_b = of_both.shape
    if n_a < 2 or n_b < 2:
        nan = math.nan
        mean = float(of_both.mean()) / n_examples
        return Between(
            between=mean, excess=nan, low=nan, high=nan, share=None, diversity_ratio=None, twins=None,
            twins_ratio=None,
        )  # fmt: skip
    of_twins = int(np.trace(of_both)) if twins else 0
    n_pairs = n_a * n_b - (n_a if twins else 0)
    total = int(of_both.sum()) - of_twins
    mean_between = total / n_pairs / n_examples
    mean_a, mean_b = (int(m.sum()) / (len(m) * (len(m) - 1)) / n_examples for m in (of_a, of_b))
    excess = mean_between - (mean_a + mean_b) / 2
    if twins:
        own = of_both.diagonal()
        parts = of_both.sum(axis=1) + of_both.sum(axis=0) - 2 * own - of_a.sum(axis=1) - of_b.sum(axis=1)
        variance, df = float((parts / (n_a - 1)).var(ddof=1)) / n_a, float(n_a - 1)
    else:
        arms = [
            of_both.mean(axis=axis) - own.sum(axis=1) / (len(own) - 1) for axis, own in ((1, of_a), (0, of_b))
        ]
        terms = [float(arm.var(ddof=1)) / len(arm) for arm in arms]
        variance = sum(terms)
        df = (
            variance**2 / sum(term**2 / (len(arm) - 1) for term, arm in zip(terms, arms, strict=True))
            if variance
            else 1.0
        )
    reach = float(special.stdtrit(df, (1 + confidence) / 2)) * math.sqrt(variance) / n_examples
    mean_twins = of_twins / n_a / n_examples if twins else None
    return Between(
        between=mean_between,
        excess=excess,
        low=excess - reach,
        high=excess + reach,
        share=max(excess, 0.0) / mean_between if mean_between else None,
        diversity_ratio=mean_b / mean_a if mean_a else None,
        twins=mean_twins,
        twins_ratio=None if mean_twins is None or not mean_between else mean_twins / mean_between,
    )


def class_counts(codes: Codes) -> Ints:
    """Count the runs that give each code to each example.

    Returns
    -------
    ndarray of int, shape (n_codes, n_examples)
        For the codes 0 to the largest.
    """
    n_codes = int(codes.max(initial=0)) + 1
    return np.stack([np.count_nonzero(codes == code, axis=0) for code in range(n_codes)])


def excess_of_counts(a: Ints, b: Ints, n_a: int, n_b: int) -> float:
    """Return the excess of disagreement between two groups from their counts alone, in examples.

    Without twins taken out: the between of `between` with ``twins=False``.
    """
    n_codes = max(len(a), len(b))
    p, q = (np.pad(part, ((0, n_codes - len(part)), (0, 0))) for part in (a, b))
    m = p.shape[1]
    agree = float((p * q).sum()) / (n_a * n_b)
    own = [
        n / (n - 1) * (m - float((part**2).sum()) / n**2) if n > 1 else math.nan
        for part, n in ((p, n_a), (q, n_b))
    ]
    return float(m - agree - sum(own) / 2)


def unseen_share(n: int, chance: float = 0.05) -> float | None:
    """Return the share of runs that would be seen twice among n, but for this chance.

    The root p of (1 − p)ⁿ + n p (1 − p)ⁿ⁻¹ = chance, by the beta distribution of the second of n order
    statistics; None below two runs.

    Examples
    --------
    >>> round(unseen_share(500), 5)
    0.00945
    """
    return float(special.betaincinv(2, n - 1, 1 - chance)) if n >= 2 else None
