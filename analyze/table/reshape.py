"""Tables in other shapes than one row a run and one column a measure: wide ones, and metric/value tables."""

import difflib
from collections.abc import Sequence

import pandas as pd

from analyze.errors import DataError, UsageError, argument
from analyze.table.grouping import listed
from analyze.table.names import METRIC_NAMES, plain_name
from analyze.table.readers.values import column, free_name

ALL = "all"
# Names that the column of the numbers has beside a column of measures' names.
_VALUE_NAMES = (
    "value",
    "score",
    "result",
    "metric_value",
    "indicatorvalue",
    "measurement",
    "estimate",
    "val",
)
_METRIC_NAMES = ("metric", "measure", "indicator", "indicatorname", "metric_name", "variable", "name", "key")


def wide(
    frame: pd.DataFrame,
    columns: Sequence[str],
    *,
    value: str = "value",
    ids: Sequence[str] = (),
) -> tuple[pd.DataFrame, str, str]:
    """Turn columns into groups: one row for each cell of theirs.

    Parameters
    ----------
    frame : DataFrame
        The table.
    columns : sequence of str
        The columns that are groups; ``["all"]`` is every numeric one but ``ids`` and columns named as
        counters of runs.
    value : str
        The name of the new column of numbers.
    ids : sequence of str
        Columns that name a row; where there is none, the column ``row`` numbers the rows from 0.

    Returns
    -------
    DataFrame, str, str
        The frame, the name of the column of groups, and the one that names the row which a cell is from:
        cells of a row are pairs.

    Raises
    ------
    UsageError
        A column is not there, or fewer than two are left.

    Examples
    --------
    >>> table = pd.DataFrame({"sgd": [0.8, 0.9], "adam": [0.7, 0.6]})
    >>> rows, group, unit = wide(table, ["all"], value="accuracy")
    >>> rows.to_csv(index=False).split()
    ['method,row,accuracy', 'sgd,0,0.8', 'sgd,1,0.9', 'adam,0,0.7', 'adam,1,0.6']
    """
    for name in ids:
        require(frame, name, "id")
    chosen = _all_numeric(frame, ids) if list(columns) == [ALL] and ALL not in frame else list(columns)
    for name in chosen:
        require(frame, name, "wide")
    if len(set(chosen)) < 2:
        numeric = listed(_all_numeric(frame, ids)) or "none"
        raise UsageError(
            f"{argument('wide', ','.join(columns))}: two columns at least are groups; "
            f"the numeric columns are {numeric}"
        )
    kept = frame.drop(columns=list(dict.fromkeys(chosen)))
    unit = ids[0] if ids else free_name("row", kept.columns)
    if not ids:
        kept.insert(0, unit, range(len(kept)))
    group = free_name("method", [*kept.columns, value])
    name = free_name(value, [*kept.columns, group])
    cells = _stacked([frame[one] for one in chosen])
    repeated = pd.concat([kept] * len(chosen), ignore_index=True)
    repeated.insert(0, group, pd.Series(chosen, dtype="str").repeat(len(frame)).to_numpy())
    repeated[name] = cells
    return repeated, group, unit


