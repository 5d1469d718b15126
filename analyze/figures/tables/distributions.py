"""Tables of histograms, raincloud and ridgelines: how the runs of each group are distributed."""

import numpy as np

from analyze.figures import binning
from analyze.figures.binning import Floats
from analyze.figures.captions import distributions as captions
from analyze.figures.captions import words
from analyze.figures.source import Columns, Entry, FigureSource, entry, stack
from analyze.figures.tables.clouds import MIN_DENSITY

_BARS = 12


def distributions(source: FigureSource) -> Entry | None:
    """Overlaid histograms with Gaussian kernel densities: the figure of the original experiment."""
    samples = source.placed()
    low, high = binning.window(list(samples.values()))
    bins = binning.common_bins(list(samples.values()), low, high)
    spread = {g: v for g, v in samples.items() if v[0] < v[-1]}
    bars = stack([_bar_rows(g, v, low, high) for g, v in samples.items()])
    tables = {"bars": source.in_units(bars, "low", "high")}
    top = 1.0
    if spread:
        counted = stack([_bin_rows(g, v, bins) for g, v in spread.items()])
        tables["bins"] = source.in_units(counted, "low", "high")
        curves = [_density_rows(g, v, bins) for g, v in spread.items() if v.size >= MIN_DENSITY]
        tables |= {"density": source.in_units(stack(curves), "x")} if curves else {}
        top = max(tables["bins"]["share"])
    constant = [_spike_row(g, v, top) for g, v in samples.items() if g not in spread]
    if constant:
        tables["spikes"] = source.in_units(stack(constant), "x")
    outside = [_outside_row(g, v, low, high) for g, v in samples.items() if v[0] < low or v[-1] > high]
    if outside:
        tables["outside"] = stack(outside)
    return entry(
        source,
        "distributions",
        f"Distribution of {source.value}",
        captions.distributions(source.samples(), bins, tables, log=source.log),
        f"Histograms with density curves of {source.value}. {words.samples_alt(source.samples())}",
        tables,
    )


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
