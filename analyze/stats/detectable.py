"""The smallest shift that the test of two groups finds with a given power, at these numbers of runs.

Tests of means have a formula. Tests of distributions and ranks are simulated: both groups, pooled and
smoothed (see `smoothing`), are taken as one distribution, drawn again and again, the second one shifted.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from analyze.stats.detectable_shares import countable, detectable_share
from analyze.stats.power import mann_whitney_rows
from analyze.stats.resampling import CHUNK_CELLS, Counts, Floats, Ints, rounding
from analyze.stats.smoothing import Smooth, expected_blocks, shifted, smooth
from analyze.stats.two_sample import compare_means
from analyze.stats.two_sample import null_distributions as exact
from analyze.stats.two_sample.means import MeanDifference
from analyze.stats.two_sample.moments import standard_deviation
from analyze.stats.two_sample.rank_tests import studentised
from analyze.stats.two_sample.splits import pool
from analyze.stats.welch_power import power_of_welch

N_SIMULATIONS, N_NULL = 500, 4000
# Statistics that differ by less of themselves are equal but for rounding
NEARLY = 1e-9
# Halvings of the interval in which the shift is looked for; its ends are multiples of what Welch's test finds
STEPS, NEAREST, FURTHEST = 8, 0.25, 4.0
# Larger groups are simulated at this size: the shift falls with the root of the size
MAX_SIMULATED = 1000
_MAX_LIMIT_COST = 5e7
MEAN_TESTS = ("welch_t", "permutation_mean")
SPREAD_TESTS = ("brown_forsythe",)

# Counts of both groups, one row a simulation, to statistics that are large where the groups differ
RowStatistic = Callable[[Ints, Ints], Floats]


def detectable_shift(
    a: Counts, b: Counts, *, test: str, alpha: float, power: float, rng: np.random.Generator
) -> float | None:
    """Smallest shift that the two-sided test finds with the given power; None where it finds none.

    It depends on the sizes, the spread and the ties only, not on the difference seen. Of runs that take two
    values it is a difference of their shares, see `detectable_share`.

    Parameters
    ----------
    a, b : Counts
        The runs of both groups.
    test : str
        Key of a test of two samples.
    alpha, power : float
        Level of the test, and the share of samples in which it is to find the shift.

    Examples
    --------
    Two groups of 64 with sd 1: the textbook's half a standard deviation (Cohen 1988, table 2.4.1).

    >>> from analyze.stats.resampling import tabulate
    >>> z = special.ndtri((np.arange(64) + 0.5) / 64)
    >>> a = tabulate(z / z.std(ddof=1))
    >>> asked = {"alpha": 0.05, "power": 0.8, "rng": np.random.default_rng(0)}
    >>> round(detectable_shift(a, a, test="welch_t", **asked), 2)
    0.5
    >>> 0.55 < detectable_shift(a, a, test="ks", **asked) < 0.65
    True
    """
    means = compare_means(a, b)
    of_means = _of_means(a, b, means, alpha=alpha, power=power)
    values, groups = pool([a, b])
    if len(values) == 2 and test not in SPREAD_TESTS and (means.two_values or test != "welch_t"):
        if not countable(a.n, b.n):
            return of_means
        share = float(groups[:, 1].sum() / groups.sum())
        found = detectable_share(a.n, b.n, share, alpha=alpha, power=power)
        return None if found is None else found * float(values[1] - values[0])
    if test in MEAN_TESTS or of_means == 0:
        return of_means
    if test not in ROW_STATISTICS and test != "ks":
        return None
    n_a, n_b, shrunk = _simulated_sizes(a.n, b.n)
    # moving both means to one place took a degree of freedom from the spread
    shrunk *= math.sqrt((a.n + b.n - 1) / (a.n + b.n - 2))
    base = smooth(_aligned(a, b, means.estimate))[0]
    limit = _limit(test, base, n_a, n_b, alpha, rng)

    def reached(shift: float) -> bool:
        return _power(test, shifted(base, shift), n_a, n_b, limit, rng) >= power

    near, far = (math.log(of_means / shrunk * factor) for factor in (NEAREST, FURTHEST))
    if not reached(math.exp(far)):
        return None
    for _ in range(STEPS):
        middle = (near + far) / 2
        near, far = (near, middle) if reached(math.exp(middle)) else (middle, far)
    return math.exp(far) * shrunk


def detectable_within_pairs(n_pairs: int, se: float, *, alpha: float, power: float) -> float:
    """Smallest mean difference that a t test of so many pairs finds, by the standard error of the mean.

    Examples
    --------
    R: ``power.t.test(n = 10, sd = 1, power = 0.8, type = "paired")`` finds delta = 0.9965.

    >>> round(detectable_within_pairs(10, 10**-0.5, alpha=0.05, power=0.8), 3)
    0.996
    """
    return se * _noncentrality(n_pairs - 1, alpha=alpha, power=power)


def _of_means(a: Counts, b: Counts, means: MeanDifference, *, alpha: float, power: float) -> float:
    """Of the method of `compare_means`: the largest of what its parts find."""
    found = []
    for spread in means.spreads:
        if math.isinf(spread.df):
            reach = float(special.ndtri(1 - alpha / 2) + special.ndtri(power))
        elif spread is means.spreads[0]:
            reach = _of_welch(a, b, alpha=alpha, power=power)
        else:
            reach = _noncentrality(spread.df, alpha=alpha, power=power)
        found.append(spread.se * reach)
    return max(found, default=0.0)


def _of_welch(a: Counts, b: Counts, *, alpha: float, power: float) -> float:
    """In standard errors: from the power of Welch's test of normal groups with these spreads."""
    variances = standard_deviation(a) ** 2 / a.n, standard_deviation(b) ** 2 / b.n
    low, high = 0.0, 4.0
    power_of = power_of_welch((a.n, b.n), variances, alpha=alpha)
    while power_of(high) < power and high < 1e6:
        low, high = high, 2 * high
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if power_of(middle) >= power else (middle, high)
    return high


