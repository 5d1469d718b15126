"""Function map: runs as points, near each other where they answer test examples alike."""

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.figures import style, words
from analyze.figures.figure import Content, Figure, Plot, columns
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.results import FigureEntry


def content(source: FigureSource) -> Content | None:
    """Place runs by classical scaling of their disagreements."""
    drawn = source.seen.drawn if source.seen else None
    if drawn is None or source.seen is None or not drawn.points:
        return None
    groups = [g for g in source.chosen(len(drawn.groups)) if g in drawn.groups]
    first, second = drawn.shares
    example = source.seen.answers.example
    more = f" The {drawn.n_mapped} runs of the smallest seeds of each group." if drawn.n_mapped else ""
    return Content(
        title=f"Runs by their answers to {fmt.count(source.seen.answers.n_examples)} {example}s",
        caption=f"{_finding(source)} Points are runs; two are near each other where they answer alike, as "
        "far as "
        f"two axes can show it: {fmt.percent(first, 1)} and {fmt.percent(second, 1)} of all "
        f"disagreement.{more}",
        alt=f"Map of {fmt.plural(len(drawn.points), 'run')} by classical scaling. {_centres(source)}",
        tables={"points": columns(drawn.points), "axes": {"share": [first, second]}},
        groups=groups,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw a point a run, in the colour and shape of its group, and the groups' names at their centres."""
    names = style.names(entry.groups)
    points = style.frame(entry, "points", names)
    points["group"] = points["group"].cat.remove_unused_categories()
    shares = style.plain_frame(entry, "axes")["share"]
    one = len(names) > len(style.COLORS)
    plot: Plot = p9.ggplot(points, p9.aes("x", "y"))
    if one:
        plot += _many(points)
    else:
        plot += p9.geom_point(p9.aes(color="group", shape="group"), fill="none", size=1.1, stroke=0.35)
        plot += style.looks(names, one_colour=False)
    plot += p9.coord_fixed()
    plot += p9.labs(
        x=f"first axis, {fmt.percent(float(shares.iloc[0]), 1)} of all disagreement",
        y=f"second axis, {fmt.percent(float(shares.iloc[1]), 1)}",
    )
    plot += [
        p9.scale_x_continuous(breaks=[], expand=(0.06, 0)),
        p9.scale_y_continuous(breaks=[], expand=(0.06, 0)),
    ]
    across, upright = np.ptp(points["x"]) or 1.0, np.ptp(points["y"]) or 1.0
    width = style.width(names)
    height = (
        min(max((width - 0.5) * upright / across, 1.6), 5.2) + 0.9 + style.legend_height(names) * (not one)
    )
    return plot + style.theme(width=width, height=height, legend=not one, stacked=style.stacked(names))


def _many(points: pd.DataFrame) -> list[object]:
    """Draw many groups as clouds in turns of few colours, with a name at the centre of each."""
    order = list(points["group"].cat.categories)
    colours = {group: style.COLORS[i % len(style.COLORS)] for i, group in enumerate(order)}
    shapes = {
        group: style.SHAPES[(i // len(style.COLORS)) % len(style.SHAPES)] for i, group in enumerate(order)
    }
    centres = points.groupby("group", observed=True)[["x", "y"]].median().reset_index()
    centres["name"] = [style.short(str(group), 24) for group in centres["group"]]
    centres["y"] = _apart(centres, float(np.ptp(points["y"])) / 26)
    return [
        p9.geom_point(p9.aes(color="group", shape="group"), fill="none", size=0.9, stroke=0.3, alpha=0.6),
        p9.scale_color_manual(values=colours, limits=order),
        p9.scale_shape_manual(values=shapes, limits=order),
        p9.geom_text(p9.aes("x", "y", label="name"), centres, color=style.INK, size=8, family=style.FAMILY),
    ]


def _apart(centres: pd.DataFrame, line: float) -> list[float]:
    """Return heights of words of which those that would lie on each other are moved apart."""
    heights = dict(zip(centres.index, centres["y"].astype(float), strict=True))
    width = float(np.ptp(centres["x"])) / 4 or 1.0
    placed: list[int] = []
    for row in centres.sort_values("y").index:
        for other in placed:
            if abs(centres["x"][row] - centres["x"][other]) < width and heights[row] < heights[other] + line:
                heights[row] = heights[other] + line
        placed.append(row)
    return [heights[row] for row in centres.index]


def _finding(source: FigureSource) -> str:
    drawn = source.seen.drawn if source.seen else None
    assert drawn is not None
    if len(source.pairs) != 1 or drawn.overlap is None:
        n = sum(1 for pair in source.pairs if pair.functions and pair.functions.differ)
        return f"{n} of {fmt.plural(len(source.pairs), 'pair')} of groups reach different functions."
    share = fmt.percent(drawn.shares[0], 0 if drawn.shares[0] >= 0.1 else 1)
    if drawn.overlap < 0.05:
        return f"The first axis, {share} of all disagreement, separates the groups."
    return f"The first axis is {share} of all disagreement, and the groups overlap on it."


def _centres(source: FigureSource) -> str:
    drawn = source.seen.drawn if source.seen else None
    assert drawn is not None
    frame = pd.DataFrame({"group": [p.group for p in drawn.points], "x": [p.x for p in drawn.points]})
    means = frame.groupby("group", observed=True)["x"].mean()
    return words.first(
        [f"{words.name(str(g))}: {fmt.number(x, 2)} on the first axis." for g, x in means.items()]
    )


FIGURE = Figure(
    name="function_map",
    section="functions",
    few=True,
    reads=(
        "Nothing was fitted to tell the groups apart: the axes are the directions in which all runs together "
        "differ most. Clouds that lie apart are different kinds of functions; one cloud is one kind."
    ),
    tables=("points", "axes"),
    content=content,
    draw=draw,
    sources=("gower_1966",),
)
