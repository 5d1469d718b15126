"""CSV tables read back as the model's numbers."""

import io
import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from plain_results import results_of

from analyze.report.csv import csv_tables


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


def same(read_back: pd.DataFrame, rows: list[dict[str, Any]]) -> None:
    expected = pd.DataFrame(rows)
    for column in expected.columns.intersection(read_back.columns):
        a, b = read_back[column], expected[column]
        if pd.api.types.is_numeric_dtype(a):
            # One unit in the last place: pandas before 3 reads decimals a little faster than exactly.
            np.testing.assert_allclose(a.to_numpy(float), b.to_numpy(float), rtol=3e-16, atol=0)
        else:
            assert a.isna().tolist() == b.isna().tolist()
            assert a.dropna().tolist() == b.dropna().tolist()
    assert len(read_back) == len(expected)


def test_groups_tests_and_effects(any_report: Any) -> None:
    model, tables = any_report.model, csv_tables(results_of(any_report.model))
    same(read(tables["groups.csv"]), model["groups"])
    for kind in ("tests", "effects"):
        rows = [
            {"group_a": c["group_a"], "group_b": c["group_b"]} | row
            for c in model["comparisons"]
            for row in c[kind]
        ]
        frame = read(tables[f"{kind}.csv"])
        assert set(frame.columns) == set(pd.DataFrame(rows).columns)
        same(frame, rows)


FURTHER = {
    "shift.csv": lambda pair: pair["where"]["shift"],
    "expected-best-difference.csv": lambda pair: pair["where"]["best"]["difference"],
    "expected-best-crossing.csv": lambda pair: [pair["where"]["best"]["crossing"]],
    "matched-effects.csv": lambda pair: (pair["matched"] or {"effects": []})["effects"],
    "failures.csv": lambda pair: [pair["failures"]] * bool(pair["failures"]),
    "worst-ranked.csv": lambda pair: (pair["worst_ranked"] or {"tests": []})["tests"],
}


@pytest.mark.parametrize("name", FURTHER)
def test_further_tables_hold_every_pair(any_report: Any, name: str) -> None:
    rows = [
        {"group_a": c["group_a"], "group_b": c["group_b"]} | row
        for c in any_report.model["comparisons"]
        for row in FURTHER[name](c)
    ]
    tables = csv_tables(results_of(any_report.model))
    assert (name in tables) == bool(rows)
    if rows:
        same(read(tables[name]), rows)


def test_expected_best_stands_once_for_a_group(any_report: Any) -> None:
    frame = read(csv_tables(results_of(any_report.model))["expected-best.csv"])
    assert not frame.duplicated(["group", "n"]).any()
    assert set(frame["group"]) == {g["group"] for g in any_report.model["groups"]}
    for pair in any_report.model["comparisons"]:
        for side in "ab":
            own = frame[frame["group"] == pair[f"group_{side}"]].drop(columns="group")
            same(own.reset_index(drop=True), pair["where"]["best"][f"best_{side}"])


def test_calibration_and_matched_pairs(any_report: Any) -> None:
    model, tables = any_report.model, csv_tables(results_of(any_report.model))
    assert ("calibration.csv" in tables) == bool(model["calibration"])
    if model["calibration"]:
        same(read(tables["calibration.csv"]), model["calibration"])
    matched = [c["matched"] for c in model["comparisons"] if c["matched"]]
    assert ("matched.csv" in tables) == bool(matched)
    if matched:
        frame = read(tables["matched.csv"])
        assert "effects" not in frame
        assert frame["precision_gain"].tolist() == pytest.approx(
            [math.nan if m["precision_gain"] is None else m["precision_gain"] for m in matched], nan_ok=True
        )


def test_a_row_of_pairs_holds_no_tables(any_report: Any) -> None:
    frame = read(csv_tables(results_of(any_report.model))["comparisons.csv"])
    assert not {"where", "matched", "failures", "worst_ranked", "tests", "effects"} & set(frame.columns)


def test_verdicts_of_pairs(any_report: Any) -> None:
    frame = read(csv_tables(results_of(any_report.model))["comparisons.csv"])
    assert frame["verdict"].tolist() == [c["verdict"] for c in any_report.model["comparisons"]]


def test_figures(any_report: Any) -> None:
    tables = csv_tables(results_of(any_report.model))
    for entry in any_report.model["figures"]:
        for name, columns in entry["tables"].items():
            same(
                read(tables[f"figure-{entry['figure']}-{name}.csv"]), pd.DataFrame(columns).to_dict("records")
            )


def test_empty_tables_have_a_header(model: dict[str, Any]) -> None:
    assert csv_tables(results_of(model))["exclusions.csv"] == "group,reason,n\n"
    assert csv_tables(results_of(model))["mixtures.csv"] == "group,column,n_values,examples\n"
    assert "omnibus.csv" not in csv_tables(results_of(model))


def test_names_with_quotes_survive(awkward: Any) -> None:
    names = [g["group"] for g in awkward.model["groups"]]
    assert read(csv_tables(results_of(awkward.model))["groups.csv"])["group"].tolist() == names


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-x", "@sum", "−5", "-0.5", "a=1"])
def test_no_cell_begins_a_formula(any_report: Any, name: str) -> None:
    model = json.loads(json.dumps(any_report.model))
    model["groups"][0]["group"] = name
    shown = read(csv_tables(results_of(model))["groups.csv"])["group"].astype(str).iloc[0]
    assert shown == (f"'{name}" if name in ("=1+1", "+cmd", "-x", "@sum") else name)
