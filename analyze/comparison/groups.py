"""Each group by itself: location, spread, and how many runs failed."""

import math

import numpy as np
import pandas as pd
from scipy import special

from analyze.stats.resampling import Floats, tabulate
from analyze.stats.two_sample.means import bounds
from analyze.table.runs import RunTable


def summarise(table: RunTable) -> pd.DataFrame:
    """Describe each group by location and spread, one row per group.

    Returns
    -------
    DataFrame
        ``group``, ``n``, ``n_failed``, ``n_distinct``, ``mean``, ``sd``, ``se``, ``low`` and ``high`` (t
        interval of the mean, inside the values where many runs take few), ``median``, ``q25``, ``q75``,
        ``iqr``, ``min``, ``max``. What too few runs leave undefined is nan. Groups that are not compared come
        last.
    """
    values = dict(iter(table.runs.groupby("group", observed=True)["value"]))
    limits = bounds(tabulate(table.runs["value"].to_numpy())) if len(table.runs) else (-math.inf, math.inf)
    empty = pd.Series(dtype=np.float64)
    rows = [_row(g, values.get(g, empty).to_numpy(), table.n_failed[g], table, limits) for g in table.groups]
    for lone in table.lone:
        found = np.array([] if lone.value is None else [lone.value])
        rows.append(_row(lone.group, found, lone.n_failed, table, limits))
    return pd.DataFrame(rows)


def _row(
    group: str, x: Floats, n_failed: int, table: RunTable, limits: tuple[float, float]
) -> dict[str, object]:
    n, nan = len(x), math.nan
    q25, median, q75 = np.quantile(x, [0.25, 0.5, 0.75]).tolist() if n else (nan, nan, nan)
    mean = float((x - x[0]).mean() + x[0]) if n else nan
    sd = float((x - x[0]).std(ddof=1)) if n > 1 else nan
    se = sd / math.sqrt(n) if n > 1 else nan
    reach = float(special.stdtrit(n - 1, (1 + table.question.confidence) / 2)) * se if n > 1 else nan
    return {
        "group": group,
        "n": n,
        "n_failed": n_failed,
        "n_distinct": len(tabulate(x).values),
        "mean": mean,
        "sd": sd,
        "se": se,
        "low": max(mean - reach, limits[0]),
        "high": min(mean + reach, limits[1]),
        "median": median,
        "q25": q25,
        "q75": q75,
        "iqr": q75 - q25,
        "min": float(x.min()) if n else nan,
        "max": float(x.max()) if n else nan,
    }
