"""What is exported is what is in the database, and what is imported is what was exported, or an error."""

import csv
import gzip
import hashlib
import json
import os
import random
import resource
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_rows import config_of, hash_of, make_row

from collect.errors import DataError, RunError, UsageError
from collect.store import compaction, database, impossible, segment
from collect.store.exchange import digests, export, foreign, importing, ours, tables, values
from collect.store.exchange.columns import ColumnMap
from collect.store.exchange.export import export as write
from collect.store.exchange.importing import import_runs
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
    outcomes = ("accuracy", "test_loss", "train_accuracy", "train_loss", "gradient_norm", "errors")
    nothing = dict.fromkeys((*outcomes, "accuracy_head1", "accuracy_head2"))
    return make_row(seed, "other", status="failed", message=message, **nothing, **changes)


@pytest.fixture
def db(tmp_path):
    return make_db(tmp_path / "runs", made_rows())


@pytest.fixture
def fresh(tmp_path):
    return LocalDirectory(tmp_path / "fresh")


def from_file(path, asked=None):
    file = tables.look_at(path)
    return (
        foreign.from_file(file, asked or ColumnMap()) if asked or not file.is_ours else ours.from_file(file)
    )


# Export and back


def test_a_parquet_export_is_imported_as_exactly_the_same_rows(db, fresh, tmp_path):
    write(db, tmp_path / "runs.parquet")
    done = import_runs(from_file(tmp_path / "runs.parquet"), fresh)
    assert (done.n_added, done.n_present) == (98, 0)
    assert database.read(fresh).equals(database.read(db))
    assert len(database.segments(fresh)) == 1


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_a_csv_export_is_imported_as_the_same_rows_but_for_errors(db, fresh, tmp_path, ending):
    done = write(db, tmp_path / f"runs{ending}")
    assert (done.n_rows, done.n_configs, done.left_out) == (98, 4, ("errors",))
    import_runs(from_file(tmp_path / f"runs{ending}"), fresh)
    assert database.read(fresh, NO_ERRORS).equals(database.read(db, NO_ERRORS))
    assert database.read(fresh)["errors"].null_count == 98


def test_a_database_is_imported_into_another_one(db, tmp_path):
    other = make_db(tmp_path / "other", [make_row(seed, "joint-long") for seed in range(5)])
    before = database.read(other)
    done = import_runs(ours.from_database(db), other)
    assert done.n_added == 98
    rows = {row["run_id"]: row for row in database.read(other).to_pylist()}
    expected = [*before.to_pylist(), *database.read(db).to_pylist()]
    assert rows == {row["run_id"]: row for row in expected}


def test_databases_that_are_merged_both_ways_hold_the_same_rows(tmp_path):
    """Runs that both machines trained are kept twice: the first success counts, in either database."""
    one = make_db(tmp_path / "one", [make_row(seed) for seed in range(10)])
    other = make_db(tmp_path / "other", [make_row(seed) for seed in range(5, 15)])
    import_runs(ours.from_database(other), one)
    import_runs(ours.from_database(one), other)
    assert database.read(one).equals(database.read(other))
    assert database.read(one).num_rows == 20
    assert database.first_successes(database.read(one)).num_rows == 15


def test_a_success_replaces_a_failure_of_the_other_machine(tmp_path):
    here = make_db(tmp_path / "here", [failed_row(3, "no memory")])
    there = make_db(tmp_path / "there", [make_row(3, "other")])
    import_runs(ours.from_database(there), here)
    assert database.first_successes(database.read(here))["status"].to_pylist() == ["ok"]


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_what_is_there_already_is_not_imported_again(db, fresh, tmp_path, ending):
    write(db, tmp_path / f"runs{ending}")
    incoming = from_file(tmp_path / f"runs{ending}")
    import_runs(incoming, fresh)
    names = database.segments(fresh)
    done = import_runs(incoming, fresh)
    assert (done.n_added, done.n_present) == (0, 98)
    assert database.segments(fresh) == names
    assert import_runs(ours.from_database(fresh), fresh).n_added == 0


