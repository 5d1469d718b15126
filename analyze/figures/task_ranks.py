"""Ranks over tasks: each group's mean rank with its interval, and the critical difference."""

import pandas as pd

from analyze import text as fmt
from analyze.comparison.task_words import noun
from analyze.figures import style, words
from analyze.figures.figure import Content, Figure, Plot
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.figures.words import name
from analyze.results import FigureEntry

MAX_ROWS = 24


def content(source: FigureSource) -> Content | None:
    """Put the groups in the order of their mean ranks by the tasks' means."""
    if source.tasks is None or len(source.tasks.groups) < 3:
        return None
    tasks, found = source.tasks.tasks, source.tasks.groups
    order = sorted(found, key=lambda group: (found[group].rank or 0.0, group))
    shown = order if len(order) <= MAX_ROWS else [*order[: MAX_ROWS // 2], *order[-MAX_ROWS // 2 :]]
    rows = [
        {"group": g, "rank": found[g].rank, "low": found[g].low, "high": found[g].high, "row": i}
        for i, g in enumerate(shown)
    ]
    task = noun(source.tasks.table.question)
    return Content(
        title=f"Mean ranks over {fmt.plural(len(tasks.tasks), task)}",
        caption=f"Rank 1 is the best; bars: {fmt.level(source.confidence)} intervals over runs within "
        f"{task}s. The grey bar on top is Nemenyi's critical difference, "
        f"{fmt.number(tasks.critical_difference, 3)}: in a diagram of critical differences groups nearer "
        f"than that are not told apart (Friedman {fmt.statistic('χ²', tasks.friedman)}, "
        f"{fmt.pvalue_phrase(tasks.friedman_pvalue)}). It looks at the {task}s' means alone, so that more "
        "runs do not help it.",
        alt=f"Mean ranks over {task}s. "
        + words.first([f"{name(g)}: {fmt.number(found[g].rank, 3)}." for g in shown]),
        tables={
            "ranks": {key: [row[key] for row in rows] for key in rows[0]},
            "critical": {"difference": [tasks.critical_difference]},
        },
        groups=shown,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw a row for each group, and the critical difference above them."""
    rows = style.plain_frame(entry, "ranks")
    shown = style.names(entry.groups)
    rows["y"] = -rows["row"].astype(float)
    critical = float(style.plain_frame(entry, "critical")["difference"].iloc[0])
    start = float(rows["low"].min())
    above = pd.DataFrame({"x": [start], "end": [start + critical], "y": [0.9]})
    plot: Plot = p9.ggplot(rows, p9.aes(y="y"))
    plot += p9.geom_segment(p9.aes(x="x", xend="end", y="y", yend="y"), above, color=style.QUIET, size=2.4)
    plot += p9.geom_segment(
        p9.aes(x="low", xend="high", yend="y"), color=style.COLORS[0], size=2.2, alpha=0.6
    )
    plot += p9.geom_point(p9.aes(x="rank"), color=style.INK, size=1.8)
    plot += p9.scale_y_continuous(breaks=list(rows["y"]), labels=list(shown.values()), expand=(0, 0.6))
    plot += p9.scale_x_continuous(labels=style.numbers, breaks=style.few_breaks)
    plot += p9.labs(x="mean rank", y="")
    plot += style.theme(width=style.WIDTH, height=1.0 + 0.22 * len(rows), legend=False)
    plot += p9.theme(axis_title_y=p9.element_blank(), panel_grid_major_y=p9.element_blank())
    return plot


FIGURE = Figure(
    name="task_ranks",
    section="tasks",
    few=True,
    of_tasks=True,
    reads=(
        "Within each task groups are ranked by their mean scores; the point is a group's mean rank, the bar "
        "the interval that other runs of the same tasks would give. The grey bar is as long as two mean "
        "ranks must be apart for Nemenyi's test, which takes tasks as drawn from many and means as exact."
    ),
    tables=("ranks", "critical"),
    content=content,
    draw=draw,
    sources=("demsar_2006", "agarwal_2021"),
)
