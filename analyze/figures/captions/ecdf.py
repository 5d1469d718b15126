"""Captions of distribution functions and their differences."""

from collections.abc import Mapping, Sequence
from typing import Any

from analyze import text as fmt
from analyze.figures.captions import words
from analyze.figures.captions.words import Columns, Samples
from analyze.stats.ecdf_difference import EcdfDifference

# Of so many differences each has its sentences; of more, the largest alone.
_TOLD = 3


def ecdf(
    samples: Samples,
    value: str,
    confidence: float,
    tables: Mapping[str, Columns],
    found: Mapping[str, EcdfDifference],
) -> str:
    """Return the largest gap of every difference drawn, and what the bands promise."""
    largest = words.rows(tables.get("largest"))
    told = largest if len(largest) <= _TOLD else [max(largest, key=lambda row: abs(row["difference"]))]
    sentences = [_largest(row, samples, value) for row in told]
    if len(told) < len(largest):
        sentences = [f"Of {len(largest)} groups against {words.name(next(iter(samples)))}: {sentences[0]}"]
    differences = tables.get("difference")
    level = fmt.level(confidence)
    if differences:
        sentences += [
            _excluded(f"{words.name(row['group'])} − {words.name(next(iter(samples)))}", part, samples)
            for row, part in zip(largest, _by_comparison(differences).values(), strict=True)
            if row in told
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


def largest_alt(samples: Samples, value: str, tables: Mapping[str, Columns]) -> str:
    """Return the largest gaps in words, for a reader who does not see the mark."""
    return " ".join(_largest(row, samples, value) for row in words.rows(tables.get("largest")))


def _largest(row: Mapping[str, Any], samples: Samples, value: str) -> str:
    a = next(iter(samples))
    at = words.precise(row["x"], samples)
    return (
        f"In {fmt.percent(row['share_b'])} of the {words.name(row['group'])} runs and in "
        f"{fmt.percent(row['share_a'])} of the {words.name(a)} runs {value} is at most {at}, the largest gap "
        f"({fmt.statistic('D', abs(row['difference']))})."
    )


def _by_comparison(table: Columns) -> dict[str, list[dict[str, Any]]]:
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in words.rows(table):
        parts.setdefault(row["comparison"], []).append(row)
    return parts


def _excluded(comparison: str, part: Sequence[Mapping[str, Any]], samples: Samples) -> str:
    outside = [row["low"] > 0 or row["high"] < 0 for row in part]
    if not any(outside):
        return f"The band of {comparison} includes zero everywhere."
    first, last = outside.index(True), len(outside) - 1 - outside[::-1].index(True)
    low, high = (words.precise(part[i]["x"], samples) for i in (first, last))
    if low == high:
        return f"The band of {comparison} excludes zero at {low}."
    places = "" if all(outside[first : last + 1]) else "in places "
    return f"The band of {comparison} excludes zero {places}from {low} to {high}."
