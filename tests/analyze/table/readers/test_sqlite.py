"""Databases that are damaged, locked, or of nobody who is known: one line each."""

import sqlite3

import pytest

from analyze.errors import DataError


def write(path, n=2000):
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TABLE runs (run_uuid, status, lifecycle_stage, experiment_id, start_time, end_time)"
    )
    database.execute("CREATE TABLE experiments (experiment_id, name, lifecycle_stage)")
    database.executemany(
        "INSERT INTO runs VALUES (?, 'FINISHED', 'active', 1, 0, 0)", [(f"r{i}",) for i in range(n)]
    )
    database.commit()
    database.close()
    return path.read_bytes()


@pytest.mark.parametrize("keep", [50, 100, 1000, 4096, 6000, 20000])
def test_torn_database_is_one_line(tmp_path, read, keep):
    whole = write(tmp_path / "mlflow.db")
    (tmp_path / "torn.db").write_bytes(whole[:keep])
    with pytest.raises(DataError, match="cannot be read as an SQLite database") as error:
        read(tmp_path / "torn.db")
    assert "\n" not in str(error.value)


def test_garbage_behind_the_first_bytes_is_one_line(tmp_path, read):
    (tmp_path / "x.db").write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)
    with pytest.raises(DataError, match="cannot be read as an SQLite database"):
        read(tmp_path / "x.db")


def test_damaged_names_of_the_schema_are_one_line(tmp_path, read):
    whole = write(tmp_path / "mlflow.db")
    damaged = whole.replace(b"experiments", b"experiment\xff").replace(
        b"CREATE TABLE exp", b"CREATE TABLX exp"
    )
    (tmp_path / "mlflow.db").write_bytes(damaged)  # SQLite quotes the name in its message
    with pytest.raises(DataError, match="cannot be read as an SQLite database"):
        read(tmp_path / "mlflow.db")


def test_pages_overwritten_with_garbage_are_one_line(tmp_path, read):
    whole = bytearray(write(tmp_path / "mlflow.db"))
    whole[3 * 4096 : 6 * 4096] = b"\xa5" * (3 * 4096)
    (tmp_path / "mlflow.db").write_bytes(whole)
    with pytest.raises(DataError, match="cannot be read as an SQLite database"):
        read(tmp_path / "mlflow.db")


def test_locked_database_says_so(tmp_path, read, monkeypatch):
    write(tmp_path / "mlflow.db")
    connect = sqlite3.connect
    writer = connect(tmp_path / "mlflow.db", isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(sqlite3, "connect", lambda path, **options: connect(path, timeout=0, **options))
    with pytest.raises(DataError, match="is being written"):
        read(tmp_path / "mlflow.db")
    writer.close()


def test_database_of_somebody_else_names_its_tables(tmp_path, read):
    database = sqlite3.connect(tmp_path / "own.db")
    database.execute("CREATE TABLE scores (a, b)")
    database.close()
    with pytest.raises(DataError, match=r"holds the tables scores; those of MLflow and Optuna are known"):
        read(tmp_path / "own.db")
