"""Results are written and read again whole."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyze.results import from_json, to_json

ROOT = Path(__file__).parents[2]
WRITTEN = [*sorted(ROOT.glob("reports/*/results.json")), ROOT / "tests" / "data" / "results_version_1.json"]


def unlike(old: object, new: object, place: str = "") -> Iterator[str]:
    """Yield the places at which two documents are not the same."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from (f"{place}.{key} is there once" for key in old.keys() ^ new.keys())
        for key in old.keys() & new.keys():
            yield from unlike(old[key], new[key], f"{place}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for one, other in zip(old, new, strict=True):
            yield from unlike(one, other, f"{place}[]")
    elif (type(old), old) != (type(new), new):
        yield f"{place} is {old!r} and {new!r}"


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.parent.name)
def test_results_are_the_same_after_they_were_written_and_read(path):
    results = from_json(path.read_text(encoding="utf-8"))
    text = to_json(results)
    again = from_json(text)
    assert again == results
    assert to_json(again) == text


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.parent.name)
def test_of_a_written_report_only_what_version_1_held_besides_is_dropped(path):
    text = path.read_text(encoding="utf-8")
    old = json.loads(text)
    old["figures"] = [f for f in old["figures"] if f["figure"] not in ("raincloud", "quantile_quantile")]
    places = set(unlike(old, json.loads(to_json(from_json(text)))))
    assert places <= {
        ".format_version is 1 and 2",
        # what reports of earlier versions do not say yet
        ".ranking is there once",
        ".question.tests is there once",
        ".question.normalise is there once",
        ".tasks is there once",
        ".groups[].tasks is there once",
        ".comparisons[].tasks is there once",
        *(
            f".{part}[].functions.{end} is there once"
            for part in ("groups", "comparisons")
            for end in ("low_new", "high_new")
        ),
        ".answer.headline is there once",
        ".answer.kind is there once",
        ".answer.numbers is there once",
        ".answer.failures_differ is there once",
        ".question.primary_given is there once",
        ".answer.functions is there once",
        ".question.outcomes is there once",
        ".question.outcomes_are is there once",
        ".question.example is there once",
        ".question.cluster is there once",
        ".question.image_groups is there once",
        ".question.no_functions is there once",
        ".comparisons[].where.tails is there once",
        ".comparisons[].where.extremes is there once",
    }


def test_there_are_reports():
    assert {path.parent.name for path in WRITTEN} >= {"reference", "study"}
