"""What is shown fits the characters that there are, and a long work says what is left."""

import io
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from analyze import screen
from analyze.spelling import plain

ENCODINGS = ("ascii", "cp1252", "latin-1")
WHOLE = "one sentence of many words " * 20


@given(st.text(), st.sampled_from(ENCODINGS))
def test_any_text_can_be_written_in_any_encoding(text, encoding):
    assert plain(plain(text, encoding), encoding) == plain(text, encoding)
    plain(text, encoding).encode(encoding)


@given(st.text(alphabet=st.characters(codec="cp1252")))
def test_what_an_encoding_has_stays(text):
    assert plain(text, "cp1252") == text


def test_signs_of_reports_have_plain_spellings():
    signs = "−0.1 – 2×10⁻⁷ … ≤ ≥ ± · § ½ Δ δ ∞ “a” ‘b’ ▁█ ╭─│"
    spelled = "-0.1 - 2x10^-7 ... <= >= +- | section 1/2 Delta delta inf \"a\" 'b' .@ +-|"
    assert plain(signs, "ascii") == spelled
    assert plain("東京", "ascii") == r"\u6771\u4eac"


def stream(monkeypatch, encoding):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, write_through=True))
    return raw


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_page_is_written_to_a_stream_of_any_encoding(monkeypatch, encoding):
    raw = stream(monkeypatch, encoding)
    screen.show(lambda width, whole: Text("p ≤ 0.01 − é 東京"))
    assert raw.getvalue().decode(encoding).startswith("p <= 0.01 - ")


def test_what_is_piped_is_whole_lines(monkeypatch):
    raw = stream(monkeypatch, "utf-8")
    screen.show(lambda width, whole: Text(WHOLE))
    assert raw.getvalue().decode() == WHOLE.rstrip() + "\n"


@pytest.mark.parametrize(("columns", "width"), [(40, 80), (80, 80), (132, 132), (200, 200), (500, 200)])
def test_a_terminal_is_filled(monkeypatch, columns, width):
    raw = stream(monkeypatch, "utf-8")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    asked = []
    screen.show(lambda width, whole: asked.append((width, whole)) or Text(WHOLE))
    assert asked == [(width, False)]
    lines = raw.getvalue().decode().splitlines()
    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(lines).split()) == WHOLE.strip()


def test_a_work_tells_its_parts_and_the_time_left(monkeypatch):
    now = iter([0.0, 0.5, 10.0, 20.0, 24.0, 30.0])
    monkeypatch.setattr(screen.time, "monotonic", lambda: next(now))
    shown = []
    work = screen.Work(shown.append)
    for n_done in (0, 1, 2):
        work.progress("testing pair", n_done, 4, 2.0)
    work.progress("comparing pair", 0, 4, 0.0)
    work.progress("comparing pair", 2, 4, 0.0)
    work.progress("checking", 0, 1, 0.0)
    assert shown == [
        "testing pair 1 of 4",
        "testing pair 2 of 4",  # half a second tells little
        "testing pair 3 of 4, about 50 s left",  # 5 s each: 2 of 4, and twice as long as 4
        "comparing pair 1 of 4",
        "comparing pair 3 of 4, about 4 s left",
        "checking",
    ]


def test_progress_is_told_on_a_terminal_alone(tmp_path):
    code = "from analyze.screen import working\nwith working('reading') as work:\n    work.begin('−')"
    for encoding in ("utf-8", "ascii"):
        env = os.environ | {"PYTHONIOENCODING": encoding}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=env)
        assert (done.stdout, done.stderr) == (b"", b"")
