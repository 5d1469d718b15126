"""What kind of runs a table holds, which decides how its answer is told: rates, clusters, decades, few."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analyze import text as fmt
from analyze.errors import UsageError, argument
from analyze.results import FEW_RUNS
from analyze.stats.bootstrap import quantile
from analyze.stats.resampling import Counts, Floats
from analyze.stats.two_sample.splits import pool

Kind = Literal["plain", "few", "rates", "clusters", "decades", "tasks"]

# A gap makes two clusters where it is so many times as wide as the wider of the two (5 % to 95 % of its
# runs), and the smaller holds so large a share of all runs, so many at least
MIN_GAP, MIN_SHARE, MIN_RUNS, MIN_IN_ALL = 1.5, 0.02, 3, 20


# Losses that span this factor, from the lowest to the highest group, are told and drawn by their logarithms
WIDE = 30
_LOW, _HIGH = 0.05, 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Runs that are far from the others: those on the worse side of ``edge`` are said to have collapsed."""

    edge: float
    worse_is_low: bool

    @property
    def verb(self) -> str:
        """What these runs do: fall to low values, or rise to high ones."""
        return "collapses" if self.worse_is_low else "blows up"

    @property
    def past(self) -> str:
        """What these runs did."""
        return "collapsed" if self.worse_is_low else "blew up"

    def hold(self, values: Floats) -> NDArray[np.bool_]:
        """Return which values are on the worse side."""
        return np.equal(values < self.edge, self.worse_is_low)

    def collapsed(self, table: Counts) -> Counts:
        """Return the runs on the worse side."""
        return _part(table, self.hold(table.values))

    def others(self, table: Counts) -> Counts:
        """Return the runs on the better side."""
        return _part(table, ~self.hold(table.values))


def recognise(
    samples: Mapping[str, Counts], *, better: str, log: bool = False
) -> tuple[Kind, Clusters | None]:
    """Say what kind of runs these are.

    Parameters
    ----------
    samples
        Finite values of each group.
    better
        Which values are better, ``higher`` or ``lower``.
    log
        Whether the values span decades, see `is_logarithmic`.

    Examples
    --------
    >>> from analyze.stats.resampling import tabulate
    >>> recognise({"a": tabulate([0, 1, 1]), "b": tabulate([0, 0, 1])}, better="higher")[0]
    'rates'
    >>> recognise({"a": tabulate([0.1] * 5 + [0.9] * 19), "b": tabulate([0.9, 0.91])}, better="higher")
    ('clusters', Clusters(edge=0.5, worse_is_low=True))
    """
    values, counts = pool(list(samples.values()))
    if len(values) == 2 and set(values) == {0.0, 1.0}:
        return "rates", None
    found = _clusters(np.log10(values) if log else values, counts)
    if found is not None:
        edge = 10.0**found if log else found
        return "clusters", Clusters(edge=edge, worse_is_low=better == "higher")
    if log:
        return "decades", None
    return ("few" if max(table.n for table in samples.values()) <= FEW_RUNS else "plain"), None


def is_logarithmic(samples: Mapping[str, Floats], *, asked: str, better: str, value: str) -> bool:
    """Decide on the axis that values are drawn on.

    Parameters
    ----------
    samples
        Values of each group.
    asked
        ``linear``, ``log`` or ``auto``: logarithmic where low values are the better ones, all are positive,
        and the 95 % quantile of some group is 30 times the 5 % quantile of the same or another one.

    Raises
    ------
    UsageError
        If a logarithmic axis was asked for, but a value is not positive.
    """
    if asked == "linear":
        return False
    lowest = min((float(values.min()), group) for group, values in samples.items() if values.size)
    if lowest[0] <= 0:
        if asked == "log":
            raise UsageError(
                f"{argument('axis', 'log')} needs positive values, but the lowest {value} of {lowest[1]} is "
                f"{fmt.number(lowest[0])}; give {argument('axis', 'linear')}, or leave it out"
            )
        return False
    if asked == "log":
        return True
    ends = [np.quantile(values, (_LOW, _HIGH)) for values in samples.values() if values.size]
    return better == "lower" and bool(max(high for _, high in ends) >= WIDE * min(low for low, _ in ends))


def _clusters(values: Floats, counts: np.ndarray) -> float | None:
    """Return the middle of a gap between two clusters of runs, both of which some group has."""
    if len(values) < 2:
        return None
    together = counts.sum(axis=0)
    at = int(np.argmax(np.diff(values))) + 1
    sides = slice(None, at), slice(at, None)
    sizes = [int(together[side].sum()) for side in sides]
    if sum(sizes) < MIN_IN_ALL or min(sizes) < max(MIN_RUNS, MIN_SHARE * sum(sizes)):
        return None
    if not (counts[:, sides[0]].any(axis=1) & counts[:, sides[1]].any(axis=1)).any():
        return None  # the groups are apart, which is no cluster within one
    widths = []
    for side in sides:
        table = Counts(values=values[side], counts=together[side])
        widths.append(quantile(table, 0.95) - quantile(table, 0.05))
    gap = float(values[at] - values[at - 1])
    return float(values[at - 1] + values[at]) / 2 if gap > MIN_GAP * max(widths) else None


def _part(table: Counts, chosen: np.ndarray) -> Counts:
    return Counts(values=table.values[chosen], counts=table.counts[chosen])
