"""The smallest p-value that a primary test could have had, and what could have made it smaller."""

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from analyze import text as fmt
from analyze.question import Question
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import Counts, Floats, stream
from analyze.stats.two_sample import TWO_SAMPLE_TESTS, TwoSampleResult, compare_means, ks_minimum_pvalue
from analyze.stats.two_sample.pvalues import separation
from analyze.stats.two_sample.splits import pool

# Their statistic grows without bound as the runs of each group draw together, and the p-value falls with it
UNBOUNDED = ("welch_t", "brown_forsythe")
# The most extreme split is tried where that is cheap; with more runs it is one of too many to matter
MAX_RUNS, MAX_DISTINCT = 200, 50
MAX_SUGGESTED = 1000
# Of so many different values some split is extreme beyond any level
MANY_DISTINCT = 10_000
# Draws of the primary test: so many times what the level of one of all pairs asks for, within some seconds
ENOUGH, MAX_DRAWS, MAX_CELLS = 5, 1_000_000, 2e8
# With so few draws at least as extreme as the data, more are drawn
FEW_HITS = 10
TRIED_DRAWS = 99


def draws(question: Question, *, n_pairs: int, n_values: int) -> int:
    """Return how many draws the primary test may take where those asked for cannot decide among many pairs.

    Examples
    --------
    >>> from analyze.question import make_question
    >>> draws(make_question(resamples=999), n_pairs=55, n_values=24)
    5500
    """
    needed = math.ceil(ENOUGH * n_pairs / question.alpha - 1e-9)
    return max(question.resamples, min(needed, MAX_DRAWS, int(MAX_CELLS / n_values)))


def resolved(
    run: Callable[[int, tuple[str, ...]], TwoSampleResult], question: Question, *, n_pairs: int, n_values: int
) -> TwoSampleResult:
    """Run the primary test, and once more with more draws where the first ones leave it open.

    The second p-value replaces the first only where that was among its ten smallest, and uses none of its
    draws, so the smaller of what can come of it is no more likely than it says.

    Parameters
    ----------
    run : callable
        Takes the number of draws and a further name of the random stream.
    """
    found = run(question.resamples, ())
    floor, more = 1 / (question.resamples + 1), draws(question, n_pairs=n_pairs, n_values=n_values)
    open_still = found.pvalue_error > 0 and found.pvalue <= FEW_HITS * floor * (1 + 1e-9)
    if open_still and floor * n_pairs * FEW_HITS > question.alpha and more > question.resamples:
        return run(more, ("more draws",))
    return found


def minimum_pvalue(
    a: Counts, b: Counts, differences: Floats | None, question: Question, *, n_pairs: int = 1
) -> float:
    """Smallest p-value that the primary test can have for these sizes and ties.

    That of the Kolmogorov–Smirnov test is exact. The other tests of ranks and of permutations are tried on
    the runs as separate as they can be; where splits or signs are drawn it is 1/(B + 1), B as `draws` has it.
    Welch's test has no bound, unless its p-value is that of a permutation test; for that of Brown and
    Forsythe see `_of_brown_forsythe`.

    Parameters
    ----------
    a, b : Counts
        The runs of both groups.
    differences : ndarray or None
        Within matched pairs, if there are any.
    n_pairs : int
        Pairs of groups that are compared in all.

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
        return _of_pairs(differences, question, n_pairs)
    n_values = len(pool([a, b])[0])
    if n_values == 1:
        return 1.0
    if primary == "ks":
        return ks_minimum_pvalue(a, b) if n_values <= MANY_DISTINCT else 0.0
    if primary == "brown_forsythe":
        return _of_brown_forsythe(a.n, b.n)
    if primary == "welch_t" and not compare_means(a, b).two_values:
        return 0.0
    floor = 1 / (draws(question, n_pairs=n_pairs, n_values=n_values) + 1)
    if a.n + b.n > MAX_RUNS and n_values > MAX_DISTINCT:
        drawn = primary not in ("mann_whitney", "brunner_munzel", "welch_t")
        ways = special.gammaln(a.n + b.n + 1) - special.gammaln(a.n + 1) - special.gammaln(b.n + 1)
        return max(math.exp(-min(float(ways), 600.0)), floor if drawn else 0.0)
    return min(_tried(*split, question, floor) for split in _separated(a, b))


def _of_brown_forsythe(n_a: int, n_b: int) -> float:
    """Smallest p-value of Brown–Forsythe for any values.

    Of an odd number of runs one is the median, at distance 0, so with two odd sizes the distances vary and F
    is largest where one group is constant and the other's distances are d but for that 0: then
    F = (n_b − 1) n_a (n_a + n_b − 2) / (n_a + n_b). Two runs lie equally far from their median.

    Examples
    --------
    >>> round(_of_brown_forsythe(3, 3), 4), round(_of_brown_forsythe(2, 2), 4), _of_brown_forsythe(3, 4)
    (0.1161, 0.3333, 0.0)
    """
    if n_a == n_b == 2:
        return separation(np.array([n_a, n_b]), n_a)
    if n_a % 2 == 0 or n_b % 2 == 0:
        return 0.0
    df = n_a + n_b - 2
    largest = (max(n_a, n_b) - 1) * min(n_a, n_b) * df / (n_a + n_b)
    return float(special.fdtrc(1, df, largest))


def _of_pairs(differences: Floats | None, question: Question, n_pairs: int) -> float:
    """Try all differences with the same sign."""
    if differences is None or len(differences) < 2:
        return 1.0
    sizes = np.abs(differences)
    rng = stream(question.seed, "attainable", question.primary)
    test = PAIRED_TESTS[question.primary]
    found = test(np.zeros(len(sizes)), sizes, rng=rng, n_resamples=TRIED_DRAWS)
    floor = 1 / (draws(question, n_pairs=n_pairs, n_values=len(sizes)) + 1)
    return floor if found.pvalue_error > 0 else float(found.pvalue)


def _tried(a: Counts, b: Counts, question: Question, floor: float) -> float:
    rng = stream(question.seed, "attainable", question.primary)
    found = TWO_SAMPLE_TESTS[question.primary](a, b, rng=rng, n_resamples=TRIED_DRAWS)
    return floor if found.pvalue_error > 0 else float(found.pvalue)


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
    most = draws(question, n_pairs=n_pairs, n_values=2 * n_runs)
    if 1 / (most + 1) > asked and question.primary not in ("ks", *UNBOUNDED):
        more += f" and more draws (--resamples {math.ceil(1 / asked)})"
    if question.primary in UNBOUNDED or two_values:
        return f"{more} could decide"
    return f"{more} could decide, or a test of means that has no bound (--primary welch_t)"


def _least(n: int, *, paired: bool) -> float:
    """Smallest p of n v n runs without ties, or of n pairs: one split, or choice of signs, and its mirror."""
    return 2.0 ** (1 - n) if paired else 2 / math.comb(2 * n, n)
