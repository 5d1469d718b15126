"""What is appended is read back, once, whatever else goes on in the database."""

import itertools
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_rows import config_of, hash_of, make_row, runs_of

from collect.errors import DataError
from collect.store import database
from collect.store.local import LocalDirectory
from collect.store.schema import SCHEMA

MADE = hash_of(config_of())
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def db(tmp_path):
    place = LocalDirectory(tmp_path / "runs")
    place.prepare()
    return place


def test_what_is_appended_is_read_back(db):
    rows = [make_row(3), make_row(1, accuracy=None, status="diverged", message="nan")]
    name = database.append(db, rows)
    assert database.segments(db) == [name]
    assert runs_of(database.read(db)) == sorted(rows, key=lambda r: r.seed)
    assert database.read(db).schema.names == SCHEMA.names
    assert database.read(db, ["accuracy", "seed"]).schema.names == ["accuracy", "seed"]


def test_every_append_is_a_new_segment(db):
    names = {database.append(db, [make_row(seed)]) for seed in range(5)}
    assert names == set(database.segments(db))
    assert database.present_seeds(db, MADE) == {0, 1, 2, 3, 4}
    assert database.present_seeds(db, "another") == set()
    first, *others = sorted(names)
    found = database.seeds_by_segment(db, MADE, skip=[first])
    assert sorted(found) == others
    assert {*map(len, found.values())} == {1}


def test_failed_runs_are_present_unless_left_out(db):
    database.append(db, [make_row(0), make_row(1, status="failed"), make_row(2, status="diverged")])
    assert database.present_seeds(db, MADE) == {0, 1, 2}
    assert database.present_seeds(db, MADE, without_failed=True) == {0, 2}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"env_hash": None}, "env_hash is null"),
        ({"seed": -1}, "a seed is -1"),
    ],
)
def test_rows_that_do_not_fit_the_schema_are_refused(db, change, message):
    with pytest.raises(ValueError, match=message):
        database.append(db, [make_row(**{"seed": 0, **change})])
    assert list(db.path.iterdir()) == []


def test_no_rows_are_no_segment(db):
    with pytest.raises(ValueError, match="without rows"):
        database.append(db, [])


# Which of two rows of the same run counts: (status, minutes after noon, run_id), the better one first.
@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (("ok", 5, "b"), ("failed", 1, "a")),
        (("ok", 5, "b"), ("diverged", 1, "a")),
        (("diverged", 5, "b"), ("failed", 1, "a")),
        (("ok", 1, "b"), ("ok", 5, "a")),
        (("ok", 1, "a"), ("ok", 1, "b")),
    ],
)
def test_first_success_wins_whatever_the_order_of_files(db, better, worse):
    def row(status, minutes, run_id):
        return make_row(7, status=status, committed_at=NOON + timedelta(minutes=minutes), run_id=run_id)

    tables = [database.segment.as_table([row(*one)]) for one in (better, worse)]
    for order in itertools.permutations(tables):
        table = pa.concat_tables(order)
        assert database.first_successes(table)["run_id"].to_pylist() == [better[2]]
    database.append(db, [row(*worse)])
    database.append(db, [row(*better)])
    assert database.read(db)["run_id"].to_pylist() == [better[2], worse[2]], "nothing is dropped"


def test_runs_of_other_seeds_and_configurations_all_count():
    rows = [make_row(seed, schedule) for seed in range(3) for schedule in ("a", "b")]
    table = database.segment.as_table(rows)
    assert database.first_successes(table).num_rows == 6
    assert database.first_successes(table.slice(0, 0)).num_rows == 0


def test_a_database_that_does_not_exist_is_empty(tmp_path):
    db = LocalDirectory(tmp_path / "nowhere")
    assert database.segments(db) == []
    assert database.read(db).num_rows == 0
    assert database.read(db).schema.names == SCHEMA.names


def test_a_segment_that_vanishes_is_found_in_what_replaced_it(db, monkeypatch):
    """Between listing and opening, a compaction replaces every segment that was listed."""
    from collect.store import compaction

    for seed in range(10):
        database.append(db, [make_row(seed)])
    listed = LocalDirectory.names
    moments = []

    def names(place):
        found = listed(place)
        if not moments:
            moments.append(0)
            compaction.compact(db, grace_s=0)
        return found

    monkeypatch.setattr(LocalDirectory, "names", names)
    assert database.read(db)["seed"].to_pylist() == list(range(10))


def test_a_reader_ends_beside_writers_that_never_do(db, monkeypatch):
    """Whatever is committed before it begins is read; what always comes meanwhile is left to the next."""
    database.append(db, [make_row(0)])
    listed, n_listings = LocalDirectory.names, 0

    def names(place):
        nonlocal n_listings
        n_listings += 1
        assert n_listings < 10
        database.append(db, [make_row(n_listings)])
        return listed(place)

    monkeypatch.setattr(LocalDirectory, "names", names)
    assert database.read(db)["seed"].to_pylist()[0] == 0
    n_listings = 0
    assert len(list(database.contents(db))) >= 1


def test_a_listing_that_misses_both_old_and_new_is_repeated(db, monkeypatch):
    """A directory may be changed while it is listed: entries of that time may be missing."""
    database.append(db, [make_row(0)])
    late = database.append(db, [make_row(1)])
    listed = LocalDirectory.names
    first_time = [True]

    def names(place):
        missed = {late} if first_time.pop(0) else set()
        first_time.append(False)
        return [name for name in listed(place) if name not in missed]

    monkeypatch.setattr(LocalDirectory, "names", names)
    assert database.read(db)["seed"].to_pylist() == [0, 1]


def test_unreadable_segments_are_collected_or_raised(db):
    database.append(db, [make_row(0)])
    pq.write_table(pa.table({"a": [1]}), db.path / "a.parquet")
    (db.path / "b.parquet").write_bytes(b"")
    with pytest.raises(DataError, match=r"a.parquet is not a segment of a run database"):
        database.read(db)
    unreadable = []
    assert database.read(db, unreadable=unreadable)["seed"].to_pylist() == [0]
    assert [str(error).split(" is ")[0].split("/")[-1] for error in unreadable] == ["a.parquet", "b.parquet"]
