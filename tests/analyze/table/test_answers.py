"""Answers of runs to single test examples, from every shape of table that has them."""

import json
from typing import ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from messages import told

from analyze.api import _runs
from analyze.errors import DataError, UsageError
from analyze.question import make_question
from analyze.table import answers
from analyze.table.runs import read

RNG = np.random.default_rng(21)
N_RUNS, N_EXAMPLES = 8, 40
WRONG = (RNG.random((2 * N_RUNS, N_EXAMPLES)) < np.linspace(0.1, 0.9, N_EXAMPLES)).astype(np.uint8)
PLAIN = pd.DataFrame(
    {
        "method": ["a"] * N_RUNS + ["b"] * N_RUNS,
        "seed": [*range(N_RUNS)] * 2,
        "accuracy": 1 - WRONG.mean(axis=1),
    }
)
LONG = pd.DataFrame(
    [
        {
            "model": row.method,
            "epoch": row.seed,
            "item": f"q{i}",
            "passage": f"p{i // 4}",
            "correct": 1 - WRONG[r, i],
        }
        for r, row in enumerate(PLAIN.itertuples())
        for i in range(N_EXAMPLES)
    ]
)
ASKED = {"by": "method", "outcomes": "answers"}


def check(found):
    assert found is not None
    assert list(found.codes) == ["a", "b"]
    np.testing.assert_array_equal(np.concatenate(list(found.codes.values())), WRONG)
    assert found.units == {"a": [*range(N_RUNS)], "b": [*range(N_RUNS)]}
    assert (found.is_value, found.groups, sum(found.n_left_out.values())) == (True, None, 0)


def digits(row):
    return "".join(map(str, row))


@pytest.mark.parametrize(
    ("cell", "write", "more"),
    [
        (digits, "csv", {}),
        (lambda row: digits(1 - row), "csv", {"outcomes_are": "right"}),
        (lambda row: row.tobytes(), "parquet", {}),
        (lambda row: digits(row).encode(), "parquet", {}),
        (lambda row: row.tolist(), "parquet", {}),
        (lambda row: row.astype(bool).tolist(), "parquet", {}),
        (lambda row: (1 - row).tolist(), "json", {"outcomes_are": "right"}),
        (lambda row: " ".join(map(str, row)), "csv", {}),
    ],
    ids=["digits", "flipped", "bytes", "letters", "lists", "truths", "json", "blanks"],
)
def test_every_kind_of_cell_is_read(tmp_path, cell, write, more):
    frame = PLAIN.assign(answers=[cell(row) for row in WRONG])
    path = tmp_path / f"runs.{write}"
    if write == "csv":
        frame.to_csv(path, index=False)
    elif write == "parquet":
        frame.to_parquet(path)
    else:
        path.write_text(json.dumps(frame.to_dict("records")))
    check(read(make_question(path, **ASKED, **more)).answers)


@pytest.mark.parametrize("make", [pd.DataFrame, pa.Table.from_pandas, lambda f: f.to_dict("records")])
def test_tables_in_memory_are_read(make):
    frame = PLAIN.assign(answers=[row.tolist() for row in WRONG])
    check(_runs(make(frame), ASKED, "compare", comparing=True).answers)


def test_a_filter_and_another_order_of_rows_keep_answers_with_their_runs():
    frame = PLAIN.assign(answers=[digits(row) for row in WRONG]).sample(frac=1, random_state=1)
    found = _runs(frame, ASKED | {"where": "seed != 3"}, "compare", comparing=True).answers
    kept = [r for r in range(len(WRONG)) if r % N_RUNS != 3]
    np.testing.assert_array_equal(np.concatenate(list(found.codes.values())), WRONG[kept])


