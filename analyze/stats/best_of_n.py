"""Expected best of n runs: what someone gets who trains n times and keeps the best."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze import text as fmt
from analyze.stats.quantiles import (
    NEGLIGIBLE,
    RankWeights,
    band_ranks,
    l_statistics,
    resample,
    simultaneous,
)
from analyze.stats.resampling import Counts, Floats, Ints, tabulate, weighted_sum

# Numbers of runs in each decade; three of them are enough where a decade is a small part of the figure
STEPS = (1, 2, 3, 4, 5, 7), (1, 1.5, 2, 3, 5, 7), (1, 2, 5)
# The band is drawn for n up to a tenth of the runs: at a fifth it covers 0.92 of 500 normal runs, and at 20
# runs 0.88 where 1 in 10 is at the top
REACH = 10
# Beyond so many distinct values, neighbours are merged for the bootstrap: none of the best 33, then in cells
# of 3 % of the runs above them, but no more than 1/256 of all
MAX_DISTINCT, SINGLE, CELL = 512, 33, 256
# Standard errors from the merged values too, where that changes their fourth digit
MAX_DISTINCT_OF_ERRORS = 100_000
# An expected best with a standard error below this share of the range does not vary
RESOLVED = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class BestRow:
    """Expected best of ``n`` runs.

    ``low`` and ``high`` hold for all rows at once, ``low_pointwise`` and ``high_pointwise`` for this one
    alone; None where the resamples set no bound. An ``extrapolated`` row rests on so few of the best runs
    that it has no interval.
    """

    n: int
    unbiased: float
    plug_in: float
    low: float | None
    high: float | None
    low_pointwise: float | None
    high_pointwise: float | None
    extrapolated: bool
    confidence_level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Expected largest by n; deviations and standard errors of resamples for the first ``reach`` n."""

    numbers: list[int]
    unbiased: Floats
    plug_in: Floats
    se: Floats
    deviations: Floats
    resampled_se: Floats

    @property
    def reach(self) -> int:
        """Number of n that have a band."""
        return len(self.se)


def expected_best(
    x: npt.ArrayLike | Counts,
    *,
    rng: np.random.Generator,
    n_resamples: int,
    confidence_level: float = 0.95,
    largest_is_best: bool = True,
) -> list[BestRow]:
    """Estimate the expected best of n runs, for n = 1, 2, ... up to the size of the sample.

    Two estimates: the mean over all n-tuples of runs (``plug_in``: Dodge et al. 2019, arXiv 1909.03004),
    which is too low, and the mean over all subsets of n different runs (``unbiased``: Tang et al. 2020, arXiv
    2004.13705). The band belongs to the unbiased one. It is a studentised bootstrap, simultaneous as in
    `analyze.stats.quantiles.percentile_band`, for n up to a tenth of the runs; the rows beyond are marked
    ``extrapolated``.

    Simulated coverage of a 95 % band: 0.94 to 0.96 at 20 runs, 0.93 to 0.95 at 500 (normal, exponential,
    rounded to 0.0001, five values). What no run has shown, as a rare best value, no band can cover.

    Parameters
    ----------
    x : array_like, shape (n_runs,), or Counts
        Finite values, at least two.
    rng : Generator
        Source of the resamples.
    n_resamples : int
        Bootstrap resamples.
    confidence_level : float
        Of the band, and of each pointwise interval.
    largest_is_best : bool
        False for losses: the best of n runs is then the smallest.

    Examples
    --------
    The best of 2 out of 1, 2, 3 is 2, 3 or 3.

    >>> rows = expected_best([1, 2, 3], rng=np.random.default_rng(0), n_resamples=99)
    >>> [(row.n, round(row.unbiased, 12), row.extrapolated) for row in rows]
    [(1, 2.0, False), (2, 2.666666666667, True), (3, 3.0, True)]
    """
    sign = 1 if largest_is_best else -1
    curve = curve_of(oriented(tabulate(x), sign), rng=rng, n_resamples=n_resamples)
    return best_rows(curve, sign, n_resamples, confidence_level)


def oriented(table: Counts, sign: int) -> Counts:
    """Turn a sample over where the smallest is the best."""
    if sign > 0:
        return table
    return Counts(values=-table.values[::-1], counts=table.counts[::-1])


