"""Parquet, Feather, Excel, NumPy archives, compressions, and files that are never read."""

import bz2
import datetime as dt
import gzip
import io
import lzma
import pickle
import sys

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import told
from tables import found_of, frames, one_line_or, reading_of, zipped

from analyze.errors import DataError
from analyze.table.readers import found
from analyze.table.readers.plain import PLAIN, columns_of

FRAME = pd.DataFrame({"method": ["sgd", "adam"], "seed": [0, 1], "accuracy": [0.5, 0.25]})
LINES = FRAME.to_json(orient="records", lines=True).encode()


def feather(frame):
    file = io.BytesIO()
    frame.to_feather(file)
    return file.getvalue()


def stream(frame):
    table, sink = pa.Table.from_pandas(frame), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def excel(frame):
    file = io.BytesIO()
    frame.to_excel(file, index=False)
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


FORMATS = {"parquet": lambda f: f.to_parquet(), "feather": feather, "stream": stream, "xlsx": excel}


@settings(max_examples=25, deadline=None)
@given(frame=frames(holes=False), kind=st.sampled_from(["parquet", "feather", "stream"]))
def test_frames_come_back(tmp_path_factory, frame, kind):
    reading = reading_of(tmp_path_factory.getbasetemp() / "unnamed", FORMATS[kind](frame))
    pd.testing.assert_frame_equal(reading.frame, frame, check_dtype=kind == "parquet")


@settings(max_examples=25, deadline=None)
@given(frame=frames(holes=False))
def test_sheets_come_back(tmp_path_factory, frame):
    frame = frame[[n for n in frame if not pd.api.types.is_integer_dtype(frame[n].dtype)]]
    texts = [c for n in frame for c in (n, *frame[n].tolist()) if isinstance(c, str)]
    if any(t.startswith(("=", "_x")) for t in texts):
        return  # formulas and escapes of the format
    back = reading_of(tmp_path_factory.getbasetemp() / "sheet.xlsx", excel(frame)).frame
    assert back.columns.tolist() == frame.columns.tolist()
    for name in frame:
        same = back[name].tolist() == frame[name].tolist()
        assert same or np.allclose(back[name].astype(float), frame[name].astype(float), rtol=1e-14)


PACKED = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: pa.compress(content, "zstd", asbytes=True),
    ".zip": lambda content: zipped(a__jsonl=content),
}


@pytest.mark.parametrize("ending", PACKED)
@pytest.mark.parametrize("kind", ["jsonl", "parquet", "feather", "xlsx", "npz"])
@pytest.mark.parametrize("named", [True, False])
def test_packed_files_by_name_or_content(tmp_path, ending, kind, named):
    whole = {
        "jsonl": LINES,
        "npz": npz(**{n: FRAME[n].to_numpy(dtype=None if n != "method" else "U") for n in FRAME}),
    }
    content = whole[kind] if kind in whole else FORMATS[kind](FRAME)
    name = f"a.{kind}{ending}" if named else "a"
    pd.testing.assert_frame_equal(reading_of(tmp_path / name, PACKED[ending](content)).frame, FRAME)


def test_an_ending_may_be_wrong(tmp_path):
    pd.testing.assert_frame_equal(reading_of(tmp_path / "a.jsonl.gz", LINES).frame, FRAME)
    assert reading_of(tmp_path / "a.parquet", FRAME.to_parquet()).kind == "Parquet"


