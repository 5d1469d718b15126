"""The recipes of docs/your-own-runs.md: the place that each names is read as what the page says."""

import re
import shlex
from pathlib import Path

import pytest
from tracker_files import GROUPS, SEEDS, WRITERS, value_of

from analyze.table.readers.catalogue import TOOLS

PAGE = Path(__file__).parents[4] / "docs" / "your-own-runs.md"
COMMANDS = re.findall(r"`(analyze compare .*?)` \|", PAGE.read_text())
# Folders of logs, a file a run: the file that stands for it.
LOGS = {
    "lightning_logs": "version_*/metrics.csv",
    "keras_logs": "*/*/training.csv",
    "hf_runs": "*/*/trainer_state.json",
    "monitors": "*/*/monitor.csv",
    "yolo_runs": "*/*/results.csv",
    "ray_results": "*/progress.csv",
}
FROM_PATHS = {"path.1", "optimizer"}  # of a folder of logs


def parsed(command):
    place, *options = shlex.split(command)[2:]
    return place, dict(zip(options[::2], options[1::2], strict=True))


def test_every_recipe_has_its_file():
    assert sorted(parsed(command)[0] for command in COMMANDS) == sorted(WRITERS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: parsed(command)[0])
def test_recipe_names_columns_that_are_there(tmp_path, read, found_at, command):
    place, options = parsed(command)
    WRITERS[place](tmp_path / place)
    paths = sorted((tmp_path / place).glob(LOGS[place])) if place in LOGS else [tmp_path / place]
    if place in LOGS:
        assert not any(reader.recognises(found_at(tmp_path / place)) for reader in TOOLS.values())
        assert len(paths) == len(GROUPS) * len(SEEDS)
    readings = [read(path)[1] for path in paths]
    for reading in readings:
        columns = set(reading.frame.columns) | (FROM_PATHS if place in LOGS else set())
        assert options["--value"] in columns
        assert options["--by"] in columns
        assert ("--at" in options) == (reading.step is not None)
        assert len(paths) == 1 or reading.unit in (None, "trial_id")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: parsed(command)[0])
def test_values_of_runs_are_those_that_were_written(tmp_path, read, command):
    place, options = parsed(command)
    WRITERS[place](tmp_path / place)
    paths = sorted((tmp_path / place).glob(LOGS[place])) if place in LOGS else [tmp_path / place]
    finals = []
    for path in paths:
        reading = read(path)[1]
        frame = reading.frame.dropna(subset=options["--value"])
        runs = (
            [frame]
            if reading.step is None or reading.unit is None
            else [f for _, f in frame.groupby(reading.unit)]
        )
        for run in runs:
            finals += (
                run[options["--value"]].tolist()[-1:] if reading.step else run[options["--value"]].tolist()
            )
    written = [value_of(group, seed) for group in GROUPS for seed in SEEDS if (group, seed) != ("sgd", 5)]
    assert len(finals) in (11, 12)  # the run that failed has a value in some tools
    assert set(written) <= {round(value, 3) for value in finals}
