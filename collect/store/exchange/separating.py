"""Which columns would tell rows apart that are not told apart yet."""

from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa

MAX_COLUMNS = 3
MAX_CANDIDATES = 10


def separating_columns(table: pa.Table, keys: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns with the fewest values that, with the keys, make all rows differ; empty if none do.

    Parameters
    ----------
    table
        The columns to choose from. A setting recurs: those with a value of its own in most rows are
        measurements or names of runs, and are not chosen.
    keys
        One row for each row of the table.
    """
    alike = keys.duplicated(keep=False).to_numpy()
    group = keys[alike].groupby(list(keys.columns), sort=False).ngroup().to_numpy()
    codes = {}
    for name in table.column_names:
        column, _ = pd.factorize(table[name].to_pandas(), use_na_sentinel=False)
        if 1 < column.max() + 1 <= max(2, len(column) / 2):
            codes[name] = column[alike].astype(np.int64)
    fewest = sorted(codes, key=lambda name: int(codes[name].max()))[:MAX_CANDIDATES]
    choices = [names for size in range(1, MAX_COLUMNS + 1) for names in combinations(fewest, size)]
    for names in sorted(choices, key=lambda names: sum(int(codes[name].max()) for name in names)):
        together = pd.DataFrame({"": group} | {name: codes[name] for name in names})
        if not together.duplicated().any():
            return names
    return ()
