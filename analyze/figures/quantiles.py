"""What shift function and quantile–quantile figure share: their words, and points of what a band decides."""

from collections.abc import Sequence

import pandas as pd

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures.style import p9
from analyze.stats.shift_function import MIN_RUNS, ShiftRow

# Of so many pairs each has a sentence in a caption; of more, one speaks for all.
_TOLD = 3


def findings(sentences: Sequence[str], pairs: Sequence[PairComparison]) -> str:
    """Return all of few sentences, else how many pairs lie apart and the sentence of the widest apart."""
    if len(pairs) <= _TOLD:
        return " ".join(sentences)
    apart = [any(row.excludes_zero for row in pair.places.shift) for pair in pairs]
    widest = [max(abs(row.difference) for row in pair.places.shift) for pair in pairs]
    most = max(range(len(pairs)), key=lambda i: (apart[i], widest[i]))
    return (
        f"The band excludes zero somewhere in {sum(apart)} of the {len(pairs)} pairs drawn. "
        f"Of {'these' if any(apart) else 'all'} the widest apart: {sentences[most]}"
    )


def too_few(pair: PairComparison) -> bool:
    """Say whether a group has too few runs for a band of quantiles to decide anything."""
    return min(pair.n_a, pair.n_b) < MIN_RUNS


def ends(rows: Sequence[ShiftRow]) -> list[ShiftRow]:
    """Return the lowest, the middle and the highest level of these rows."""
    return [rows[i] for i in dict.fromkeys([0, len(rows) // 2, len(rows) - 1])]


def decimals(rows: Sequence[ShiftRow]) -> int | None:
    """Return as many decimals as the narrowest band of these rows needs."""
    widths = [row.high - row.low for row in rows if row.high > row.low]
    return fmt.decimals_for(min(widths, default=None))


def decided(table: pd.DataFrame, size: float) -> list[object]:
    """Draw points filled where the band excludes zero, hollow elsewhere."""
    yes, no = table[table["excludes_zero"]], table[~table["excludes_zero"]]
    layers: list[object] = []
    if len(no):
        layers.append(p9.geom_point(data=no, fill="none", size=size, stroke=0.6))
    if len(yes):
        layers.append(p9.geom_point(data=yes, size=size, stroke=0.6))
    return layers
