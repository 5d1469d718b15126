"""Runs crossed with test examples: what holds on this test set, and what on new examples like them.

A table has a row for each run and a column for each test example, 1 where the run is right. Runs and examples
are both drawn from populations: Y[r, i] = μ + α_r + β_i + γ_ri, where for 0/1 data the parts are Hoeffding's
components and nothing is supposed of their distributions. It is the multi-reader multi-case design of
radiology (Dorfman, Berbaum & Metz 1992, doi 10.1097/00004424-199209000-00015; Obuchowski & Rockette 1995, doi
10.1080/03610919508813243; Hillis 2007, doi 10.1002/sim.2532), with runs as readers and examples as cases.

Nothing is resampled: rows and columns drawn anew count γ about three times (Owen 2007, doi
10.1214/07-AOAS122), so that variances were 1.8 to 2.3 times too large here.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze.stats.resampling import Floats, Ints

Right = npt.NDArray[np.bool_] | npt.NDArray[np.uint8]

# Fewer runs tell too little of the tails of their accuracies
MIN_RUNS_FOR_TAILS = 30
# Rows summed at once: a column's sum of as many fits a byte
BLOCK_ROWS = 255
# 1.3 MB of floats stay in the processor's cache
BLOCK_CELLS = 160_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpread:
    """Standard deviations of the accuracies of a group's runs, as fractions of the examples; nan: undefined.

    ``share_real`` is that of the observed variance, and the slope with which a run's lead carries over to
    another test set of this size; None without any spread.
    """

    sd_observed: float
    sd_independent: float  # if runs differed only in independent errors
    sd_distribution: float  # of the accuracies on all examples that could be drawn
    sd_distribution_low: float
    sd_distribution_high: float
    share_real: float | None
    pvalue_independent: float
    heavy_tails: bool  # the interval of sd_distribution is too short


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanInterval:
    """A t interval of the difference of means, and the two-sided p-value of no difference; nan: undefined."""

    se: float
    df: float
    low: float
    high: float
    pvalue: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Difference of mean accuracies, b − a, on these examples and on new ones; fractions of the examples."""

    paired: bool
    n_examples: int
    difference: float
    test: MeanInterval
    new: MeanInterval  # on new groups of examples, where groups are known
    new_ungrouped: MeanInterval | None  # with groups: examples taken as independent all the same
    variance_examples: float  # the two parts of the variance on new examples, before it is made ≥ `test`'s
    variance_runs: float
    n_example_groups: int | None
    degenerate: bool  # the accuracies of each group, or the differences of twins, are all equal


@dataclass(frozen=True, slots=True)
class Arm:
    """Independent runs: V, the variance of their means on these examples, and S², that on all examples."""

    n: int
    observed: float
    distribution: float

    @property
    def on_all(self) -> float:
        """Their part of the variance on new examples."""
        return _larger(self.distribution, 0.0) / self.n


@dataclass(frozen=True, slots=True)
class _Table:
    """Sums of a table of integers, n × m; they are integers, so that constants vary by exactly 0."""

    rows: Ints
    columns: Ints
    squares: int

    @property
    def n(self) -> int:
        return len(self.rows)

    @property
    def m(self) -> int:
        return len(self.columns)

    @property
    def between(self) -> int:
        """Variance of the runs' means, times n (n − 1) m²."""
        return self.n * int(self.rows @ self.rows) - int(self.rows.sum()) ** 2

    @property
    def within(self) -> int:
        """Mean over examples of the variance over runs, times n (n − 1) m."""
        return self.n * self.squares - int(self.columns @ self.columns)

    @property
    def observed(self) -> float:
        """V, the variance of the runs' means."""
        return math.nan if self.n < 2 else self.between / (self.n * (self.n - 1) * self.m**2)

    @property
    def distribution(self) -> float:
        """S² = m/(m − 1) · (V − W/m), the variance of the runs' means over all examples, unbiased."""
        pairs = self.n * (self.n - 1) * self.m * (self.m - 1)
        return (self.between - self.within) / pairs if pairs else math.nan


