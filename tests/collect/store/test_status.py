"""What `collect status` counts, checked against sums done by hand."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from made_rows import UNMEASURED, config_of, hash_of, make_row

from collect.store import compaction, database, segment, status
from collect.store.local import LocalDirectory
from collect.store.schema import SCHEMA

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def db(tmp_path):
    place = LocalDirectory(tmp_path / "runs")
    place.prepare()
    return place


def of_config(seed, **settings):
    """Return a row of schedule `made` whose configuration has further settings."""
    config = config_of("made", **settings)
    return make_row(seed, config=config, config_hash=hash_of(config))


def test_runs_are_counted_by_status_and_the_ok_ones_averaged(db):
    database.append(db, [make_row(s, accuracy=a, errors=None) for s, a in ((0, 0.8), (1, 0.9), (3, 1.0))])
    database.append(db, [make_row(7, status="diverged", **UNMEASURED)])
    database.append(db, [make_row(seed, status="failed", **UNMEASURED) for seed in (8, 9)])
    found = status.read_status(db)
    (one,) = found.configurations
    assert (one.n_ok, one.n_diverged, one.n_failed) == (3, 1, 2)
    assert one.seeds.tolist() == [0, 1, 3, 7, 8, 9]
    # (0.8 + 0.9 + 1.0) / 3 and sqrt((0.01 + 0 + 0.01) / 2)
    assert (one.mean, one.sd) == (pytest.approx(0.9), pytest.approx(0.1))
    assert (one.schedule, one.optimizer, one.learning_rate, one.dataset) == ("made", "sgd", 0.01, "mnist")
    assert (found.n_runs, found.n_repeats, found.n_segments, found.unreadable) == (6, 0, 3, ())
    assert found.n_bytes == sum((db.path / name).stat().st_size for name in database.segments(db))


@pytest.mark.parametrize(("accuracies", "mean", "sd"), [([0.5], 0.5, math.nan), ([], math.nan, math.nan)])
def test_a_mean_needs_one_ok_run_and_an_sd_two(db, accuracies, mean, sd):
    rows = [make_row(seed, accuracy=a, errors=None) for seed, a in enumerate(accuracies)]
    database.append(db, [*rows, make_row(99, status="failed", **UNMEASURED)])
    (one,) = status.read_status(db).configurations
    np.testing.assert_equal((one.mean, one.sd), (mean, sd))


def test_of_several_rows_of_a_run_the_first_success_counts_and_the_others_are_repeats(db):
    database.append(db, [make_row(0, status="failed", committed_at=NOON, **UNMEASURED)])
    database.append(db, [make_row(0, accuracy=0.6, errors=None, committed_at=NOON + timedelta(hours=1))])
    database.append(db, [make_row(0, accuracy=0.1, errors=None, committed_at=NOON + timedelta(hours=2))])
    found = status.read_status(db)
    (one,) = found.configurations
    assert (found.n_runs, found.n_repeats) == (1, 2)
    assert (one.n_ok, one.n_failed, one.mean) == (1, 0, 0.6)
    assert one.last_commit == NOON + timedelta(hours=2), "of all rows, also of those that do not count"


def test_a_row_that_is_in_two_segments_is_no_repeat(db):
    """As in the middle of a compaction."""
    rows = segment.as_table([make_row(seed) for seed in range(4)])
    for compacted in (None, "one"):
        db.publish(*segment.encode(rows, compaction=compacted))
    found = status.read_status(db)
    assert (found.n_segments, found.n_runs, found.n_repeats) == (2, 4, 0)


def test_what_cannot_be_read_is_named_and_the_rest_is_counted(db):
    database.append(db, [make_row(0)])
    torn = database.append(db, [make_row(1)])
    (db.path / torn).write_bytes((db.path / torn).read_bytes()[:-100])
    (db.path / "a.parquet").write_text("dear diary")
    found = status.read_status(db)
    assert (found.n_runs, found.n_segments) == (1, 3)
    assert [name in str(error) for name, error in zip(("a.parquet", torn), found.unreadable, strict=True)]


def test_configurations_are_in_the_order_of_schedule_and_learning_rate(db):
    rates = {"b": 0.1, "c": 0.01, "d": None}
    for name, rate in rates.items():
        config = config_of(name)
        changes = {"config": config, "config_hash": hash_of(config), "learning_rate": rate}
        database.append(db, [make_row(0, **changes)])
    database.append(db, [make_row(0, schedule="a")])
    found = status.read_status(db).configurations
    assert [(one.schedule, one.learning_rate) for one in found] == [
        ("a", 0.01),
        ("made", None),
        ("made", 0.01),
        ("made", 0.1),
    ]


def test_configurations_that_look_alike_are_told_apart_by_their_settings(db):
    database.append(db, [of_config(0, n_train=500, depth=3)])
    database.append(db, [of_config(s, n_train=1000, depth=3) for s in (0, 1)] + [make_row(0, schedule="b")])
    found = status.read_status(db).configurations
    assert [(one.schedule, one.differing, one.n_ok) for one in found] == [
        ("b", "", 1),
        ("made", "n_train=1000", 2),
        ("made", "n_train=500", 1),
    ]


def test_configurations_without_a_short_difference_are_told_apart_by_their_hashes(db):
    alike = [of_config(0, dataset=digit * 32, n_train=500) for digit in "ab"]
    database.append(db, [*alike, of_config(0, dataset="a" * 32, n_train=1000)])
    found = status.read_status(db).configurations
    assert {one.differing for one in found} == {
        "n_train=1000",
        *(f"config={row.config_hash[:8]}" for row in alike),
    }


def test_the_steps_of_stages_tell_configurations_apart():
    short = status.short_settings('{"schedule":{"name":"s","stages":[{"steps":5},{"steps":2}]}}')
    long = status.short_settings('{"schedule":{"name":"s","stages":[{"steps":9}]}}')
    assert status.tell_apart({"a": short, "b": long}) == {"a": "steps=7", "b": "steps=9"}


def test_no_segments_are_an_empty_status(db):
    for place in (db, LocalDirectory(db.path / "absent")):
        found = status.read_status(place)
        assert (found.configurations, found.n_runs, found.n_segments, found.n_bytes) == ((), 0, 0, 0)


def test_segments_that_a_compaction_would_save_are_counted(db):
    for seed in range(3):
        database.append(db, [make_row(seed)])
        database.append(db, [make_row(seed, schedule="b")])
    assert status.read_status(db).n_superfluous == 4, "one of each schedule is needed"


def test_a_compaction_in_the_middle_changes_nothing(db, monkeypatch):
    for seed in range(5):
        database.append(db, [of_config(seed, n_train=seed % 2)])
    quiet = status.read_status(db)
    listed, calls = LocalDirectory.names, []

    def names(self):
        """Compact after the first listing, so that nothing of it is there any more."""
        found = listed(self)
        calls.append(found)
        if len(calls) == 1:
            compaction.compact(db, grace_s=0)
        return found

    monkeypatch.setattr(LocalDirectory, "names", names)
    found = status.read_status(db)
    assert len(set(calls[0]) & set(listed(db))) == 0
    assert found.n_runs == quiet.n_runs == 5
    for one, other in zip(found.configurations, quiet.configurations, strict=True):
        assert (one.differing, one.seeds.tolist()) == (other.differing, other.seeds.tolist())


def test_only_few_columns_are_read(db, monkeypatch):
    """A million rows must not cost more than what is shown of them."""
    database.append(db, [make_row(seed, schedule=schedule) for seed in range(3) for schedule in "ab"])
    read, columns = database.read_segment, set()

    def recorded(place, name, wanted=tuple(SCHEMA.names)):
        columns.update(wanted)
        return read(place, name, wanted)

    monkeypatch.setattr(database, "read_segment", recorded)
    status.read_status(db)
    assert not columns & {"config", "errors"}
    assert len(columns) == 10
