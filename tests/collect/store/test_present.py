"""What others commit while a collection goes on is found, by reading no more than is needed."""

import pytest
from made_rows import make_row

from collect.running import worker
from collect.running.messages import Committed
from collect.store import compaction, database
from collect.store.local import LocalDirectory
from collect.store.present import Meanwhile

HASH = make_row(0).config_hash


@pytest.fixture
def db(tmp_path):
    place = LocalDirectory(tmp_path / "db")
    place.prepare()
    return place


@pytest.fixture
def reads(monkeypatch):
    """Note the names of the segments that are read."""
    names = []
    read = database.read_segment
    monkeypatch.setattr(
        database, "read_segment", lambda db, name, columns: names.append(name) or read(db, name, columns)
    )
    return names


def append(db, seeds, **changes):
    return database.append(db, [make_row(seed, **changes) for seed in seeds])


def test_what_others_have_trained_is_found(db):
    meanwhile = Meanwhile(db, HASH, without_failed=False)
    assert meanwhile.trained(range(10)) == set()
    append(db, [3, 4])
    append(db, [5], schedule="another")
    append(db, [6], status="failed", accuracy=None)
    assert meanwhile.trained(range(10)) == {3, 4, 6}
    assert Meanwhile(db, HASH, without_failed=True).trained(range(10)) == {3, 4}
    compaction.compact(db, grace_s=0)
    assert meanwhile.trained(range(10)) == {3, 4, 6}
    assert Meanwhile(db, HASH, without_failed=False).trained([4, 9]) == {4}


def test_only_segments_that_may_hold_a_seed_are_read_and_once_as_long_as_they_may(db, reads):
    meanwhile = Meanwhile(db, HASH, without_failed=False)
    near, far = append(db, [110, 130]), append(db, [500])
    append(db, range(100, 130), schedule="another")
    for _ in range(3):
        assert meanwhile.trained(range(105, 120)) == {110}
    assert reads == [near]
    assert meanwhile.trained([500]) == {500}
    assert reads == [near, far]
    assert meanwhile.trained([110]) == {110}
    assert reads == [near, far, near]


def test_rows_that_others_committed_while_they_were_trained_are_not_committed_again(db):
    meanwhile = Meanwhile(db, HASH, without_failed=False)
    assert meanwhile.trained([1, 2, 3]) == set()
    rows = [make_row(seed) for seed in (1, 2, 3)]
    append(db, [2])
    assert worker._commit(db, rows, meanwhile, {9}) == Committed((1, 3), skipped=(9,), repeated=(2,))
    assert database.read(db, ["seed"])["seed"].to_pylist() == [1, 2, 3]
    assert worker._commit(db, rows, meanwhile, set()) == Committed((), repeated=(1, 2, 3))
    assert worker._commit(db, [], meanwhile, {1}) == Committed((), skipped=(1,))
