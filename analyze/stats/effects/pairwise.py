"""Order statistics of all pairwise differences, without listing them where there are many."""

from dataclasses import dataclass

import numpy as np

from analyze.stats.bootstrap import bin_starts
from analyze.stats.resampling import Counts, Floats, Ints

# A list of so many differences sorts in a tenth of a second
MAX_LISTED = 1_000_000
N_BINS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PairwiseDifferences:
    """The weighted multiset of b − a over all pairs of runs, and further values beside them.

    ``extra`` (sorted) with ``extra_counts`` are counted with the differences: `walsh_averages` needs it.
    """

    a: Counts
    b: Counts
    extra: Floats
    extra_counts: Ints

    @property
    def n(self) -> int:
        """Number of values, with their multiplicities."""
        return self.a.n * self.b.n + int(self.extra_counts.sum())

    def count(self, limit: float) -> int:
        """Count the values at or below a limit."""
        return _count(self, limit)[0]

    @property
    def listable(self) -> bool:
        """Whether the differences of distinct values are few enough to be listed."""
        return len(self.a.values) * len(self.b.values) <= MAX_LISTED


def pairwise_differences(a: Counts, b: Counts) -> PairwiseDifferences:
    """Return the differences b − a of all pairs of a run of a and a run of b.

    Examples
    --------
    >>> from analyze.stats.resampling import tabulate
    >>> differences = pairwise_differences(tabulate([1.0, 2.0]), tabulate([2.0, 5.0]))
    >>> order_statistics(differences, [1, 2, 3, 4])
    [0.0, 1.0, 3.0, 4.0]
    """
    return PairwiseDifferences(a=a, b=b, extra=np.empty(0), extra_counts=np.empty(0, dtype=np.int64))


def walsh_sums(table: Counts) -> PairwiseDifferences:
    """Return the sums d_i + d_j over i ≤ j, each twice: doubled Walsh averages.

    All ordered pairs hold each i < j twice and each i = j once, so the latter are added once more.
    """
    mirrored = Counts(values=-table.values[::-1], counts=table.counts[::-1])
    return PairwiseDifferences(a=mirrored, b=table, extra=2 * table.values, extra_counts=table.counts)


def order_statistics(differences: PairwiseDifferences, ranks: list[int]) -> list[float]:
    """Return the values of given ranks, 1 being the smallest."""
    if differences.listable:
        values, ends = _listed(differences, -np.inf, np.inf)
        return [float(values[np.searchsorted(ends, rank)]) for rank in ranks]
    pilot, found = _pilot(differences), dict[int, float]()
    for rank in ranks:
        if rank not in found:
            found |= _select(differences, rank, pilot, ranks)
    return [found[rank] for rank in ranks]


def _count(differences: PairwiseDifferences, limit: float) -> tuple[int, int]:
    """Count pairs of runs, and pairs of distinct values, with a difference at or below the limit."""
    a, b = differences.a, differences.b
    up_to = np.concatenate([[0], a.counts.cumsum()])
    first = np.searchsorted(a.values, b.values - limit, side="left")
    weight = int(b.counts @ (a.n - up_to[first]))
    beside = int(np.searchsorted(differences.extra, limit, side="right"))
    return (
        weight + int(differences.extra_counts[:beside].sum()),
        int((len(a.values) - first).sum()) + beside,
    )


def _listed(differences: PairwiseDifferences, low: float, high: float) -> tuple[Floats, Ints]:
    """List the sorted differences above ``low`` up to ``high``, and how many lie at or below each."""
    a, b = differences.a, differences.b
    first = np.searchsorted(a.values, b.values - high, side="left")
    sizes = np.searchsorted(a.values, b.values - low, side="left") - first
    of_b = np.repeat(np.arange(len(b.values)), sizes)
    of_a = np.arange(len(of_b)) + np.repeat(first - (sizes.cumsum() - sizes), sizes)
    beside = (differences.extra > low) & (differences.extra <= high)
    values = np.concatenate([b.values[of_b] - a.values[of_a], differences.extra[beside]])
    counts = np.concatenate([b.counts[of_b] * a.counts[of_a], differences.extra_counts[beside]])
    order = np.argsort(values, kind="stable")
    return values[order], counts[order].cumsum()


def _pilot(differences: PairwiseDifferences) -> tuple[Floats, Floats]:
    """Distribution of the differences of coarse tables: a first guess of where a rank lies."""
    coarse = []
    for table in (differences.a, differences.b):
        starts = bin_starts(table, N_BINS)
        counts = np.add.reduceat(table.counts, starts)
        coarse.append(Counts(values=table.values[starts], counts=counts))
    values, ends = _listed(pairwise_differences(*coarse), -np.inf, np.inf)
    return values, ends / ends[-1]


def _select(
    differences: PairwiseDifferences, rank: int, pilot: tuple[Floats, Floats], asked: list[int]
) -> dict[int, float]:
    """Narrow a bracket around the rank, by the pilot and then by interpolation, until it can be listed.

    Returns the values of all ranks asked for that end in the list.
    """
    low = float(differences.b.values[0] - differences.a.values[-1])
    high = float(differences.b.values[-1] - differences.a.values[0])
    low, high = np.nextafter(low, -np.inf), np.nextafter(high, np.inf)
    at_low, at_high = (0, 0), _count(differences, high)
    place = int(np.searchsorted(pilot[1], rank / differences.n))
    reach = max(len(pilot[0]) // 200, 1)
    guesses = [float(pilot[0][max(place - reach, 0)]), float(pilot[0][min(place + reach, len(pilot[0]) - 1)])]
    step = 0
    while at_high[1] - at_low[1] > MAX_LISTED and np.nextafter(low, high) < high:
        if not guesses:
            guesses = _interpolated((low, high), (at_low[0], at_high[0]), rank, halve=step % 3 == 2)
            step += 1
        guess = guesses.pop()
        if not low < guess < high:
            continue
        found = _count(differences, guess)
        if found[0] >= rank:
            high, at_high = guess, found
        else:
            low, at_low = guess, found
    values, ends = _listed(differences, low, high)
    inside = [r for r in asked if at_low[0] < r <= at_high[0]]
    return {r: float(values[np.searchsorted(ends, r - at_low[0])]) for r in inside}


def _interpolated(
    bracket: tuple[float, float], counts: tuple[int, int], rank: int, *, halve: bool
) -> list[float]:
    """Guess two points close around the rank, as if counts were linear in between; or the middle."""
    low, high = bracket
    middle = low / 2 + high / 2
    if halve:
        return [middle]
    share = (rank - counts[0]) / (counts[1] - counts[0])
    nearness = 0.005
    return [low + (high - low) * min(max(share + side * nearness, 1e-3), 1 - 1e-3) for side in (-1, 1)]
