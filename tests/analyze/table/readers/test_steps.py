import pandas as pd

from analyze.table.readers.steps import merge_steps


def test_rows_that_contradict_stay_apart():
    rows = pd.DataFrame({"step": [5, 5, 5, 5], "loss": [1.0, None, None, 4.0], "val": [None, 2.0, 3.0, None]})
    merged = merge_steps(rows, "step")
    assert merged["step"].tolist() == [5, 5]
    assert merged["loss"].tolist() == [1.0, 4.0]
    assert merged["val"].tolist() == [2.0, 3.0]


def test_the_same_step_later_is_another_row():
    rows = pd.DataFrame({"step": [1, 2, 1], "loss": [1.0, None, None], "val": [None, 2.0, 3.0]})
    assert len(merge_steps(rows, "step")) == 3


def test_rows_of_different_runs_stay_apart():
    rows = pd.DataFrame(
        {"seed": [0, 1, 1], "step": [9, 9, 9], "loss": [1.0, 2.0, None], "val": [None, None, 3.0]}
    )
    merged = merge_steps(rows, "step")
    assert merged["seed"].tolist() == [0, 1]
    assert merged["loss"].tolist() == [1.0, 2.0]
    assert pd.isna(merged["val"][0])
    assert merged["val"][1] == 3.0


def test_rows_without_a_step_stay_apart():
    rows = pd.DataFrame({"step": [None, None], "loss": [1.0, None], "val": [None, 2.0]})
    assert len(merge_steps(rows, "step")) == 2
