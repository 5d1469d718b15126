"""Captions of the shift function and the quantile–quantile figure."""

from collections.abc import Sequence

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures.captions.words import name
from analyze.stats.shift_function import MIN_RUNS, ShiftRow

# Of so many pairs each has a sentence in a caption; of more, one speaks for all.
_TOLD = 3


def shift(pair: PairComparison, value: str) -> str:
    """Return at which quantiles the band of the difference excludes zero, and in which direction."""
    rows = pair.where.shift
    apart = [row for row in rows if row.excludes_zero]
    a, b = name(pair.group_a), name(pair.group_b)
    if min(pair.n_a, pair.n_b) < MIN_RUNS:
        return f"{b} against {a}: too few runs for the interval to decide anything."
    if not apart:
        return f"{b} against {a}: no difference shown at {_all(rows)}; the band includes zero there."
    parts = [
        f"{word} at {_levels(part, rows)}"
        for word, part in (
            ("lower", [row for row in apart if row.difference < 0]),
            ("higher", [row for row in apart if row.difference > 0]),
        )
        if part
    ]
    largest = max(apart, key=lambda row: abs(row.difference))
    number = fmt.fixed(largest.difference, _decimals(rows), sign=True)
    at = "" if len(apart) == 1 else f" at {fmt.level(largest.level)}"
    most = "" if len(apart) == 1 else "most, "
    return f"{b} against {a}: {value} is {' and '.join(parts)} ({most}{number}{at})."


def _findings(sentences: Sequence[str], pairs: Sequence[PairComparison]) -> str:
    """Return all of few sentences, else how many pairs lie apart and the sentence of the widest apart."""
    if len(pairs) <= _TOLD:
        return " ".join(sentences)
    apart = [any(row.excludes_zero for row in pair.where.shift) for pair in pairs]
    widest = [max(abs(row.difference) for row in pair.where.shift) for pair in pairs]
    most = max(range(len(pairs)), key=lambda i: (apart[i], widest[i]))
    return (
        f"The band excludes zero somewhere in {sum(apart)} of the {len(pairs)} pairs drawn. "
        f"Of {'these' if any(apart) else 'all'} the widest apart: {sentences[most]}"
    )


def shift_caption(sentences: Sequence[str], pairs: Sequence[PairComparison], *, n_compared: int) -> str:
    """Return the findings and how to read points and bands."""
    rows = pairs[0].where.shift
    level = fmt.level(rows[0].confidence_level)
    several = any(len(pair.where.shift) > 1 for pair in pairs)
    covers = (
        f"covers all quantiles of a panel at once with {level} confidence" if several else f"{level} interval"
    )
    left_out = n_compared - len(pairs)
    rest = f" {fmt.plural(left_out, 'pair is', 'pairs are')} in the tables only." if left_out else ""
    return (
        f"{_findings(sentences, pairs)} Points: difference of Harrell–Davis quantiles, filled where the band "
        f"excludes zero; band: {covers}. A straight level line would be a pure shift.{rest}"
    )


def shift_alt(pair: PairComparison) -> str:
    """Return the differences of the lowest, middle and highest quantile in words."""
    rows = pair.where.shift
    decimals = _decimals(rows)
    chosen = list(dict.fromkeys([0, len(rows) // 2, len(rows) - 1]))
    parts = [
        f"{fmt.fixed(rows[i].difference, decimals, sign=True)} "
        f"({fmt.fixed(rows[i].low, decimals, sign=True)} to {fmt.fixed(rows[i].high, decimals, sign=True)}) "
        f"at {fmt.level(rows[i].level)}"
        for i in chosen
    ]
    return f"{name(pair.group_b)} minus {name(pair.group_a)}: {fmt.listing(parts)}."


def sides(pair: PairComparison) -> str:
    """Return on which side of the diagonal the quantiles lie."""
    rows, a, b = pair.where.shift, name(pair.group_a), name(pair.group_b)
    above = sum(row.difference > 0 for row in rows)
    below = sum(row.difference < 0 for row in rows)
    apart = sum(row.excludes_zero for row in rows)
    quantiles = fmt.plural(len(rows), "quantile")
    where = " and ".join(
        f"{fmt.count(n)} {word}" for n, word in ((below, "below"), (above, "above")) if n
    )  # the rest lies on the line
    lie = f"{where} the line of equal quantiles" if where else "all on the line of equal quantiles"
    if min(pair.n_a, pair.n_b) < MIN_RUNS:
        return f"{b} against {a}: of {quantiles}, {lie}; too few runs for a band to decide anything."
    shown = f"the band of {apart} leaves the line" if apart else "no band leaves the line"
    return f"{b} against {a}: of {quantiles}, {lie}; {shown}."


def quantile_quantile(sentences: Sequence[str], pairs: Sequence[PairComparison]) -> str:
    """Return the findings and what points and bars are."""
    level = fmt.level(pairs[0].where.shift[0].confidence_level)
    return (
        f"{_findings(sentences, pairs)} Small points: quantiles of equal level of both groups; large points: "
        f"Harrell–Davis quantiles with the {level} band of their difference, filled where it leaves the line."
    )


def quantiles_alt(pair: PairComparison) -> str:
    """Return the lowest, middle and highest quantile of both groups in words."""
    rows = pair.where.shift
    decimals = _decimals(rows)
    chosen = list(dict.fromkeys([0, len(rows) // 2, len(rows) - 1]))
    parts = [
        f"{fmt.level(rows[i].level)} at {fmt.fixed(rows[i].quantile_a, decimals)} and "
        f"{fmt.fixed(rows[i].quantile_b, decimals)}"
        for i in chosen
    ]
    return f"Quantiles of {name(pair.group_a)} and {name(pair.group_b)}: {'; '.join(parts)}."


def _all(rows: Sequence[ShiftRow]) -> str:
    return f"the {fmt.level(rows[0].level)} quantile" if len(rows) == 1 else f"any of {len(rows)} quantiles"


def _levels(part: Sequence[ShiftRow], rows: Sequence[ShiftRow]) -> str:
    """Name levels: as a range where none between them is missing."""
    if len(part) == len(rows) > 1:
        return f"all {len(rows)} quantiles"
    shown = [fmt.level(row.level, unit="") for row in part]
    inside = [row for row in rows if part[0].level <= row.level <= part[-1].level]
    text = f"{shown[0]} to {shown[-1]}" if len(part) > 2 and len(inside) == len(part) else fmt.listing(shown)
    return f"the {text} % quantile{'' if len(part) == 1 else 's'}"


def _decimals(rows: Sequence[ShiftRow]) -> int | None:
    widths = [row.high - row.low for row in rows if row.high > row.low]
    return fmt.decimals_for(min(widths, default=None))
