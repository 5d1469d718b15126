"""`--where`: what pandas' own expressions select where both allow it; nothing runs, writes or hangs."""

import datetime as dt
import warnings

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings

from analyze.errors import UsageError
from analyze.question import make_question
from analyze.table import filters
from analyze.table.mixtures import find_mixtures
from analyze.table.runs import read

NAN = float("nan")
FRAME = pd.DataFrame(
    {
        "seed": [0, 1, 2, 3, 4, 5],
        "loss": [0.1, NAN, 0.3, float("inf"), -0.5, 0.1],
        "f32": np.array([0.1, 0.2, 0.3, NAN, -1.5, 0.1], dtype="float32"),
        "kind": ["sgd", None, "adam", "sgd", "it's", ""],
        "flag": [True, False, True, True, False, False],
        "count": pd.array([1, None, 3, 0, -1, 5], dtype="Int64"),
        "known": pd.array([True, None, False, True, None, False], dtype="boolean"),
        "arrow": pd.Series([1, 2, None, 4, 5, 0], dtype=pd.ArrowDtype(pa.int64())),
        "arrow_text": pd.Series(["a", None, "b", "a", "", "c"], dtype=pd.ArrowDtype(pa.string())),
        "level": pd.Categorical(["low", "high", None, "low", "low", "high"]),
        "val loss": [1.0, 2.0, NAN, 4.0, 5.0, 6.0],
    }
)


def selected(where, frame=FRAME):
    return filters.mask(frame, where, list(frame.columns)).tolist()


def by_pandas(where, frame=FRAME):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mask = frame.eval(where, engine="python", local_dict={}, global_dict={})
    return mask.fillna(value=False).astype(bool).tolist()


NUMBERS = st.sampled_from(["seed", "loss", "f32", "`val loss`", "count"])
CONSTANTS = st.sampled_from(["0", "1", "-1", "0.1", "3", "2.5", "1e3", "-0.5", "inf"])
FINITE = CONSTANTS.filter(lambda text: text != "inf")  # pandas has no answer where an Int64 is missing
TEXTS = st.sampled_from(["'sgd'", '"adam"', "''", '"it\'s"', "'a'", "'low'", "'`x` & |'"])
TERMS = st.one_of(
    NUMBERS,
    st.builds("{} {} {}".format, NUMBERS, st.sampled_from("+-*"), CONSTANTS),
    st.builds("({} - {}) / {}".format, NUMBERS, NUMBERS, st.sampled_from(["2", "0.5", "-3"])),
    st.builds("-{}".format, NUMBERS),
)
ORDERS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
TEXT_COLUMNS = st.sampled_from(["kind", "arrow_text", "level"])
LEAVES = st.one_of(
    st.builds("{} {} {}".format, TERMS, ORDERS, st.one_of(CONSTANTS, TERMS)),
    st.builds("{} {} {}".format, CONSTANTS, ORDERS, TERMS),
    st.builds("{} < {} <= {}".format, CONSTANTS, TERMS, CONSTANTS),
    st.builds("{} {} {}".format, TEXT_COLUMNS, st.sampled_from(["==", "!="]), TEXTS),
    st.builds("{} == {}".format, TEXTS, TEXT_COLUMNS),
    st.builds("arrow {} {}".format, ORDERS, CONSTANTS),
    st.builds("{} {} [{}, {}]".format, TEXT_COLUMNS, st.sampled_from(["in", "not in", "=="]), TEXTS, TEXTS),
    st.builds("{} {} ({}, {})".format, NUMBERS, st.sampled_from(["in", "not in"]), FINITE, FINITE),
    st.builds("{} {} {}".format, NUMBERS, st.sampled_from(["==", "!="]), TEXTS),
    st.sampled_from(["flag", "known", "flag == True", "kind == 1", "kind == None", "loss != loss"]),
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or", "&", "|"]), inner),
        st.builds("({})".format, inner),
        st.builds("not {}".format, inner),
        st.builds("~({})".format, inner),
    ),
    max_leaves=6,
)


@given(FILTERS)
@settings(max_examples=300, deadline=None)
def test_selects_what_pandas_selects(where):
    try:
        expected = by_pandas(where)
    except TypeError:  # pandas cannot join booleans of pyarrow with its own
        hypothesis.reject()
    assert selected(where) == expected


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("seed > 1 & seed < 4", [2, 3]),
        ("seed == 0 | seed > 3 and flag", [0]),
        ("not seed > 1 & flag", [0]),
        ("kind != 'sgd'", [1, 2, 4, 5]),
        ("count != 1", [2, 3, 4, 5]),
        ("loss != 0.1", [1, 2, 3, 4]),
        ("1 <= seed < 3", [1, 2]),
        ("flag", [0, 2, 3]),
        ("~known", [2, 5]),
        ("loss == inf", [3]),
        ("loss\n  ==\t-0.5", [4]),
    ],
)
def test_missing_values_and_precedence(where, rows):
    assert np.flatnonzero(selected(where)).tolist() == rows


