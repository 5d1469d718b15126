"""The smallest p-value that a primary test could have had, and what could have made it smaller."""

import math

import numpy as np
from scipy import special

from analyze import text as fmt
from analyze.question import Question
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import Counts, Floats, stream
from analyze.stats.two_sample import TWO_SAMPLE_TESTS, compare_means, ks_minimum_pvalue
from analyze.stats.two_sample.splits import pool

# Their statistic grows without bound as the runs of each group draw together, and the p-value falls with it
UNBOUNDED = ("welch_t", "brown_forsythe")
# The most extreme split is tried where that is cheap; with more runs it is one of too many to matter
MAX_RUNS, MAX_DISTINCT = 200, 50
MAX_SUGGESTED = 1000


def minimum_pvalue(a: Counts, b: Counts, differences: Floats | None, question: Question) -> float:
    """Smallest p-value that the primary test can have for these sizes and ties.

    That of the Kolmogorov–Smirnov test is exact. The other tests of ranks and of permutations are tried on
    the runs as separate as they can be; where splits or signs are drawn it is 1/(B + 1). Welch's test has no
    bound, unless its p-value is that of a permutation test.

    Parameters
    ----------
    a, b : Counts
        The runs of both groups.
    differences : ndarray or None
        Within matched pairs, if there are any.

    Examples
    --------
    >>> from analyze.question import make_question
    >>> from analyze.stats.resampling import tabulate
    >>> a, b = tabulate([1.0, 1.1, 1.2]), tabulate([1.25, 1.45, 1.6])
    >>> questions = [make_question(primary=p) for p in ("ks", "permutation_mean", "welch_t")]
    >>> [round(minimum_pvalue(a, b, None, question), 9) for question in questions]
    [0.1, 0.1, 0.0]
    """
    primary = question.primary
    if primary in PAIRED_TESTS:
        return _of_pairs(differences, question)
    if len(np.union1d(a.values, b.values)) == 1:
        return 1.0
    if primary == "ks":
        return ks_minimum_pvalue(a, b)
    if primary in UNBOUNDED and not (primary == "welch_t" and compare_means(a, b).two_values):
        return 0.0
    if a.n + b.n > MAX_RUNS and len(np.union1d(a.values, b.values)) > MAX_DISTINCT:
        drawn = primary not in ("mann_whitney", "brunner_munzel", "welch_t")
        ways = special.gammaln(a.n + b.n + 1) - special.gammaln(a.n + 1) - special.gammaln(b.n + 1)
        return max(math.exp(-min(float(ways), 600.0)), 1 / (question.resamples + 1) if drawn else 0.0)
    return min(_tried(*split, question) for split in _separated(a, b))


def _of_pairs(differences: Floats | None, question: Question) -> float:
    """Try all differences with the same sign."""
    if differences is None or len(differences) < 2:
        return 1.0
    sizes = np.abs(differences)
    rng = stream(question.seed, "attainable", question.primary)
    test = PAIRED_TESTS[question.primary]
    return float(test(np.zeros(len(sizes)), sizes, rng=rng, n_resamples=question.resamples).pvalue)


def _tried(a: Counts, b: Counts, question: Question) -> float:
    rng = stream(question.seed, "attainable", question.primary)
    return float(TWO_SAMPLE_TESTS[question.primary](a, b, rng=rng, n_resamples=question.resamples).pvalue)


def _separated(a: Counts, b: Counts) -> list[tuple[Counts, Counts]]:
    """Give group a the smallest runs of both, and the largest."""
    values, groups = pool([a, b])
    blocks = groups.sum(axis=0)
    ends = blocks.cumsum()
    lowest = np.diff(np.minimum(ends, a.n), prepend=0)
    rest = np.diff(np.minimum(ends, b.n), prepend=0)
    tables = [(lowest, blocks - lowest), (blocks - rest, rest)]
    return [
        (Counts(values=values[x > 0], counts=x[x > 0]), Counts(values=values[y > 0], counts=y[y > 0]))
        for x, y in tables
    ]


def what_reaches(question: Question, *, n_runs: int, n_pairs: int, two_values: bool) -> str:
    """Say what could bring the primary test below the level: more runs or draws, or a test without a bound.

    Parameters
    ----------
    question : Question
        Gives the primary test and the level.
    n_runs : int
        Of the smaller group.
    n_pairs : int
        Pairs that share the level.
    two_values : bool
        Whether the runs take two values only, so that Welch's test is a permutation test.

    Examples
    --------
    >>> from analyze.question import make_question
    >>> what_reaches(make_question(), n_runs=5, n_pairs=8, two_values=False)
    '6 runs a group without ties could decide, or a test of means that has no bound (--primary welch_t)'
    """
    asked, paired = question.alpha / n_pairs, question.primary in PAIRED_TESTS
    needed = next((n for n in range(2, MAX_SUGGESTED) if _least(n, paired=paired) <= asked), MAX_SUGGESTED)
    what = "pairs" if paired else "runs a group"
    more = f"{fmt.count(needed)} {what} without ties" if needed > n_runs else f"{what} with fewer ties"
    if 1 / (question.resamples + 1) > asked and question.primary not in ("ks", *UNBOUNDED):
        more += f" and more draws (--resamples {math.ceil(1 / asked)})"
    if question.primary in UNBOUNDED or two_values:
        return f"{more} could decide"
    return f"{more} could decide, or a test of means that has no bound (--primary welch_t)"


def _least(n: int, *, paired: bool) -> float:
    """Smallest p of n v n runs without ties, or of n pairs: one split, or choice of signs, and its mirror."""
    return 2.0 ** (1 - n) if paired else 2 / math.comb(2 * n, n)
