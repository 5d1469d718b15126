"""What is known of two groups that were compared: tests, effects, and where they differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from analyze.answered import PairFunctions, Scope
from analyze.record import Number as Number
from analyze.record import Record as Record
from analyze.tasked import PairTasks

K = TypeVar("K")
V = TypeVar("V")

Verdict = Literal["differs", "equivalent", "inconclusive", "no difference shown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(Record):
    """What a test gave; ``pvalue_error`` is the standard error of a p-value that was drawn, else 0."""

    __test__ = False  # no test of pytest's

    test: str
    label: str
    hypothesis: str
    statistic_name: str
    statistic: Number
    pvalue: Number
    pvalue_error: Number
    method: str

    @property
    def at_most(self) -> bool:
        """Whether the p-value is the smallest that its draws could give, so a bound: see `is_bound`."""
        return is_bound(self.pvalue, self.pvalue_error)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedTest(Test):
    """A test of two groups, with its p-value adjusted over ``family``; ``rejected`` is decided by that."""

    pvalue_adjusted: Number
    family: str
    primary: bool
    rejected: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect(Record):
    """How large a difference is, with its interval; ``null_value`` would mean none."""

    effect: str
    label: str
    estimate: Number
    low: Number
    high: Number
    confidence_level: float
    method: str
    null_value: float
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift(Record):
    """A quantile of both groups and its difference b − a, with a band over all levels and an interval."""

    level: float
    quantile_a: Number
    quantile_b: Number
    difference: Number
    low: Number
    high: Number
    low_pointwise: Number
    high_pointwise: Number
    excludes_zero: bool
    confidence_level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EcdfDifference(Record):
    """F of group b − F of group a at each ``x``, with its simultaneous band."""

    x: tuple[Number, ...]
    difference: tuple[Number, ...]
    low: tuple[Number, ...]
    high: tuple[Number, ...]
    largest_x: Number
    largest_difference: Number
    half_width: Number
    confidence_level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Best(Record):
    """The expected best of ``n`` runs of a group; extrapolated ones have no band."""

    n: int
    unbiased: Number
    plug_in: Number
    low: Number
    high: Number
    low_pointwise: Number
    high_pointwise: Number
    extrapolated: bool
    confidence_level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BestDifference(Record):
    """The expected best of ``n`` runs, b − a."""

    n: int
    difference: Number
    low: Number
    high: Number
    low_pointwise: Number
    high_pointwise: Number
    extrapolated: bool
    confidence_level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing(Record):
    """After how many runs the expected bests of two groups change places, if they do."""

    n: Number
    low: Number
    high: Number
    share_crossing: Number
    better_before: Literal["a", "b"] | None
    determined: bool
    confidence_level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedBest(Record):
    """The expected best of n runs in both groups."""

    best_a: tuple[Best, ...]
    best_b: tuple[Best, ...]
    difference: tuple[BestDifference, ...]
    crossing: Crossing


@dataclass(frozen=True, slots=True, kw_only=True)
class Where(Record):
    """Two groups compared place by place."""

    shift: tuple[Shift, ...]
    ecdf: EcdfDifference
    best: ExpectedBest


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched(Record):
    """Runs of two groups with equal units.

    ``low`` and ``high`` belong to the correlation; ``precision_gain`` is how many times as many unpaired runs
    would give as narrow an interval of the mean difference.
    """

    n_pairs: int
    n_unmatched_a: int
    n_unmatched_b: int
    correlation: Number
    low: Number
    high: Number
    mean_difference: Number
    mean_difference_low: Number
    mean_difference_high: Number
    precision_gain: Number
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures(Record):
    """P(failure) of two groups, and their difference b − a with its interval."""

    n_failed_a: int
    n_failed_b: int
    n_a: int
    n_b: int
    share_a: Number
    share_b: Number
    difference: Number
    low: Number
    high: Number
    confidence_level: float
    method: str
    pvalue: Number
    test: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstRanked(Record):
    """The rank tests and P(b > a) + ½ P(b = a), with failed runs counted as worse than every other."""

    tests: tuple[Test, ...]
    superiority: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair(Record):
    """Two groups compared; differences are b − a.

    ``minimum_pvalue`` is the smallest p-value of the primary test that these sizes and ties allow,
    ``separated`` whether all runs of one group lie above all of the other, ``margin_pvalue`` that of the two
    one-sided tests, if a margin was stated. ``where`` is None where only the primary test was made.
    ``scope`` and ``functions`` are what answers to single test examples tell, where these are known.
    """

    group_a: str
    group_b: str
    n_a: int
    n_b: int
    verdict: Verdict
    sentence: str
    detail: str
    minimum_pvalue: Number
    separated: bool
    detectable_difference: Number
    margin_pvalue: Number
    paired: bool
    tests: tuple[AdjustedTest, ...]
    effects: tuple[Effect, ...]
    where: Where | None
    matched: Matched | None
    failures: Failures | None
    worst_ranked: WorstRanked | None
    scope: Scope | None = None
    functions: PairFunctions | None = None
    tasks: PairTasks | None = None

    @property
    def groups(self) -> tuple[str, str]:
        """Names of group a and group b."""
        return self.group_a, self.group_b

    @property
    def primary(self) -> AdjustedTest:
        """The test that gives the verdict."""
        return next(test for test in self.tests if test.primary)

    @property
    def places(self) -> Where:
        """Quantiles, distribution functions and expected bests compared, where they were.

        Raises
        ------
        LookupError
            Only the primary test was made.
        """
        if self.where is None:
            raise LookupError(f"only the primary test of {self.group_b} − {self.group_a} was made")
        return self.where

    def effect(self, name: str) -> Effect:
        """Return an effect by its name, of those within matched pairs too.

        Raises
        ------
        KeyError
            There is none of this name.
        """
        within = self.matched.effects if self.matched else ()
        return named({e.effect: e for e in (*self.effects, *within)}, name)

    def test(self, name: str) -> AdjustedTest:
        """Return a test by its name.

        Raises
        ------
        KeyError
            There is none of this name.
        """
        return named({t.test: t for t in self.tests}, name)


def is_bound(pvalue: Number, error: Number) -> bool:
    """Return whether no draw was as extreme as the data: p = 1 / (B + 1), whose standard error is p itself.

    Examples
    --------
    >>> is_bound(1 / 10_000, 1 / 10_000), is_bound(2 / 10_000, 2**0.5 / 10_000), is_bound(0.3, 0.0)
    (True, False, False)
    """
    return bool(pvalue and error) and float(error or 0) >= 0.99 * float(pvalue or 0)


def named(parts: Mapping[K, V], name: K) -> V:
    """Return a part by its name, or say which names there are.

    Raises
    ------
    KeyError
        There is none of this name.
    """
    if name not in parts:
        raise KeyError(f"no {name!r}; there are {', '.join(map(repr, parts))}")
    return parts[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank(Record):
    """A group's rank, 1 for the best, and the ranks ``low`` to ``high`` that it may have.

    Two groups share a letter where they are not told apart; without letters there were too many.
    """

    group: str
    rank: int
    low: int
    high: int
    letters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking(Record):
    """Confidence sets of the ranks of all groups at once, the best group first.

    ``centre`` is what ranks them: mean, median or share; ``n_units`` counts the units of which every group
    has a run, where runs are matched by them. ``sentence`` says which groups may be the best, where
    not all may.
    """

    centre: str
    n_units: int | None
    ranks: tuple[Rank, ...]
    sentence: str
