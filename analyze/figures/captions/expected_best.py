"""Captions of the expected best of n runs."""

from collections.abc import Mapping, Sequence

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures.captions.words import NAMED, name
from analyze.stats.best_comparison import BestDifferenceRow
from analyze.stats.best_of_n import BestRow


def expected_best(pairs: Sequence[PairComparison], better: str, confidence: float, *, n_far: int) -> str:
    """Return where the bands of the differences exclude zero, where curves cross, and how to read them."""
    best = "largest" if better == "higher" else "smallest"
    sentences = [_finding(pair, better) for pair in pairs]
    sentences.append(
        f"The best is the {best} value. Bands hold for all n of a curve at once with "
        f"{fmt.level(confidence)} confidence; dashed: extrapolated, too few runs for a band."
    )
    if n_far:
        sentences.append(f"Not drawn, because far away: {fmt.plural(n_far, 'point')}.")
    return " ".join(sentences)


def alt(curves: Mapping[str, Sequence[BestRow]], value: str, better: str) -> str:
    """Return the expected best of one run and of the most runs that have a band, for each group."""
    parts = []
    for group, rows in list(curves.items())[:NAMED]:
        near = [row for row in rows if not row.extrapolated] or list(rows)
        first, last = near[0], near[-1]
        decimals = _decimals([abs(last.unbiased - first.unbiased)])
        ends = f"{fmt.fixed(first.unbiased, decimals)} for {fmt.plural(first.n, 'run')}"
        if last.n > first.n:
            ends += f" to {fmt.fixed(last.unbiased, decimals)} for {fmt.plural(last.n, 'run')}"
        parts.append(f"{name(group)}: {ends}.")
    best = "largest" if better == "higher" else "smallest"
    more = f" And {fmt.plural(len(curves) - NAMED, 'more group')}." if len(curves) > NAMED else ""
    return f"The best is the {best} {value}. {' '.join(parts)}{more}"


def _finding(pair: PairComparison, better: str) -> str:
    rows = [row for row in pair.where.best.difference if not row.extrapolated]
    a, b, crossing = name(pair.group_a), name(pair.group_b), pair.where.best.crossing
    apart = [row for row in rows if _excludes_zero(row)]
    if not apart:
        most = fmt.plural(rows[-1].n, "run")
        said = f"{b} against {a}: no difference of the expected bests shown up to {most}"
    else:
        parts = [
            f"{word} ({_judged(word, better)}) for the best of {_numbers(part, rows)}"
            for word, part in (
                ("larger", [row for row in apart if row.difference > 0]),
                ("smaller", [row for row in apart if row.difference < 0]),
            )
            if part
        ]
        said = f"{b} against {a}: the expected best is {' and '.join(parts)}"
    if not crossing.determined or crossing.n is None:
        return f"{said}."
    low, high = fmt.number(crossing.low, 2), fmt.number(crossing.high, 2)
    return (
        f"{said}; the curves cross at about {fmt.number(crossing.n, 2)} runs "
        f"({fmt.level(crossing.confidence_level)} interval {low} to {high})."
    )


def _judged(word: str, better: str) -> str:
    return "better" if (word == "larger") == (better == "higher") else "worse"


def _numbers(apart: Sequence[BestDifferenceRow], rows: Sequence[BestDifferenceRow]) -> str:
    inside = [row for row in rows if apart[0].n <= row.n <= apart[-1].n]
    shown = [fmt.count(row.n) for row in apart]
    if len(apart) > 2 and len(inside) == len(apart):
        return f"{shown[0]} to {shown[-1]} runs"
    return f"{fmt.listing(shown)} run{'' if shown == ['1'] else 's'}"


def _excludes_zero(row: BestDifferenceRow) -> bool:
    return (row.low is not None and row.low > 0) or (row.high is not None and row.high < 0)


def _decimals(scales: Sequence[float]) -> int | None:
    return fmt.decimals_for(max(scales) / 10 or None)
