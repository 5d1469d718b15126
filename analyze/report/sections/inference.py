"""The sections on how large differences are, which are shown by tests, and what all groups show together."""

from collections.abc import Mapping, Sequence

from analyze import text as fmt
from analyze.records import AdjustedTest, Effect, Pair, Test
from analyze.report.document import Block, Fold, Paragraph, Table, figures, fold, table
from analyze.report.pairs import (
    PAIR,
    alpha,
    beside,
    detailed,
    named,
    naming,
    of_pairs,
    pair_name,
    placed,
    several,
    spoken,
)
from analyze.results import Results

# An overview of more pairs than this is folded away: the figures show all of them.
MAX_OVERVIEW = 15


def effects(results: Results) -> list[Block]:
    """Show how large the differences are, before any test."""
    drawn = figures(results, "effects")
    if not several(results):
        pair = results.comparisons[0]
        every = fold("Every effect, with its interval and method", _effects(results, detailed(results)))
        return [Paragraph(text=pair.detail), *drawn, every]
    sentences = spoken(results, lambda pair: f"{pair.sentence} {pair.detail}".strip())
    blocks: list[Block] = [*_left_out(results), _overview_placed(results), *drawn]
    blocks += placed(sentences, "What is concluded of each pair, in a sentence")
    if detailed(results):
        blocks.append(fold("Every effect of each pair", _effects(results, detailed(results))))
    return blocks


def _left_out(results: Results) -> list[Block]:
    """Say that only the primary test was made, and how to have all."""
    if results.tasks or all(pair.where for pair in results.comparisons):
        return []
    n_pairs = fmt.plural(len(results.comparisons), "pair")
    return [
        Paragraph(
            text=f"Of {n_pairs} only the primary test was made, and every pair is in the CSV tables; "
            f"{fmt.option('tests', 'all')} makes all tests, {fmt.option('baseline', 'GROUP')} compares with "
            "one group."
        )
    ]


def tests(results: Results) -> list[Block]:
    """Show every test with its null hypothesis in words, and the distribution functions."""
    drawn = figures(results, "tests")
    if not several(results):
        every = fold("Every test, with its null hypothesis and method", _tests(results, detailed(results)))
        return [Paragraph(text=_primary_sentence(results)), *drawn, every]
    short = _beside(results) if beside(results) else _decisions(results)
    shown: Block = short if len(short.rows) <= MAX_OVERVIEW else fold("The decision on every pair", short)
    blocks = [shown, *drawn]
    if detailed(results):
        blocks.append(fold("Every test of each pair, with its method", _tests(results, detailed(results))))
    return blocks


def many(results: Results) -> list[Block]:
    """Show tests of all groups at once, where there are more than two."""
    drawn = figures(results, "many")
    return [_omnibus(results), *drawn] if results.omnibus else drawn


def effects_table(
    caption: str, rows: Sequence[tuple[tuple[str, ...], Effect]], lead: Mapping[str, bool], value: str = ""
) -> Table:
    """Build a table of effects with their intervals and methods; each row is (leading cells, effect).

    Effects whose unit is that of ``value`` name none: the caption does.
    """
    columns = {
        **lead,
        "Effect": False,
        "Estimate": True,
        "Interval": True,
        "No difference": True,
        "Method": False,
    }
    cells = []
    for leading, e in rows:
        decimals, sign = fmt.decimals_of(e.estimate, e.low, e.high), e.null_value == 0
        name = f"{e.label} ({e.unit})" if e.unit and e.unit != value else e.label
        told = e.method.startswith("no interval")
        reason = f"; {e.reason}" if e.reason and not told else ""
        cells.append(
            (
                *leading,
                fmt.initial(name),
                fmt.fixed(e.estimate, decimals, sign=sign),
                fmt.interval(e.low, e.high, decimals, sign=sign),
                fmt.number(e.null_value),
                f"{e.method}{reason}",
            )
        )
    return table(caption, columns, cells)


def _effects(results: Results, pairs: list[Pair]) -> Table:
    every = [e for pair in pairs for e in pair.effects]
    level = next((e.confidence_level for e in every), None)
    interval = f", with {fmt.level(level)} intervals" if level else ""
    unit = f"in {results.question.value} or the unit named{interval}"
    caption = f"Effects{of_pairs(results)}, {unit}. “No difference” is the value that would mean none."
    rows = [(named(pair, results), e) for pair in pairs for e in pair.effects]
    return effects_table(caption, rows, naming(results), results.question.value)


def _overview_placed(results: Results) -> Table | Fold:
    overview = _overview(results)
    return overview if len(overview.rows) <= MAX_OVERVIEW else fold("All pairs in a table", overview)


def _overview(results: Results) -> Table:
    pairs = results.comparisons
    columns = {PAIR: False, "Verdict": False, "Mean difference": True, "Interval": True, "P(b > a)": True}
    columns |= {"adjusted p": True}
    differences = [pair.effect("mean_difference") for pair in pairs]
    decimals = [fmt.decimals_of(d.estimate, d.low, d.high) for d in differences]
    common = max((d for d in decimals if d is not None), default=None)
    rows = []
    for pair, difference in zip(pairs, differences, strict=True):
        rows.append(
            (
                pair_name(pair),
                pair.verdict,
                fmt.fixed(difference.estimate, common, sign=True),
                fmt.interval(difference.low, difference.high, common, sign=True),
                fmt.probability(pair.effect("probability_of_superiority").estimate),
                _adjusted_p(pair.primary),
            )
        )
    level = fmt.level(results.question.confidence)
    caption = (
        f"All pairs: mean difference with {level} interval, the probability that a run of b has the larger "
        f"value (ties count one half), and the adjusted p of the primary test.{_which_details(results)}"
    )
    return table(caption, columns, rows)


