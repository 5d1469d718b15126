"""Stores as MLflow 3.17 writes them: a database, and a folder of small files."""

import sqlite3
import sys

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


def write_database(path, runs):
    """Write a database with one run for each (run, status, stage, accuracies by step; None is nan)."""
    database = sqlite3.connect(path)
    database.executescript(TABLES)
    database.execute("INSERT INTO experiments VALUES (1, 'digits', 'active')")
    for i, (run, status, stage, values) in enumerate(runs):
        row = (run, f"{run}-name", status, 1_700_000_000_000 + i, None, stage, "file:x", 1)
        database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        database.execute("INSERT INTO params VALUES ('optimizer', ?, ?)", (run.rstrip("0123456789"), run))
        if run[-1].isdigit():
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


def write_folder(root, runs):
    """Write the same runs as a folder."""
    numbers = {"RUNNING": 1, "FINISHED": 3, "FAILED": 4}
    experiment = root / "4711"
    experiment.mkdir(parents=True)
    (experiment / "meta.yaml").write_text("experiment_id: '4711'\nname: digits\nlifecycle_stage: active\n")
    (root / ".trash" / "9").mkdir(parents=True)
    for i, (run, status, stage, values) in enumerate(runs):
        folder = experiment / run
        for kind in ("metrics/val", "params", "tags", "artifacts/model"):
            (folder / kind).mkdir(parents=True)
        (folder / "meta.yaml").write_text(
            f"artifact_uri: file:x\nend_time: null\nexperiment_id: '4711'\nlifecycle_stage: {stage}\n"
            f"run_id: {run}\nrun_name: {run}-name\nstart_time: {1_700_000_000_000 + i}\n"
            f"status: {numbers[status]}\ntags: []\n"
        )
        (folder / "artifacts" / "model" / "meta.yaml").write_text("run_id: other\n")
        (folder / "params" / "optimizer").write_text(run.rstrip("0123456789"))
        if run[-1].isdigit():
            (folder / "params" / "seed").write_text(run[-1])
        lines = [f"{10 + s} {'nan' if v is None else v} {s}\n" for s, v in enumerate(values)]
        if lines:
            (folder / "metrics" / "val" / "acc").write_text("".join(lines[::-1]))  # order is not to matter
