"""Captions of the forest, the estimation figure and the pairwise matrix."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures.captions import words
from analyze.figures.captions.words import NAMED, name

if TYPE_CHECKING:
    from analyze.figures.source import FigureSource

Row = Mapping[str, Any]

VERDICTS = ("differs", "equivalent", "no difference shown", "inconclusive")


def forest(
    pairs: Sequence[PairComparison], rows: Sequence[Row], margin: float | None, *, n_compared: int
) -> str:
    """Return which intervals exclude zero, and how to read the marks."""
    effect = words.effect(pairs[0], "mean_difference")
    level = fmt.level(float(effect["confidence_level"]))
    apart = [row for row in rows if row["low"] > 0 or row["high"] < 0]
    if len(pairs) == 1:
        pair = pairs[0]
        what = f"{name(pair.group_b)} − {name(pair.group_a)}: {_excluding(len(apart), len(rows))}."
        marks = "filled where the interval excludes zero"
    else:
        what = f"Verdict: {_counted(pairs)}; {_excluding(len(apart), len(rows))}."
        marks = "their shape is the verdict, which the primary test gives after adjustment"
    sentences = [
        what,
        f"Points: estimates, {marks}; lines: {level} intervals, each for itself, not adjusted.",
    ]
    if margin is not None:
        sentences.append(f"Grey zone: differences within the margin of ±{fmt.number(margin)}.")
    if any(row["beyond_low"] or row["beyond_high"] for row in rows):
        sentences.append("Arrows: the interval goes on beyond the figure.")
    if n_compared > len(pairs):
        sentences.append(f"{fmt.plural(n_compared - len(pairs), 'pair is', 'pairs are')} in the tables only.")
    return " ".join(sentences)


def forest_alt(rows: Sequence[Row]) -> str:
    """Return the first estimates with their intervals in words."""
    parts = [f"{name(row['label'])}: {_estimate(row)}." for row in rows[:NAMED]]
    more = [f"And {fmt.plural(len(rows) - NAMED, 'more row')}."] if len(rows) > NAMED else []
    return " ".join(parts + more)


def estimation(
    pairs: Sequence[PairComparison], intervals: Sequence[Row], source: "FigureSource", *, n_groups: int
) -> str:
    """Return the differences of the means and what dots, bars and lines are."""
    level = fmt.level(source.confidence)
    parts = []
    for pair in pairs:
        estimate = _estimate(words.effect(pair, "mean_difference"))
        parts.append(f"{name(pair.group_b)} − {name(pair.group_a)} {estimate}")
    levels = sorted({row["confidence_level"] for row in intervals})
    bars = (
        f"bars: {level} intervals"
        if len(levels) == 1
        else f"bars: intervals of {fmt.listing([fmt.level(x) for x in levels])}, the wider the lighter"
    )
    rest = len(source.groups) - n_groups
    left_out = f" {fmt.plural(rest, 'group')} of {len(source.groups)} not drawn." if rest else ""
    return (
        f"Differences of means with {level} intervals: {'; '.join(parts)}. Above: {_dots(pairs)}, and mean ± "
        "standard deviation as a line. Below: differences of the means from "
        f"{name(source.groups[0])}; {bars}.{left_out}"
    )


def _dots(pairs: Sequence[PairComparison]) -> str:
    sizes = [n for pair in pairs for n in (pair.n_a, pair.n_b)]
    if max(sizes) <= words.DOTS:
        return "the runs of each group"
    fewer = " (of fewer runs: one each)" if min(sizes) < words.DOTS else ""
    return f"a dot for every fiftieth of the runs of a group{fewer}"


def estimation_alt(rows: Sequence[Row], pairs: Sequence[PairComparison]) -> str:
    """Return the means, standard deviations and differences in words."""
    positive = [row["sd"] for row in rows if row["sd"] > 0]
    decimals = fmt.decimals_for(min(positive, default=None))
    groups = [
        f"{name(row['group'])}: mean {fmt.fixed(row['mean'], decimals)}, "
        f"standard deviation {fmt.fixed(row['sd'], decimals)}."
        for row in rows
    ]
    differences = [
        f"{name(pair.group_b)} minus {name(pair.group_a)}: "
        f"{_estimate(words.effect(pair, 'mean_difference'))}."
        for pair in pairs
    ]
    return " ".join(groups + differences)


def pairwise_matrix(pairs: Sequence[PairComparison], *, n_left_out: int) -> str:
    """Return how many pairs have which verdict, the most uneven pair, and how to read a tile."""
    chances = [(abs(_chance(pair) - 0.5), pair) for pair in pairs]
    pair = max(chances, key=lambda item: item[0])[1]
    p = _chance(pair)
    rest = f" {fmt.plural(n_left_out, 'group is', 'groups are')} not drawn." if n_left_out else ""
    over, under = (pair.group_b, pair.group_a) if p >= 0.5 else (pair.group_a, pair.group_b)
    return (
        f"Verdict: {_counted(pairs)}. The most uneven pair: a run of {name(over)} is above one of "
        f"{name(under)} with probability {fmt.probability(max(p, 1 - p))}. Each tile: probability that a run "
        "of the row has the larger value than one of the column, ties counted half; the sign is the verdict "
        f"of the pair (≠ differs, ≈ equivalent, ○ no difference shown, ? inconclusive).{rest}"
    )


def matrix_alt(pairs: Sequence[PairComparison]) -> str:
    """Return the first probabilities in words."""
    parts = [
        f"{name(pair.group_b)} above {name(pair.group_a)}: {fmt.probability(_chance(pair))}, {pair.verdict}."
        for pair in pairs[:NAMED]
    ]
    more = [f"And {fmt.plural(len(pairs) - NAMED, 'more pair')}."] if len(pairs) > NAMED else []
    return " ".join(parts + more)


def _chance(pair: PairComparison) -> float:
    return float(words.effect(pair, "probability_of_superiority")["estimate"])


def _counted(pairs: Sequence[PairComparison]) -> str:
    counts = [(sum(pair.verdict == verdict for pair in pairs), verdict) for verdict in VERDICTS]
    parts = [f"{verdict} in {n}" for n, verdict in counts if n]
    return f"{fmt.listing(parts)} of {fmt.plural(len(pairs), 'pair')}"


def _excluding(n_apart: int, n: int) -> str:
    if not n_apart:
        return f"none of the {n} intervals excludes zero" if n > 1 else "the interval includes zero"
    return f"{n_apart} of {fmt.plural(n, 'interval')} exclude{'s' if n_apart == 1 else ''} zero"


def _estimate(row: Row) -> str:
    decimals = fmt.decimals_of(row["estimate"], row["low"], row["high"])
    estimate = fmt.fixed(row["estimate"], decimals, sign=True)
    return f"{estimate} {fmt.interval(row['low'], row['high'], decimals, sign=True)}"
