"""How a run ended: which columns say that it failed, and which rows are the same run twice."""

import pandas as pd

KEY = ("config_hash", "seed")
STATUSES = ("ok", "diverged", "failed")
FAILURE_FLAGS = ("diverged", "failed", "crashed")
_TRUE, _FALSE = {"true", "1", "1.0"}, {"false", "0", "0.0"}


def failure_reasons(frame: pd.DataFrame, *, taken: tuple[str, ...], remarks: list[str]) -> pd.Series:
    """Say for each row why it counts as a failed run, in words; missing where it finished.

    A text column ``status`` with the words ok, diverged, failed decides; otherwise each boolean column named
    diverged, failed or crashed does.

    Parameters
    ----------
    frame : DataFrame
        The selected rows.
    taken : tuple of str
        Columns that have another role already (value, by).
    remarks : list of str
        Columns that look like an outcome but could not be used are added here.
    """
    reasons = pd.Series(pd.NA, index=frame.index, dtype=object)
    for column in status_columns(frame):
        if column in taken:
            continue
        if column == "status":
            words = frame[column].astype(object)
            return words.where(words.notna(), "status missing").mask(words == "ok", pd.NA)
        reasons = reasons.mask(reasons.isna() & _flags(frame[column]), column)
    for column in ("status", *FAILURE_FLAGS):
        if column in frame.columns and column not in taken and not _tells_outcome(frame[column], column):
            wanted = (
                "other words than " + ", ".join(STATUSES)
                if column == "status"
                else "other values than 0 and 1"
            )
            remarks.append(
                f"The column {column} holds {wanted}, so it was not used to recognise failed runs."
            )
    return reasons


def status_columns(frame: pd.DataFrame) -> tuple[str, ...]:
    """Columns that say how a run ended: ``status``, or else the boolean failure flags."""
    present = [c for c in ("status", *FAILURE_FLAGS) if c in frame.columns and _tells_outcome(frame[c], c)]
    return ("status",) if "status" in present else tuple(present)


def _tells_outcome(column: pd.Series, name: str) -> bool:
    words = {str(v) for v in column.dropna().unique()}
    if name == "status":
        return bool(words) and words <= set(STATUSES)
    return bool(words) and {w.lower() for w in words} <= _TRUE | _FALSE


def _flags(column: pd.Series) -> pd.Series:
    truth = {v: str(v).lower() in _TRUE for v in column.dropna().unique()}
    return column.map(truth).fillna(value=False).astype(bool)


def duplicate_rows(frame: pd.DataFrame, by: tuple[str, ...]) -> pd.Series:
    """Mark all but one of the rows with the same (``config_hash``, ``seed``) and group.

    The first success stays: ok before diverged before failed, then the earliest commit, then the smallest
    run_id, so that the choice does not depend on the order of rows or files.
    """
    rank = {status: i for i, status in enumerate(STATUSES)}
    status = frame["status"].astype(object).map(rank) if "status" in frame.columns else 0
    order = pd.DataFrame({"rank": status}, index=frame.index)
    for column in ("committed_at", "run_id"):
        if column in frame.columns:
            order[column] = frame[column]
    best_first = order.sort_values(list(order.columns), kind="stable").index
    keys = list(dict.fromkeys((*KEY, *by)))
    return frame.loc[best_first, keys].duplicated().reindex(frame.index)