def test_rows_that_a_table_of_ours_has_twice_are_imported_once(db, fresh, tmp_path):
    path = tmp_path / "runs.csv"
    write(db, path)
    text = path.read_text()
    path.write_text(text + text.partition("\n")[2])
    done = import_runs(from_file(path), fresh)
    assert (done.n_added, done.n_present) == (98, 0)
    assert database.read(fresh, NO_ERRORS).equals(database.read(db, NO_ERRORS))


def test_an_import_that_was_interrupted_is_completed(db, fresh, tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "MAX_ROWS", 40)
    write(db, tmp_path / "runs.parquet")
    incoming = from_file(tmp_path / "runs.parquet")
    publish = LocalDirectory.publish
    n_calls = 0

    def once(self, name, content):
        nonlocal n_calls
        n_calls += 1
        if n_calls == 2:
            raise RunError("no space")
        publish(self, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(LocalDirectory, "publish", once)
        with pytest.raises(RunError):
            import_runs(incoming, fresh)
    done = import_runs(incoming, fresh)
    assert (done.n_present, done.n_added) == (40, 58)
    assert len(database.segments(fresh)) == 3
    assert database.read(fresh).equals(database.read(db))


def test_a_dry_run_makes_nothing(db, fresh):
    done = import_runs(ours.from_database(db), fresh, dry_run=True)
    assert (done.n_added, done.n_present) == (98, 0)
    assert not fresh.path.exists()


def test_one_row_of_each_run_is_exported_unless_all_are_asked_for(tmp_path):
    late = datetime(2026, 2, 1, tzinfo=UTC)
    first = make_row(1)
    db = make_db(tmp_path / "runs", [make_row(1, committed_at=late), first, make_row(2)])
    done = write(db, tmp_path / "runs.csv")
    assert (done.n_rows, done.n_repeats) == (2, 1)
    assert pd.read_csv(tmp_path / "runs.csv")["run_id"].to_list()[0] == first["run_id"]
    done = write(db, tmp_path / "all.parquet", every_row=True)
    assert (done.n_rows, done.n_repeats) == (3, 0)
    fresh = LocalDirectory(tmp_path / "fresh")
    import_runs(from_file(tmp_path / "all.parquet"), fresh)
    assert database.read(fresh).equals(database.read(db))


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
    monkeypatch.setattr(ours, "BATCH_ROWS", 8)
    write(db, tmp_path / "runs.parquet")
    assert pq.ParquetFile(tmp_path / "runs.parquet").num_row_groups == 11
    fresh = LocalDirectory(tmp_path / "fresh")
    import_runs(from_file(tmp_path / "runs.parquet"), fresh)
    assert database.read(fresh).equals(database.read(db))


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
    fresh = LocalDirectory(tmp_path / "fresh")
    import_runs(from_file(tmp_path / "runs.parquet"), fresh)
    assert database.read(fresh).equals(expected)


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
    assert [datetime.fromisoformat(line["committed_at"]) for line in lines] == [
        r["committed_at"] for r in rows
    ]
    assert list(lines[0]) == NO_ERRORS


def test_pandas_reads_the_csv(db, tmp_path):
    write(db, tmp_path / "runs.csv.gz")
    frame = pd.read_csv(tmp_path / "runs.csv.gz")
    assert len(frame) == 98
    assert json.loads(frame["config"][0])
    with gzip.open(tmp_path / "runs.csv.gz") as file:
        assert file.readline().startswith(b'"config_hash","seed"')


# Nothing half-written, nothing overwritten


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
    monkeypatch.setattr(export, "streamed_digest", lambda name, chunks: "0" * 16)
    with pytest.raises(DataError, match=r"runs.parquet is damaged \(the values of config_hash are not those"):
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


# Damage, and tables that are ours but were changed


def test_every_flipped_byte_of_an_export_is_found_or_harmless(db, fresh, tmp_path):
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
            incoming = from_file(path, None)
        except (DataError, UsageError):
            n_found += 1
        else:
            rows = pa.concat_tables(incoming.pieces())
            assert database.in_order(rows).equals(expected)
    assert n_found > 30
    assert not fresh.path.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"accuracy": "1.5"}, "accuracy is not between 0 and 1"),
        ({"config": "{}"}, "config_hash is not the digest of config"),
        ({"status": "fine"}, "status is none of ok, diverged, failed"),
        ({"seed": "-3"}, "seed is negative"),
        ({"seed": "x"}, "column seed: .*invalid value 'x'"),
        ({"run_id": ""}, "run_id is missing"),
        ({"committed_at": "yesterday"}, "column committed_at: .*invalid value 'yesterday'"),
    ],
)
def test_a_changed_export_is_refused(db, fresh, tmp_path, changes, message):
    write(db, tmp_path / "runs.csv")
    frame = pd.read_csv(tmp_path / "runs.csv", dtype=str, keep_default_na=False)
    for name, value in changes.items():
        frame.loc[3, name] = value
    frame.to_csv(tmp_path / "runs.csv", index=False)
    with pytest.raises(DataError, match=message):
        from_file(tmp_path / "runs.csv")


