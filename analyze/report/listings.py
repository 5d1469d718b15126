"""What `functions`, `describe`, `power`, `diff` print, and `compare` where only means are known."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from analyze import text as fmt
from analyze.comparison.difference import Change
from analyze.comparison.function_words import all_said, groups_rows, pairs_rows
from analyze.comparison.planning import Plan
from analyze.comparison.scope import intervals
from analyze.comparison.seen import Seen, scope_words
from analyze.question import Question
from analyze.report.page import Page, plain_table, plain_tables
from analyze.stats.power import ASSURANCE, MAX_RUNS
from analyze.table.runs import RunTable
from analyze.table.summaries import WHAT_IS_NOT_SAID, Summaries

# From these widths on there is room for quartiles, and for the least and the largest run.
_QUARTILES, _RANGE = 100, 112


def description(groups: pd.DataFrame, runs: RunTable, width: int, *, whole: bool = False) -> RenderableType:
    """Return the table of groups that `analyze describe` prints; columns that do not fit are left out."""
    page, question = Page(width=width, whole=whole), runs.question
    columns = {"mean": "mean", f"± {fmt.level(question.confidence)}": "reach", "sd": "sd", "median": "median"}
    if width >= _QUARTILES:
        columns |= {"q25": "q25", "q75": "q75"}
    if width >= _RANGE:
        columns |= {"min": "min", "max": "max"}
    table = plain_table("group", "runs", "failed", *columns)
    errors = groups["se"].dropna()
    decimals = fmt.decimals_for(float(errors.min()) if len(errors) else None)
    groups = groups.assign(reach=groups["high"] - groups["mean"])
    for g in groups.to_dict("records"):
        cells = (_known(float(g[name]), decimals) for name in columns.values())
        table.add_row(Text(page.name(str(g["group"]))), fmt.count(g["n"]), fmt.count(g["n_failed"]), *cells)
    title = f"{fmt.visible(question.table)} · {question.value} by {', '.join(question.by)}"
    return Group(*page.said(title, style="bold"), *_told(runs, page), table)


def functions(seen: Seen, runs: RunTable, width: int, *, whole: bool = False) -> RenderableType:
    """Return what `analyze functions` prints: what is to be said, pairs and groups."""
    page, question, told = Page(width=width, whole=whole), runs.question, seen.told()
    title = f"{fmt.visible(question.table)} · answers to {fmt.count(told.n_examples)} {told.example}s"
    parts: list[RenderableType] = [*page.said(f"{title} by {', '.join(question.by)}", style="bold")]
    parts += _told(runs, page)
    for text in all_said(seen.pairs, seen.scopes, seen.groups, told, question):
        parts += page.said(text)
    tables = [pairs_rows(seen.pairs, told), groups_rows(seen.groups, told)]
    if seen.scopes:
        parts += page.said(scope_words(seen, runs))
        tables.append(intervals(seen.scopes, question, told))
    for caption, columns, rows in tables:
        parts += [*plain_tables(list(columns), rows, page), *page.said(caption, style="dim")]
    return Group(*parts)


def _told(runs: RunTable, page: Page) -> list[Text]:
    return [line for remark in runs.read_as.told for line in page.said(remark, style="dim")]


def _known(value: float, decimals: int | None) -> str:
    return fmt.fixed(value if math.isfinite(value) else None, decimals)


def plans(planned: Sequence[Plan], runs: RunTable, width: int, *, whole: bool = False) -> RenderableType:
    """Return what `analyze power` prints."""
    page, question = Page(width=width, whole=whole), runs.question
    first = planned[0]
    parts: list[RenderableType] = [*_told(runs, page)]
    if first.difference is not None:
        asked = (
            f"Runs a group to find a difference of {fmt.number(first.difference)} in the mean of "
            f"{question.value}, with {fmt.percent(first.power)} power at level {fmt.number(question.alpha)}"
        )
        parts.append(Text(asked, style="bold"))
        table = plain_table("spread of", "runs there", "sd", *(t.label for t in first.tests))
        for plan in planned:
            table.add_row(
                Text(page.name(plan.group)),
                fmt.count(plan.n),
                fmt.number(plan.sd, 3),
                *(_needed(t.n_runs) for t in plan.tests),
            )
        parts += [table, *(Text(f"{t.label}: {t.method}", style="dim") for t in first.tests)]
    if first.width is not None:
        level = fmt.level(question.confidence)
        parts.append(
            Text(
                f"Runs a group for a {level} interval of the difference at most {fmt.number(first.width)} "
                f"wide, with {fmt.percent(ASSURANCE)} assurance",
                style="bold",
            )
        )
        table = plain_table("spread of", "runs there", "sd", "runs needed")
        for plan in planned:
            table.add_row(
                Text(page.name(plan.group)),
                fmt.count(plan.n),
                fmt.number(plan.sd, 3),
                _needed(plan.n_for_width),
            )
        parts.append(table)
    return Group(*parts)


def _needed(n_runs: int | None) -> str:
    return f"> {fmt.count(MAX_RUNS)}" if n_runs is None else fmt.count(n_runs)


def changes(found: Sequence[Change], width: int, *, whole: bool = False) -> RenderableType:
    """Return what `analyze diff` prints: a row for each change, in a pipe one line; or that there is none."""
    if not found:
        return Text("no difference between the two reports: data, options, groups, verdicts, effects, tests")
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        header_style="dim",
        width=None if whole else width,
    )
    table.add_column("changed", no_wrap=True)
    for name in ("what", "before", "after"):
        table.add_column(name, ratio=None if whole else 3, overflow="fold", no_wrap=whole)
    shown = [change for change in found if change.before != change.after]
    for change in shown:
        style = "bold yellow" if change.part == "verdict" else ""
        cells = (Text(" ".join(text.split())) for text in (change.what, change.before, change.after))
        table.add_row(Text(change.part, style=style), *cells)
    counts = Counter(change.part for change in found)
    summed = ", ".join(fmt.plural(n, part) for part, n in counts.items() if part != "data")
    lead = "data changed" if counts["data"] else "same data"
    title = Text(f"{lead}; {summed or 'nothing else'} changed", style="bold")
    hidden = len(found) - len(shown)
    few = [Text(f"and {fmt.plural(hidden, 'change')} that the printed digits do not show", style="dim")]
    return Group(title, table, *(few if hidden else []))


def summaries(
    compared: pd.DataFrame, given: Summaries, question: Question, width: int, *, whole: bool = False
) -> RenderableType:
    """Return what `analyze compare` prints of groups of which only means and sds are known."""
    page = Page(width=width, whole=whole)
    groups = plain_table("group", "runs", "mean", "sd")
    decimals = fmt.decimals_for(
        float((given.groups["sd"] / given.groups["n"] ** 0.5).replace(0, np.nan).min())
    )
    for group, n, mean, sd in given.groups[["group", "n", "mean", "sd"]].itertuples(index=False, name=None):
        groups.add_row(
            Text(page.name(str(group))),
            fmt.count(int(n)),
            fmt.fixed(float(mean), decimals),
            fmt.fixed(float(sd), decimals),
        )
    adjusted = f"p ({fmt.ADJUSTMENTS[question.adjust]})"
    level = fmt.level(question.confidence)
    pairs = plain_table("pair", "difference of means", f"{level} interval", "Welch p", adjusted)
    for row in compared.to_dict("records"):
        texts = fmt.with_ends(row["difference"], row["low"], row["high"])
        pairs.add_row(
            Text(f"{page.name(row['group_b'])} − {page.name(row['group_a'])}"),
            texts[0],
            f"[{texts[1]}, {texts[2]}]",
            fmt.pvalue(row["pvalue"]),
            fmt.pvalue(row["pvalue_adjusted"]),
        )
    title = f"{fmt.visible(question.table)} · {given.value} · summaries, not runs"
    note = page.said(WHAT_IS_NOT_SAID, style="dim")
    return Group(*page.said(title, style="bold"), groups, pairs, *note)
