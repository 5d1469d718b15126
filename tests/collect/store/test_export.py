"""What is exported is what is in the database, whole or not at all."""

import csv
import gzip
import json
import os
import random
import resource
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pandas as pd
import pyarrow.parquet as pq
import pytest
from made_rows import make_row

from collect.errors import CollectError, DataError, RunError, UsageError
from collect.store import compaction, database, digest, export, segment
from collect.store.export import export as write
from collect.store.local import LocalDirectory
from collect.store.schema import SCHEMA

NO_ERRORS = [name for name in SCHEMA.names if name != "errors"]


def make_db(path, rows=(), *, per_segment=7):
    db = LocalDirectory(path)
    db.prepare()
    rows = list(rows)
    for start in range(0, len(rows), per_segment):
        database.append(db, rows[start : start + per_segment])
    return db


def made_rows():
    """Return rows of three configurations, of every status, and with all that text can hold."""
    odd = ['a "quoted", text\nof two lines', "", "NA", "nan", "null", "ü · 漢", " spaced ", "'", "\t"]
    rows = [make_row(seed, schedule) for seed in range(40) for schedule in ("joint", "staged")]
    for seed, text in enumerate(odd):
        rows.append(failed_row(seed, text))
        rows.append(make_row(seed, "odd", cpu=text or None, git_dirty=bool(seed % 2), git_commit="0012"))
    random.Random(0).shuffle(rows)
    return rows


def failed_row(seed, message, **changes):
    return make_row(seed, "other", status="failed", message=message, **changes)


@pytest.fixture
def db(tmp_path):
    return make_db(tmp_path / "runs", made_rows())


def read_back(path):
    """Read an exported file, which is a segment, alone in a folder."""
    folder = path.parent / f"{path.name} alone"
    folder.mkdir(exist_ok=True)
    (folder / path.name).write_bytes(path.read_bytes())
    return database.read(LocalDirectory(folder))


def test_one_row_of_each_run_is_exported_unless_all_are_asked_for(tmp_path):
    late = datetime(2026, 2, 1, tzinfo=UTC)
    first = make_row(1)
    db = make_db(tmp_path / "runs", [make_row(1, committed_at=late), first, make_row(2)])
    done = write(db, tmp_path / "runs.csv")
    assert (done.n_rows, done.n_repeats) == (2, 1)
    assert pd.read_csv(tmp_path / "runs.csv")["run_id"].to_list()[0] == first.run_id
    done = write(db, tmp_path / "all.parquet", every_row=True)
    assert (done.n_rows, done.n_repeats) == (3, 0)
    assert read_back(tmp_path / "all.parquet").equals(database.read(db))


def test_an_exported_file_is_a_segment(db, tmp_path):
    """So it can be put into a database, and read by all that reads one."""
    (tmp_path / "folder").mkdir()
    write(db, tmp_path / "folder" / "runs.parquet")
    assert database.read(LocalDirectory(tmp_path / "folder")).equals(database.read(db))


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
def test_the_same_rows_are_the_same_bytes_also_after_compaction(db, tmp_path, ending):
    write(db, tmp_path / f"a{ending}")
    compaction.compact(db, grace_s=0)
    assert len(database.segments(db)) == 1
    write(db, tmp_path / f"b{ending}")
    content = (tmp_path / f"a{ending}").read_bytes()
    assert content == (tmp_path / f"b{ending}").read_bytes()
    if ending == ".csv.gz":
        assert content[4:8] == bytes(4), "gzip's header has no time"


def test_row_groups_are_bounded_and_hold_the_right_errors(db, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "GROUP_ROWS", 9)
    write(db, tmp_path / "runs.parquet")
    assert pq.ParquetFile(tmp_path / "runs.parquet").num_row_groups == 11
    assert read_back(tmp_path / "runs.parquet").equals(database.read(db))


def test_an_export_survives_compaction_under_its_feet(db, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "GROUP_ROWS", 9)
    expected = database.read(db)
    read, n_calls = database.read_segment, 0

    def read_then_compact(place, name, columns):
        nonlocal n_calls
        n_calls += columns == ["errors"]
        if n_calls == 12:
            n_calls += 1
            compaction.compact(db, grace_s=0)
        return read(place, name, columns)

    monkeypatch.setattr(database, "read_segment", read_then_compact)
    write(db, tmp_path / "runs.parquet")
    assert n_calls > 12
    assert read_back(tmp_path / "runs.parquet").equals(expected)


