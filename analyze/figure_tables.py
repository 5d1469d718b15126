"""What every figure shows, as tidy tables: computed here, once, from the runs; drawn elsewhere.

An entry is plain data: ``figure, title, caption, alt, value, groups, tables``. The caption states the
finding, the alt text says in words what a reader would see; `tables` are small however many runs there are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyze import binning, captions
from analyze.binning import Floats
from analyze.ecdf_bands import EcdfDifference
from analyze.render import formatting as fmt

Entry = dict[str, Any]
Columns = dict[str, list[Any]]

# More groups than this are not drawn: no page shows them legibly. The caption says so.
MAX_GROUPS = 24
MAX_DIFFERENCES = 4
MAX_PAIRED = 6
MAX_STEPS = 512
# A density curve of fewer runs shows the kernel, not the runs.
MIN_DENSITY = 10
MAX_POINTS = 1500
_POINT_CELLS = 40
_BARS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSource:
    """What figures are computed from.

    Attributes
    ----------
    runs : DataFrame
        Columns ``group``, ``value`` (finite) and, where there is one, ``unit``.
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
    differences : dict
        For groups beside the first, F of the group − F of the first, with its band; the others get no panel.
    """

    runs: pd.DataFrame
    groups: tuple[str, ...]
    value: str
    confidence: float = 0.95
    pairable: bool = False
    unit: str = "unit"
    differences: Mapping[str, EcdfDifference] = field(default_factory=dict)

    def samples(self) -> dict[str, Floats]:
        """Return the sorted values of every drawn group that has any, in report order."""
        parts = {g: part.to_numpy(np.float64) for g, part in self.runs.groupby("group")["value"]}
        return {g: np.sort(parts[g]) for g in self.groups[:MAX_GROUPS] if g in parts}


def figure_entries(source: FigureSource) -> list[Entry]:
    """Compute the tables of every figure that these runs admit."""
    entries = (tables(source) for tables in FIGURE_TABLES.values())
    return [entry for entry in entries if entry is not None]


def distributions(source: FigureSource) -> Entry | None:
    """Overlaid histograms with Gaussian kernel densities: the figure of the original experiment."""
    samples = source.samples()
    low, high = binning.window(list(samples.values()))
    bins = binning.common_bins(list(samples.values()), low, high)
    spread = {g: v for g, v in samples.items() if v[0] < v[-1]}
    tables = {"bars": _stack([_bar_rows(g, v, low, high) for g, v in samples.items()])}
    top = 1.0
    if spread:
        tables["bins"] = _stack([_bin_rows(g, v, bins) for g, v in spread.items()])
        curves = [_density_rows(g, v, bins) for g, v in spread.items() if v.size >= MIN_DENSITY]
        tables |= {"density": _stack(curves)} if curves else {}
        top = max(tables["bins"]["share"])
    constant = [_spike_row(g, v, top) for g, v in samples.items() if g not in spread]
    if constant:
        tables["spikes"] = _stack(constant)
    outside = [_outside_row(g, v, low, high) for g, v in samples.items() if v[0] < low or v[-1] > high]
    if outside:
        tables["outside"] = _stack(outside)
    return _entry(
        source,
        "distributions",
        f"Distribution of {source.value}",
        captions.distributions(samples, bins, tables),
        f"Histograms with density curves of {source.value}. {captions.samples_alt(samples)}",
        tables,
    )


def ecdf(source: FigureSource) -> Entry | None:
    """Empirical distribution functions with simultaneous bands, and their differences from the baseline."""
    samples = source.samples()
    names = list(samples)
    low, high = binning.window(list(samples.values()))
    if low == high:  # one step in the middle of the figure
        half = max(abs(low) * 0.01, 1e-3)
        low, high = low - half, high + half
    steps = [_ecdf_rows(g, v, source.confidence, (low, high)) for g, v in samples.items()]
    tables = {"steps": _stack(steps), "window": {"low": [low], "high": [high]}}
    others = [g for g in names[1:] if g in source.differences][:MAX_DIFFERENCES]
    differences = {g: source.differences[g] for g in others}
    if differences:
        a, last_third = names[0], (low + 2 * high) / 3
        tables["difference"] = _stack(
            [_difference_rows(f"{g} − {a}", g, d, (low, high)) for g, d in differences.items()]
        )
        tables["largest"] = _stack(
            [
                _largest_row(f"{g} − {a}", g, d, (samples[a], samples[g]), last_third)
                for g, d in differences.items()
            ]
        )
    return _entry(
        source,
        "ecdf",
        f"Share of runs at or below each {source.value}",
        captions.ecdf(samples, source.value, source.confidence, tables, differences),
        f"Empirical distribution functions of {source.value} with bands. {captions.samples_alt(samples)} "
        f"{captions.largest_alt(samples, source.value, tables)}",
        tables,
    )


def matched_pairs(source: FigureSource) -> Entry | None:
    """Values of two groups at the same unit, counted per point or cell; None without matched pairs."""
    if not source.pairable:
        return None
    a, *others = source.groups
    pairs = [(a, b, _paired(source.runs, a, b)) for b in others[:MAX_PAIRED]]
    pairs = [(a, b, xy) for a, b, xy in pairs if len(xy) >= 2]
    if not pairs:
        return None
    # One common cell size, so that equal areas mean equal counts in every panel.
    points = [_point_rows(a, b, xy, _cell(np.concatenate([p[2] for p in pairs]))) for a, b, xy in pairs]
    tables = {"points": _stack(points), "counts": _stack([_pair_counts(a, b, xy) for a, b, xy in pairs])}
    sentences = " ".join(captions.matched_pairs(row, source.unit) for row in captions.rows(tables["counts"]))
    return _entry(
        source,
        "matched_pairs",
        f"{source.value} at the same {source.unit}",
        f"{sentences} The line marks equal {source.value}; the area of a point is the number of pairs.",
        f"Scatter plot of {source.value} in pairs of runs with equal {source.unit}. {sentences}",
        tables,
    )


FIGURE_TABLES: dict[str, Callable[[FigureSource], Entry | None]] = {
    "distributions": distributions,
    "ecdf": ecdf,
    "matched_pairs": matched_pairs,
}


def _entry(
    source: FigureSource, figure: str, title: str, caption: str, alt: str, tables: Mapping[str, Columns]
) -> Entry:
    groups = list(source.samples())
    left_out = len(source.groups) - len(groups)
    if left_out:
        caption += f" {fmt.plural(left_out, 'group')} of {len(source.groups)} not drawn."
    return {
        "figure": figure,
        "title": title,
        "caption": caption,
        "alt": alt,
        "value": source.value,
        "groups": groups,
        "tables": dict(tables),
    }


def _bin_rows(group: str, values: Floats, bins: binning.Bins) -> Columns:
    counts = binning.bin_counts(values, bins)
    return {
        "group": [group] * counts.size,
        "low": bins.edges[:-1].tolist(),
        "high": bins.edges[1:].tolist(),
        "n": counts.tolist(),
        "share": (counts / values.size).tolist(),
    }


def _density_rows(group: str, values: Floats, bins: binning.Bins) -> Columns:
    low, high = max(values[0], bins.edges[0]), min(values[-1], bins.edges[-1])
    # A curve much narrower than the bars would tower over them where runs nearly coincide.
    x, y = binning.density(values, low, high, max(bins.step or 0.0, bins.width / 2))
    return {
        "group": [group] * x.size,
        "x": x.tolist(),
        "density": y.tolist(),
        "share": (y * bins.width).tolist(),  # on the scale of the bars: runs per bin
    }


def _bar_rows(group: str, values: Floats, low: float, high: float) -> Columns:
    """Count in twelve coarse cells on the common axis, for one line of text."""
    edges = np.linspace(low, high, _BARS + 1) if high > low else np.linspace(low - 0.5, low + 0.5, _BARS + 1)
    counts = np.histogram(values, bins=edges)[0]
    return {
        "group": [group] * _BARS,
        "cell": list(range(_BARS)),
        "low": edges[:-1].tolist(),
        "high": edges[1:].tolist(),
        "n": counts.tolist(),
        "share": (counts / values.size).tolist(),
    }


def _spike_row(group: str, values: Floats, top: float) -> Columns:
    return {"group": [group], "x": [float(values[0])], "n": [values.size], "height": [top]}


def _outside_row(group: str, values: Floats, low: float, high: float) -> Columns:
    return {"group": [group], "n_below": [int((values < low).sum())], "n_above": [int((values > high).sum())]}


def _ecdf_rows(group: str, values: Floats, confidence: float, window: tuple[float, float]) -> Columns:
    """Return steps with the band of Dvoretzky, Kiefer, Wolfowitz and Massart (doi 10.1214/aop/1176990746)."""
    x, index = np.unique(values, return_index=True)
    y = np.append(index[1:], values.size) / values.size
    keep = _thin(x.size)
    x, y = x[keep], y[keep]
    x, y = _across(x, y, window)
    half = np.sqrt(np.log(2 / (1 - confidence)) / (2 * values.size))
    return {
        "group": [group] * x.size,
        "x": x.tolist(),
        "y": y.tolist(),
        "low": np.maximum(y - half, 0.0).tolist(),
        "high": np.minimum(y + half, 1.0).tolist(),
    }


def _difference_rows(
    comparison: str, group: str, found: EcdfDifference, window: tuple[float, float]
) -> Columns:
    """Return the steps of F_b − F_a with its simultaneous band, which the drawing cuts at −1 and 1."""
    x, gap = _across(found.x, found.difference, window)
    return {
        "comparison": [comparison] * x.size,
        "group": [group] * x.size,
        "x": x.tolist(),
        "difference": gap.tolist(),
        "low": np.maximum(gap - found.half_width, -1.0).tolist(),
        "high": np.minimum(gap + found.half_width, 1.0).tolist(),
    }


def _across(x: Floats, y: Floats, window: tuple[float, float]) -> tuple[Floats, Floats]:
    """Extend steps over the window: 0 before the first, the last one's height after it."""
    before, after = int(window[0] < x[0]), int(window[1] > x[-1])
    x = np.concatenate([[window[0]] * before, x, [window[1]] * after])
    return x, np.concatenate([[0.0] * before, y, [y[-1]] * after])