def test_runs_without_answers_are_counted():
    frame = PLAIN.assign(answers=[None, *(digits(row) for row in WRONG[1:])])
    table = _runs(frame, ASKED, "compare", comparing=True)
    assert table.answers.n_left_out == {"a": 1, "b": 0}
    assert "1 finished run has none" in " ".join(table.remarks)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (PLAIN.assign(answers=[digits(row) for row in 1 - WRONG]), "share of wrong answers if a 1 is wrong"),
        (
            PLAIN.assign(answers=[digits(np.roll(row, 1) * (r > 0)) for r, row in enumerate(WRONG)]),
            "something else",
        ),
        (
            PLAIN.assign(answers=[digits(row[r == 0 :]) for r, row in enumerate(WRONG)]),
            "different numbers of answers",
        ),
        (PLAIN.assign(answers=""), "empty in every finished run"),
        (PLAIN.assign(answers=[digits(row[:1]) for row in WRONG]), "two at least are needed"),
    ],
)
def test_answers_that_are_none_are_said_and_left_out(frame, said):
    table = _runs(frame, ASKED, "compare", comparing=True)
    assert table.answers is None
    assert said in " ".join(table.remarks)


def test_cells_that_are_no_answers_are_one_line():
    with told(DataError, "'yes' holds no answers; a cell is to hold one digit"):
        _runs(PLAIN.assign(answers="yes"), ASKED, "compare", comparing=True)
    with told(UsageError, "did you mean 'answers'?"):
        _runs(PLAIN.assign(answers="1"), ASKED | {"outcomes": "anwsers"}, "compare", comparing=True)


def test_a_value_that_is_no_accuracy_keeps_the_functions_only():
    frame = PLAIN.assign(answers=[digits(row) for row in WRONG], loss=RNG.random(len(PLAIN)))
    found = _runs(frame, ASKED | {"value": "loss"}, "compare", comparing=True).answers
    assert found is not None
    assert not found.is_value


@pytest.mark.parametrize("scale", [100, N_EXAMPLES])
def test_percent_and_counts_are_accuracies_too(scale):
    frame = PLAIN.assign(answers=[digits(row) for row in WRONG], accuracy=scale * PLAIN["accuracy"])
    assert _runs(frame, ASKED, "compare", comparing=True).answers.is_value


def test_a_table_without_answers_has_none():
    assert _runs(PLAIN, {"by": "method"}, "compare", comparing=True).answers is None


def test_of_more_than_memory_holds_the_smallest_units_are_used(monkeypatch):
    monkeypatch.setattr(answers, "MAX_BYTES", 2 * N_EXAMPLES * 5)
    frame = PLAIN.assign(answers=[digits(row) for row in WRONG], n_test=N_EXAMPLES)
    table = _runs(frame, ASKED, "compare", comparing=True)
    np.testing.assert_array_equal(table.answers.codes["b"], WRONG[N_RUNS : N_RUNS + 5])
    assert table.answers.n_left_out == {"a": 3, "b": 3}
    assert "the 5 with the smallest seeds" in " ".join(table.remarks)


class TestGroupsOfExamples:
    FRAME = PLAIN.assign(answers=[digits(row) for row in WRONG])

    def groups(self, path):
        asked = ASKED | {"image_groups": str(path)}
        return _runs(self.FRAME, asked, "compare", comparing=True).answers.groups

    def test_files_of_three_kinds(self, tmp_path):
        expected = np.arange(N_EXAMPLES) // 4
        np.save(tmp_path / "g.npy", expected)
        (tmp_path / "g.txt").write_text("\n".join(map(str, expected)))
        (tmp_path / "g.csv").write_text("writer\n" + "\n".join(map(str, expected)) + "\n")
        for path in tmp_path.iterdir():
            np.testing.assert_array_equal(self.groups(path), expected)

    @pytest.mark.parametrize(
        ("text", "error", "said"),
        [
            ("1\n2\n", DataError, "has 2 integers, and there are 40 test examples"),
            ("a\n" * N_EXAMPLES, DataError, "something else than one integer a line"),
            ("1\n" * N_EXAMPLES, DataError, "all test examples into one group"),
            (None, UsageError, "there is no such file"),
        ],
    )
    def test_what_is_none_is_one_line(self, tmp_path, text, error, said):
        path = tmp_path / "g.txt"
        if text is not None:
            path.write_text(text)
        with told(error, said):
            self.groups(path)

    def test_groups_without_answers_are_refused(self, tmp_path):
        with told(UsageError, "holds no answers to any"):
            _runs(PLAIN, {"by": "method", "image_groups": str(tmp_path)}, "compare", comparing=True)


