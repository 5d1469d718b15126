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


# Against joint: difference, ends on these images, ends on new ones; of 10,000
SCOPES = {
    "joint · rmsprop": [111.03, 107.32, 114.74, 88.52, 133.53],
    "pretrained · sgd": [86.37, 82.62, 90.11, 60.24, 112.5],
    "joint · momentum": [80.48, 76.95, 84.01, 64.36, 96.61],
    "pretrained-full · sgd": [75.67, 71.67, 79.66, 51.67, 99.67],
    "joint · nesterov": [67.13, 63.62, 70.64, 51.96, 82.29],
    "joint · adamw": [62.65, 58.29, 67.02, 40.57, 84.74],
    "joint · adagrad": [62.44, 59.6, 65.28, 47.45, 77.43],
    "joint · adam": [57.4, 53.02, 61.78, 35.5, 79.3],
    "joint · nadam": [13.45, 8.43, 18.48, -7.97, 34.88],
    "joint-2000 · sgd": [2.44, 1.86, 3.01, 0.32, 4.55],
    "joint-1600 · sgd": [1.63, 1.14, 2.12, 0.08, 3.18],
    "joint-long · sgd": [1.19, 0.76, 1.61, 0.01, 2.36],
    "reversed · sgd": [-19.54, -25.11, -13.98, -43.55, 4.47],
    "retrained · sgd": [-21.44, -23.32, -19.55, -27.53, -15.34],
    "staged · sgd": [-21.89, -24.68, -19.1, -30.13, -13.65],
    "joint · lion": [-28.25, -30.94, -25.57, -47.11, -9.4],
    "greedy · sgd": [-32.15, -34.95, -29.34, -40.31, -23.99],
}


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