def run_spread(right: Right, *, confidence: float, example_groups: Ints | None = None) -> RunSpread:
    """Split the variance of runs' accuracies into what is real and the luck of these examples.

    Theorem 2 of Jordan 2024, arXiv 2304.01910: S² = m/(m − 1) · (V − W/m) is unbiased for the variance of the
    accuracies on all examples that could be drawn, with V the variance of the n accuracies on these m, and W
    the mean over examples of the variance over runs. Independent errors (S² = 0) are tested by
    (n − 1) V m / W, a chi-square of n − 1 degrees of freedom, which is Cochran's Q (1950, doi
    10.1093/biomet/37.3-4.256).

    The interval is that of a difference of variance components (Burdick & Graybill 1992, Confidence Intervals
    on Variance Components), with a term for the examples; from 30 runs on its degrees of freedom follow the
    fourth moment of the accuracies. Where they are fewer than half of n − 1 it is too short.

    Parameters
    ----------
    right : ndarray of bool or uint8, shape (n_runs, n_examples)
        1 where the run is right, else 0. It is read in blocks of rows. With fewer than two runs or examples
        all is nan.
    confidence : float
        Of the interval.
    example_groups : ndarray of int, shape (n_examples,), optional
        Which examples belong together (one writer, one patient). With only one group there is no interval.

    Examples
    --------
    >>> spread = run_spread(np.eye(4, dtype=np.uint8)[[0, 0, 1, 2]], confidence=0.95)
    >>> spread.sd_observed, spread.share_real, spread.pvalue_independent
    (0.0, None, 1.0)
    """
    table = _sums(right)
    n, m, v, s2 = table.n, table.m, table.observed, table.distribution
    if math.isnan(s2):
        return RunSpread(
            sd_observed=math.nan,
            sd_independent=math.nan,
            sd_distribution=math.nan,
            sd_distribution_low=math.nan,
            sd_distribution_high=math.nan,
            share_real=None,
            pvalue_independent=math.nan,
            heavy_tails=False,
        )
    independent = table.within / (n * (n - 1) * m**2)
    var_examples, var_h = _variances_of_distribution(right, table, _codes(example_groups))
    df = n - 1.0
    if n >= MIN_RUNS_FOR_TAILS and v > 0 and var_h > 0:
        df = min(df, 2 * v**2 / var_h)
    q = (n - 1) * table.between / table.within if table.within else 0.0
    tail = (1 - confidence) / 2
    lower, upper = (v * df / float(special.chdtri(df, p)) - independent for p in (tail, 1 - tail))
    reach = float(special.ndtri(1 - tail)) * math.sqrt(var_examples)
    return RunSpread(
        sd_observed=math.sqrt(v),
        sd_independent=math.sqrt(independent),
        sd_distribution=_root(s2),
        sd_distribution_low=_root(s2 - math.hypot(s2 - lower, reach)),
        sd_distribution_high=_root(s2 + math.hypot(upper - s2, reach)),
        share_real=max(s2, 0.0) / v if v > 0 else None,
        pvalue_independent=float(special.chdtrc(n - 1, q)),
        heavy_tails=df / (n - 1) < 0.5,
    )


