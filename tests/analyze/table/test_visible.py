"""Names are data: what cannot be seen in them is written out, and two that differ stay two."""

import json

import pandas as pd
import pytest

from analyze import text as fmt
from analyze.question import make_question
from analyze.table.frames import read_frame
from analyze.table.runs import read, read_runs
from analyze.table.source import read_source
from analyze.table.visible import distinctly


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\x00b", r"a\x00b"),
        ("\ud800", r"\ud800"),
        ("\ufdd0\U0010ffff", r"\ufdd0\U0010ffff"),
        ("\u202eabc", r"\u202eabc"),
        ("a\nb\tc", r"a\nb\tc"),
        ("a" + 6 * "\u0301", "a" + 4 * "\u0301" + 2 * r"\u0301"),
        ("λ=0.1 · 東京 é", "λ=0.1 · 東京 é"),
        ("👨\u200d👩 می\u200cخواهم", "👨\u200d👩 می\u200cخواهم"),
        ("a\u200db", r"a\u200db"),
    ],
)
def test_what_is_shown(name, shown):
    assert fmt.visible(name) == shown
    assert fmt.visible(shown) == shown


def test_two_texts_stay_two():
    assert distinctly(["\x1b", r"\x1b", "a"]) == {"\x1b": r"\x1b", r"\x1b": r"\\x1b", "a": "a"}


PAIRS = [
    ("\x1b", r"\x1b"), ("\ud800", "\ud801"), ("a\nb", "a b"), ("a\nb", r"a\nb"), ("a\u00a0b", "a b"),
    ("a\x1f", "a"), ("\u2028", "\u2029"),
]  # fmt: skip


@pytest.mark.parametrize("names", PAIRS)
def test_groups_are_never_merged(tmp_path, names):
    rows = [{"g": name, "v": i + 0.5} for i, name in enumerate(names * 3)]
    (tmp_path / "runs.json").write_text(json.dumps(rows))
    for table in (
        read(make_question(str(tmp_path / "runs.json"), value="v", by="g")),
        read_runs(read_frame(rows), make_question("", value="v", by="g")),
    ):
        assert len({" ".join(group.split()) for group in table.groups}) == 2
        assert all(fmt.visible(group) == group for group in table.groups)


def test_columns_are_found_by_either_spelling(tmp_path):
    rows = [{"g\x1b": g, "v\x00": i, "kind": "\x1b"} for i, g in enumerate("aabb")]
    (tmp_path / "runs.json").write_text(json.dumps(rows))
    assert read_source(str(tmp_path / "runs.json")).columns == (r"g\x1b", r"v\x00", "kind")
    for value, by in (("v\x00", "g\x1b"), (r"v\x00", r"g\x1b")):
        where = r"kind == '\x1b' and `g\x1b` == 'a' or kind == '\x1b'"
        table = read(make_question(str(tmp_path / "runs.json"), value=value, by=by, where=where))
        assert table.groups == ("a", "b")


def test_an_ordinary_table_stays_as_it_is():
    frame = pd.DataFrame({"a b": ["x\ny", "λ", None], "n": [1, 2, 3]})
    shown = read_frame(frame).frame
    assert shown["a b"].tolist()[:2] == ["x\ny", "λ"]
    assert list(shown.columns) == ["a b", "n"]
