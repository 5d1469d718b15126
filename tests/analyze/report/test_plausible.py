"""Results of the right types that make no sense are one line, before anything is rendered."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyze import output
from analyze.errors import DataError
from analyze.report.plausible import rendering


def away(place: Any, key: Any) -> None:
    del place[key]


def _first_table(model):
    return next(iter(model["figures"][0]["tables"].values()))


CHANGES: dict[str, Callable[[Any], object]] = {
    "groups is 1 names": lambda r: away(r["groups"], slice(1, None)),
    "comparisons is 0 pairs": lambda r: r["comparisons"].clear(),
    "not of two of the groups": lambda r: r["comparisons"][0].update(group_a="nobody"),
    "has not one primary test": lambda r: [t.update(primary=True) for t in r["comparisons"][0]["tests"]],
    "effects has no mean_difference": lambda r: away(r["comparisons"][0]["effects"], 0),
    "effects has one name more": lambda r: r["comparisons"][0].update(
        effects=r["comparisons"][0]["effects"] * 2
    ),
    "n_failed is -1, not 0 or more": lambda r: r["groups"][0].update(n_failed=-1),
    "confidence_level is 1.5": lambda r: r["comparisons"][0]["effects"][0].update(confidence_level=1.5),
    "question: adjust is 'none'": lambda r: r["question"].update(adjust="none"),
    "question: resamples is 1": lambda r: r["question"].update(resamples=1),
    "of unequal columns": lambda r: next(iter(_first_table(r).values())).append(1),
    "a figure 'x', which": lambda r: r["figures"][0].update(figure="x"),
    "a table '../x', which": lambda r: r["figures"][0]["tables"].update({"../x": {}}),
    "figures has one figure more": lambda r: r["figures"].append(r["figures"][0]),
    "created_at is no time": lambda r: r["provenance"].update(created_at="yesterday"),
    "ecdf has columns of unequal": lambda r: r["comparisons"][0]["where"]["ecdf"]["x"].append(0),
    "that no group has": lambda r: r["comparisons"][0]["where"]["best"].update(best_a=[]),
    "not a number of fewer digits": lambda r: r["groups"][0].update(mean=10**400),
    "is missing": lambda r: away(r, "answer"),
}


@pytest.mark.parametrize("told", CHANGES)
def test_what_makes_no_sense(told: str, any_report: Any, tmp_path: Path) -> None:
    model = json.loads(json.dumps(any_report.model))
    CHANGES[told](model)
    path = tmp_path / "results.json"
    path.write_text(json.dumps(model))
    with pytest.raises(DataError) as error:
        output.read_results(path)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_what_compare_wrote_makes_sense(any_report: Any, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(json.dumps(any_report.model))
    output.read_results(tmp_path)


def test_texts_of_results_are_shown_and_not_obeyed(any_report: Any, tmp_path: Path) -> None:
    model = json.loads(json.dumps(any_report.model))
    model["title"] = "\x1b[2J"
    (tmp_path / "results.json").write_text(json.dumps(model))
    assert output.read_results(tmp_path).title == r"\x1b[2J"


def test_a_renderer_that_stumbles_is_one_line() -> None:
    told = r"^'r.json' holds results that do not fit together \(KeyError: 'x'\)"
    with pytest.raises(DataError, match=told), rendering("r.json"):
        raise KeyError("x")
