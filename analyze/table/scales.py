"""Numbers that cannot be compared: fractions beside percentages, and those whose squares are no numbers."""

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.direction import is_known, name_words
from analyze.errors import DataError, argument
from analyze.table import filters
from analyze.table.names import shown_value

# Of shares, by the words of their names.
_SHARES = frozenset(
    {
        "acc", "accuracy", "auc", "auroc", "auprc", "f1", "precision", "recall", "iou", "miou", "map", "dice",
        "top1", "top5", "em", "score", "rate", "pct", "percent", "sensitivity", "specificity", "err", "error",
        "wer", "cer", "eer", "fpr", "tpr", "success", "kappa", "ndcg", "mrr", "hit", "hits", "bleu", "rouge",
    }
)  # fmt: skip
_MIN_HIGH, _MAX_HIGH = 1.5, 100.0
_EXACT = 2**53
# Squares and products of squares of all between them are numbers.
_LEAST, _MOST = 1e-75, 1e75
# Of rounding errors, in units of the last place.
_MIN_STEPS = 64


def refuse_merged(column: pd.Series | None, *, value: str) -> None:
    """Stop where whole numbers are so large that doubles cannot tell them apart.

    Raises
    ------
    DataError
        With an example, and what to do.
    """
    if column is None or not pd.api.types.is_integer_dtype(column.dtype):
        return
    given = column.dropna()
    large = [int(one) for one in given[given.abs() > _EXACT].tolist()]
    merged = [one for one in large if int(float(one)) != one]
    if merged:
        raise DataError(
            f"{value} holds whole numbers that doubles cannot tell apart, as {merged[0]}: they are exact up "
            f"to {_EXACT} (2⁵³); take off a common offset first"
        )


def refuse_extremes(rows: pd.DataFrame, *, value: str) -> None:
    """Stop where variances would overflow or vanish, or where values differ by rounding errors alone.

    Parameters
    ----------
    rows : DataFrame
        ``group`` and ``value`` of the runs that finished.
    value : str
        Name of the column.

    Raises
    ------
    DataError
        With the values.
    """
    if rows.empty:
        return
    low, high = float(rows["value"].min()), float(rows["value"].max())
    largest = max(abs(low), abs(high))
    if largest > _MOST:
        below = argument("where", f"{filters.quoted(value)} < {fmt.exact(_MOST)}")
        raise DataError(
            f"{value} reaches {fmt.number(low if -low > high else high)}, and squares of numbers beyond "
            f"{fmt.number(_MOST)} are none: leave such runs out, e.g. with {below}, or write another unit"
        )
    groups = rows.groupby("group", observed=True)["value"]
    spread, spreads = high - low, groups.max() - groups.min()
    least = min([spread, *spreads[spreads > 0]])
    is_noise = 0 < spread < _MIN_STEPS * np.spacing(largest)
    if is_noise or 0 < least < _LEAST:
        where = (
            f"all {len(rows)} runs"
            if least == spread
            else f"the runs of {spreads[spreads == least].index[0]}"
        )
        why = "are rounding errors" if is_noise else "have no squares"
        raise DataError(
            f"{value} differs by no more than {fmt.number(least, 2)} in {where}, about "
            f"{fmt.number(largest, 6)} at most, and such differences {why}: nothing to compare; write it in "
            "another unit, or from another origin"
        )


def refuse_mixed_scales(rows: pd.DataFrame, *, value: str) -> None:
    """Stop where some values lie between 0 and 1 and others are a hundred times as large.

    Both kinds must look like the same quantity: divided by 100, the larger ones lie among the smaller ones
    or next to them, and none lies between the two.

    Parameters
    ----------
    rows : DataFrame
        ``group`` and ``value`` of the runs that finished.
    value : str
        Name of the column.

    Raises
    ------
    DataError
        With an example of each.
    """
    x = rows["value"].to_numpy(dtype=np.float64)
    low, high = (x >= 0) & (x <= 1), (x > 1) & (x <= _MAX_HIGH)
    if not (low | high).all() or low.sum() < 2 or not high.any():
        return
    smaller, larger = x[low], x[high]
    smaller = smaller[smaller > 0]
    if len(smaller) == 0 or larger.min() < _MIN_HIGH or larger.min() < 2 * smaller.max():
        return
    ratio = float(np.median(larger)) / float(np.median(smaller))
    overlap = larger.min() / 100 <= smaller.max() and smaller.min() <= larger.max() / 100
    is_share = bool(_SHARES & set(name_words(value)))
    if not is_share and is_known(value):  # losses and times may span decades by themselves
        return
    if not (50 <= ratio <= 200 if is_share else overlap and 67 <= ratio <= 150):
        return
    first, second = rows[low].iloc[0], rows[high].iloc[0]
    shares = argument("where", f"{filters.quoted(value)} <= 1")
    raise DataError(
        f"{value} mixes two units: {fmt.count(int(low.sum()))} values lie between 0 and 1 (as "
        f"{shown_value(first['value'])} in {first['group']}) and {fmt.count(int(high.sum()))} are about "
        f"a hundred times as large (as {shown_value(second['value'])} in {second['group']}); write all as "
        f"fractions or all as percentages, or choose some with {shares}"
    )
