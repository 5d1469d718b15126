"""Tables of the terminal: no number is cut, however narrow it is."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from analyze.report.page import Page, plain_tables

COLUMNS = ["Pair (b − a)", "Between", "On new images", "Adjusted p", "Better / worse", "Largest"]
ROWS = [
    ("joint-long − joint", "641", "[0.33, 0.42]", "≤ 0.0003", "178 / 159", "1"),
    ("東京 " * 30, "614.25", "[18.004, 22.001]", "< 0.0001", "506 / 590", "−1.5"),
]


def printed(width, *, whole=False):
    page, out = Page(width=width, whole=whole), io.StringIO()
    for table in plain_tables(COLUMNS, ROWS, page):
        Console(file=out, width=1000 if whole else width).print(table)
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 132])
def test_every_number_is_there_whole(width):
    text = printed(width)
    assert "…" not in text
    assert all(cell in text for row in (COLUMNS, *ROWS) for cell in row[1:])
    assert all(cell_len(line) <= width for line in text.splitlines())
    assert text.count("Pair (b − a)") == text.count("─\n")  # each part has the names


def test_a_wide_terminal_has_one_table():
    assert printed(200).count("Pair (b − a)") == 1
    assert printed(80, whole=True).count("Pair (b − a)") == 1
