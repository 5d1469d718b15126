"""Read a run table and give its columns their roles: what is compared, in which groups, and what is left out.

Every row of the input ends either in `RunTable.runs` or in a row of `RunTable.exclusions`.
"""

import difflib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyze.depths import HEADS, summarise_depths
from analyze.errors import DataError, UsageError
from analyze.question import Question
from analyze.table.lone import MIN_RUNS, LoneGroup, leave_out
from analyze.table.mixtures import OUR_COLUMNS, find_mixtures
from analyze.table.outcomes import FAILURE_FLAGS, KEY, duplicate_rows, failure_reasons, status_columns
from analyze.table.source import Source, read_source

GROUP_SEPARATOR = " · "
NO_GROUP = "—"
# What of our own run tables is read, besides what the question names: a configuration has 700 bytes a row.
_ALWAYS_READ = {
    *KEY, *OUR_COLUMNS, *FAILURE_FLAGS, *HEADS, "status", "committed_at", "run_id", "n_test", "env_hash",
    "tensorflow", "package_version", "git_commit",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTable:
    """The runs that are compared, and an account of all others.

    Attributes
    ----------
    question : Question
        The question, with ``unit`` resolved.
    runs : DataFrame
        ``group``, ``unit`` (missing if the table has no such column), ``value`` (finite): one row for each
        run that finished, sorted, whatever the order of rows and files in the input.
    groups : tuple of str
        The baseline first, then in sorted order.
    n_failed : dict
        Per group, the runs that diverged, failed, or ended without a finite value.
    exclusions : DataFrame
        ``group``, ``reason``, ``n``.
    mixtures : DataFrame
        Configuration columns that vary inside a group, see `analyze.table.mixtures.find_mixtures`.
    pairable : bool
        Whether equal units are matched pairs by design, which only our own tables can promise.
    n_test : int or None
        Test examples behind the value, if it is an accuracy and the table says so.
    remarks : tuple of str
        What was decided while reading and the reader should know.
    depths : DataFrame
        Of our own tables, see `analyze.depths.summarise_depths`; empty for others.
    source : dict
        Path, number of rows and files, digest of the selected data, versions recorded in the table.
    lone : tuple of LoneGroup
        Groups with one finished run or none, which are not compared.
    """

    question: Question
    runs: pd.DataFrame
    groups: tuple[str, ...]
    n_failed: dict[str, int]
    exclusions: pd.DataFrame
    mixtures: pd.DataFrame
    pairable: bool
    n_test: int | None
    remarks: tuple[str, ...]
    depths: pd.DataFrame
    source: dict[str, object]
    lone: tuple[LoneGroup, ...] = ()


def read(question: Question, *, comparing: bool = True) -> RunTable:
    """Read the table that a question is about.

    Parameters
    ----------
    question : Question
        From `analyze.question.make_question`.
    comparing : bool
        Whether two groups of two runs that differ somewhere are needed.

    Returns
    -------
    RunTable

    Raises
    ------
    UsageError
        If the question names a path, column or group that does not exist, or a filter that is no filter.
    DataError
        If the table cannot be read or its data cannot be compared.
    """
    source = read_source(question.table, text_columns=question.by, wanted=_named(question) | _ALWAYS_READ)
    question = _resolve_columns(question, source)
    ours = source.schema_version is not None or set(KEY) <= set(source.frame.columns)
    selected = _select(source, question)
    rows, remarks = _assign_roles(selected, question, ours=ours)
    groups = _order_groups(rows, selected, question)
    lone: tuple[LoneGroup, ...] = ()
    if comparing:
        _check_groups(groups, question)
        groups, lone = leave_out(rows, groups, question)
        _check_runs(rows, groups, question)
    runs = _sorted_runs(rows, groups)
    known = rows["group"].notna()
    return RunTable(
        question=question,
        runs=runs,
        groups=groups,
        n_failed={g: int((rows["failed"] & (rows["group"] == g)).sum()) for g in groups},
        exclusions=_exclusions(
            rows, (*groups, *(g.group for g in lone)), question, n_outside=len(source.frame) - len(selected)
        ),
        mixtures=find_mixtures(selected[known], rows[known], groups, question, ours=ours),
        pairable=_is_pairable(runs, selected, question, ours=ours),
        n_test=_n_test(selected, rows, question),
        remarks=tuple(remarks),
        depths=summarise_depths(selected if ours else pd.DataFrame(), rows, groups),
        source=_describe(source, selected, runs, groups),
        lone=lone,
    )


def _named(question: Question) -> set[str]:
    """Return every word of a question that may be a column's name."""
    words = re.findall(r"\w+", question.where or "")
    return {question.value, *question.by, *words} | ({question.unit} if question.unit else set())


def _resolve_columns(question: Question, source: Source) -> Question:
    for option, column in [("value", question.value), *(("by", c) for c in question.by)]:
        _require_column(option, column, source.columns)
    if question.unit is not None:
        _require_column("unit", question.unit, source.columns)
    if source.frame.empty:
        raise DataError(
            f"the table {question.table!r} has no rows; collect runs first, or give another table"
        )
    unit = question.unit or ("seed" if "seed" in source.columns else None)
    return replace(question, unit=unit)


def _require_column(option: str, column: str, names: Sequence[str]) -> None:
    if column in names:
        return
    close = difflib.get_close_matches(column, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise UsageError(f"--{option} {column}: there is no such column; {hint}the table has {', '.join(names)}")


def _select(source: Source, question: Question) -> pd.DataFrame:
    frame = source.frame
    if question.where is None:
        return frame
    if "@" in question.where or "__" in question.where:
        raise UsageError(
            f"--where {question.where!r} may not hold '@' or '__'; compare columns with values only"
        )
    names = ", ".join(source.columns)
    try:
        mask = frame.eval(question.where, engine="python", local_dict={}, global_dict={})
    # pandas lets nearly any exception through from an expression that a user wrote
    except Exception as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"--where {question.where!r} failed: {reason}; the columns are {names}") from error
    if not (isinstance(mask, pd.Series) and pd.api.types.is_bool_dtype(mask.dtype)):
        raise UsageError(
            f"--where {question.where!r} is not true or false for each row; "
            f"write e.g. \"{frame.columns[0]} == 'x'\"; the columns are {names}"
        )
    selected = frame[mask.fillna(value=False).astype(bool)].reset_index(drop=True)
    if selected.empty:
        raise DataError(f"--where {question.where!r} selects none of the {len(frame)} rows")
    return selected


def _assign_roles(frame: pd.DataFrame, question: Question, *, ours: bool) -> tuple[pd.DataFrame, list[str]]:
    """Give each row its group, unit and value, or the reason why it is not compared."""
    remarks: list[str] = []
    value = _numbers(frame[question.value], question.value, remarks)
    rows = pd.DataFrame({"group": _labels(frame, question.by), "value": value}, index=frame.index)
    rows["unit"] = _units(frame, question.unit)
    failure = failure_reasons(frame, taken=(question.value, *question.by), remarks=remarks)
    failure = failure.mask(failure.isna() & np.isnan(value), f"{question.value} is missing or not a number")
    failure = failure.mask(failure.isna() & np.isinf(value), f"{question.value} is infinite")
    reason = failure.mask(rows["group"].isna(), f"{' or '.join(question.by)} is missing")
    if ours and set(KEY) <= set(frame.columns):
        reason = reason.mask(duplicate_rows(frame, question.by), f"duplicate of ({', '.join(KEY)})")
    rows["reason"] = reason
    rows["failed"] = failure.notna() & (failure == reason).fillna(value=False)
    return rows, remarks


def _numbers(column: pd.Series, name: str, remarks: list[str]) -> npt.NDArray[np.float64]:
    if column.isna().all():
        raise DataError(f"the value column {name!r} holds no value at all; choose another with --value")
    if pd.api.types.is_bool_dtype(column.dtype):
        remarks.append(f"{name} is true or false; it was compared as 1 or 0.")
    elif not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_complex_dtype(column.dtype):
        text = column.dropna().astype(str)
        example = next((t for t in text if not _is_number(t)), text.iloc[0])
        raise DataError(
            f"the value column {name!r} is not numeric (it holds {example!r}); "
            "choose a numeric column with --value, or clean the table"
        )
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _labels(frame: pd.DataFrame, by: tuple[str, ...]) -> pd.Series:
    """Name each row's group after its values, e.g. "staged · sgd"."""
    distinct = frame[list(by)].drop_duplicates().dropna()
    text = distinct.astype(str)
    labels = [GROUP_SEPARATOR.join(row) for row in text.itertuples(index=False, name=None)]
    if len(set(labels)) < len(labels):  # "a · b" and "c" against "a" and "b · c"
        labels = [GROUP_SEPARATOR.join(map(repr, row)) for row in text.itertuples(index=False, name=None)]
    keyed = distinct.assign(label=pd.Series(labels, index=distinct.index, dtype=object))
    keyed.columns = pd.Index([*range(len(by)), "label"])
    rows = frame[list(by)].set_axis(range(len(by)), axis=1)
    return rows.merge(keyed, how="left", on=list(range(len(by))))["label"].set_axis(frame.index)


def _units(frame: pd.DataFrame, unit: str | None) -> pd.Series:
    if unit is None:
        return pd.Series(pd.NA, index=frame.index, dtype=object)
    column = frame[unit]
    return column if pd.api.types.is_numeric_dtype(column.dtype) else column.astype("str")


def _order_groups(rows: pd.DataFrame, frame: pd.DataFrame, question: Question) -> tuple[str, ...]:
    first = rows["group"].dropna().drop_duplicates()
    if first.empty:
        raise DataError(f"no row has a value of {' and '.join(question.by)}; choose another column with --by")
    keys = frame.loc[first.index, list(question.by)]
    keys = keys.apply(lambda c: c if pd.api.types.is_numeric_dtype(c.dtype) else c.astype(str))
    ordered = tuple(str(g) for g in first[keys.sort_values(list(question.by)).index])
    baseline = question.baseline
    if baseline is not None and baseline not in ordered:
        close = difflib.get_close_matches(baseline, ordered, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise UsageError(
            f"--baseline {baseline}: there is no such group; {hint}the groups are {_listed(ordered)}"
        )
    return ordered if baseline is None else (baseline, *(g for g in ordered if g != baseline))


def _listed(names: Sequence[str], limit: int = 20) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def _check_groups(groups: tuple[str, ...], question: Question) -> None:
    if len(groups) == 1:
        raise DataError(
            f"all runs are in one group, {GROUP_SEPARATOR.join(question.by)} = {groups[0]}; "
            "a comparison needs two: collect another, or group by another column with --by"
        )


def _check_runs(rows: pd.DataFrame, groups: tuple[str, ...], question: Question) -> None:
    finished = rows[rows["reason"].isna()]
    if finished.empty:
        raise DataError(
            f"no run has a finite {question.value}: {_reasons(rows)}; choose another value or table"
        )
    counts = finished["group"].value_counts()
    few = [g for g in groups if counts.get(g, 0) < MIN_RUNS]
    if few:
        n = int(counts.get(few[0], 0))
        more = f" (and {len(few) - 1} other groups too few)" if len(few) > 1 else ""
        lost = _reasons(rows[rows["group"] == few[0]])
        raise DataError(
            f"the group {few[0]!r} has {n} finished run{'' if n == 1 else 's'}{lost and f' ({lost})'}{more}; "
            f"each needs at least {MIN_RUNS}: collect more, or leave it out with --where"
        )
    first = float(finished["value"].iloc[0])
    if (finished["value"] == first).all():
        raise DataError(f"{question.value} is {first:g} in all {len(finished)} runs: nothing to compare")


def _reasons(rows: pd.DataFrame) -> str:
    return ", ".join(f"{n} × {reason}" for reason, n in rows["reason"].value_counts().sort_index().items())


def _sorted_runs(rows: pd.DataFrame, groups: tuple[str, ...]) -> pd.DataFrame:
    finished = rows[rows["reason"].isna()]
    rank = finished["group"].map({g: i for i, g in enumerate(groups)})
    runs = finished.assign(rank=rank).sort_values(["rank", "unit", "value"], kind="stable", ignore_index=True)
    return runs[["group", "unit", "value"]].astype({"group": "str"})


def _exclusions(
    rows: pd.DataFrame, groups: tuple[str, ...], question: Question, *, n_outside: int
) -> pd.DataFrame:
    excluded = rows[rows["reason"].notna()]
    counted = excluded.assign(group=excluded["group"].fillna(NO_GROUP)).groupby(["group", "reason"]).size()
    table = counted.rename("n").reset_index()
    rank = {g: i for i, g in enumerate((*groups, NO_GROUP))}
    table = table.sort_values(["group", "reason"], key=lambda c: c.map(rank) if c.name == "group" else c)
    records = [(str(g), str(r), int(n)) for g, r, n in table.itertuples(index=False)]
    if n_outside:
        records.append((NO_GROUP, f"not selected by --where {question.where}", n_outside))
    return pd.DataFrame(records, columns=["group", "reason", "n"]).astype(
        {"group": "str", "reason": "str", "n": int}
    )


def _is_pairable(runs: pd.DataFrame, frame: pd.DataFrame, question: Question, *, ours: bool) -> bool:
    """Whether equal units are pairs: declared by the question, or by design in tables of our own."""
    unique = runs["unit"].notna().all() and not runs.duplicated(["group", "unit"]).any()
    if question.paired is not None:
        if not unique:
            raise DataError(
                f"--paired {question.paired}: {_why_not_unique(runs, question.paired)}; "
                "choose a column that names each run of a group once, or filter with --where"
            )
        return True
    imported = (
        "env_hash" in frame.columns and "tensorflow" in frame.columns and frame["tensorflow"].isna().any()
    )
    return bool(ours and question.unit == "seed" and unique and not imported)


def _why_not_unique(runs: pd.DataFrame, column: str) -> str:
    if runs["unit"].isna().any():
        return f"{int(runs['unit'].isna().sum())} runs have no {column}"
    first = runs[runs.duplicated(["group", "unit"])].iloc[0]
    return f"{column} {first['unit']} is there more than once in the group {first['group']!r}"


def _n_test(frame: pd.DataFrame, rows: pd.DataFrame, question: Question) -> int | None:
    name = question.value.lower()
    if "n_test" not in frame.columns or "accuracy" not in name or "train" in name:
        return None
    finished = rows["reason"].isna()
    sizes = frame.loc[finished, "n_test"].unique()
    is_fraction = rows.loc[finished, "value"].between(0, 1).all()
    return int(sizes[0]) if len(sizes) == 1 and pd.notna(sizes[0]) and is_fraction else None


def _describe(
    source: Source, selected: pd.DataFrame, runs: pd.DataFrame, groups: tuple[str, ...]
) -> dict[str, object]:
    def recorded(column: str) -> list[str]:
        if column not in selected.columns:
            return []
        return sorted({str(v) for v in selected[column].dropna().unique()})

    return {
        "path": source.path,
        "n_rows": len(source.frame),
        "n_selected": len(selected),
        "n_files": source.n_files,
        "digest": _digest(runs, groups),
        "schema_version": source.schema_version,
        "package_versions": recorded("package_version"),
        "git_commits": recorded("git_commit"),
        "status_columns": list(status_columns(selected)),
    }


def _digest(runs: pd.DataFrame, groups: tuple[str, ...]) -> str:
    """128-bit blake2b of the sorted runs: the same however the rows are spread over files."""
    digest = hashlib.blake2b(digest_size=16)
    for group in groups:
        part = runs[runs["group"] == group]
        digest.update(f"{group}\x00{len(part)}\x00".encode())
        unit = part["unit"]
        if pd.api.types.is_numeric_dtype(unit.dtype):
            digest.update(unit.to_numpy(dtype="<f8", na_value=np.nan).tobytes())
        else:
            digest.update("\x00".join(unit.astype(object).map(str)).encode())
        digest.update(part["value"].to_numpy(dtype="<f8").tobytes())
    return digest.hexdigest()