def numbers_of_runs(n_runs: int) -> list[int]:
    """Return 1, 2, 3, 4, 5, 7, 10, 15, ... up to ``n_runs``: the n of the expected best.

    Examples
    --------
    >>> numbers_of_runs(60)
    [1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50]
    """
    numbers = []
    for decade in range(len(str(n_runs))):
        steps = STEPS[min(decade, 1)] if decade < 3 else STEPS[2]
        numbers += [int(step * 10**decade) for step in steps]
    return [n for n in numbers if n <= n_runs]


def curve_of(table: Counts, *, rng: np.random.Generator, n_resamples: int) -> Curve:
    """Estimate the curve of a sample and resample it."""
    numbers = numbers_of_runs(table.n)
    near = [n for n in numbers if n <= max(table.n / REACH, 1)]
    log_factorials = special.gammaln(np.arange(table.n + 1) + 1.0)
    weights = [_unbiased_weights(log_factorials, n) for n in numbers]
    unbiased = l_statistics(table, weights)
    ranks, gaps = table.counts.cumsum()[:-1], np.diff(table.values)
    log_share = np.log(ranks / table.n)
    plug_in = [
        best + weighted_sum(_up_to(ranks, weight) - _plug_in_share(log_share, n), gaps)
        for n, weight, best in zip(numbers, weights, unbiased.tolist(), strict=True)
    ]
    # resamples draw from the sample with replacement: their expected best is its plug-in estimate
    coarse = _merged(table)
    seen = table if len(table.values) <= MAX_DISTINCT_OF_ERRORS else coarse
    own = [_up_to(seen.counts.cumsum()[:-1], weight) for weight in weights]
    log_of_coarse = np.log(coarse.counts.cumsum()[:-1] / table.n)
    centre = [_plug_in_share(log_of_coarse, n) for n in near]
    drawn = resample(
        coarse,
        lambda c: np.concatenate(_deviations(c, near, weights, centre), axis=1),
        rng=rng,
        n_resamples=n_resamples,
    )
    se = _deviations(seen.with_counts(seen.counts[None, :]), near, weights, own)[1][0]
    varies = np.tile(se > RESOLVED * float(gaps.sum()), 2)
    drawn[:, ~varies] = 0.0
    return Curve(
        numbers=numbers,
        unbiased=unbiased,
        plug_in=np.array(plug_in),
        se=np.where(varies[: len(near)], se, 0.0),
        deviations=drawn[:, : len(near)],
        resampled_se=drawn[:, len(near) :],
    )


def _unbiased_weights(log_factorials: Floats, n: int) -> RankWeights:
    """Share of the subsets of n runs that lie within the lowest c: C(c, n) / C(N, n)."""
    n_runs = len(log_factorials) - 1
    first = max(_first(n_runs, n), n)
    share = log_factorials[first:] - log_factorials[first - n : n_runs + 1 - n]
    share = np.exp(share - share[-1])
    return RankWeights(first=first - 1, cumulative=np.concatenate([[0.0], share]))


def _first(n_runs: int, n: int) -> int:
    return math.floor(n_runs * math.pow(NEGLIGIBLE, 1 / n))


def _plug_in_share(log_share: Floats, n: int) -> Floats:
    """Share of the n-tuples of runs that lie within the lowest c: (c / N)^n, from log(c / N)."""
    share = np.zeros(len(log_share))
    # with many runs to choose from, those below some rank are never the best
    first = int(np.searchsorted(log_share, math.log(NEGLIGIBLE) / n))
    share[first:] = np.exp(n * log_share[first:])
    return share


def _up_to(ranks: Ints, weight: RankWeights) -> Floats:
    return weight.cumulative.take(ranks - weight.first, mode="clip")


