"""Databases that are brought together hold the rows of both, and nothing twice that need not be."""

import pytest
from made_rows import make_row

from collect.errors import RunError
from collect.store import compaction, database
from collect.store.copying import copy
from collect.store.local import LocalDirectory


def make_db(path, rows=(), *, per_segment=7):
    db = LocalDirectory(path)
    db.prepare()
    rows = list(rows)
    for start in range(0, len(rows), per_segment):
        database.append(db, rows[start : start + per_segment])
    return db


@pytest.fixture
def here(tmp_path):
    return make_db(tmp_path / "here", [make_row(seed, "joint-long") for seed in range(5)])


@pytest.fixture
def there(tmp_path):
    return make_db(tmp_path / "there", [make_row(seed) for seed in range(30)])


def by_run(db):
    return {row["run_id"]: row for row in database.read(db).to_pylist()}


def test_the_rows_of_both_are_there_and_the_files_are_the_same(here, there):
    expected = by_run(here) | by_run(there)
    done = copy(there, here)
    assert (done.n_segments, done.n_rows, done.n_present, done.left) == (5, 30, 0, [])
    assert by_run(here) == expected
    for name in database.segments(there):
        assert (here.path / name).read_bytes() == (there.path / name).read_bytes()


def test_databases_that_are_copied_both_ways_hold_the_same_rows(tmp_path):
    """Runs that both machines trained are kept twice: the first success counts, in either database."""
    one = make_db(tmp_path / "one", [make_row(seed) for seed in range(10)])
    other = make_db(tmp_path / "other", [make_row(seed) for seed in range(5, 15)])
    copy(other, one)
    copy(one, other)
    assert database.read(one).equals(database.read(other))
    assert database.read(one).num_rows == 20
    assert database.first_successes(database.read(one)).num_rows == 15


@pytest.mark.parametrize("compacted", [(), ("here",), ("there",), ("here", "there")])
def test_what_is_there_already_is_not_copied_again(here, there, compacted):
    """Known by the names of the segments, or by the rows once they are in other segments."""
    copy(there, here)
    for which in compacted:
        compaction.compact({"here": here, "there": there}[which], grace_s=0)
    names, rows = database.segments(here), database.read(here)
    done = copy(there, here)
    assert (done.n_segments, done.n_rows, done.n_present) == (0, 0, 30)
    assert database.segments(here) == names
    assert database.read(here).equals(rows)


def test_a_copy_of_more_than_is_there_doubles_no_row(here, there):
    copy(there, here)
    database.append(there, [make_row(seed) for seed in range(30, 33)])
    compaction.compact(there, grace_s=0)
    assert copy(there, here).n_rows == 33
    assert database.read(here).num_rows == 38
    compaction.compact(here, grace_s=0)
    assert database.read(here).num_rows == 38


def test_a_copy_that_was_interrupted_is_completed(here, there, monkeypatch):
    publish = LocalDirectory.publish
    n_calls = 0

    def twice(self, name, content):
        nonlocal n_calls
        n_calls += 1
        if n_calls == 3:
            raise RunError("no space")
        publish(self, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(LocalDirectory, "publish", twice)
        with pytest.raises(RunError):
            copy(there, here)
    done = copy(there, here)
    assert (done.n_segments, done.n_rows, done.n_present) == (3, 16, 14)
    assert database.read(here).num_rows == 35


@pytest.mark.parametrize("how", ["flipped", "cut", "empty"])
def test_what_is_damaged_is_named_and_not_copied(here, there, how):
    name = database.segments(there)[2]
    content = (there.path / name).read_bytes()
    changed = {"flipped": content[:300] + bytes([content[300] ^ 1]) + content[301:], "cut": content[:-9]}
    (there.path / name).write_bytes(changed.get(how, b""))
    done = copy(there, here)
    assert (done.n_segments, [name in str(error) for error in done.left]) == (4, [True])
    assert name not in database.segments(here)


def test_a_segment_whose_name_has_no_digest_gets_one(here, there):
    (first, *_) = database.segments(there)
    (there.path / first).rename(there.path / "exported.parquet")
    copy(there, here)
    assert first in database.segments(here)
    assert "exported.parquet" not in database.segments(here)


def test_a_dry_run_makes_nothing(there, tmp_path):
    fresh = LocalDirectory(tmp_path / "fresh")
    done = copy(there, fresh, dry_run=True)
    assert (done.n_segments, done.n_rows) == (5, 30)
    assert not fresh.path.exists()


def test_compaction_of_the_other_database_meanwhile_loses_nothing(here, there, monkeypatch):
    opened, n_calls = LocalDirectory.open, 0

    def open_then_compact(self, name):
        nonlocal n_calls
        n_calls += self == there
        if n_calls == 3:
            n_calls += 1
            compaction.compact(there, grace_s=0)
        return opened(self, name)

    expected = by_run(here) | by_run(there)
    monkeypatch.setattr(LocalDirectory, "open", open_then_compact)
    copy(there, here)
    assert n_calls > 3
    assert by_run(here) == expected
