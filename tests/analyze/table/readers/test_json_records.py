"""JSON in all shapes gives the rows that it holds, or one line that says why not."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import told
from tables import frames, one_line_or, reading_of

from analyze.errors import DataError
from analyze.text import BLANKS

RECORDS = [{"method": "sgd", "seed": 0, "accuracy": 0.5}, {"method": "adam", "seed": 1, "accuracy": 0.25}]
EXPECTED = pd.DataFrame(RECORDS)


def read(tmp_path, content, name="table.json"):
    return reading_of(tmp_path / name, content if isinstance(content, str | bytes) else json.dumps(content))


SHAPES = {
    "records": RECORDS,
    "columns": {"method": ["sgd", "adam"], "seed": [0, 1], "accuracy": [0.5, 0.25]},
    "pandas columns": json.loads(EXPECTED.to_json()),
    "pandas index": json.loads(EXPECTED.to_json(orient="index")),
    "pandas split": json.loads(EXPECTED.to_json(orient="split")),
    "pandas table": json.loads(EXPECTED.to_json(orient="table")),
    "rows": [["method", "seed", "accuracy"], ["sgd", 0, 0.5], ["adam", 1, 0.25]],
    "below a key": {"results": RECORDS},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_the_same_table(tmp_path, shape):
    reading = read(tmp_path, SHAPES[shape])
    pd.testing.assert_frame_equal(reading.frame, EXPECTED)


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json", "a", "a.txt"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_by_name_or_content(tmp_path, name, encoding):
    lines = "\r\n".join(json.dumps(r) for r in RECORDS) + "\n\n"
    if encoding == "utf-16" and not name.endswith((".json", ".jsonl", ".ndjson")):
        pytest.skip("nothing but the name tells")
    pd.testing.assert_frame_equal(read(tmp_path, lines.encode(encoding), name).frame, EXPECTED)


@settings(max_examples=60, deadline=None)
@given(frame=frames(), orient=st.sampled_from(["records", "lines", "split", "table", "columns"]))
def test_what_pandas_writes_comes_back(tmp_path_factory, frame, orient):
    path = tmp_path_factory.mktemp("json") / "a.json"
    lines = orient == "lines"
    frame.to_json(path, orient="records" if lines else orient, lines=lines, double_precision=15)
    text = path.read_text(encoding="utf-8")
    back = reading_of(path, text).frame
    assert back.columns.tolist() == frame.columns.tolist()
    for name in frame:
        if pd.api.types.is_float_dtype(frame[name].dtype):
            np.testing.assert_allclose(
                back[name].astype(float), frame[name], rtol=1e-14, atol=1e-14, err_msg=text
            )
        else:
            assert back[name].tolist() == frame[name].tolist()


def test_nested_keys_have_dots_and_lists_stay_texts(tmp_path):
    rows = [
        {"config": {"opt": {"lr": 0.1}}, "f1": [0.1, 0.2], "ok": True},
        {"config": {"opt": {"lr": 0.2}}, "ok": False},
    ]
    frame = read(tmp_path, rows).frame
    assert frame.columns.tolist() == ["config.opt.lr", "f1", "ok"]
    assert frame["f1"].tolist()[0] == "[0.1, 0.2]"
    assert frame["f1"].isna().tolist() == [False, True]
    assert frame["ok"].tolist() == [True, False]


def test_nan_is_a_word_and_null_is_missing(tmp_path):
    frame = read(tmp_path, '[{"a": NaN, "b": null}, {"a": -Infinity, "b": 1}, {"a": 0.5, "b": 2}]').frame
    assert frame["a"].tolist() == ["NaN", "-inf", 0.5]
    assert frame["b"].tolist() == [pd.NA, 1, 2]


def test_integers_that_no_float_holds_are_exact(tmp_path):
    large = [2**53 + 1, 2**63 - 1, 2**70]
    assert read(tmp_path, [{"id": i} for i in large]).frame["id"].tolist() == large
    assert read(tmp_path, [{"id": 2**53 + 1}, {"id": None}]).frame["id"].tolist()[0] == 2**53 + 1
    assert read(tmp_path, [{"id": 2**53 + 1}, {"id": 0.5}]).frame["id"].tolist() == [2**53 + 1, 0.5]


def test_a_torn_last_line_is_left_out_and_said(tmp_path):
    reading = read(tmp_path, '{"a": 1}\n{"a": 2}\n{"a": 3', "a.jsonl")
    assert reading.frame["a"].tolist() == [1, 2]
    assert any("last line (3)" in remark and "torn" in remark for remark in reading.remarks)
    assert read(tmp_path, '{"a": 1}\n{"a": 3', "a.jsonl").frame["a"].tolist() == [1]


def test_one_run_a_file(tmp_path):
    reading = read(tmp_path, {"accuracy": 0.9, "config": {"lr": 0.1}, "curve": [1, 2]})
    assert reading.frame.to_dict("records") == [{"accuracy": 0.9, "config.lr": 0.1, "curve": "[1, 2]"}]


def test_what_lies_beside_the_records_is_in_every_row(tmp_path):
    frame = read(tmp_path, {"dataset": "mnist", "runs": RECORDS}).frame
    assert frame["dataset"].tolist() == ["mnist", "mnist"]


def test_a_history_of_keras_has_epochs(tmp_path):
    reading = read(tmp_path, {"loss": [3, 2, 1], "val_loss": [4, 3, 2]})
    assert (reading.step, reading.frame["epoch"].tolist()) == ("epoch", [0, 1, 2])


REFUSED = {
    "doubled key": ('[{"a": 1, "a": 2}]', "more than one column named 'a'"),
    "doubled key of a line": ('{"a": 1}\n{"a": 1, "a": 2}', "the key a twice in line 2"),
    "doubled by dots": ('[{"a.b": 1, "a": {"b": 2}}]', "more than one column named 'a.b'"),
    "doubled but for blanks": ('[{"a": 1, "a ": 2}]', "more than one column named 'a'"),
    "torn": ('[{"a": 1}, {"a":', "is no JSON", "it may be torn"),
    "torn inside": ('{"a": 1}\n{"a"\n{"a": 3}', "is no JSON"),
    "a bad line": ('{"a": 1}\n{"a": 2}\n{"a"\n{"a": 4}', "line 3 of"),
    "a line that is a list": ('{"a": 1}\n{"a": 2}\n[1]\n', "line 3 of", "is no record"),
    "list of numbers": ("[1, 2, 3]", "is a list without names"),
    "text": ('"x"', "no table"),
    "empty list": ("[]", "holds no rows"),
    "empty": ("", "it is empty"),
    "blank": ("  \n", "is empty"),
    "not UTF-8": (b'{"a": "\xff"}', "is not UTF-8"),
    "ragged split": ('{"columns": ["a"], "data": [[1, 2]]}', "has not as many cells"),
    "deep list": ("[" * 200_000 + "]" * 200_000, "is nested too deeply"),
    "deep object": ('{"a":' * 200_000 + "1" + "}" * 200_000, "is nested too deeply"),
    "long integer": ("[" + "9" * 5000 + "]", "is no JSON"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_table_is_one_line(tmp_path, kind):
    content, *words = REFUSED[kind]
    with told(DataError, *words):
        read(tmp_path, content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=4) | st.sampled_from(["seed_0", "0", "loss", "data", "columns"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(document=JSON)
def test_any_document_is_a_table_or_one_line(tmp_path_factory, document):
    path = tmp_path_factory.getbasetemp() / "any.json"
    reading = one_line_or(reading_of, path, json.dumps(document))
    if reading is not None:
        names = reading.frame.columns.tolist()
        assert len(reading.frame) > 0
        assert len(set(names)) == len(names) == len({name.strip(BLANKS) for name in names})
