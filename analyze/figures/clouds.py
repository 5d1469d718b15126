"""What clouds of runs share: densities on one scale, stacks of dots, one row of marks for each group."""

import numpy as np
import pandas as pd

from analyze.figures import binning, style
from analyze.figures.binning import Floats
from analyze.figures.figure import Table, stack
from analyze.figures.source import FigureSource
from analyze.figures.style import Names, p9
from analyze.results import FigureEntry

# What the name of a group needs above its row.
LABEL_INCHES = 0.17


def densities(source: FigureSource, low: float, high: float) -> dict[str, Table]:
    """Return densities on one scale, where the highest is 1, of groups with enough runs and any spread."""
    samples = source.placed()
    bins = binning.common_bins(list(samples.values()), low, high)
    every = 2 if len(samples) <= 6 else 4 if len(samples) <= 12 else 6
    curves = {}
    for group, values in samples.items():
        if values.size >= binning.MIN_DENSITY and values[0] < values[-1]:
            x, y = binning.density(values, bins)
            curves[group] = x[::every], y[::every]
    if not curves:
        return {}
    top = max(float(y.max()) for _, y in curves.values())
    parts: list[Table] = [
        {
            "group": [group] * x.size,
            "x": source.at_all(x.tolist()),
            "density": y.tolist(),
            "height": (y / top).tolist(),
        }
        for group, (x, y) in curves.items()
    ]
    return {"density": stack(parts)}


def dots(group: str, values: Floats, window: tuple[float, float], *, n_cells: int) -> Table:
    """Return at most 50 quantiles, each standing for as many runs, in stacks of cells of equal width.

    A quantile dot plot (Kay et al. 2016, doi 10.1145/2858036.2858558). With fewer runs every run is a dot.
    """
    low, high = window
    n = min(values.size, binning.DOTS)
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


def rows(shown: Names) -> dict[str, int]:
    """Return the height of each group's row: the first on top."""
    return {name: len(shown) - 1 - i for i, name in enumerate(shown.values())}


def at(table: pd.DataFrame, rows: dict[str, int]) -> "pd.Series[float]":
    """Return the height of the row that each line of a table belongs to."""
    return table["group"].astype(str).map(rows).astype(float)


def row_height(shown: Names, inches: float) -> float:
    """Return the height of a row in inches, with its name above the marks, from that of few rows."""
    return LABEL_INCHES + (inches if len(shown) <= 6 else max(0.3, inches * 6 / len(shown)))


def row_names(rows: dict[str, int], left: float, above: float) -> object:
    """Write the name of each row over its marks: beside them it would take a telephone's width."""
    names = pd.DataFrame({"name": list(rows), "x": left, "y": [row + above for row in rows.values()]})
    look = {"color": style.INK, "size": 9, "family": style.FAMILY, "ha": "left", "va": "bottom"}
    return p9.geom_text(p9.aes("x", "y", label="name"), names, **look)


def rows_axis(entry: FigureEntry, rows: dict[str, int], *, below: float, above: float) -> list[object]:
    """Return the scales: values across, and the rows without numbers."""
    return [
        style.value_axis(entry, "x"),
        p9.scale_y_continuous(breaks=[], limits=(-below, len(rows) - 1 + above), expand=(0, 0)),
    ]


def theme(shown: Names, row_height: float) -> list[object]:
    """Return the look of a figure of rows so high."""
    height = 0.75 + row_height * (len(shown) + 0.2)
    return [
        style.theme(width=style.width(shown), height=height, legend=False),
        p9.theme(axis_title_y=p9.element_blank(), panel_grid_major_y=p9.element_blank()),
    ]
