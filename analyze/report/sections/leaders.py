"""Many groups ranked: a row a group, the best first, with what it is told apart from."""

from collections.abc import Sequence

from analyze import text as fmt
from analyze.records import Rank
from analyze.report.document import Table, table
from analyze.results import GroupSummary, Results

# Fewer groups are told in the order in which they were given
MIN_GROUPS = 4


def leaderboard(results: Results, groups: Sequence[GroupSummary]) -> Table:
    """Rank the groups by their means, or by medians where values span decades."""
    question = results.question
    by_median = results.answer.kind == "decades"
    sign = 1 if question.better == "lower" else -1
    order = sorted(groups, key=lambda g: (sign * ((g.median if by_median else g.mean) or 0.0), g.group))
    ranks = {g.group: n for n, g in enumerate(order, start=1)}
    errors = [g.se for g in groups if g.se]
    decimals = fmt.decimals_for(min(errors)) if errors else None
    apart, what = _apart(results, ranks)
    known = {one.group: one for one in results.ranking.ranks} if results.ranking else {}
    rows = [
        (
            f"{ranks[g.group]}. {g.group}",
            *([rank_set(known[g.group]), known[g.group].letters or fmt.MISSING] if known else []),
            fmt.fixed(g.median if by_median else g.mean, decimals),
            fmt.interval(g.low, g.high, decimals),
            apart[g.group],
            fmt.fixed(g.sd, decimals),
            fmt.fixed(g.mean if by_median else g.median, decimals),
            fmt.count(g.n),
            fmt.count(g.n_failed),
        )
        for g in order
    ]
    shown = ("Median", "Mean") if by_median else ("Mean", "Median")
    interval = f"{fmt.level(question.confidence)} interval{' of the mean' if by_median else ''}"
    columns = {"Group": False} | ({"Ranks": True, "Letters": False} if known else {})
    columns |= {shown[0]: True, interval: True, what: False, "SD": True, shown[1]: True}
    columns |= {"Runs": True, "Failed": True}
    best = "lowest" if question.better == "lower" else "highest"
    caption = f"Groups by {shown[0].lower()} {question.value}, the {best} first; runs that finished."
    if known:
        caption += (
            f" Ranks: those that a group may have, with {fmt.level(question.confidence)} confidence for all "
            f"groups at once; groups that share a letter are not told apart by their "
            f"{'medians' if by_median else 'means'}."
        )
    return table(caption, columns, rows)


def rank_set(rank: Rank) -> str:
    """Write the ranks that a group may have."""
    return f"{rank.low}" if rank.low == rank.high else f"{rank.low}–{rank.high}"


def _apart(results: Results, ranks: dict[str, int]) -> tuple[dict[str, str], str]:
    """Say of each group how it lies to the baseline, or which ranks it is not told apart from."""
    baseline = results.question.baseline
    differ = {frozenset(pair.groups): pair.verdict == "differs" for pair in results.comparisons}
    compared = {group for groups in differ for group in groups}
    told = dict.fromkeys(ranks, "not compared")
    for group in compared:
        if group == baseline:
            told[group] = "baseline"
        elif baseline is not None:
            told[group] = "not told apart"
            if differ[frozenset((baseline, group))]:
                told[group] = "better" if ranks[group] < ranks[baseline] else "worse"
        else:
            others = compared - {group}
            told[group] = _ranges(sorted(ranks[g] for g in others if not differ[frozenset((group, g))]))
    return told, "Not told apart from" if baseline is None else f"Against {baseline}"


def _ranges(numbers: Sequence[int]) -> str:
    """Write ranks as ranges.

    Examples
    --------
    >>> _ranges([2, 3, 4, 7]), _ranges([])
    ('2–4, 7', '—')
    """
    parts: list[list[int]] = []
    for n in numbers:
        if parts and parts[-1][-1] == n - 1:
            parts[-1].append(n)
        else:
            parts.append([n])
    shown = [f"{part[0]}–{part[-1]}" if len(part) > 1 else f"{part[0]}" for part in parts]
    return ", ".join(shown) or fmt.MISSING
