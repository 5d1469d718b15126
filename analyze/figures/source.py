"""What figures are computed from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.comparison.kinds import Clusters, Kind
from analyze.comparison.pair import PairComparison
from analyze.comparison.seen import Seen
from analyze.comparison.tasks import TaskComparison
from analyze.figures.binning import Floats
from analyze.stats.centres import Triple, mean_interval, median_interval, share_interval
from analyze.stats.ecdf_difference import EcdfDifference

# More groups than this are not drawn: no page shows them legibly. The caption says which are.
MAX_GROUPS = 24
# More groups than have a colour each stand in the order of their values.
MAX_UNORDERED = 6
# Figures with a panel for each pair show at most so many pairs.
MAX_PANELS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSource:
    """What figures are computed from.

    Attributes
    ----------
    runs : DataFrame
        Table ``group``, ``value`` (finite) and, where there is one, ``unit``.
    groups : tuple of str
        In report order, the baseline first; see `samples` for that of figures.
    value : str
        Name of the measured quantity.
    confidence : float
        Level of the bands.
    pairable : bool
        Equal units are matched pairs.
    unit : str
        What a unit is called, e.g. ``seed``.
    better : str
        Which values are better, ``higher`` or ``lower``.
    log : bool
        Distributions of the values are drawn on a logarithmic axis; see `kinds.is_logarithmic`.
    few : bool
        Ten runs a group at most, or values of 0 and 1: no densities, no boxes, see `Figure.few`.
    kind : str
        What kind of runs these are, see `analyze.comparison.kinds`.
    clusters : Clusters or None
        Which runs collapsed, of clusters.
    ratios : dict
        Of values over decades, for groups beside the first: median / median of the first, with its interval.
    failed : dict
        Failed runs of each group, where groups fail with different probabilities; else empty.
    margin : float or None
        Largest difference of means that counts as none, if one was stated.
    differences : dict
        For groups beside the first, F of the group − F of the first, with its band; the others get no panel.
    tasks : TaskComparison, optional
        Of runs of several tasks.
    pairs : sequence of PairComparison
        Every pair that was compared.
    depths : DataFrame
        Accuracy of the classifier behind each hidden layer, see `analyze.table.RunTable`; may be empty.
    seen : Seen or None
        What the answers to single test examples tell, where they are known.
    """

    runs: pd.DataFrame
    groups: tuple[str, ...]
    value: str
    confidence: float = 0.95
    pairable: bool = False
    unit: str = "unit"
    better: str = "higher"
    log: bool = False
    few: bool = False
    kind: Kind = "plain"
    clusters: Clusters | None = None
    ratios: Mapping[str, Triple] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    margin: float | None = None
    differences: Mapping[str, EcdfDifference] = field(default_factory=dict)
    tasks: TaskComparison | None = None
    pairs: Sequence[PairComparison] = ()
    depths: pd.DataFrame = field(default_factory=pd.DataFrame)
    seen: Seen | None = None
    _sorted: dict[str, Floats] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the runs once: a million of them take a tenth of a second, for each of ten figures."""
        parts = {g: part.to_numpy(np.float64) for g, part in self.runs.groupby("group")["value"]}
        found = {g: np.sort(parts[g]) for g in self.groups if g in parts}
        object.__setattr__(self, "_sorted", {g: found[g] for g in self._in_order(found)})

    @property
    def baseline(self) -> str | None:
        """The group that all others are compared with, if there is one."""
        first = {pair.group_a for pair in self.pairs} == {self.groups[0]}
        return self.groups[0] if first and len(self.groups) > 2 else None

    def ranked(self) -> dict[str, Floats]:
        """Return the sorted values of all groups, the best first by their centres."""
        sign = 1 if self.better == "lower" else -1
        order = sorted(self._sorted, key=lambda group: (sign * self.centre(group)[0], group))
        return {group: self._sorted[group] for group in order}

    def centre(self, group: str) -> Triple:
        """Return a group's mean with its interval; the median of values over decades, the share of 1."""
        values = self._sorted[group]
        if self.kind == "decades":
            return median_interval(values, self.confidence)
        if self.kind == "rates":
            return share_interval(int(values.sum()), values.size, self.confidence)
        return mean_interval(values, self.confidence)

    def samples(self) -> dict[str, Floats]:
        """Return the sorted values of every drawn group that has any.

        Few groups are in report order; of many the baseline is first, the others follow from the best to the
        worst.
        """
        return {g: self._sorted[g] for g in self.chosen(MAX_GROUPS)}

    def placed(self) -> dict[str, Floats]:
        """Return `samples` on the axis: as they are, or their decimal logarithms."""
        return {g: np.log10(v) for g, v in self.samples().items()} if self.log else self.samples()

    def chosen(self, most: int) -> tuple[str, ...]:
        """Return all groups that have runs, or as many: the baseline, the best and the worst by mean."""
        groups = tuple(self._sorted)
        if len(groups) <= most:
            return groups
        baseline, *others = groups if len(groups) > MAX_UNORDERED else self._by_value(self._sorted)
        n_worst = (most - 1) // 2
        ends = {baseline, *others[: most - 1 - n_worst], *others[len(others) - n_worst :]}
        return tuple(group for group in groups if group in ends)

    def which(self, drawn: Sequence[str]) -> str:
        """Return which groups are drawn, as a sentence that follows another; nothing if all are."""
        n_others, n = len(drawn) - 1, len(self.groups) - 1
        if n_others >= n:
            return ""
        n_worst = n_others // 2
        ends = [f"the {k} {end}" for k, end in ((n_others - n_worst, "best"), (n_worst, "worst")) if k]
        return f" Drawn: {drawn[0]}, and of {n} others {fmt.listing(ends)} by mean {self.value}."

    def _in_order(self, samples: Mapping[str, Floats]) -> tuple[str, ...]:
        return tuple(samples) if len(samples) <= MAX_UNORDERED else self._by_value(samples)

    def _by_value(self, samples: Mapping[str, Floats]) -> tuple[str, ...]:
        """Return the baseline, then the other groups from the best to the worst mean on the axis."""
        baseline, *others = samples
        with np.errstate(over="ignore"):
            means = {g: float(np.mean(np.log10(v) if self.log else v)) for g, v in samples.items()}
        return (baseline, *sorted(others, key=means.__getitem__, reverse=self.better == "higher"))

    def at(self, place: float) -> float:
        """Return the value at a place of the axis."""
        return float(10.0**place) if self.log else float(place)

    def at_all(self, places: Iterable[float]) -> list[float]:
        """Return the values at places of the axis."""
        return [self.at(place) for place in places]

    def panels(self) -> list[PairComparison]:
        """Return the pairs that get a panel of their own: those with the baseline, or all of very few."""
        return list(self.pairs) if len(self.pairs) <= 3 else self.against_baseline(MAX_PANELS)

    def against_baseline(self, most: int) -> list[PairComparison]:
        """Return at most so many pairs with the baseline: those of the best and of the worst groups."""
        pairs = {pair.group_b: pair for pair in self.pairs if pair.group_a == self.groups[0]}
        return [pairs[group] for group in self.chosen(most + 1) if group in pairs]

    @property
    def placed_pairs(self) -> list[PairComparison]:
        """The pairs of which more than the primary test was made."""
        return [pair for pair in self.pairs if pair.where is not None]

    def groups_of(self, pairs: Sequence[PairComparison]) -> tuple[str, ...]:
        """Return the groups that are in some of these pairs, in the order of `samples`."""
        shown = {group for pair in pairs for group in (pair.group_a, pair.group_b)}
        return tuple(group for group in self._sorted if group in shown)
