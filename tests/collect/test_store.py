"""The run database keeps what it acknowledged and shows nothing half-written."""

import errno
import os
import stat
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collect import store
from collect.errors import DataError, RunError
from collect.schema import SCHEMA, SCHEMA_VERSION, VERSION_KEY


def row(seed: int, **changes) -> dict[str, object]:
    values = {
        pa.string(): "x",
        pa.int64(): 1,
        pa.int32(): 1,
        pa.float64(): 0.5,
        pa.bool_(): False,
        pa.binary(): b"\0\1",
    }
    made = {field.name: values.get(field.type, datetime(2026, 1, 1, tzinfo=UTC)) for field in SCHEMA}
    return {**made, "config_hash": "c", "seed": seed, "status": "ok", "run_id": f"r{seed}", **changes}


def test_what_is_appended_is_read_back(tmp_path):
    rows = [row(3), row(1, accuracy=None, status="diverged", message="nan")]
    path = store.append(tmp_path, rows)
    assert store.segments(tmp_path) == [path]
    assert store.read(tmp_path).to_pylist() == sorted(rows, key=lambda r: r["seed"])
    assert store.read(tmp_path).schema.names == SCHEMA.names


def test_every_append_is_a_new_segment(tmp_path):
    paths = {store.append(tmp_path, [row(seed)]) for seed in range(5)}
    assert paths == set(store.segments(tmp_path))
    assert store.present_seeds(paths, "c") == {0, 1, 2, 3, 4}
    assert store.present_seeds(paths, "c", among=[1, 9]) == {1}
    assert store.present_seeds(paths, "another") == set()


def test_failed_runs_are_present_unless_left_out(tmp_path):
    paths = [store.append(tmp_path, [row(0), row(1, status="failed"), row(2, status="diverged")])]
    assert store.present_seeds(paths, "c") == {0, 1, 2}
    assert store.present_seeds(paths, "c", without_failed=True) == {0, 2}


def test_a_misspelt_or_missing_column_is_refused(tmp_path):
    wrong = row(0)
    wrong["acuracy"] = wrong.pop("accuracy")
    with pytest.raises(ValueError, match=r"\['accuracy', 'acuracy'\]"):
        store.append(tmp_path, [wrong])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["fsync", "link", "open"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_failed_step_is_never_acknowledged_and_never_visible(tmp_path, monkeypatch, step, code):
    def fail(*arguments, **options):
        raise OSError(code, os.strerror(code))

    store.append(tmp_path, [row(0)])
    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(RunError, match=os.strerror(code)):
            store.append(tmp_path, [row(1)])
    assert store.read(tmp_path)["seed"].to_pylist() == [0]
    assert len(list(tmp_path.iterdir())) == 1, "the temporary file is removed"


def test_file_and_directory_are_synced_in_order(tmp_path, monkeypatch):
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
    store.append(tmp_path, [row(0)])
    assert calls == ["sync file", "publish", "sync directory"]


def test_a_file_system_without_links_is_served_by_a_rename(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    store.append(tmp_path, [row(0)])
    assert store.read(tmp_path)["seed"].to_pylist() == [0]


def test_hidden_leftovers_of_a_crash_are_not_read(tmp_path):
    store.append(tmp_path, [row(0)])
    (tmp_path / ".deadbeef.tmp").write_bytes(b"torn")
    (tmp_path / ".deadbeef.parquet").write_bytes(b"torn")
    assert store.read(tmp_path).num_rows == 1


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_a_damaged_segment_is_named_and_never_read_as_other_data(tmp_path, damage):
    path = store.append(tmp_path, [row(seed, accuracy=seed / 7) for seed in range(200)])
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        metadata = pq.ParquetFile(path).metadata
        column = metadata.row_group(0).column(SCHEMA.names.index("accuracy"))
        content[column.data_page_offset + column.total_compressed_size // 2] ^= 4
    path.write_bytes({"truncated": content[: len(content) // 2], "flipped": content, "empty": b""}[damage])
    with pytest.raises(DataError, match=f"{path.name} is damaged .*move it away and repeat"):
        store.read(tmp_path)


def test_other_parquet_and_newer_versions_are_refused(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="not a segment of a run database"):
        store.read(tmp_path)
    newer = SCHEMA.with_metadata({VERSION_KEY: str(SCHEMA_VERSION + 1)})
    pq.write_table(newer.empty_table(), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=f"version {SCHEMA_VERSION + 1}"):
        store.read(tmp_path)


def test_prepare_makes_a_directory_and_refuses_a_foreign_one(tmp_path):
    store.prepare(tmp_path / "new" / "runs")
    assert list((tmp_path / "new" / "runs").iterdir()) == []
    (tmp_path / "thesis.tex").write_text("dear")
    with pytest.raises(DataError, match="is not a run database \\(it holds new\\)"):
        store.prepare(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "dear"


def test_prepare_refuses_what_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot be written .*choose another place with --db"):
        store.prepare(tmp_path / "file" / "runs")


def test_prepare_refuses_a_directory_without_permission(tmp_path, monkeypatch):
    """Simulated, because the superuser may write anywhere."""

    def deny(*arguments, **options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(RunError, match="cannot be written \\(Permission denied\\): choose another place"):
        store.prepare(tmp_path)