def scope(
    right_a: Right,
    right_b: Right,
    *,
    paired: bool,
    confidence: float,
    example_groups: Ints | None = None,
) -> Scope:
    """Compare mean accuracies, b − a, on these examples and on new ones drawn like them.

    On these examples only runs are drawn: Welch's interval, or that of twins. New examples add the variance
    over examples of the difference d_i, which holds the interaction once, so that of the runs is
    S² (see `run_spread`) and not V:

        var(d_i)/m + S²_a/n_a + S²_b/n_b,    twins: var(d_i)/m + S²/n of the table of differences

    with S² not below 0, and the whole not below the variance on these examples. Drawn with groups of examples
    it is G/(G − 1) · Σ_g (Σ_{i in g} (d_i − d))² / m² instead of var(d_i)/m. Degrees of freedom after
    Satterthwaite 1946 (doi 10.2307/3002019), of the parts var(d_i)/m and V/n.

    Parameters
    ----------
    right_a, right_b : ndarray of bool or uint8, shape (n_runs, n_examples)
        1 where the run is right, else 0; the same examples. Without a second run in each group there is no
        interval, without a second example none on new ones.
    paired : bool
        Row r of a and row r of b are twins, so shapes are equal.
    confidence : float
        Of the intervals.
    example_groups : ndarray of int, shape (n_examples,), optional
        Which examples belong together (one writer, one patient), so that new ones come in new groups. With
        only one group there is no interval for them.

    Examples
    --------
    >>> a = np.array([[1, 0, 1, 0], [1, 1, 0, 0]], dtype=np.uint8)
    >>> found = scope(a, a, paired=True, confidence=0.95)
    >>> found.difference, found.new.low, found.new.high, found.new.pvalue, found.degenerate
    (0.0, 0.0, 0.0, 1.0, True)
    """
    a, b = _sums(right_a), _sums(right_b)
    n_examples = a.m
    if paired:
        twins = _Table(b.rows - a.rows, b.columns - a.columns, _n_different(right_a, right_b))
        arms, of_examples, unit = [twins], twins.columns, twins.n
    else:
        arms, of_examples, unit = [a, b], a.n * b.columns - b.n * a.columns, a.n * b.n
    total = int(of_examples.sum())
    difference = total / (unit * n_examples)
    deviations = (n_examples * of_examples - total) / (unit * n_examples)

    of_arms = [Arm(arm.n, arm.observed, arm.distribution) for arm in arms]
    parts = [(arm.observed / arm.n, arm.n - 1) for arm in of_arms]
    test = _interval(difference, sum(v for v, _ in parts), parts, confidence)
    var_examples, new = interval_on_new(difference, deviations, of_arms, confidence, example_groups)
    return Scope(
        paired=paired,
        n_examples=n_examples,
        difference=difference,
        test=test,
        new=new,
        new_ungrouped=None
        if example_groups is None
        else interval_on_new(difference, deviations, of_arms, confidence)[1],
        variance_examples=var_examples,
        variance_runs=sum(arm.on_all for arm in of_arms),
        n_example_groups=None if example_groups is None else len(np.unique(example_groups)),
        degenerate=test.se == 0,
    )


def interval_on_new(
    estimate: float,
    deviations: Floats,
    arms: Sequence[Arm],
    confidence: float,
    groups: Ints | None = None,
) -> tuple[float, MeanInterval]:
    """Return the part of the variance on new examples that is due to these, and the interval on new ones.

    Parameters
    ----------
    estimate : float
        A mean over examples.
    deviations : ndarray, shape (n_examples,)
        What each example is above it.
    arms : sequence of Arm
        The runs that were drawn independently.
    confidence : float
    groups : ndarray of int, shape (n_examples,), optional
        Which examples belong together, so that new ones come in new groups.
    """
    var_examples, df = _variance_of_mean(deviations, _codes(groups))
    of_arms = [(arm.observed / arm.n, arm.n - 1) for arm in arms]
    variance = _larger(var_examples + sum(arm.on_all for arm in arms), sum(v for v, _ in of_arms))
    return var_examples, _interval(estimate, variance, [(var_examples, df), *of_arms], confidence)


def _interval(
    difference: float, variance: float, parts: list[tuple[float, int]], confidence: float
) -> MeanInterval:
    """Interval by t, with Satterthwaite's degrees of freedom of a variance from parts with theirs."""
    if math.isnan(variance):
        return MeanInterval(se=math.nan, df=math.nan, low=math.nan, high=math.nan, pvalue=math.nan)
    if variance == 0:
        pvalue = 1.0 if difference == 0 else 0.0
        return MeanInterval(se=0.0, df=math.nan, low=difference, high=difference, pvalue=pvalue)
    se, df = math.sqrt(variance), 1 / sum((part / variance) ** 2 / df for part, df in parts)
    reach = float(special.stdtrit(df, (1 + confidence) / 2)) * se
    pvalue = 2 * float(special.stdtr(df, -abs(difference) / se))
    return MeanInterval(se=se, df=df, low=difference - reach, high=difference + reach, pvalue=pvalue)