def _deviations(
    table: Counts, numbers: Sequence[int], weights: Sequence[RankWeights], centre: Sequence[Floats]
) -> tuple[Floats, Floats]:
    """Deviations of the expected best from that with cumulative weights ``centre``, and standard errors.

    Both have shape ``(r, n_numbers)``. The standard error comes from the influence of each run: the rate at
    which the weight C(c, n) / C(N, n) grows with c is taken as n/c times itself. A factor in it would be the
    same in the sample and its resamples, and so without effect.
    """
    gaps = np.diff(table.values)
    scale = float(gaps.sum()) or 1.0  # squares of the values themselves may overflow
    gaps = gaps / scale
    ranks = table.counts.cumsum(axis=1)[:, :-1]
    rate = gaps * table.n / np.maximum(ranks, 1)
    above = table.counts[:, 1:] / table.n
    highest = ranks.max(axis=0, initial=0)
    deviations, se = np.empty((2, len(ranks), len(numbers)))
    for i, n in enumerate(numbers):
        # with many runs to choose from, those below some rank are never the best
        start = int(np.count_nonzero((highest <= weights[i].first) & (centre[i] == 0)))
        share = _up_to(ranks[:, start:], weights[i])
        deviations[:, i] = (centre[i][start:] - share) @ gaps[start:]
        share *= rate[:, start:]
        np.cumsum(share, axis=1, out=share)
        mean = np.einsum("ij,ij->i", above[:, start:], share)
        share *= share
        variance = np.einsum("ij,ij->i", above[:, start:], share) - mean**2
        se[:, i] = n * np.sqrt(np.maximum(variance, 0.0) / (table.n - 1))
    return deviations * scale, se * scale


def _merged(table: Counts) -> Counts:
    if len(table.values) <= MAX_DISTINCT:
        return table
    at_or_above = table.n - table.counts.cumsum() + table.counts
    slope = 1 / SINGLE
    even = max(table.n / CELL / slope, SINGLE)  # from here on cells of equal count
    cell = np.minimum(at_or_above, SINGLE).astype(np.float64)
    cell += np.log(np.clip(at_or_above, SINGLE, even) / SINGLE) / slope
    cell += np.maximum(at_or_above - even, 0) * CELL / table.n
    starts = np.flatnonzero(np.diff(np.floor(cell), prepend=np.inf))
    counts = np.add.reduceat(table.counts, starts)
    return Counts(values=np.add.reduceat(table.values * table.counts, starts) / counts, counts=counts)


def best_rows(curve: Curve, sign: int, n_resamples: int, confidence: float) -> list[BestRow]:
    """Put a curve and its band into rows."""
    ratios = studentised(curve.deviations, curve.resampled_se)
    ends: list[list[float | None]] = []
    for rank in reversed(band_ranks(ratios, confidence=confidence)):
        below, above = band_distances(ratios, curve.se, rank)
        ends += band_ends(curve.unbiased, below, above, sign)
    return [
        BestRow(
            n=n,
            unbiased=sign * float(curve.unbiased[i]),
            plug_in=sign * float(curve.plug_in[i]),
            low=ends[0][i],
            high=ends[1][i],
            low_pointwise=ends[2][i],
            high_pointwise=ends[3][i],
            extrapolated=i >= curve.reach,
            confidence_level=confidence,
            method=band_method(curve.se, n_resamples) if i < curve.reach else "extrapolated",
        )
        for i, n in enumerate(curve.numbers)
    ]


def studentised(deviations: Floats, se: Floats) -> Floats:
    """Deviations in standard errors; infinite for a constant resample that deviates."""
    ratios = np.where(deviations == 0, 0.0, np.copysign(np.inf, deviations))
    np.divide(deviations, se, out=ratios, where=se > 0)
    return ratios


def band_distances(ratios: Floats, se: Floats, rank: int) -> tuple[Floats, Floats]:
    """Distances from an estimate down and up to its studentised limits; none without a standard error."""
    ordered = np.sort(ratios, axis=0)
    below, above = np.zeros((2, len(se)))
    np.multiply(ordered[rank - 1], se, out=below, where=se > 0)
    np.multiply(-ordered[-rank], se, out=above, where=se > 0)
    return below, above


def band_ends(
    estimate: Floats, below: Floats, above: Floats, sign: int
) -> tuple[list[float | None], list[float | None]]:
    """Return low and high for every estimate, None where infinite and beyond those that have distances."""
    near = len(below)
    low, high = estimate[:near] - below, estimate[:near] + above
    if sign < 0:
        low, high = -high, -low
    missing: list[float | None] = [None] * (len(estimate) - near)
    bounds = [[v if math.isfinite(v) else None for v in end.tolist()] + missing for end in (low, high)]
    return bounds[0], bounds[1]


def band_method(se: Floats, n_resamples: int, n_comparisons: int = 1) -> str:
    """Say how a band was made."""
    if not se.any():
        return "degenerate: every resample gives the same value"
    together = simultaneous("numbers of runs", len(se), n_comparisons)
    return f"{together}studentised bootstrap, {fmt.count(n_resamples)} resamples"
