"""Ridgelines: densities of three groups or more, the outline of the baseline's behind each."""

from collections.abc import Collection

from analyze import text as fmt
from analyze.figures import binning, clouds, style, words
from analyze.figures.figure import Content, Figure, Plot
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.figures.words import Samples
from analyze.results import FigureEntry

# Of the height of a row, below the name.
_RIDGE = 0.95


def content(source: FigureSource) -> Content | None:
    """Compute densities on one scale; None for two groups, which histograms show better."""
    samples, placed = source.samples(), source.placed()
    if len(samples) < 3:
        return None
    low, high = binning.window(list(placed.values()))
    tables = clouds.densities(source, low, high)
    if not tables:
        return None
    drawn = {str(group) for group in tables["density"]["group"]}
    tables["medians"] = {
        "group": list(samples),
        "median": [words.median(values) for values in samples.values()],
    }
    far = words.far(binning.outside(placed.values(), low, high))
    return Content(
        title=f"Densities of {source.value}",
        caption=_caption(samples, drawn) + far,
        alt=f"Ridgeline plot of {source.value}. {words.samples_alt(samples)}",
        tables=tables,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw densities one below the other, the outline of the baseline's behind each."""
    shown = style.names(entry.groups)
    height = clouds.row_height(shown, 0.5)
    ridge = _RIDGE * (1 - clouds.LABEL_INCHES / height)
    density, medians = (style.frame(entry, table, shown) for table in ("density", "medians"))
    rows = clouds.rows(shown)
    density = density.assign(floor=clouds.at(density, rows))
    density["roof"] = density["floor"] + ridge * density["height"]
    plot: Plot = p9.ggplot() + style.looks(shown, one_colour=len(shown) > style.MAX_OVERLAID_LINES)
    plot += p9.labs(x=style.value_title(entry), y="")
    baseline = next(iter(shown.values()))
    reference = density[density["group"] == baseline]
    for name, row in rows.items():
        own = density[density["group"] == name]
        if len(own):
            area = p9.aes("x", ymin="floor", ymax="roof", fill="group")
            plot += p9.geom_ribbon(area, own, alpha=0.45, color="none")
            plot += p9.geom_line(p9.aes("x", "roof", color="group"), own, size=0.7)
        if len(reference) and name != baseline:
            again = reference.assign(roof=row + ridge * reference["height"])
            plot += p9.geom_line(p9.aes("x", "roof"), again, color=style.INK, size=0.5, linetype="dotted")
    y = clouds.at(medians, rows)
    ticks = medians.assign(y=y, top=y + 0.3 * ridge)
    ticks = ticks[ticks["median"].between(density["x"].min(), density["x"].max())]
    tick = p9.aes(x="median", xend="median", y="y", yend="top")
    plot += p9.geom_segment(tick, ticks, color=style.INK, size=0.9)
    plot += clouds.row_names(rows, density["x"].min(), ridge + 0.02)
    plot += clouds.rows_axis(entry, rows, below=0.1, above=1)
    return plot + clouds.theme(shown, height)


def _caption(samples: Samples, drawn: Collection[str]) -> str:
    """Return the medians and what areas, dotted outlines and ticks are."""
    baseline = next(iter(samples))
    outline = f"dotted: that of {words.name(baseline)} again; " if baseline in drawn else ""
    without = [words.name(group) for group in samples if group not in drawn]
    missing = ""
    if without:
        more = f" and {len(without) - words.NAMED} more" if len(without) > words.NAMED else ""
        missing = f" Too few runs or no spread for a density: {fmt.listing(without[: words.NAMED])}{more}."
    return (
        f"{words.medians(samples)} Areas: Gaussian kernel densities, all on one scale; {outline}"
        f"upright ticks: medians.{missing}"
    )


FIGURE = Figure(
    name="ridgelines",
    section="many",
    reads=(
        "One smoothed distribution a group, on one axis. Compare where the hills stand and how wide "
        "they are, not their heights."
    ),
    tables=("density", "medians"),
    content=content,
    draw=draw,
    sources=("silverman_1986",),
    log=True,
)
