"""Bootstrap and permutation machinery on counts of distinct values.

A sample is a table of (distinct value, count); a resample is new counts for the same values. A statistic is a
function of two such tables, vectorised over the rows (resamples) of the counts, so its cost
grows with the number of distinct values and not with the number of runs.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# 2 MB per array of counts stays in the processor's cache: twice as fast as 32 MB
CHUNK_CELLS = 250_000
# OpenBLAS computes products of so many numbers on one core
MAX_BLAS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """A sample as a table: sorted distinct ``values`` and rows of ``counts``, shape ``(..., n_values)``."""

    values: Floats
    counts: Ints

    @property
    def n(self) -> int:
        """Number of runs; the same in every row."""
        return int(self.counts[..., :].sum(axis=-1).flat[0])

    def with_counts(self, counts: Ints) -> "Counts":
        """Return the same values with other counts, e.g. one row for each resample."""
        return Counts(values=self.values, counts=counts)


# A statistic of two tables: counts of shape (r, k) each in, shape (r,) out
Statistic = Callable[[Counts, Counts], Floats]


def tabulate(x: npt.ArrayLike | Counts) -> Counts:
    """Count the distinct values of a sample; one that is counted already is returned unchanged.

    Examples
    --------
    >>> table = tabulate([2.0, 1.0, 2.0])
    >>> table.values.tolist(), table.counts.tolist()
    ([1.0, 2.0], [1, 2])
    >>> tabulate(table) is table
    True
    """
    if isinstance(x, Counts):
        return x
    runs = np.asarray(x, dtype=np.float64)
    # a million values that are sorted already, as a table's runs are, need no copy and no sort
    if runs.ndim == 1 and (runs[1:] > runs[:-1]).all():
        return Counts(values=runs, counts=np.ones(len(runs), dtype=np.int64))
    values, counts = np.unique(runs, return_counts=True)
    return Counts(values=values, counts=counts.astype(np.int64))


def weighted_sum(weights: Floats | Ints, values: Floats | Ints) -> float:
    """Sum of values times weights, both of shape ``(n,)``.

    OpenBLAS would give a long product to all cores, which spin on after it: a sum over a million values that
    takes 1 ms then costs 7 ms of CPU, and a comparison has some 300.

    Examples
    --------
    >>> weighted_sum(np.array([2, 1]), np.array([0.5, 3.0]))
    4.0
    """
    return float(weights @ values if len(values) <= MAX_BLAS else np.einsum("i,i->", weights, values))


def rounding(*tables: Counts) -> float:
    """Size below which two differences of values are equal but for rounding errors.

    0.8785 − 0.8766 and 0.8784 − 0.8765 are one difference of 19 in 10,000.
    """
    return 4 * max(float(np.spacing(max(abs(t.values[0]), abs(t.values[-1])))) for t in tables)


def stream(seed: int, *names: str) -> np.random.Generator:
    """Make the random stream of a seed and names, e.g. ``stream(0, "bootstrap", "staged")``.

    A stream does not depend on which others are in use, so adding a test changes no other number.
    """
    # length-prefixed, so that ("ab", "c") and ("a", "bc") are different streams
    text = f"{seed}" + "".join(f"/{len(name)}:{name}" for name in names)
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
    return np.random.Generator(np.random.Philox(key=key))


def bootstrap(
    a: Counts,
    b: Counts,
    statistics: dict[str, Statistic],
    *,
    rng_a: np.random.Generator,
    rng_b: np.random.Generator,
    n_resamples: int,
) -> dict[str, Floats]:
    """Bootstrap statistics of two independent samples; all see the same resamples.

    Parameters
    ----------
    a, b : Counts
        The samples, counts of shape ``(n_values,)``.
    statistics : dict
        Functions of two tables of counts.
    rng_a, rng_b : Generator
        One stream per group, so that exchanging the groups exchanges the resamples too.
    n_resamples : int
        Number of resamples.

    Returns
    -------
    dict
        For each statistic its values, shape ``(n_resamples,)``.
    """
    parts: dict[str, list[Floats]] = {name: [] for name in statistics}
    for n_rows in row_chunks(n_resamples, max(len(a.values), len(b.values))):
        drawn_a = a.with_counts(draw_counts(a.counts, rng_a, n_rows))
        drawn_b = b.with_counts(draw_counts(b.counts, rng_b, n_rows))
        for name, statistic in statistics.items():
            parts[name].append(statistic(drawn_a, drawn_b))
    return {name: np.concatenate(chunks) for name, chunks in parts.items()}


def row_chunks(n_rows: int, n_columns: int) -> Iterator[int]:
    """Split many rows into numbers of rows that fit the processor's cache."""
    size = max(1, CHUNK_CELLS // n_columns)
    for start in range(0, n_rows, size):
        yield min(size, n_rows - start)


def draw_counts(counts: Ints, rng: np.random.Generator, n_rows: int) -> Ints:
    """Draw the counts of bootstrap resamples: as many runs each as the sample has, with replacement.

    Returns
    -------
    ndarray of int, shape (n_rows, n_values)
    """
    n, k = int(counts.sum()), len(counts)
    if n > 8 * k:  # a multinomial costs about 8 times as much per value as an index does per run
        return rng.multinomial(n, counts / n, size=n_rows)
    value_of_run = np.repeat(np.arange(k), counts)
    drawn = value_of_run[rng.integers(0, n, size=(n_rows, n))] + k * np.arange(n_rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=n_rows * k).reshape(n_rows, k)


def permute(
    a: Counts, b: Counts, statistic: Statistic, *, rng: np.random.Generator, n_resamples: int
) -> Floats:
    """Evaluate a statistic on random splits of the pooled runs into groups of the two sizes.

    Returns
    -------
    ndarray, shape (n_resamples,)
    """
    values, position = np.unique(np.concatenate([a.values, b.values]), return_inverse=True)
    pooled = np.zeros(len(values), dtype=np.int64)
    np.add.at(pooled, position, np.concatenate([a.counts, b.counts]))
    n, k = int(pooled.sum()), len(values)
    parts = []
    for n_rows in row_chunks(n_resamples, k):
        split = rng.multivariate_hypergeometric(
            pooled, a.n, size=n_rows, method="count" if n <= 20 * k else "marginals"
        )
        parts.append(
            statistic(Counts(values=values, counts=split), Counts(values=values, counts=pooled - split))
        )
    return np.concatenate(parts)
