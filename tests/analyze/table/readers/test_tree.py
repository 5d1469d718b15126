"""Several files, folders and patterns are one table; each row tells which file it is from."""

import gzip
import json
import sys

import fsspec
import pandas as pd
import pytest
from messages import told
from tables import found_of

from analyze.errors import DataError, UsageError
from analyze.table import places
from analyze.table.readers.settings import settings_of
from analyze.table.source import read_source

LOG = {"loss": [3.0, 2.0], "val_loss": [4.0, 3.0]}


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def runs(*accuracies, **more):
    return [{"seed": i, "accuracy": a, **more} for i, a in enumerate(accuracies)]


@pytest.fixture
def logs(tmp_path):
    for method in ("adam", "sgd"):
        for seed in (0, 1):
            folder = tmp_path / "logs" / method / f"seed{seed}"
            put(folder / "history.json", LOG)
            put(folder / "hparams.yaml", f"optimizer: {{lr: 1e-3, name: {method}}}\nseed: {seed}\n")
            put(folder / "figure.png", "no table")
    put(tmp_path / "logs" / ".hidden" / "history.json", LOG)
    put(tmp_path / "logs" / "notes.json", [{"a": 1}])
    return tmp_path / "logs"


def told_apart(source, *names):
    return source.frame[list(names)].drop_duplicates().to_dict("list")


def test_a_folder_of_logs_is_one_run_a_file(logs):
    source = read_source(str(logs))
    assert (source.n_files, len(source.frame), source.unit, source.step) == (4, 8, "run", "epoch")
    assert told_apart(source, "run", "path.1", "path.2", "optimizer.name", "optimizer.lr") == {
        "run": ["adam/seed0", "adam/seed1", "sgd/seed0", "sgd/seed1"],
        "path.1": ["adam", "adam", "sgd", "sgd"],
        "path.2": ["seed0", "seed1", "seed0", "seed1"],
        "optimizer.name": ["adam", "adam", "sgd", "sgd"],
        "optimizer.lr": [0.001] * 4,
    }
    assert "Not read: notes.json." in source.remarks
    assert source.columns == tuple(source.frame.columns)


def test_patterns_files_and_folders_are_the_same_table(logs):
    whole = read_source(str(logs)).frame
    by_pattern = read_source(f"{logs}/*/*/history.json").frame
    by_files = read_source([str(path) for path in sorted(logs.glob("*/*/history.json"))]).frame
    by_folders = read_source([f"{logs}/adam", f"{logs}/sgd"]).frame
    by_any_folders = read_source(f"{logs}/**/history.json").frame
    for frame in (by_pattern, by_files, by_folders, by_any_folders):
        pd.testing.assert_frame_equal(frame, whole)


def test_links_hold_nothing_twice(logs):
    (logs / "latest").symlink_to(logs / "adam")
    (logs / "adam" / "loop").symlink_to(logs)
    (logs / "sgd" / "nowhere").symlink_to(logs / "gone")
    assert read_source(str(logs)).n_files == 4


def test_a_torn_log_of_a_folder_is_left_out_and_said(logs):
    torn = put(logs / "sgd" / "seed1" / "history.json", '{"loss": [')
    source = read_source(str(logs))
    assert source.n_files == 3
    assert any(
        "Left out" in remark and "seed1/history.json' is no JSON" in remark for remark in source.remarks
    )
    with told(DataError, "seed1/history.json' is no JSON"):
        read_source([torn, str(logs / "sgd" / "seed0" / "history.json")])


def test_files_of_many_runs_are_groups(tmp_path):
    old = put(tmp_path / "old.json", runs(0.5, 0.25))
    new = put(tmp_path / "new.jsonl", "\n".join(json.dumps(r) for r in runs(0.75, 0.5, steps=3)))
    source = read_source([old, new])
    assert source.frame["file"].tolist() == ["old", "old", "new", "new"]
    assert source.frame["accuracy"].tolist() == [0.5, 0.25, 0.75, 0.5]
    assert source.frame["steps"].tolist() == [pd.NA, pd.NA, 3, 3]
    assert source.unit is None
    assert source.path == f"{old} {new}"


def test_one_row_a_file_is_one_run_a_file(tmp_path):
    for i in range(3):
        put(tmp_path / f"run{i}" / "result.json", {"accuracy": i / 4})
    source = read_source(str(tmp_path))
    assert (source.unit, source.frame["run"].tolist()) == ("run", ["run0", "run1", "run2"])


def test_types_of_files_are_united(tmp_path):
    one = put(tmp_path / "a.json", [{"x": 1, "y": 0.5, "z": None}])
    two = put(tmp_path / "b.json", [{"x": 2, "y": "OOM", "z": 0.5}])
    frame = read_source([one, two]).frame
    assert frame["x"].dtype == "int64"
    assert frame["y"].tolist() == [0.5, "OOM"]
    assert frame["z"].isna().tolist() == [True, False]
    assert frame["z"].dtype == float


def test_a_packed_copy_of_a_file_is_not_read_again(tmp_path):
    text = "seed,accuracy\n0,0.5\n1,0.25\n"
    put(tmp_path / "a.csv", text)
    put(tmp_path / "b.csv", text)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    source = read_source(str(tmp_path))
    assert source.frame["file"].tolist() == ["a", "a", "b", "b"]
    assert "Not read: a.csv.gz." in source.remarks


