"""Files of every version stay readable, and nobody changes the schema without a new version."""

import hashlib
import io
import json
from importlib.metadata import version as package_version
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_rows import make_row

from collect.errors import DataError
from collect.store import database, segment
from collect.store.local import LocalDirectory
from collect.store.schema import (
    COLUMNS,
    DIGESTS_KEY,
    READ_WITH_KEY,
    SCHEMA,
    SCHEMA_VERSION,
    VERSION_KEY,
    Column,
)
from collect.store.segment import DamagedError

DATA = Path(__file__).parents[2] / "data"
GOLDEN = sorted(DATA.glob("run_table_*.parquet"))
NOW = ".".join(map(str, SCHEMA_VERSION))


def read(path, columns=tuple(SCHEMA.names)):
    with path.open("rb") as file:
        return segment.decode(file, list(columns), where=path.name)


def expected_rows():
    return json.loads((DATA / "run_table_rows.json").read_text())


def as_expected(table, names):
    """Return rows as they stand in the JSON file."""
    rows = table.to_pylist()
    for row in rows:
        row["errors"] = hashlib.sha256(row["errors"]).hexdigest()
        row["committed_at"] = row["committed_at"].isoformat()
    return [{name: row[name] for name in names} for row in rows]


def written(version, *, table=None, extra=None, metadata=None):
    """Return a segment's bytes as a program that writes another version would make them."""
    table = segment.as_table([make_row(1), make_row(2)]) if table is None else table
    if extra is not None:
        table = table.append_column(pa.field("extra", extra.type), extra)
    digests = {name: segment.column_digest(name, table[name]) for name in table.column_names}
    stated = {VERSION_KEY: version, DIGESTS_KEY: json.dumps(digests), **(metadata or {})}
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(stated), sink, write_page_checksum=True)
    return io.BytesIO(sink.getvalue())


def test_the_current_version_has_its_golden_files():
    assert (DATA / f"run_table_{NOW}.parquet").exists()
    assert (DATA / f"run_table_{NOW}.schema.json").exists()


def test_all_versions_that_columns_came_with_have_a_golden_file():
    versions = {column.since for column in COLUMNS} | {SCHEMA_VERSION}
    names = {path.name for path in GOLDEN}
    assert {f"run_table_{major}.{minor}.parquet" for major, minor in versions} <= names
    assert max(versions) == SCHEMA_VERSION


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_file_is_of_its_version(path):
    stated = pq.read_schema(path).metadata[VERSION_KEY].decode()
    # version 1.0 was written as "1"
    assert stated == path.stem.removeprefix("run_table_").removesuffix(".0")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_file_reads_to_the_rows_that_were_recorded(path):
    expected = expected_rows()
    assert len(expected) == 20
    assert as_expected(read(path), expected[0]) == expected


def test_golden_files_of_all_versions_make_one_database(tmp_path):
    """All of them hold the same rows, so together they are still those rows."""
    for path in GOLDEN:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    table = database.read(LocalDirectory(tmp_path))
    assert as_expected(table, expected_rows()[0]) == expected_rows()


def test_the_writer_writes_what_is_recorded_for_its_version():
    """If this fails: give SCHEMA_VERSION a new number, and add golden files of that version."""
    _, content = segment.encode(segment.as_table([make_row(1)]))
    schema = pq.read_schema(io.BytesIO(content))
    fields = [{"name": f.name, "type": str(f.type), "nullable": f.nullable} for f in schema]
    assert fields == json.loads((DATA / f"run_table_{NOW}.schema.json").read_text())
    assert schema.metadata[VERSION_KEY].decode() == NOW


@pytest.mark.parametrize("change", ["type", "nullable", "name", "one more"])
def test_a_changed_schema_is_noticed(change, monkeypatch):
    """The test above is not blind: it fails for each kind of change."""
    fields = list(SCHEMA)
    at = SCHEMA.get_field_index("accuracy_head2")
    changed = {
        "type": fields[at].with_type(pa.int64()),
        "nullable": fields[at].with_nullable(False),
        "name": fields[at].with_name("accuracy_head_2"),
        "one more": fields[at],
    }[change]
    rest = [pa.field("extra", pa.int64())] if change == "one more" else []
    schema = pa.schema([*fields[:at], changed, *fields[at + 1 :], *rest])
    monkeypatch.setattr(
        segment, "encode", lambda table: ("", written(NOW, table=schema.empty_table()).read())
    )
    with pytest.raises(AssertionError):
        test_the_writer_writes_what_is_recorded_for_its_version()


def test_a_column_of_a_newer_minor_version_is_passed_over():
    newer = written(f"{SCHEMA_VERSION[0]}.9", extra=pa.array([0.5, 0.6]))
    table = segment.decode(newer, SCHEMA.names, where="newer")
    assert table.schema.equals(SCHEMA)
    assert table["seed"].to_pylist() == [1, 2]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_column_that_an_older_version_lacks_is_null(path, monkeypatch):
    newest_file = written("1.9", extra=pa.array([0.5, 0.6]))
    later = Column("extra", pa.float64(), "something of a later version", nullable=True, since=(1, 9))
    monkeypatch.setattr(segment, "COLUMNS", (*COLUMNS, later))
    monkeypatch.setattr(segment, "SCHEMA", SCHEMA.append(pa.field("extra", pa.float64())))
    table = read(path, ["extra", "seed"])
    assert table["extra"].to_pylist() == [None] * 20
    assert table["extra"].type == pa.float64()
    assert table["seed"].to_pylist() == [row["seed"] for row in expected_rows()]
    newest = segment.decode(newest_file, ["extra"], where="newest")
    assert newest["extra"].to_pylist() == [0.5, 0.6]


def test_a_column_that_a_file_should_have_is_missed():
    lacking = segment.as_table([make_row(1)]).drop_columns(["accuracy"])
    with pytest.raises(DamagedError, match="it has 0 columns named accuracy"):
        segment.decode(written(NOW, table=lacking), SCHEMA.names, where="runs")


def test_a_newer_major_version_is_refused_with_the_package_that_reads_it():
    newer = written("2.3", metadata={READ_WITH_KEY: "7.1.0"})
    with pytest.raises(DataError) as caught:
        segment.decode(newer, SCHEMA.names, where="db/runs.parquet")
    assert not isinstance(caught.value, DamagedError), "nothing is wrong with it"
    message = str(caught.value)
    assert message.startswith("db/runs.parquet has version 2")
    assert f"this is minima-census {package_version('minima-census')}, which reads version 1" in message
    assert message.endswith("update minima-census to 7.1.0 or later")


@pytest.mark.parametrize("stated", ["", "one", "1.", "1.x", "-1", "1.1.1", " 1", b"\xff\xfe"])
def test_a_version_that_is_none_is_damage(stated):
    with pytest.raises(DamagedError, match="its version is"):
        segment.decode(written(stated), SCHEMA.names, where="runs")
