"""A report is written whole, replaces an older one whole, and touches nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import killed_publish
import pytest

from analyze import output
from analyze.errors import DataError, RunError, UsageError
from analyze.exchange import exchange


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


def test_names_and_bytes_survive_json(tmp_path, empty_model):
    model = {**empty_model, "x": [0.1, 1e-300, None, "λ </script>"]}
    output.write(model, tmp_path, ("json",))
    again = tmp_path / "again"
    output.write(json.loads((tmp_path / "results.json").read_text()), again, ("json",))
    assert (again / "results.json").read_bytes() == (tmp_path / "results.json").read_bytes()


def kills(folder, way):
    """Return (step, killed, what was there, what was there after the next report, what was left over)."""
    done = subprocess.run(
        [sys.executable, killed_publish.__file__, folder, way],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(output.__file__).parents[1])},
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_kill_at_any_step_leaves_the_old_report_or_the_new_one(tmp_path, report_counts):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    if not exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this file system cannot exchange two directories")
    found = kills(tmp_path, "exchange")
    states = [after for _, _, after, _, _ in found]
    report_counts(f"kill points of a report: {len(found) - 1} kills, {states.count('old')} left the old one")
    assert len(found) > 20
    assert set(states) == {"old", "new"}
    assert [after for _, killed, after, _, _ in found if not killed] == ["new"]
    assert {then for *_, then, _ in found} == {"new"}
    assert all(left == [] for *_, left in found)


def test_where_nothing_can_be_exchanged_a_torn_report_has_no_results(tmp_path):
    found = kills(tmp_path, "parts")
    assert {"old", "new", "torn"} == {after for _, _, after, _, _ in found}
    assert {then for *_, then, _ in found} == {"new"}
    assert all(left == [] for *_, left in found)


def test_a_torn_report_is_replaced_and_not_refused(tmp_path, empty_model):
    (tmp_path / "report.pdf").write_text("torn")
    output.prepare(tmp_path)
    output.write(empty_model, tmp_path, ("json",))
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_the_directory_one_stands_in_stays_the_same(tmp_path, empty_model, monkeypatch):
    output.write(empty_model, tmp_path / "report", ("json",))
    monkeypatch.chdir(tmp_path / "report")
    before = Path.cwd().stat().st_ino
    output.write({**empty_model, "x": 1}, Path(), ("json",))
    assert Path.cwd().stat().st_ino == before
    assert json.loads(Path("results.json").read_text())["x"] == 1


def test_a_link_to_a_report_stays_a_link(tmp_path, empty_model):
    output.write(empty_model, tmp_path / "report", ("json",))
    (tmp_path / "latest").symlink_to("report")
    output.write({**empty_model, "x": 1}, tmp_path / "latest", ("json",))
    assert (tmp_path / "latest").is_symlink()
    assert json.loads((tmp_path / "report" / "results.json").read_text())["x"] == 1


def test_permissions_of_a_report_are_those_of_any_directory(tmp_path, empty_model):
    (tmp_path / "plain").mkdir()
    for _ in range(2):
        output.write(empty_model, tmp_path / "report", ("json",))
        assert (tmp_path / "report").stat().st_mode == (tmp_path / "plain").stat().st_mode


BAD_RESULTS = {
    "no JSON": ("{", DataError, "it is not JSON"),
    "another version": ('{"format_version": 9}', DataError, "has format version 9, and this program reads 1"),
    "a list": ("[]", DataError, "has format version None"),
    "too old": ('{"format_version": 1, "groups": []}', DataError, "lacks accounting, .*make it again with"),
}


@pytest.mark.parametrize("kind", BAD_RESULTS)
def test_results_that_cannot_be_read_are_named(tmp_path, kind):
    text, error, message = BAD_RESULTS[kind]
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(error, match=message):
        output.read_results(tmp_path)


def test_missing_results_are_named(tmp_path):
    with pytest.raises(UsageError, match=r"no file .*results.json.*that analyze compare wrote"):
        output.read_results(tmp_path)
