"""Raincloud: half a density above a box above dots, one row for each group."""

from dataclasses import dataclass

import numpy as np

from analyze.figures import binning, clouds, style, words
from analyze.figures.binning import Floats
from analyze.figures.figure import Content, Figure, Plot, columns, stack
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.figures.words import Samples
from analyze.results import FigureEntry

_CELLS = 64
# Of the height of a row, whose middle line carries the box.
_CLOUD, _LIFT, _BOX, _RAIN, _DEPTH = 0.5, 0.1, 0.055, 0.13, 0.32
_DROP_INCHES = 0.055


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Quantiles of a group's runs, cut at the ends of the figure."""

    group: str
    n: int
    q05: float
    q25: float
    median: float
    q75: float
    q95: float


def content(source: FigureSource) -> Content:
    """Put a density, a box and dots of each group on one axis."""
    samples, placed = source.samples(), source.placed()
    low, high = binning.window(list(placed.values()))
    tables = clouds.densities(source, low, high)
    ends = source.at(low), source.at(high)
    tables["boxes"] = columns([_box(group, values, *ends) for group, values in samples.items()])
    tables["dots"] = stack(
        [clouds.dots(g, v, (low, high), n_cells=_CELLS, at=source.at) for g, v in placed.items()]
    )
    caption = _caption(samples, densities="density" in tables)
    return Content(
        title=f"Runs of each group by {source.value}",
        caption=caption + words.far(binning.outside(placed.values(), low, high)),
        alt=f"Raincloud plot of {source.value}. {words.samples_alt(samples)}",
        tables=tables,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw half a density above a box above dots, one row for each group, the baseline on top."""
    shown = style.names(entry.groups)
    height = clouds.row_height(shown, 0.86)
    # Marks share a row with the name above them.
    part = 1 - clouds.LABEL_INCHES / height
    boxes, dots = (style.frame(entry, table, shown) for table in ("boxes", "dots"))
    rows = clouds.rows(shown)
    left = min(boxes["q05"].min(), dots["x"].min())
    plot: Plot = p9.ggplot() + style.looks(shown, one_colour=len(shown) > style.MAX_OVERLAID_LINES)
    plot += p9.labs(x=style.value_title(entry), y="")
    if "density" in entry.tables:
        density = style.frame(entry, "density", shown)
        left = min(left, density["x"].min())
        floor = clouds.at(density, rows) + _LIFT * part
        cloud = density.assign(floor=floor, roof=floor + _CLOUD * part * density["height"])
        area = p9.aes("x", ymin="floor", ymax="roof", fill="group")
        plot += p9.geom_ribbon(area, cloud, alpha=0.35, color="none")
        plot += p9.geom_line(p9.aes("x", "roof", color="group"), cloud, size=0.6)
    y = clouds.at(boxes, rows)
    boxes = boxes.assign(y=y, bottom=y - _BOX * part, top=y + _BOX * part)
    line = p9.aes(x="q05", xend="q95", y="y", yend="y", color="group")
    plot += p9.geom_segment(line, boxes, size=0.8)
    box = p9.aes(xmin="q25", xmax="q75", ymin="bottom", ymax="top", fill="group")
    plot += p9.geom_rect(box, boxes)
    median = p9.aes(x="median", xend="median", y="low", yend="high")
    boxes = boxes.assign(low=y - 2 * _BOX * part, high=y + 2 * _BOX * part)
    plot += p9.geom_segment(median, boxes, color=style.INK, size=1)
    step = min(_DROP_INCHES / height, _DEPTH * part / max(dots["n_stack"].max(), 1))
    drops = dots.assign(y=clouds.at(dots, rows) - _RAIN * part - step * dots["stack"])
    size = 1.5 if len(dots) > 20 else 2.4
    plot += p9.geom_point(p9.aes("x", "y", color="group"), drops, size=size, stroke=0)
    plot += clouds.row_names(rows, left, (_LIFT + _CLOUD) * part)
    plot += clouds.rows_axis(entry, rows, below=0.5 * part, above=0.65 * part + 1 - part)
    return plot + clouds.theme(shown, height)


def _box(group: str, values: Floats, low: float, high: float) -> Box:
    found = np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95)).clip(low, high)
    q05, q25, median, q75, q95 = found.tolist()
    return Box(group=group, n=values.size, q05=q05, q25=q25, median=median, q75=q75, q95=q95)


def _caption(samples: Samples, *, densities: bool) -> str:
    """Return the medians and what cloud, box and rain are."""
    cloud = "Cloud: Gaussian kernel density, all on one scale; " if densities else ""
    box = "box: middle half with the median; line: middle 90 %; "
    rain = words.dots(
        [values.size for values in samples.values()],
        "dots: the runs",
        "dots: one for every fiftieth of the runs",
    )
    text = f"{cloud}{box}{rain}."
    return f"{words.medians(samples)} {text[0].upper()}{text[1:]}"


FIGURE = Figure(
    name="raincloud",
    section="data",
    reads=(
        "Above, the smoothed distribution of each group; below it, a box of the middle half with the "
        "median, and the runs themselves. Look for shifts, spread, several peaks and single far runs."
    ),
    tables=("density", "boxes", "dots"),
    content=content,
    draw=draw,
    sources=("allen_2019", "silverman_1986", "kay_2016"),
    log=True,
)
