"""The report in some 25 lines of 80 to 200 columns, for the person who typed the command.

What is said is never cut: it is wrapped, and tables that repeat what the verdict says give way to it. Where
the output is piped, sentences are whole lines, and all groups, pairs and notes are there.

The words carry every decision; colour only repeats them.
"""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from analyze import text as fmt
from analyze.records import AdjustedTest, Pair
from analyze.report.page import Page, plain_table
from analyze.report.read_as import how_read
from analyze.results import Columns, GroupSummary, Results

# What is filled up with notes: one line of the 25 says where the report is.
MAX_LINES = 24
_LEVELS = "▁▂▃▄▅▆▇█"
_MAX_GROUPS = 6
_MAX_PAIRS = 5
_MAX_PIPED = 100
_MAX_NOTES = 4
# From these widths on the tests' statistics fit beside their p-values; quartiles; two tables side by side.
_WIDE, _WIDER, _WIDEST = 100, 120, 180
_SHOWN_EFFECTS = ("mean_difference", "sd_ratio", "probability_of_superiority")
_SHOWN_TESTS = ("mann_whitney", "welch_t")
_STYLES = {"differs": "bold yellow", "equivalent": "bold green", "warning": "yellow"}


def summary(results: Results, width: int, *, whole: bool = False) -> RenderableType:
    """Return groups, verdict, tests and warnings; print it with ``Console(width=width)``.

    Parameters
    ----------
    results : Results
        What was found.
    width : int
        Columns of tables, and of sentences on a terminal.
    whole : bool
        Whether sentences are whole lines, for a console without end, and no group or note is left out.
    """
    page = Page(width=width, whole=whole)
    opening, verdict = _opening(results, page), _verdict(results, page)
    groups, n_lines = _groups(results, page)
    room = MAX_LINES - len(opening) - n_lines - len(verdict) - (0 if page.whole else 2)
    warnings, notes = _told(results, page)
    tables, n_lines = _tables(results, page, room - len(warnings))
    shown = _within(notes, room - n_lines - len(warnings), page)
    framed = Group(*verdict) if page.whole else _framed(results, verdict, page)
    return Group(*opening, groups, framed, *tables, *warnings, *shown)


def _opening(results: Results, page: Page) -> list[Text]:
    """Say what was asked, and how the table was understood."""
    question = results.question
    asked = f"{fmt.visible(question.table)} · {question.value} by {', '.join(question.by)}"
    asked += f" · baseline {page.name(results.groups[0].group)}"
    lines = page.said(asked, style="bold")
    return [*lines, *(line for text in how_read(results) for line in page.said(text, style="dim"))]


def _verdict(results: Results, page: Page) -> list[Text]:
    """Return the verdict's sentences as lines; without a frame its word stands before them."""
    answer = results.answer
    texts = [
        _with_names(text, results, page)
        for text in (
            answer.headline,
            answer.sentence,
            results.ranking.sentence if results.ranking else "",
            *answer.headlines,
            *_answered(results),
        )
        if text
    ]
    first, *further = (page.wrapped(text, indent=4) for text in texts)
    lines = [Text(line, style="bold") for line in first]
    lines += [Text(line) for part in further for line in part]
    word = Text(answer.word, style=_STYLES.get("differs" if answer.differs else answer.verdict, "bold"))
    return [word, *lines] if page.whole else lines


def _answered(results: Results) -> list[str]:
    """Return whether it holds on new test examples, and whether functions differ, where that is known."""
    answer = results.answer
    return [] if results.answered is None else [answer.scope, answer.functions]


def _framed(results: Results, lines: Sequence[Text], page: Page) -> Panel:
    answer = results.answer
    title = Text(answer.word, style=_STYLES.get("differs" if answer.differs else answer.verdict, ""))
    return Panel(Text("\n").join(lines), title=title, title_align="left", width=page.width)


def _with_names(text: str, results: Results, page: Page) -> str:
    """Shorten what would fill the page, where each name stays itself."""
    short = {g.group: page.name(g.group) for g in results.groups}
    if len(set(short.values())) < len(short):
        return text
    for name in sorted(short, key=len, reverse=True):
        text = text.replace(name, short[name]) if len(short[name]) < len(name) else text
    return text


