"""Compaction changes how rows are stored, and nothing else."""

import pytest
from made_rows import config_of, hash_of, make_row

from collect.errors import RunError
from collect.store import compaction, database, segment
from collect.store.local import LocalDirectory


@pytest.fixture
def db(tmp_path):
    place = LocalDirectory(tmp_path / "runs")
    place.prepare()
    return place


def fill(db, schedule="made", *, n_segments=10, rows_each=20):
    for i in range(n_segments):
        database.append(db, [make_row(i * rows_each + k, schedule) for k in range(rows_each)])


def test_rows_are_the_same_before_and_after(db):
    fill(db)
    fill(db, "other")
    database.append(db, [make_row(3, status="failed"), make_row(3)])
    before = database.read(db)
    done = compaction.compact(db, grace_s=0)
    assert database.read(db).equals(before)
    assert (done.n_before, done.n_after, done.n_rows) == (21, 2, 402)
    labels = {segment.parse_name(name).config for name in database.segments(db)}
    assert labels == {hash_of(config_of(s))[:12] for s in ("made", "other")}


def test_a_second_compaction_finds_nothing_to_do(db):
    fill(db)
    fill(db, "few", n_segments=2, rows_each=3)
    fill(db, "rare", n_segments=2, rows_each=3)
    compaction.compact(db, grace_s=0)
    names = database.segments(db)
    assert len(names) == 2, "configurations with few rows share a segment"
    assert compaction.compact(db, grace_s=0).n_rows == 0
    assert database.segments(db) == names


def test_segments_are_bounded(db, monkeypatch):
    monkeypatch.setattr(compaction, "MAX_ROWS", 60)
    monkeypatch.setattr(compaction, "LARGE_ROWS", 30)
    fill(db)
    compaction.compact(db, grace_s=0)
    assert sorted(segment.parse_name(name).n_rows for name in database.segments(db)) == [20, 60, 60, 60]
    assert database.read(db)["seed"].to_pylist() == list(range(200))


def test_bytes_are_bounded_too(db, monkeypatch):
    fill(db, n_segments=4)
    name = database.segments(db)[0]
    n_bytes = database.read_segment(db, name).nbytes
    monkeypatch.setattr(compaction, "MAX_BYTES", int(2.5 * n_bytes))
    compaction.compact(db, grace_s=0)
    assert [segment.parse_name(name).n_rows for name in database.segments(db)] == [40, 40]


def test_leftovers_of_a_crash_between_publishing_and_removing_are_merged_away(db, monkeypatch):
    fill(db)
    before = database.read(db)
    with monkeypatch.context() as patch:
        patch.setattr(LocalDirectory, "remove", lambda place, names: None)
        compaction.compact(db, grace_s=0)
    assert len(database.segments(db)) == 11
    assert database.read(db).equals(before), "a row that is there twice is one row"
    compaction.compact(db, grace_s=0)
    assert len(database.segments(db)) == 1
    assert database.read(db).equals(before)


def test_nothing_is_removed_when_publishing_fails(db, monkeypatch):
    fill(db)
    names = database.segments(db)

    def refuse(place, name, content):
        raise RunError("no room")

    monkeypatch.setattr(LocalDirectory, "publish", refuse)
    with pytest.raises(RunError):
        compaction.compact(db, grace_s=0)
    assert database.segments(db) == names


def test_a_damaged_segment_is_left_where_it_is(db):
    fill(db)
    damaged = database.segments(db)[4]
    content = bytearray((db.path / damaged).read_bytes())
    content[0] ^= 1  # the magic number at the start, which no reader of Parquet looks at
    (db.path / damaged).write_bytes(content)
    done = compaction.compact(db, grace_s=0)
    assert damaged in str(done.left[0])
    assert len(database.segments(db)) == 2
    assert (db.path / damaged).read_bytes() == content


def test_rows_of_one_run_id_that_differ_are_not_merged(db):
    database.append(db, [make_row(1, run_id="r")])
    database.append(db, [make_row(1, run_id="r", train_loss=7.0)])
    done = compaction.compact(db, grace_s=0)
    assert "rows of the same run_id differ" in str(done.left[0])
    assert len(database.segments(db)) == 2


def test_an_empty_or_absent_database_is_compact(tmp_path):
    assert compaction.compact(LocalDirectory(tmp_path), grace_s=0).n_after == 0
    assert compaction.compact(LocalDirectory(tmp_path / "nowhere"), grace_s=0).n_after == 0
    assert not (tmp_path / "nowhere").exists()
