"""What `collect verify` finds, and that it finds nothing where nothing is wrong."""

import os
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_rows import UNMEASURED, config_of, hash_of, make_row

from collect.store import compaction, database, segment, verification
from collect.store.local import LocalDirectory
from collect.store.schema import COLUMNS, SCHEMA, VERSION_KEY
from collect.store.verification import ALARM, DAMAGE, NOTE, UNREADABLE

OLD = Path(__file__).parents[2] / "data" / "run_table_1.0.parquet"
OLD_NAME = f"runs-{'0' * 32}.parquet"
NOT_RECORDED = {column.name: None for column in COLUMNS if column.nullable}
IN_TWO_DAYS = datetime.now(UTC) + timedelta(days=2)


@pytest.fixture
def db(tmp_path):
    place = LocalDirectory(tmp_path / "runs")
    place.prepare()
    return place


def found(db):
    """Return kind and message of every finding."""
    return [(finding.kind, finding.message) for finding in verification.verify(db).findings]


def test_a_sound_database_has_no_findings(db):
    for start in range(0, 60, 20):
        database.append(db, [make_row(seed) for seed in range(start, start + 20)])
    compaction.compact(db, grace_s=0)
    database.append(db, [make_row(0, schedule="other"), make_row(60)])
    database.append(db, [make_row(61, status="diverged", message="nan", **UNMEASURED)])
    database.append(db, [make_row(62, status="failed", message="oh", **UNMEASURED)])
    everything = verification.verify(db)
    assert (everything.n_segments, everything.n_rows, everything.findings) == (4, 64, ())
    assert (everything.problems, everything.damaged) == ((), ())


def test_verification_changes_nothing(db):
    database.append(db, [make_row(0)])
    (db.path / "a.parquet").write_text("dear diary")
    (db.path / ".b.tmp").write_text("")
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in db.path.iterdir()}
    verification.verify(db)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in db.path.iterdir()} == before


def test_bytes_are_compared_with_the_name(db):
    """Also those that no checksum covers, and that no reader needs."""
    name = database.append(db, [make_row(0)])
    content = (db.path / name).read_bytes()
    place = content.index(b"parquet-cpp-arrow")
    (db.path / name).write_bytes(content[:place] + b"q" + content[place + 1 :])
    assert database.read(db).num_rows == 1
    assert found(db) == [(DAMAGE, "its bytes are not those that its name tells")]
    (db.path / name).write_bytes(b"")
    assert found(db) == [(DAMAGE, "it is empty")]