def _groups(results: Results, page: Page) -> tuple[Table, int]:
    """Return the groups, and how many lines they take; of many the best, the last and the baseline."""
    figure = next((f for f in results.figures if f.figure == "distributions"), None)
    more = {"quartiles": ("q25", "q75"), "range": ("min", "max")} if page.width >= _WIDER else {}
    table = plain_table("group", "runs", "failed", "mean ± sd", "median", *more)
    room = max(12, page.width - 64 - 24 * len(more))
    table.add_column("log scale" if figure and figure.log else "distribution", no_wrap=True)
    bars = _bars(figure.tables["bars"]) if figure else {}
    errors = [g.se for g in results.groups if g.se]
    decimals = fmt.decimals_for(min(errors) if errors else None)
    letters = ("a: ", "b: ") if len(results.comparisons) == 1 else ()  # the effects below are of b − a
    shown, n_left = _shown_groups(results, page)
    n_lines = 2
    for place, g in enumerate(shown):
        if n_left and place == len(shown) - 1:
            table.add_row(Text(f"{n_left} more in the report", style="dim"))
            n_lines += 1
        name = page.folded(f"{letters[place] if place < len(letters) else ''}{page.name(g.group)}", room)
        table.add_row(
            Text("\n".join(name)),
            fmt.count(g.n),
            fmt.count(g.n_failed),
            f"{fmt.fixed(g.mean, decimals)} ± {fmt.fixed(g.sd, decimals)}",
            fmt.fixed(g.median, decimals),
            *(" to ".join(fmt.fixed(getattr(g, end), decimals) for end in ends) for ends in more.values()),
            bars.get(g.group, ""),
        )
        n_lines += len(name)
    return table, n_lines


def _shown_groups(results: Results, page: Page) -> tuple[list[GroupSummary], int]:
    """Return few groups in their order; of many the baseline, the best and the last, best first."""
    groups = list(results.groups)
    if len(groups) <= _MAX_GROUPS:
        return groups, 0
    sign = -1 if results.question.better == "higher" else 1
    ranked = sorted(groups, key=lambda g: (g.mean is None, sign * (g.mean or 0)))
    if page.whole:
        return ranked, 0
    kept = [*ranked[: _MAX_GROUPS - 2], ranked[-1]]
    if results.question.baseline is not None and groups[0] not in kept:
        kept.insert(0, groups[0])
    return kept, len(groups) - len(kept)


def _tables(results: Results, page: Page, room: int) -> tuple[list[RenderableType], int]:
    """Return effects and tests, or pairs, in so many lines, if need be without what the verdict says too."""
    if len(results.comparisons) > 1:
        table = _pairs(results, page)
        return [table], 2 + table.row_count
    effects = _effects(results)
    tests = _tests(results, page)
    if page.width >= _WIDEST and not page.whole:
        beside = Table.grid(padding=(0, 6, 0, 0))
        beside.add_row(effects, tests)
        return [beside], 2 + max(effects.row_count, tests.row_count)
    n_lines = 4 + effects.row_count + tests.row_count
    if page.whole or n_lines <= room:
        return [effects, tests], n_lines
    tests = _tests(results, page, others=())
    if (n_lines := 4 + effects.row_count + tests.row_count) <= room:
        return [effects, tests], n_lines
    return [effects], 2 + effects.row_count


def _effects(results: Results) -> Table:
    level = fmt.level(results.question.confidence)
    table = plain_table("effect (b − a)", "estimate", f"{level} interval", "no difference")
    found = {effect.effect: effect for effect in results.comparisons[0].effects}
    for key in _SHOWN_EFFECTS:
        if key in found:
            e = found[key]
            decimals, sign = fmt.decimals_of(e.estimate, e.low, e.high), e.null_value == 0
            table.add_row(
                Text(e.label),
                fmt.fixed(e.estimate, decimals, sign=sign),
                fmt.interval(e.low, e.high, decimals, sign=sign),
                fmt.number(e.null_value),
            )
    return table


def _tests(results: Results, page: Page, others: Sequence[str] = _SHOWN_TESTS) -> Table:
    """Return the primary test and few others by name; of the rest, how many reject."""
    wide = page.width >= _WIDE
    adjusted = f"p ({fmt.ADJUSTMENTS[results.question.adjust]})"
    table = plain_table("test", *(["statistic"] if wide else []), "p", adjusted)
    table.add_column("null hypothesis", no_wrap=True)
    tests = sorted(results.comparisons[0].tests, key=lambda test: not test.primary)
    shown = [test for test in tests if test.primary or test.test in others]
    for test in shown:
        table.add_row(*_cells(test, wide=wide))
    rest = [test.rejected for test in tests if test not in shown]
    if rest:
        n = sum(rejected is True for rejected in rest)
        blanks = [""] * (3 if wide else 2)
        table.add_row(Text(f"{len(rest)} more in the report"), *blanks, f"{n} of {len(rest)} rejected")
    return table


