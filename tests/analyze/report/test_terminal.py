"""The summary fits a terminal and says the verdict in words."""

import io
import json
from typing import Any

import pytest
from plain_results import results_of
from rich.cells import cell_len
from rich.console import Console

from analyze.comparison.difference import differences
from analyze.report.listings import changes
from analyze.report.terminal import summary


def printed(model: dict[str, Any], width: int) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=width, legacy_windows=False).print(summary(results_of(model), width))
    return text.getvalue().splitlines()


def said(lines: list[str]) -> str:
    return " ".join(" ".join(line.strip("│ ") for line in lines).split())


@pytest.mark.parametrize("width", [80, 100, 120])
def test_fits_and_says_the_verdict_whole(any_report: Any, width: int) -> None:
    model = any_report.model
    lines = printed(model, width)
    assert max(map(cell_len, lines)) <= width
    assert model["answer"]["verdict"] in "\n".join(lines)
    assert model["groups"][0]["group"][:3] in "\n".join(lines)
    longest = max(len(g["group"]) for g in model["groups"])
    if longest <= 32:  # longer names are shortened in the sentences
        for text in (model["answer"]["sentence"], *model["answer"]["headlines"]):
            assert " ".join(text.split()) in said(lines)


@pytest.mark.parametrize("width", [80, 120])
def test_long_answers_are_said_and_notes_give_way(any_report: Any, width: int) -> None:
    model = any_report.model
    sentence = ("A long sentence. " * 30).strip()
    long = model | {
        "answer": model["answer"] | {"sentence": sentence, "detail": "A detail. " * 80},
        "exclusions": [{"group": "g", "reason": "r" * 300, "n": 3}] * 9,
    }
    lines = printed(long, width)
    assert sentence in said(lines)
    assert max(map(cell_len, lines)) <= width
    assert "more notes in the report" in lines[-1]
    assert any(line.startswith("warning") for line in lines)


def test_numbers(model: dict[str, Any]) -> None:
    text = "\n".join(printed(model, 120))
    assert "joint     500        0   0.87857 ± 0.00251" in text
    assert "D = 0.354   < 0.0001" in text
    assert "rejected" in text
    assert " 0.000 " not in text


def test_missing_numbers_are_dashes(nulls: Any) -> None:
    (line,) = [line for line in printed(nulls.model, 120) if line.startswith("Mann")]
    assert line.split() == ["Mann–Whitney", "—", "—", "—", "—"]


def test_markup_in_names_is_text(model: dict[str, Any]) -> None:
    model["groups"][0]["group"] = "[red]a[/red]"
    model["answer"]["sentence"] = "[link=x]b[/link]"
    text = "\n".join(printed(model, 100))
    assert "[red]a[/red]" in text
    assert "[link=x]b[/link]" in text


def test_two_groups_show_effects_and_tests(model: dict[str, Any]) -> None:
    text = "\n".join(printed(model, 80))
    assert "difference of means" in text
    assert "[−0.00255, −0.00192]" in text
    assert "Kolmogorov–Smirnov (primary)" in text
    assert "2 more in the report" in text
    assert "2 of 2 rejected" in text


def test_many_groups_show_pairs_that_differ_first(computed_models: dict[str, Any]) -> None:
    lines = printed(computed_models["five_groups"], 80)
    (start,) = [i for i, line in enumerate(lines) if line.startswith("pair ")]
    assert all(line.rstrip().endswith("differs") for line in lines[start + 2 : start + 5])


@pytest.mark.parametrize("width", [80, 120])
def test_changes_fit(any_report: Any, width: int) -> None:
    other = json.loads(json.dumps(any_report.model))
    for pair in other["comparisons"]:
        pair["verdict"] = "equivalent"
        for effect in pair["effects"]:
            effect["estimate"] = 1.5
    text = io.StringIO()
    Console(file=text, width=width, legacy_windows=False).print(
        changes(differences(results_of(any_report.model), results_of(other)), width)
    )
    lines = text.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    assert sum("verdict " in line for line in lines) == len(other["comparisons"])


def test_rows_of_no_group_are_left_out_without_a_name(model: dict[str, Any]) -> None:
    model["exclusions"] = [
        {"group": "—", "reason": "not selected by --where", "n": 500},
        {"group": "joint", "reason": "accuracy is missing", "n": 1},
    ]
    model["checks"] = []
    text = "\n".join(printed(model, 80))
    assert "note    500 rows left out, not selected" in text
    assert "note    joint: 1 row left out" in text


def test_long_names_leave_room_for_the_numbers(model: dict[str, Any]) -> None:
    for group, end in zip(model["groups"], ("one", "two"), strict=True):
        group["group"] = f"{'a long name of a group ' * 6}{end}"
    a, b = (group["group"] for group in model["groups"])
    model["answer"]["sentence"] = f"The distributions differ between {a} and {b} (D = 0.342, p < 0.0001)."
    text = " ".join(line.strip("│ ") for line in printed(model, 80))
    assert "(D = 0.342, p < 0.0001)." in text


def test_letters_of_the_effects_are_named(model: dict[str, Any]) -> None:
    lines = printed(model, 80)
    assert [line[:9] for line in lines if line[1:3] == ": "] == ["a: joint ", "b: staged"]
    assert any("b − a" in line for line in lines)
