"""Quantiles of one group against those of another, with the shift function's band."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures import binning, quantiles, style
from analyze.figures.binning import Floats
from analyze.figures.figure import Content, Figure, Plot, Table, of_pair, stack
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.figures.words import name
from analyze.results import FigureEntry

_MAX_QUANTILES = 99


def content(source: FigureSource) -> Content | None:
    """Put quantiles of the groups of each pair against each other, with the band of the shift function."""
    pairs = source.panels()
    if not pairs:
        return None
    points = [_quantiles(pair, source.samples()) for pair in pairs]
    bands = [_band(pair) for pair in pairs]
    low, high = _window(source, [*(part[1:] for part in points), *bands])
    least = low if source.log else -math.inf  # a band may reach below zero
    return Content(
        title=f"Quantiles of {source.value} against each other",
        caption=_caption(pairs) + source.which(source.groups_of(pairs)),
        alt=f"Quantile–quantile figure of {source.value}. {' '.join(_alt(pair) for pair in pairs)}",
        tables={
            "quantiles": stack([_points(*each) for each in zip(pairs, points, strict=True)]),
            "deciles": stack([_rows(*each, least) for each in zip(pairs, bands, strict=True)]),
            "window": {"low": [low], "high": [high]},
        },
        groups=source.groups_of(pairs),
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw quantiles of group b against those of group a, with the line of equality."""
    shown = style.names(entry.groups)
    points, bands = (style.frame(entry, table, shown) for table in ("quantiles", "deciles"))
    for table in (points, bands):
        table["panel"] = style.pair_names(table, " v ")
    pairs = points[["group_a", "group_b"]].drop_duplicates()
    limits = style.limits(entry)
    across = min(2, len(pairs))
    plot: Plot = p9.ggplot(mapping=p9.aes("x", "y", color="group_b", fill="group_b"))
    plot += style.looks(shown, one_colour=len(shown) > style.MAX_OVERLAID_LINES)
    plot += p9.labs(
        x=_side(style.value_title(entry), pairs["group_a"]),
        y=_side(entry.value, pairs["group_b"]) if len(pairs) == 1 else "the other group",
    )
    plot += p9.geom_abline(intercept=0, slope=1, color=style.INK, size=0.5, linetype="dashed")
    plot += p9.geom_point(data=points, size=1.1, stroke=0)
    plot += p9.geom_linerange(p9.aes(ymin="low", ymax="high"), bands, size=0.7)
    plot += quantiles.decided(bands, 1.6 if across > 1 else 2.2)
    plot += p9.coord_fixed(xlim=limits, ylim=limits, expand=False)
    plot += [style.value_axis(entry, axis, few=across > 1) for axis in ("x", "y")]
    if len(pairs) == 1:
        return plot + style.theme(width=style.HALF_WIDTH, height=3.7, legend=False)
    plot += p9.facet_wrap("panel", ncol=across, labeller=style.wrapped(across))
    side = (style.WIDTH - 0.9) / across
    height = 0.5 + (side + 0.25) * -(-len(pairs) // across)
    return plot + style.theme(width=style.WIDTH, height=height, legend=False)


def _window(source: FigureSource, parts: Sequence[Floats]) -> tuple[float, float]:
    """Return the ends of both axes: a diverged run far away would squeeze the rest into a corner."""
    shown = np.sort(np.concatenate(parts, axis=None))
    low, high = binning.window([np.log10(shown[shown > 0]) if source.log else shown])
    margin = 0.03 * (high - low) or max(abs(low) * 0.01, 1e-3)
    return source.at(low - margin), source.at(high + margin)


def _quantiles(pair: PairComparison, samples: Mapping[str, Floats]) -> Floats:
    """Return levels and quantiles of both groups, at most one for each run of the smaller: (3, n_levels)."""
    n = min(pair.n_a, pair.n_b, _MAX_QUANTILES)
    levels = (np.arange(n) + 0.5) / n
    return np.array([levels, *(np.quantile(samples[g], levels) for g in (pair.group_a, pair.group_b))])


def _band(pair: PairComparison) -> Floats:
    """Put the band of the difference around the quantiles of group b: (2, n_levels)."""
    return np.array([(row.quantile_a + row.low, row.quantile_a + row.high) for row in pair.where.shift]).T


def _points(pair: PairComparison, quantiles: Floats) -> Table:
    level, x, y = quantiles.tolist()
    return {**of_pair(pair, len(level)), "level": level, "x": x, "y": y}


def _rows(pair: PairComparison, band: Floats, least: float) -> Table:
    rows = pair.where.shift
    return {
        **of_pair(pair, len(rows)),
        "level": [row.level for row in rows],
        "x": [row.quantile_a for row in rows],
        "y": [row.quantile_b for row in rows],
        "low": np.maximum(band[0], least).tolist(),
        "high": band[1].tolist(),
        "excludes_zero": [row.excludes_zero for row in rows],
    }


def _side(value: str, groups: "pd.Series[str]") -> str:
    distinct = groups.unique()
    return f"{value}, {style.short(distinct[0]) if len(distinct) == 1 else 'the first group'}"


def _caption(pairs: Sequence[PairComparison]) -> str:
    """Return the findings and what points and bars are."""
    level = fmt.level(pairs[0].where.shift[0].confidence_level)
    return (
        f"{quantiles.findings([_sides(pair) for pair in pairs], pairs)} Small points: quantiles of equal "
        "level of both groups; large points: Harrell–Davis quantiles with the "
        f"{level} band of their difference, filled where it leaves the line."
    )


def _sides(pair: PairComparison) -> str:
    """Return on which side of the diagonal the quantiles lie."""
    rows, a, b = pair.where.shift, name(pair.group_a), name(pair.group_b)
    above = sum(row.difference > 0 for row in rows)
    below = sum(row.difference < 0 for row in rows)
    apart = sum(row.excludes_zero for row in rows)
    of = f"{b} against {a}: of {fmt.plural(len(rows), 'quantile')}"
    where = " and ".join(
        f"{fmt.count(n)} {word}" for n, word in ((below, "below"), (above, "above")) if n
    )  # the rest lies on the line
    lie = f"{where} the line of equal quantiles" if where else "all on the line of equal quantiles"
    if quantiles.too_few(pair):
        return f"{of}, {lie}; too few runs for a band to decide anything."
    shown = f"the band of {apart} leaves the line" if apart else "no band leaves the line"
    return f"{of}, {lie}; {shown}."


def _alt(pair: PairComparison) -> str:
    """Return the lowest, middle and highest quantile of both groups in words."""
    decimals = quantiles.decimals(pair.where.shift)
    parts = [
        f"{fmt.level(row.level)} at {fmt.fixed(row.quantile_a, decimals)} and "
        f"{fmt.fixed(row.quantile_b, decimals)}"
        for row in quantiles.ends(pair.where.shift)
    ]
    return f"Quantiles of {name(pair.group_a)} and {name(pair.group_b)}: {'; '.join(parts)}."


FIGURE = Figure(
    name="quantile_quantile",
    section="differ",
    reads=(
        "Each point pairs the same quantile of both groups. On the diagonal they are equal; points "
        "below it say that the group on the upright axis is lower there."
    ),
    tables=("quantiles", "deciles", "window"),
    content=content,
    draw=draw,
    sources=("harrell_davis_1982",),
    log=True,
)