def test_a_table_of_ours_that_pandas_wrote_again_is_still_ours(db, fresh, tmp_path):
    write(db, tmp_path / "runs.parquet")
    frame = pd.read_parquet(tmp_path / "runs.parquet")
    frame[frame["schedule"] == "joint"].drop(columns=["errors", "cpu"]).to_parquet(tmp_path / "joint.parquet")
    import_runs(from_file(tmp_path / "joint.parquet"), fresh)
    kept = [name for name in SCHEMA.names if name not in ("errors", "cpu")]
    everything = database.read(db, kept)
    expected = everything.filter(pa.compute.equal(everything["schedule"], "joint"))
    assert database.read(fresh, kept).equals(expected)


def test_a_newer_major_version_is_refused_by_its_own_message(tmp_path):
    table = segment.as_table([make_row(1)])
    stated = {"minima_census.schema_version": "3.0", "minima_census.read_with": "9.0"}
    pq.write_table(table.replace_schema_metadata(stated), tmp_path / "runs.parquet")
    with pytest.raises(DataError, match=r"update minima-census to 9\.0 or later"):
        from_file(tmp_path / "runs.parquet")


# The digest of a column in parts


@pytest.mark.parametrize("name", SCHEMA.names)
@pytest.mark.parametrize("cuts", [[], [1], [3, 3, 10], [8, 16, 17]])
def test_the_streamed_digest_is_that_of_a_segment(name, cuts):
    rows = [make_row(seed, message=None if seed % 3 else "x" * seed, git_dirty=[None, True][seed % 2])
            for seed in range(20)]  # fmt: skip
    rows[4] = rows[4] | {"errors": None, "accuracy": None}
    column = segment.as_table(rows)[name]
    bounds = [0, *cuts, 20]
    chunks = [column.chunk(0).slice(a, b - a) for a, b in pairwise(bounds)]
    assert digests.streamed_digest(name, lambda: iter(chunks)) == segment.column_digest(name, column)


# Foreign tables


THEIRS = pd.DataFrame(
    {
        "method": ["adam", "adam", "sgd", "sgd"],
        "lr": [1e-3, 1e-3, 0.1, 0.1],
        "seed": [0, 1, 0, 1],
        "test_acc": [93.4, 93.25, 91.0, np.nan],
        "wd": [5e-4, 5e-4, 0.0, 0.0],
        "host": ["a", "b", "a", "b"],
    }
)
MAP = ColumnMap(
    columns={"schedule": "method", "learning_rate": "lr", "accuracy": "test_acc"},
    config=("wd",),
    percent=("accuracy",),
)


def save(frame, path):
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False, sep="\t" if ".tsv" in path.name else ",")
    return path


def rows_of(path, asked=MAP):
    incoming = foreign.from_file(tables.look_at(path), asked)
    return pa.concat_tables(incoming.pieces()).to_pylist()


