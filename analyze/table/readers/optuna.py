"""Optuna: tables of ``trials_dataframe`` and the database ``study.db``."""

import json
import sqlite3
from typing import Any

import pandas as pd

from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.marks import actual, any_begins, has, whole
from analyze.table.readers.plain import columns_of, read_plain
from analyze.table.readers.sqlite import columns_by_table, opened, query, tables_of

_TABLES = {"studies", "trials", "trial_params"}
_BETTER = {"MINIMIZE": "lower", "MAXIMIZE": "higher"}
_NAMES_OF_VALUES = "study:metric_names"
_WHOLE = {"IntDistribution", "IntUniformDistribution", "IntLogUniformDistribution"}
_TYPES = {"INF_POS": float("inf"), "INF_NEG": float("-inf"), "NAN": "NaN"}


def _is_trials_table(found: Found) -> bool:
    columns = columns_of(found)
    valued = has(columns, "value") or any_begins(columns, "values_")
    return has(columns, "number", "state") and (valued or any_begins(columns, "params_"))


def _read_trials_table(found: Found) -> Reading:
    plain = read_plain(found)
    columns = plain.frame.columns
    unit = str(actual(columns, "number"))
    # Tables of several studies, put one below the other, count each from 0.
    repeats = not plain.frame[unit].is_unique
    remarks = ["Numbers of trials repeat: the table holds several studies."] if repeats else []
    return Reading(
        frame=plain.frame,
        kind="Optuna trials",
        unit=unit,
        status=actual(columns, "state"),
        units=plain.units,
        remarks=(*plain.remarks, *remarks),
    )


def _is_database(found: Found) -> bool:
    tables = columns_by_table(found)
    return tables.keys() >= _TABLES and {"study_id", "state"} <= tables["trials"]


def _read_database(found: Found) -> Reading:
    with opened(found) as database:
        studies = query(database, "SELECT study_id, study_name AS study FROM studies").set_index("study_id")
        trials = query(database, "SELECT * FROM trials ORDER BY trial_id").set_index("trial_id")
        directions = _directions(database)
        parts = [
            _values(database, trials),
            _parameters(database, trials.index),
            _attributes(database, trials.index),
        ]
    number = trials["number"] if "number" in trials else trials.groupby("study_id").cumcount()
    frame = pd.DataFrame({"number": number, "state": trials["state"]})
    for time in ("datetime_start", "datetime_complete"):
        frame[time] = pd.to_datetime(trials[time], errors="coerce")
    frame["duration_s"] = (frame["datetime_complete"] - frame["datetime_start"]).dt.total_seconds()
    frame = pd.concat([frame, *(part.reindex(frame.index) for part in parts)], axis=1)
    several = len(set(trials["study_id"])) > 1
    if several:
        frame.insert(0, "study", trials["study_id"].map(studies["study"]))
    remarks = []
    if empty := [str(name) for key, name in studies["study"].items() if key not in set(trials["study_id"])]:
        remarks.append(f"Studies without trials: {', '.join(empty)}.")
    words = {_BETTER.get(word) for word in directions["direction"]}
    single = directions["objective"].max() == 0 if len(directions) else False
    if single and len(words) > 1:
        remarks.append("The studies differ in whether lower or higher values are better.")
    if not single and len(directions):
        first = directions.drop_duplicates("objective")["direction"].str.lower()
        remarks.append(f"The study has several objectives, in this order: {', '.join(first)}.")
    return Reading(
        frame=frame.reset_index(drop=not several),
        kind="Optuna trials",
        unit="trial_id" if several else "number",
        status="state",
        better=words.pop() if single and len(words) == 1 else None,
        remarks=tuple(remarks),
    )


def _directions(database: sqlite3.Connection) -> pd.DataFrame:
    """Return the direction of each objective; before Optuna 2.4 a study had one, in its own row."""
    if "study_directions" in tables_of(database):
        return query(
            database, "SELECT direction, objective FROM study_directions ORDER BY study_id, objective"
        )
    return query(database, "SELECT direction, 0 AS objective FROM studies")


