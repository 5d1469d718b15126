"""Cells: numbers as people write them, words among numbers, and nothing in between."""

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import told

from analyze import text as fmt
from analyze.errors import DataError
from analyze.table.cells import MISSING_TEXT, numbers, numeric, typed


def texts(*cells):
    return pd.Series(cells, name="x", dtype="str")


def values_of(column):
    return np.asarray(numbers(column).values).tolist()


def words_of(column):
    return [word for word in numbers(column).words if word is not None]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["0.87", "1e-3", "+.5", "5.", "-2E+4"], [0.87, 0.001, 0.5, 5, -20000]),
        (["−0.3", "–1", "1e−2"], [-0.3, -1, 0.01]),
        (["1,234.5", "1,000", "12"], [1234.5, 1000, 12]),
        (["1,234,567", "2"], [1234567, 2]),
        (["1'234.5", "2'000'000"], [1234.5, 2e6]),
        (["1 234", "5\u00a0678,5"], [1234, 5678.5]),
        (["87,9", "1,234", "88"], [87.9, 1.234, 88]),
        (["0,123", "0,456"], [0.123, 0.456]),
        (["1.234.567,8", "2,5"], [1234567.8, 2.5]),
        (["**5.23**", "_0.5_", "`7`", "***1***"], [5.23, 0.5, 7, 1]),
        (["15.34†", "0.91*", "0.92**", "**0.5**§"], [15.34, 0.91, 0.92, 0.5]),
        ([" 1", "2 "], [1, 2]),
    ],
)
def test_numbers_as_people_write_them(cells, values):
    assert values_of(texts(*cells)) == values
    assert words_of(texts(*cells)) == []
    assert numbers(texts(*cells)).unit == ""
    assert typed(texts(*cells)).tolist() == values


@pytest.mark.parametrize(
    "word",
    ["NaN", "nan", "inf", "-inf", "OOM", "diverged", "-", "timeout", "0x1F", "1+2j", "1_000", "1e400", "10²",
     "(0.5)", "<0.1", "0.9 ± 0.1", "1.2.3", "2026-09-01", "٣", "5 ms", "**", "%", "1,23,4", "*"],
)  # fmt: skip
def test_words_stay_as_they_stood(word):
    column = texts("0.5", f" {word} ", None, "2")
    found = numbers(column)
    np.testing.assert_array_equal(found.values, [0.5, np.nan, np.nan, 2])
    assert found.words.tolist() == [None, word, None, None]
    stays = typed(column)
    assert stays.dtype == "str"
    assert stays.tolist()[:2] == ["0.5", word]
    assert words_of(stays) == [word]


@pytest.mark.parametrize("text", sorted(MISSING_TEXT) + [t.upper() for t in sorted(MISSING_TEXT)])
def test_missing_among_numbers_is_a_name_among_texts(text):
    column = texts("1", text, "2.5")
    np.testing.assert_array_equal(numbers(column).values, [1, np.nan, 2.5])
    assert words_of(column) == []
    np.testing.assert_array_equal(typed(column), [1, np.nan, 2.5])
    names = typed(texts("crop", text)).tolist()
    assert names[1] == text if text else math.isnan(names[1])


def test_percent_signs_are_a_unit():
    column = texts("87.9%", "3 %", "**5.5%**", "15.34%†")
    assert values_of(column) == [87.9, 3, 5.5, 15.34]
    assert numbers(column).unit == "%"
    with told(DataError, "the column 'x' mixes percent signs and bare numbers ('87.9%' and '0.87')"):
        numbers(texts("87.9%", "0.87"))
    assert typed(texts("87.9%", "0.87")).tolist() == ["87.9%", "0.87"]


def test_a_comma_that_may_be_either_is_refused():
    with told(DataError, "the column 'x' holds '1,234', which may be 1234 or 1.234"):
        numbers(texts("1,234", "11,479"))
    with told(DataError, "may be 1234 or 1.234"):
        numbers(texts("1,234", "5678"))
    with told(DataError, "mixes numbers such as '0,5' and '0.5'"):
        numbers(texts("0.5", "0,5"))
    with told(DataError, "mixes numbers such as '1,234.5' and '5678.5'"):
        numbers(texts("1,234.5", "5678.5"))
    assert typed(texts("1,234"), decimal=",").tolist() == [1.234]
    assert typed(texts("1,234"), decimal=".").tolist() == [1234]
    assert values_of(typed(texts("1,234", "OOM"), decimal=","))[0] == 1.234


