"""Performance profiles: which share of a group's runs over tasks scores more than any value."""

import numpy as np

from analyze import text as fmt
from analyze.comparison.task_words import noun
from analyze.figures import style, words
from analyze.figures.figure import Content, Figure, Plot, Table, stack
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.figures.words import name
from analyze.results import FigureEntry

N_STEPS, MAX_DRAWN = 121, 6


def content(source: FigureSource) -> Content | None:
    """Compute the profile of the best groups, of the last and the baseline, with a simultaneous band."""
    if source.tasks is None or not source.tasks.tasks.tasks:
        return None
    found = source.tasks
    order = list(found.order)
    shown = order if len(order) <= MAX_DRAWN else [*order[: MAX_DRAWN - 1], order[-1]]
    at = np.quantile(
        np.concatenate([x for g in shown for x in found.scores[g].scores.values()]), (0.01, 0.99)
    )
    grid = np.linspace(at[0], at[1], N_STEPS)
    parts: list[Table] = []
    for group in shown:
        share, reach = found.profile(group, grid)
        parts.append(
            {
                "group": [group] * N_STEPS,
                "score": grid.tolist(),
                "share": share.tolist(),
                "low": np.clip(share - reach, 0, 1).tolist(),
                "high": np.clip(share + reach, 0, 1).tolist(),
            }
        )
    task = noun(found.table.question)
    middle = float(np.median(grid))
    above = {g: float(found.profile(g, np.array([middle]))[0][0]) for g in shown}
    told = [f"{name(g)}: {fmt.percent(share)} above {fmt.number(middle, 2)}." for g, share in above.items()]
    return Content(
        title=f"Runs over {task}s that score more than a value",
        caption=f"Share of all runs, every {task} counting alike; bands hold for all values of a curve at "
        f"once with {fmt.level(source.confidence)} confidence.{source.which(shown)}",
        alt=f"Performance profiles over {task}s. " + words.first(told),
        tables={"profiles": stack(parts)},
        groups=shown,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw a falling curve for each group, with its band."""
    shown = style.names(entry.groups)
    rows = style.frame(entry, "profiles", shown)
    plot: Plot = p9.ggplot(rows, p9.aes("score", "share", color="group", fill="group", linetype="group"))
    plot += p9.geom_ribbon(p9.aes(ymin="low", ymax="high"), alpha=0.15, size=0, color="none")
    plot += p9.geom_line(size=0.8)
    plot += style.looks(shown, one_colour=False)
    plot += p9.scale_x_continuous(labels=style.numbers, breaks=style.few_breaks)
    plot += p9.scale_y_continuous(labels=style.percents, limits=(0, 1))
    plot += p9.labs(x="score", y="runs that score more")
    return plot + style.theme(width=style.WIDTH, height=3.2, legend=True)


FIGURE = Figure(
    name="profiles",
    section="tasks",
    few=True,
    of_tasks=True,
    reads=(
        "At a score on the horizontal axis the curve is the share of a group's runs, over all tasks, that "
        "score more: the higher the better. Where two curves cross, one group is better at reaching middling "
        "scores and the other at high ones."
    ),
    tables=("profiles",),
    content=content,
    draw=draw,
    sources=("agarwal_2021",),
)
