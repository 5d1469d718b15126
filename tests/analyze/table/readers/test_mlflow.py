"""What MLflow writes.

The schema and the files are those of MLflow 3.17; `search_runs` of such a store gives what is expected here.
"""

import gzip
import sqlite3
import sys

import pandas as pd
import pytest

from analyze.errors import DataError

TABLES = """
CREATE TABLE experiments (experiment_id INTEGER NOT NULL, name VARCHAR(256) NOT NULL,
  lifecycle_stage VARCHAR(32));
CREATE TABLE runs (run_uuid VARCHAR(32) NOT NULL, name VARCHAR(250), status VARCHAR(9), start_time BIGINT,
  end_time BIGINT, lifecycle_stage VARCHAR(20), artifact_uri VARCHAR(200), experiment_id INTEGER);
CREATE TABLE latest_metrics ("key" VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT,
  step BIGINT NOT NULL, is_nan BOOLEAN NOT NULL, run_uuid VARCHAR(32) NOT NULL);
CREATE TABLE metrics ("key" VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT NOT NULL,
  run_uuid VARCHAR(32) NOT NULL, step BIGINT NOT NULL, is_nan BOOLEAN NOT NULL);
CREATE TABLE params ("key" VARCHAR(250) NOT NULL, value VARCHAR(8000) NOT NULL,
  run_uuid VARCHAR(32) NOT NULL);
CREATE TABLE tags ("key" VARCHAR(250) NOT NULL, value VARCHAR(8000), run_uuid VARCHAR(32) NOT NULL);
"""
MAX = sys.float_info.max
# run, status, stage, accuracy by step (None: nan)
RUNS = [
    ("a0", "FINISHED", "active", [0.1, 0.9]),
    ("a1", "FINISHED", "active", [0.2, 0.8]),
    ("b0", "FAILED", "active", [0.3, None]),
    ("b1", "FINISHED", "active", [0.3, float("inf")]),
    ("gone", "FINISHED", "deleted", [0.5]),
    ("empty", "RUNNING", "active", []),
]


def write_database(path):
    database = sqlite3.connect(path)
    database.executescript(TABLES)
    database.execute("INSERT INTO experiments VALUES (1, 'digits', 'active')")
    for i, (run, status, stage, values) in enumerate(RUNS):
        row = (run, f"{run}-name", status, 1_700_000_000_000 + i, None, stage, "file:x", 1)
        database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        database.execute("INSERT INTO params VALUES ('optimizer', ?, ?)", (run[0], run))
        if run != "empty":
            database.execute("INSERT INTO params VALUES ('seed', ?, ?)", (run[-1], run))
        for step, value in enumerate(values):
            stored = (0.0, True) if value is None else (min(value, MAX), False)
            logged = ("val/acc", stored[0], 10 + step, run, step, stored[1])
            database.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", logged)
            if step == len(values) - 1:
                latest = ("val/acc", stored[0], 10 + step, step, stored[1], run)
                database.execute("INSERT INTO latest_metrics VALUES (?, ?, ?, ?, ?, ?)", latest)
    database.commit()
    database.close()


def write_folder(root):
    numbers = {"RUNNING": 1, "FINISHED": 3, "FAILED": 4}
    experiment = root / "4711"
    experiment.mkdir(parents=True)
    (experiment / "meta.yaml").write_text("experiment_id: '4711'\nname: digits\nlifecycle_stage: active\n")
    (root / ".trash" / "9").mkdir(parents=True)
    for i, (run, status, stage, values) in enumerate(RUNS):
        folder = experiment / run
        for kind in ("metrics/val", "params", "tags", "artifacts/model"):
            (folder / kind).mkdir(parents=True)
        (folder / "meta.yaml").write_text(
            f"artifact_uri: file:x\nend_time: null\nexperiment_id: '4711'\nlifecycle_stage: {stage}\n"
            f"run_id: {run}\nrun_name: {run}-name\nstart_time: {1_700_000_000_000 + i}\n"
            f"status: {numbers[status]}\ntags: []\n"
        )
        (folder / "artifacts" / "model" / "meta.yaml").write_text("run_id: other\n")
        (folder / "params" / "optimizer").write_text(run[0])
        if run != "empty":
            (folder / "params" / "seed").write_text(run[-1])
        lines = [f"{10 + s} {'nan' if v is None else v} {s}\n" for s, v in enumerate(values)]
        if lines:
            (folder / "metrics" / "val" / "acc").write_text("".join(lines[::-1]))  # order is not to matter


@pytest.fixture(params=["mlflow.db", "mlruns", "mlflow.db.gz"])
def store(request, tmp_path):
    path = tmp_path / request.param
    if request.param == "mlruns":
        write_folder(path)
    else:
        write_database(tmp_path / "mlflow.db")
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
    assert list(frame["params.optimizer"]) == ["a", "a", "b", "b", "e"]
    assert list(frame["params.seed"][:4]) == [0, 1, 0, 1]
    assert set(frame["experiment"]) == {"digits"}
    assert frame["start_time"].iloc[0] == pd.Timestamp(1_700_000_000_000, unit="ms", tz="UTC")
    assert reading.remarks[0] == "1 run deleted in MLflow is left out."
    assert "metrics.val/acc is the last of up to 2 values" in reading.remarks[1]


def test_experiment_and_run_folders_are_read_by_themselves(tmp_path, read):
    write_folder(tmp_path / "store")
    assert len(read(tmp_path / "store" / "4711")[1].frame) == 5
    frame = read(tmp_path / "store" / "4711" / "a1")[1].frame
    assert frame[["run_id", "metrics.val/acc"]].to_numpy().tolist() == [["a1", 0.8]]


def test_lines_of_first_versions_have_no_step(tmp_path, read):
    write_folder(tmp_path / "mlruns")
    (tmp_path / "mlruns" / "4711" / "a0" / "metrics" / "val" / "acc").write_text("11 0.7\n10 0.6\n")
    frame = read(tmp_path / "mlruns")[1].frame.set_index("run_id")
    assert frame["metrics.val/acc"]["a0"] == 0.7


def test_damaged_files_of_a_folder_are_named(tmp_path, read):
    write_folder(tmp_path / "mlruns")
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
    write_database(tmp_path / "mlflow.db")
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


def test_table_of_the_web_page_is_known(tmp_path, read):
    (tmp_path / "runs.csv").write_text(
        "Start Time,Duration,Run ID,Name,Source Type,Source Name,User,Status,lr,acc\n"
        "1,2,a,n,LOCAL,x,me,FINISHED,1,0.9\n"
    )
    tool, reading = read(tmp_path / "runs.csv")
    assert (tool, reading.unit, reading.status) == ("mlflow-table", "Run ID", "Status")
