"""What changed between two reports is named, and nothing else."""

import copy
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from plain_results import results_of

from analyze.codec import to_plain
from analyze.comparison.compare import compare
from analyze.comparison.difference import differences
from analyze.question import make_question
from analyze.report import build as report
from analyze.table.runs import read


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    rng = np.random.default_rng(4)
    path = tmp_path_factory.mktemp("difference") / "runs.csv"
    values = rng.normal(0.8, 0.01, 60) + np.repeat([0.0, 0.02], 30)
    pd.DataFrame({"method": ["a"] * 30 + ["b"] * 30, "score": values}).to_csv(path, index=False)
    table = read(make_question(str(path), value="score", by="method", resamples=199))
    origin = report.Origin(created_at=datetime(2026, 1, 2, tzinfo=UTC), command="analyze", duration_s=1)
    return to_plain(report.build(compare(table), table, origin))


@pytest.fixture
def other(model: Any) -> Any:
    return copy.deepcopy(model)


def told(old: Any, new: Any) -> list[tuple[str, str, str, str]]:
    return [(c.part, c.what, c.before, c.after) for c in differences(results_of(old), results_of(new))]


def test_when_and_by_what_version_is_no_change(model: Any, other: Any) -> None:
    other["provenance"] |= {"created_at": "2030-01-01T00:00:00+00:00", "package_version": "9", "command": "x"}
    assert told(model, other) == []


def test_added_runs(model: Any, other: Any) -> None:
    other["provenance"]["source"] |= {"n_rows": 61, "n_selected": 61, "digest": "other"}
    other["groups"][0]["n"] = 31
    found = told(model, other)
    assert ("data", "rows in the table", "60", "61") in found
    (group,) = [row for row in found if row[0] == "group"]
    assert group[1] == "a"
    assert (group[2][:7], group[3][:7]) == ("30 runs", "31 runs")


def test_options(model: Any, other: Any) -> None:
    other["question"] |= {"margin": 0.001, "adjust": "bh"}
    assert told(model, other) == [
        ("option", "--margin", "none", "0.001"),
        ("option", "--adjust", "holm", "bh"),
    ]


def test_verdicts_of_pairs_and_of_the_whole(model: Any, other: Any) -> None:
    other["answer"]["verdict"] = other["comparisons"][0]["verdict"] = "no difference shown"
    assert told(model, other) == [
        ("verdict", "the answer", "differs", "no difference shown"),
        ("verdict", "a and b", "differs", "no difference shown"),
    ]


def test_a_group_that_came_or_went(model: Any, other: Any) -> None:
    other["groups"].append(other["groups"][0] | {"group": "c"})
    other["comparisons"].append(other["comparisons"][0] | {"group_b": "c"})
    came, went = told(model, other), told(other, model)
    assert [(part, what, before) for part, what, before, _ in came] == [
        ("group", "c", "absent"),
        ("verdict", "a and c", "absent"),
    ]
    assert [(before, after) for *_, before, after in went] == [(a, b) for *_, b, a in came]


def test_an_effect_and_a_test(model: Any, other: Any) -> None:
    other["comparisons"][0]["effects"][0]["estimate"] *= 2
    other["comparisons"][0]["tests"][0]["pvalue_adjusted"] = 0.2
    other["comparisons"][0]["tests"][0]["rejected"] = False
    effect, test = told(model, other)
    assert effect[:2] == ("effect", "a and b: difference of means")
    assert test == ("test", "a and b: Kolmogorov–Smirnov", "p < 0.0001, rejected", "p = 0.20, not rejected")


def test_another_baseline_turns_the_pair_round(model: Any, other: Any) -> None:
    other["comparisons"][0] |= {"group_a": "b", "group_b": "a"}
    assert told(model, other) == [("effect", "a and b: direction", "b − a", "a − b")]