def _largest_row(
    comparison: str, group: str, found: EcdfDifference, samples: tuple[Floats, Floats], last_third: float
) -> Columns:
    share_a, share_b = (
        float(np.searchsorted(sample, found.largest_x, side="right") / sample.size) for sample in samples
    )
    return {
        "comparison": [comparison],
        "group": [group],
        "x": [found.largest_x],
        "difference": [found.largest_difference],
        "label_side": ["left" if found.largest_x > last_third else "right"],
        "share_a": [share_a],
        "share_b": [share_b],
    }


def _thin(size: int) -> NDArray[np.int64]:
    return np.unique(np.rint(np.linspace(0, size - 1, min(size, MAX_STEPS))).astype(np.int64))


def _paired(runs: pd.DataFrame, a: str, b: str) -> NDArray[np.float64]:
    """Return the values of both groups at the units that both have, shape (n_pairs, 2)."""
    left, right = (runs.loc[runs["group"] == g].set_index("unit")["value"] for g in (a, b))
    return pd.concat([left, right], axis=1, join="inner").to_numpy(np.float64)


def _cell(xy: NDArray[np.float64]) -> float:
    """Return the side of the cells that points are counted in; 0 when there are few enough to draw each."""
    if len(np.unique(xy, axis=0)) <= MAX_POINTS:
        return 0.0
    return float(np.ptp(xy)) / _POINT_CELLS


def _point_rows(a: str, b: str, xy: NDArray[np.float64], cell: float) -> Columns:
    placed = (np.floor(xy / cell) + 0.5) * cell if cell else xy
    points, n = np.unique(placed, axis=0, return_counts=True)
    return {
        "group_a": [a] * n.size,
        "group_b": [b] * n.size,
        "x": points[:, 0].tolist(),
        "y": points[:, 1].tolist(),
        "n": n.tolist(),
    }


def _pair_counts(a: str, b: str, xy: NDArray[np.float64]) -> Columns:
    x, y = xy[:, 0], xy[:, 1]
    constant = np.ptp(x) == 0 or np.ptp(y) == 0
    return {
        "group_a": [a],
        "group_b": [b],
        "n": [len(xy)],
        "n_above": [int((y > x).sum())],
        "n_below": [int((y < x).sum())],
        "n_equal": [int((y == x).sum())],
        "correlation": [None if constant else float(np.corrcoef(x, y)[0, 1])],
    }


def _stack(parts: list[Columns]) -> Columns:
    return {name: [cell for part in parts for cell in part[name]] for name in parts[0]}