def _noncentrality(df: float, *, alpha: float, power: float) -> float:
    """Shift, in standard errors, that a t test finds: P(T > limit | shift) = power."""
    limit = float(special.stdtrit(df, 1 - alpha / 2))
    s = np.sqrt(special.chdtri(df, 1 - (np.arange(400) + 0.5) / 400) / df) * limit
    low, high = 0.0, limit + 40.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if float(special.ndtr(middle - s).mean()) >= power else (middle, high)
    return high


def _simulated_sizes(n_a: int, n_b: int) -> tuple[int, int, float]:
    """Sizes to simulate, and by how much a shift found there is larger than at the true sizes."""
    shrink = min(1.0, MAX_SIMULATED / max(n_a, n_b))
    small = max(2, round(n_a * shrink)), max(2, round(n_b * shrink))
    return *small, math.sqrt((1 / n_a + 1 / n_b) / (1 / small[0] + 1 / small[1]))


def _aligned(a: Counts, b: Counts, difference: float) -> Counts:
    """Pool both groups without the difference of their means, on the grid of their values if there is one."""
    values = pool([a, b])[0]
    gaps = np.diff(values)
    step = float(gaps.min()) if len(gaps) else 1.0
    with np.errstate(over="ignore", invalid="ignore"):  # values may be closer than a quotient can tell
        places = (values - values[0]) / step
        on_a_grid = bool(np.abs(places - np.rint(places)).max() < 1e-6)
    if on_a_grid:
        difference = round(difference / step) * step
    moved = Counts(values=b.values - difference, counts=b.counts)
    values, groups = pool([a, moved])
    counts = groups.sum(axis=0)
    # what is equal but for rounding is one value
    starts = np.flatnonzero(np.diff(values, prepend=-np.inf) > rounding(a, moved))
    return Counts(values=values[starts], counts=np.add.reduceat(counts, starts))


def _power(
    test: str,
    chances: tuple[Floats, Floats],
    n_a: int,
    n_b: int,
    limit: float,
    rng: np.random.Generator,
) -> float:
    drawn = _draw(test, chances, n_a, n_b, rng, N_SIMULATIONS)
    return float((drawn >= limit * (1 - NEARLY)).mean())


