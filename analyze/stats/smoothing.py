"""A sample as a smooth distribution on a grid, from which other samples are drawn."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from analyze.stats.resampling import Counts, Floats, Ints, weighted_sum
from analyze.stats.two_sample.moments import standard_deviation

_ON_A_GRID = 1e-6
_MAX_GRID, _FINE_GRID = 5000, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Smooth:
    """A distribution on a grid: chances of values that are ``step`` apart, from ``start``."""

    start: float
    step: float
    chances: Floats


def smooth(table: Counts) -> tuple[Smooth, str]:
    """Smooth a sample on its own grid, as accuracies have one, or on a fine one where values are continuous.

    A sample's own bumps are noise: shifted against themselves they would be found by a test of
    distributions. The normal kernel has Silverman's bandwidth (1986, section 3.4), and the values are
    drawn together so that the variance stays.
    """
    sd = standard_deviation(table)
    gaps = np.diff(table.values)
    # A gap may be so small that no quotient by it is a number
    step = max(float(gaps.min()), float(np.ptp(table.values)) / (2 * _MAX_GRID)) if len(gaps) else 1.0
    places = (table.values - table.values[0]) / step
    own = bool((np.abs(places - np.rint(places)) < _ON_A_GRID).all()) and places[-1] <= _MAX_GRID
    if not own:
        step = float(np.ptp(table.values)) / _FINE_GRID
        table = _on_grid(table, step)
    bandwidth = 0.9 * sd * table.n**-0.2
    if bandwidth < step / 2:  # fewer values than the kernel could smooth
        index = np.rint((table.values - table.values[0]) / step).astype(np.int64)
        chances: Floats = np.bincount(index, weights=table.counts / table.n).astype(np.float64)
        return Smooth(start=float(table.values[0]), step=step, chances=chances), "as it is"
    shrink = sd / math.hypot(sd, bandwidth)
    mean = weighted_sum(table.counts, table.values - table.values[0]) / table.n + float(table.values[0])
    centres = mean + (table.values - mean) * shrink
    reach = 4 * bandwidth * shrink
    first = math.floor((centres[0] - reach - table.values[0]) / step)
    last = math.ceil((centres[-1] + reach - table.values[0]) / step)
    edges = table.values[0] + (np.arange(first, last + 2) - 0.5) * step
    chances = np.zeros(last - first + 1)
    for centre, count in zip(centres.tolist(), table.counts.tolist(), strict=True):
        chances += count * np.diff(special.ndtr((edges - centre) / (bandwidth * shrink)))
    start = float(table.values[0]) + first * step
    return Smooth(start=start, step=step, chances=chances / chances.sum()), "smoothed"


def _on_grid(table: Counts, step: float) -> Counts:
    """Move every value to the nearest point of a grid, so that smoothing costs no more than its points."""
    index = np.rint((table.values - table.values[0]) / step).astype(np.int64)
    counts = np.bincount(index, weights=table.counts).astype(np.int64)
    values = table.values[0] + np.arange(len(counts)) * step
    return Counts(values=values[counts > 0], counts=counts[counts > 0])


def shifted(base: Smooth, difference: float) -> tuple[Floats, Floats]:
    """Chances of both groups on one grid; a shift by part of a step moves a share of the runs.

    Groups that no longer overlap are moved no further, for that changes no rank.
    """
    apart = float(len(base.chances))
    steps = min(max(difference / base.step, -apart), apart)
    whole, share = math.floor(steps), steps - math.floor(steps)
    before, after = max(0, -whole), max(0, whole + 1)
    first = np.pad(base.chances, (before, after))
    second = np.zeros(len(first))
    start, size = before + whole, len(base.chances)
    second[start : start + size] += base.chances * (1 - share)
    second[start + 1 : start + 1 + size] += base.chances * share
    return first, second


def expected_blocks(chances: Floats, n: int) -> Ints:
    """Whole numbers of runs at each value that add up to n."""
    ends = np.rint(chances.cumsum() * n).astype(np.int64)
    blocks = np.diff(ends, prepend=0)
    kept: Ints = blocks[blocks > 0]
    return kept
