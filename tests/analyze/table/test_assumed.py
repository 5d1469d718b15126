"""Where nothing is named, the only column that can be meant is taken and told; else one line asks."""

import numpy as np
import pandas as pd
import pytest
from messages import told

from analyze.errors import DataError, UsageError
from analyze.question import make_question
from analyze.table.runs import read

RNG = np.random.default_rng(3)
N = 60


@pytest.fixture
def table(tmp_path):
    def written(name="runs.csv", **columns):
        path = tmp_path / name
        pd.DataFrame(columns).to_csv(path, index=False)
        return str(path)

    return written


def columns(**more):
    return {"method": ["a", "b"] * (N // 2), "seed": range(N), "loss": RNG.normal(size=N).round(4)} | more


def test_the_only_columns_are_taken_and_told(table):
    runs = read(make_question(table(**columns(lr=RNG.uniform(size=N)))))
    assert (runs.question.value, runs.question.by, runs.question.better) == ("loss", ("method",), "lower")
    assert runs.read_as.told[:2] == (
        "The numbers of loss are compared, which alone look like results (--value).",
        "The values of method make the groups, the only column that could (--by).",
    )


def test_what_is_named_is_not_assumed(table):
    runs = read(make_question(table(**columns()), value="loss", by="method", better="higher"))
    assert runs.read_as.told == ()
    assert runs.question.better == "higher"
    assert read(make_question(table(**columns()), better="higher")).question.better == "higher"


def test_the_columns_of_our_own_tables_come_first(table):
    runs = read(make_question(table(**columns(accuracy=RNG.uniform(size=N), schedule=["x", "y"] * (N // 2)))))
    assert (runs.question.value, runs.question.by) == ("accuracy", ("schedule",))


def test_several_columns_are_asked_about(table):
    path = table(**columns(error=RNG.uniform(size=N), arm=["x", "y"] * (N // 2)))
    with told(UsageError, "value=COLUMN is to say which numbers are compared: likely loss, error; the table"):
        read(make_question(path))
    with told(UsageError, "by=COLUMN is to say which column makes the groups: likely method, arm; the table"):
        read(make_question(path, value="loss"))


def test_no_column_is_asked_about(table):
    with told(UsageError, "by=COLUMN is to say which column makes the groups: the table has loss (analyze"):
        read(make_question(table(loss=RNG.normal(size=N))))


def test_words_and_empty_cells_of_an_assumed_group_are_what_they_are_in_one_that_is_named(table):
    path = table(**columns(method=(["a", "b", "NA", "None", None] * N)[:N]))
    found = [read(make_question(path, **asked)) for asked in ({}, {"value": "loss", "by": "method"})]
    assert found[0].groups == found[1].groups == ("NA", "None", "a", "b")
    assert [table.exclusions["reason"].tolist() for table in found] == [["method is missing"]] * 2


def test_files_are_groups_by_their_names(table):
    files = [table(name, loss=RNG.normal(size=12).round(3)) for name in ("old.csv", "new.csv")]
    runs = read(make_question(files))
    assert (runs.groups, runs.question.value) == (("new", "old"), "loss")


def test_files_of_one_name_are_told_apart_by_their_folders(table, tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
    files = [table(f"{folder}/runs.csv", loss=RNG.normal(size=12).round(3)) for folder in "xy"]
    assert read(make_question(files)).groups == ("x", "y")


def test_groups_are_to_be_few(table):
    path = table(**columns(lr=RNG.uniform(size=N)))
    with told(DataError, f"lr has {N} different values in {N} rows, and groups are to be few", "by='method'"):
        read(make_question(path, value="loss", by="lr"))
    with told(DataError, f"lr and method have {N} different values", "by='method'"):
        read(make_question(path, value="loss", by="lr,method"))


def test_numbers_of_which_few_repeat_are_no_groups(table):
    lr = RNG.uniform(size=N)
    lr[:2], lr[2:4] = 0.1, 0.2  # two groups of two would be left
    with told(DataError, "lr has 58 different values in 60 rows", "by='method'"):
        read(make_question(table(**columns(lr=lr)), value="loss", by="lr"))


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("method == 'A'", "`method` is never 'A': did you mean 'a'?"),
        ("method in ['zz', 'a'] and seed > 99", "`method` is never 'zz', but a, b"),
        ("seed > 99", "selects none of the 60 rows"),
    ],
)
def test_a_text_that_no_cell_has_is_told(table, where, words):
    with told(DataError, words):
        read(make_question(table(**columns()), value="loss", by="method", where=where))


def test_a_mistyped_group_or_file_meets_the_right_one(table, tmp_path):
    path = table(**columns())
    with told(UsageError, "there is no such group; did you mean 'a'? the groups are a, b"):
        read(make_question(path, value="loss", by="method", baseline="A"))
    with told(UsageError, f"no file or directory '{path[:-3]}cvs'; did you mean '{path}'?"):
        read(make_question(f"{path[:-3]}cvs"))
    with pytest.raises(UsageError) as error:
        read(make_question(str(tmp_path / "nothing-like-it.csv")))
    assert str(error.value).endswith("nothing-like-it.csv'; check the path")
