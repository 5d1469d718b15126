"""Tasks: the difference of two groups at each of them, and over all."""

from analyze import text as fmt
from analyze.comparison.task_words import noun
from analyze.figures import style, words
from analyze.figures.figure import Content, Figure, Plot
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.figures.words import name
from analyze.results import FigureEntry
from analyze.tasked import TaskResult

Cell = int | float | str | None
MAX_ROWS = 40
LOOKS = {
    "better": (style.COLORS[2], ">"),
    "worse": (style.COLORS[1], "<"),
    "same": (style.COLORS[0], "D"),
    "all": (style.INK, "o"),
}
ALL, FURTHER = "mean of these", "a further one"


def content(source: FigureSource) -> Content | None:
    """Put the tasks in the order of their differences; their mean, and a further task, at the foot."""
    if source.tasks is None or len(source.tasks.of_pairs) != 1:
        return None
    ((a, b),) = source.tasks.of_pairs
    (told,) = source.tasks.of_pairs.values()
    results = sorted(told.results, key=lambda one: (-(one.difference or 0.0), one.task))
    shown = results if len(results) <= MAX_ROWS else [*results[: MAX_ROWS // 2], *results[-MAX_ROWS // 2 :]]
    task = noun(source.tasks.table.question)
    rows = [_row(one.task, one.difference, one.low, one.high, one.told) for one in shown]
    effects = source.pairs[0].effects
    mean = effects[effects["effect"] == "mean_difference"].iloc[0]
    estimate, low, high = (float(mean[end]) for end in ("estimate", "low", "high"))
    rows.append(_row(ALL, estimate, low, high, "all"))
    further = told.further
    if further.prediction_low is not None:
        rows.append(_row(FURTHER, further.mean, further.prediction_low, further.prediction_high, "all"))
    left_out = len(results) - len(shown)
    return Content(
        title=f"{name(b)} against {name(a)}, {task} by {task}",
        caption=f"Differences of mean scores with {fmt.level(source.confidence)} intervals, each for itself; "
        f"shapes and colours: what is told apart over {fmt.plural(told.n_tasks, task)}, adjusted over these. "
        f"At the foot: the mean over these {task}s, and where a further {task} like them is expected."
        + (f" Drawn: the largest and the smallest; {left_out} are in the table only." if left_out else ""),
        alt=f"Forest plot by {task}. " + words.first([_alt(one) for one in shown], "row"),
        tables={"tasks": {key: [row[key] for row in rows] for key in rows[0]}},
        groups=[a, b],
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw a row for each task, the largest difference on top."""
    rows = style.plain_frame(entry, "tasks")
    rows["y"] = -rows.index.astype(float) - 0.6 * (rows["told"] == "all")
    labels = [style.short(str(task), 26) for task in rows["task"]]
    used = [told for told in LOOKS if (rows["told"] == told).any()]
    plot: Plot = p9.ggplot(rows, p9.aes(y="y", color="told"))
    plot += p9.geom_vline(xintercept=0, color=style.INK, size=0.5)
    span = p9.aes(x="low", xend="high", yend="y")
    plot += p9.geom_segment(span, rows.dropna(subset=["low", "high"]), size=0.9, show_legend=False)
    plot += p9.geom_point(p9.aes(x="difference", shape="told", fill="told"), size=1.9, stroke=0.3)
    named = {"better": "better", "worse": "worse", "same": "not told apart", "all": "over tasks"}
    for scale, part in ((p9.scale_color_manual, 0), (p9.scale_fill_manual, 0), (p9.scale_shape_manual, 1)):
        values = {told: LOOKS[told][part] for told in used}
        plot += scale(values=values, limits=used, labels=[named[told] for told in used])
    a, b = (style.short(group, 24) for group in entry.groups)
    plot += p9.scale_x_continuous(labels=style.signed, breaks=style.few_breaks)
    plot += p9.scale_y_continuous(breaks=list(rows["y"]), labels=labels, expand=(0, 0.7))
    plot += p9.labs(x=f"difference of mean scores, {b} − {a}", y="")
    plot += style.theme(width=style.WIDTH, height=0.95 + 0.17 * len(rows), legend=True)
    plot += p9.theme(axis_title_y=p9.element_blank(), panel_grid_major_y=p9.element_blank())
    return plot


def _row(
    task: str, difference: float | None, low: float | None, high: float | None, told: str
) -> dict[str, Cell]:
    return {"task": task, "difference": difference, "low": low, "high": high, "told": told}


def _alt(one: TaskResult) -> str:
    decimals = fmt.decimals_of(one.difference, one.low, one.high)
    return f"{one.task}: {fmt.fixed(one.difference, decimals, sign=True)}."


FIGURE = Figure(
    name="task_forest",
    section="answer",
    few=True,
    of_tasks=True,
    reads=(
        "A row is a task: the point is the difference of the two groups' mean scores there, the line its "
        "interval. Right of zero the second group scores more. The last rows sum up: the mean over these "
        "tasks, and the range in which the true difference at a further task like these is expected."
    ),
    tables=("tasks",),
    content=content,
    draw=draw,
    sources=("nagashima_2019",),
)
