"""Every command of docs/your-own-runs.md, typed as it stands there, on the files of its tool."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tracker_files import FAILED, GROUPS, SEEDS, WRITERS, value_of

from analyze import text as fmt
from analyze.cli import analyze

PAGE = (Path(__file__).parents[2] / "docs" / "your-own-runs.md").read_text()
COMMANDS = re.findall(r"`analyze (compare .*?)` \|", PAGE)
# What tells how runs ended; of the others, the run that failed has a value like any other.
ENDINGS = {
    "wandb_runs.csv", "mlflow_runs.csv", "mlflow.db", "mlruns", "optuna_trials.csv", "study.db",
    "automl.csv",
}  # fmt: skip
CURVES = {
    "wandb_chart.csv", "lightning_logs", "keras_logs", "hf_runs", "tb_logs", "tb_saved", "monitors",
    "yolo_runs", "ray_results",
}  # fmt: skip


def place_of(command):
    return shlex.split(command)[1]


@pytest.fixture
def typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(command):
        return CliRunner().invoke(analyze, shlex.split(command))

    return run


def test_every_tool_has_a_command():
    assert sorted(map(place_of, COMMANDS)) == sorted(WRITERS)
    assert set(WRITERS) == ENDINGS | CURVES


@pytest.mark.parametrize("command", COMMANDS, ids=place_of)
def test_the_command_gives_the_runs_that_were_written(tmp_path, typed, command):
    place = place_of(command)
    WRITERS[place](tmp_path / place)
    done = typed(f"{command} --format json --resamples 99 --json")
    assert done.exit_code == 0, done.exception
    model = json.loads(done.stdout)
    lost = 1 if place in ENDINGS else 0
    assert [(g["group"], g["n"], g["n_failed"]) for g in model["groups"]] == [
        ("adam", len(SEEDS), 0),
        ("sgd", len(SEEDS) - lost, lost),
    ]
    fine = [(g, s) for g in GROUPS for s in SEEDS if place in CURVES or (g, s) != FAILED]
    final = {run: round((0.9 if run[0] == "adam" else 0.85) + 0.003 * run[1], 3) for run in fine}
    assert all(final[run] == value_of(*run) for run in fine if run != FAILED)
    for group in model["groups"]:
        expected = np.mean([value for (name, _), value in final.items() if name == group["group"]])
        assert group["mean"] == pytest.approx(expected)
    assert model["read_as"]["kind"]


@pytest.mark.parametrize("command", [c for c in COMMANDS if "--at" in c], ids=place_of)
def test_without_at_the_program_asks(tmp_path, typed, command):
    place = place_of(command)
    WRITERS[place](tmp_path / place)
    done = typed(re.sub(r" --at \w+", "", command))
    assert "occurs 3 times in adam" in str(done.exception)
    assert "--at last, --at best, --at first" in done.exception.spelled(fmt.option)


@pytest.mark.parametrize("option", re.findall(r"^\| `(--[a-z-]+)", PAGE, re.MULTILINE))
def test_options_of_the_page_are_there(option):
    assert option in {name for one in analyze.commands["compare"].params for name in one.opts}


def test_the_lines_of_a_grouped_chart_are_no_runs(tmp_path, typed):
    names = [f"optimizer: {g} - acc{end}" for g in GROUPS for end in ("", "__MIN", "__MAX")]
    rows = [",".join([str(step), *(str(0.5 + 0.1 * step) for _ in names)]) for step in range(3)]
    header = ",".join(f'"{name}"' for name in ["Step", *names])
    (tmp_path / "chart.csv").write_text("\n".join([header, *rows]) + "\n")
    done = typed("compare chart.csv --value acc --by optimizer --at last --format json --resamples 99")
    assert done.exit_code != 0
    assert "mean of all runs" in str(done.exception)
