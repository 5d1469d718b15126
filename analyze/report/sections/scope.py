"""The section "Would it hold for new test examples?"."""

from analyze import text as fmt
from analyze.answered import Scope, ScopeInterval, Spread
from analyze.comparison.scope import in_examples, limits, sentence, spread_sentence
from analyze.records import Pair
from analyze.report.document import Block, Paragraph, Table, figures, fold, table
from analyze.report.pairs import MAX_ROWS, PAIR, pair_name, several
from analyze.results import Results


def scope(results: Results) -> list[Block]:
    """Show whether differences of accuracy hold on new examples, and which part of the spread is real."""
    found = [(pair, pair.scope) for pair in results.comparisons if pair.scope]
    if not found or results.answered is None:
        return []
    example = results.answered.example
    drawn = figures(results, "scope")
    grouped = found[0][1].image_groups is not None
    about = Paragraph(text=limits(example, grouped=grouped), tone="note")
    if not several(results):
        pair, one = found[0]
        said = sentence(pair.groups, one, results.question, example, n_pairs=1)
        return [
            Paragraph(text=said),
            *drawn,
            *_spread_told(results),
            about,
            fold("Both intervals in numbers", _intervals(found, results), _spreads(results)),
        ]
    return [
        *drawn,
        about,
        fold("Both intervals of each pair, and the spreads", _intervals(found, results), _spreads(results)),
    ]


def _intervals(found: list[tuple[Pair, Scope]], results: Results) -> Table:
    columns = {PAIR: False, "Difference": True, "On these": True, "On new ones": True, "p": True}
    n_pairs = len(found)
    columns |= {"adjusted p": True} if n_pairs > 1 else {}
    grouped = any(one.new_ungrouped for _, one in found)
    columns |= {"Taken as independent": True} if grouped else {}
    columns |= {"Runs": False}
    rows = []
    for pair, one in found[:MAX_ROWS]:
        new = one.new_ungrouped
        rows.append(
            (
                pair_name(pair),
                _number(one.difference, one),
                _ends(one.test, one),
                _ends(one.new, one),
                fmt.pvalue(one.new.pvalue),
                *([fmt.pvalue(one.new.pvalue_adjusted)] if n_pairs > 1 else []),
                *([_ends(new, one) if new else fmt.MISSING] if grouped else []),
                f"{fmt.count(one.n_a)} twins"
                if one.paired
                else f"{fmt.count(one.n_b)} + {fmt.count(one.n_a)}",
            )
        )
    first = found[0][1]
    what = f"{results.answered.example}s" if results.answered else "examples"
    of_groups = (
        f", on new ones in new groups ({fmt.count(first.image_groups)} groups)" if first.image_groups else ""
    )
    left_out = f" The first {MAX_ROWS} of {n_pairs} pairs." if n_pairs > MAX_ROWS else ""
    caption = (
        f"Right answers of {fmt.count(first.n_test)}, mean difference with "
        f"{fmt.level(results.question.confidence)} "
        f"intervals on these {what} and on new ones{of_groups}; p is that of no difference on new "
        f"ones.{left_out}"
    )
    return table(caption, columns, rows)


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


def _number(share: float | None, one: Scope) -> str:
    low, high = one.new.low, one.new.high
    decimals = None if low is None or high is None else fmt.decimals_for((high - low) * one.n_test)
    return fmt.fixed(None if share is None else share * one.n_test, decimals, sign=True)


def _ends(interval: ScopeInterval, one: Scope) -> str:
    return " to ".join(in_examples(interval, one.n_test)) if interval.low is not None else fmt.MISSING