def of_metric(frame: pd.DataFrame, metric_column: str, value_column: str, metric: str) -> pd.DataFrame:
    """Keep the rows of one measure of a table of measures and values, and name the values after it.

    Raises
    ------
    UsageError
        A column is not there, or none of the rows is of the measure.

    Examples
    --------
    >>> table = pd.DataFrame({"metric": ["acc", "loss"], "value": [0.9, 0.3]})
    >>> of_metric(table, "metric", "value", "acc").to_csv(index=False).split()
    ['acc', '0.9']
    """
    require(frame, metric_column, "metric_column")
    require(frame, value_column, "value")
    names = frame[metric_column].astype("str")
    rows = frame[names == metric]
    if rows.empty:
        known = sorted(names.dropna().unique())
        close = difflib.get_close_matches(metric, known, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise UsageError(
            f"{argument('value', metric)}: no row has it in {metric_column!r}; {hint}it holds {listed(known)}"
        )
    if metric in frame.columns and metric not in (metric_column, value_column):
        raise DataError(
            f"{argument('value', metric)}: the table has a column of that name and rows of that "
            f"{metric_column}; rename the column"
        )
    one = rows.drop(columns=metric_column).rename(columns={value_column: metric})
    return one.reset_index(drop=True)


def find_metric_column(
    frame: pd.DataFrame, value: str, *, asked: str | None = None
) -> tuple[str, str] | None:
    """Return the column that names measures, ``value`` among them, and the one that holds their numbers.

    None where ``value`` is a column, where no text column holds it, or where the column of numbers is not
    certain. With ``asked`` it is that column which names them.

    Raises
    ------
    UsageError
        ``asked`` is no column, or no column beside it holds numbers for certain.

    Examples
    --------
    >>> table = pd.DataFrame({"metric": ["acc", "loss"], "seed": [0, 0], "value": [0.9, 0.3]})
    >>> find_metric_column(table, "acc")
    ('metric', 'value')
    """
    if value in frame.columns and asked is None:
        return None
    if asked is not None:
        require(frame, asked, "metric_column")
    texts = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    holding = [name for name in texts if (frame[name] == value).any()]
    holding = [name for name in holding if _plain(name) in _METRIC_NAMES] or holding
    holding = holding if asked is None else [asked]
    numbers = [name for name in frame.columns if name not in holding and _is_value(frame, name)]
    numbers.sort(key=lambda name: _rank(_plain(name)))
    is_certain = len(holding) == 1 and bool(numbers)
    if len(numbers) > 1 and _rank(_plain(numbers[0])) == _rank(_plain(numbers[1])):
        is_certain = False
    if asked is not None and not is_certain:
        raise UsageError(
            f"{argument('metric_column', asked)}: no column beside it holds its numbers for certain; "
            "call it value"
        )
    return (holding[0], numbers[0]) if is_certain else None


def refuse_other_metric(frame: pd.DataFrame, value: str) -> None:
    """Stop where a value is no column, and a column of measures' names does not hold it either.

    Raises
    ------
    UsageError
        With the measures that there are.
    """
    if value in frame.columns:
        return
    for name in frame.columns:
        if plain_name(str(name)) in METRIC_NAMES and not pd.api.types.is_numeric_dtype(frame[name].dtype):
            known = sorted(map(str, frame[name].dropna().unique()))
            raise UsageError(
                f"{argument('value', value)}: there is no such column, and {name!r} holds "
                f"{listed(known, 12)}; give one of these, or a column: "
                f"the table has {listed(list(frame.columns))}"
            )


def require(frame: pd.DataFrame, name: str, option: str) -> None:
    """Refuse a name that no column has, with the closest that one has.

    Raises
    ------
    UsageError
        There is no such column.
    """
    if name in frame.columns:
        return
    names = [str(column) for column in frame.columns]
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise UsageError(
        f"{argument(option, name)}: there is no such column; {hint}the table has {listed(names)}"
    )


def _all_numeric(frame: pd.DataFrame, ids: Sequence[str]) -> list[str]:
    counters = {"seed", "run", "row", "index", "id", "fold", "trial", "unnamed: 0"}
    return [
        str(name)
        for name in frame.columns
        if name not in ids
        and str(name).lower() not in counters
        and pd.api.types.is_numeric_dtype(frame[name].dtype)
        and not pd.api.types.is_bool_dtype(frame[name].dtype)
    ]


def _stacked(columns: list[pd.Series]) -> pd.Series:
    kinds = {one.dtype for one in columns}
    if len(kinds) == 1:
        return pd.concat(columns, ignore_index=True)
    cells = [cell for one in columns for cell in one.astype(object)]
    return column([None if cell is pd.NA or cell is pd.NaT else cell for cell in cells])


def _is_value(frame: pd.DataFrame, name: str) -> bool:
    """Return whether a column may hold the numbers, words such as "diverged" among them, of measures."""
    if _rank(_plain(name)) == len(_VALUE_NAMES):
        return False
    return bool(pd.to_numeric(frame[name], errors="coerce").notna().any())


def _rank(name: str) -> int:
    return _VALUE_NAMES.index(name) if name in _VALUE_NAMES else len(_VALUE_NAMES)


def _plain(name: object) -> str:
    return str(name).lower().replace(" ", "_").replace("-", "_")