def test_times_are_compared_with_texts():
    start = pd.to_datetime(["2024-01-01", "2024-03-01", None])
    frame = pd.DataFrame({"start": start, "zone": start.tz_localize("UTC"), "took": start - start[0]})
    for column in ("start", "zone"):
        assert selected(f"{column} > '2024-02-01'", frame) == [False, True, False]
        assert selected(f"{column} == '2024-01-01'", frame) == [True, False, False]
        assert selected(f"{column} in ['2024-01-01', 'never']", frame) == [True, False, False]
        assert selected(f"{column} != '2024-01-01'", frame) == [False, True, True]
    assert selected("took > '1 day'", frame) == [False, True, False]


def test_small_integers_do_not_wrap_around():
    frame = pd.DataFrame({"u": np.array([1, 255], dtype="uint8"), "big": np.array([1, 2**62])})
    assert selected("u - 2 < 0", frame) == [True, False]
    with pytest.raises(UsageError, match="64 bits"):
        selected("big * 4 > 0", frame)


def test_booleans_with_missing_ones_are_true_or_false():
    frame = pd.DataFrame({"failed": pd.Series([True, None, False], dtype=object)})
    assert selected("failed", frame) == [True, False, False]
    assert selected("not failed", frame) == [False, False, True]


@pytest.mark.parametrize(
    "name",
    [
        "val loss",
        "a,b",
        "a`b",
        "``",
        "class",
        "inf",
        "True",
        "x\ny",
        "ﬁt",
        "µ",
        "μ",
        "x'y\"",
        "a#b",
        "1st",
        "é",
    ],
)
def test_every_name_can_be_written(name):
    frame = pd.DataFrame({name: [1, 2], "other": [2, 2]})
    where = f"{filters.quoted(name)} > 1 and other == 2"
    assert selected(where, frame) == [False, True]
    assert filters.names(where) == {name, "other"}


def test_names_are_those_of_columns_not_words_in_texts():
    assert filters.names("kind == 'seed' and `val loss` < inf or ~(flag)") == {
        "kind",
        "val loss",
        "inf",
        "flag",
    }
    assert filters.names(None) == filters.names("no filter at all (") == set()


HOSTILE = {
    "to_frame().eval(\"\\x40pd.core.common.os.system('touch victim.txt')\")": "a call of a function",
    "accuracy.to_csv('victim.txt') == None or accuracy > 0": "a call of a function",
    "9**9**9": "a power",
    "accuracy ** 2 > 1": "a power",
    "accuracy.head(3) > 0": "a call of a function",
    "accuracy.values > 0": "an attribute",
    "__import__('os').system('touch victim.txt') == 0": "a call of a function",
    "accuracy > __import__": "no such column",
    "(" * 10_000 + "accuracy > 0" + ")" * 10_000: "too many|too deeply|characters",
    "(" * 150 + "accuracy > 0" + ")" * 150: None,
    "-" * 9_999 + "accuracy > 0": "nested too deeply",
    "not " * 2_000 + "accuracy > 0": "nested too deeply",
    "accuracy" + " + accuracy" * 1_500 + "> 0": "nested too deeply",
    "accuracy > 0 or " * 2_000 + "accuracy > 0": "more than 20,000",
    "accuracy > 1e308 * 1e308": "too large",
    "accuracy > 1e400 - 1e400": "too large",
    "accuracy < " + "9" * 30: "64 bits",
    "accuracy < " + "9" * 5_000: "digits",
    "seed * 9223372036854775807 * 9223372036854775807 > 0": "64 bits",
    '"a" * 10**9 == method': "a power",
    '"a" * 1000000000 == method': "not a number",
    "method * 1000000000 == 'a'": "not a number",
    "method + method == 'aa'": "not a number",
    "accuracy > 1 / 0": "divides by zero",
    "accuracy / 0 > 1": "divides by zero",
    "method < 3": "failed",
    "accuracy > 'x'": "failed",
    "accuracy > method": "failed",
    "accuracy[0] > 0": "square brackets",
    "[x for x in [1]] == accuracy": "ListComp",
    "(lambda: 1) == accuracy": "Lambda",
    "f'{accuracy}' == method": "JoinedStr",
    "accuracy if accuracy else 1": "IfExp",
    "(y := accuracy) > 0": "single '='|NamedExpr",
    "accuracy is None": "'is'",
    "accuracy in [seed]": "a column in a list",
    "accuracy in method": "else than a list",
    "accuracy in [[1]]": "List",
    "method == b'a'": "constant",
    "accuracy > 1j": "constant",
    "accuracy > ...": "constant",
    "accuracy = 1": "compare with '=='",
    "@pd > 1": "may not hold '@'",
    "accuracy > 0 # all": "may not hold '#'",
    "accuracy > 0; accuracy": "may not hold ';'",
    "`accuracy > 0": "unpaired quote",
    "method == 'x": "unpaired quote",
    "val loss > 0": "backticks",
    "accuracy and seed": "not true or false",
    "accuracy": "not true or false for each row",
    "True": "not true or false for each row",
    "acuracy > 0": "did you mean accuracy",
    "accuracy > 0\0": "null",
    "accuracy > '\udc80'": "failed",
    "": "failed",
    "   ": "failed",
}


