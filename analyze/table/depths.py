"""Accuracy behind each hidden layer, by group: what a strategy does to the lower layers."""

import pandas as pd

HEADS = ("accuracy_head1", "accuracy_head2", "accuracy")
_LOW, _HIGH = 0.05, 0.95


def summarise_depths(frame: pd.DataFrame, rows: pd.DataFrame, groups: tuple[str, ...]) -> pd.DataFrame:
    """Summarise the accuracies of the heads behind one, two and three hidden layers.

    Parameters
    ----------
    frame : DataFrame
        A run table of our own; without the columns of the heads there is nothing to summarise.
    rows : DataFrame
        ``group`` and ``reason`` of the same rows; those with a reason are left out.
    groups : tuple of str
        In report order.

    Returns
    -------
    DataFrame
        ``group``, ``layers``, ``n``, ``mean``, ``q05``, ``q95``: one row for each group and number of layers
        with an accuracy, in that order.
    """
    columns = ["group", "layers", "n", "mean", "q05", "q95"]
    if not set(HEADS) <= set(frame.columns):
        return pd.DataFrame(columns=columns)
    finished = rows["reason"].isna()
    by_group = frame.loc[finished, list(HEADS)].groupby(rows.loc[finished, "group"])
    found = []
    for group in (g for g in groups if g in by_group.groups):
        for layers, head in enumerate(HEADS, start=1):
            x = by_group.get_group(group)[head].dropna().astype(float)
            if len(x):
                q05, q95 = x.quantile([_LOW, _HIGH])
                found.append((group, layers, len(x), float(x.mean()), float(q05), float(q95)))
    return pd.DataFrame(found, columns=columns)
