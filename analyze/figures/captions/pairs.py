"""Captions of matched pairs."""

from collections.abc import Mapping
from typing import Any

from analyze import text as fmt
from analyze.figures.captions import words


def matched_pairs(row: Mapping[str, Any], unit: str) -> str:
    """Return how often the second group was above the first at the same unit, and their correlation."""
    r = row["correlation"]
    correlation = "no correlation, one side is constant" if r is None else f"correlation {fmt.fixed(r, 2)}"
    return (
        f"Of {fmt.plural(row['n'], 'pair')} with equal {unit}, {words.name(row['group_b'])} is higher than "
        f"{words.name(row['group_a'])} in {fmt.count(row['n_above'])}, lower in {fmt.count(row['n_below'])} "
        f"and equal in {fmt.count(row['n_equal'])} ({correlation})."
    )
