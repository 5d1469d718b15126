"""Fractions and percentages in one column: a hundredfold step that no experiment made."""

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
# Squares, and sums of fourth powers of some million values, neither overflow nor vanish
_LARGEST, _FINEST = 1e150, 1e-150


def refuse_unreadable(rows: pd.DataFrame, column: pd.Series | None, *, value: str) -> None:
    """Stop where doubles cannot tell the values apart, or squares of their differences leave their range.

    Parameters
    ----------
    rows : DataFrame
        ``value`` of the runs that finished.
    column : Series or None
        The column as it was read.
    value : str
        Its name.

    Raises
    ------
    DataError
        With an example, and what to do.
    """
    x = rows["value"].to_numpy(dtype=np.float64)
    if column is not None and pd.api.types.is_integer_dtype(column.dtype):
        given = column.dropna()
        merged = given[given.abs() > _EXACT]
        merged = merged[[int(float(one)) != one for one in merged.tolist()]]
        if len(merged):
            raise DataError(
                f"{value} holds whole numbers that doubles cannot tell apart, as {int(merged.iloc[0])}: they "
                f"are exact up to {_EXACT} (2⁵³); take off a common offset first"
            )
    largest, spread = float(np.abs(x).max(initial=0.0)), float(np.ptp(x / 4)) if len(x) else 0.0
    if largest > _LARGEST or 0 < spread < _FINEST or 0 < largest < _FINEST:
        trouble = "too large" if largest > _LARGEST else "too close to one another"
        example = fmt.number(float(x[np.abs(x).argmax()]), 3)
        raise DataError(
            f"{value} holds numbers {trouble} to compute with, as {example}: give it in a unit in which "
            "sizes and differences lie between 1e-150 and 1e150"
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
    ratio = float(np.median(larger) / np.median(smaller))
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