@pytest.mark.parametrize("name", ["runs.csv", "runs.parquet", "runs.tsv", "runs.csv.gz"])
def test_a_foreign_table_becomes_rows_of_the_schema(tmp_path, fresh, name):
    path = save(THEIRS, tmp_path / name)
    incoming = foreign.from_file(tables.look_at(path), MAP)
    assert (incoming.n_rows, incoming.n_configs) == (4, 2)
    assert incoming.n_by_status == {"ok": 3, "diverged": 1}
    assert incoming.unused == ("host",)
    assert incoming.ranges["accuracy"] == (3, 0.91, 0.934)
    import_runs(incoming, fresh)
    rows = sorted(database.read(fresh).to_pylist(), key=lambda row: (row["schedule"], row["seed"]))
    assert [row["accuracy"] for row in rows] == [0.934, 0.9325, 0.91, None]
    assert (
        rows[0]["config"]
        == '{"config_version":1,"imported":{"learning_rate":0.001,"schedule":"adam","wd":0.0005}}'
    )
    assert rows[0]["config_hash"] == hash_of(rows[0]["config"])
    assert (rows[3]["status"], rows[3]["message"]) == (
        "diverged",
        "accuracy is missing in the imported table",
    )
    assert rows[0]["tensorflow"] is rows[0]["errors"] is rows[0]["n_test"] is None
    assert len({row["run_id"] for row in rows}) == 4
    assert impossible.faults(database.read(fresh)) == []


def test_importing_again_adds_nothing_whatever_the_format(tmp_path, fresh):
    for name in ("runs.csv", "runs.parquet", "runs.csv"):
        incoming = foreign.from_file(tables.look_at(save(THEIRS, tmp_path / name)), MAP)
        done = import_runs(incoming, fresh)
    assert (done.n_added, done.n_present, done.n_differing) == (0, 4, 0)
    grown = pd.concat([THEIRS, THEIRS.assign(seed=THEIRS["seed"] + 2)])
    done = import_runs(foreign.from_file(tables.look_at(save(grown, tmp_path / "runs.csv")), MAP), fresh)
    assert (done.n_added, done.n_present) == (4, 4)


def test_other_outcomes_of_runs_that_are_there_are_counted_and_not_taken(tmp_path, fresh):
    import_runs(foreign.from_file(tables.look_at(save(THEIRS, tmp_path / "a.csv")), MAP), fresh)
    changed = THEIRS.assign(test_acc=[93.4, 12.0, 91.0, 90.0])
    before = database.read(fresh)
    done = import_runs(foreign.from_file(tables.look_at(save(changed, tmp_path / "b.csv")), MAP), fresh)
    assert (done.n_added, done.n_present, done.n_differing) == (0, 4, 2)
    assert database.read(fresh).equals(before)


def test_rows_are_made_the_same_way_each_time_but_for_the_time(tmp_path):
    path = save(THEIRS, tmp_path / "runs.csv")
    one, other = ([row | {"committed_at": None} for row in rows_of(path)] for _ in range(2))
    assert one == other
    with_host = ColumnMap(columns=MAP.columns, config=("wd", "host"), percent=MAP.percent)
    assert {r["run_id"] for r in rows_of(path, with_host)}.isdisjoint(r["run_id"] for r in one)


@pytest.mark.parametrize(
    "rate", ["1e-3", "0.001", ".001", "1.0e-03", "0.0010000000474974513", "0.00100000000000", "10e-4"]
)
def test_a_learning_rate_is_one_however_it_is_written(tmp_path, rate):
    path = tmp_path / "runs.csv"
    path.write_text(f"seed,schedule,learning_rate,accuracy,wd\n1,a,{rate},0.5,{rate}\n")
    (row,) = rows_of(path, ColumnMap(config=("wd",)))
    assert row["learning_rate"] == 0.001
    assert '"learning_rate":0.001,' in row["config"]
    assert '"wd":0.001' in row["config"]


def test_a_float32_and_a_rounded_number_are_the_number_that_was_meant(tmp_path):
    rates = np.array([1e-5, 3e-4, 0.001, 0.1, 1 / 3, 1.0, 2.5, 100.0])
    frame = pd.DataFrame({"seed": range(8), "schedule": "a", "accuracy": 0.5, "learning_rate": rates})
    exact = rows_of(save(frame, tmp_path / "a.parquet"), ColumnMap())
    single = frame.assign(learning_rate=rates.astype(np.float32))
    printed = frame.assign(learning_rate=[f"{rate:.10g}" for rate in rates])
    for other in (single, printed, single.astype({"learning_rate": float})):
        found = rows_of(save(other, tmp_path / "b.parquet"), ColumnMap())
        assert [row["config_hash"] for row in found] == [row["config_hash"] for row in exact]
    assert len({row["config_hash"] for row in exact}) == 8, "different rates stay different"


