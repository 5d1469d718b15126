"""Bins and kernel densities that know on which grid the values were measured.

Accuracies are k / n_test: bins that are not whole multiples of 1 / n_test hold unequal numbers of possible
values and show teeth that are not in the data.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyze.stats.resampling import tabulate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_BINS = 80
# A density curve of fewer runs shows the kernel, not the runs.
MIN_DENSITY = 10
# Dots that a figure draws for a group: all of its runs, or as many quantiles.
DOTS = 50
# A pooled value further than this many interquartile ranges outside the quartiles is "far" (a diverged run).
_FAR = 10
# At most this share of every group may lie outside the drawn window; otherwise everything is drawn.
_MAX_OUTSIDE = 0.05
# Where the range is so many times the window, drawing everything shows nothing: half may lie outside.
_HOPELESS = 100
_DENSITY_POINTS = 256
# More distinct values than this are counted in fine cells first: 10^6 of them need no 256 x 10^6 table.
_MAX_KERNELS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """Common bins of all groups: `edges` (n_bins + 1,), their width, the measurement step if there is one."""

    edges: Floats
    width: float
    step: float | None


def measurement_step(values: Floats) -> float | None:
    """Return the step of the regular grid on which all `values` lie, or None when there is none.

    Examples
    --------
    >>> round(measurement_step(np.array([0.8765, 0.8767, 0.8772, 0.8766])), 9)
    0.0001
    >>> measurement_step(np.array([0.1, 0.25, 0.4321, 0.9])) is None
    True
    """
    # of several sorted groups, which a stable sort merges
    distinct = tabulate(np.sort(values, kind="stable")).values
    if distinct.size < 3:
        return None
    span = float(distinct[-1] - distinct[0])
    gaps = np.diff(distinct)
    gaps = gaps[gaps > 1e-9 * span]  # 0.1 + 0.2 and 0.3 are one measured value
    ratios = gaps / gaps.min()
    steps = np.rint(ratios)
    if np.max(np.abs(ratios - steps)) > 0.01 or steps.sum() > 1e6:
        return None
    return float(gaps.sum() / steps.sum())


def window(samples: Sequence[Floats]) -> tuple[float, float]:
    """Return the range to draw: all values, but for a few so far away that they would flatten the rest."""
    pooled = np.concatenate(samples)
    q25, q75 = np.quantile(pooled, [0.25, 0.75])
    low, high = q25 - _FAR * (q75 - q25), q75 + _FAR * (q75 - q25)
    inside = (pooled >= low) & (pooled <= high)
    outside = [float(np.mean((sample < low) | (sample > high))) for sample in samples]
    hopeless = pooled.max() - pooled.min() > _HOPELESS * (high - low) and max(outside) <= 0.5
    if q75 == q25 or inside.all() or (max(outside) > _MAX_OUTSIDE and not hopeless):
        return float(pooled.min()), float(pooled.max())
    return float(pooled[inside].min()), float(pooled[inside].max())


def common_bins(samples: Sequence[Floats], low: float, high: float) -> Bins:
    """Choose one set of at most 80 bins for all samples, in whole measurement steps.

    The width is the median over groups of 2 s n^(-1/3), Freedman & Diaconis' rule (1981, doi
    10.1007/BF01025868) with the shortest half s in place of the interquartile range, see `_shortest_half`.
    """
    if high == low:
        half = max(abs(low) * 0.01, 1e-3)
        return Bins(edges=np.array([low - half, low + half]), width=2 * half, step=None)
    step = measurement_step(np.concatenate([s[(s >= low) & (s <= high)] for s in samples]))
    width = max(_freedman_diaconis(samples, high - low), (high - low) / (MAX_BINS - 2))
    if step is None:
        start = np.floor(low / width) * width
    else:
        width = float(max(1.0, np.ceil(width / step - 0.5))) * step
        start = low - step / 2  # edges lie halfway between two values that can be measured
        width *= 1 if (high - start) / width < MAX_BINS else 2
    n_bins = int(np.floor((high - start) / width)) + 1
    return Bins(edges=start + width * np.arange(n_bins + 1), width=width, step=step)


def bin_counts(values: Floats, bins: Bins) -> Ints:
    """Count values per bin; values outside the bins are not counted."""
    return np.histogram(values, bins=bins.edges)[0].astype(np.int64)


def density(values: Floats, bins: Bins) -> tuple[Floats, Floats]:
    """Return a Gaussian kernel density at 256 points around the values inside the bins.

    It is made from counts of distinct values. Bandwidth: 0.9 min(sd, s / 1.34) n^(-1/5), Silverman's rule
    (1986, eq. 3.31) with the shortest half s, but not below half a bin: a curve much narrower than the bars
    would trace the grid or single runs, and tower over the bars where runs nearly coincide.
    """
    low, high = max(values[0], bins.edges[0]), min(values[-1], bins.edges[-1])
    bandwidth = max(_silverman(values), bins.step or 0.0, bins.width / 2)
    centres, weights = _kernels(values, bandwidth)
    x = np.linspace(low - 3 * bandwidth, high + 3 * bandwidth, _DENSITY_POINTS)
    kernels = np.exp(-0.5 * ((x[:, None] - centres[None, :]) / bandwidth) ** 2)
    y = kernels @ weights / (values.size * bandwidth * np.sqrt(2 * np.pi))
    return x, y


def outside(samples: Iterable[Floats], low: float, high: float) -> int:
    """Count the runs outside the drawn range."""
    return sum(int(((values < low) | (values > high)).sum()) for values in samples)


def _kernels(values: Floats, bandwidth: float) -> tuple[Floats, Floats]:
    table = tabulate(values)
    distinct, weights = table.values, table.counts
    if distinct.size > _MAX_KERNELS:
        # Cells of a tenth of the bandwidth move no curve by more than 0.05 % of its height.
        span = float(distinct[-1] - distinct[0])
        cells = int(min(max(_MAX_KERNELS, np.ceil(10 * span / bandwidth)), 8 * _MAX_KERNELS))
        weights, edges = np.histogram(values, bins=cells)
        keep = weights > 0
        distinct, weights = ((edges[:-1] + edges[1:]) / 2)[keep], weights[keep]
    return distinct, weights.astype(np.float64)


def _freedman_diaconis(samples: Sequence[Floats], span: float) -> float:
    halves = [(_shortest_half(s), s.size) for s in samples]
    widths = [2 * half * n ** (-1 / 3) for half, n in halves if half > 0]
    return float(np.median(widths)) if widths else span / (1 + float(np.log2(max(s.size for s in samples))))


def _silverman(values: Floats) -> float:
    sd, half = float(np.std(values, ddof=1)), _shortest_half(values)
    spread = min(sd, half / 1.34) if half > 0 else sd
    return float(0.9 * spread * values.size**-0.2)


def _shortest_half(values: Floats) -> float:
    """Return the length of the shortest interval that holds half of the sorted values.

    For a normal distribution it is the interquartile range. With a second, distant mode (runs that stayed at
    chance level) the interquartile range spans both, and bins or kernels scaled by it hide the first.
    """
    held = values.size // 2
    return float(np.min(values[held:] - values[: values.size - held]))
