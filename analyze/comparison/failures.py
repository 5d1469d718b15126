"""Failed runs as outcomes: how often groups fail, and the comparison with failing as the worst result."""

from dataclasses import dataclass

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from analyze.question import Question
from analyze.stats.resampling import Counts, Floats, Ints, stream, tabulate
from analyze.stats.two_sample import TWO_SAMPLE_TESTS, TwoSampleResult
from analyze.stats.two_sample.splits import permutation_pvalue

# Tests by ranks alone: how much worse than all others a failed run is does not matter to them.
RANK_TESTS = ("ks", "mann_whitney")
# Cochran's rule for χ²
MIN_EXPECTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureComparison:
    """P(failure) of two groups, and their difference b − a with its interval."""

    n_failed_a: int
    n_failed_b: int
    n_a: int
    n_b: int
    share_a: float
    share_b: float
    difference: float
    low: float
    high: float
    confidence_level: float
    method: str
    pvalue: float
    test: str


def compare_failures(
    n_failed_a: int, n_a: int, n_failed_b: int, n_b: int, *, confidence_level: float = 0.95
) -> FailureComparison:
    """Compare how often two groups fail.

    Null hypothesis of the p-value: both groups fail with the same probability (Fisher's exact test). The
    interval of the difference is Newcombe's, from two Wilson intervals (1998, method 10, doi
    10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).

    Parameters
    ----------
    n_failed_a, n_failed_b : int
        Runs that diverged, failed or ended without a finite value.
    n_a, n_b : int
        All runs of the group, the failed ones included; at least one.

    Examples
    --------
    Newcombe's example (a): 56 of 70 against 48 of 80, difference 0.2 (0.0524 to 0.3339).

    >>> found = compare_failures(48, 80, 56, 70)
    >>> round(found.difference, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    low, high = confint_proportions_2indep(
        n_failed_b, n_b, n_failed_a, n_a, method="newcomb", compare="diff", alpha=1 - confidence_level
    )
    cells = np.array([[n_failed_a, n_a - n_failed_a], [n_failed_b, n_b - n_failed_b]])
    share_a, share_b = n_failed_a / n_a, n_failed_b / n_b
    return FailureComparison(
        n_failed_a=n_failed_a,
        n_failed_b=n_failed_b,
        n_a=n_a,
        n_b=n_b,
        share_a=share_a,
        share_b=share_b,
        difference=share_b - share_a,
        low=float(low),
        high=float(high),
        confidence_level=confidence_level,
        method="Newcombe, from Wilson intervals",
        pvalue=float(stats.fisher_exact(cells).pvalue),
        test="Fisher's exact test",
    )


def equal_rates(failed: Ints, finished: Ints, question: Question) -> tuple[float, str]:
    """Test that all groups fail equally often: p-value and the test's name.

    Fisher's exact test for two groups. For more, χ², by its distribution over all splits of the failures, or
    random ones, where fewer than five failures or finished runs of a group are expected.

    Examples
    --------
    Two failures, both in one of nine groups of 1,000: χ² = 16 with p = 0.042; exactly 999 / 8,999 = 0.111.

    >>> from analyze.question import make_question
    >>> failed, finished = np.array([2] + [0] * 8), np.array([998] + [1000] * 8)
    >>> pvalue, test = equal_rates(failed, finished, make_question())
    >>> round(pvalue, 4), test
    (0.111, 'χ², exact, all splits')
    """
    cells = np.array([failed, finished], dtype=np.int64)
    if len(failed) == 2:
        return float(stats.fisher_exact(cells).pvalue), "Fisher's exact test"
    expected = stats.contingency.expected_freq(cells)
    if expected.min() >= MIN_EXPECTED:
        return float(stats.chi2_contingency(cells).pvalue), "χ² test"
    pvalue, _, method = permutation_pvalue(
        np.array([0.0, 1.0]),
        cells[::-1].T,
        _chi_squared,
        rng=stream(question.seed, "failures"),
        n_resamples=question.resamples,
    )
    return pvalue, f"χ², {method}"


def _chi_squared(*groups: Counts) -> Floats:
    """χ² of the failures but for a factor that all splits share."""
    n_failed = sum(int(group.counts[0, 1]) for group in groups)
    share = n_failed / sum(group.n for group in groups)
    parts = [(group.counts[:, 1] - share * group.n) ** 2 / group.n for group in groups]
    total: Floats = np.sum(parts, axis=0)
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstRanked:
    """The rank tests and P(b > a) + ½ P(b = a) with failed runs counted as worse than every other."""

    tests: tuple[TwoSampleResult, ...]
    superiority: float


def rank_failures_worst(
    x: Counts,
    y: Counts,
    *,
    n_failed_x: int,
    n_failed_y: int,
    larger_is_better: bool,
    seed: int,
    names: tuple[str, str],
    n_resamples: int,
) -> WorstRanked:
    """Repeat the tests by ranks with failed runs ranked worst, all equally bad.

    Parameters
    ----------
    x, y : Counts or array_like
        Finite values of the runs that finished.
    n_failed_x, n_failed_y : int
        How many did not.
    larger_is_better : bool
        Whether worst is below or above all values.
    seed, names
        Of the random streams: the question's seed and the groups' names.

    Examples
    --------
    Two groups that finish alike, but one fails half the time:

    >>> found = rank_failures_worst(
    ...     tabulate(range(20)), tabulate(range(20)), n_failed_x=0, n_failed_y=20,
    ...     larger_is_better=True, seed=0, names=("a", "b"), n_resamples=99,
    ... )
    >>> [test.test for test in found.tests], found.superiority
    (['ks', 'mann_whitney'], 0.25)
    """
    a, b = tabulate(x), tabulate(y)
    values = np.union1d(a.values, b.values)
    # Ranks replace the values, so that a worst one exists whatever their range.
    worst = -1.0 if larger_is_better else float(len(values))
    a, b = (_with_failed(t, values, worst, n) for t, n in ((a, n_failed_x), (b, n_failed_y)))
    results = tuple(
        TWO_SAMPLE_TESTS[name](a, b, rng=stream(seed, name, "worst", *names), n_resamples=n_resamples)
        for name in RANK_TESTS
    )
    return WorstRanked(tests=results, superiority=_superiority(a, b))


def _superiority(a: Counts, b: Counts) -> float:
    """Return P(b > a) + ½ P(b = a)."""
    up_to = np.concatenate([[0], a.counts.cumsum()])
    below = up_to[np.searchsorted(a.values, b.values, side="left")]
    not_above = up_to[np.searchsorted(a.values, b.values, side="right")]
    return float(b.counts @ (below + not_above)) / (2 * a.n * b.n)


def _with_failed(table: Counts, values: Floats, worst: float, n_failed: int) -> Counts:
    ranks = np.searchsorted(values, table.values).astype(np.float64)
    if not n_failed:
        return Counts(values=ranks, counts=table.counts)
    order = np.argsort([*ranks, worst])
    return Counts(values=np.append(ranks, worst)[order], counts=np.append(table.counts, n_failed)[order])
