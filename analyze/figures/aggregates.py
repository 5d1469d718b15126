"""Aggregates: each group's scores over tasks in four numbers with intervals."""

import pandas as pd

from analyze import text as fmt
from analyze.comparison.task_words import noun
from analyze.figures import style, words
from analyze.figures.figure import Content, Figure, Plot
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.figures.words import name
from analyze.results import FigureEntry
from analyze.tasked import GroupTasks

MAX_ROWS = 24


def content(source: FigureSource) -> Content | None:
    """Put the groups in rows, the best on top, with a panel for each number."""
    if source.tasks is None or not source.tasks.groups:
        return None
    order = [g for g in source.tasks.order if g in source.tasks.groups]
    shown = order if len(order) <= MAX_ROWS else [*order[: MAX_ROWS // 2], *order[-MAX_ROWS // 2 :]]
    found = source.tasks.groups
    rows = [
        {"group": group, "row": place, "label": one.label, "estimate": one.estimate, "low": one.low,
         "high": one.high}
        for place, group in enumerate(shown)
        for one in found[group].aggregates
    ]  # fmt: skip
    games = fmt.plural(len(source.tasks.tasks.tasks), noun(source.tasks.table.question))
    left_out, level = len(order) - len(shown), fmt.level(source.confidence)
    return Content(
        title=f"Scores over {games}, the best group first",
        caption=f"Points: interquartile mean of all runs, mean and median of the tasks' means, and by how "
        f"much scores fall short of 1 on average (less is better), with {level} intervals "
        f"over runs of these tasks, each for itself."
        + (f" {left_out} groups between are in the table only." if left_out else ""),
        alt=f"Interval plot over {games}. " + words.first([_alt(g, found[g]) for g in shown]),
        tables={"aggregates": {key: [row[key] for row in rows] for key in rows[0]}},
        groups=shown,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw a panel for each aggregate, a row for each group."""
    rows = style.plain_frame(entry, "aggregates")
    shown = style.names(entry.groups)
    rows["y"] = -rows["row"].astype(float)
    first = ["interquartile mean", "mean", "median of tasks", "optimality gap"]
    panels = {label: label.replace(" ", "\n", 1) for label in first if label in set(rows["label"])}
    rows["panel"] = pd.Categorical(rows["label"].map(panels), list(panels.values()))
    plot: Plot = p9.ggplot(rows, p9.aes(y="y"))
    span = p9.aes(x="low", xend="high", yend="y")
    plot += p9.geom_segment(
        span, rows.dropna(subset=["low", "high"]), color=style.COLORS[0], size=2.2, alpha=0.6
    )
    plot += p9.geom_point(p9.aes(x="estimate"), color=style.INK, size=1.6)
    plot += p9.facet_wrap("panel", ncol=2, scales="free_x")
    places = -rows["row"].drop_duplicates().astype(float)
    plot += p9.scale_y_continuous(breaks=list(places), labels=list(shown.values()), expand=(0, 0.6))
    plot += p9.scale_x_continuous(labels=style.numbers, breaks=style.few_breaks)
    plot += p9.labs(x="score", y="")
    plot += style.theme(width=style.WIDTH, height=1.3 + 2 * (0.25 + 0.2 * len(entry.groups)), legend=False)
    plot += p9.theme(axis_title_y=p9.element_blank(), panel_grid_major_y=p9.element_blank())
    return plot


def _alt(group: str, found: GroupTasks) -> str:
    numbers = ", ".join(f"{one.label} {fmt.number(one.estimate, 3)}" for one in found.aggregates)
    return f"{name(group)}: {numbers}."


FIGURE = Figure(
    name="aggregates",
    section="answer",
    few=True,
    of_tasks=True,
    reads=(
        "A row is a group, the best on top; a panel is one way to sum up its scores. The bar is the interval "
        "that other runs of the same tasks would give. The interquartile mean leaves out the lowest and the "
        "highest quarter of all runs, so that no single task decides it, as one does the mean; the median "
        "looks at one or two tasks alone."
    ),
    tables=("aggregates",),
    content=content,
    draw=draw,
    sources=("agarwal_2021",),
)
