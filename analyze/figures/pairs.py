"""Matched pairs."""

from typing import Any

import numpy as np
import pandas as pd

from analyze.figures import style
from analyze.figures.style import Entry, Plot, p9


def matched_pairs(entry: Entry) -> Plot:
    """Draw the values under two groups at the same unit against each other, with the line of equality."""
    names = style.names(entry["groups"])
    points = style.frame(entry, "points", names)
    others = list(points["group_b"].unique())
    across = f"{style.value_title(entry)}, {points['group_a'].iloc[0]}"
    upright = f"{entry['value']}, {others[0]}" if len(others) == 1 else "the other group"
    plot = p9.ggplot() + p9.labs(x=across, y=upright)
    plot += p9.geom_abline(intercept=0, slope=1, color=style.INK, size=0.5, linetype="dashed")
    plot += _sized_points(points)
    limits = _limits(entry, points)
    plot += p9.coord_fixed(xlim=limits, ylim=limits, expand=False)
    plot += [style.value_axis(entry, axis, few=len(others) > 1) for axis in ("x", "y")]
    if len(others) > 1:
        plot += p9.facet_wrap("group_b", ncol=min(3, len(others)))
        side = (style.WIDTH - 0.6) / min(3, len(others))
        return plot + style.theme(width=style.WIDTH, height=0.6 + side * -(-len(others) // 3), legend=False)
    return plot + style.theme(width=style.HALF_WIDTH, height=3.8, legend=False)


def _limits(entry: Entry, points: pd.DataFrame) -> tuple[float, float]:
    values = points[["x", "y"]].to_numpy(np.float64)
    low, high = float(values.min()), float(values.max())
    if entry.get("log"):
        margin = (high / low) ** 0.04 if high > low else 2.0
        return low / margin, high * margin
    margin = 0.04 * (high - low) or 0.5
    return low - margin, high + margin


def _sized_points(points: pd.DataFrame) -> list[Any]:
    """Draw points whose area is the count, one layer per size: a layer of one size is a tenth of the file."""
    radius = (points["n"] / points["n"].max()) ** 0.5
    levels = (radius * 10).round().clip(lower=1)
    largest = 2.6 if points["n"].max() < 4 else 4.0
    return [
        p9.geom_point(
            p9.aes("x", "y"), part, color=style.COLORS[0], size=largest * level / 10, alpha=0.5, stroke=0
        )
        for level, part in points.groupby(levels)
    ]
