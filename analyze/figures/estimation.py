"""Estimation figure: the runs of groups above the differences of their means from the baseline's."""

from collections.abc import Sequence

from analyze import text as fmt
from analyze.figures import aligned, binning, clouds, effects, style, words
from analyze.figures.effects import EffectRow, estimated
from analyze.figures.figure import Content, Figure, Plot, columns, stack
from analyze.figures.source import MAX_UNORDERED, FigureSource
from analyze.figures.words import name
from analyze.results import FigureEntry

# Kinds of runs that have a figure of their own
OTHERS = ("rates", "clusters", "decades")


def content(source: FigureSource) -> Content | None:
    """Put the runs of every group above the differences of their means from the baseline's."""
    if not source.pairs or source.failed or source.kind in OTHERS or len(source.groups) > MAX_UNORDERED:
        return None
    pairs = source.against_baseline(MAX_UNORDERED - 1)
    samples = source.samples()
    groups = [source.groups[0], *(pair.group_b for pair in pairs)]
    drawn = {group: samples[group] for group in groups}
    window = binning.window(list(drawn.values()))
    rows = [aligned.group_row(group, values, *window) for group, values in drawn.items()]
    differences = [effects.mean_row(pair) for pair in pairs]
    intervals = [
        interval
        for pair in pairs
        for interval in aligned.difference_intervals(pair, samples, source.confidence)
    ]
    tables = {
        "dots": stack([clouds.dots(g, v, window, n_cells=aligned.CELLS) for g, v in drawn.items()]),
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
    below = f"difference of means from {style.short(entry.groups[0], 24)}"
    of = aligned.panels(entry, [entry.value, below])
    return aligned.plot(of, [*aligned.runs(of), *aligned.differences(of)])


def _caption(
    source: FigureSource,
    rows: Sequence[aligned.GroupRow],
    differences: Sequence[EffectRow],
    intervals: Sequence[aligned.Interval],
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


def _alt(rows: Sequence[aligned.GroupRow], differences: Sequence[EffectRow]) -> str:
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
