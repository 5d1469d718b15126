"""Tables of means and standard deviations: summaries of runs, which are no runs themselves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyze.direction import name_words
from analyze.errors import DataError, argument
from analyze.table import grouping, units
from analyze.table.cells import numbers
from analyze.table.names import plain_name

_MEAN = frozenset({"mean", "avg", "average", "mu"})
_SD = frozenset({"std", "sd", "stdev", "stddev", "sigma", "dev"})
_ERROR = frozenset({"se", "sem", "stderr", "ste"})
_COUNT = (
    "n", "nseeds", "numseeds", "nruns", "numruns", "runs", "seeds", "count", "nrepeats", "nreps",
    "replicates", "numrepeats", "ntrials", "numtrials", "nsamples", "size",
)  # fmt: skip
_NUMBER = r"[-+−]?\d+(?:[.,]\d+)?(?:e[-+]?\d+)?"
_CELL = re.compile(
    rf"^\$?\\?(?:mathbf\{{|textbf\{{|\*\*)?\s*(?P<mean>{_NUMBER})\s*%?\s*"
    rf"(?:(?:±|\+/-|\+-|\\pm)\s*(?P<sd>{_NUMBER})|\(\s*(?:±\s*)?(?P<sd2>{_NUMBER})\s*\))\s*%?\s*(?:\}}|\*\*)?\$?$",
    re.IGNORECASE,
)
WHAT_IS_NOT_SAID = (
    "Only means and standard deviations are known: nothing is said of the distributions, of medians, of "
    "failed runs or of outliers, and with few runs the test rests on runs that are roughly normal."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summaries:
    """What a table of summaries says of its groups.

    Attributes
    ----------
    groups : DataFrame
        ``group``, ``n``, ``mean``, ``sd``: one row a group.
    value : str
        The metric.
    """

    groups: pd.DataFrame
    value: str


class SummariesError(DataError):
    """A table holds summaries where runs were expected; they can be compared as what they are."""

    def __init__(self, message: str, summaries: Summaries) -> None:
        super().__init__(message)
        self.summaries = summaries


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    mean: str
    spread: str
    is_error: bool
    metric: str


def may_be(frame: pd.DataFrame, value: str) -> bool:
    """Whether a table without named runs has means and their spread where the question looks for values."""
    if units.find_unit(frame, taken=(value,)) is not None:
        return False
    return _of_cells(frame, value) is not None or _of_columns(frame, value) is not None


def are_summaries(frame: pd.DataFrame, column: str) -> bool:
    """Whether a column's cells are means with their spread."""
    return _of_cells(frame, column) is not None


