"""`analyze functions`, on a table with a column of answers and on one with a row an answer."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from analyze.cli import analyze, main

RNG = np.random.default_rng(4)
HARD = RNG.normal(0.5, 1, 60)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answers")
    runs, rows = [], []
    for method, shift in (("a", 0.0), ("b", 0.8)):
        for seed in range(9):
            wrong = (HARD + shift * np.sign(np.arange(60) % 2 - 0.5) + RNG.normal(0, 0.7, 60) < 0).astype(int)
            runs.append(
                {
                    "method": method,
                    "seed": seed,
                    "accuracy": 1 - wrong.mean(),
                    "answers": "".join(map(str, wrong)),
                }
            )
            rows += [
                {"method": method, "seed": seed, "item": i, "text": i // 6, "correct": 1 - w}
                for i, w in enumerate(wrong)
            ]
    pd.DataFrame(runs).to_csv(folder / "runs.csv", index=False)
    pd.DataFrame(rows).to_csv(folder / "rows.csv", index=False)
    return folder


def printed(*words: str) -> str:
    done = CliRunner().invoke(analyze, ["functions", *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_both_forms_of_table_say_alike(tables):
    one = printed(str(tables / "runs.csv"), "--by", "method", "--outcomes", "answers", "--unit", "seed")
    asked = ["--by", "method", "--value", "correct", "--example", "item", "--unit", "seed"]
    other = printed(str(tables / "rows.csv"), *asked)
    assert one.partition("\n")[2] == other.partition("\n")[2]
    assert "As functions they differ (energy distance, p ≤ 0.0001" in one
    assert "No two runs of a group are the same function" in one
    assert "examples were taken as independent" in one


def test_clusters_give_a_third_interval(tables):
    asked = [
        "--by",
        "method",
        "--value",
        "correct",
        "--example",
        "item",
        "--cluster",
        "text",
        "--unit",
        "seed",
    ]
    assert "In new groups" in printed(str(tables / "rows.csv"), *asked)


def test_a_report_has_the_same_numbers(tables, tmp_path):
    words = [
        "compare",
        str(tables / "runs.csv"),
        "--by",
        "method",
        "--outcomes",
        "answers",
        "--format",
        "md,csv",
    ]
    done = CliRunner().invoke(analyze, [*words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    report = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "Are they different functions?" in report
    assert "Would it hold for new test examples?" in report
    found = pd.read_csv(tmp_path / "out" / "tables" / "functions.csv")
    assert found.loc[0, "pvalue"] <= 0.0001
    scope = pd.read_csv(tmp_path / "out" / "tables" / "scope.csv")
    assert scope.loc[0, "new_low"] < scope.loc[0, "difference"] < scope.loc[0, "new_high"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--by", "method"], "there are no answers to single test examples to compare"),
        (["--by", "method", "--outcomes", "answer"], "did you mean 'answers'?"),
        (["--by", "method", "--outcomes", "answers", "--cluster", "seed"], "name them by --example COLUMN"),
    ],
)
def test_what_cannot_be_asked_is_one_line(tables, words, said, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["analyze", "functions", str(tables / "runs.csv"), *words])
    with pytest.raises(SystemExit):
        main()
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