def test_a_configuration_depends_on_its_own_values_alone(tmp_path):
    """Not on the type of the column, which other rows and the file's format decide."""

    def hashes(depths, **options):
        frame = pd.DataFrame({"seed": 1, "schedule": "a", "accuracy": 0.5, "depth": depths}, **options)
        path = save(frame, tmp_path / "runs.parquet")
        return rows_of(path, ColumnMap(config=("depth",)))[0]["config_hash"]

    same = [hashes(pd.Series(values, dtype=kind)) for values, kind in (
        ([3, 4], "int64"), ([3.0, 4.5], "float64"), (["3", "deep"], "str"), ([3, None], "Int64"),
        (["3.0"], "str"), ([3], "float32"),
    )]  # fmt: skip
    assert len(set(same)) == 1
    different = [hashes(pd.Series(values)) for values in ([4], ["deep"], [True], ["03"], [None])]
    assert len({*same, *different}) == 6


def test_a_setting_of_ours_need_not_be_named_and_may_be(tmp_path):
    path = write_csv(
        tmp_path / "runs.csv", "seed,schedule,accuracy,learning_rate\n1,a,0.5,0.1\n1,a,0.5,0.2\n"
    )
    one, other = (rows_of(path, ColumnMap(config=names)) for names in ((), ("learning_rate",)))
    assert [row["config"] for row in one] == [row["config"] for row in other]


def test_true_is_not_one(tmp_path):
    text = "seed,schedule,accuracy,nesterov\n1,a,0.5,1\n1,a,0.5,true\n2,a,0.5,1.0\n2,a,0.5,True\n"
    rows = rows_of(write_csv(tmp_path / "runs.csv", text), ColumnMap(config=("nesterov",)))
    hashes = [row["config_hash"] for row in rows]
    assert hashes[:2] == hashes[2:]
    assert hashes[0] != hashes[1]


def test_a_missing_setting_is_no_setting(tmp_path):
    """So a further column that is empty for old runs does not make them new ones."""
    frame = pd.DataFrame({"seed": [1], "schedule": ["a"], "accuracy": [0.5], "momentum": [None]})
    path = save(frame, tmp_path / "runs.csv")
    assert (
        rows_of(path, ColumnMap(config=("momentum",)))[0]["config_hash"]
        == rows_of(path, ColumnMap())[0]["config_hash"]
    )


def write_csv(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("value", "status", "message"),
    [
        ("0.5", "ok", None),
        ("", "diverged", "accuracy is missing in the imported table"),
        ("NA", "diverged", "accuracy is missing in the imported table"),
        ("nan", "diverged", "accuracy is not a number in the imported table"),
        ("NaN", "diverged", "accuracy is not a number in the imported table"),
        ("inf", "diverged", "accuracy is infinite in the imported table"),
        ("-Infinity", "diverged", "accuracy is infinite in the imported table"),
    ],
)
def test_a_run_without_a_finite_outcome_has_diverged(tmp_path, value, status, message):
    path = write_csv(tmp_path / "runs.csv", f"seed,schedule,accuracy,test_loss\n7,a,{value},0.5\n")
    (row,) = rows_of(path, ColumnMap())
    assert (row["status"], row["message"]) == (status, message)
    assert (row["accuracy"] is None) == (row["test_loss"] is None) == (status != "ok")


def test_an_infinite_loss_has_diverged_whatever_the_accuracy(tmp_path):
    path = write_csv(tmp_path / "runs.csv", "seed,schedule,accuracy,test_loss\n7,a,0.1,inf\n8,a,0.1,\n")
    first, second = rows_of(path, ColumnMap())
    assert (first["status"], first["message"]) == ("diverged", "test_loss is infinite in the imported table")
    assert (second["status"], second["accuracy"]) == ("ok", 0.1)


