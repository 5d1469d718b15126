"""Ratios: the runs of groups whose values span decades, and ratios of their medians to the baseline's."""

import numpy as np

from analyze import text as fmt
from analyze.figures import aligned, binning, clouds, effects, style, words
from analyze.figures.aligned import GroupRow, Interval
from analyze.figures.effects import EffectRow
from analyze.figures.figure import Content, Figure, Plot, columns, stack
from analyze.figures.source import MAX_UNORDERED, FigureSource
from analyze.figures.style import p9
from analyze.figures.words import name
from analyze.results import FigureEntry


def content(source: FigureSource) -> Content | None:
    """Put the runs on a logarithmic axis above the ratios of medians; the tables hold decimal logarithms."""
    if not source.pairs or source.failed or source.kind != "decades" or len(source.groups) > MAX_UNORDERED:
        return None
    pairs = source.against_baseline(MAX_UNORDERED - 1)
    groups = [source.groups[0], *(pair.group_b for pair in pairs)]
    samples = {g: np.log10(source.samples()[g]) for g in groups}
    window = binning.window(list(samples.values()))
    rows = [_row(group, source, window) for group in groups]
    ratios = {pair.group_b: source.ratios[pair.group_b] for pair in pairs}
    differences = [
        effects.row(pair, f"{pair.group_b} / {pair.group_a}", *map(np.log10, ratios[pair.group_b]))
        for pair in pairs
    ]
    level = fmt.level(source.confidence)
    told = [f"{name(d.group_b)} / {name(d.group_a)} {_estimated(d)}" for d in differences]
    medians = words.medians({g: source.samples()[g] for g in groups})
    dots = words.dots(
        [row.n for row in rows], "the runs of each group", "a dot for every fiftieth of the runs of a group"
    )
    return Content(
        title=f"Runs by {source.value}, and ratios of their medians",
        caption=f"Ratios of medians with {level} intervals: {'; '.join(told)}. {medians} Above: {dots}, and "
        f"the median with its {level} interval as a line. Below: ratios to the median of {name(groups[0])}. "
        f"Both axes are logarithmic.{source.which(groups)}"
        + words.far(binning.outside(samples.values(), *window)),
        alt=f"Runs of {source.value} on a logarithmic axis. {medians} Ratios: {'; '.join(told)}.",
        tables={
            "dots": stack([clouds.dots(g, v, window, n_cells=aligned.CELLS) for g, v in samples.items()]),
            "groups": columns(rows),
            "differences": columns(differences),
            "intervals": columns([_interval(d, source.confidence) for d in differences]),
        },
        groups=groups,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw the runs above the ratios, both by their decimal logarithms and labelled by their values."""
    below = f"median / median of {style.short(entry.groups[0], 24)}, log scale"
    of = aligned.panels(entry, [f"{entry.value}, log scale", below])
    scale = p9.scale_y_continuous(breaks=_breaks, labels=_labels)
    return aligned.plot(of, [*aligned.runs(of), *aligned.differences(of)], scale)


def _breaks(limits: tuple[float, float]) -> list[float]:
    low, high = limits
    return [float(np.log10(b)) for b in style.log_breaks((10.0**low, 10.0**high), most=4)]


def _labels(breaks: list[float]) -> list[str]:
    return style.magnitudes([10.0**b for b in breaks])


def _row(group: str, source: FigureSource, window: tuple[float, float]) -> GroupRow:
    """Return median and interval of a group as logarithms, as far as the figure goes."""
    values = source.samples()[group]
    with np.errstate(divide="ignore"):
        median, low, high = np.log10(np.maximum(source.centre(group), 0.0)).tolist()
    inside = window[0] <= median <= window[1]
    return GroupRow(
        group=group,
        n=values.size,
        mean=median,
        sd=float(np.log10(values).std(ddof=1)),
        mean_drawn=median if inside else None,
        low=max(low, window[0]) if inside else None,
        high=min(high, window[1]) if inside else None,
    )


def _interval(row: EffectRow, confidence: float) -> Interval:
    return Interval(group=row.group_b, confidence_level=confidence, low=row.low, high=row.high)


def _estimated(row: EffectRow) -> str:
    first, *ends = fmt.roughly(*(10.0**x for x in (row.estimate, row.low, row.high)))
    return f"{first} ({ends[0]} to {ends[1]})"


FIGURE = Figure(
    name="ratios",
    section="answer",
    few=True,
    log=True,
    reads=(
        "Above stand the runs of each group on a logarithmic axis, beside them their median and its "
        "interval. Below, a point is how many times the first group's median a group's median is, the bar "
        "its interval: one that crosses 1 is compatible with no difference."
    ),
    tables=("dots", "groups", "differences", "intervals"),
    content=content,
    draw=draw,
    sources=("kay_2016", "hollander_2014"),
)
