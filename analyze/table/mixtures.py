"""Find groups that mix several configurations, and the filter that would separate them."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyze.direction import is_known
from analyze.question import Question
from analyze.table.filters import quoted
from analyze.table.names import STEP_NAMES, UNIT_NAMES, plain_name
from analyze.table.units import is_incidental

Codes = npt.NDArray[np.int64]

# The configuration columns of our own run table (data/README.md)
OUR_COLUMNS = (
    "schedule",
    "optimizer",
    "learning_rate",
    "dataset",
    "train_first",
    "n_train",
    "batch_size",
    "steps",
    "hidden_units",
)
# A repetition's number varies inside a group by intent, and so does what came out of it.
_RESULT_STARTS = ("best", "selected", "stopped", "final", "last", "n", "num", "early", "chosen")
_MACHINES = ("gpu", "gpuid", "device", "deviceid", "node", "host", "worker", "rank", "pid")
MAX_DISTINCT_FLOATS = 50
MIN_SHARED = 0.5
N_EXAMPLES = 3
MAX_GROUPS = 12
COLUMNS = ("group", "column", "n_values", "examples", "where", "separable")


def find_mixtures(
    frame: pd.DataFrame,
    rows: pd.DataFrame,
    groups: tuple[str, ...],
    question: Question,
    *,
    ours: bool,
    taken: Sequence[str],
) -> pd.DataFrame:
    """List configuration columns that vary inside a group.

    In our own tables these columns are known. In others they are recognised by structure: words, whole
    numbers and booleans with few values for the size of the group, and other numbers whose few values
    recur across groups (measurements do not).

    Parameters
    ----------
    frame : DataFrame
        All columns of the selected rows.
    rows : DataFrame
        ``group`` and ``reason`` (missing where the run finished) of the same rows.
    groups : tuple of str
        In order.
    question : Question
        Columns with a role are not configuration.
    ours : bool
        Whether the table was written by ``collect``.
    taken : sequence of str
        Other columns with a role: groups, units, outcomes.

    Returns
    -------
    DataFrame
        ``group``, ``column``, ``n_values``, ``examples``; ``where``: a filter that keeps one value;
        ``separable``: whether grouping by the column as well leaves groups that can be compared.
    """
    names = [
        c
        for c in (OUR_COLUMNS if ours else frame.columns)
        if c in frame.columns and c not in (question.value, *taken)
    ]
    exact, frame = frame, frame[names].apply(_without_noise)
    parts = dict(iter(frame.groupby(rows["group"], sort=False)))
    if not ours:
        originals = _without_copies(parts, rows)
        names = [c for c in names if _may_be_chosen(frame[c]) and _is_configuration(c, originals)]
        names = _not_implied(names, frame, rows["group"], [exact[column] for column in taken])
    finished = rows["reason"].isna()
    records = []
    for column in names:
        where = _separating_filter(exact.loc[finished, column], rows.loc[finished, "group"], question)
        separable = _is_separable(exact.loc[finished, column], rows.loc[finished, "group"])
        for group in groups:
            values = parts[group][column]
            n_values = int(values.nunique(dropna=False))
            if n_values > 1:
                records.append((group, column, n_values, _examples(values), where, separable))
    return pd.DataFrame(records, columns=list(COLUMNS))


def _may_be_chosen(column: pd.Series) -> bool:
    """Whether a column may be a setting by name and cells: no repetition, time, name or result."""
    name = plain_name(str(column.name))
    if name in UNIT_NAMES or name in ("index", *_MACHINES):
        return False
    if pd.api.types.is_float_dtype(column.dtype):
        if is_known(str(column.name)):  # a loss or a time, however few values it has
            return False
    elif is_incidental(column):
        return False
    is_step = name in STEP_NAMES or any(
        name == f"{start}{step}" for start in _RESULT_STARTS for step in STEP_NAMES
    )
    return not is_step


def _without_copies(parts: dict[str, pd.DataFrame], rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Leave groups out that hold the values of an earlier one: the measurements of a copy recur, too."""
    if "value" not in rows.columns:
        return parts
    first: dict[bytes, str] = {}
    for group, part in parts.items():
        values = rows.loc[part.index, "value"].dropna().to_numpy(dtype=np.float64)
        first.setdefault((np.sort(values) + 0.0).tobytes(), group)
    return {group: parts[group] for group in first.values()} if len(first) > 1 else parts