def test_values_that_are_no_texts_pass():
    for column in (
        pd.Series([1.5, np.nan]),
        pd.Series([1.5, None], dtype="Float64"),
        pd.Series([Decimal("1.5"), None], dtype=object),
        pd.Series(["1.5", None], dtype="category"),
        pd.Series([1.5, None], dtype=object),
    ):
        np.testing.assert_array_equal(numbers(column).values, [1.5, np.nan])
        assert words_of(column) == []
    assert values_of(pd.Series([True, False])) == [1, 0]
    assert words_of(pd.Series([1j, 2])) == ["1j", "(2+0j)"]
    mixed = pd.Series([1, "2", "OOM", Decimal("0.5"), np.nan, True], dtype=object, index=list("abcdef"))
    np.testing.assert_array_equal(numbers(mixed).values, [1, 2, np.nan, 0.5, np.nan, 1])
    assert numbers(mixed).words.dropna().to_dict() == {"c": "OOM"}
    with told(DataError, "mixes percent signs and bare numbers"):
        numbers(pd.Series([1, "2%"], dtype=object))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2"], "int64"),
        (["1,000.0", "2,000.5"], "float64"),
        (["1'000", "2'000"], "int64"),
        (["1", None], "float64"),
        (["0.5", "1"], "float64"),
        (["True", "false"], "bool"),
        (["TRUE", ""], "boolean"),
        (["007", "012"], "str"),
        (["0x1F", "0x2A"], "str"),
        (["a", "1"], "str"),
        ([None, " "], "float64"),
        (["NA", "None"], "str"),
        (["1e5", "run"], "str"),
    ],
)
def test_types(cells, kind):
    assert typed(texts(*cells)).dtype == kind


def test_large_integers_are_never_merged():
    ids = [2**53, 2**53 + 1, 2**63 - 1]
    assert typed(texts(*map(str, ids))).tolist() == ids
    assert typed(texts(*map(str, ids), None)).dropna().tolist() == ids
    assert typed(texts(*(f"{i:,}" for i in ids))).tolist() == ids
    larger = [str(2**64), str(2**64 + 1)]
    assert typed(texts(*larger)).tolist() == larger


def test_a_word_far_below_is_found():
    for last in ("OOM", "nan", "inf", "007x", "1,5"):
        column = typed(texts(*["0.5"] * 5000, last))
        assert column.dtype == "str"
        assert column.iloc[-1] == last


def test_the_view_for_filters():
    frame = pd.DataFrame({"loss": ["0.5", "OOM", "inf", "-inf", None], "g": list("abcde"), "n": range(5)})
    view = numeric(frame)
    np.testing.assert_array_equal(view["loss"], [0.5, np.nan, np.inf, -np.inf, np.nan])
    pd.testing.assert_frame_equal(view[["g", "n"]], frame[["g", "n"]])
    assert numeric(pd.DataFrame({"p": ["1%", "2"]}))["p"].tolist() == ["1%", "2"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53), min_size=1))
def test_what_python_writes_is_read(values):
    for column in (texts(*map(repr, values)), texts(*map(repr, values), "OOM")):
        assert values_of(column)[: len(values)] == [float(v) for v in values]
    assert typed(texts(*map(repr, values))).tolist() == values


@given(st.lists(st.text(max_size=8) | st.text("0123456789.,%*†eE+-−' ", max_size=8), max_size=6))
def test_any_text_is_a_number_a_word_or_missing(cells):
    column = pd.Series(cells, name="x", dtype=object)
    kept = typed(column)
    assert len(kept) == len(cells)
    try:
        found = numbers(column)
    except DataError:
        return
    for cell, value, word in zip(cells, found.values, found.words, strict=True):
        bare = cell.strip(fmt.BLANKS)  # a control character is no blank: it tells two words apart
        missing = bare.lower() in MISSING_TEXT
        assert (word is None) == (missing or not math.isnan(value))
        assert word is None or word == bare
