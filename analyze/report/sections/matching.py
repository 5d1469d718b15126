"""The section "Matched pairs"."""

from analyze import text as fmt
from analyze.records import Matched, Pair
from analyze.report.document import Block, Paragraph, Table, figures, fold, table
from analyze.report.pairs import (
    MAX_ROWS,
    PAIR,
    detailed,
    named,
    naming,
    of_pairs,
    pair_name,
    several,
)
from analyze.report.sections.inference import effects_table
from analyze.results import Results


def pairs(results: Results) -> list[Block]:
    """Show runs with equal units against each other, where they are matched by design."""
    matched = [(pair, pair.matched) for pair in results.comparisons if pair.matched]
    if not matched:
        return []
    drawn = figures(results, "pairs")
    shown = [(pair, pair.matched) for pair in detailed(results) if pair.matched and pair.matched.effects]
    if not several(results):
        within = [_effects(results, shown)] if shown else []
        return [Paragraph(text=_sentence(matched[0][1], results)), *drawn, *within]
    blocks: list[Block] = [_matched(matched, results), *drawn]
    return [*blocks, fold("Effects within pairs", _effects(results, shown))] if shown else blocks


def _matched(matched: list[tuple[Pair, Matched]], results: Results) -> Table:
    columns = {PAIR: False, "Matched": True, "Unmatched": True, "Correlation": True}
    columns |= {"Interval of the correlation": True, "Mean difference": True, "Gain": True}
    left_out = f" The first {MAX_ROWS} of {len(matched)} pairs." if len(matched) > MAX_ROWS else ""
    caption = (
        f"Runs with equal {results.question.unit} as matched pairs. Unmatched: runs of the first and of "
        "the second group without a partner. Gain: so many times as many unpaired runs would give as narrow "
        f"an interval of the mean difference.{left_out}"
    )
    return table(caption, columns, [_row(pair, m) for pair, m in matched[:MAX_ROWS]])


def _row(pair: Pair, m: Matched) -> tuple[str, ...]:
    mean, low, high = m.mean_difference, m.mean_difference_low, m.mean_difference_high
    decimals = fmt.decimals_of(mean, low, high)
    of_correlation = fmt.decimals_of(m.correlation, m.low, m.high)
    return (
        pair_name(pair),
        fmt.count(m.n_pairs),
        f"{fmt.count(m.n_unmatched_b)} + {fmt.count(m.n_unmatched_a)}",
        fmt.fixed(m.correlation, of_correlation),
        fmt.interval(m.low, m.high, of_correlation),
        fmt.fixed(mean, decimals, sign=True),
        fmt.number(m.precision_gain, 3),
    )


def _sentence(m: Matched, results: Results) -> str:
    n_alone = m.n_unmatched_a + m.n_unmatched_b
    alone = f"; {fmt.plural(n_alone, 'run has', 'runs have')} no partner" if n_alone else ""
    text = f"{fmt.plural(m.n_pairs, 'pair')} of runs with equal {results.question.unit}{alone}."
    if m.correlation is not None:
        places = fmt.decimals_of(m.correlation, m.low, m.high)
        ends = f" ({fmt.fixed(m.low, places)} to {fmt.fixed(m.high, places)})" if m.low is not None else ""
        text += f" The correlation within pairs is {fmt.fixed(m.correlation, places)}{ends}."
    if m.precision_gain is not None:
        text += (
            " For the difference of means, the pairs are as precise as "
            f"{fmt.number(m.precision_gain, 3)} times as many unpaired runs."
        )
    return text


def _effects(results: Results, pairs: list[tuple[Pair, Matched]]) -> Table:
    rows = [(named(pair, results), e) for pair, matched in pairs for e in matched.effects]
    level = fmt.level(rows[0][1].confidence_level)
    caption = (
        f"Effects within pairs{of_pairs(results)}, d = b − a at the same {results.question.unit}, with "
        f"{level} intervals."
    )
    return effects_table(caption, rows, naming(results), results.question.value)
