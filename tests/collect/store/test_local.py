"""A local directory publishes a segment whole or not at all, and keeps what it acknowledged."""

import errno
import os
import stat
from pathlib import Path

import pytest

from collect.errors import DataError, RunError
from collect.store import local
from collect.store.local import LocalDirectory


@pytest.fixture
def db(tmp_path):
    place = LocalDirectory(tmp_path / "runs")
    place.prepare()
    return place


def test_file_and_directory_are_synced_in_order(db, monkeypatch):
    calls = []
    sync, link = os.fsync, os.link

    def recorded_sync(descriptor):
        calls.append("sync directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        sync(descriptor)

    def recorded_link(source, target):
        calls.append("publish")
        link(source, target)

    monkeypatch.setattr(os, "fsync", recorded_sync)
    monkeypatch.setattr(os, "link", recorded_link)
    db.publish("a.parquet", b"content")
    assert calls == ["sync file", "publish", "sync directory"]


def test_a_file_system_without_links_is_served_by_a_rename(db, monkeypatch):
    def refuse(*arguments):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    db.publish("a.parquet", b"content")
    assert db.sizes() == {"a.parquet": 7}


def test_the_same_content_twice_is_one_file_and_other_content_is_refused(db):
    db.publish("a.parquet", b"content")
    db.publish("a.parquet", b"content")
    assert db.names() == ["a.parquet"]
    with pytest.raises(RunError, match="a damaged file has its name, see `collect verify`"):
        db.publish("a.parquet", b"contents")
    assert (db.path / "a.parquet").read_bytes() == b"content"
    assert [path.name for path in db.path.iterdir()] == ["a.parquet"], "no temporary file stays"


def test_hidden_files_and_quarantine_are_not_shown(db):
    (db.path / ".deadbeef.tmp").write_bytes(b"torn")
    (db.path / ".deadbeef.parquet").write_bytes(b"torn")
    db.publish("a.parquet", b"content")
    place = db.quarantine("a.parquet")
    assert db.names() == []
    assert Path(place).read_bytes() == b"content"


def test_quarantine_overwrites_nothing(db):
    places = set()
    for content in (b"one", b"two"):
        db.publish("a.parquet", content)
        places.add(db.quarantine("a.parquet"))
    assert {Path(place).read_bytes() for place in places} == {b"one", b"two"}


def test_prepare_makes_a_directory_and_refuses_a_foreign_one(tmp_path):
    LocalDirectory(tmp_path / "new" / "runs").prepare()
    assert list((tmp_path / "new" / "runs").iterdir()) == []
    (tmp_path / "thesis.tex").write_text("dear")
    with pytest.raises(DataError, match="is not a run database \\(it holds new\\)"):
        LocalDirectory(tmp_path).prepare()
    assert (tmp_path / "thesis.tex").read_text() == "dear"


@pytest.mark.parametrize("inside", ["file", "file/runs"])
def test_a_file_is_no_database(tmp_path, inside):
    (tmp_path / "file").write_text("")
    with pytest.raises((RunError, DataError), match=r"choose another place|give a directory"):
        LocalDirectory(tmp_path / inside).prepare()


def test_prepare_refuses_a_directory_without_permission(tmp_path, monkeypatch):
    """Simulated, because the superuser may write anywhere."""

    def deny(*arguments, **options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(RunError, match="\\(Permission denied\\): mend it, or choose another"):
        LocalDirectory(tmp_path).prepare()


def test_sweep_removes_only_old_temporary_files(db):
    for name, age_s in {".old.tmp": 2 * local.STALE_S, ".new.tmp": 1, ".other": 2 * local.STALE_S}.items():
        (db.path / name).write_bytes(b"")
        now = (db.path / name).stat().st_mtime
        os.utime(db.path / name, (now - age_s, now - age_s))
    assert db.sweep() == 1
    assert sorted(path.name for path in db.path.iterdir()) == [".new.tmp", ".other"]
