"""The section "Over tasks": aggregates, further tasks, and each task."""

from collections.abc import Sequence

from analyze import text as fmt
from analyze.comparison.task_words import noun
from analyze.records import Pair
from analyze.report.document import Block, Fold, Paragraph, Table, figures, fold, table
from analyze.report.pairs import MAX_DETAILED, MAX_ROWS, named, naming, several
from analyze.report.sections import leaders
from analyze.results import Results
from analyze.tasked import PairTasks

_SCALES = {
    "none": "Scores are the values as they are",
    "minmax": "Scores are 0 for the worst and 1 for the best of all runs of a {task}",
    "ranks": "Scores are ranks among all runs of a {task}, from 0 to 1",
    "baseline": "Scores are values over the mean of {baseline} at the same {task}",
}


def tasks(results: Results) -> list[Block]:
    """Show groups over tasks, what holds for further ones, and each task."""
    told = results.tasks
    if told is None:
        return []
    question = results.question
    task = noun(question)
    scale = _SCALES.get(told.normalise, f"Scores are scaled by {told.normalise}")
    opening = (
        f"{scale.format(task=task, baseline=question.baseline)}; every {task} counts alike. "
        f"{fmt.plural(len(told.tasks), task)} {'has' if len(told.tasks) == 1 else 'have'} runs of all groups."
    )
    found = [(pair, pair.tasks) for pair in results.comparisons if pair.tasks]
    every = [] if several(results) else [fold(f"Every {task}", _every(found[0], task))]
    return [
        Paragraph(text=opening),
        *([_groups(results)] if told.tasks else []),
        _pairs_placed(results, found, task),
        *figures(results, "tasks"),
        *every,
    ]


def _groups(results: Results) -> Table:
    """Set the aggregates of all groups side by side, the best first."""
    known = [(g.group, g.tasks) for g in results.groups if g.tasks]
    ranks = {one.group: one for one in results.ranking.ranks} if results.ranking else {}
    order = {one.group: one.rank for one in ranks.values()}
    known.sort(key=lambda one: order.get(one[0], 0))
    labels = [fmt.initial(one.label) for one in known[0][1].aggregates]
    columns = {"Group": False} | ({"Ranks": True, "Letters": False} if ranks else {})
    columns |= dict.fromkeys(labels, True) | {"Mean rank": True}
    rows = []
    for group, found in known:
        cells = []
        for one in (*found.aggregates, None):
            estimate, low, high = (
                (found.rank, found.low, found.high) if one is None else (one.estimate, one.low, one.high)
            )
            decimals = fmt.decimals_of(estimate, low, high)
            cells.append(f"{fmt.fixed(estimate, decimals)}\n{fmt.interval(low, high, decimals)}")
        mine = ranks.get(group)
        lead = (leaders.rank_set(mine), mine.letters or fmt.MISSING) if mine else ()
        rows.append((group, *lead, *cells))
    level = fmt.level(results.question.confidence)
    caption = (
        f"Scores over the tasks that all groups have, with {level} intervals over runs, each for itself."
    )
    if ranks:
        caption += (
            " Ranks: those that a group may have by its interquartile mean, for all groups at once; groups "
            "that share a letter are not told apart by it."
        )
    return table(caption, columns, rows)


def _pairs_placed(results: Results, found: Sequence[tuple[Pair, PairTasks]], task: str) -> Table | Fold:
    shown = _pairs(results, found[:MAX_ROWS], task, len(found))
    return shown if len(found) <= MAX_DETAILED else fold("Each pair, and further tasks", shown)


def _pairs(results: Results, found: Sequence[tuple[Pair, PairTasks]], task: str, n_pairs: int) -> Table:
    """Say of each pair in how many tasks which is better, and what is expected of a further one."""
    columns = {
        **naming(results),
        "Improvement": True,
        f"{fmt.initial(task)}s better, worse": True,
        "Mean difference": True,
        f"Over all {task}s like these": True,
        f"A further {task}": True,
        "b better there": True,
    }
    rows = []
    for pair, told in found:
        share, mean = pair.effect("probability_of_superiority"), pair.effect("mean_difference")
        further = told.further
        decimals = fmt.decimals_of(further.mean, further.low, further.high)
        rows.append(
            named(
                pair,
                results,
                f"{fmt.percent(share.estimate)}\n[{fmt.percent(share.low)}, {fmt.percent(share.high)}]",
                f"{fmt.count(told.n_above)}, {fmt.count(told.n_below)} of {fmt.count(told.n_tasks)}\n"
                f"({fmt.count(told.n_better)}, {fmt.count(told.n_worse)})",
                f"{fmt.fixed(mean.estimate, decimals, sign=True)}\n"
                f"{fmt.interval(mean.low, mean.high, decimals, sign=True)}",
                fmt.interval(further.low, further.high, decimals, sign=True),
                fmt.interval(further.prediction_low, further.prediction_high, decimals, sign=True),
                fmt.percent(further.share) if further.share is not None else fmt.MISSING,
            )
        )
    left_out = f" The first {MAX_ROWS} of {n_pairs} pairs." if n_pairs > MAX_ROWS else ""
    caption = (
        f"Improvement: the probability that a run of b beats one of a, averaged over {task}s. Better, worse: "
        f"by the mean of b; in brackets, told apart after adjustment over {task}s. Differences of mean "
        f"scores: on these {task}s, over all {task}s like these, and where the true one at a further {task} "
        f"is expected; the share of such {task}s in which b is better.{left_out}"
    )
    return table(caption, columns, rows)


def _every(found: tuple[Pair, PairTasks], task: str) -> Table:
    pair, told = found
    columns = {
        fmt.initial(task): False, "Runs": True, "Improvement": True, "Difference": True, "Interval": True,
        "p": True, "adjusted p": True, "Told": False,
    }  # fmt: skip
    rows = []
    for one in told.results:
        decimals = fmt.decimals_of(one.difference, one.low, one.high)
        rows.append(
            (
                one.task,
                f"{one.n_a} v {one.n_b}",
                fmt.percent(one.improvement) if one.improvement is not None else fmt.MISSING,
                fmt.fixed(one.difference, decimals, sign=True),
                fmt.interval(one.low, one.high, decimals, sign=True),
                fmt.pvalue(one.pvalue),
                fmt.pvalue(one.pvalue_adjusted),
                {"same": "not told apart"}.get(one.told, one.told),
            )
        )
    caption = (
        f"Each {task}: {pair.group_b} − {pair.group_a}, mean scores with Welch's intervals, and the exact "
        "rank-sum test."
    )
    return table(caption, columns, rows)