def test_files_of_other_units_are_refused(tmp_path):
    one = put(tmp_path / "a.csv", "seed,accuracy\n0,87.5%\n1,90.5%\n")
    two = put(tmp_path / "b.csv", "seed,accuracy\n0,0.5\n1,0.25\n")
    with told(DataError, "'accuracy' is in % in", "and in bare numbers in", "write one unit in all files"):
        read_source([one, two])


def test_hive_folders_are_columns(tmp_path):
    frame = pd.DataFrame({"accuracy": [0.5, 0.25]})
    for lr in ("0.1", "1e-3"):
        (tmp_path / f"method=sgd/lr={lr}").mkdir(parents=True)
        frame.to_parquet(tmp_path / f"method=sgd/lr={lr}" / "part-0.parquet")
    source = read_source(str(tmp_path))
    assert told_apart(source, "method", "lr") == {"method": ["sgd", "sgd"], "lr": [0.1, 0.001]}
    assert source.n_files == 2


def test_columns_of_a_file_keep_their_names(tmp_path):
    for name in ("a", "b"):
        put(tmp_path / f"lr={name}.json", [{"file": 7, "run": 8, "accuracy": 0.5}, {"file": 9}])
    frame = read_source(str(tmp_path)).frame
    assert frame["file"].tolist() == [7, 9, 7, 9]
    assert frame["file_2"].nunique() == 2


def test_two_kinds_equally_often_are_asked_about(tmp_path):
    for i in range(2):
        put(tmp_path / f"{i}" / "train.json", LOG)
        put(tmp_path / f"{i}" / "test.json", LOG)
    with told(DataError, "several kinds of tables, test.json (2) or train.json (2)", "/**/test.json'"):
        read_source(str(tmp_path))
    put(tmp_path / "0" / "metrics.json", LOG)
    put(tmp_path / "1" / "metrics.json", LOG)
    assert read_source(str(tmp_path)).n_files == 2


def test_what_is_refused(tmp_path, monkeypatch):
    one = put(tmp_path / "a.json", runs(0.5))
    with told(UsageError, "is given twice; each of its runs would count twice"):
        read_source([one, one])
    with told(UsageError, "no file or directory fits", "** for any folders"):
        read_source(f"{tmp_path}/*.xyz")
    with told(UsageError, "there is no file or directory"):
        read_source([one, str(tmp_path / "nothing")])
    put(tmp_path / "b.json", runs(0.5))
    monkeypatch.setattr(places, "MAX_FILES", 1)
    for given in (str(tmp_path), f"{tmp_path}/*.json"):
        with told(DataError, "holds more than 1 files; give a folder further down"):
            read_source(given)
    with told(DataError, "holds no runs; collect runs first"):
        (tmp_path / "empty").mkdir()
        read_source(str(tmp_path / "empty"))


def test_a_file_with_the_signs_of_a_pattern(tmp_path):
    assert len(read_source(put(tmp_path / "a[1]*.json", runs(0.5, 0.25))).frame) == 2


def test_folders_of_a_store():
    for name in ("sgd/0", "sgd/1", "adam/0", ".trash/0"):
        fs, path = fsspec.url_to_fs(f"memory://trees/logs/{name}/history.json", skip_instance_cache=True)
        fs.pipe_file(path, json.dumps(LOG).encode())
    fs.pipe_file("/trees/logs/sgd/0/config.json", b'{"lr": 0.5}')
    for url in ("memory://trees/logs", "memory://trees/logs/*/*/history.json"):
        source = read_source(url)
        assert sorted(set(source.frame["run"])) == ["adam/0", "sgd/0", "sgd/1"]
        assert source.frame["lr"].sum() == 1.0


def test_standard_input(monkeypatch, tmp_path):
    for content in (json.dumps(runs(0.5, 0.25)).encode(), pd.DataFrame(runs(0.5, 0.25)).to_parquet(), b""):
        path = tmp_path / "in"
        path.write_bytes(content)
        with path.open() as file:
            monkeypatch.setattr(sys, "stdin", file)
            if not content:
                with told(DataError, "'standard input' cannot be read as a table: it is empty"):
                    read_source("-")
                continue
            assert read_source("-").frame["accuracy"].tolist() == [0.5, 0.25]


# --- settings


SETTINGS = {
    "hparams.yaml": (
        "lr: 1e-3\nmodel: {width: 64}\nlayers: [1, 2]\n",
        {"lr": 0.001, "model.width": 64, "layers": "[1, 2]"},
    ),
    "config.json": ('{"a": {"b": true}}', {"a.b": True}),
    ".hydra/overrides.yaml": ("- opt.lr=0.1\n- +name=x\n", {"opt.lr": 0.1, "name": "x"}),
    "args.yaml": ("f: !!python/name:os.system\ng: !mine {h: 1}\n", {"f": None, "g.h": 1}),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_cells(tmp_path, name):
    content, expected = SETTINGS[name]
    put(tmp_path / name, content)
    cells, damaged = settings_of(found_of(tmp_path).place, {name})
    assert ({k: v or None for k, v in cells.items()}, damaged) == (expected, [])


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "content", ["a: [", "a: &x {b: *x}", BOMB, "? [1]\n: {}\n? {}", "\0", "a: 2020-99-99", "[" * 5000]
)
def test_settings_that_cannot_be_read_are_named(tmp_path, content):
    put(tmp_path / "config.yaml", content)
    assert settings_of(found_of(tmp_path).place, {"config.yaml"}) == ({}, [f"{tmp_path}/config.yaml"])
