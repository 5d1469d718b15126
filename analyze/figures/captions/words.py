"""Words that several captions use: names, medians, numbers on the axis."""

from collections.abc import Mapping, Sequence
from typing import Any

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures.binning import Floats

Columns = Mapping[str, Sequence[Any]]
Samples = Mapping[str, Floats]

# A sentence names at most this many groups; the rest is in the tables.
NAMED = 6
NAME_WIDTH = 60
# Dots that a figure draws for a group: all of its runs, or as many quantiles.
DOTS = 50


def samples_alt(samples: Samples) -> str:
    """Return every group's size, range and median in words."""
    parts = [
        f"{name(g)}: {fmt.plural(v.size, 'run')} from {precise(v[0], samples)} "
        f"to {precise(v[-1], samples)}, median {precise(median(v), samples)}."
        for g, v in list(samples.items())[:NAMED]
    ]
    if len(samples) > NAMED:
        parts.append(f"And {fmt.plural(len(samples) - NAMED, 'more group')}.")
    return " ".join(parts)


def effect(pair: PairComparison, key: str) -> dict[str, Any]:
    """Return one effect of a pair: the fields of `EffectResult`."""
    rows: list[dict[Any, Any]] = pair.effects.to_dict("records")
    return next(row for row in rows if row["effect"] == key)


def name(group: str) -> str:
    """Return a group's name at a length that a sentence can bear."""
    return fmt.shorten(" ".join(group.split()), NAME_WIDTH)


def rows(table: Columns | None) -> list[dict[str, Any]]:
    """Return a table of columns as a list of rows.

    Examples
    --------
    >>> rows({"group": ["a", "b"], "n": [1, 2]})
    [{'group': 'a', 'n': 1}, {'group': 'b', 'n': 2}]
    """
    return (
        [dict(zip(table, cells, strict=True)) for cells in zip(*table.values(), strict=True)] if table else []
    )


def medians(samples: Samples) -> str:
    """Return the medians of few groups, or their range over many."""
    medians = {g: median(v) for g, v in samples.items()}
    if len(medians) <= 3:
        words = fmt.listing([f"{precise(m, samples)} ({name(g)})" for g, m in medians.items()])
        return f"{'Medians' if len(medians) > 1 else 'Median'}: {words}."
    low, high = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)
    return (
        f"Medians of the {len(medians)} groups run from {precise(medians[low], samples)} ({name(low)}) "
        f"to {precise(medians[high], samples)} ({name(high)})."
    )


def median(sorted_values: Floats) -> float:
    """Return the median of sorted values."""
    n = sorted_values.size
    return float(sorted_values[(n - 1) // 2] + sorted_values[n // 2]) / 2


def precise(x: float, samples: Samples) -> str:
    """Format a value on the axis so that a thirtieth of the middle half's width is visible."""
    spreads = [float(v[(3 * v.size) // 4] - v[v.size // 4]) for v in samples.values()]
    positive = [s for s in spreads if s > 0]
    decimals = fmt.decimals_for(min(positive) / 30 if positive else None, 1)
    return fmt.fixed(float(x), decimals)
