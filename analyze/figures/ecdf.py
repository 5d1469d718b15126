"""Distribution functions with bands, and their differences from the baseline."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analyze import text as fmt
from analyze.figures import style
from analyze.figures.style import Entry, Plot, p9


def ecdf(entry: Entry) -> Plot:
    """Draw distribution functions with bands above their differences from the baseline."""
    names = style.names(entry["groups"])
    if len(names) > style.MAX_OVERLAID_LINES:
        return _ecdf_panels(entry, names)
    steps, differences = style.frame(entry, "steps", names), style.frame(entry, "difference", names)
    titles = ["share of runs at or below"]
    steps["panel"] = titles[0]
    plot = p9.ggplot() + style.looks(names, one_colour=False) + p9.labs(x=style.value_title(entry), y="")
    if differences is not None:
        largest = style.frame(entry, "largest", names)
        baseline = next(iter(names.values()))
        for table in (differences, largest):
            table["panel"] = [f"difference: {group} − {baseline}" for group in table["group"]]
        titles += list(largest["panel"])
        for table in (steps, differences, largest):
            table["panel"] = pd.Categorical(table["panel"], titles)
        plot += p9.geom_hline(p9.aes(yintercept=0), largest, color=style.INK, size=0.4)
        plot += _bands(differences, "difference")
        plot += _largest_marks(largest, titles)
    plot += _bands(steps, "y")
    plot += p9.facet_wrap("panel", ncol=1, scales="free_y", labeller=style.wrapped(1, style.width(names)))
    plot += style.window(entry)
    plot += [style.value_axis(entry, "x"), p9.scale_y_continuous(labels=style.numbers)]
    return plot + style.theme(
        width=style.width(names),
        height=2.8 + 1.5 * len(titles[1:]) + style.legend_height(names),
        legend=len(names) > 1,
        stacked=style.stacked(names),
    )


def _ecdf_panels(entry: Entry, names: Mapping[str, str]) -> Plot:
    """Draw one panel per group, the baseline repeated in each as the reference."""
    steps = style.frame(entry, "steps", names)
    baseline = next(iter(names.values()))
    own = steps[steps["group"] != baseline]
    reference = _stairs(steps[steps["group"] == baseline], "y").drop(columns="group")
    plot = (
        p9.ggplot()
        + style.looks(names, one_colour=True)
        + p9.labs(x=f"{style.value_title(entry)} (dotted: {baseline})", y="share of runs at or below")
    )
    own = own.assign(group=own["group"].cat.remove_unused_categories())  # no empty panel
    plot += _bands(own, "y")
    plot += p9.geom_path(p9.aes("x", "y"), reference, color=style.INK, linetype="dotted", size=0.6)
    plot += [
        style.value_axis(entry, "x", few=True),
        p9.scale_y_continuous(labels=style.percents),
    ]
    plot += p9.facet_wrap("group", ncol=style.columns(names), labeller=style.wrapped(style.columns(names)))
    plot += style.window(entry)
    return plot + style.theme(width=style.WIDTH, height=style.panel_height(names), legend=False)


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


def _largest_marks(largest: pd.DataFrame, titles: Sequence[str]) -> list[Any]:
    # Below a low point and above a high one, where no line runs, unless the panel ends there.
    down, left = (
        largest["difference"].between(-0.85, 0) | (largest["difference"] > 0.85),
        largest["label_side"] == "left",
    )
    # No-break spaces keep the text clear of the point; an offset in data units would depend on the scale.
    text = [f"\u00a0\u00a0{fmt.statistic('D', abs(d))}\u00a0\u00a0" for d in largest["difference"]]
    words = largest.assign(text=text, va=down.map({True: "top", False: "bottom"}))
    words["ha"] = left.map({True: "right", False: "left"})
    place = p9.aes("x", "difference", label="text", va="va", ha="ha")
    marks = [
        p9.geom_point(p9.aes("x", "difference"), largest, color=style.INK, size=2),
        p9.geom_text(place, words, color=style.INK, size=9, family=style.FAMILY),
    ]
    if len(largest) == 1:
        gap = largest.assign(panel=pd.Categorical.from_codes([0], categories=pd.Index(titles)))
        marks.append(
            p9.geom_segment(
                p9.aes(x="x", xend="x", y="share_a", yend="share_b"), gap, color=style.INK, size=0.7
            )
        )
    return marks