def test_segments_of_version_1_0_are_noted_once_and_their_pages_checked(db):
    content = OLD.read_bytes()
    for digit in "ab":
        (db.path / f"runs-{digit * 32}.parquet").write_bytes(content)
    ((kind, message),) = found(db)
    assert kind == NOTE
    assert message.startswith("2 segments have no digest in the name (version 1.0)")
    assert verification.verify(db).n_rows == pq.read_metadata(OLD).num_rows, "the same rows twice"
    flipped = bytearray(content)
    accuracy = pq.read_metadata(OLD).row_group(0).column(SCHEMA.names.index("accuracy"))
    flipped[accuracy.dictionary_page_offset + accuracy.total_compressed_size // 2] ^= 1
    (db.path / OLD_NAME).write_bytes(flipped)
    result = verification.verify(db)
    assert [(f.segment, f.kind) for f in result.problems] == [(OLD_NAME, DAMAGE)]
    assert "it cannot be read" in result.problems[0].message


def test_a_later_version_is_refused_and_stays(db):
    later = segment.as_table([make_row(0)]).replace_schema_metadata({VERSION_KEY: "2.0"})
    pq.write_table(later, db.path / "runs-of-the-future.parquet")
    ((kind, message),) = found(db)
    assert (kind, "it has version 2.0 of the run table" in message) == (UNREADABLE, True)
    (db.path / "runs-of-the-future.parquet").rename(db.path / OLD_NAME)
    assert found(db)[0][0] == DAMAGE, "later versions do not give names of version 1.0"


def test_foreign_files_are_refused_or_noted_and_stay(db):
    database.append(db, [make_row(0)])
    pq.write_table(pa.table({"a": [1]}), db.path / "a.parquet")
    (db.path / "b.parquet").write_text("dear diary")
    (db.path / "c.parquet").mkdir()
    for name in ("notes.txt", "plot.svg"):
        (db.path / name).write_text("mine")
    result = verification.verify(db)
    assert [(f.segment, f.kind) for f in result.problems] == [
        (f"{letter}.parquet", UNREADABLE) for letter in "abc"
    ]
    assert result.damaged == ()
    assert result.findings[-1].message == "2 other files beside the segments: notes.txt, plot.svg"
    assert result.findings[-1].kind == NOTE


def test_a_renamed_segment_is_an_alarm_that_tells_its_name(db):
    name = database.append(db, [make_row(seed) for seed in (3, 5)])
    wrong = name.replace("-3-5-2-", "-0-5-6-")
    (db.path / name).rename(db.path / wrong)
    assert found(db) == [(ALARM, f"it holds other rows than its name tells: rename it to {name}")]


def test_leftovers_of_killed_writers_are_noted_after_an_hour(db):
    database.append(db, [make_row(0)])
    for name, age_s in (("a", 0), ("b", 3500), ("c", 3700)):
        (db.path / f".{name}.tmp").write_text("")
        os.utime(db.path / f".{name}.tmp", (time.time() - age_s,) * 2)
    ((kind, message),) = found(db)
    assert (kind, message.startswith("1 hidden file of interrupted commits")) == (NOTE, True)


MADE = hash_of(config_of())[:12]
NOT_REPRODUCIBLE = (
    "not reproducible, the same seed gave different results with the same software and hardware"
)


def test_the_same_outcome_again_is_no_finding(db):
    database.append(db, [make_row(seed) for seed in range(9)])
    database.append(db, [make_row(seed, duration_s=9.0, git_commit="f" * 40) for seed in range(9)])
    assert found(db) == []


@pytest.mark.parametrize(
    ("change", "far"),
    [
        ({"test_loss": 0.0}, "by at most 1.0e+00 of test_loss and on at most 0 of 50 test images"),
        ({"gradient_norm": None}, "on at most 0 of 50 test images"),
        (
            {"errors": b"\1" * 50, "accuracy": 0.0},
            "by at most 1.0e+00 of accuracy and on at most 50 of 50 test images",
        ),
        (
            {"train_accuracy": 0.1, "accuracy_head1": 1.0},  # swapped
            "by at most 9.0e-01 of train_accuracy and on at most 0 of 50 test images",
        ),
    ],
)
def test_two_outcomes_in_one_environment_are_an_alarm(db, change, far):
    first = database.append(db, [make_row(seed) for seed in range(9)])
    second = database.append(
        db, [make_row(seed, **(change if seed in (2, 3, 7) else {})) for seed in range(9)]
    )
    ((kind, message),) = found(db)
    assert kind == ALARM
    where = f"configuration {MADE}, seeds 2–3, 7 (seed 2 here and in "
    assert message.startswith(f"{NOT_REPRODUCIBLE}, {far}: {where}")
    assert {verification.verify(db).findings[0].segment, message.split()[-1].rstrip(")")} == {first, second}


def test_errors_alone_can_differ(db):
    """Equal accuracy and losses, but other images are wrong."""
    database.append(db, [make_row(0)])
    errors = make_row(0).errors
    database.append(db, [make_row(0, errors=errors.replace(b"\3", b"\2"))])
    assert [kind for kind, _ in found(db)] == [ALARM]


def test_errors_that_were_not_recorded_are_no_other_outcome(db):
    database.append(db, [make_row(0)])
    database.append(db, [make_row(0, errors=None)])
    assert found(db) == []
    other = make_row(0).errors.replace(b"\3", b"\2")
    database.append(db, [make_row(0, errors=other)])
    assert [kind for kind, _ in found(db)] == [ALARM]


def test_two_outcomes_of_different_environments_are_a_note(db):
    database.append(db, [make_row(0)])
    database.append(db, [make_row(0, test_loss=0.5, env_hash="other")])
    ((kind, message),) = found(db)
    assert (kind, "with other software or hardware" in message) == (NOTE, True)
    assert verification.verify(db).problems == ()


def test_two_outcomes_of_an_unknown_machine_are_a_note(db):
    """Rows of former versions do not tell how their machine rounds, and imported ones have no device."""
    for device in ("CPU:0; 1 thread; oneDNN off", None):
        loss = make_row(0).test_loss
        database.append(db, [make_row(0, device=device)])
        database.append(db, [make_row(0, device=device, test_loss=loss * (1 + 2e-6))])
        notes = found(db)
        assert [kind for kind, _ in notes] == [NOTE]
        assert (
            "on what may be another machine, by at most 2.0e-06 of test_loss and on at most 0 of"
            in notes[0][1]
        )
        for name in database.segments(db):
            (db.path / name).unlink()


def test_what_vanishes_before_it_is_read_again_is_told_without_its_distance(db, monkeypatch):
    database.append(db, [make_row(0)])
    database.append(db, [make_row(0, test_loss=0.5)])

    def gone(place, name, columns):
        raise FileNotFoundError(name)

    monkeypatch.setattr(verification.database, "read_segment", gone)
    ((kind, message),) = found(db)
    assert kind == ALARM
    assert message.startswith(f"{NOT_REPRODUCIBLE}: configuration {MADE}, seed 0 (seed 0 here and in ")


def test_only_successes_of_the_same_key_are_compared(db):
    database.append(db, [make_row(0), make_row(1, schedule="other")])
    database.append(db, [make_row(1), make_row(0, schedule="other")])
    database.append(db, [make_row(0, status="diverged", **UNMEASURED)])
    database.append(db, [make_row(9), make_row(9, schedule="zzz"), make_row(9, schedule="a")])
    assert found(db) == []


def test_rows_with_the_same_run_id_must_be_the_same(db):
    row = make_row(0)
    for compacted in (None, "one"):
        db.publish(*segment.encode(segment.as_table([row, make_row(1)]), compaction=compacted))
    assert found(db) == [], "as a compaction leaves them"
    database.append(db, [replace(row, cpu="another")])
    ((kind, message),) = found(db)
    assert kind == ALARM
    assert message.startswith(f"rows with the same run_id differ: configuration {MADE}, seed 0 (seed 0 here")


def test_what_is_compacted_meanwhile_is_found_in_its_new_segment(db, monkeypatch):
    for seed in range(5):
        database.append(db, [make_row(seed)])
    opened, calls = LocalDirectory.open, []

    def compact_first(self, name):
        calls.append(name)
        if len(calls) == 1:
            monkeypatch.setattr(LocalDirectory, "open", opened)
            compaction.compact(db, grace_s=0)
        return opened(self, name)

    monkeypatch.setattr(verification.database, "THREADS", 1)
    monkeypatch.setattr(LocalDirectory, "open", compact_first)
    result = verification.verify(db)
    assert (result.n_rows, result.findings) == (5, ())


def test_a_device_that_fails_is_no_damage(db, monkeypatch):
    name = database.append(db, [make_row(0)])
    opened = LocalDirectory.open

    def failing(self, wanted):
        if wanted == name:
            raise OSError(5, "Input/output error")
        return opened(self, wanted)

    monkeypatch.setattr(LocalDirectory, "open", failing)
    assert found(db) == [(UNREADABLE, "it cannot be read (Input/output error)")]


def test_what_can_be_quarantined_leaves_a_sound_database(db):
    names = [database.append(db, [make_row(seed)]) for seed in range(3)]
    shutil.copy(OLD, db.path / names[1])
    for name in verification.verify(db).damaged:
        db.quarantine(name)
    assert verification.verify(db).problems == ()
    assert database.segments(db) == sorted({*names} - {names[1]})
    assert (db.path / "_quarantine" / names[1]).read_bytes() == OLD.read_bytes()