@pytest.mark.parametrize("ending", PACKED)
def test_torn_packed_files_are_one_line(tmp_path, ending):
    content = PACKED[ending](LINES * 50)
    for size in (12, len(content) // 2, len(content) - 3):
        with told(DataError, "cannot be unpacked as"):
            reading_of(tmp_path / f"a.jsonl{ending}", content[:size])


def test_zips_of_several_files_are_named(tmp_path):
    with told(DataError, "holds 2 files (a.json, b.json), not one table"):
        reading_of(tmp_path / "a.zip", zipped(a__json=LINES, b__json=LINES))
        _ = found_of(tmp_path / "a.zip").content


def test_a_small_file_that_unfolds_to_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(found, "MAX_BYTES", 10_000)
    for ending, pack in PACKED.items():
        (tmp_path / f"a{ending}").write_bytes(pack(b" " * 20_000))
        with told(DataError, "cannot be unpacked", "it unfolds to more than"):
            _ = found_of(tmp_path / f"a{ending}").content


# --- Excel


def sheet_file(path, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


ROWS = [["method", "seed", "accuracy"], ["sgd", 0, 0.5], ["adam", 1, 0.25]]


def test_titles_and_empty_rows_on_top(tmp_path):
    rows = [["Results of May"], [], [None, *ROWS[0]], *([None, *row] for row in ROWS[1:])]
    reading = reading_of(
        sheet_file(tmp_path / "a.xlsx", ("Notes", [["see other sheet"]]), ("Runs", rows), ("Old", ROWS))
    )
    pd.testing.assert_frame_equal(reading.frame, FRAME)
    assert "The sheet 'Runs' was read; not read: Old." in reading.remarks


def test_words_times_and_columns_without_a_name(tmp_path):
    rows = [[None, "acc", "when"], [0, "OOM", dt.datetime(2026, 1, 1)], [1, 0.5, None]]  # noqa: DTZ001
    reading = reading_of(sheet_file(tmp_path / "a.xlsx", ("S", rows)))
    assert reading.frame["acc"].tolist() == ["OOM", 0.5]
    assert reading.frame["column A"].tolist() == [0, 1]
    assert reading.frame["when"].isna().tolist() == [False, True]


def test_rows_of_means_below_a_gap_are_no_runs(tmp_path):
    reading = reading_of(sheet_file(tmp_path / "a.xlsx", ("S", [*ROWS, [], ["Mean", None, 0.375]])))
    pd.testing.assert_frame_equal(reading.frame, FRAME)
    assert any("1 rows of summaries" in remark or "1 row" in remark for remark in reading.remarks)


def test_merged_labels_hold_for_all_their_rows(tmp_path):
    path = sheet_file(
        tmp_path / "a.xlsx", ("S", [ROWS[0], ["sgd", 0, 0.5], [None, 1, 0.6], ["adam", 0, 0.7]])
    )
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A2:A3")
    book.save(path)
    assert reading_of(path).frame["method"].tolist() == ["sgd", "sgd", "adam"]


def test_excel_without_its_package_and_without_a_table(tmp_path, monkeypatch):
    path = sheet_file(tmp_path / "a.xlsx", ("S", ROWS))
    sheet_file(tmp_path / "b.xlsx", ("S", [["only", "names"]]))
    with told(DataError, "has no sheet with a table"):
        reading_of(tmp_path / "b.xlsx")
    sheet_file(tmp_path / "c.xlsx", ("S", [["a", "a "], [1, 2]]))
    with told(DataError, "more than one column named 'a'"):
        reading_of(tmp_path / "c.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with told(DataError, "pip install 'minima-census[excel]', or save it as CSV"):
        reading_of(path)


# --- NumPy


def test_objects_are_never_loaded(tmp_path):
    with told(DataError, "holds Python objects, which are never loaded"):
        reading_of(tmp_path / "a.npz", npz(a=np.array([{}, 1], dtype=object)))
    with told(DataError, "'a' holds complex128"):
        reading_of(tmp_path / "a.npz", npz(a=np.array([1j])))


def test_evaluations_of_stable_baselines(tmp_path):
    content = npz(
        timesteps=np.array([10, 20]), results=np.array([[1.0, 3.0], [5.0, 7.0]]), ep_lengths=np.ones((2, 2))
    )
    reading = reading_of(tmp_path / "evaluations.npz", content)
    assert reading.frame["mean_reward"].tolist() == [2.0, 6.0]
    assert reading.step == "timesteps"


# --- files that are never read


REFUSED = {
    "a.pkl": (pickle.dumps({"a": [1]}), "is a Python pickle, which is never loaded"),
    "a": (pickle.dumps([1, 2]), "is a Python pickle, which is never loaded"),
    "a.pt": (
        zipped(archive__data__pkl=b"x").replace(b"archive.data.pkl", b"archive/data.pkl"),
        "is a Python pickle",
    ),
    "a.h5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 99, "is HDF5"),
    "a.rds": (gzip.compress(b"X\n\0\0\0\3"), "is R's data format; write it with write.csv"),
    "a.mat": (b"MATLAB 5.0 MAT-file", "is a MATLAB file"),
    "a.npy": (b"\x93NUMPY\1\0", "holds one array without names"),
    "a.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1", "is an old Excel file; save it as .xlsx or CSV"),
    "a.ods": (zipped(content__xml=b"<x/>"), "save"),
    "a.png": (b"\x89PNG\r\n", "is an image"),
    "old.feather": (b"FEA1" + b"\0" * 40, "is Feather of version 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_known_files_that_are_not_read_say_what_to_do(tmp_path, name):
    content, *words = REFUSED[name]
    with told(DataError, *words):
        reading_of(tmp_path / name, content)


# --- damage


def readers_of(path):
    return [reader for reader in PLAIN.values() if reader.recognises(found_of(path))]


STARTS = [
    b"", b"PAR1", b"ARROW1\0\0", b"\xff\xff\xff\xff", b"PK\x03\x04", b"{", b"[", b"\x1f\x8b\x08",
    b"BZh91AY&SY", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"\x80\x04", b"\x93NUMPY",
]  # fmt: skip
ENDINGS = [
    "",
    ".json",
    ".jsonl",
    ".npz",
    ".xlsx",
    ".parquet",
    ".feather",
    ".json.gz",
    ".zip",
    ".pkl",
    ".json.zst",
]


@settings(max_examples=300, deadline=None)
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=60), ending=st.sampled_from(ENDINGS))
def test_any_bytes_are_a_table_or_one_line(tmp_path_factory, start, rest, ending):
    path = tmp_path_factory.getbasetemp() / f"any{ending}"
    path.write_bytes(start + rest)
    columns_of(found_of(path))
    for reader in readers_of(path):
        one_line_or(reader.read, found_of(path))


@pytest.mark.parametrize("kind", ["parquet", "feather", "stream", "xlsx", "npz"])
def test_flipped_bytes_are_a_table_or_one_line(tmp_path, kind):
    content = npz(a=np.arange(9.0), b=np.arange(9.0)) if kind == "npz" else FORMATS[kind](FRAME)
    path = tmp_path / f"a.{kind}"
    for at in range(0, len(content), max(1, len(content) // 150)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(damaged)
        for reader in readers_of(path)[:1]:
            one_line_or(reader.read, found_of(path))
