"""What MLflow writes.

The schema and the files are those of MLflow 3.17; `search_runs` of such a store gives what is expected here.
"""

import gzip
import sqlite3

import pandas as pd
import pytest
from mlflow_stores import write_database, write_folder

from analyze.errors import DataError

# run, status, stage, accuracy by step (None: nan)
RUNS = [
    ("a0", "FINISHED", "active", [0.1, 0.9]),
    ("a1", "FINISHED", "active", [0.2, 0.8]),
    ("b0", "FAILED", "active", [0.3, None]),
    ("b1", "FINISHED", "active", [0.3, float("inf")]),
    ("gone", "FINISHED", "deleted", [0.5]),
    ("empty", "RUNNING", "active", []),
]


@pytest.fixture(params=["mlflow.db", "mlruns", "mlflow.db.gz"])
def store(request, tmp_path):
    path = tmp_path / request.param
    if request.param == "mlruns":
        write_folder(path, RUNS)
    else:
        write_database(tmp_path / "mlflow.db", RUNS)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress((tmp_path / "mlflow.db").read_bytes()))
    return path


def test_store_gives_a_row_a_run(store, read):
    reading = read(store)[1]
    frame = reading.frame.set_index("run_id")
    assert (reading.kind, reading.unit, reading.status) == ("MLflow runs", "run_id", "status")
    assert list(frame.index) == ["a0", "a1", "b0", "b1", "empty"]
    assert list(frame["status"]) == ["FINISHED", "FINISHED", "FAILED", "FINISHED", "RUNNING"]
    assert list(frame["metrics.val/acc"])[:4] == [0.9, 0.8, "NaN", float("inf")]
    assert pd.isna(frame["metrics.val/acc"]["empty"])
    assert list(frame["params.optimizer"]) == ["a", "a", "b", "b", "empty"]
    assert list(frame["params.seed"][:4]) == [0, 1, 0, 1]
    assert set(frame["experiment"]) == {"digits"}
    assert frame["start_time"].iloc[0] == pd.Timestamp(1_700_000_000_000, unit="ms", tz="UTC")
    assert reading.remarks[0] == "1 run deleted in MLflow is left out."
    assert "metrics.val/acc is the last of up to 2 values" in reading.remarks[1]


def test_experiment_and_run_folders_are_read_by_themselves(tmp_path, read):
    write_folder(tmp_path / "store", RUNS)
    assert len(read(tmp_path / "store" / "4711")[1].frame) == 5
    frame = read(tmp_path / "store" / "4711" / "a1")[1].frame
    assert frame[["run_id", "metrics.val/acc"]].to_numpy().tolist() == [["a1", 0.8]]


def test_lines_of_first_versions_have_no_step(tmp_path, read):
    write_folder(tmp_path / "mlruns", RUNS)
    (tmp_path / "mlruns" / "4711" / "a0" / "metrics" / "val" / "acc").write_text("11 0.7\n10 0.6\n")
    frame = read(tmp_path / "mlruns")[1].frame.set_index("run_id")
    assert frame["metrics.val/acc"]["a0"] == 0.7


def test_damaged_files_of_a_folder_are_named(tmp_path, read):
    write_folder(tmp_path / "mlruns", RUNS)
    metric = tmp_path / "mlruns" / "4711" / "a0" / "metrics" / "val" / "acc"
    metric.write_text("11 0.7 1\n12 0.")
    assert read(tmp_path / "mlruns")  # a shorter number is one
    metric.write_text("11 0.7 1\n12")
    with pytest.raises(DataError, match="metric 'val/acc' of run a0 is damaged"):
        read(tmp_path / "mlruns")
    metric.unlink()
    (tmp_path / "mlruns" / "4711" / "a0" / "meta.yaml").write_text("run_id: [")
    with pytest.raises(DataError, match=r"a0/meta\.yaml' is damaged"):
        read(tmp_path / "mlruns")


def test_folder_without_runs_is_said(tmp_path, read):
    (tmp_path / "mlruns" / "0").mkdir(parents=True)
    (tmp_path / "mlruns" / "0" / "meta.yaml").write_text("experiment_id: '0'\nname: Default\n")
    with pytest.raises(DataError, match="without a run"):
        read(tmp_path / "mlruns")


def test_reading_a_database_changes_nothing_in_its_folder(tmp_path, read):
    write_database(tmp_path / "mlflow.db", RUNS)
    database = sqlite3.connect(tmp_path / "mlflow.db")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("UPDATE latest_metrics SET value = 0.95 WHERE run_uuid = 'a0'")
    database.commit()  # in the -wal file as long as this connection is open
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    frame = read(tmp_path / "mlflow.db")[1].frame
    assert frame["metrics.val/acc"][0] == 0.95
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    database.close()


SEARCHED = """run_id,experiment_id,status,start_time,metrics.acc,params.opt,tags.mlflow.parentRunId
p,1,FINISHED,2026-02-01,0.9,adam,
c,1,FINISHED,2026-02-01,0.9,adam,p
d,1,FAILED,2026-02-01,0.1,adam,p
"""


def test_search_runs_table_tells_status_and_parents(tmp_path, read):
    (tmp_path / "runs.csv").write_text(SEARCHED)
    tool, reading = read(tmp_path / "runs.csv")
    assert (tool, reading.unit, reading.status) == ("mlflow-table", "run_id", "status")
    assert "1 run is a parent of others" in reading.remarks[-1]


def test_infinities_of_an_exported_database_are_infinite(tmp_path, read):
    (tmp_path / "runs.csv").write_text(
        "run_id,status,metrics.loss\na,FINISHED,1.7976931348623157e+308\nb,FINISHED,0.5\n"
    )
    assert read(tmp_path / "runs.csv")[1].frame["metrics.loss"].tolist() == [float("inf"), 0.5]


def test_table_of_the_web_page_is_known(tmp_path, read):
    (tmp_path / "runs.csv").write_text(
        "Start Time,Duration,Run ID,Name,Source Type,Source Name,User,Status,lr,acc\n"
        "1,2,a,n,LOCAL,x,me,FINISHED,1,0.9\n"
    )
    tool, reading = read(tmp_path / "runs.csv")
    assert (tool, reading.unit, reading.status) == ("mlflow-table", "Run ID", "Status")
