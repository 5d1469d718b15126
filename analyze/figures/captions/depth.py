"""Captions of the accuracy behind each hidden layer."""

from collections.abc import Mapping, Sequence
from typing import Any

from analyze import text as fmt
from analyze.figures.captions.words import NAMED, name


def training_depth(means: Mapping[str, Mapping[int, float]]) -> str:
    """Return how much the mean accuracy gains from the first to the last layer, by group."""
    parts = []
    for group, found in list(means.items())[:NAMED]:
        first, last = min(found), max(found)
        gain = fmt.fixed(100 * (found[last] - found[first]), 1, sign=True)
        parts.append(f"{gain} ({name(group)})")
    layers = sorted({layer for found in means.values() for layer in found})
    more = f" and {len(means) - NAMED} more" if len(means) > NAMED else ""
    return (
        f"From {fmt.plural(layers[0], 'layer')} to {layers[-1]} the mean accuracy changes by "
        f"{fmt.listing(parts)}{more} percentage points. Points: means over the runs; lines: middle 90 % of "
        "the runs. A classifier that a group's training leaves alone stays near chance. No test is made here."
    )


def alt(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the means of the first groups in words."""
    groups = list(dict.fromkeys(row["group"] for row in rows))
    parts = []
    for group in groups[:NAMED]:
        means = [f"{fmt.fixed(row['mean'], 4)} with {row['layers']}" for row in rows if row["group"] == group]
        parts.append(f"{name(group)}: {fmt.listing(means)}.")
    more = [f"And {fmt.plural(len(groups) - NAMED, 'more group')}."] if len(groups) > NAMED else []
    return " ".join(parts + more)