def _variance_of_mean(deviations: Floats, groups: Ints | None) -> tuple[float, int]:
    """Variance of a mean over examples drawn alone or in groups, and its degrees of freedom."""
    sums = deviations if groups is None else np.bincount(groups, weights=deviations)
    n = len(sums)
    if n < 2:
        return math.nan, 0
    return n / (n - 1) * float(sums @ sums) / len(deviations) ** 2, n - 1


def _variances_of_distribution(right: Right, table: _Table, groups: Ints | None) -> tuple[float, float]:
    """Return the variances of S² over examples and over runs.

    S² is the mean of a g_i of each example, and nearly that of an h_r of each run. The noise that g_i has
    from finitely many runs, ν_i, is no spread of examples and taken off. Where Y is 0 or 1, so that
    e_ri = Y_ri − p_i has two values, all sums follow from Yᵀa, Yᵀa² and Yp, with a the runs' deviations.
    """
    n, m = table.n, table.m
    a: Floats = (n * table.rows - int(table.rows.sum())) / (n * m)
    p: Floats = table.columns / n
    q = 1 - p
    up, up2, of_runs = np.zeros(m), np.zeros(m), np.empty(n)
    for rows in _blocks(n, max(1, BLOCK_CELLS // m)):
        # einsum, for BLAS is ten times as slow where its threads wait for a busy core
        block = right[rows].astype(np.float64)
        up += np.einsum("ri,r->i", block, a[rows])
        up2 += np.einsum("ri,r->i", block, a[rows] ** 2)
        of_runs[rows] = np.einsum("ri,i->r", block, q - p)
    inflation = n / (n - 1) * m / (m - 1)

    g = (m * up - n * p * q) / ((n - 1) * (m - 1))
    of_examples, _ = _variance_of_mean(g - g.mean(), groups)
    # c_ri = e_ri a_r − e_ri²/m is q a_r − q²/m where the run is right, else −p a_r − p²/m
    c_sum = up - n * p * q / m
    c_squares = q**2 * (up2 - 2 * q / m * up + n * p * (q / m) ** 2)
    c_squares += p**2 * (float(a @ a) - up2 - 2 * p / m * up + n * q * (p / m) ** 2)
    noise = inflation**2 * (c_squares - c_sum**2 / n) / (n - 1) / n
    h = inflation * (a**2 - (of_runs + float(p @ p)) / m**2)
    return 4 * _larger(of_examples - float(noise.mean()) / m, 0.0), float(h.var(ddof=1)) / n


def _sums(right: Right) -> _Table:
    """Add up a table of 0 and 1, columns a byte at a time."""
    ones = right.view(np.uint8)
    columns = np.zeros(ones.shape[1], dtype=np.int64)
    for rows in _blocks(len(ones), BLOCK_ROWS):
        columns += np.add.reduce(ones[rows], axis=0, dtype=np.uint8)
    counts = np.array([np.count_nonzero(row) for row in ones], dtype=np.int64)
    return _Table(counts, columns, int(counts.sum()))


def _n_different(a: Right, b: Right) -> int:
    return sum(int(np.count_nonzero(a[rows] != b[rows])) for rows in _blocks(len(a), BLOCK_ROWS))


def _blocks(n: int, size: int) -> Iterator[slice]:
    return (slice(first, first + size) for first in range(0, n, size))


def _codes(groups: Ints | None) -> Ints | None:
    """Return the groups numbered from 0."""
    return None if groups is None else np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _larger(x: float, y: float) -> float:
    """Return the larger one, nan if one is nan, which `max` forgets."""
    return float(np.maximum(x, y))


def _root(variance: float) -> float:
    return math.sqrt(_larger(variance, 0.0))
