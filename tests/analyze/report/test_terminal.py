"""The summary fits a terminal and says the verdict in words."""

import io
import json
from typing import Any

import pytest
from plain_results import results_of
from rich.cells import cell_len
from rich.console import Console

from analyze import text as fmt
from analyze.comparison.difference import differences
from analyze.report.listings import changes
from analyze.report.terminal import summary


def printed(model: dict[str, Any], width: int) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=width, legacy_windows=False).print(summary(results_of(model), width))
    return text.getvalue().splitlines()


def piped(model: dict[str, Any]) -> list[str]:
    text = io.StringIO()
    console = Console(file=text, width=10**6, legacy_windows=False)
    console.print(summary(results_of(model), 100, whole=True))
    return [line.rstrip() for line in text.getvalue().splitlines()]


def said(lines: list[str]) -> str:
    return " ".join(" ".join(line.strip("│ ") for line in lines).split())


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_fits_and_says_the_verdict_whole(any_report: Any, width: int) -> None:
    model = any_report.model
    lines = printed(model, width)
    assert max(map(cell_len, lines)) <= width
    assert model["answer"]["verdict"] in "\n".join(lines)
    assert model["groups"][0]["group"][:3] in "\n".join(lines)
    warnings = [check["sentence"] for check in model["checks"] if check["level"] == "warning"]
    for text in (model["answer"]["sentence"], *model["answer"]["headlines"], *warnings):
        assert " ".join(text.split()) in said(lines)


def test_nothing_is_cut_where_it_is_piped(any_report: Any) -> None:
    model = any_report.model
    lines = piped(model)
    assert "…" not in "".join(lines)
    assert model["answer"]["verdict"] in lines
    notes = [check["sentence"] for check in model["checks"] if check["level"] != "passed"]
    for text in (model["answer"]["sentence"], *model["answer"]["headlines"], *notes):
        assert any(line.endswith(" ".join(text.split())) for line in lines)
    for group in model["groups"]:
        assert any(" ".join(fmt.visible(group["group"]).split()) in line for line in lines)


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
    warned = any(check["level"] == "warning" for check in model["checks"])
    assert any(line.startswith("warning") for line in lines) == warned


def test_numbers(model: dict[str, Any]) -> None:
    text = "\n".join(printed(model, 120))
    assert "joint     500        0   0.87857 ± 0.00251" in text
    assert "D = 0.354   < 0.0001" in text
    assert "rejected" in text
    assert " 0.000 " not in text


def test_missing_numbers_are_dashes(nulls: Any) -> None:
    (line,) = [line for line in printed(nulls.model, 120) if line.startswith("Mann")]
    assert line.split() == ["Mann–Whitney", "—", "—", "—"]


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


def test_names_are_folded_not_cut(model: dict[str, Any]) -> None:
    name = "lr=0.1,momentum=0.9,weight_decay=0.0005,augment=flip+crop,batch=128"
    model["groups"][1]["group"] = name
    lines = printed(model, 80)
    first = next(i for i, line in enumerate(lines) if line.startswith("b: lr=0.1"))
    assert "…" not in "".join(lines)
    column = [line.split("  ")[0].strip() for line in lines[first : first + 5]]
    assert "".join(column).startswith(f"b: {name[:12]}")
    assert max(map(cell_len, lines)) <= 80


def many(model: dict[str, Any], n: int) -> dict[str, Any]:
    first = model["groups"][0]
    groups = [first | {"group": f"g{i:02}", "mean": float((7 * i) % n)} for i in range(n)]
    return model | {"groups": groups}


def test_of_many_groups_the_best_and_the_last_are_shown(computed_models: dict[str, Any]) -> None:
    model = many(computed_models["five_groups"], 11)
    model["question"] = model["question"] | {"better": "higher", "baseline": "g00"}
    lines = printed(model, 100)
    shown = [line.split()[0] for line in lines if line[:2] in ("g0", "g1")]
    by_mean = sorted(range(11), key=lambda i: -((7 * i) % 11))
    assert shown == [f"g{i:02}" for i in by_mean[:4] + by_mean[-1:]]  # the last is the baseline
    assert any(line.startswith("6 more in the report") for line in lines)
    model["question"] = model["question"] | {"better": "lower"}
    shown = [line.split()[0] for line in printed(model, 100) if line[:2] in ("g0", "g1")]
    assert shown == [f"g{i:02}" for i in by_mean[::-1][:4] + by_mean[:1]]
    assert sum(line[:2] in ("g0", "g1") and "±" in line for line in piped(model)) == 11


def test_wide_terminals_show_two_tables_side_by_side(model: dict[str, Any]) -> None:
    (line,) = [line for line in printed(model, 200) if line.startswith("effect")]
    assert "null hypothesis" in line
    assert "quartiles" in printed(model, 120)[1]
    assert "quartiles" not in printed(model, 100)[1]


def test_tables_give_way_to_what_is_said(model: dict[str, Any]) -> None:
    warnings = [{"check": "c", "level": "warning", "sentence": f"Warning {i}. " * 20} for i in range(5)]
    text = said(printed(model | {"checks": warnings}, 80))
    assert all(warning["sentence"].strip() in text for warning in warnings)
    assert "difference of means" in text
    assert "Mann" not in text
