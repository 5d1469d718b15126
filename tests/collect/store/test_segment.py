"""A column's digest depends on its values alone; a segment's name tells what it holds."""

from dataclasses import replace

import pyarrow as pa
import pytest
from made_rows import UNMEASURED, config_of, hash_of, make_row

from collect.store import database, segment
from collect.store.local import LocalDirectory
from collect.store.schema import SCHEMA

COLUMNS = [
    pa.array(["a", None, "", "bc"]),
    pa.array([b"\0", None, b"", b"\0\0"]),
    pa.array([0.5, None, 0.0, -0.0]),
    pa.array([1, None, 0, 3], pa.int32()),
    pa.array([True, None, False, False]),
    pa.array([1, 2, 3, 4], pa.timestamp("us", tz="UTC")),
]


def digest(array, name="x"):
    return segment.column_digest(name, pa.chunked_array(array if isinstance(array, list) else [array]))


@pytest.mark.parametrize("array", COLUMNS, ids=lambda array: str(array.type))
def test_a_digest_does_not_depend_on_how_values_are_held(array):
    longer = pa.concat_arrays([array.slice(0, 1), array, array])
    chunks = [array.slice(0, 1), array.slice(1, 2), array.slice(3)]
    assert digest(array) == digest(longer.slice(1, 4)) == digest(chunks)


@pytest.mark.parametrize("array", COLUMNS, ids=lambda array: str(array.type))
def test_a_digest_depends_on_every_value_the_order_and_the_name(array):
    values = array.to_pylist()
    others = [values[::-1], values[:3], [*values, values[0]], [values[3], *values[1:]]]
    different = {digest(pa.array(v, array.type)) for v in [values, *others]} | {digest(array, "y")}
    assert len(different) == 6


def test_a_null_is_not_a_zero():
    assert digest(pa.array([0, 1])) != digest(pa.array([None, 1]))
    assert digest(pa.array(["", "b"])) != digest(pa.array([None, "b"]))
    assert digest(pa.array(["ab", ""])) != digest(pa.array(["a", "b"]))


def test_a_name_tells_configuration_seeds_rows_and_digest():
    name, content = segment.encode(segment.as_table([make_row(5), make_row(17), make_row(9)]))
    label = segment.parse_name(name)
    assert (label.config, label.first_seed, label.last_seed, label.n_rows) == (
        hash_of(config_of())[:12], 5, 17, 3,
    )  # fmt: skip
    assert label.name() == name
    assert segment.is_intact(name, content) is True
    assert segment.is_intact(name, content[:-1]) is False
    assert segment.is_intact("runs-0123456789abcdef0123456789abcdef.parquet", content) is None
    mixed, _ = segment.encode(segment.as_table([make_row(5), make_row(5, "other")]))
    assert segment.parse_name(mixed).config == "mixed"


def test_the_same_rows_are_the_same_bytes():
    table = segment.as_table([make_row(5), make_row(6)])
    assert segment.encode(table) == segment.encode(pa.concat_tables([table.slice(0, 1), table.slice(1)]))


def test_what_cannot_be_read_back_is_not_a_segment(monkeypatch):
    table = segment.as_table([make_row(5)])
    monkeypatch.setattr(segment, "decode", lambda *arguments, **options: table.slice(0, 0))
    with pytest.raises(segment.DamagedError, match="what was written is not what is read back"):
        segment.encode(table)


@pytest.mark.parametrize("kind", sorted({field.type for field in SCHEMA}, key=str), ids=str)
def test_nulls_of_every_type_have_a_digest(kind):
    digests = {segment.column_digest("c", pa.chunked_array([pa.nulls(n, kind)])) for n in (1, 2, 3)}
    assert len(digests) == 3


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"config_hash": "0" * 32}, "config_hash is not the digest of config"),
        ({"config": "{}"}, "config_hash is not the digest of config"),
        ({"status": "failed"}, "its status is failed and its accuracy 0"),
        ({"status": "diverged"}, "its status is diverged and its accuracy 0"),
        ({"status": "fine"}, "its status is fine and its accuracy 0"),
        (UNMEASURED, "its status is ok and its accuracy None"),
        ({"n_test": 51}, "errors has not one byte per test image"),
        ({"accuracy": 0.25}, "accuracy is not the share of zeros in errors"),
        ({"errors": b"\0" * 50, "accuracy": 0.98}, "accuracy is not the share of zeros in errors"),
        ({"accuracy": float("nan")}, "its accuracy is nan"),
        ({"accuracy": 1.5, "errors": None}, "its accuracy is 1.5"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_run_can_have_is_not_committed(tmp_path, changes, fault):
    db = LocalDirectory(tmp_path)
    with pytest.raises(ValueError, match=f"a row of seed 7 is impossible: {fault}"):
        database.append(db, [make_row(3), replace(make_row(7), **changes)])
    assert database.segments(db) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"accuracy": 0.0, "errors": b"\1" * 50},
        {"accuracy": 1.0, "errors": b"\0" * 50, "test_loss": 0.0},
        {"accuracy": 0.5, "errors": None},
        {"status": "diverged", "message": "nan", **UNMEASURED},
        {"status": "failed", "message": "oh", **UNMEASURED},
    ],
)
def test_what_a_run_can_have_is_committed(tmp_path, changes):
    database.append(LocalDirectory(tmp_path), [replace(make_row(7), **changes)])
