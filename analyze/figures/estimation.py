"""Estimation figure: the runs of groups above the differences of their means from the baseline's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analyze import text as fmt
from analyze.comparison.headline import mean_difference
from analyze.comparison.pair import PairComparison
from analyze.figures import binning, clouds, effects, style, words
from analyze.figures.binning import Floats
from analyze.figures.effects import EffectRow, estimated
from analyze.figures.figure import Content, Figure, Plot, columns, stack
from analyze.figures.source import FigureSource
from analyze.figures.style import Names, p9
from analyze.figures.words import name
from analyze.results import FigureEntry
from analyze.stats.two_sample import compare_means

MAX_ESTIMATED = 6
_CELLS = 36
_LEVELS = (0.5, 0.8, 0.99)
_MIN_RUNS = 10
_DOT_WIDTH = 0.026


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """Mean and spread of a group; ends of mean ± sd near the figure, nothing for a mean outside it."""

    group: str
    n: int
    mean: float
    sd: float
    mean_drawn: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An interval of the difference of a group's mean from the baseline's."""

    group: str
    confidence_level: float
    low: float
    high: float


def content(source: FigureSource) -> Content | None:
    """Put the runs of every group above the differences of their means from the baseline's."""
    pairs = source.against_baseline(MAX_ESTIMATED - 1)
    if not pairs:
        return None
    samples = source.samples()
    groups = [source.groups[0], *(pair.group_b for pair in pairs)]
    drawn = {group: samples[group] for group in groups}
    window = binning.window(list(drawn.values()))
    rows = [_group_row(group, values, *window) for group, values in drawn.items()]
    differences = [effects.mean_row(pair) for pair in pairs]
    intervals = [interval for pair in pairs for interval in _intervals(pair, samples, source.confidence)]
    tables = {
        "dots": stack([clouds.dots(g, v, window, n_cells=_CELLS) for g, v in drawn.items()]),
        "groups": columns(rows),
        "differences": columns(differences),
        "intervals": columns(intervals),
    }
    return Content(
        title=f"Runs by {source.value}, and differences of their means",
        caption=_caption(source, rows, differences, intervals)
        + words.far(binning.outside(drawn.values(), *window)),
        alt=f"Estimation plot of {source.value}. {_alt(rows, differences)}",
        tables=tables,
        groups=groups,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw the runs of the groups above the differences of the means from the first group's."""
    letters = 44 if style.small(entry.groups) else 55
    shown = style.labels(entry.groups, letters // len(entry.groups))
    titles = [entry.value, f"difference of means from {style.short(entry.groups[0], 24)}"]
    place = {name: i for i, name in enumerate(shown.values())}
    plot: Plot = p9.ggplot() + style.looks(shown, one_colour=len(shown) > style.MAX_OVERLAID_LINES)
    plot += _runs(entry, shown, titles, place)
    plot += _differences(entry, shown, titles, place)
    plot += p9.facet_wrap("panel", ncol=1, scales="free_y", labeller=style.wrapped(1))
    plot += p9.labs(x="", y="")
    plot += p9.scale_x_continuous(
        breaks=list(place.values()), labels=list(place), limits=(-0.6, len(shown) - 0.4), expand=(0, 0)
    )
    plot += p9.scale_y_continuous(labels=style.numbers)
    plot += style.theme(width=style.width(shown), height=3.2 if style.small(shown) else 4.4, legend=False)
    plot += p9.theme(axis_title=p9.element_blank(), panel_grid_major_x=p9.element_blank())
    return plot


def _runs(entry: FigureEntry, shown: Names, titles: list[str], place: Mapping[str, int]) -> list[object]:
    """Draw the upper panel: stacks of dots, beside them mean ± standard deviation."""
    dots = _placed(style.frame(entry, "dots", shown), titles[0], titles, place)
    groups = _placed(style.frame(entry, "groups", shown), titles[0], titles, place)
    widest = max(dots["n_stack"].max(), 1)
    step = min(_DOT_WIDTH * len(shown) / 3, 0.62 / widest)
    dots["at"] += (dots["stack"] - (dots["n_stack"] - 1) / 2) * step - 0.06
    groups["beside"] = groups["at"] + 0.36
    size = 1.4 if len(dots) > 20 else 2.4
    layers: list[object] = [p9.geom_point(p9.aes("at", "x", color="group"), dots, size=size, stroke=0)]
    spread = groups.dropna(subset=["mean_drawn"])
    if len(spread):
        bar = p9.aes(x="beside", xend="beside", y="low", yend="high")
        layers.append(p9.geom_segment(bar, spread, color=style.INK, size=0.7))
        layers.append(p9.geom_point(p9.aes("beside", "mean_drawn"), spread, color=style.INK, size=1.8))
    return layers


def _differences(
    entry: FigureEntry, shown: Names, titles: list[str], place: Mapping[str, int]
) -> list[object]:
    """Draw the lower panel: differences of means with intervals, the wider the lighter."""
    differences = style.frame(entry, "differences", shown)
    differences["group"] = differences["group_b"]
    differences = _placed(differences, titles[1], titles, place)
    intervals = _placed(style.frame(entry, "intervals", shown), titles[1], titles, place)
    zero = pd.DataFrame({"panel": pd.Categorical([titles[1]], titles)})
    layers: list[object] = [p9.geom_hline(p9.aes(yintercept=0), zero, color=style.INK, size=0.5)]
    levels = sorted(intervals["confidence_level"].unique(), reverse=True)
    several = len(levels) > 1
    # The widest as a line too: what is pale would be hard to see.
    if several:
        whole = intervals[intervals["confidence_level"] == levels[0]]
        bar = p9.aes(x="at", xend="at", y="low", yend="high", color="group")
        layers.append(p9.geom_segment(bar, whole, size=0.6))
    for i, level in enumerate(levels):
        part = intervals[intervals["confidence_level"] == level]
        width = 1.2 + 6.0 * i / (len(levels) - 1) if several else 1.2
        bar = p9.aes(x="at", xend="at", y="low", yend="high", color="group")
        layers.append(p9.geom_segment(bar, part, size=width, alpha=0.45 if several else 1))
    layers.append(p9.geom_point(p9.aes("at", "estimate"), differences, color=style.INK, size=1.5))
    return layers


def _placed(table: pd.DataFrame, title: str, titles: list[str], place: Mapping[str, int]) -> pd.DataFrame:
    """Put a table into its panel, and each row at its group."""
    at = table["group"].astype(str).map(dict(place)).astype(float)
    return table.assign(panel=pd.Categorical([title] * len(table), titles), at=at)


def _group_row(group: str, values: Floats, low: float, high: float) -> GroupRow:
    mean, sd = float((values - values[0]).mean() + values[0]), float((values - values[0]).std(ddof=1))
    inside, reach = low <= mean <= high, high - low
    return GroupRow(
        group=group,
        n=values.size,
        mean=mean,
        sd=sd,
        mean_drawn=mean if inside else None,
        low=max(mean - sd, low - reach) if inside else None,
        high=min(mean + sd, high + reach) if inside else None,
    )


def _intervals(pair: PairComparison, samples: Mapping[str, Floats], confidence: float) -> list[Interval]:
    """Return intervals of several levels; of pairs, and of few runs, which 99 % would dwarf, one."""
    if effects.is_matched(pair):
        low, high = mean_difference(pair)[1:]
        return [Interval(group=pair.group_b, confidence_level=confidence, low=low, high=high)]
    a, b = samples[pair.group_a], samples[pair.group_b]
    means = compare_means(a, b)
    levels = {confidence, *_LEVELS} if means.spreads and min(len(a), len(b)) >= _MIN_RUNS else {confidence}
    found = [(level, *means.interval(level)[:2]) for level in levels]
    return [
        Interval(group=pair.group_b, confidence_level=level, low=low, high=high)
        for level, low, high in sorted(found)
    ]


def _caption(
    source: FigureSource,
    rows: Sequence[GroupRow],
    differences: Sequence[EffectRow],
    intervals: Sequence[Interval],
) -> str:
    """Return the differences of the means and what dots, bars and lines are."""
    level = fmt.level(source.confidence)
    within = " within matched pairs" if any(map(effects.is_matched, source.pairs)) else ""
    parts = [f"{name(d.group_b)} − {name(d.group_a)} {estimated(d)}" for d in differences]
    levels = sorted({row.confidence_level for row in intervals})
    bars = (
        f"bars: {level} intervals"
        if len(levels) == 1
        else f"bars: intervals of {fmt.listing([fmt.level(x) for x in levels])}, the wider the lighter"
    )
    dots = words.dots(
        [row.n for row in rows],
        "the runs of each group",
        "a dot for every fiftieth of the runs of a group",
    )
    return (
        f"Differences of means{within} with {level} intervals: {'; '.join(parts)}. Above: {dots}, and mean ± "
        "standard deviation as a line. Below: differences of the means from "
        f"{name(source.groups[0])}; {bars}.{source.which([row.group for row in rows])}"
    )


def _alt(rows: Sequence[GroupRow], differences: Sequence[EffectRow]) -> str:
    """Return the means, standard deviations and differences in words."""
    decimals = fmt.decimals_for(min((row.sd for row in rows if row.sd > 0), default=None))
    groups = [
        f"{name(row.group)}: mean {fmt.fixed(row.mean, decimals)}, "
        f"standard deviation {fmt.fixed(row.sd, decimals)}."
        for row in rows
    ]
    return " ".join(
        [*groups, *(f"{name(d.group_b)} minus {name(d.group_a)}: {estimated(d)}." for d in differences)]
    )


FIGURE = Figure(
    name="estimation",
    section="answer",
    few=True,
    always=True,
    reads=(
        "Above stand the runs of each group, beside them their mean and standard deviation. Below, a point "
        "is the difference of a group's mean from the first group's, the bars are its intervals. A bar that "
        "crosses zero is compatible with no difference."
    ),
    tables=("dots", "groups", "differences", "intervals"),
    content=content,
    draw=draw,
    sources=("ho_2019", "kay_2016"),
)
