"""A study is a grid of strategies, trained as one collection that can be repeated."""

import functools
import subprocess
import sys

import pytest

from collect.errors import CollectError, UsageError
from collect.store import database
from collect.store.local import LocalDirectory
from collect.strategy import datasets
from collect.strategy.strategy import Strategy, configuration
from collect.strategy.study import read_study

RESOLVED = functools.cache(datasets.resolve)


@pytest.fixture(autouse=True)
def resolve_once(monkeypatch):
    """Checking the images takes a third of a second."""
    monkeypatch.setattr(datasets, "resolve", RESOLVED)


def read(tmp_path, text):
    (tmp_path / "study.toml").write_text(text)
    return read_study(tmp_path / "study.toml")


def test_lists_stand_for_all_their_combinations(tmp_path):
    (tmp_path / "mine.toml").write_text("[[stages]]\ndepth = 3\nsteps = 5")
    described = read(
        tmp_path,
        """
        runs = 7
        first_seed = 3
        measure = true
        [[strategies]]
        schedule = ["joint", "staged"]
        optimizer = ["adam", "lion"]
        learning_rate = [0.001, 0.01]
        [[strategies]]
        schedule = "mine.toml"
        """,
    )
    assert (described.runs, described.first_seed, described.measure) == (7, 3, True)
    asked = [
        (m.config.schedule.name, m.config.optimizer.name, m.config.learning_rate) for m in described.members
    ]
    grid = [(s, o, r) for s in ("joint", "staged") for o in ("adam", "lion") for r in (0.001, 0.01)]
    assert asked == [*grid, ("mine", "sgd", 0.01)]
    assert described.members[0].label == "joint · adam · learning_rate 0.001"


def test_the_committed_study_is_one_of_ten_strategies_and_more():
    described = read_study(datasets.DATASETS["mnist"].packaged.parent / "study.toml")
    assert described.runs == 500
    assert len(described.members) >= 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("runs = 1", "strategies is missing, but is to be at least one [[strategies]] table"),
        ("[[strategies]]\nschedule = 'joint'", "runs is missing, but is to be a whole number of at least 1"),
        ("runs = 0\n[[strategies]]\nschedule = 'joint'", "runs is 0"),
        ("runs = true\n[[strategies]]\nschedule = 'joint'", "runs is True"),
        ("runz = 1\n[[strategies]]\nschedule = 'joint'", "unknown key 'runz'"),
        ("runs = 1\nmeasure = 1\n[[strategies]]\nschedule = 'joint'", "measure is 1, but is to be true or"),
        ("runs = 1\n[[strategies]]\noptimizer = 'adam'", "strategies table 1: schedule is missing"),
        ("runs = 1\n[[strategies]]\nschedule = 'jiont'", "strategies table 1: unknown schedule 'jiont'"),
        ("runs = 1\n[[strategies]]\nschedule = 'joint'\nspeed = 1", "unknown key 'speed'"),
        ("runs = 1\n[[strategies]]\nschedule = ['joint', 'joint']", "are the same strategy: leave one out"),
        ("runs = 1\n[[strategies]]\nschedule = 'joint'\nsteps = 0", "steps is 0"),
        ("runs = 1\n[[strategies]]\nschedule = 'joint'\nlearning_rate = -1", "learning_rate is -1"),
        ("runs = 1\n[[strategies]]\nschedule = 'joint'\nlearning_rate = 'x'", "learning_rate is 'x'"),
        ("runs = 1\n[[strategies]]\nschedule = 'joint'\nlearning_rate = nan", "learning_rate is nan, but is"),
        ("runs = 1\n[[strategies]]\nschedule = 'joint'\nlearning_rate = inf", "learning_rate is inf, but is"),
        (
            "runs = 1\n[[strategies]]\nschedule = 'joint'\nmomentum = 1",
            "momentum is 1, but is to be a number of",
        ),
        ("runs = 1\n[[strategies]]\nschedule = 'joint'\nmomentum = 0.5", "sgd has no momentum to choose"),
        (
            "runs = 1\n[[strategies]]\nschedule = 'joint'\nhidden_units = '10-10'",
            "hidden units '10-10' are to",
        ),
        ("runs = 1\n[[strategies]]\nschedule = 'joint'\nbatch_size = 30", "not a multiple of the batch size"),
        ("runs = 1\n[[strategies]]\nschedule = 'absent.toml'", "absent.toml: no such file"),
        ("runs = 10000001\n[[strategies]]\nschedule = 'joint'", "at least 1 and at most 10000000"),
        (f"runs = 1\nfirst_seed = {2**63 - 1}\n[[strategies]]\nschedule = 'joint'", "first_seed is 92233720"),
        ("runs = 1\n[[strategies]]\nschedule = []", "it asks for 0 strategies: give 1 to 1,000"),
        (
            f"runs = 1\n[[strategies]]\nschedule = 'joint'\nsteps = {list(range(1, 1001))}\n"
            f"learning_rate = {[1 / n for n in range(1, 10_001)]}",
            "it asks for 10,000,000 strategies: give 1 to 1,000",
        ),
        ("runs = ", "cannot be read as TOML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, text, message):
    with pytest.raises(CollectError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"study {tmp_path / 'study.toml'}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "momentum", "momentum": 0.5},
        {"weight_decay": 0.1},
        {"steps": 500},
        {"batch_size": 25},
        {"hidden_units": "100-100-99"},
        {"train_images": 500},
        {"learning_rate": 0.1},
    ],
    ids=str,
)
def test_every_option_is_part_of_the_configuration(changes):
    plain, _ = configuration(Strategy(schedule="joint"))
    config, _ = configuration(Strategy(**{"schedule": "joint", **changes}))
    assert config.hash() != plain.hash()


