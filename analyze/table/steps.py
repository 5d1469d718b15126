"""Which row stands for a run of several rows: the last, the best, the first, or the one at a given step."""

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.errors import DataError, UsageError, argument
from analyze.table import grouping
from analyze.table.names import shown_value

AT = ("last", "best", "first")


def chosen_rows(
    frame: pd.DataFrame, rows: pd.DataFrame, at: str, *, step: str | None, better: str
) -> tuple[pd.Series, str]:
    """Choose one row of each run.

    Parameters
    ----------
    frame : DataFrame
        All columns.
    rows : DataFrame
        ``group``, ``unit``, ``value`` and ``empty`` (the cell of the value is empty).
    at : str
        ``last``, ``first``: along ``step``, or by the order of rows where there is none; of rows that hold a
        value. ``best``: the largest or smallest value. ``COLUMN=VALUE``: the row at that value.
    step : str or None
        The column that counts along a run.
    better : {"higher", "lower"}
        What ``best`` means.

    Returns
    -------
    Series of bool, str
        The chosen rows, and why the others are not compared.

    Raises
    ------
    UsageError
        ``at`` is none of these, or names no column.
    DataError
        No row is at that value, or a run has several rows there.
    """
    if at not in AT:
        chosen, why = _at_value(frame, at)
        # Of rows that were logged apart at one step, the one with the value
        run = [rows["group"], rows["unit"]]
        holds = (chosen & ~rows["empty"]).groupby(run, observed=True).transform("any")
        return chosen & ~(rows["empty"] & holds.fillna(value=False).astype(bool)), why
    order = rows[["group", "unit", "value"]].assign(position=np.arange(len(rows)))
    order = order[~rows["empty"] & rows["group"].notna() & rows["unit"].notna()]
    if at == "best":
        # A run that never has a number keeps the last word that says why.
        sign = -1 if better == "higher" else 1
        order = order.assign(key=(sign * order["value"]).replace([np.inf, -np.inf], np.nan))
        order = order.sort_values(["key", "position"], na_position="last", kind="stable")
        kept = order.drop_duplicates(["group", "unit"], keep="first")
        why = "not the best row of its run"
    else:
        along = frame[step] if step is not None else pd.Series(np.arange(len(frame)), index=frame.index)
        order = order.assign(key=along.loc[order.index]).sort_values(["key", "position"], kind="stable")
        kept = order.drop_duplicates(["group", "unit"], keep="last" if at == "last" else "first")
        why = f"not the {at} row of its run{f' by {step}' if step else ''}"
    chosen = pd.Series(False, index=frame.index)  # noqa: FBT003 - a value
    chosen.loc[kept.index] = True
    return chosen, why


def last_rows(frame: pd.DataFrame, rows: pd.DataFrame, *, step: str | None) -> pd.Index:
    """Return for each row the label of the last row of its run; its own where no run is named."""
    order = rows[["group", "unit"]].assign(position=np.arange(len(rows)), label=rows.index)
    order["key"] = frame[step] if step is not None else order["position"]
    order = order.sort_values(["key", "position"], kind="stable", na_position="first")
    last = order.groupby(["group", "unit"], observed=True)["label"].transform("last")
    labels: pd.Index = pd.Index(last.fillna(order["label"]).loc[rows.index].to_numpy())
    return labels


def _at_value(frame: pd.DataFrame, at: str) -> tuple[pd.Series, str]:
    column, separator, text = at.partition("=")
    column, text = column.strip(), text.strip().strip("'\"")
    if not separator or not column or not text:
        raise UsageError(f"{argument('at', at)}: give last, best, first or COLUMN=VALUE, such as epoch=30")
    if column not in frame.columns:
        raise UsageError(
            f"{argument('at', at)}: there is no column {column!r}; "
            f"{grouping.hint(column, list(frame.columns))}"
            f"the table has {grouping.listed(list(frame.columns))}"
        )
    cells = frame[column]
    if pd.api.types.is_numeric_dtype(cells.dtype):
        try:
            chosen = cells.eq(float(text)).fillna(value=False).astype(bool)
        except ValueError as error:
            raise UsageError(f"{argument('at', at)}: {column} holds numbers, and {text!r} is none") from error
    else:
        chosen = cells.astype(str).str.strip().eq(text)
    if not chosen.any():
        raise DataError(f"{argument('at', at)}: no row has {column} = {text}; there are {_range(cells)}")
    return chosen, f"not at {column} = {text}"


def _range(cells: pd.Series) -> str:
    distinct = sorted(cells.dropna().unique(), key=lambda v: (str(type(v)), v))
    shown = [shown_value(value) for value in distinct]
    return ", ".join(shown if len(shown) <= 6 else [*shown[:3], "…", *shown[-2:]])


def spread_of(ends: pd.Series) -> str:
    """Say which values a column has, the most frequent first."""
    counts = ends.value_counts()
    parts = [f"{shown_value(value)} in {fmt.plural(n, 'run')}" for value, n in counts.head(4).items()]
    return ", ".join([*parts, f"{len(counts) - 4} others"] if len(counts) > 4 else parts)
