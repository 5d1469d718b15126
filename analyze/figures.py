"""Figures: one function per figure, from an entry of the report model to a plot. Nothing is computed here.

Colours are Okabe & Ito's, readable with every common colour vision deficiency, on a light or a dark page; a
line type always says the same again.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
import plotnine

from analyze.render import formatting as fmt

# plotnine's annotations are partial: a checked call of `aes` is an error.
p9: Any = plotnine

Entry = Mapping[str, Any]
Plot = Any

# The two greys that pages restyle by exact match; see render/templates/report.css.
INK = "#222222"
GRID = "#d9d9d9"
FAMILY = "DejaVu Sans"
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
# A list is matplotlib's (offset, on-off lengths): types that stay apart at print size.
LINETYPES: tuple[Any, ...] = (
    "solid",
    (0, (5, 2)),
    (0, (1, 1.5)),
    (0, (6, 2, 1, 2)),
    (0, (9, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
)
# Overlaid histograms are legible for three groups, lines for six; beyond that every group has its panel.
_MAX_OVERLAID_BARS = 3
_MAX_OVERLAID_LINES = len(COLORS)
_WIDTH = 7.2
_NAME_WIDTH = 46


def distributions(entry: Entry) -> Plot:
    """Draw histograms and densities: overlaid for up to three groups, otherwise one panel per group."""
    names = _names(entry["groups"])
    panels = len(names) > _MAX_OVERLAID_BARS
    bins, curves = _frame(entry, "bins", names), _frame(entry, "density", names)
    spikes = _frame(entry, "spikes", names)
    plot = (
        p9.ggplot() + _looks(names, one_colour=panels) + p9.labs(x=entry["value"], y="share of runs per bin")
    )
    if bins is not None:
        box = p9.aes(xmin="low", xmax="high", ymin=0, ymax="share", fill="group")
        plot += p9.geom_rect(box, bins[bins["share"] > 0], alpha=0.3)
    if curves is not None:
        plot += p9.geom_line(p9.aes("x", "share", color="group", linetype="group"), curves, size=0.9)
    if spikes is not None:
        stem = p9.aes(x="x", xend="x", y=0, yend="height", color="group", linetype="group")
        plot += p9.geom_segment(stem, spikes, size=1.4)
    plot += [
        p9.scale_x_continuous(labels=_numbers),
        p9.scale_y_continuous(labels=_percents, expand=(0, 0, 0.06, 0)),
    ]
    if panels:
        plot += p9.facet_wrap("group", ncol=_columns(names))
    return plot + _theme(
        width=_WIDTH,
        height=_panel_height(names) if panels else 3.6,
        legend=not panels,
        stacked=_stacked(names),
    )


def ecdf(entry: Entry) -> Plot:
    """Draw distribution functions with bands above their differences from the baseline."""
    names = _names(entry["groups"])
    if len(names) > _MAX_OVERLAID_LINES:
        return _ecdf_panels(entry, names)
    steps, differences = _frame(entry, "steps", names), _frame(entry, "difference", names)
    titles = ["share of runs at or below"]
    steps["panel"] = titles[0]
    plot = p9.ggplot() + _looks(names, one_colour=False) + p9.labs(x=entry["value"], y="")
    if differences is not None:
        largest = _frame(entry, "largest", names)
        baseline = next(iter(names.values()))
        for table in (differences, largest):
            table["panel"] = [f"difference: {group} − {baseline}" for group in table["group"]]
        titles += list(largest["panel"])
        for table in (steps, differences, largest):
            table["panel"] = pd.Categorical(table["panel"], titles)
        plot += p9.geom_hline(p9.aes(yintercept=0), largest, color=INK, size=0.4)
        plot += _bands(differences, "difference")
        plot += _largest_marks(largest, titles)
    plot += _bands(steps, "y")
    plot += p9.facet_wrap("panel", ncol=1, scales="free_y")
    plot += _window(entry)
    plot += [p9.scale_x_continuous(labels=_numbers), p9.scale_y_continuous(labels=_numbers)]
    return plot + _theme(
        width=_WIDTH, height=2.2 + 1.5 * len(titles[1:]) + 0.6, legend=len(names) > 1, stacked=_stacked(names)
    )


def matched_pairs(entry: Entry) -> Plot:
    """Draw the values under two groups at the same unit against each other, with the line of equality."""
    names = _names(entry["groups"])
    points = _frame(entry, "points", names)
    others = list(points["group_b"].unique())
    upright = f"{entry['value']}, {others[0] if len(others) == 1 else 'the other group'}"
    ends = [points[["x", "y"]].min(axis=None), points[["x", "y"]].max(axis=None)]
    margin = 0.04 * (ends[1] - ends[0]) or 0.5
    limits = (ends[0] - margin, ends[1] + margin)
    plot = p9.ggplot() + p9.labs(x=f"{entry['value']}, {points['group_a'].iloc[0]}", y=upright)
    plot += p9.geom_abline(intercept=0, slope=1, color=INK, size=0.5, linetype="dashed")
    plot += _sized_points(points)
    plot += p9.coord_fixed(xlim=limits, ylim=limits, expand=False)
    plot += [p9.scale_x_continuous(labels=_numbers), p9.scale_y_continuous(labels=_numbers)]
    if len(others) > 1:
        plot += p9.facet_wrap("group_b", ncol=min(3, len(others)))
        side = (_WIDTH - 0.6) / min(3, len(others))
        return plot + _theme(width=_WIDTH, height=0.6 + side * -(-len(others) // 3), legend=False)
    return plot + _theme(width=4.6, height=4.6, legend=False)


FIGURES: dict[str, Callable[[Entry], Plot]] = {
    "distributions": distributions,
    "ecdf": ecdf,
    "matched_pairs": matched_pairs,
}


def _ecdf_panels(entry: Entry, names: Mapping[str, str]) -> Plot:
    """Draw one panel per group, the baseline repeated in each as the reference."""
    steps = _frame(entry, "steps", names)
    baseline = next(iter(names.values()))
    own = steps[steps["group"] != baseline]
    reference = _stairs(steps[steps["group"] == baseline], "y").drop(columns="group")
    plot = (
        p9.ggplot()
        + _looks(names, one_colour=True)
        + p9.labs(x=f"{entry['value']} (dotted: {baseline})", y="share of runs at or below")
    )
    own = own.assign(group=own["group"].cat.remove_unused_categories())  # no empty panel
    plot += _bands(own, "y")
    plot += p9.geom_path(p9.aes("x", "y"), reference, color=INK, linetype="dotted", size=0.6)
    plot += [p9.scale_x_continuous(labels=_numbers), p9.scale_y_continuous(labels=_percents)]
    plot += p9.facet_wrap("group", ncol=_columns(names))
    plot += _window(entry)
    return plot + _theme(width=_WIDTH, height=_panel_height(names), legend=False)


def _sized_points(points: pd.DataFrame) -> list[Any]:
    """Draw points whose area is the count, one layer per size: a layer of one size is a tenth of the file."""
    radius = (points["n"] / points["n"].max()) ** 0.5
    levels = (radius * 10).round().clip(lower=1)
    largest = 2.6 if points["n"].max() < 4 else 4.0
    return [
        p9.geom_point(p9.aes("x", "y"), part, color=COLORS[0], size=largest * level / 10, alpha=0.5, stroke=0)
        for level, part in points.groupby(levels)
    ]


def _bands(table: pd.DataFrame, y: str) -> list[Any]:
    stairs = _stairs(table, y)
    band = p9.aes("x", ymin="low", ymax="high", fill="group")
    if y == "difference":  # named by its panel; a dashed staircase is hard to read
        line = p9.geom_path(p9.aes("x", y, color="group"), stairs, size=0.8, show_legend=False)
    else:
        line = p9.geom_path(p9.aes("x", y, color="group", linetype="group"), stairs, size=0.8)
    return [p9.geom_ribbon(band, stairs, alpha=0.18, show_legend=y == "y"), line]


def _stairs(table: pd.DataFrame, y: str) -> pd.DataFrame:
    """Give every step its two corners, because a ribbon has no step form."""
    held = table.copy()
    held["x"] = table.groupby("group", observed=True)["x"].shift(-1)
    corners = pd.concat([table, held.dropna(subset=["x"])]).sort_index(kind="stable")
    return corners[[c for c in ("group", "panel", "x", y, "low", "high") if c in corners]]


def _window(entry: Entry) -> Any:
    """Show the common range only: a diverged run far away would flatten the rest."""
    low, high = entry["tables"]["window"]["low"][0], entry["tables"]["window"]["high"][0]
    return p9.coord_cartesian(xlim=(low, high) if high > low else None)


def _largest_marks(largest: pd.DataFrame, titles: Sequence[str]) -> list[Any]:
    down, left = largest["difference"] < 0, largest["label_side"] == "left"
    # No-break spaces keep the text clear of the point; an offset in data units would depend on the scale.
    text = [f"\u00a0\u00a0D = {fmt.fixed(abs(d), 3)}\u00a0\u00a0" for d in largest["difference"]]
    words = largest.assign(text=text, va=down.map({True: "top", False: "bottom"}))
    words["ha"] = left.map({True: "right", False: "left"})
    place = p9.aes("x", "difference", label="text", va="va", ha="ha")
    marks = [
        p9.geom_point(p9.aes("x", "difference"), largest, color=INK, size=2),
        p9.geom_text(place, words, color=INK, size=9, family=FAMILY),
    ]
    if len(largest) == 1:
        gap = largest.assign(panel=pd.Categorical.from_codes([0], categories=pd.Index(titles)))
        marks.append(
            p9.geom_segment(p9.aes(x="x", xend="x", y="share_a", yend="share_b"), gap, color=INK, size=0.7)
        )
    return marks


def _frame(entry: Entry, table: str, names: Mapping[str, str]) -> Any:
    """Return a table with display names in report order, or None where the entry has no such table."""
    if table not in entry["tables"]:
        return None
    frame = pd.DataFrame(entry["tables"][table])
    for column in ("group", "group_a", "group_b"):
        if column in frame:
            frame[column] = pd.Categorical(frame[column].map(dict(names)), list(names.values()))
    return frame


def _names(groups: Sequence[str]) -> dict[str, str]:
    """Return a short, printable, unique name for every group; the tables keep the full one."""
    shown: dict[str, str] = {}
    for group in groups:
        name = fmt.shorten(
            " ".join("".join(c if c.isprintable() else " " for c in group).split()), _NAME_WIDTH
        )
        taken = list(shown.values())
        while name in taken:
            name += "′"
        shown[group] = name
    return shown


def _looks(names: Mapping[str, str], *, one_colour: bool) -> list[Any]:
    shown = list(names.values())
    colors = {name: COLORS[0 if one_colour else i] for i, name in enumerate(shown)}
    types = {name: LINETYPES[0 if one_colour else i] for i, name in enumerate(shown)}
    return [
        p9.scale_color_manual(name="group", values=colors, limits=shown),
        p9.scale_fill_manual(name="group", values=colors, limits=shown),
        p9.scale_linetype_manual(name="group", values=types, limits=shown),
    ]


def _stacked(names: Mapping[str, str]) -> bool:
    """Say whether the legend needs a line per group: keys and names would be wider than the figure."""
    return sum(len(name) + 10 for name in names.values()) > 90


def _columns(names: Mapping[str, str]) -> int:
    return 1 if len(names) <= 6 else 2 if len(names) <= 12 else 3


def _panel_height(names: Mapping[str, str]) -> float:
    return 0.8 + 0.95 * -(-len(names) // _columns(names))


def _numbers(breaks: Sequence[float]) -> list[str]:
    """Label an axis with equal decimals and true minus signs."""
    steps = [b - a for a, b in pairwise(breaks)]
    decimals = fmt.decimals_for(min(steps), 1) if steps else None
    if decimals is not None and abs(min(steps) * 10**decimals - round(min(steps) * 10**decimals)) > 1e-6:
        decimals += 1  # steps of 0.25
    return [fmt.fixed(b, decimals) for b in breaks]


def _percents(breaks: Sequence[float]) -> list[str]:
    return [f"{fmt.number(100 * b, 3)} %" for b in breaks]


def _theme(*, width: float, height: float, legend: bool, stacked: bool = False) -> Any:
    return p9.theme_minimal(base_size=10, base_family=FAMILY) + p9.theme(
        figure_size=(width, height),
        text=p9.element_text(color=INK),
        axis_text=p9.element_text(color=INK, size=8.5),
        axis_text_x=p9.element_text(margin={"t": 4, "units": "pt"}),
        axis_title=p9.element_text(size=9.5),
        strip_text=p9.element_text(color=INK, size=9, ha="left"),
        legend_position="top" if legend else "none",
        legend_direction="vertical" if stacked else "horizontal",
        legend_title=p9.element_blank(),
        legend_text=p9.element_text(size=9),
        legend_key_width=30,
        panel_grid_major=p9.element_line(color=GRID, size=0.5),
        panel_grid_minor=p9.element_blank(),
    )
