"""The section "Would it hold for new test examples?"."""

from dataclasses import replace

from analyze import text as fmt
from analyze.answered import Spread
from analyze.comparison.scope import intervals, spread_sentence
from analyze.report.document import Block, Figure, Paragraph, Table, figures, fold, table
from analyze.report.pairs import MAX_ROWS, several
from analyze.results import Results


def scope(results: Results) -> list[Block]:
    """Show whether differences of accuracy hold on new examples, and which part of the spread is real."""
    found = [(pair, pair.scope) for pair in results.comparisons if pair.scope]
    if not found or results.answered is None:
        return []
    numbers = table(*intervals({p.groups: one for p, one in found}, results.question, results.answered))
    told = [] if several(results) else _spread_told(results)
    drawn = figures(results, "scope")
    if not several(results):  # whether it holds stands in the box that opens the report
        drawn = [replace(one, on_paper=False) for one in drawn if isinstance(one, Figure)]
    return [
        *drawn,
        *told,
        fold("Both intervals, and the spreads", numbers, _spreads(results), on_paper=several(results)),
    ]


def _spreads(results: Results) -> Table:
    n = results.answered.n_examples if results.answered else 0
    columns = {
        "Group": False,
        "Observed": True,
        "Independent errors": True,
        "On all that could be drawn": True,
    }
    columns |= {"Interval": True, "Real": True}
    known = [(g.group, g.spread) for g in results.groups if g.spread]
    rows = [(group, *_spread(spread, n)) for group, spread in known[:MAX_ROWS]]
    heavy = [group for group, spread in known if spread.heavy_tails]
    tails = f" Heavy tails, so that the interval is too short: {fmt.listing(heavy)}." if heavy else ""
    caption = (
        "Standard deviation of right answers between runs: on these examples, if errors were independent, "
        "and on "
        f"all examples that could be drawn. Real: its share of the observed variance.{tails}"
    )
    return table(caption, columns, rows)


def _spread(spread: Spread, n: int) -> tuple[str, ...]:
    sds = (spread.sd_observed, spread.sd_independent, spread.sd_distribution)
    low, high = (
        None if x is None else x * n for x in (spread.sd_distribution_low, spread.sd_distribution_high)
    )
    real = fmt.MISSING if spread.share_real is None else fmt.percent(spread.share_real)
    return (*(fmt.number(None if x is None else x * n, 3) for x in sds), fmt.interval(low, high, 1), real)


def _spread_told(results: Results) -> list[Block]:
    example = results.answered.example if results.answered else "example"
    n = results.answered.n_examples if results.answered else 0
    told = [spread_sentence(g.group, g.spread, n, example) for g in results.groups if g.spread]
    return [Paragraph(text=" ".join(told))] if told else []
