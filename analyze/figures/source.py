"""What figures are computed from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analyze.comparison.pair import PairComparison
from analyze.figures.binning import Floats
from analyze.stats.ecdf_difference import EcdfDifference

# More groups than this are not drawn: no page shows them legibly. The caption says so.
MAX_GROUPS = 24
# Figures with a panel for each pair show at most so many pairs.
MAX_PANELS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSource:
    """What figures are computed from.

    Attributes
    ----------
    runs : DataFrame
        Table ``group``, ``value`` (finite) and, where there is one, ``unit``.
    groups : tuple of str
        In report order, the baseline first.
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
        No group has more than ten runs: no densities, no boxes, see `analyze.figures.figure.Figure`.
    margin : float or None
        Largest difference of means that counts as none, if one was stated.
    differences : dict
        For groups beside the first, F of the group − F of the first, with its band; the others get no panel.
    pairs : sequence of PairComparison
        Every pair that was compared.
    depths : DataFrame
        Accuracy of the classifier behind each hidden layer, see `analyze.table.RunTable`; may be empty.
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
    margin: float | None = None
    differences: Mapping[str, EcdfDifference] = field(default_factory=dict)
    pairs: Sequence[PairComparison] = ()
    depths: pd.DataFrame = field(default_factory=pd.DataFrame)
    _sorted: dict[str, Floats] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the runs once: a million of them take a tenth of a second, for each of ten figures."""
        parts = {g: part.to_numpy(np.float64) for g, part in self.runs.groupby("group")["value"]}
        drawn = {g: np.sort(parts[g]) for g in self.groups[:MAX_GROUPS] if g in parts}
        object.__setattr__(self, "_sorted", drawn)

    def samples(self) -> dict[str, Floats]:
        """Return the sorted values of every drawn group that has any, in report order."""
        return dict(self._sorted)

    def placed(self) -> dict[str, Floats]:
        """Return `samples` on the axis: as they are, or their decimal logarithms."""
        return {g: np.log10(v) for g, v in self._sorted.items()} if self.log else self.samples()

    def at(self, place: float) -> float:
        """Return the value at a place of the axis."""
        return float(10.0**place) if self.log else float(place)

    def at_all(self, places: Iterable[float]) -> list[float]:
        """Return the values at places of the axis."""
        return [self.at(place) for place in places]

    def panels(self) -> list[PairComparison]:
        """Return the pairs that get a panel of their own: those with the baseline, or all of very few."""
        if len(self.pairs) <= 3:
            return list(self.pairs)
        return [pair for pair in self.pairs if pair.group_a == self.groups[0]][:MAX_PANELS]

    def groups_of(self, pairs: Sequence[PairComparison]) -> tuple[str, ...]:
        """Return the groups that are in some of these pairs, in report order."""
        shown = {group for pair in pairs for group in (pair.group_a, pair.group_b)}
        return tuple(group for group in self.groups if group in shown)
