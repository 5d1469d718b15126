"""Rows that were logged apart for one and the same step, put together."""

from collections.abc import Hashable, Sequence

import pandas as pd


def merge_steps(frame: pd.DataFrame, step: str, *, latest: Sequence[str] = ()) -> pd.DataFrame:
    """Put consecutive rows of one step together where no cell of theirs contradicts another.

    Loggers write one row for the training loss of a step and another for its validation loss. Rows of
    different runs, or two evaluations of one step, contradict each other and stay apart.

    Parameters
    ----------
    frame : DataFrame
        Rows in the order in which they were logged.
    step : str
        The column that counts.
    latest : sequence of str
        Columns whose last value is taken where rows of a step differ.

    Examples
    --------
    >>> frame = pd.DataFrame({"step": [1, 1, 2], "loss": [0.5, None, 0.4], "val": [None, 0.6, None]})
    >>> merge_steps(frame, "step").to_dict("list")
    {'step': [1, 2], 'loss': [0.5, 0.4], 'val': [0.6, nan]}
    """
    block = (frame[step].ne(frame[step].shift()) | frame[step].isna()).cumsum()
    strict = [column for column in frame.columns if column not in latest]
    contradicts = frame[strict].groupby(block).nunique().gt(1).any(axis=1)
    key = pd.Series(range(len(frame)), index=frame.index).groupby(block).transform("first")
    for rows in frame.groupby(block[block.map(contradicts)], sort=False).groups.values():
        key[rows] = _apart(frame.loc[rows, strict], key[rows[0]])
    merged = frame.groupby(key, sort=False).first()
    for column in latest:
        if column in frame.columns:
            merged[column] = frame[column].groupby(key, sort=False).last()
    return merged[list(frame.columns)].reset_index(drop=True)


def _apart(rows: pd.DataFrame, first: int) -> list[int]:
    """Give the rows of one step numbers: a row that contradicts those before it begins a new one."""
    numbers: list[int] = []
    known: dict[Hashable, object] = {}
    start = first
    for i, row in enumerate(rows.to_dict("records")):
        told = {name: value for name, value in row.items() if not pd.isna(value)}
        if any(known.get(name, value) != value for name, value in told.items()):
            start, known = first + i, {}
        known |= told
        numbers.append(start)
    return numbers
