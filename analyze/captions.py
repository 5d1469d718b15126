"""Captions and alt texts of figures: sentences made from the numbers that the figure shows.

A caption opens with the finding and then says how to read the marks. No sentence claims more than its
numbers: shares and gaps are described, not tested.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from analyze.binning import Bins, Floats
from analyze.ecdf_bands import EcdfDifference
from analyze.render import formatting as fmt

Columns = Mapping[str, Sequence[Any]]
Samples = Mapping[str, Floats]

# A sentence names at most this many groups; the rest is in the tables.
_NAMED = 6
_NAME_WIDTH = 60


def distributions(samples: Samples, bins: Bins, tables: Mapping[str, Columns]) -> str:
    """Return the finding of the histogram, what bars and lines are, and what is not drawn."""
    sentences = [_medians(samples), _overlap(tables.get("bins")), _bars(bins, tables)]
    for row in rows(tables.get("spikes")):
        value, n = _precise(row["x"], samples), fmt.plural(row["n"], "run")
        sentences.append(f"{name(row['group'])} is constant: {n} at {value} (a spike, not to scale).")
    for row in rows(tables.get("outside")):
        beyond = [(row["n_below"], "below"), (row["n_above"], "above")]
        words = fmt.listing([f"{fmt.count(n)} {side}" for n, side in beyond if n])
        sentences.append(f"Not drawn, because far away: {name(row['group'])} {words}.")
    return " ".join(s for s in sentences if s)


def ecdf(
    samples: Samples,
    value: str,
    confidence: float,
    tables: Mapping[str, Columns],
    found: Mapping[str, EcdfDifference],
) -> str:
    """Return the largest gap of every difference drawn, and what the bands promise."""
    sentences = [_largest(row, samples, value) for row in rows(tables.get("largest"))]
    differences = tables.get("difference")
    level = fmt.level(confidence)
    if differences:
        sentences += [
            _excluded(f"{name(row['group'])} − {name(next(iter(samples)))}", part, samples)
            for row, part in zip(rows(tables["largest"]), _by_comparison(differences).values(), strict=True)
        ]
        methods = "; ".join(dict.fromkeys(difference.method for difference in found.values()))
        sentences.append(
            f"Band of the difference: holds the whole true difference with {level} confidence ({methods})."
        )
    sentences.append(
        f"Bands of the curves: each holds the whole true curve with {level} confidence "
        "(Dvoretzky–Kiefer–Wolfowitz–Massart; conservative with ties)."
    )
    return " ".join(sentences)


def matched_pairs(row: Mapping[str, Any], unit: str) -> str:
    """Return how often the second group was above the first at the same unit, and their correlation."""
    r = row["correlation"]
    correlation = "no correlation, one side is constant" if r is None else f"correlation {fmt.fixed(r, 2)}"
    return (
        f"Of {fmt.plural(row['n'], 'pair')} with equal {unit}, {name(row['group_b'])} is higher than "
        f"{name(row['group_a'])} in {fmt.count(row['n_above'])}, lower in {fmt.count(row['n_below'])} and "
        f"equal in {fmt.count(row['n_equal'])} ({correlation})."
    )


def samples_alt(samples: Samples) -> str:
    """Return every group's size, range and median in words."""
    parts = [
        f"{name(g)}: {fmt.plural(v.size, 'run')} from {_precise(v[0], samples)} "
        f"to {_precise(v[-1], samples)}, median {_precise(_median(v), samples)}."
        for g, v in list(samples.items())[:_NAMED]
    ]
    if len(samples) > _NAMED:
        parts.append(f"And {fmt.plural(len(samples) - _NAMED, 'more group')}.")
    return " ".join(parts)


def largest_alt(samples: Samples, value: str, tables: Mapping[str, Columns]) -> str:
    """Return the largest gaps in words, for a reader who does not see the mark."""
    return " ".join(_largest(row, samples, value) for row in rows(tables.get("largest")))


def name(group: str) -> str:
    """Return a group's name at a length that a sentence can bear."""
    return fmt.shorten(" ".join(group.split()), _NAME_WIDTH)


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


def _medians(samples: Samples) -> str:
    medians = {g: _median(v) for g, v in samples.items()}
    if len(medians) <= 3:
        words = fmt.listing([f"{_precise(m, samples)} ({name(g)})" for g, m in medians.items()])
        return f"{'Medians' if len(medians) > 1 else 'Median'}: {words}."
    low, high = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)
    return (
        f"Medians of the {len(medians)} groups run from {_precise(medians[low], samples)} ({name(low)}) "
        f"to {_precise(medians[high], samples)} ({name(high)})."
    )


def _overlap(bins: Columns | None) -> str:
    if not bins:
        return ""
    shares: dict[str, list[float]] = {}
    for group, share in zip(bins["group"], bins["share"], strict=True):
        shares.setdefault(group, []).append(share)
    if len(shares) != 2:
        return ""
    a, b = shares.values()
    common = sum(min(pair) for pair in zip(a, b, strict=True))
    return f"The two histograms share {fmt.percent(common)} of their area."


def _bars(bins: Bins, tables: Mapping[str, Columns]) -> str:
    width = fmt.number(bins.width, 3)
    if bins.step is None:
        grid = ""
    else:
        grid = f" ({fmt.plural(round(bins.width / bins.step), 'step')} of the measurement grid)"
    lines = "; lines: Gaussian kernel density on the same scale" if "density" in tables else ""
    return f"Bars: share of a group's runs in bins of {width}{grid}{lines}."


def _largest(row: Mapping[str, Any], samples: Samples, value: str) -> str:
    a = next(iter(samples))
    at = _precise(row["x"], samples)
    return (
        f"{value} is at most {at} in {fmt.percent(row['share_b'])} of the {name(row['group'])} runs and in "
        f"{fmt.percent(row['share_a'])} of the {name(a)} runs, the largest gap "
        f"(D = {fmt.fixed(abs(row['difference']), 3)})."
    )


def _by_comparison(table: Columns) -> dict[str, list[dict[str, Any]]]:
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in rows(table):
        parts.setdefault(row["comparison"], []).append(row)
    return parts


def _excluded(comparison: str, part: Sequence[Mapping[str, Any]], samples: Samples) -> str:
    outside = [row["low"] > 0 or row["high"] < 0 for row in part]
    if not any(outside):
        return f"The band of {comparison} includes zero everywhere."
    first, last = outside.index(True), len(outside) - 1 - outside[::-1].index(True)
    low, high = (_precise(part[i]["x"], samples) for i in (first, last))
    if low == high:
        return f"The band of {comparison} excludes zero at {low}."
    places = "" if all(outside[first : last + 1]) else "in places "
    return f"The band of {comparison} excludes zero {places}from {low} to {high}."


def _median(sorted_values: Floats) -> float:
    n = sorted_values.size
    return float(sorted_values[(n - 1) // 2] + sorted_values[n // 2]) / 2


def _precise(x: float, samples: Samples) -> str:
    """Format a value on the axis so that a thirtieth of the middle half's width is visible."""
    spreads = [float(v[(3 * v.size) // 4] - v[v.size // 4]) for v in samples.values()]
    positive = [s for s in spreads if s > 0]
    decimals = fmt.decimals_for(min(positive) / 30 if positive else None, 1)
    return fmt.fixed(float(x), decimals)
