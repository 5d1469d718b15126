"""What comes from outside is shown, and steers no terminal."""

import sys

import pytest

from collect.text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("joint", "joint"),
        ("für Ø, 中文, 😀", "für Ø, 中文, 😀"),
        ("\x1b[2J\x9b2J", r"\x1b[2J\x9b2J"),
        ("a\r\nb\tc\0", r"a\x0d\x0ab\x09c\x00"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("\udcff\ufffe\U000e0041", r"\udcff\ufffe\U000e0041"),
        ("e\u0301" + 5 * "\u0302", "e\u0301\u0302\u0302" + 3 * r"\u0302"),
    ],
)
def test_what_steers_is_escaped_and_what_is_read_stays(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown


def test_every_character_is_shown_on_one_line():
    for code in range(sys.maxunicode + 1):
        shown = printable(f"a{chr(code)}b")
        assert shown.isprintable()
        assert shown.splitlines() == [shown]


def test_of_a_long_text_both_ends_are_shown():
    assert printable("start" + "x" * 10**6 + "end", 11) == "start…xxend"
    assert len(printable("x" * 10**6)) < 2_001
