"""Accuracy behind each hidden layer: how much of what a network can do its lower layers carry already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analyze import text as fmt
from analyze.figures import style, words
from analyze.figures.figure import Content, Figure, Plot, columns
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.figures.words import NAMED, name
from analyze.results import FigureEntry

_STEP = 0.09


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Accuracy of a group's classifiers behind so many hidden layers."""

    group: str
    layers: int
    n: int
    mean: float
    q05: float
    q95: float


def content(source: FigureSource) -> Content | None:
    """Take the accuracies behind one, two and three hidden layers; None where the runs have none."""
    if source.depths.empty or source.depths["layers"].nunique() < 2:
        return None
    drawn = source.depths["group"].isin(source.samples())
    rows = [
        Depth(group=group, layers=int(layers), n=int(n), mean=mean, q05=q05, q95=q95)
        for group, layers, n, mean, q05, q95 in source.depths[drawn].itertuples(index=False)
    ]
    by_group: dict[str, list[Depth]] = {}
    for row in rows:
        by_group.setdefault(row.group, []).append(row)
    return Content(
        title="Accuracy behind each hidden layer",
        caption=_caption(by_group),
        alt=f"Mean accuracy by the number of hidden layers that the classifier sees. {_alt(by_group)}",
        tables={"depths": columns(rows)},
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw means with the middle 90 % of the runs, side by side; many groups get a panel each."""
    shown = style.names(entry.groups)
    panels = len(shown) > style.MAX_OVERLAID_LINES
    table = style.frame(entry, "depths", shown)
    place = {
        name: 0.0 if panels else (i - (len(shown) - 1) / 2) * _STEP for i, name in enumerate(shown.values())
    }
    table["at"] = table["layers"] + table["group"].astype(str).map(place).astype(float)
    plot: Plot = p9.ggplot(table, p9.aes("at", "mean", color="group"))
    plot += style.looks(shown, one_colour=panels)
    plot += p9.geom_line(size=0.4, show_legend=False)
    span = p9.aes(x="at", xend="at", y="q05", yend="q95")
    plot += p9.geom_segment(span, size=0.8, show_legend=False)
    plot += p9.geom_point(p9.aes(fill="group", shape="group"), size=2.6, stroke=0)
    plot += p9.labs(x="hidden layers that the classifier sees", y="accuracy")
    plot += [
        p9.scale_x_continuous(
            breaks=sorted(table["layers"].unique()), limits=(0.6, table["layers"].max() + 0.4)
        ),
        p9.scale_y_continuous(labels=style.numbers),
    ]
    if panels:
        plot += style.panels(shown)
    height = style.panel_height(shown) if panels else 2.9 if style.small(shown) else 3.4
    return plot + style.theme(
        width=style.width(shown), height=height, legend=not panels, stacked=style.stacked(shown)
    )


def _caption(depths: Mapping[str, Sequence[Depth]]) -> str:
    """Return how much the mean accuracy gains from the first to the last layer, by group."""
    parts = []
    for group, rows in list(depths.items())[:NAMED]:
        first, last = (choose(rows, key=lambda row: row.layers) for choose in (min, max))
        parts.append(f"{fmt.fixed(100 * (last.mean - first.mean), 1, sign=True)} ({name(group)})")
    layers = sorted({row.layers for rows in depths.values() for row in rows})
    more = f" and {len(depths) - NAMED} more" if len(depths) > NAMED else ""
    return (
        f"From {fmt.plural(layers[0], 'layer')} to {layers[-1]} the mean accuracy changes by "
        f"{fmt.listing(parts)}{more} percentage points. Points: means over the runs; lines: middle 90 % of "
        "the runs. A classifier that a group's training leaves alone stays near chance. No test is made here."
    )


def _alt(depths: Mapping[str, Sequence[Depth]]) -> str:
    """Return the means of the first groups in words."""
    sentences = []
    for group, rows in depths.items():
        means = [f"{fmt.fixed(row.mean, 4)} with {row.layers}" for row in rows]
        sentences.append(f"{name(group)}: {fmt.listing(means)}.")
    return words.first(sentences)


FIGURE = Figure(
    name="training_depth",
    section="differ",
    reads=(
        "A point is the mean accuracy of a classifier that sees so many hidden layers, the line through it "
        "the middle 90 % of the runs. A group that is high at one layer has most of its accuracy in the "
        "lowest layer already."
    ),
    on_paper=False,
    tables=("depths",),
    content=content,
    draw=draw,
)