def _values(database: sqlite3.Connection, trials: pd.DataFrame) -> pd.DataFrame:
    """Return the values of trials: ``value``, or ``values_0`` … by objective, or by their given names."""
    tables = tables_of(database)
    if "trial_values" not in tables:
        return trials[["value"]]
    values = query(database, "SELECT * FROM trial_values")
    if "value_type" in values:
        values["value"] = _with_types(values["value"], values["value_type"])
    names = _names(database, tables)
    wide = values.pivot_table(index="trial_id", columns="objective", values="value", aggfunc="first")
    if not names and set(wide.columns) <= {0}:
        return wide.rename(columns={0: "value"}).reindex(columns=["value"])
    return wide.rename(columns=lambda k: f"values_{names[k] if k < len(names) else k}")


def _names(database: sqlite3.Connection, tables: dict[str, frozenset[str]]) -> list[str]:
    """Return the names of the objectives, where all studies have the same."""
    if "study_system_attributes" not in tables:
        return []
    attributes = query(database, "SELECT key, value_json FROM study_system_attributes")
    given = set(attributes.loc[attributes["key"].eq(_NAMES_OF_VALUES), "value_json"])
    names = _decoded(given.pop()) if len(given) == 1 else []
    return [str(name) for name in names] if isinstance(names, list) else []


def _parameters(database: sqlite3.Connection, trials: pd.Index) -> pd.DataFrame:
    rows = query(database, "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params")
    choices = {text: _decoded(text) for text in rows["distribution_json"].unique()}
    rows["value"] = [
        _parameter(value, choices[text])
        for value, text in zip(rows["param_value"], rows["distribution_json"], strict=True)
    ]
    return _wide(rows, "param_name", "params_", trials)


def _parameter(value: float, distribution: object) -> str | float:
    """Turn the number that stands for a parameter in the database into the parameter."""
    if not isinstance(distribution, dict):
        return value
    try:
        kind = distribution["name"]
        choice = (
            distribution["attributes"]["choices"][int(value)] if kind == "CategoricalDistribution" else None
        )
    except (LookupError, TypeError):  # written by hand, or by a version to come: the number is all there is
        return value
    if kind == "CategoricalDistribution":
        return choice if isinstance(choice, bool | int | float | str) else str(choice)
    return int(value) if kind in _WHOLE else value


def _attributes(database: sqlite3.Connection, trials: pd.Index) -> pd.DataFrame:
    rows = query(database, "SELECT trial_id, key, value_json FROM trial_user_attributes")
    decoded = [_decoded(text) for text in rows["value_json"]]
    rows["value"] = [
        text if isinstance(value, dict | list) else value
        for text, value in zip(rows["value_json"], decoded, strict=True)
    ]
    return _wide(rows, "key", "user_attrs_", trials)


def _wide(rows: pd.DataFrame, key: str, prefix: str, trials: pd.Index) -> pd.DataFrame:
    columns = {}
    for name, one in rows.groupby(key):
        values = one.drop_duplicates("trial_id", keep="last").set_index("trial_id")["value"]
        are_whole = all(type(value) is int for value in values)
        column = values.astype(object).reindex(trials)
        columns[f"{prefix}{name}"] = whole(column) if are_whole else column.infer_objects()
    return pd.DataFrame(columns, index=trials)


def _with_types(values: pd.Series, types: pd.Series) -> pd.Series:
    """Return values with the infinities that the database keeps as words."""
    return values.where(types.eq("FINITE"), types.map(_TYPES))


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None


TABLE = Reader(
    name="optuna-table", label="Optuna trials table", recognises=_is_trials_table, read=_read_trials_table
)
DATABASE = Reader(
    name="optuna-database", label="Optuna database (study.db)", recognises=_is_database, read=_read_database
)
