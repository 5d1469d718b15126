"""The section "Runs that failed"."""

from analyze import text as fmt
from analyze.question import alpha_of
from analyze.records import Failures, Number, Pair, WorstRanked
from analyze.report.document import Block, Paragraph, Table, fold, table
from analyze.report.pairs import (
    MAX_ROWS,
    PAIR,
    alpha,
    detailed,
    lead_of,
    named,
    naming,
    of_pairs,
    pair_name,
    placed,
    several,
)
from analyze.results import Results


def failures(results: Results) -> list[Block]:
    """Show how often groups fail, and what the rank tests say with failing as the worst result."""
    failing = [(pair, pair.failures) for pair in results.comparisons if pair.failures]
    if not failing:
        return []
    blocks: list[Block] = [_shares(failing)]
    ranked = [(pair, pair.worst_ranked) for pair in detailed(results) if pair.worst_ranked]
    if not ranked:
        return blocks
    sentences = [
        Paragraph(text=_sentence(pair, worst, results), lead=lead_of(pair, results)) for pair, worst in ranked
    ]
    blocks += placed(sentences, "What ranking failures worst changes, pair by pair")
    table_ = _worst(results, ranked)
    return [
        *blocks,
        fold("Rank tests with failures worst, pair by pair", table_) if several(results) else table_,
    ]


def _shares(failing: list[tuple[Pair, Failures]]) -> Table:
    columns = {PAIR: False, "Failed, a": True, "Failed, b": True, "Difference (points)": True}
    columns |= {"Interval": True, "p": True}
    rows = []
    for pair, f in failing[:MAX_ROWS]:
        difference, low, high = (_points(share) for share in (f.difference, f.low, f.high))
        width = None if low is None or high is None else high - low
        decimals = max(fmt.decimals_for(width) or 0, 1)
        rows.append(
            (
                pair_name(pair),
                f"{fmt.count(f.n_failed_a)} of {fmt.count(f.n_a)} ({fmt.percent(f.share_a, 1)})",
                f"{fmt.count(f.n_failed_b)} of {fmt.count(f.n_b)} ({fmt.percent(f.share_b, 1)})",
                fmt.fixed(difference, decimals, sign=True),
                fmt.interval(low, high, decimals, sign=True),
                fmt.pvalue(f.pvalue),
            )
        )
    _, first = failing[0]
    left_out = f" The first {MAX_ROWS} of {len(failing)} pairs." if len(failing) > MAX_ROWS else ""
    caption = (
        "How often runs fail: difference of the shares in percentage points with "
        f"{fmt.level(first.confidence_level)} interval ({first.method}); p of {first.test}, "
        f"not adjusted.{left_out}"
    )
    return table(caption, columns, rows)


def _sentence(pair: Pair, worst: WorstRanked, results: Results) -> str:
    """Say whether failures as the worst results change what the rank tests decide, by unadjusted p."""
    level = alpha_of(results.question.confidence)
    finished = {t.test: t.pvalue for t in pair.tests}
    changed = [t.label for t in worst.tests if _differ(t.pvalue, finished.get(t.test), level)]
    at = f"With failed runs ranked worst, at {alpha(results)} and not adjusted,"
    if not changed:
        return f"{at} the rank tests decide as they do among the finished runs. {_superiority(pair, worst)}"
    verb = "decides" if len(changed) == 1 else "decide"
    names = fmt.listing(changed)
    return f"{at} {names} {verb} otherwise than among the finished runs. {_superiority(pair, worst)}"


def _worst(results: Results, ranked: list[tuple[Pair, WorstRanked]]) -> Table:
    columns = {
        **naming(results),
        "Test": False,
        "p, finished runs": True,
        "p, failures worst": True,
        "Method, failures worst": False,
    }
    rows = []
    for pair, worst in ranked:
        finished = {t.test: t.pvalue for t in pair.tests}
        rows += [
            named(
                pair,
                results,
                t.label,
                fmt.pvalue(finished.get(t.test)),
                fmt.pvalue(t.pvalue),
                f"{t.method}; {fmt.statistic(t.statistic_name, t.statistic)}",
            )
            for t in worst.tests
        ]
    caption = (
        f"Rank tests with failed runs counted as worse than every other{of_pairs(results)}, not adjusted."
    )
    return table(caption, columns, rows)


def _superiority(pair: Pair, ranked: WorstRanked) -> str:
    finished = fmt.probability(pair.effect("probability_of_superiority").estimate)
    worst = fmt.probability(ranked.superiority)
    return f"P(b > a) + ½ P(b = a) is {finished} among the finished runs and {worst} with failures worst."


def _differ(p: Number, q: Number, level: float) -> bool:
    """Say whether two p-values decide differently at this level."""
    return p is not None and q is not None and (p <= level) != (q <= level)


def _points(share: Number) -> Number:
    return None if share is None else 100 * share
