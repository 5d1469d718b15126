"""Scores over tasks: means, interquartile means, medians, optimality gaps, probability of improvement.

As in rliable (Agarwal et al. 2021, arXiv 2108.13264), where every task counts alike whatever its runs. Runs
are resampled within tasks, once for all that is asked of a group. Few runs vary by n/(n − 1) more than their
resamples do, and as Student's t and not the normal distribution: intervals are wider by both.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import special

from analyze.stats.resampling import Floats, Ints

AGGREGATES = ("mean", "iqm", "median", "optimality_gap")
# Scores from which a task counts as solved
TARGET = 1.0
_TRIMMED = 0.25


def draw_counts(sizes: Sequence[int], *, rng: np.random.Generator, n_resamples: int) -> list[Ints]:
    """Draw how often each run of a group is in each resample, task by task.

    Returns
    -------
    list of ndarray of int, shape (n_resamples, n_runs)
    """
    return [rng.multinomial(n, np.full(n, 1 / n), size=n_resamples) for n in sizes]


def aggregates(scores: Sequence[Floats], counts: Sequence[Ints] | None = None) -> Mapping[str, Floats]:
    """Sum up a group's scores over tasks, or its resamples.

    Parameters
    ----------
    scores : sequence of ndarray
        Of the runs of each task, at least one; larger is better.
    counts : sequence of ndarray of int, optional
        From `draw_counts`; without, the runs as they are.

    Returns
    -------
    dict of ndarray, shape (n_resamples,)
        ``mean`` and ``median`` of the tasks' means, ``iqm`` the mean of the middle half of all runs,
        ``optimality_gap`` by how much scores fall short of `TARGET` on average.

    Examples
    --------
    >>> {name: float(x[0]) for name, x in aggregates([np.array([0.0, 0.5]), np.array([1.0, 2.0])]).items()}
    {'mean': 0.875, 'iqm': 0.75, 'median': 0.875, 'optimality_gap': 0.375}
    """
    counts = [np.ones((1, len(x)), dtype=np.int64) for x in scores] if counts is None else counts
    means = np.column_stack([k @ x / len(x) for x, k in zip(scores, counts, strict=True)])
    short = np.column_stack(
        [k @ np.maximum(TARGET - x, 0.0) / len(x) for x, k in zip(scores, counts, strict=True)]
    )
    return {
        "mean": means.mean(axis=1),
        "iqm": _interquartile_mean(scores, counts),
        "median": np.median(means, axis=1),
        "optimality_gap": short.mean(axis=1),
    }


def _interquartile_mean(scores: Sequence[Floats], counts: Sequence[Ints]) -> Floats:
    """Mean of the middle half, where a run weighs as its task's number of runs says.

    Of equal numbers of runs whole ones are cut, as many as fit a quarter, as by `scipy.stats.trim_mean`.
    """
    sizes = [len(x) for x in scores]
    equal = len(set(sizes)) == 1
    values = np.concatenate(scores)
    order = np.argsort(values, kind="stable")
    weights = np.concatenate(
        [k if equal else k / n for k, n in zip(counts, sizes, strict=True)], axis=1, dtype=np.float64
    )[:, order]
    total = float(sum(sizes) if equal else len(sizes))
    low = math.floor(_TRIMMED * total) if equal else _TRIMMED * total
    ends = np.clip(weights.cumsum(axis=1), low, total - low)
    parts = np.diff(ends, axis=1, prepend=low)
    return np.asarray(parts @ values[order] / (total - 2 * low))


def improvements(
    a: Sequence[Floats],
    b: Sequence[Floats],
    counts_a: Sequence[Ints] | None = None,
    counts_b: Sequence[Ints] | None = None,
) -> Floats:
    """Return the probability that a run of b beats one of a, task by task; ties count one half.

    Returns
    -------
    ndarray, shape (n_resamples, n_tasks)
    """
    ones = [[np.ones((1, len(x)), dtype=np.int64) for x in group] for group in (a, b)]
    counts_a, counts_b = counts_a or ones[0], counts_b or ones[1]
    found = []
    for x, y, of_x, of_y in zip(a, b, counts_a, counts_b, strict=True):
        above = np.sign(y[None, :] - x[:, None]) / 2 + 0.5
        found.append(((of_x @ above) * of_y).sum(axis=1) / (len(x) * len(y)))
    return np.column_stack(found)


def profile(
    scores: Sequence[Floats],
    counts: Sequence[Ints],
    at: Floats,
    *,
    confidence: float,
    wider: float,
) -> tuple[Floats, float]:
    """Return the performance profile, and how far its simultaneous band reaches from it.

    The share of runs over tasks that score more than each value (Dolan & Moré 2002, doi
    10.1007/s101070100263); the band is as wide as the largest distance of resamples from it, wider by a
    factor.
    """
    above = [x[:, None] > at for x in scores]
    share = np.mean([part.mean(axis=0) for part in above], axis=0)
    drawn = np.zeros((len(counts[0]), len(at)))
    for part, k in zip(above, counts, strict=True):
        drawn += (k @ part.astype(np.float64)) / (len(part) * len(scores))
    return share, wider * float(np.quantile(abs(drawn - share).max(axis=1), confidence))


def widening(sizes: Sequence[Sequence[int]], confidence: float) -> float:
    """Return the factor by which intervals are wider than their resamples, for groups' runs in each task."""
    every = [n for group in sizes for n in group if n > 1]
    if not every:
        return math.nan
    inflated = math.sqrt(float(np.mean([n / (n - 1) for n in every])))
    upper = (1 + confidence) / 2
    return inflated * float(special.stdtrit(sum(n - 1 for n in every), upper) / special.ndtri(upper))


def interval(
    estimate: float, replicates: Floats, confidence: float, *, wider: float = 1.0
) -> tuple[float, float]:
    """Return the percentile interval of the replicates, wider by a factor about the estimate."""
    ends = np.quantile(replicates, [(1 - confidence) / 2, (1 + confidence) / 2])
    low, high = estimate + wider * (ends - estimate)
    return float(low), float(high)