def test_numbers_and_times_in_csv_read_back_exactly(tmp_path):
    draw = random.Random(1)
    losses = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, 1e22, *(draw.random() ** 9 for _ in range(200))]
    rows = [make_row(seed, test_loss=loss) for seed, loss in enumerate(losses)]
    write(make_db(tmp_path / "runs", rows), tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [float(line["test_loss"]) for line in lines] == losses
    assert [line["committed_at"] for line in lines[:2]] == [
        "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:00.001000Z",
    ]  # fmt: skip
    assert [datetime.fromisoformat(line["committed_at"]) for line in lines] == [r.committed_at for r in rows]
    assert list(lines[0]) == NO_ERRORS


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\ta", "\ra"])
def test_no_cell_of_a_csv_is_a_formula(tmp_path, text):
    db = make_db(tmp_path / "runs", [make_row(0, schedule=text, dataset=f"a{text}")])
    write(db, tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["schedule"], row["dataset"]) == (f"'{text}", f"a{text}")
    write(db, tmp_path / "runs.parquet")
    assert read_back(tmp_path / "runs.parquet")["schedule"].to_pylist() == [text]


def test_pandas_reads_the_csv(db, tmp_path):
    write(db, tmp_path / "runs.csv.gz")
    frame = pd.read_csv(tmp_path / "runs.csv.gz")
    assert len(frame) == 98
    assert json.loads(frame["config"][0])
    with gzip.open(tmp_path / "runs.csv.gz") as file:
        assert file.readline().startswith(b'"config_hash","seed"')


def test_a_file_is_not_overwritten_unless_asked(db, tmp_path):
    out = tmp_path / "runs.csv"
    out.write_text("mine")
    with pytest.raises(UsageError, match=r"runs.csv exists: add --overwrite"):
        write(db, out)
    assert out.read_text() == "mine"
    write(db, out, overwrite=True)
    assert out.read_text() != "mine"


def test_a_file_that_appears_meanwhile_is_not_overwritten(db, tmp_path, monkeypatch):
    out = tmp_path / "runs.csv"
    written = export._write_csv

    def slowly(*arguments, **options):
        written(*arguments, **options)
        out.write_text("mine")

    monkeypatch.setattr(export, "_write_csv", slowly)
    with pytest.raises(UsageError, match="exists"):
        write(db, out)
    assert out.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "runs.csv"]


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
def test_an_export_that_fails_leaves_nothing(db, tmp_path, ending):
    """A real limit on the size of files, which stops the writer in the middle."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(RunError, match=r"runs\..* cannot be written \(File too large\)"):
            write(db, tmp_path / f"runs{ending}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_the_file_is_durable_before_it_has_its_name(db, tmp_path, monkeypatch):
    calls = []
    sync, link = os.fsync, os.link
    monkeypatch.setattr(os, "fsync", lambda fd: calls.append("sync") or sync(fd))
    monkeypatch.setattr(os, "link", lambda *a, **o: calls.append("name") or link(*a, **o))
    write(db, tmp_path / "runs.csv")
    assert calls == ["sync", "name", "sync"]


def test_what_the_writer_got_wrong_is_not_kept(db, tmp_path, monkeypatch):
    swapped = {"train_loss": "test_loss", "test_loss": "train_loss"}
    light = export._light_chunks
    monkeypatch.setattr(export, "_light_chunks", lambda rows, name: light(rows, swapped.get(name, name)))
    with pytest.raises(RunError, match=r"runs.parquet: test_loss was not written as it is"):
        write(db, tmp_path / "runs.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("runs.xlsx", "must end in one of .csv, .csv.gz, .parquet"),
        ("runs/all.parquet", "would lie in the run database itself"),
        ("absent/runs.csv", "there is no directory"),
    ],
)
def test_a_place_that_cannot_be_meant_is_refused(db, tmp_path, out, message):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=message):
        write(db, tmp_path / out)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_database_and_a_damaged_one_are_refused(db, tmp_path):
    with pytest.raises(DataError, match="holds no runs"):
        write(LocalDirectory(tmp_path / "absent"), tmp_path / "runs.csv")
    path = db.path / database.segments(db)[0]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="damaged"):
        write(db, tmp_path / "runs.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_every_flipped_byte_of_an_export_is_found_or_harmless(db, tmp_path):
    path = tmp_path / "runs.parquet"
    write(db, path)
    content, expected = path.read_bytes(), database.read(db)
    draw = random.Random(2)
    n_found = 0
    for _ in range(60):
        changed = bytearray(content)
        changed[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        try:
            rows = read_back(path)
        except CollectError:
            n_found += 1
        else:
            assert rows.equals(expected)
    assert n_found > 30


@pytest.mark.parametrize("name", SCHEMA.names)
@pytest.mark.parametrize("cuts", [[], [1], [3, 3, 10], [8, 16, 17]])
def test_the_streamed_digest_is_that_of_a_segment(name, cuts):
    rows = [make_row(seed, message=None if seed % 3 else "x" * seed, git_dirty=[None, True][seed % 2])
            for seed in range(20)]  # fmt: skip
    rows[4] = replace(rows[4], status="diverged", errors=None, accuracy=None)
    column = segment.as_table(rows)[name]
    bounds = [0, *cuts, 20]
    chunks = [column.chunk(0).slice(a, b - a) for a, b in pairwise(bounds)]
    streamed = digest.streamed_digest(name, column.type, lambda: iter(chunks))
    assert streamed == segment.column_digest(name, column)