def columns_of_summaries(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns that hold means and their spread."""
    pairs = [found for found in _pairs(frame).values() if "mean" in found and len(found) > 1]
    return tuple(column for found in pairs for column in found.values())


def refuse_summaries(frame: pd.DataFrame, *, value: str, by: Sequence[str]) -> None:
    """Stop where the rows are means of runs; what they can tell goes with the error.

    Parameters
    ----------
    frame : DataFrame
        The whole table.
    value : str
        What is asked: a column of means, the metric's name, or a column of cells such as ``95.26 ± 0.15``.
    by : sequence of str
        What makes the groups, as it was typed.

    Raises
    ------
    SummariesError
        These are summaries, with the number of runs behind each.
    DataError
        These are summaries, and something is missing to compare them.
    """
    if not may_be(frame, value):
        return
    cells = _of_cells(frame, value)
    columns = None if cells is not None else _of_columns(frame, value)
    count = next((c for c in frame.columns if plain_name(str(c)) in _COUNT), None)
    if cells is not None:
        means, sds, metric = *cells, value
        saw = f"{value} holds means with their spread ({frame[value].dropna().iloc[0]!r})"
    else:
        assert columns is not None
        means, sds = (numbers(frame[name]).values for name in (columns.mean, columns.spread))  # noqa: PD011
        metric, saw = columns.metric, f"{columns.mean} and {columns.spread} are summaries"
    labels = _labels(frame, by, value, columns, count)
    if count is None:
        raise DataError(
            f"{saw}, not runs: no column says how many runs are behind each mean; add one named n, and "
            "Welch's test and interval are possible, or give the runs themselves"
        )
    n = numbers(frame[count]).values  # noqa: PD011
    if columns is not None and columns.is_error:
        sds = sds * np.sqrt(n)
    groups = pd.DataFrame({"group": labels, "n": n, "mean": means, "sd": sds})
    groups = groups[groups[["group", "mean", "sd"]].notna().all(axis=1)]
    _check(groups, saw, by, count)
    told = Summaries(groups=groups.astype({"n": int}).reset_index(drop=True), value=metric)
    raise SummariesError(
        f"{saw}, not runs: a row of means is never counted as a run; give the runs themselves, or compare "
        "the summaries with analyze compare",
        told,
    )


def _check(groups: pd.DataFrame, saw: str, by: Sequence[str], count: str) -> None:
    doubled = groups["group"][groups["group"].duplicated()]
    if len(doubled):
        raise DataError(
            f"{saw}, not runs, and {doubled.iloc[0]} has several rows: choose one with "
            f"{argument('where')}, or name what tells them apart in {argument('by')}, beside {', '.join(by)}"
        )
    bad = groups[~(groups["n"] >= 2) | (groups["n"] % 1 != 0) | (groups["sd"] < 0)]
    if len(bad):
        raise DataError(
            f"{saw}, not runs: {count} has to be a whole number of 2 or more, and the spread not negative, "
            f"in {bad['group'].iloc[0]}"
        )
    if len(groups) < 2:
        raise DataError(f"{saw}, not runs, and there are fewer than two groups to compare")


def _labels(
    frame: pd.DataFrame, by: Sequence[str], value: str, columns: _Columns | None, count: str | None
) -> pd.Series:
    names = [str(c) for c in frame.columns]
    if tuple(by) == ("schedule",) and "schedule" not in names:
        taken = {value, count, *((columns.mean, columns.spread) if columns else ())}
        free = [c for c in names if c not in taken and not pd.api.types.is_numeric_dtype(frame[c].dtype)]
        by = tuple(c for c in free if _of_cells(frame, c) is None and frame[c].notna().any())[:1] or tuple(by)
    return grouping.labels(grouping.group_cells(frame, grouping.find_parts(by, names)))


def _of_cells(frame: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Return means and sds of cells such as "95.26 ± 0.15" or "96.3 (0.2)"; None where they are none."""
    if column not in frame.columns or pd.api.types.is_numeric_dtype(frame[column].dtype):
        return None
    matches = [_CELL.match(str(text).strip()) for text in frame[column].dropna()]
    if not matches or not all(matches):
        return None
    found = frame[column].map(lambda text: _CELL.match(str(text).strip()), na_action="ignore")
    parts = [
        (np.nan, np.nan) if not hasattr(m, "group") else (_number(m["mean"]), _number(m["sd"] or m["sd2"]))
        for m in found
    ]
    means, sds = np.array(parts, dtype=np.float64).T
    return means, sds


def _number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "."))


def _pairs(frame: pd.DataFrame) -> dict[tuple[str, ...], dict[str, str]]:
    """Return the columns of means and spreads of each metric, by the rest of its name."""
    pairs: dict[tuple[str, ...], dict[str, str]] = {}
    for column in map(str, frame.columns):
        words = name_words(column)
        for kind, names in (("mean", _MEAN), ("sd", _SD), ("error", _ERROR)):
            if names & set(words):
                rest = tuple(word for word in words if word not in names)
                pairs.setdefault(rest, {}).setdefault(kind, column)
    return pairs


def _of_columns(frame: pd.DataFrame, value: str) -> _Columns | None:
    """Return a pair of columns that are mean and spread of one metric, where the question is about it."""
    for rest, found in _pairs(frame).items():
        spread = found.get("sd", found.get("error"))
        if "mean" not in found or spread is None:
            continue
        if (
            value == found["mean"]
            or tuple(name_words(value)) == rest
            or (not rest and value not in frame.columns)
        ):
            metric = "_".join(rest) or found["mean"]
            return _Columns(mean=found["mean"], spread=spread, is_error="sd" not in found, metric=metric)
    return None