def test_options_that_say_what_is_the_default_change_nothing():
    plain, _ = configuration(Strategy(schedule="joint"))
    same, _ = configuration(
        Strategy(schedule="joint", steps=1000, batch_size=50, hidden_units="100-100-100", weight_decay=0.0)
    )
    assert same.hash() == plain.hash()


def test_steps_are_those_of_the_last_stage_and_the_rate_drops_in_proportion():
    config, _ = configuration(Strategy(schedule="staged", steps=100))
    assert [stage.steps for stage in config.schedule.stages] == [200, 200, 100]
    assert config.schedule.stages[-1].rate_factors == ((0, 1.0), (75, 0.3))


@pytest.mark.parametrize("units", ["100", "100-100", "100-100-100-100", "0-1-1", "a-b-c", "-1-1-1", "1-1-"])
def test_units_that_are_none_are_refused(units):
    with pytest.raises(UsageError, match="are to be 3 whole numbers joined by hyphens"):
        configuration(Strategy(schedule="joint", hidden_units=units))


@pytest.mark.slow
def test_a_study_goes_on_when_a_strategy_diverges_and_trains_nothing_twice(tmp_path):
    (tmp_path / "study.toml").write_text(
        "runs = 2\n[[strategies]]\nschedule = 'joint'\nsteps = 20\nlearning_rate = [10, 0.01]\n"
    )
    command = [sys.executable, "-m", "collect", "study", "study.toml", "--db", "runs", "--workers", "1"]
    first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=1200)
    assert first.returncode == 0, first.stderr
    assert "joint · sgd · steps 20 · learning_rate 10.0: 2 diverged" in first.stdout
    assert "joint · sgd · steps 20 · learning_rate 0.01: 2 ok" in first.stdout
    table = database.read(LocalDirectory(tmp_path / "runs"))
    assert sorted(zip(table["status"].to_pylist(), table["seed"].to_pylist(), strict=True)) == [
        ("diverged", 0), ("diverged", 1), ("ok", 0), ("ok", 1),
    ]  # fmt: skip
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=1200)
    assert "4 of 4 runs are in runs already, nothing to do" in again.stdout
