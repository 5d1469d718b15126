"""Votes: the accuracy of the plurality vote of several runs of a group."""

import pandas as pd

from analyze import text as fmt
from analyze.figures import style, words
from analyze.figures.figure import Content, Figure, Plot
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.results import Cell, FigureEntry

MAX_GROUPS = 6


def content(source: FigureSource) -> Content | None:
    """Put the accuracy of the vote of k runs against k."""
    seen = source.seen
    if seen is None or not seen.groups:
        return None
    groups = [g for g in source.chosen(MAX_GROUPS) if g in seen.groups and len(seen.groups[g].vote) > 1]
    if not groups:
        return None
    rows: list[dict[str, Cell]] = [
        {"group": g, "k": vote.k, "accuracy": vote.accuracy, "sd": vote.sd}
        for g in groups
        for vote in seen.groups[g].vote
    ]
    told = [_told(g, [r for r in rows if r["group"] == g]) for g in groups]
    return Content(
        title="What several runs of a group know together",
        caption=f"{told[0] if len(told) == 1 else _gain(rows, groups)} Accuracy of the plurality vote of "
        "k runs, "
        f"on average over draws of runs; the axis of k is logarithmic.{source.which(groups)}",
        alt="Accuracy of the vote against the number of runs that vote. " + words.first(told),
        tables={"votes": {name: [row[name] for row in rows] for name in rows[0]}},
        groups=groups,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw a line a group against the number of runs, on a logarithmic axis."""
    names = style.names(entry.groups)
    votes = style.frame(entry, "votes", names)
    plot: Plot = p9.ggplot(votes, p9.aes("k", "accuracy", color="group", linetype="group", shape="group"))
    plot += [p9.geom_line(size=0.8), p9.geom_point(p9.aes(fill="group"), size=1.8, stroke=0.3)]
    plot += style.looks(names, one_colour=False)
    plot += [
        p9.scale_x_log10(labels=style.numbers, breaks=_breaks(votes)),
        p9.scale_y_continuous(labels=style.numbers),
        p9.labs(x="runs that vote, log scale", y="accuracy of the vote"),
    ]
    height = 3.1 + style.legend_height(names)
    return plot + style.theme(
        width=style.width(names), height=height, legend=True, stacked=style.stacked(names)
    )


def _breaks(votes: pd.DataFrame) -> list[float]:
    largest = float(votes["k"].max())
    return [k for k in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0) if k <= largest][
        :: 1 if largest <= 50 else 2
    ]


def _told(group: str, rows: list[dict[str, Cell]]) -> str:
    first, last = rows[0], rows[-1]
    return (
        f"{words.name(group)}: {_share(first['accuracy'])} by one run, {_share(last['accuracy'])} by the "
        "vote of "
        f"{last['k']}."
    )


def _gain(rows: list[dict[str, Cell]], groups: list[str]) -> str:
    """Say whether the group whose single runs are best has the best vote too."""
    ends = {g: [r for r in rows if r["group"] == g] for g in groups}
    single = max(groups, key=lambda g: float(str(ends[g][0]["accuracy"] or 0)))
    voted = max(groups, key=lambda g: float(str(ends[g][-1]["accuracy"] or 0)))
    last = ends[voted][-1]
    best = f"the best vote, {_share(last['accuracy'])} of {last['k']} runs,"
    if single == voted:
        return f"Best by one run and by the vote is {words.name(voted)}: {best.removesuffix(',')}."
    return (
        f"Voting reorders the groups: {words.name(single)} is best by one run, and {best} is that of "
        f"{words.name(voted)}."
    )


def _share(accuracy: object) -> str:
    return fmt.MISSING if accuracy is None else fmt.fixed(float(str(accuracy)), 4)


FIGURE = Figure(
    name="votes",
    section="functions",
    few=False,
    reads=(
        "One run is the mean accuracy of the group. A line that rises has runs whose mistakes are "
        "different, so "
        "that they correct each other."
    ),
    tables=("votes",),
    on_paper=False,
    content=content,
    draw=draw,
    sources=("hansen_salamon_1990",),
)