def _draw(
    test: str, chances: tuple[Floats, Floats], n_a: int, n_b: int, rng: np.random.Generator, n_rows: int
) -> Floats:
    statistic = _ks_rows if test == "ks" else ROW_STATISTICS[test]
    rows = max(1, CHUNK_CELLS // len(chances[0]))
    parts = []
    for start in range(0, n_rows, rows):
        size = min(rows, n_rows - start)
        a, b = (_counts(p, n, size, rng) for n, p in zip((n_a, n_b), chances, strict=True))
        parts.append(statistic(a, b))
    return np.concatenate(parts)


def _counts(chances: Floats, n: int, n_rows: int, rng: np.random.Generator) -> Ints:
    if 8 * n > len(chances):
        return rng.multinomial(n, chances, size=n_rows)
    k, ends = len(chances), chances.cumsum()
    drawn = np.minimum(ends.searchsorted(rng.random((n_rows, n)) * ends[-1], side="right"), k - 1)
    drawn += k * np.arange(n_rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=n_rows * k).reshape(n_rows, k)


def _limit(test: str, base: Smooth, n_a: int, n_b: int, alpha: float, rng: np.random.Generator) -> float:
    """Return the smallest statistic that the test rejects: exact for ks, else from draws without a shift."""
    if test != "ks":
        drawn = np.sort(_draw(test, (base.chances, base.chances), n_a, n_b, rng, N_NULL))
        last = float(drawn[min(math.ceil((1 - alpha) * N_NULL), N_NULL) - 1])
        # of few runs, many draws have the same statistic: the next larger one
        larger = drawn[drawn > last * (1 + NEARLY)]
        return float(larger[0]) if len(larger) else math.inf
    blocks = expected_blocks(base.chances, n_a + n_b)
    step = math.gcd(n_a, n_b)  # distances, times n_a n_b, are multiples of it
    low, high = 0, n_a * n_b // step
    while high - low > 1:
        middle = (low + high) // 2
        pvalue = exact.ks_pvalue(blocks, n_a, middle * step, max_cost=_MAX_LIMIT_COST)
        if pvalue is None:
            pvalue = float(special.kolmogorov(middle * step / math.sqrt(n_a * n_b * (n_a + n_b))))
        low, high = (low, middle) if pvalue <= alpha else (middle, high)
    return float(high * step)


def _ks_rows(a: Ints, b: Ints) -> Floats:
    n_a, n_b = int(a[0].sum()), int(b[0].sum())
    largest: Floats = np.abs(a.cumsum(axis=1) * n_b - b.cumsum(axis=1) * n_a).max(axis=1).astype(np.float64)
    return largest


def _brunner_munzel_rows(a: Ints, b: Ints) -> Floats:
    places = np.arange(a.shape[1], dtype=np.float64)
    of_a, of_b = (Counts(values=places, counts=counts) for counts in (a, b))
    statistic: Floats = np.abs(studentised(of_a, of_b)[0])
    return statistic


def _anderson_darling_rows(a: Ints, b: Ints) -> Floats:
    blocks, n = a + b, int(a[0].sum() + b[0].sum())
    up_to = blocks.cumsum(axis=1) - blocks / 2
    spread = up_to * (n - up_to) - n * blocks / 4
    weights = np.divide(blocks, spread, where=spread > 0, out=np.zeros(blocks.shape))
    gaps = a.cumsum(axis=1) - a / 2 - a[0].sum() / n * up_to
    total: Floats = (weights * gaps**2).sum(axis=1)
    return total


def _cramer_von_mises_rows(a: Ints, b: Ints) -> Floats:
    blocks, n = a + b, int(a[0].sum() + b[0].sum())
    weights = (blocks + np.pad(blocks[:, 1:], ((0, 0), (0, 1)))) / 2
    gaps = a.cumsum(axis=1) - a[0].sum() / n * blocks.cumsum(axis=1)
    total: Floats = (weights * gaps**2).sum(axis=1)
    return total


ROW_STATISTICS: dict[str, RowStatistic] = {
    "mann_whitney": mann_whitney_rows,
    "brunner_munzel": _brunner_munzel_rows,
    "anderson_darling": _anderson_darling_rows,
    "cramer_von_mises": _cramer_von_mises_rows,
}