@pytest.mark.parametrize(("yes", "no"), [("True", "False"), ("1", "0"), ("yes", "no"), ("true", "")])
def test_a_column_says_what_has_diverged(tmp_path, yes, no):
    text = f"seed,schedule,accuracy,test_loss,nan_loss\n1,a,0.1,2.3,{yes}\n2,a,,2.2,{no}\n3,a,,,{no}\n"
    path = write_csv(tmp_path / "runs.csv", text)
    rows = rows_of(path, ColumnMap(columns={"diverged": "nan_loss"}))
    said_nothing = not no
    assert [row["status"] for row in rows] == [
        "diverged", "diverged" if said_nothing else "ok", "diverged",
    ]  # fmt: skip
    assert rows[0]["message"] == "diverged in the imported table"
    assert rows[0]["accuracy"] is None


def test_a_status_column_and_its_messages_are_taken(tmp_path):
    lines = ["seed,schedule,accuracy,status,error", "1,a,0.1,OK,x", "2,a,,failed,no memory", "3,a,,diverged,"]
    text = "\n".join([*lines, "4,a,0.2,,", ""])
    path = write_csv(tmp_path / "runs.csv", text)
    rows = rows_of(path, ColumnMap(columns={"message": "error"}))
    assert [(row["status"], row["message"]) for row in rows] == [
        ("ok", None), ("failed", "no memory"),
        ("diverged", "accuracy is missing in the imported table"), ("ok", None),
    ]  # fmt: skip


def test_a_table_whose_outcome_is_a_loss_is_imported_exported_and_imported(tmp_path, fresh):
    path = write_csv(tmp_path / "runs.csv", "seed,schedule,test_loss\n1,a,0.25\n2,a,5.5e29\n")
    import_runs(foreign.from_file(tables.look_at(path), ColumnMap()), fresh)
    write(fresh, tmp_path / "runs.parquet")
    again = LocalDirectory(tmp_path / "again")
    import_runs(from_file(tmp_path / "runs.parquet"), again)
    assert database.read(again, ["test_loss"])["test_loss"].to_pylist() == [0.25, 5.5e29]
    assert database.read(again).equals(database.read(fresh))


def test_constants_are_the_same_for_all_rows(tmp_path):
    path = write_csv(tmp_path / "runs.csv", "seed,accuracy,optimizer\n1,0.5,x\n2,0.6,x\n")
    asked = ColumnMap(
        constants={"schedule": "adamw", "learning_rate": "1e-3", "n_test": "10000", "optimizer": "y"}
    )
    rows = rows_of(path, asked)
    assert {(r["schedule"], r["learning_rate"], r["n_test"], r["optimizer"]) for r in rows} == {
        ("adamw", 0.001, 10000, "y")
    }


def test_a_column_of_the_same_name_can_be_left_out(tmp_path):
    path = write_csv(tmp_path / "runs.csv", "seed,schedule,accuracy,steps\n1,a,0.5,10k\n")
    with pytest.raises(
        DataError, match=r"row 1: steps is '10k': not a number .`--column steps=` leaves the column out"
    ):
        rows_of(path, ColumnMap())
    assert rows_of(path, ColumnMap(columns={"steps": ""}))[0]["steps"] is None


IMPOSSIBLE = [
    ("accuracy", "93.4", "must be a fraction from 0 to 1; if it is in percent, add --percent accuracy"),
    ("accuracy", "-0.1", "must be a fraction"),
    ("accuracy", "9008.5", "must be a fraction from 0 to 1"),
    ("accuracy", "high", "not a number"),
    ("accuracy", "1,5", "not a number"),
    ("seed", "-1", "must not be negative"),
    ("seed", "1.5", "not a whole number"),
    ("seed", "", "every run needs a seed"),
    ("seed", "x", "not a number"),
    ("seed", "99999999999999999999", "not a whole number"),
    ("schedule", "", "every run needs a schedule"),
    ("learning_rate", "-0.1", "must be finite and not negative"),
    ("learning_rate", "inf", "must be finite and not negative"),
    ("test_loss", "-1", "must not be negative"),
    ("steps", "3000000000", "must be at most 2,147,483,647"),
    ("status", "crashed", "must be ok, diverged or failed"),
]


