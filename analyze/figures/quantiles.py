"""Quantiles against each other: shift function and quantile–quantile figure."""

from typing import Any

import pandas as pd

from analyze.figures import style
from analyze.figures.style import Entry, Plot, p9


def shift_function(entry: Entry) -> Plot:
    """Draw the difference at each quantile with its simultaneous band, one panel for each pair."""
    shown = style.names(entry["groups"])
    deciles = style.frame(entry, "deciles", shown)
    deciles["panel"] = style.pair_names(deciles)
    n_pairs = deciles["panel"].nunique()
    across = _columns(n_pairs)
    plot = p9.ggplot(deciles, p9.aes("level", "difference", color="group_b", fill="group_b"))
    plot += p9.labs(x=f"quantile of {entry['value']}", y=_difference_title(entry, deciles))
    plot += style.looks(shown, one_colour=len(shown) > style.MAX_OVERLAID_LINES)
    plot += p9.geom_hline(yintercept=0, color=style.INK, size=0.4)
    if deciles.groupby("panel", observed=True).size().min() > 1:
        plot += p9.geom_ribbon(p9.aes(ymin="low", ymax="high"), alpha=0.18, color="none")
        plot += p9.geom_line(size=0.8)
    else:
        plot += p9.geom_linerange(p9.aes(ymin="low", ymax="high"), size=0.8)
    plot += _decided(deciles, 2.4)
    plot += p9.scale_x_continuous(
        breaks=[0.1, 0.5, 0.9] if across > 2 else [0.1, 0.3, 0.5, 0.7, 0.9],
        labels=style.percents,
        limits=(0, 1),
        expand=(0, 0),
    )
    plot += p9.scale_y_continuous(labels=style.signed)
    if n_pairs > 1:
        plot += p9.facet_wrap("panel", ncol=across, labeller=style.wrapped(across))
    height = 2.9 if n_pairs == 1 else 0.8 + 1.8 * -(-n_pairs // across)
    width = style.HALF_WIDTH if n_pairs == 1 else style.WIDTH
    return plot + style.theme(width=width, height=height, legend=False)


def quantile_quantile(entry: Entry) -> Plot:
    """Draw quantiles of group b against those of group a, with the line of equality."""
    shown = style.names(entry["groups"])
    points, deciles = (style.frame(entry, table, shown) for table in ("quantiles", "deciles"))
    for table in (points, deciles):
        table["panel"] = style.pair_names(table, " v ")
    pairs = points[["group_a", "group_b"]].drop_duplicates()
    window = entry["tables"]["window"]
    limits = (window["low"][0], window["high"][0])
    across = min(3, len(pairs))
    plot = p9.ggplot(mapping=p9.aes("x", "y", color="group_b", fill="group_b"))
    plot += style.looks(shown, one_colour=len(shown) > style.MAX_OVERLAID_LINES)
    plot += p9.labs(
        x=_side(style.value_title(entry), pairs["group_a"]),
        y=_side(entry["value"], pairs["group_b"]) if len(pairs) == 1 else "the other group",
    )
    plot += p9.geom_abline(intercept=0, slope=1, color=style.INK, size=0.5, linetype="dashed")
    plot += p9.geom_point(data=points, size=1.5, alpha=0.5, stroke=0)
    plot += p9.geom_linerange(p9.aes(ymin="low", ymax="high"), deciles, size=0.7)
    plot += _decided(deciles, 1.6 if across > 1 else 2.2)
    plot += p9.coord_fixed(xlim=limits, ylim=limits, expand=False)
    plot += [style.value_axis(entry, axis, few=across > 1) for axis in ("x", "y")]
    if len(pairs) == 1:
        return plot + style.theme(width=style.HALF_WIDTH, height=3.7, legend=False)
    plot += p9.facet_wrap("panel", ncol=across, labeller=style.wrapped(across))
    side = (style.WIDTH - 0.9) / across
    height = 0.5 + (side + 0.25) * -(-len(pairs) // across)
    return plot + style.theme(width=style.WIDTH, height=height, legend=False)


def _decided(table: pd.DataFrame, size: float) -> list[Any]:
    """Draw points filled where the band excludes zero, hollow elsewhere."""
    yes, no = table[table["excludes_zero"]], table[~table["excludes_zero"]]
    layers = []
    if len(no):
        layers.append(p9.geom_point(data=no, fill="none", size=size, stroke=0.6))
    if len(yes):
        layers.append(p9.geom_point(data=yes, size=size, stroke=0.6))
    return layers


def _side(value: str, groups: pd.Series) -> str:
    distinct = groups.unique()
    return f"{value}, {style.short(distinct[0]) if len(distinct) == 1 else 'the first group'}"


def _difference_title(entry: Entry, table: pd.DataFrame) -> str:
    """Name the axis after the pair or what is subtracted, where this is one."""
    firsts, pairs = table["group_a"].unique(), table["panel"].unique()
    if len(pairs) == 1 and len(pairs[0]) <= 30:
        return f"{entry['value']}, {pairs[0]}"
    whole = f"{entry['value']}, difference from {style.short(firsts[0], 20)}"
    fits = len(firsts) == 1 and (len(pairs) > 1 or len(whole) <= 36)
    return whole if fits else f"{entry['value']}, difference"


def _columns(n_panels: int) -> int:
    return 1 if n_panels == 1 else 2 if n_panels in (2, 4) else 3
