"""What the answers of runs to single test examples tell: of one group, and of two.

Shares, differences of accuracy and disagreements are fractions of the test examples; differences are b − a.
"""

from dataclasses import dataclass
from typing import Literal

from analyze.record import Number, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeInterval(Record):
    """A t interval of the difference of mean accuracies, with the two-sided p-value of no difference."""

    se: Number
    df: Number
    low: Number
    high: Number
    pvalue: Number
    pvalue_adjusted: Number

    @property
    def apart(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeForm(Record):
    """The difference on these test examples, and on new ones.

    ``new`` is on new groups of examples where groups were named, and ``new_ungrouped`` takes the examples as
    independent all the same. ``variance_images`` is the part of the variance of ``new`` that is due to the
    examples, ``variance_runs`` that of the runs.
    """

    difference: Number
    test: ScopeInterval
    new: ScopeInterval
    new_ungrouped: ScopeInterval | None
    variance_images: Number
    variance_runs: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope(ScopeForm):
    """Whether the difference holds on new test examples.

    ``paired`` says that it is that within ``n_pairs`` twins, runs of equal unit; ``unpaired`` is then the
    other form.
    ``decides`` says where the difference is certain, by p-values adjusted over the pairs of groups.
    """

    paired: bool
    n_a: int
    n_b: int
    n_pairs: int | None
    n_test: int
    image_groups: int | None
    decides: Literal["both", "test set only", "neither"]
    unpaired: ScopeForm | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread(Record):
    """The spread of accuracy between the runs of a group, and how much of it is real.

    ``sd_observed`` on these examples, ``sd_independent`` what independent errors would give,
    ``sd_distribution`` on all examples that could be drawn, with its interval. ``share_real`` is the share of
    the observed variance that is not these examples' luck; None without any.
    """

    sd_observed: Number
    sd_independent: Number
    sd_distribution: Number
    sd_distribution_low: Number
    sd_distribution_high: Number
    share_real: Number
    pvalue_independent: Number
    heavy_tails: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote(Record):
    """Mean accuracy of the plurality vote of ``k`` runs, and its standard deviation over draws of them."""

    k: int
    accuracy: Number
    sd: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFunctions(Record):
    """How unlike the functions are that the runs of a group became.

    ``disagreement`` of two runs with its interval on these examples (``low``, ``high``) and on new ones
    (``low_new``, ``high_new``), ``minimum`` and ``maximum``; ``kappa`` is the error
    consistency; ``dimension`` the effective number of directions in which the runs differ; ``dip`` Hartigan's
    dip of the first axes of their map, ``dip_pvalue`` the smallest p-value, adjusted over these;
    ``unseen`` the largest share of runs that could reach one function unseen: more often it would have come
    twice. ``n`` of ``n_runs`` runs, those of the smallest units, where pairs of runs are looked at.
    """

    n: int
    n_runs: int
    disagreement: Number
    low: Number
    high: Number
    low_new: Number = None
    high_new: Number = None
    minimum: Number
    maximum: Number
    n_identical_pairs: int
    kappa: Number
    dimension: Number
    dip: tuple[Number, ...]
    dip_pvalue: Number
    unseen: Number
    vote: tuple[Vote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFunctions(Record):
    """Whether the runs of two groups are different functions.

    ``between`` is the disagreement of a run of a and one of b, ``excess`` how much it is above that within
    groups, with its intervals on these and on new examples, ``share`` its part of ``between``. ``twins`` is
    the disagreement of runs of equal unit, ``twins_ratio`` over ``between``, ``twins_pvalue`` that of the
    matching of units.
    ``statistic`` is the energy distance. ``attribution`` is how often a single run is put to the right group
    by its answers alone.
    """

    n_a: int
    n_b: int
    between: Number
    excess: Number
    low: Number
    high: Number
    low_new: Number = None
    high_new: Number = None
    share: Number
    diversity_ratio: Number
    kappa: Number
    kappa_twins: Number
    twins: Number
    twins_ratio: Number
    twins_pvalue: Number
    statistic: Number
    pvalue: Number
    pvalue_error: Number
    pvalue_adjusted: Number
    minimum_pvalue: Number
    method: str
    attribution: Number
    auc: Number
    twins_told_apart: Number
    n_images: int
    n_images_better: int
    n_images_worse: int
    differ: bool