@pytest.mark.parametrize(("name", "value", "advice"), IMPOSSIBLE)
def test_an_impossible_value_is_named_with_its_row(tmp_path, name, value, advice):
    rows = [{"seed": str(seed), "schedule": "a", "accuracy": "0.5", "learning_rate": "0.1", "test_loss": "1",
             "steps": "10", "status": "ok"} for seed in range(5)]  # fmt: skip
    rows[2][name] = value
    path = save(pd.DataFrame(rows), tmp_path / "runs.csv")
    shown = repr(value) if value else "missing"
    with pytest.raises(DataError) as caught:
        rows_of(path, ColumnMap())
    assert str(caught.value).startswith(f"runs.csv, row 3: {name} is {shown}: {advice}")
    assert value != "9008.5" or "percent" not in str(caught.value)


def test_numbers_of_parquet_are_checked_as_well(tmp_path):
    good = {"seed": [1, 2], "schedule": "a", "accuracy": [0.5, 0.6]}
    for name, column, message in [
        (
            "seed",
            pd.Series([1, 2**63], dtype="uint64"),
            "row 2: seed is 9223372036854775808: must be at most",
        ),
        ("seed", [1.0, 2.5], "row 2: seed is 2.5: not a whole number"),
        ("seed", [True, False], "row 1: seed is True: not a number"),
        ("accuracy", pd.Series([0.5, 93.4], dtype="float32"), "row 2: accuracy is 93.4"),
        ("accuracy", pd.to_datetime(["2026-01-01", "2026-01-02"]), "row 1: accuracy is .*: not a number"),
    ]:
        path = save(pd.DataFrame(good | {name: column}), tmp_path / "runs.parquet")
        with pytest.raises(DataError, match=f"runs.parquet, {message}"):
            rows_of(path, ColumnMap())


def test_nothing_is_imported_if_one_row_is_wrong(tmp_path, fresh):
    path = save(THEIRS.assign(seed=[0, 1, 2, -3]), tmp_path / "runs.csv")
    with pytest.raises(DataError):
        import_runs(foreign.from_file(tables.look_at(path), MAP), fresh)
    assert not fresh.path.exists()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (ColumnMap(), r"no column schedule.* has method, lr, seed, test_acc, wd, host"),
        (ColumnMap(columns={"schedule": "method"}), r"no outcome: add --column accuracy=COLUMN"),
        (ColumnMap(columns={"seed": ""}), r"no column seed: add --column seed=COLUMN"),
        (ColumnMap(columns={"acuracy": "test_acc"}), r"--column acuracy: did you mean accuracy\?"),
        (ColumnMap(columns={"accuracy": "test_ac"}), r"has no column 'test_ac'; did you mean test_acc\?"),
        (ColumnMap(columns={"config_hash": "wd"}), r"config_hash is made by the import"),
        (ColumnMap(config=("weight",)), r"--config: runs.csv has no column 'weight'"),
        (ColumnMap(config=("seed",)), r"--config seed: seed has a meaning of its own here"),
        (ColumnMap(constants={"seed": "1"}), r"--set seed: it takes schedule, optimizer"),
        (ColumnMap(columns={"schedule": "method"}, constants={"schedule": "a"}), r"by --column and by --set"),
        (ColumnMap(columns=MAP.columns, percent=("test_loss",)), r"--percent test_loss: .*it takes accuracy"),
        (ColumnMap(columns=MAP.columns, percent=("train_accuracy",)), r"add --column train_accuracy=COLUMN"),
        (ColumnMap(columns=MAP.columns, percent=("accuracy",), constants={"n_test": "many"}),
         r"--set n_test=many: not a number"),
    ],
)  # fmt: skip
def test_a_map_that_cannot_be_meant_is_refused(tmp_path, asked, message):
    path = save(THEIRS, tmp_path / "runs.csv")
    with pytest.raises(UsageError, match=message):
        rows_of(path, asked)


