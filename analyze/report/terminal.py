"""The report in some 25 lines of 80 to 120 columns, for the person who typed the command.

What the verdict and the reading of the table say is never cut; notes give way to them.

The words carry every decision; colour only repeats them.
"""

import math
import textwrap
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from analyze import text as fmt
from analyze.comparison.difference import Change
from analyze.comparison.planning import Plan
from analyze.question import Question
from analyze.report.read_as import how_read
from analyze.results import Columns, Results
from analyze.stats.power import ASSURANCE, MAX_RUNS
from analyze.table.summaries import WHAT_IS_NOT_SAID, Summaries

# What is filled up with notes: one line of the 25 says where the report is.
MAX_LINES = 24
_LEVELS = "▁▂▃▄▅▆▇█"
_MAX_GROUPS = 6
_MAX_PAIRS = 5
_MAX_NOTES = 4
# Of letters of a name in the sentences of the verdict.
_MAX_NAME = 32
# Room for the first warning and the number of further notes.
_MIN_NOTES = 2
# From this width on the tests' statistics fit beside their p-values.
_WIDE = 100
_SHOWN_EFFECTS = ("mean_difference", "sd_ratio", "probability_of_superiority")
_SHOWN_TESTS = ("mann_whitney", "welch_t")
_STYLES = {"differs": "bold yellow", "equivalent": "bold green", "warning": "yellow"}


def summary(results: Results, width: int) -> RenderableType:
    """Return groups, verdict, tests and warnings; print it with ``Console(width=width)``."""
    tables = [_groups(results, width)]
    if len(results.comparisons) == 1:
        tables += [_effects(results, width), _tests(results, width)]
    else:
        tables.append(_pairs(results, width))
    # A title, tables with two lines of heading each, a box with two of frame.
    room = MAX_LINES - 1 - sum(2 + table.row_count for table in tables) - 2
    reading = _reading(results, width)
    room -= len(reading)
    box_lines = _verdict_lines(results, width)
    lacking = _MIN_NOTES + len(box_lines) - room
    if lacking > 0 and len(results.comparisons) == 1:
        tables[-1] = _tests(results, width, _SHOWN_TESTS[: max(0, len(_SHOWN_TESTS) - lacking)])
        room += min(lacking, len(_SHOWN_TESTS))
    notes = _notes(results, width, max(_MIN_NOTES, room - len(box_lines)))
    box = _verdict(results, box_lines, width)
    return Group(_title(results, width), *reading, tables[0], box, *tables[1:], *notes)


def _title(results: Results, width: int) -> Text:
    question = results.question
    asked = f"{question.table} · {question.value} by {', '.join(question.by)}"
    asked = f"{asked} · baseline {_line(results.groups[0].group, 24)}"
    return Text(_line(asked, width), style="bold")


def _reading(results: Results, width: int) -> list[Text]:
    """Say how the table was understood; never cut."""
    return [Text(line, style="dim") for text in how_read(results) for line in _wrapped(text, width)]


def _groups(results: Results, width: int) -> Table:
    table = plain_table("group", "runs", "failed", "mean ± sd", "median")
    figure = next((f for f in results.figures if f.figure == "distributions"), None)
    table.add_column("log scale" if figure and figure.log else "distribution", no_wrap=True)
    bars = _bars(figure.tables["bars"]) if figure else {}
    errors = [g.se for g in results.groups if g.se]
    decimals = fmt.decimals_for(min(errors) if errors else None)
    shown = results.groups if len(results.groups) <= _MAX_GROUPS else results.groups[: _MAX_GROUPS - 1]
    # The effects below are of b − a.
    letters = ["a: ", "b: "] if len(results.comparisons) == 1 else []
    letters += [""] * (len(shown) - len(letters))
    for letter, g in zip(letters, shown, strict=True):
        table.add_row(
            Text(f"{letter}{_line(g.group, max(12, width - 64))}"),
            fmt.count(g.n),
            fmt.count(g.n_failed),
            f"{fmt.fixed(g.mean, decimals)} ± {fmt.fixed(g.sd, decimals)}",
            fmt.fixed(g.median, decimals),
            bars.get(g.group, ""),
        )
    if len(shown) < len(results.groups):
        table.add_row(Text(f"… {len(results.groups) - len(shown)} more", style="dim"))
    return table


