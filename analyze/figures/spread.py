"""Spread: how much of the spread of accuracy between runs is real, and how much the luck of the test set."""

import pandas as pd

from analyze import text as fmt
from analyze.answered import Spread
from analyze.comparison.scope import spread_sentence
from analyze.figures import style, words
from analyze.figures.figure import Content, Figure, Plot
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.results import FigureEntry

KINDS = {
    "observed": ("observed", style.INK, "o"),
    "real": ("on all that could be drawn", style.COLORS[1], "D"),
    "independent": ("if errors were independent", style.COLORS[0], "s"),
}
MAX_ROWS = 24


def content(source: FigureSource) -> Content | None:
    """Put three standard deviations of every group on one axis, in test examples."""
    if source.seen is None or not source.seen.spreads:
        return None
    groups = source.chosen(MAX_ROWS)
    found = {group: source.seen.spreads[group] for group in groups if group in source.seen.spreads}
    n, example = source.seen.answers.n_examples, source.seen.answers.example
    rows = [(group, *_numbers(spread, n)) for group, spread in found.items()]
    columns = ("group", "observed", "independent", "real", "low", "high")
    told = [spread_sentence(words.name(group), spread, n, example) for group, spread in found.items()]
    return Content(
        title=f"How much of the spread between runs is real, in {example}s",
        caption=(told[0] if len(told) == 1 else _range(found))
        + f" Circles: standard deviation on these {example}s; squares: what independent errors would give; "
        f"diamonds: on all {example}s that could be drawn, with {fmt.level(source.confidence)} interval."
        + source.which(groups),
        alt="Three standard deviations of accuracy for each group: on these examples, on all that could be "
        "drawn, and if errors were independent.",
        tables={"spread": {name: [row[i] for row in rows] for i, name in enumerate(columns)}},
        groups=groups,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw three points for each group, one of them with its interval."""
    names = style.labels(entry.groups)
    rows = style.plain_frame(entry, "spread")
    rows["row"] = pd.Categorical(rows["group"].map(names), [names[g] for g in entry.groups][::-1])
    order = [label for label, _, _ in KINDS.values()]
    points = pd.concat(
        [rows.assign(at=rows[key].astype(float), kind=label) for key, (label, _, _) in KINDS.items()]
    )
    points["kind"] = pd.Categorical(points["kind"], order)
    colours = {label: colour for label, colour, _ in KINDS.values()}
    shapes = {label: shape for label, _, shape in KINDS.values()}
    span = rows.dropna(subset=["low", "high"]).assign(kind=KINDS["real"][0])
    plot: Plot = p9.ggplot(points, p9.aes(y="row", color="kind"))
    plot += p9.geom_segment(p9.aes(x="low", xend="high", yend="row"), span, size=0.9, show_legend=False)
    plot += p9.geom_point(p9.aes(x="at", shape="kind", fill="kind"), size=2.4, stroke=0.3)
    plot += [
        p9.scale_color_manual(values=colours, limits=order),
        p9.scale_fill_manual(values=colours, limits=order),
        p9.scale_shape_manual(values=shapes, limits=order),
        p9.scale_x_continuous(labels=style.numbers, limits=(0, None)),
        p9.labs(x="standard deviation of right answers", y=""),
    ]
    lines = sum(str(name).count("\n") + 1 for name in names.values())
    plot += style.theme(
        width=style.WIDTH, height=1.3 + 0.1 * len(names) + 0.16 * lines, legend=True, stacked=True
    )
    plot += p9.theme(axis_title_y=p9.element_blank(), panel_grid_major_y=p9.element_blank())
    return plot


def _numbers(spread: Spread, n: int) -> list[float | None]:
    shares = (
        spread.sd_observed,
        spread.sd_independent,
        spread.sd_distribution,
        spread.sd_distribution_low,
        spread.sd_distribution_high,
    )
    return [None if share is None else share * n for share in shares]


def _range(found: dict[str, Spread]) -> str:
    shares = {group: s.share_real for group, s in found.items() if s.share_real is not None}
    if not shares:
        return "No group has any spread."
    low, high = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
    return (
        f"Between {fmt.percent(shares[low])} ({words.name(low)}) and {fmt.percent(shares[high])} "
        f"({words.name(high)}) of the variance of accuracy between runs is real; the rest is luck."
    )


FIGURE = Figure(
    name="spread",
    section="scope",
    few=True,
    reads=(
        "The test set is a sample too: part of what sets two runs apart is which examples are in it. The "
        "diamond is the spread that is left when the test set is as large as one likes."
    ),
    tables=("spread",),
    on_paper=False,
    content=content,
    draw=draw,
    sources=("jordan_2024",),
)