class TestLongTables:
    ASKED: ClassVar = {"by": "model", "value": "correct", "example": "item", "unit": "epoch"}

    def answers(self, frame=LONG, **more):
        return _runs(frame, self.ASKED | more, "compare", comparing=True)

    def test_rows_become_runs(self):
        table = self.answers(LONG.sample(frac=1, random_state=2))
        order = [int(name[1:]) for name in sorted(LONG["item"].unique())]
        np.testing.assert_array_equal(np.concatenate(list(table.answers.codes.values())), WRONG[:, order])
        np.testing.assert_allclose(table.runs["value"], PLAIN["accuracy"])
        assert table.question.unit == "epoch"

    def test_a_loss_counts_ones_as_wrong(self):
        wrong = LONG.assign(wrong=1 - LONG["correct"])
        table = self.answers(wrong, value="wrong", better="lower")
        np.testing.assert_array_equal(table.answers.codes["a"], self.answers().answers.codes["a"])
        np.testing.assert_allclose(table.runs["value"], 1 - PLAIN["accuracy"])

    def test_clusters_are_groups_of_examples(self):
        found = self.answers(cluster="passage").answers
        by_item = LONG.drop_duplicates("item").sort_values("item")
        codes = {p: i for i, p in enumerate(sorted(by_item["passage"].unique()))}
        np.testing.assert_array_equal(found.groups, by_item["passage"].map(codes))

    def test_examples_that_a_run_lacks_are_left_out(self):
        table = self.answers(LONG.drop(index=[3, 77]))
        assert table.answers.n_examples == N_EXAMPLES - 2
        assert "2 of 40 values of item were not answered by every run" in " ".join(table.remarks)

    @pytest.mark.parametrize(
        ("change", "more", "error", "said"),
        [
            (lambda f: f, {"unit": None}, UsageError, "column that tells runs apart"),
            (lambda f: f, {"example": "passage"}, DataError, "more than once in its group"),
            (lambda f: f.assign(correct=f["correct"] * 2), {}, DataError, "is to be 1 or 0"),
            (
                lambda f: f.assign(passage=range(len(f))),
                {"cluster": "passage"},
                DataError,
                "not the same in all rows",
            ),
            (
                lambda f: f.assign(passage="p"),
                {"cluster": "passage"},
                DataError,
                "the same for all test examples",
            ),
            (lambda f: f[f.index % N_EXAMPLES == f["epoch"]], {}, DataError, "answered by every run"),
            (lambda f: f, {"example": "itm"}, UsageError, "did you mean 'item'?"),
        ],
    )
    def test_what_cannot_be_meant_is_one_line(self, change, more, error, said):
        with told(error, said):
            self.answers(change(LONG), **more)


def test_our_own_tables_are_read_without_asking(reference_runs):
    table = read(make_question(reference_runs))
    rows = pq.read_table(reference_runs, columns=["schedule", "seed", "errors"]).to_pylist()
    for group, codes in table.answers.codes.items():
        mine = sorted((row["seed"], row["errors"]) for row in rows if row["schedule"] == group)
        assert [row.tobytes() for row in codes] == [errors for _, errors in mine]
    assert table.answers.example == "image"


@pytest.fixture(scope="module")
def reference_runs():
    from pathlib import Path

    return Path(__file__).parents[3] / "data" / "reference"