def _verdict_lines(results: Results, width: int) -> list[Text]:
    answer = results.answer
    texts = [
        _with_short_names(text, results)
        for text in (answer.headline, answer.sentence, *answer.headlines)
        if text
    ]
    sentence, *further = (_wrapped(text, width - 4) for text in texts)
    lines = [*sentence, *(line for lines in further for line in lines)]
    return [Text(line, style="bold" if line in sentence else "") for line in lines]


def _with_short_names(text: str, results: Results) -> str:
    """Shorten long names where each stays itself: whole, they would leave no room for the numbers."""
    short = {g.group: fmt.shorten(g.group, _MAX_NAME) for g in results.groups}
    if len(set(short.values())) < len(short):
        return text
    for name in sorted(short, key=len, reverse=True):
        text = text.replace(name, short[name]) if len(name) > _MAX_NAME else text
    return text


def _verdict(results: Results, lines: Sequence[Text], width: int) -> Panel:
    answer = results.answer
    title = Text(answer.word, style=_STYLES.get("differs" if answer.differs else answer.verdict, ""))
    return Panel(Text("\n").join(lines), title=title, title_align="left", width=width)


def _effects(results: Results, width: int) -> Table:
    level = fmt.level(results.question.confidence)
    table = plain_table("effect (b − a)", "estimate", f"{level} interval", "no difference")
    found = {effect.effect: effect for effect in results.comparisons[0].effects}
    for key in _SHOWN_EFFECTS:
        if key in found:
            e = found[key]
            decimals, sign = fmt.decimals_of(e.estimate, e.low, e.high), e.null_value == 0
            table.add_row(
                Text(_line(e.label, width - 50)),
                fmt.fixed(e.estimate, decimals, sign=sign),
                fmt.interval(e.low, e.high, decimals, sign=sign),
                fmt.number(e.null_value),
            )
    return table


def _tests(results: Results, width: int, others: Sequence[str] = _SHOWN_TESTS) -> Table:
    """Return the primary test and few others by name; of the rest, how many reject."""
    wide = width >= _WIDE
    adjusted = f"p ({fmt.ADJUSTMENTS[results.question.adjust]})"
    table = plain_table("test", *(["statistic"] if wide else []), "p", adjusted)
    table.add_column("null hypothesis", no_wrap=True)
    tests = sorted(results.comparisons[0].tests, key=lambda test: not test.primary)
    shown = [test for test in tests if test.primary or test.test in others]
    for test in shown:
        mark = " (primary)" if test.primary else ""
        statistic = fmt.statistic(test.statistic_name, test.statistic)
        table.add_row(
            Text(f"{_line(test.label, 30)}{mark}"),
            *([statistic] if wide else []),
            fmt.pvalue(test.pvalue, at_most=test.at_most),
            fmt.pvalue(test.pvalue_adjusted, at_most=test.at_most),
            _decision(test.rejected) if test.primary else "",
        )
    rest = [test.rejected for test in tests if test not in shown]
    if rest:
        n = sum(rejected is True for rejected in rest)
        blanks = [""] * (3 if wide else 2)
        table.add_row(Text(f"{len(rest)} more in the report"), *blanks, f"{n} of {len(rest)} rejected")
    return table


def _decision(rejected: bool | None) -> str:  # noqa: FBT001 - a value of the table, not an option
    return fmt.MISSING if rejected is None else "rejected" if rejected else "not rejected"


