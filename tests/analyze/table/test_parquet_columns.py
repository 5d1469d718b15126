"""A column that nobody asked for never stops the read, and decimal numbers are numbers."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analyze.question import make_question
from analyze.table.frames import read_frame
from analyze.table.runs import read, read_runs

N = 4


def no_letters():
    offsets = pa.py_buffer(np.arange(N + 1, dtype="i4").tobytes())
    return pa.Array.from_buffers(pa.string(), N, [None, offsets, pa.py_buffer(b"\xff\xfea\xff")])


COLUMNS = {
    "unknown time zone": lambda: pa.array([0, 1, 2, None], pa.timestamp("us", tz="Mars/Olympus")),
    "bytes that are no letters": no_letters,
    "words that are no letters": lambda: pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3]), no_letters()),
    "years before the first": lambda: pa.array([-(10**6)] * N, pa.date32()),
    "years after the last": lambda: pa.array([2**50] * N, pa.timestamp("s")),
    "a long duration": lambda: pa.array([2**62] * N, pa.duration("us")),
    "lists": lambda: pa.array([[1]] * N),
    "records": lambda: pa.array([{"a": 1}] * N),
    "maps": lambda: pa.array([[(1, 2)]] * N, pa.map_(pa.int8(), pa.int8())),
    "nulls": lambda: pa.nulls(N),
    "wide decimals": lambda: pa.array([Decimal(10) ** 40] * N, pa.decimal256(50, 2)),
    "large integers": lambda: pa.array([2**64 - 1] * N, pa.uint64()),
    "half floats": lambda: pa.array([1] * N, pa.float16()),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_that_nobody_asked_for(name, tmp_path):
    table = pa.table({"g": list("aabb"), "v": [1.0, 2, 3, 5], "x\x1b": COLUMNS[name]()})
    pq.write_table(table, tmp_path / "x.parquet")
    asked = {"value": "v", "by": "g"}
    found = (
        read(make_question(str(tmp_path / "x.parquet"), **asked)),
        read_runs(read_frame(table), make_question("", **asked)),
    )
    for one in found:
        assert one.runs["value"].tolist() == [1, 2, 3, 5]


def test_bytes_that_are_no_letters_name_groups(tmp_path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"g": no_letters(), "v": [1.0, 2, 3, 5]}), path)
    found = read(make_question(str(path), value="v", by="g"), comparing=False)
    assert found.groups == (r"\xfe", r"\xff", "a")


def test_decimals_are_numbers(tmp_path):
    values = [Decimal(k) / 8 for k in range(N)]
    table = pa.table(
        {"g": list("aabb"), "v": pa.array(values, pa.decimal128(12, 4)), "lr": [Decimal("0.10")] * N}
    )
    pq.write_table(table, tmp_path / "x.parquet")
    rows = [{"g": g, "v": v, "lr": Decimal("0.10")} for g, v in zip("aabb", values, strict=True)]
    asked = {"value": "v", "by": "g", "where": "lr < 0.2 and v > -1"}
    for found in (
        read(make_question(str(tmp_path / "x.parquet"), **asked)),
        read_runs(read_frame(table), make_question("", **asked)),
        read_runs(read_frame(table.to_pandas()), make_question("", **asked)),
        read_runs(read_frame(rows), make_question("", **asked)),
    ):
        assert found.runs["value"].tolist() == [0, 0.125, 0.25, 0.375]
