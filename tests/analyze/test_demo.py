"""`analyze demo`: a report of a shipped table, and the command that makes it again."""

import json
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from analyze.cli import analyze
from analyze.demo import ASKED, put_table
from analyze.errors import RunError, UsageError

ROOT = Path(__file__).parents[2]


def numbers(folder):
    model = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    del model["provenance"]
    return model


def test_its_command_makes_the_same_report_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(analyze, ["demo", "--format", "json"])
    assert done.exit_code == 0, done.output
    (command,) = re.findall(r"^made by analyze (.*)$", done.stdout, re.MULTILINE)
    first = numbers(Path("reports/demo"))
    assert first["answer"]["sentence"] in done.stdout
    assert "report  reports/demo/results.json" in done.stdout
    monkeypatch.setattr(sys, "argv", ["analyze", *shlex.split(command)])
    again = CliRunner().invoke(analyze, [*shlex.split(command), "--format", "json"])
    assert again.exit_code == 0, again.output
    assert numbers(Path("reports/demo")) == first
    provenance = json.loads(Path("reports/demo/results.json").read_text(encoding="utf-8"))["provenance"]
    assert "demo" in provenance["command"]


def test_it_may_go_elsewhere_and_overwrites_nobody(tmp_path):
    place = tmp_path / "a b"
    done = CliRunner().invoke(analyze, ["demo", "--format", "json", "--out", str(place)])
    assert done.exit_code == 0, done.output
    assert f"--out '{place}'" in done.stdout
    (place / "runs.csv").write_text("mine")
    with pytest.raises(UsageError, match="is in the way: give another directory"):
        put_table(place)
    assert (place / "runs.csv").read_text() == "mine"
    with pytest.raises(RunError, match="cannot be written"):
        put_table(place / "runs.csv")


def test_its_runs_are_those_of_the_reference(tmp_path):
    shown = pd.read_csv(put_table(tmp_path))
    runs = pd.read_parquet(ROOT / "data" / "reference")
    runs = runs[runs["schedule"].isin(["joint", "staged"]) & (runs["seed"] < 60)]
    runs = runs.sort_values(["schedule", "seed"], ignore_index=True)
    assert set(ASKED.values()) <= set(shown.columns)
    pd.testing.assert_frame_equal(shown, runs[list(shown.columns)], check_dtype=False)


def test_the_table_is_small_and_in_the_wheel():
    table = ROOT / "analyze" / "demo.csv"
    assert table.stat().st_size < 5_000
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "analyze" in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