@pytest.mark.parametrize(("where", "message"), HOSTILE.items(), ids=range(len(HOSTILE)))
def test_what_is_no_filter_is_one_line_and_does_nothing(where, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"accuracy": [0.5, 0.6], "seed": [1, 2], "method": ["a", "b"]})
    if message is None:
        assert selected(where, frame) == [True, True]
        return
    with pytest.raises(UsageError, match=message) as caught:
        selected(where, frame)
    text = str(caught.value)
    assert text.count("\n") == 0
    assert text.endswith("the columns are accuracy, seed, method")
    assert len(text) < 1000
    assert not list(tmp_path.iterdir())


def test_messages_name_a_bounded_number_of_columns():
    frame = pd.DataFrame({f"column {i} {'x' * 30}\n": [1.0] for i in range(500)})
    with pytest.raises(UsageError, match=r"and 4\d\d more$") as caught:
        selected("y > 0", frame)
    assert len(str(caught.value)) < 2000
    assert "\n" not in str(caught.value)


CONFIGURATIONS = {
    "my lr": [0.1, 0.2],
    "a`b": ["x", "y"],
    "class": ["it's", 'say "no"'],
    "a,b": [True, False],
    "depth": np.array([1, 2], dtype="int8"),
    "rate": np.array([0.1, 0.2], dtype="float32"),
    "limit": [float("inf"), 1.5],
    "low": [float("-inf"), 1.5],
    "text": ["line\nbreak `&`", "\\d"],
    "day": [dt.date(2024, 1, 1), dt.date(2024, 1, 2)],
    "n": pd.array([1, 2], dtype="Int64"),
    "level": pd.Categorical(["low", "high"]),
    "μ": [1, 2],
}


@pytest.mark.parametrize("column", CONFIGURATIONS)
def test_filters_that_are_suggested_can_be_used(column):
    """Also in a question that has a filter already."""
    n = 24
    values = pd.Series(CONFIGURATIONS[column])
    frame = pd.DataFrame(
        {
            "g": np.tile(["a", "b"], n // 2),
            "x": np.arange(n) / 7,
            column: values.take(np.repeat([0, 1], n // 2)).reset_index(drop=True),
        }
    )
    question = make_question("t", value="x", by="g", where="x >= 0 | x < 0")
    rows = pd.DataFrame({"group": frame["g"], "reason": pd.Series(pd.NA, index=frame.index, dtype=object)})
    found = find_mixtures(frame, rows, ("a", "b"), question, ours=False, taken=("g",))
    assert found["column"].tolist() == [column, column]
    where = found["where"].iloc[0]
    if column == "day":
        assert not where, "a date cannot be written as a constant"
    else:
        kept = frame[filters.mask(frame, where, list(frame.columns))]
        assert len(kept) == n // 2
        assert len(set(kept[column])) == 1


def test_a_column_with_an_awkward_name_is_read_from_the_file(tmp_path):
    table = pd.DataFrame({"g": ["a", "b"] * 4, "x": np.arange(8.0), "val loss": [1, 1, 1, 1, 1, 1, 2, 2]})
    table.to_parquet(tmp_path / "t.parquet")
    question = make_question(str(tmp_path / "t.parquet"), value="x", by="g", where="`val loss` == 1")
    assert len(read(question).runs) == 6
