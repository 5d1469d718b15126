"""The summary fits a terminal and says the verdict in words."""

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from analyze.render.terminal import MAX_LINES, summary


def printed(model: dict[str, Any], width: int) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=width, legacy_windows=False).print(summary(model, width))
    return text.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 120])
def test_fits_and_says_the_verdict(any_report: Any, width: int) -> None:
    lines = printed(any_report.model, width)
    assert len(lines) <= MAX_LINES == 25
    assert max(map(cell_len, lines)) <= width
    assert any_report.model["answer"]["verdict"] in "\n".join(lines)
    assert any_report.model["groups"][0]["group"][:3] in "\n".join(lines)


@pytest.mark.parametrize("width", [80, 120])
def test_long_answers_fit(any_report: Any, width: int) -> None:
    model = any_report.model
    long = model | {
        "answer": model["answer"] | {"sentence": "A long sentence. " * 30, "detail": "A detail. " * 80},
        "exclusions": [{"group": "g", "reason": "r" * 300, "n": 3}] * 9,
    }
    lines = printed(long, width)
    assert len(lines) <= MAX_LINES
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
