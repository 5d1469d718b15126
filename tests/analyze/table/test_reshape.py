"""Wide tables and tables of measures become one row a run; scikit-learn's splits too."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import told
from tables import reading_of

from analyze.errors import DataError, UsageError
from analyze.table.reshape import find_metric_column, of_metric, wide

WIDE = pd.DataFrame({"seed": [3, 4], "note": ["x", "y"], "SGD": [0.5, 0.25], "Adam": [0.75, None]})
LONG = pd.DataFrame(
    {
        "method": ["a", "a", "b", "b"],
        "metric": ["accuracy", "loss"] * 2,
        "value": [0.9, 0.1, 0.8, 0.2],
        "n_units": [10, 10, 10, 10],
    }
)


@pytest.mark.parametrize("columns", [["SGD", "Adam"], ["all"]])
def test_columns_are_groups_and_rows_pairs(columns):
    frame, group, unit = wide(WIDE, columns, value="accuracy")
    assert (group, unit) == ("method", "row")
    expected = pd.DataFrame(
        {
            "method": ["SGD", "SGD", "Adam", "Adam"],
            "row": [0, 1, 0, 1],
            "seed": [3, 4, 3, 4],
            "note": ["x", "y", "x", "y"],
            "accuracy": [0.5, 0.25, 0.75, np.nan],
        }
    )
    pd.testing.assert_frame_equal(frame, expected)


def test_names_that_are_taken_and_a_column_that_names_rows():
    frame, group, unit = wide(
        WIDE.rename(columns={"note": "method"}), ["SGD", "Adam"], value="seed", ids=["seed"]
    )
    assert (group, unit) == ("method_2", "seed")
    assert frame["seed_2"].tolist()[:2] == [0.5, 0.25]


def test_words_among_the_cells_stay():
    frame, *_ = wide(pd.DataFrame({"a": [0.5, 1.0], "b": ["OOM", 0.25]}), ["a", "b"])
    assert frame["value"].tolist() == [0.5, 1.0, "OOM", 0.25]


@settings(max_examples=50, deadline=None)
@given(data=st.data(), n=st.integers(1, 6))
def test_wide_and_back(data, n):
    cells = st.lists(st.floats(allow_nan=False), min_size=n, max_size=n)
    table = pd.DataFrame({name: data.draw(cells) for name in "abc"})
    frame, group, unit = wide(table, ["all"])
    back = frame.pivot_table(index=unit, columns=group, values="value")
    np.testing.assert_array_equal(back.to_numpy(), table.to_numpy())


def test_wide_is_refused_with_what_there_is():
    with told(
        UsageError, "wide='Adm': there is no such column; did you mean 'Adam'?", "seed, note, SGD, Adam"
    ):
        wide(WIDE, ["SGD", "Adm"])
    with told(UsageError, "wide='SGD': two columns at least are groups; the numeric columns are SGD, Adam"):
        wide(WIDE, ["SGD"])
    with told(UsageError, "id='sed': there is no such column; did you mean 'seed'?"):
        wide(WIDE, ["all"], ids=["sed"])


def test_one_measure_of_a_long_table():
    assert find_metric_column(LONG, "accuracy") == ("metric", "value")
    frame = of_metric(LONG, "metric", "value", "accuracy")
    expected = pd.DataFrame({"method": ["a", "b"], "accuracy": [0.9, 0.8], "n_units": [10, 10]})
    pd.testing.assert_frame_equal(frame, expected)


def test_jmetal_names_are_found():
    table = LONG.rename(columns={"metric": "IndicatorName", "value": "IndicatorValue"})
    assert find_metric_column(table, "loss") == ("IndicatorName", "IndicatorValue")


def test_no_pair_is_found_where_none_is_certain():
    assert find_metric_column(LONG, "value") is None
    assert find_metric_column(LONG, "f1") is None
    assert find_metric_column(LONG.rename(columns={"value": "x"}), "accuracy") is None
    twice = LONG.assign(other=LONG["metric"]).rename(columns={"metric": "one"})
    assert find_metric_column(twice, "accuracy") is None


def test_measures_are_refused_with_what_there_is():
    with told(
        UsageError, "value='acuracy': no row has it in 'metric'; did you mean 'accuracy'?", "accuracy, loss"
    ):
        of_metric(LONG, "metric", "value", "acuracy")
    with told(UsageError, "metric_column='metrics': there is no such column; did you mean 'metric'?"):
        of_metric(LONG, "metrics", "value", "loss")
    with told(DataError, "the table has a column of that name"):
        of_metric(LONG.assign(loss=1), "metric", "value", "loss")


def test_splits_of_scikit_learn(tmp_path):
    table = pd.DataFrame(
        {
            "param_C": [1, 10],
            "split0_test_score": [0.5, 0.6],
            "split1_test_score": [0.7, 0.8],
            "split1_train_score": [1.0, 1.0],
            "mean_test_score": [0.6, 0.7],
            "mean_fit_time": [1.0, 2.0],
        }
    )
    reading = reading_of(tmp_path / "cv.json", table.to_json(orient="records"))
    assert reading.frame.drop(columns=["mean_fit_time", "train_score"]).to_dict("list") == {
        "param_C": [1, 1, 10, 10],
        "split": [0, 1, 0, 1],
        "test_score": [0.5, 0.7, 0.6, 0.8],
    }
    assert reading.frame["train_score"].isna().tolist() == [True, False, True, False]
    assert any("left out: mean_test_score" in remark for remark in reading.remarks)
    assert reading.unit == "split"