def grid():
    """Return runs of 2 methods, 3 depths and 2 weight decays, 4 seeds each, with outcomes and run names."""
    frame = pd.MultiIndex.from_product(
        [["a", "b"], [1, 2, 3], [0.0, 0.1], range(4)], names=["schedule", "depth", "wd", "seed"]
    ).to_frame(index=False)
    draw = np.random.default_rng(0)
    return frame.assign(accuracy=draw.random(48), loss=draw.random(48), name=[f"r{i}" for i in range(48)])


def test_rows_of_the_same_run_are_named_and_what_tells_them_apart(tmp_path):
    path = save(grid(), tmp_path / "runs.csv")
    with pytest.raises(DataError) as caught:
        rows_of(path, ColumnMap())
    assert str(caught.value) == (
        "rows 1 and 5 of runs.csv are the same seed of the same configuration (40 such rows): "
        "add --config wd --config depth, which tells such rows apart"
    )
    with pytest.raises(DataError, match=r"rows 1 and 9 .*: add --config depth, which"):
        rows_of(path, ColumnMap(config=("wd",)))
    assert len(rows_of(path, ColumnMap(config=("wd", "depth")))) == 48


def test_rows_that_no_setting_tells_apart_are_refused(tmp_path):
    frame = pd.concat([grid(), grid().iloc[[7]]])
    path = save(frame, tmp_path / "runs.csv")
    with pytest.raises(DataError, match=r"rows 8 and 49 .* no other column tells them apart; remove one"):
        rows_of(path, ColumnMap(config=("wd", "depth")))
    frame.iloc[-1, frame.columns.get_loc("loss")] = 0.5
    path = save(frame, tmp_path / "runs.csv")
    with pytest.raises(DataError, match=r"rows 8 and 49 .*they differ in loss"):
        rows_of(path, ColumnMap(config=("wd", "depth")))


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("runs.csv", b"", DataError, "cannot be read"),
        ("runs.csv", b"seed,schedule,accuracy\n", DataError, "holds no runs"),
        ("runs.csv", b"seed,schedule,accuracy\n1,a\n", DataError, "cannot be read: .*Expected 3 columns"),
        ("runs.csv", b"seed,schedule,accuracy\n1,\xff,0.5\n", DataError, "cannot be read: .*UTF8"),
        ("runs.csv", b"seed,seed,accuracy\n1,a,0.5\n", DataError, "more than one column named 'seed'"),
        ("runs.parquet", b"PAR1 torn", DataError, "cannot be read"),
        ("runs.xlsx", b"PK", UsageError, "ends in one of .csv"),
        ("absent.csv", None, UsageError, "there is no file or directory"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, name, content, error, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=message):
        rows_of(tmp_path / name, ColumnMap())


def test_dots_quotes_nested_and_binary_columns_do_not_matter(tmp_path):
    frame = pd.DataFrame({"seed": [1], "schedule": ["a"], "eval.acc": [0.5], 'a "b", c': [1]})
    frame = frame.assign(list=[[1, 2]], blob=[b"x"], schedule=frame["schedule"].astype("category"))
    path = save(frame, tmp_path / "runs.parquet")
    asked = ColumnMap(columns={"accuracy": "eval.acc"}, config=('a "b", c',))
    assert rows_of(path, asked)[0]["accuracy"] == 0.5
    with pytest.raises(DataError, match="column list holds neither numbers nor text"):
        rows_of(path, ColumnMap(columns={"accuracy": "eval.acc"}, config=("list",)))


def test_percent_keeps_the_digits():
    found = values.from_percent(np.array([93.4, 87.867, 100.0, 0.1, 33.333333]))
    assert found.tolist() == [0.934, 0.87867, 1.0, 0.001, 0.33333333]


def test_the_hash_of_an_imported_configuration_never_changes(tmp_path):
    """Else the same table would be imported twice by two versions of this package."""
    path = save(THEIRS, tmp_path / "runs.csv")
    assert sorted({row["config_hash"] for row in rows_of(path)}) == sorted(
        hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        for text in (
            '{"config_version":1,"imported":{"learning_rate":0.001,"schedule":"adam","wd":0.0005}}',
            '{"config_version":1,"imported":{"learning_rate":0.1,"schedule":"sgd","wd":0}}',
        )
    )
    assert config_of() != rows_of(path)[0]["config"]