def _which_details(results: Results) -> str:
    shown = len(detailed(results))
    if shown == len(results.comparisons):
        return ""
    if shown:
        return (
            f" Full tables are below for the {shown} pairs with the baseline; the rest is in the CSV tables."
        )
    return " Every effect and test of every pair is in the CSV tables."


def _adjusted(results: Results) -> str:
    return f"p ({fmt.ADJUSTMENTS[results.question.adjust]})"


def _tests(results: Results, pairs: list[Pair]) -> Table:
    columns = {**naming(results), "Test": False, "Null hypothesis": False, "Statistic": True, "p": True}
    columns |= {_adjusted(results): True, "Method": False}
    rows = [
        named(
            pair,
            results,
            _label(t),
            t.hypothesis,
            fmt.statistic(t.statistic_name, t.statistic),
            fmt.pvalue(t.pvalue, at_most=t.at_most),
            fmt.pvalue(t.pvalue_adjusted, at_most=t.at_most),
            _method(t),
        )
        for pair in pairs
        for t in pair.tests
    ]
    return table(f"Tests{of_pairs(results)}, two-sided.", columns, rows)


def _beside(results: Results) -> Table:
    """Set the adjusted p-values of all pairs side by side."""
    pairs = results.comparisons
    found = [{t.test: t for t in pair.tests} for pair in pairs]
    every = {key: t for tests_ in found for key, t in tests_.items()}
    rows = [
        (
            _label(t),
            t.hypothesis,
            *(_adjusted_p(tests_.get(key)) for tests_ in found),
        )
        for key, t in every.items()
    ]
    columns = {"Test": False, "Null hypothesis": False} | {pair_name(pair): True for pair in pairs}
    caption = f"Adjusted p-values of all tests, two-sided; at most {alpha(results)} is a rejection."
    return table(caption, columns, rows)


def _adjusted_p(test: AdjustedTest | None) -> str:
    return fmt.MISSING if test is None else fmt.pvalue(test.pvalue_adjusted, at_most=test.at_most)


def _decisions(results: Results) -> Table:
    columns = {PAIR: False, "Statistic": True, "p": True, _adjusted(results): True, "Decision": False}
    columns |= {"Secondary tests rejected": True}
    rows = []
    for pair in results.comparisons:
        test = pair.primary
        others = [t.rejected for t in pair.tests if not t.primary and t.rejected is not None]
        rows.append(
            (
                pair_name(pair),
                fmt.statistic(test.statistic_name, test.statistic),
                fmt.pvalue(test.pvalue, at_most=test.at_most),
                fmt.pvalue(test.pvalue_adjusted, at_most=test.at_most),
                _decision(test.rejected),
                f"{sum(others)} of {len(others)}",
            )
        )
    label = results.comparisons[0].primary.label
    caption = f"The primary test of every pair, {label}, two-sided at {alpha(results)}."
    return table(caption, columns, rows)


def _omnibus(results: Results) -> Table:
    columns = {"Test": False, "Null hypothesis": False, "Statistic": True, "p": True, "Method": False}
    rows = [
        (
            o.label,
            o.hypothesis,
            fmt.statistic(o.statistic_name, o.statistic),
            fmt.pvalue(o.pvalue, at_most=o.at_most),
            _method(o),
        )
        for o in results.omnibus
    ]
    n_groups = len({group for pair in results.comparisons for group in (pair.group_a, pair.group_b)})
    caption = f"All {n_groups} groups at once; these p-values are not adjusted."
    return table(caption, columns, rows)


def _primary_sentence(results: Results) -> str:
    """Tell the test that decides, and how many others there are to look up."""
    test = results.comparisons[0].primary
    pvalue = fmt.pvalue(test.pvalue, at_most=test.at_most)
    sign = "" if pvalue[:1] in "<>≤≥" else "= "
    told = f"{fmt.statistic(test.statistic_name, test.statistic)}, p {sign}{pvalue}"
    decision = "" if test.rejected is None else f", {_decision(test.rejected)} at {alpha(results)}"
    others = len(results.comparisons[0].tests) - 1
    decides = (
        f"The test that decides, {test.label}: {told}. Its null hypothesis{decision}: {test.hypothesis}."
    )
    if not others:
        return decides
    return (
        f"{decides} {fmt.plural(others, 'other test answers', 'other tests answer')} other questions, and "
        "their p-values decide nothing here."
    )


def _label(test: AdjustedTest) -> str:
    return f"{test.label} (primary)" if test.primary else test.label


def _method(test: Test) -> str:
    error = test.pvalue_error
    drawn = f"Monte-Carlo error of p {fmt.number(error, 1)}" if error and test.pvalue is not None else None
    return "; ".join(part for part in (test.method, drawn, test.reason) if part)


def _decision(rejected: bool | None) -> str:  # noqa: FBT001 - a value of the table, not an option
    words = {True: "rejected", False: "not rejected"}
    return fmt.MISSING if rejected is None else words[rejected]
