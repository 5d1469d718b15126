"""What the difference of two groups means for a single run: whether its answers tell where it is from."""

from dataclasses import dataclass

import numpy as np

from analyze.stats.resampling import Floats, Ints, row_chunks
from analyze.stats.two_sample.pvalues import monte_carlo

# Without a run and its twin, each group still needs two for a mean of pairs
MIN_RUNS = 3
# Scores as near as this, in examples, are equal but for rounding
_TOLERANCE = 2.0**-30


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """How well single runs are put to their group.

    ``balanced_accuracy`` is the mean over groups of the share that is put there; ``auc`` the probability that
    a run of b looks more like b than one of a does; ``twins_told_apart`` the share of twins of which the one
    of b does, None without twins.
    """

    balanced_accuracy: float
    auc: float
    twins_told_apart: float | None


def attribution(of_a: Ints, of_b: Ints, of_both: Ints, *, twins: bool) -> Attribution | None:
    """Put each run to the group whose runs it disagrees with less, without itself and its twin.

    The score of run r is (mean D(r, a) − ½ within a) − (mean D(r, b) − ½ within b), where D are the
    disagreements and both withins are of the runs that are left; r is put to b where it is positive, and to
    each by half where it is 0. A classifier two-sample test (Lopez-Paz & Oquab 2017, arXiv 1610.06545) whose
    classifier has nothing to be fitted.

    Parameters
    ----------
    of_a, of_b, of_both : ndarray of int, shapes (n_a, n_a), (n_b, n_b), (n_a, n_b)
        From `pair_matrix`.
    twins : bool
        Row r of a and row r of b started alike.

    Returns
    -------
    Attribution or None
        None with fewer than three runs in a group.

    Examples
    --------
    Three runs that are one function, and three that are another:

    >>> none, all_of_it = np.zeros((3, 3), dtype=int), np.full((3, 3), 4)
    >>> attribution(none, none, all_of_it, twins=False)
    Attribution(balanced_accuracy=1.0, auc=1.0, twins_told_apart=None)
    """
    n_a, n_b = of_both.shape
    if min(n_a, n_b) < MIN_RUNS:
        return None
    of_runs_a = _scores(of_a, of_b, of_both, twins=twins)
    of_runs_b = -_scores(of_b, of_a, of_both.T, twins=twins)
    order = np.sort(of_runs_a)
    below = np.searchsorted(order, of_runs_b, side="left")
    tied = np.searchsorted(order, of_runs_b, side="right") - below
    apart = (of_runs_b > of_runs_a) + 0.5 * (of_runs_b == of_runs_a) if twins else None
    return Attribution(
        balanced_accuracy=float((_share(-of_runs_a) + _share(of_runs_b)) / 2),
        auc=float((below + tied / 2).sum() / (n_a * n_b)),
        twins_told_apart=None if apart is None else float(apart.mean()),
    )


def same_seed(of_both: Ints, *, rng: np.random.Generator, n_resamples: int) -> tuple[float, float]:
    """Test whether twins agree more than runs of different seeds: p-value of their matching, one-sided.

    Null hypothesis: which run of b started like which one of a tells nothing of how much they disagree, so
    that every matching is as likely to have the least sum of disagreements.

    Parameters
    ----------
    of_both : ndarray of int, shape (n, n)
        Disagreements of a with b, from `pair_matrix`; those of twins are on the diagonal.
    rng : Generator
    n_resamples : int
        Random matchings of a with b.

    Returns
    -------
    pvalue, pvalue_error : float
    """
    n = len(of_both)
    observed = int(np.trace(of_both))
    drawn = [
        of_both[np.arange(n), rng.permuted(np.broadcast_to(np.arange(n), (k, n)), axis=1)].sum(axis=1)
        for k in row_chunks(n_resamples, n)
    ]
    return monte_carlo(np.concatenate(drawn) <= observed)


def _scores(own: Ints, other: Ints, between: Ints, *, twins: bool) -> Floats:
    """Return how much less the runs of one group look like it than like the other one, in examples."""
    n, k = len(own), len(other)
    to_own = own.sum(axis=1)
    within_own = (own.sum() - 2 * to_own) / ((n - 1) * (n - 2))
    to_other, n_other = between.sum(axis=1), k
    within_other = np.full(n, other.sum() / (k * (k - 1)))
    if twins:
        to_other, n_other = to_other - between.diagonal(), k - 1
        within_other = (other.sum() - 2 * other.sum(axis=1)) / ((k - 1) * (k - 2))
    scores = (to_own / (n - 1) - within_own / 2) - (to_other / n_other - within_other / 2)
    equalised: Floats = np.rint(scores / _TOLERANCE) * _TOLERANCE
    return equalised


def _share(scores: Floats) -> float:
    return float(((scores > 0) + 0.5 * (scores == 0)).mean())
