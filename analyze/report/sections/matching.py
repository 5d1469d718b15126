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


def pairs(model: Results) -> list[Block]:
    """Show runs with equal units against each other, where they are matched by design."""
    matched = [(pair, pair.matched) for pair in model.comparisons if pair.matched]
    if not matched:
        return []
    blocks: list[Block] = [_matched(matched, model), *figures(model, "pairs")]
    shown = [(pair, pair.matched) for pair in detailed(model) if pair.matched and pair.matched.effects]
    if not shown:
        return blocks
    if several(model):
        return [*blocks, fold("Effects within pairs", _effects(model, shown))]
    return [*_gain(shown[0][1]), *blocks, _effects(model, shown)]


def _matched(matched: list[tuple[Pair, Matched]], model: Results) -> Table:
    columns = {PAIR: False, "Matched": True, "Unmatched": True, "Correlation": True, "Interval": True}
    columns |= {"Mean difference": True, "Gain": True}
    left_out = f" The first {MAX_ROWS} of {len(matched)} pairs." if len(matched) > MAX_ROWS else ""
    caption = (
        f"Runs with equal {model.question.unit} as matched pairs. Unmatched: runs of the first and of "
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


def _gain(matched: Matched) -> list[Block]:
    gain = matched.precision_gain
    if gain is None:
        return []
    text = (
        "For the difference of means, the pairs are as precise as "
        f"{fmt.number(gain, 3)} times as many unpaired runs."
    )
    return [Paragraph(text=text)]


def _effects(model: Results, pairs: list[tuple[Pair, Matched]]) -> Table:
    rows = [(named(pair, model), e) for pair, matched in pairs for e in matched.effects]
    level = fmt.level(rows[0][1].confidence_level)
    caption = (
        f"Effects within pairs{of_pairs(model)}, d = b − a at the same {model.question.unit}, with "
        f"{level} intervals."
    )
    return effects_table(caption, rows, naming(model))
