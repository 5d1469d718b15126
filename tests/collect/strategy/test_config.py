"""A configuration's identity: what changes the result changes the hash, and nothing else does."""

import dataclasses
import json

import pytest

from collect.strategy.optimizers import OPTIMIZERS, SGD
from collect.strategy.schedules import JOINT, SCHEDULES


def test_schedules_and_optimizers_are_listed_under_their_names():
    assert all(name == schedule.name for name, schedule in SCHEDULES.items())
    assert all(name == optimizer.name for name, optimizer in OPTIMIZERS.items())


def test_schedules_take_the_steps_of_the_protocol():
    assert {name: schedule.steps for name, schedule in SCHEDULES.items()} == {
        "joint": 1000,
        "staged": 1400,
        "joint-long": 1400,
        "joint-1600": 1600,
        "joint-2000": 2000,
        "greedy": 1600,
        "pretrained": 1600,
        "pretrained-full": 4300,
        "retrained": 2000,
        "reversed": 1400,
    }
    rates = [0.01 * factor for _, factor in JOINT.stages[0].rate_factors]
    assert rates == [0.01, 0.003]


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": 0.02},
        {"train_first": 0},
        {"n_train": 500},
        {"dataset_digest": "another"},
        {"schedule": SCHEDULES["staged"]},
        {"optimizer": dataclasses.replace(SGD, options={"momentum": 0.9})},
    ],
    ids=str,
)
def test_what_changes_the_result_changes_the_hash(config_of, change):
    config = config_of(JOINT)
    assert dataclasses.replace(config, **change).hash() != config.hash()


def test_the_form_of_a_number_does_not_change_the_hash(config_of):
    assert config_of(JOINT, learning_rate=1).hash() == config_of(JOINT, learning_rate=1.0).hash()


def test_hash_is_of_the_canonical_json(config_of):
    config = config_of(JOINT)
    text = config.canonical()
    assert json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) == text
    # Fixed: a change here orphans every row that was ever collected.
    assert config.hash() == "2f870332adbad499a9249e9bf93572dc"
