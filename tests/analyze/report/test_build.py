"""The report model is plain data: unrounded, complete, and what is not finite says why."""

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from analyze.codec import to_plain
from analyze.comparison.compare import compare
from analyze.question import make_question
from analyze.report import build as report
from analyze.table.runs import read

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A table with a constant group, so that some numbers are not finite."""
    rng = np.random.default_rng(3)
    path = tmp_path_factory.mktemp("report") / "runs.parquet"
    values = [*[0.5] * 30, *rng.normal(0.6, 0.1, 30), *rng.normal(0.7, 0.1, 30)]
    groups = ["a"] * 30 + ['<b>λ=0.1 & "x"</b>'] * 30 + ["c"] * 30
    pd.DataFrame({"value": values, "by": groups}).to_parquet(path)
    table = read(make_question(str(path), value="value", by="by", resamples=199))
    comparison = compare(table)
    origin = report.Origin(created_at=CREATED, command="analyze compare", duration_s=1.5)
    return to_plain(report.build(comparison, table, origin)), comparison, table


def test_the_model_survives_json_unchanged(built):
    model, _, _ = built
    assert json.loads(json.dumps(model, allow_nan=False)) == model


def test_top_level_keys_are_the_contract(built):
    model, _, _ = built
    contract = {
        "format_version",
        "question",
        "groups",
        "comparisons",
        "omnibus",
        "checks",
        "exclusions",
        "provenance",
    }
    assert contract <= set(model)
    assert model["format_version"] == 2
    comparison = model["comparisons"][0]
    assert {"group_a", "group_b", "n_a", "n_b", "paired", "verdict", "sentence", "tests", "effects"} <= set(
        comparison
    )
    tests = {"test", "hypothesis", "statistic", "pvalue", "pvalue_adjusted", "method", "primary"}
    assert tests <= set(comparison["tests"][0])
    assert {"effect", "estimate", "low", "high", "confidence_level", "method"} <= set(
        comparison["effects"][0]
    )
    assert {"group", "n", "n_failed", "mean", "sd", "median", "iqr", "min", "max"} <= set(model["groups"][0])


def test_differences_are_drawn_with_the_band_that_was_computed(built):
    model, comparison, table = built
    (entry,) = [f for f in model["figures"] if f["figure"] == "ecdf"]
    drawn = pd.DataFrame(entry["tables"]["difference"])
    with_first = [p for p in comparison.pairs if p.group_a == table.groups[0]]
    assert drawn["group"].unique().tolist() == [p.group_b for p in with_first]
    for pair in with_first:
        part, found = drawn[drawn["group"] == pair.group_b].set_index("x"), pair.where.ecdf
        assert part.loc[found.x, "high"].to_numpy() == pytest.approx(np.minimum(found.high, 1))


def test_numbers_are_not_rounded(built):
    model, comparison, table = built
    values = table.runs.loc[table.runs["group"] == "c", "value"]
    assert next(g for g in model["groups"] if g["group"] == "c")["mean"] == pytest.approx(
        values.mean(), rel=1e-15
    )
    assert model["comparisons"][1]["tests"][0]["pvalue"] == comparison.pairs[1].tests["pvalue"].iloc[0]


def test_what_is_not_finite_is_null_with_a_reason():
    raw = {"estimate": np.float64("inf"), "low": float("nan"), "n": np.int64(3), "name": "x"}
    plain = to_plain(raw)
    assert plain == {
        "estimate": None, "low": None, "n": 3, "name": "x",
        "reason": "estimate is infinite, low is undefined",
    }  # fmt: skip


def test_title_asks_the_question():
    question = make_question("t", value="loss", by="optimizer")
    assert report.title(question, ("a", "b", "c")) == "Do a, b and c reach different distributions of loss?"
    many = report.title(question, tuple("abcdefg"))
    assert many == "Do the 7 groups by optimizer reach different distributions of loss?"


def test_dates_are_in_the_provenance_alone(built):
    model, _, _ = built
    assert model["provenance"]["created_at"] == "2026-01-02T03:04:05+00:00"
    rest = {key: value for key, value in model.items() if key != "provenance"}
    assert "2026-01-02" not in json.dumps(rest)
