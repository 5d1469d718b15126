"""A report is written whole, replaces an older one whole, and touches nothing else."""

import json

import pytest

from analyze import output
from analyze.errors import RunError, UsageError


@pytest.fixture
def empty_model():
    return {"format_version": 1, "groups": []}


def test_json_alone_is_results_json(tmp_path, empty_model):
    assert output.write(empty_model, tmp_path, ("json",)) == [tmp_path / "results.json"]
    assert json.loads((tmp_path / "results.json").read_text()) == empty_model
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_parts_of_an_older_report_do_not_survive_beside_a_newer_one(tmp_path, empty_model):
    output.write(empty_model, tmp_path, ("json",))
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "old.svg").write_text("old")
    (tmp_path / "report.pdf").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    output.prepare(tmp_path)
    output.write(empty_model, tmp_path, ("json",))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "results.json"]


def test_a_failure_while_rendering_leaves_the_older_report(tmp_path, empty_model):
    output.write(empty_model, tmp_path, ("json",))
    before = (tmp_path / "results.json").read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        output.write({**empty_model, "bad": float("nan")}, tmp_path, ("json",))
    assert (tmp_path / "results.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_a_directory_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("dear")
    with pytest.raises(UsageError, match=r"is not a report \(it holds thesis.tex\)"):
        output.prepare(tmp_path)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot be written .*choose another place with --out"):
        output.prepare(tmp_path / "file" / "report")
