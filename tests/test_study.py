"""The page on the study says what its reports say, and the README says what the page says."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def study():
    spec = importlib.util.spec_from_file_location("study_page", ROOT / "docs" / "study.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["study_page"] = module
    spec.loader.exec_module(module)
    return module


def test_every_number_of_the_page_is_that_of_the_reports(study):
    assert (ROOT / "docs" / "study.md").read_text(encoding="utf-8") == study.page()
    assert study.MAP.read_text(encoding="utf-8") == study.the_map()


def test_the_readme_opens_with_the_finding(study):
    first = (ROOT / "README.md").read_text(encoding="utf-8").partition("## ")[0]
    assert study.finding() in " ".join(first.split())
    assert 'src="docs/images/study-map.svg"' in first


# b against joint: difference, on these images, on new ones, p, adjusted p; of 10,000 (trained 2026-11)
SCOPES = {}


@pytest.mark.parametrize("group", SCOPES)
def test_the_differences_are_those_of_the_study(study, group):
    scope = study.scope_of(group)
    shown = [
        10_000 * x for x in (scope.difference, scope.test.low, scope.test.high, scope.new.low, scope.new.high)
    ]
    assert [round(x, 2) for x in shown] == SCOPES[group]


def test_twelve_differences_hold_and_five_do_not(study):
    assert {place: len(groups) for place, groups in study.holding().items()} == {
        "both": 12, "test set only": 5, "neither": 0
    }  # fmt: skip


def test_no_number_stands_in_the_words_of_the_page(study):
    words = study.TEMPLATE.read_text(encoding="utf-8")
    plain = re.sub(r"\{\w+\}|10⁻⁴|10,000|18 strategies|500|95 %|1,000|55,000|1,100|200|640", "", words)
    assert re.findall(r"\d+", plain) == []