def _without_noise(column: pd.Series) -> pd.Series:
    """Round numbers to 6 digits: 0.1 and 0.1 + 1e-17, from another file, are one setting."""
    if not pd.api.types.is_float_dtype(column.dtype):
        return column
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    distinct, position = np.unique(values, return_inverse=True)
    return pd.Series(np.array([float(f"{v:.6g}") for v in distinct])[position], index=column.index)


def _is_configuration(column: str, parts: dict[str, pd.DataFrame]) -> bool:
    """Whether a foreign column looks chosen rather than measured, in at least one group where it varies."""
    distinct = {group: set(part[column].dropna().unique()) for group, part in parts.items()}
    dtype = next(iter(parts.values()))[column].dtype
    if pd.api.types.is_float_dtype(dtype):
        few = [g for g, values in distinct.items() if 2 <= len(values) <= MAX_DISTINCT_FLOATS]
        pairs = [(distinct[a], distinct[b]) for a, b in combinations(distinct, 2) if a in few or b in few]
        return any(len(a & b) >= MIN_SHARED * len(a | b) for a, b in pairs)
    if pd.api.types.is_datetime64_any_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype):
        return False
    return any(2 <= len(values) <= len(parts[g]) / 2 for g, values in distinct.items())


def _not_implied(
    names: list[str], frame: pd.DataFrame, group: pd.Series, others: Sequence[pd.Series]
) -> list[str]:
    """Drop columns that say nothing new: fixed by earlier ones or by others."""
    kept: list[str] = []
    groups = group.factorize()[0]
    # The groups, then the groups split by all kept columns, then by each of them, and by others
    known = [groups, *(_combine(groups, cells.factorize(use_na_sentinel=False)[0]) for cells in others)]
    for name in names:
        codes = frame[name].factorize(use_na_sentinel=False)[0]
        twins = any(_one_to_one(frame[k].factorize(use_na_sentinel=False)[0], codes) for k in kept)
        if not twins and not any(_fixes(key, codes) for key in known):
            kept.append(name)
            known = [_combine(known[0], codes), *known[1:], _combine(groups, codes)]
    return kept


def _one_to_one(a: Codes, b: Codes) -> bool:
    return _n_distinct(a) == _n_distinct(b) == _n_distinct(_combine(a, b))


def _fixes(known: Codes, codes: Codes) -> bool:
    # what singles out nearly every run fixes any column, and that means nothing
    return _n_distinct(known) <= len(codes) / 2 and _n_distinct(_combine(known, codes)) == _n_distinct(known)


def _combine(a: Codes, b: Codes) -> Codes:
    return np.unique(a * (b.max() + 1) + b, return_inverse=True)[1].astype(np.int64)


def _n_distinct(codes: Codes) -> int:
    return int(codes.max()) + 1


def _examples(values: pd.Series) -> str:
    common = values.value_counts(dropna=False, sort=False)
    ordered = sorted(common.items(), key=lambda item: (-item[1], str(item[0])))
    more = ", …" if len(ordered) > N_EXAMPLES else ""
    return ", ".join(str(value) for value, _ in ordered[:N_EXAMPLES]) + more


def _is_separable(values: pd.Series, group: pd.Series) -> bool:
    """Whether grouping by this column too would leave enough runs in each of not too many groups."""
    sizes = values.groupby([group, values], dropna=False).size()
    return bool(len(sizes) <= MAX_GROUPS and sizes.min() >= 2)


def _separating_filter(values: pd.Series, group: pd.Series, question: Question) -> str:
    """Filter for the value that leaves the most groups, then runs, to compare; empty if none leaves two.

    Empty too where the value is one that a filter cannot name.
    """
    counts = pd.crosstab(values, group)
    # a group with a single run at this value would make the filtered question an error
    counts = counts[((counts >= 2).sum(axis=1) >= 2) & ~(counts == 1).any(axis=1)]
    if counts.empty:
        return ""
    score = pd.DataFrame({"groups": (counts >= 2).sum(axis=1), "runs": counts.sum(axis=1)})
    best = score.sort_values(["groups", "runs"], ascending=False, kind="stable").index[0]
    value = best.item() if isinstance(best, np.generic) else best
    if not isinstance(value, bool | int | float | str):  # such as dates, of which a filter has no constants
        return ""
    condition = f"{quoted(str(values.name))} == {value!r}"
    return f"({question.where}) and {condition}" if question.where else condition
