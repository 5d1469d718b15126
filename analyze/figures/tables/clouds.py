"""Tables of raincloud and ridgelines: densities, boxes and dots, one row of marks for each group."""

from collections.abc import Mapping

import numpy as np

from analyze.figures import binning
from analyze.figures.binning import Floats
from analyze.figures.captions import clouds as captions
from analyze.figures.captions import words
from analyze.figures.source import Columns, Entry, FigureSource, entry, stack

# A density curve of fewer runs shows the kernel, not the runs.
MIN_DENSITY = 10
MAX_DOTS = words.DOTS
_CELLS = 64


def raincloud(source: FigureSource) -> Entry | None:
    """Half a density, a box and dots for each group, on one axis."""
    samples, placed = source.samples(), source.placed()
    low, high = binning.window(list(placed.values()))
    tables = _densities(source, low, high)
    ends = source.at(low), source.at(high)
    tables["boxes"] = stack([_box(group, values, *ends) for group, values in samples.items()])
    rain = stack([dots(g, v, low, high, n_cells=_CELLS) for g, v in placed.items()])
    tables["dots"] = source.in_units(rain, "x")
    return entry(
        source,
        "raincloud",
        f"Runs of each group by {source.value}",
        captions.raincloud(samples, n_outside=outside(placed, low, high), densities="density" in tables),
        f"Raincloud plot of {source.value}. {words.samples_alt(samples)}",
        tables,
    )


def ridgelines(source: FigureSource) -> Entry | None:
    """Densities of three groups or more, each before the outline of the baseline's."""
    samples, placed = source.samples(), source.placed()
    if len(samples) < 3:
        return None
    low, high = binning.window(list(placed.values()))
    tables = _densities(source, low, high)
    if "density" not in tables:
        return None
    tables["medians"] = {
        "group": list(samples),
        "median": [words.median(values) for values in samples.values()],
    }
    return entry(
        source,
        "ridgelines",
        f"Densities of {source.value}",
        captions.ridgelines(samples, set(tables["density"]["group"]), n_outside=outside(placed, low, high)),
        f"Ridgeline plot of {source.value}. {words.samples_alt(samples)}",
        tables,
    )


def dots(group: str, values: Floats, low: float, high: float, *, n_cells: int) -> Columns:
    """Return at most 50 quantiles, each standing for as many runs, in stacks of cells of equal width.

    A quantile dot plot (Kay et al. 2016, doi 10.1145/2858036.2858558). With fewer runs every run is a dot.
    """
    n = min(values.size, MAX_DOTS)
    x = values[((np.arange(n) + 0.5) / n * values.size).astype(np.int64)]
    x = x[(x >= low) & (x <= high)]
    width = (high - low) / n_cells
    cells = np.floor((x - low) / width).clip(0, n_cells - 1) if width > 0 else np.zeros(x.size)
    _, first, counts = np.unique(cells, return_index=True, return_counts=True)
    return {
        "group": [group] * x.size,
        "x": (low + (cells + 0.5) * width).tolist(),
        "stack": (np.arange(x.size) - np.repeat(first, counts)).tolist(),
        "n_stack": np.repeat(counts, counts).tolist(),
    }


def outside(samples: Mapping[str, Floats], low: float, high: float) -> int:
    """Count the runs outside the drawn range."""
    return sum(int(((values < low) | (values > high)).sum()) for values in samples.values())


def _densities(source: FigureSource, low: float, high: float) -> dict[str, Columns]:
    """Return densities on one scale, where the highest is 1, of groups with enough runs and any spread."""
    samples = source.placed()
    bins = binning.common_bins(list(samples.values()), low, high)
    curves = {}
    for group, values in samples.items():
        if values.size >= MIN_DENSITY and values[0] < values[-1]:
            ends = max(values[0], bins.edges[0]), min(values[-1], bins.edges[-1])
            x, y = binning.density(values, *ends, max(bins.step or 0.0, bins.width / 2))
            every = 2 if len(samples) <= 6 else 4 if len(samples) <= 12 else 6
            curves[group] = x[::every], y[::every]
    if not curves:
        return {}
    top = max(float(y.max()) for _, y in curves.values())
    rows = [
        {"group": [g] * x.size, "x": x.tolist(), "density": y.tolist(), "height": (y / top).tolist()}
        for g, (x, y) in curves.items()
    ]
    return {"density": source.in_units(stack(rows), "x")}


def _box(group: str, values: Floats, low: float, high: float) -> Columns:
    levels = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}
    found = np.quantile(values, list(levels.values()))
    drawn = dict(zip(levels, found.clip(low, high).tolist(), strict=True))
    return {"group": [group], "n": [values.size], **{name: [x] for name, x in drawn.items()}}