def _pairs(results: Results, width: int) -> Table:
    comparisons = list(results.comparisons)
    table = plain_table("pair", "mean difference", "adjusted p")
    table.add_column("verdict", no_wrap=True)
    if len(comparisons) > _MAX_PAIRS:  # pairs that differ are what the few lines are for
        comparisons = sorted(comparisons, key=lambda comparison: comparison.verdict != "differs")
    shown = comparisons if len(comparisons) <= _MAX_PAIRS else comparisons[: _MAX_PAIRS - 1]
    for comparison in shown:
        difference = comparison.effect("mean_difference").estimate
        half = max(10, (width - 60) // 2)
        table.add_row(
            Text(f"{_line(comparison.group_b, half)} − {_line(comparison.group_a, half)}"),
            fmt.fixed(difference, fmt.decimals_for(difference, 3), sign=True),
            fmt.pvalue(comparison.primary.pvalue_adjusted, at_most=comparison.primary.at_most),
            Text(comparison.verdict, style=_STYLES.get(comparison.verdict, "")),
        )
    if len(shown) < len(comparisons):
        table.add_row(Text(f"… {len(comparisons) - len(shown)} more in the report", style="dim"))
    return table


def _notes(results: Results, width: int, room: int) -> list[Text]:
    """Return warnings first, in at most `room` lines; a note that does not fit is in the report."""
    notes = [
        ("note", f"{_of_group(e.group)}{fmt.plural(e.n, 'row')} left out, {e.reason}")
        for e in results.exclusions
    ]
    notes += [(c.level, c.sentence) for c in results.checks if c.level != "passed"]
    notes.sort(key=lambda note: note[0] != "warning")
    room = min(room, _MAX_NOTES)
    shown = notes if len(notes) <= room else notes[: max(0, room - 1)]
    lines = [
        Text.assemble((f"{level:<8}", _STYLES.get(level, "dim")), _opening(sentence, width - 8))
        for level, sentence in shown
    ]
    if len(shown) < len(notes):
        lines.append(
            Text(f"{'':8}{fmt.plural(len(notes) - len(shown), 'more note')} in the report", style="dim")
        )
    return lines


def _of_group(group: str) -> str:
    return "" if group == fmt.MISSING else f"{group}: "


def description(groups: pd.DataFrame, question: Question, width: int) -> RenderableType:
    """Return the table of groups that `analyze describe` prints; what does not fit is left out."""
    columns = {"mean": "mean", f"± {fmt.level(question.confidence)}": "reach", "sd": "sd", "median": "median"}
    if width >= _WIDE:
        columns |= {"q25": "q25", "q75": "q75"}
    if width >= _WIDE + 12:
        columns |= {"min": "min", "max": "max"}
    table = plain_table("group", "runs", "failed", *columns)
    errors = groups["se"].dropna()
    decimals = fmt.decimals_for(float(errors.min()) if len(errors) else None)
    groups = groups.assign(reach=groups["high"] - groups["mean"])
    for g in groups.to_dict("records"):
        cells = (_known(float(g[name]), decimals) for name in columns.values())
        group = Text(_line(str(g["group"]), max(12, width - 20 - 11 * len(columns))))
        table.add_row(group, fmt.count(g["n"]), fmt.count(g["n_failed"]), *cells)
    title = f"{question.table} · {question.value} by {', '.join(question.by)}"
    return Group(Text(_line(title, width), style="bold"), table)


def _known(value: float, decimals: int | None) -> str:
    return fmt.fixed(value if math.isfinite(value) else None, decimals)


def plans(planned: Sequence[Plan], question: Question, width: int) -> RenderableType:
    """Return what `analyze power` prints."""
    first = planned[0]
    parts: list[RenderableType] = []
    if first.difference is not None:
        asked = (
            f"Runs a group to find a difference of {fmt.number(first.difference)} in the mean of "
            f"{question.value}, with {fmt.percent(first.power)} power at level {fmt.number(question.alpha)}"
        )
        parts.append(Text(asked, style="bold"))
        table = plain_table("spread of", "runs there", "sd", *(t.label for t in first.tests))
        for plan in planned:
            table.add_row(
                Text(_line(plan.group, max(12, width - 76))),
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
                Text(_line(plan.group, max(12, width - 50))),
                fmt.count(plan.n),
                fmt.number(plan.sd, 3),
                _needed(plan.n_for_width),
            )
        parts.append(table)
    return Group(*parts)


def _needed(n_runs: int | None) -> str:
    return f"> {fmt.count(MAX_RUNS)}" if n_runs is None else fmt.count(n_runs)


def _bars(bars: Columns) -> dict[str, str]:
    """Return a bar of block characters per group, on one axis and one height for all."""
    shares = [float(share or 0) for share in bars["share"]]
    drawn: dict[str, str] = {}
    for group, share in zip(map(str, bars["group"]), shares, strict=True):
        level = _LEVELS[round((len(_LEVELS) - 1) * share / max(shares))] if share else " "
        drawn[group] = drawn.get(group, "") + level
    return drawn


def plain_table(first: str, *numbers: str) -> Table:
    """Return a table of a name and numbers without a frame."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    table.add_column(first, no_wrap=True, overflow="ellipsis")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _line(text: str, width: int) -> str:
    return fmt.shorten(" ".join(fmt.visible(text).split()), width)


def _opening(sentence: str, width: int) -> str:
    """Keep the beginning of a sentence, which says what was found; the report has all of it."""
    words = " ".join(sentence.split())
    return words if len(words) <= width else f"{words[: width - 2].rstrip(' ,;:')} …"


def _wrapped(text: str, width: int) -> Sequence[str]:
    return textwrap.wrap(" ".join(text.split()), width, break_long_words=True)


def changes(found: Sequence[Change], width: int) -> RenderableType:
    """Return what `analyze diff` prints: one line for each change, or that nothing changed."""
    if not found:
        return Text("no difference between the two reports: data, options, groups, verdicts, effects, tests")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim", width=width)
    table.add_column("changed", no_wrap=True)
    table.add_column("what", ratio=3, overflow="fold")
    table.add_column("before", ratio=3, overflow="fold")
    table.add_column("after", ratio=3, overflow="fold")
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


def summaries(compared: pd.DataFrame, given: Summaries, question: Question, width: int) -> RenderableType:
    """Return what `analyze compare` prints of groups of which only means and sds are known."""
    groups = plain_table("group", "runs", "mean", "sd")
    decimals = fmt.decimals_for(
        float((given.groups["sd"] / given.groups["n"] ** 0.5).replace(0, np.nan).min())
    )
    for group, n, mean, sd in given.groups[["group", "n", "mean", "sd"]].itertuples(index=False, name=None):
        name = Text(_line(str(group), max(12, width - 40)))
        groups.add_row(
            name, fmt.count(int(n)), fmt.fixed(float(mean), decimals), fmt.fixed(float(sd), decimals)
        )
    adjusted = f"p ({fmt.ADJUSTMENTS[question.adjust]})"
    level = fmt.level(question.confidence)
    pairs = plain_table("pair", "difference of means", f"{level} interval", "Welch p", adjusted)
    half = max(8, (width - 66) // 2)
    for row in compared.to_dict("records"):
        texts = fmt.with_ends(row["difference"], row["low"], row["high"])
        pairs.add_row(
            Text(f"{_line(row['group_b'], half)} − {_line(row['group_a'], half)}"),
            texts[0],
            f"[{texts[1]}, {texts[2]}]",
            fmt.pvalue(row["pvalue"]),
            fmt.pvalue(row["pvalue_adjusted"]),
        )
    title = f"{question.table} · {given.value} · summaries, not runs"
    note = _wrapped(WHAT_IS_NOT_SAID, width)
    return Group(
        Text(_line(title, width), style="bold"), groups, pairs, *(Text(t, style="dim") for t in note)
    )