def _cells(test: AdjustedTest, *, wide: bool) -> list[Text | str]:
    return [
        Text(f"{test.label}{' (primary)' if test.primary else ''}"),
        *([fmt.statistic(test.statistic_name, test.statistic)] if wide else []),
        fmt.pvalue(test.pvalue, at_most=test.at_most),
        fmt.pvalue(test.pvalue_adjusted, at_most=test.at_most),
        _decision(test.rejected) if test.primary else "",
    ]


def _decision(rejected: bool | None) -> str:  # noqa: FBT001 - a value of the table, not an option
    return fmt.MISSING if rejected is None else "rejected" if rejected else "not rejected"


def _pairs(results: Results, page: Page) -> Table:
    wide = page.width >= _WIDE
    intervals = [f"{fmt.level(results.question.confidence)} interval"] if wide else []
    table = plain_table("pair", "mean difference", *intervals, "adjusted p")
    table.add_column("verdict", no_wrap=True)
    comparisons: Sequence[Pair] = results.comparisons
    if len(comparisons) > _MAX_PAIRS:  # those that differ most are what the few lines are for
        comparisons = sorted(comparisons, key=_little)
    room = _MAX_PIPED if page.whole else _MAX_PAIRS
    shown = comparisons if len(comparisons) <= room else comparisons[: room - 1]
    for comparison in shown:
        effect = comparison.effect("mean_difference")
        decimals = fmt.decimals_of(effect.estimate, effect.low, effect.high)
        table.add_row(
            Text(f"{page.name(comparison.group_b)} − {page.name(comparison.group_a)}"),
            fmt.fixed(effect.estimate, decimals, sign=True),
            *([fmt.interval(effect.low, effect.high, decimals, sign=True)] if wide else []),
            fmt.pvalue(comparison.primary.pvalue_adjusted, at_most=comparison.primary.at_most),
            Text(comparison.verdict, style=_STYLES.get(comparison.verdict, "")),
        )
    if len(shown) < len(comparisons):
        table.add_row(Text(f"{len(comparisons) - len(shown)} more in the report", style="dim"))
    return table


def _little(pair: Pair) -> tuple[bool, float]:
    """Order pairs: those that differ first, of these the largest difference."""
    return pair.verdict != "differs", -abs(pair.effect("mean_difference").estimate or 0)


def _told(results: Results, page: Page) -> tuple[list[Text], list[list[Text]]]:
    """Return the lines of all warnings, and those of each note."""
    found = [
        ("note", f"{_of_group(e.group)}{fmt.plural(e.n, 'row')} left out, {e.reason}")
        for e in results.exclusions
    ]
    found += [(c.level, c.sentence) for c in results.checks if c.level != "passed"]
    told = [(level, _with_level(level, sentence, page)) for level, sentence in found]
    warnings = [line for level, lines in told if level == "warning" for line in lines]
    return warnings, [lines for level, lines in told if level != "warning"]


def _within(notes: Sequence[list[Text]], room: int, page: Page) -> list[Text]:
    """Return the lines of the notes that fit, each of them whole, and how many more the report has."""
    shown: list[Text] = []
    for place, note in enumerate(notes):
        is_last = place == len(notes) - 1
        if not page.whole and (place == _MAX_NOTES or len(shown) + len(note) + (not is_last) > room):
            n_left = len(notes) - place
            return [*shown, Text(f"{'':8}{fmt.plural(n_left, 'more note')} in the report", style="dim")]
        shown += note
    return shown


def _with_level(level: str, sentence: str, page: Page) -> list[Text]:
    first, *further = page.wrapped(sentence, indent=8)
    lead = Text.assemble((f"{level:<8}", _STYLES.get(level, "dim")), first)
    return [lead, *(Text(f"{'':8}{line}") for line in further)]


def _of_group(group: str) -> str:
    return "" if group == fmt.MISSING else f"{group}: "


def _bars(bars: Columns) -> dict[str, str]:
    """Return a bar of block characters per group, on one axis and one height for all."""
    shares = [float(share or 0) for share in bars["share"]]
    drawn: dict[str, str] = {}
    for group, share in zip(map(str, bars["group"]), shares, strict=True):
        level = _LEVELS[round((len(_LEVELS) - 1) * share / max(shares))] if share else " "
        drawn[group] = drawn.get(group, "") + level
    return drawn
