"""MLflow: tables of ``search_runs`` and of its web page, and the database ``mlflow.db``."""

import sys

import pandas as pd

from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.marks import actual, any_begins, has, holds_numbers, typed
from analyze.table.readers.plain import columns_of, read_plain
from analyze.table.readers.sqlite import columns_by_table, opened, query, tables_of

_RUNS = {"run_uuid", "status", "lifecycle_stage"}
_PREFIXES = ("metrics.", "params.", "tags.")
_PARENT = "tags.mlflow.parentRunId"
_INFINITIES = {sys.float_info.max: float("inf"), -sys.float_info.max: float("-inf")}
NAN = "NaN"  # the word, for a number that was logged and is none


def _is_search_runs(found: Found) -> bool:
    columns = columns_of(found)
    prefixed = has(columns, "run_id") and any_begins(columns, *_PREFIXES)
    page = has(columns, "Run ID", "Status") and actual(columns, "Start Time", "Source Type") is not None
    return page or (prefixed and actual(columns, "status", "experiment_id", "artifact_uri") is not None)


def _read_search_runs(found: Found) -> Reading:
    plain = read_plain(found)
    columns = plain.frame.columns
    metrics = [c for c in columns if c.startswith("metrics.") and holds_numbers(plain.frame[c])]
    return Reading(
        # An MLflow server with a database exports infinities as the largest number.
        frame=plain.frame.assign(**{column: plain.frame[column].replace(_INFINITIES) for column in metrics}),
        kind="MLflow runs",
        unit=actual(columns, "run_id", "Run ID"),
        status=actual(columns, "status"),
        units=plain.units,
        remarks=(*plain.remarks, *parents(plain.frame)),
    )


def _is_database(found: Found) -> bool:
    tables = columns_by_table(found)
    return tables.get("runs", frozenset()) >= _RUNS and "experiments" in tables


def _read_database(found: Found) -> Reading:
    with opened(found) as database:
        tables = tables_of(database)
        runs = query(database, "SELECT * FROM runs").rename(
            columns={"run_uuid": "run_id", "name": "run_name"}
        )
        experiments = query(database, "SELECT * FROM experiments").set_index("experiment_id")
        longs: dict[str, pd.DataFrame] = {
            kind: query(database, f"SELECT run_uuid AS run_id, key, value FROM {kind}")
            for kind in ("params", "tags")
            if kind in tables
        }
        logged: dict[str, int] = {}
        if "latest_metrics" in tables:
            metrics = query(database, "SELECT run_uuid AS run_id, key, value, is_nan FROM latest_metrics")
            longs["metrics"] = metrics.assign(value=_numbers(metrics))
            if "metrics" in tables:
                count = "SELECT key, COUNT(*) AS n FROM metrics GROUP BY run_uuid, key"
                most = query(database, count).groupby("key")["n"].max()
                logged = {str(key): int(n) for key, n in most.items()}
    runs["experiment"] = runs["experiment_id"].map(experiments["name"])
    gone = experiments.index[experiments["lifecycle_stage"].ne("active")]
    runs.loc[runs["experiment_id"].isin(gone), "lifecycle_stage"] = "deleted"
    return as_search_runs(runs, longs, logged)


def as_search_runs(runs: pd.DataFrame, longs: dict[str, pd.DataFrame], logged: dict[str, int]) -> Reading:
    """Put runs and what was logged of them together, in the columns of MLflow's own ``search_runs``.

    Parameters
    ----------
    runs : DataFrame
        One row a run, with ``run_id``, ``experiment_id``, ``experiment``, ``status``, ``lifecycle_stage``.
    longs : dict of DataFrame
        ``metrics``, ``params`` and ``tags``: columns ``run_id``, ``key``, ``value``.
    logged : dict of int
        How often a metric was logged in a run, at most.
    """
    active = runs["lifecycle_stage"].fillna("active").eq("active")
    names = ["run_id", "run_name", "experiment_id", "experiment", "status", "start_time", "end_time"]
    frame = runs.loc[active, [name for name in names if name in runs.columns]].reset_index(drop=True)
    for time in {"start_time", "end_time"} & set(frame.columns):
        frame[time] = pd.to_datetime(pd.to_numeric(frame[time], errors="coerce"), unit="ms", utc=True)
    wides = [
        _wide(longs[kind], f"{kind}.", frame["run_id"])
        for kind in ("metrics", "params", "tags")
        if kind in longs
    ]
    frame = pd.concat([frame, *wides], axis=1)
    remarks = []
    if n_deleted := int((~active).sum()):
        remarks.append(f"{_runs(n_deleted)} deleted in MLflow {_are(n_deleted)} left out.")
    if repeated := {key: n for key, n in logged.items() if n > 1 and f"metrics.{key}" in frame.columns}:
        most = max(repeated, key=lambda key: repeated[key])
        remarks.append(
            f"Metrics are the last values that were logged, as in search_runs: metrics.{most} is the last of "
            f"up to {repeated[most]} values of a run."
        )
    return Reading(
        frame=frame,
        kind="MLflow runs",
        unit="run_id",
        status="status",
        remarks=(*remarks, *parents(frame)),
    )


def parents(frame: pd.DataFrame) -> tuple[str, ...]:
    """Say that some runs only hold others, which MLflow calls nested."""
    column = actual(frame.columns, _PARENT)
    unit = actual(frame.columns, "run_id")
    if column is None or unit is None:
        return ()
    n = int(frame[unit].isin(frame[column].dropna()).sum())
    if not n:
        return ()
    return (
        f"{_runs(n)} {_are(n)} a parent of others, such as of a search ({column}): leave parents out by "
        "--where if their metrics are those of the best child.",
    )


def _wide(long: pd.DataFrame, prefix: str, run_ids: pd.Series) -> pd.DataFrame:
    """Turn rows (run, key, value) into a row a run, a column a key."""
    long = long.drop_duplicates(["run_id", "key"], keep="last")
    wide = long.pivot_table(index="run_id", columns="key", values="value", aggfunc="first").reindex(run_ids)
    return wide.add_prefix(prefix).apply(typed).reset_index(drop=True).rename_axis(columns=None)


def _numbers(metrics: pd.DataFrame) -> pd.Series:
    """Return the metrics of a database, which holds no nan and no infinity as such."""
    values = pd.to_numeric(metrics["value"], errors="coerce")
    return values.replace(_INFINITIES).astype(object).mask(metrics["is_nan"].astype(bool), NAN)


def _runs(n: int) -> str:
    return f"{n} run" if n == 1 else f"{n} runs"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


TABLE = Reader(
    name="mlflow-table", label="MLflow search_runs table", recognises=_is_search_runs, read=_read_search_runs
)
DATABASE = Reader(
    name="mlflow-database", label="MLflow database (mlflow.db)", recognises=_is_database, read=_read_database
)
