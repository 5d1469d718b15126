"""Whether values drift along the order of the runs: later seeds should be no better than earlier ones."""

import numpy as np
import pandas as pd
from scipy import stats

from analyze.comparison.adjustment import adjust
from analyze.table.runs import RunTable

# Below that the t approximation of Spearman's test is rough
MIN_RUNS = 10
COLUMNS = ("group", "n", "first", "last", "correlation", "pvalue", "pvalue_adjusted")


def drift(table: RunTable) -> pd.DataFrame:
    """Correlate the values of each group with their units, by ranks.

    Null hypothesis: the values are in random order. Spearman's rank correlation with its t approximation
    (Kendall & Stuart 1973, *The Advanced Theory of Statistics*, volume 2, 31.19); p-values are adjusted over
    the groups by Holm's method.

    Returns
    -------
    DataFrame
        ``group``, ``n``, ``first`` and ``last`` unit, ``correlation``, ``pvalue``, ``pvalue_adjusted``; no
        row where units are not numbers, a group is constant or has fewer than 10 runs.
    """
    unit = table.runs["unit"]
    if not pd.api.types.is_numeric_dtype(unit.dtype) or pd.api.types.is_bool_dtype(unit.dtype):
        return pd.DataFrame(columns=list(COLUMNS))
    rows = []
    for group, part in table.runs.groupby("group", observed=True, sort=False):
        order = part["unit"].to_numpy(dtype=np.float64, na_value=np.nan)
        values = part["value"].to_numpy()
        if len(values) < MIN_RUNS or np.isnan(order).any() or np.ptp(order) == 0 or np.ptp(values) == 0:
            continue
        found = stats.spearmanr(order, values)
        rows.append(
            (
                group,
                len(values),
                float(order.min()),
                float(order.max()),
                float(found.statistic),
                float(found.pvalue),
            )
        )
    frame = pd.DataFrame(rows, columns=list(COLUMNS[:-1]))
    return frame.assign(pvalue_adjusted=adjust(frame["pvalue"].to_numpy()) if rows else [])
