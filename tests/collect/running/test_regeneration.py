"""The commands that train lost runs again ask for exactly the configuration and the seeds that were lost."""

import dataclasses
import functools
import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_rows import config_of as made_config
from made_rows import hash_of, make_row

from collect.cli import main
from collect.running import regeneration
from collect.running.regeneration import Loss
from collect.running.worker import OUTCOMES
from collect.store import database, segment
from collect.store.local import LocalDirectory
from collect.store.remains import Known, read_remains
from collect.strategy import datasets
from collect.strategy.config import RunConfig
from collect.strategy.optimizers import OPTIMIZERS, with_options
from collect.strategy.schedules import JOINT, SCHEDULES, STAGED, Schedule, Stage, with_last_steps
from collect.strategy.strategy import Strategy

OLD = Path(__file__).parents[2] / "data" / "run_table_1.0.parquet"
UNMEASURED = dict.fromkeys(OUTCOMES)


RESOLVED = functools.cache(datasets.resolve)


@pytest.fixture(autouse=True)
def resolve_once(monkeypatch):
    """Checking the images takes a third of a second."""
    monkeypatch.setattr(datasets, "resolve", RESOLVED)


@pytest.fixture
def db(tmp_path):
    place = LocalDirectory(tmp_path / "runs")
    place.prepare()
    return place


@pytest.fixture
def joint(config_of):
    return config_of(JOINT)


def rows(config: RunConfig, seeds, **changes):
    """Return rows as a collection with this configuration would write them."""
    told = {"config": config.canonical(), "config_hash": config.hash(), "schedule": config.schedule.name}
    return [make_row(seed, **told, **changes) for seed in seeds]


def tear(db, name, *, keep=0.0):
    """Cut a segment; its footer is lost, so that no column can be read."""
    content = (db.path / name).read_bytes()
    (db.path / name).write_bytes(content[: int(keep * len(content))])


def lost(db, *names):
    """Move segments away and return what is lost."""
    remains = read_remains(db, names)
    for name in names:
        db.quarantine(name)
    return regeneration.losses(db, remains)


def asked_for(command):
    """Return the configuration and the seeds that a command line asks for, as `collect` understands it."""
    words = shlex.split(command)
    assert words[0] == "collect"
    options = main.collect.make_context("collect", words[1:]).params
    strategy = Strategy(**{f.name: options[f.name] for f in dataclasses.fields(Strategy)})
    others = ("runs", "first_seed", "db", "workers", "shard", "cluster", "measure", "retry_failed")
    plan = main._plan(strategy, **{name: options[name] for name in others})
    return plan.config, range(plan.first_seed, plan.first_seed + plan.n_runs), plan


def loss_of(config, *ranges, dataset="mnist"):
    return Loss(
        config_hash=config.hash(),
        known=Known(config=config.canonical(), dataset=dataset),
        ranges=ranges,
        n_rows=None,
        is_exact=True,
    )


CHANGES = (
    {},
    {"learning_rate": 0.003},
    {"train_first": 0},
    {"n_train": 50, "learning_rate": 1e-300},
    {"batch_size": 25, "hidden_units": (30, 20, 10)},
)


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_a_command_asks_for_the_lost_configuration_and_seeds(mnist, schedule, optimizer, changes):
    config = RunConfig(
        schedule=schedule,
        optimizer=optimizer,
        dataset_digest=mnist.digest,
        **{"learning_rate": optimizer.learning_rate} | changes,
    )
    how = regeneration.regeneration(loss_of(config, (0, 4), (40, 40)), "data/my runs")
    assert (how.schedule, how.remark) == (schedule.name, None)
    for command, seeds in zip(how.commands, (range(5), range(40, 41)), strict=True):
        asked, asked_seeds, plan = asked_for(command)
        assert (asked.hash(), asked_seeds, str(plan.db)) == (config.hash(), seeds, "data/my runs")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_command_asks_for_options_of_the_optimizer_and_steps(mnist, name):
    momentum = 0.5 if "momentum" in OPTIMIZERS[name].options else None
    config = RunConfig(
        schedule=with_last_steps(STAGED, 300),
        optimizer=with_options(OPTIMIZERS[name], momentum=momentum, weight_decay=0.01),
        learning_rate=OPTIMIZERS[name].learning_rate,
        dataset_digest=mnist.digest,
    )
    (command,) = regeneration.regeneration(loss_of(config, (0, 4)), "data/runs").commands
    assert asked_for(command)[0].hash() == config.hash()


def test_a_schedule_of_ones_own_is_told_whole(joint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stages = (*SCHEDULES["pretrained-full"].stages, *SCHEDULES["retrained"].stages, Stage(depth=2, steps=7))
    own = dataclasses.replace(joint, schedule=Schedule(name="mine", summary="", stages=stages))
    how = regeneration.regeneration(loss_of(own, (0, 4)), "data/runs")
    assert how.commands == ("collect --schedule mine.toml --runs 5",)
    start = "mine.toml is to hold: "
    assert how.remark.startswith(start)
    Path("mine.toml").write_text(how.remark.removeprefix(start))
    assert asked_for(how.commands[0])[0].hash() == own.hash()


def test_options_that_equal_the_defaults_are_left_out(joint):
    (command,) = regeneration.regeneration(loss_of(joint, (0, 4)), "data/runs").commands
    assert command == "collect --schedule joint --runs 5"
    changed = dataclasses.replace(joint, learning_rate=0.003, train_first=0, n_train=500)
    loss = dataclasses.replace(loss_of(changed, (5, 9)), retry_failed=True)
    (command,) = regeneration.regeneration(loss, "a b").commands
    assert command == (
        "collect --schedule joint --runs 5 --first-seed 5 --learning-rate 0.003 --train-first 0 "
        "--train-images 500 --db 'a b' --retry-failed"
    )


def test_a_data_set_from_a_file_is_named_and_remarked(joint, tmp_path, mnist):
    arrays = {name: array[:6000] for name, array in datasets.load(mnist.path).items()}
    np.savez(tmp_path / "mine.npz", **arrays)
    config = dataclasses.replace(joint, dataset_digest=datasets.digest(arrays))
    how = regeneration.regeneration(loss_of(config, (0, 4), dataset="mine"), "data/runs")
    assert how.commands == ("collect --schedule joint --runs 5 --dataset mine.npz",)
    assert how.remark == f"mine.npz is to be the data set with digest {config.dataset_digest}"
    asked, *_ = asked_for(how.commands[0].replace("mine.npz", str(tmp_path / "mine.npz")))
    assert asked.hash() == config.hash()


def test_a_file_that_is_called_like_a_data_set_is_no_such_data_set(joint):
    config = dataclasses.replace(joint, dataset_digest="0" * 32)
    how = regeneration.regeneration(loss_of(config, (0, 0)), "data/runs")
    assert how.commands == ("collect --schedule joint --runs 1 --dataset mnist.npz",)
    assert how.remark is not None


@pytest.mark.parametrize(
    "config",
    [
        "{}",
        "[]",
        made_config("joint"),
        lambda c: c | {"schedule": {"name": "unknown", "stages": []}},
        lambda c: c | {"optimizer": {"class": "Adam", "options": {}}},
        lambda c: c | {"activation": "relu"},
        lambda c: c | {"batch_size": 0.5},
        lambda c: c | {"hidden_units": [10, 10]},
        lambda c: c | {"learning_rate": "much"},
        lambda c: c | {"train_first": None},
    ],
)
def test_a_configuration_that_no_options_give_has_no_command(joint, config):
    if callable(config):
        config = json.dumps(config(json.loads(joint.canonical())), sort_keys=True, separators=(",", ":"))
    loss = dataclasses.replace(loss_of(joint, (0, 4)), known=Known(config=config, dataset="mnist"))
    assert regeneration.regeneration(loss, "data/runs") is None


def test_a_schedule_that_has_changed_since_has_no_command(joint):
    """Its name would train something else."""
    earlier = dataclasses.replace(JOINT, stages=(Stage(depth=3, steps=999),))
    assert (
        regeneration.regeneration(loss_of(dataclasses.replace(joint, schedule=earlier), (0, 4)), "x") is None
    )


def test_an_unreadable_segment_tells_its_seeds_by_its_name(db, joint):
    name = database.append(db, rows(joint, range(40, 60)))
    tear(db, name)
    (loss,) = lost(db, name)
    assert (loss.ranges, loss.is_exact, loss.at_most) == (((40, 59),), True, 20)
    assert regeneration.regeneration(loss, "d").commands == (
        "collect --schedule joint --runs 20 --first-seed 40 --db d",
    )


def test_seeds_that_others_hold_are_not_lost(db, joint):
    name = database.append(db, rows(joint, range(20)))
    database.append(db, rows(joint, [3, 4, 5, 19, 77]))
    tear(db, name)
    (loss,) = lost(db, name)
    assert loss.ranges == ((0, 2), (6, 18))
    assert [asked_for(c)[1] for c in regeneration.regeneration(loss, "d").commands] == [
        range(3),
        range(6, 19),
    ]


def test_nothing_is_lost_if_others_hold_all(db, joint):
    name = database.append(db, rows(joint, range(5)))
    database.append(db, rows(joint, range(9)))
    tear(db, name)
    assert lost(db, name) == []


def test_gaps_in_a_name_make_it_at_most(db, joint):
    name = database.append(db, rows(joint, [0, 2, 9]))
    database.append(db, rows(joint, [5]))
    tear(db, name)
    (loss,) = lost(db, name)
    assert (loss.ranges, loss.is_exact, loss.at_most) == (((0, 4), (6, 9)), False, 3)


def test_readable_columns_tell_the_seeds_exactly(db, joint):
    """A flipped bit elsewhere leaves the keys readable."""
    name = database.append(db, rows(joint, [0, 2, 9]))
    content = bytearray((db.path / name).read_bytes())
    column = pq.read_metadata(db.path / name).row_group(0).column(14)
    content[(column.dictionary_page_offset or column.data_page_offset) + 30] ^= 1
    (db.path / name).write_bytes(content)
    (loss,) = lost(db, name)
    assert (loss.ranges, loss.is_exact) == (((0, 0), (2, 2), (9, 9)), True)


def test_neighbouring_segments_make_one_command(db, joint):
    names = [database.append(db, rows(joint, range(start, start + 5))) for start in (0, 5, 20)]
    for name in names:
        tear(db, name)
    (loss,) = lost(db, *names)
    assert loss.ranges == ((0, 9), (20, 24))


@pytest.mark.parametrize("source", ["defaults", "others", "itself", "another damaged one"])
def test_the_configuration_is_found_wherever_it_is_told(db, joint, source):
    config = joint if source == "defaults" else dataclasses.replace(joint, learning_rate=0.003)
    names = [database.append(db, rows(config, range(5), learning_rate=config.learning_rate))]
    if source != "itself":
        tear(db, names[0])
    if source in ("others", "another damaged one"):
        names.append(database.append(db, rows(config, [7])))
    damaged = names[:1] if source == "others" else names
    loss = lost(db, *damaged)[0]
    assert loss.config_hash == config.hash()
    assert asked_for(regeneration.regeneration(loss, "d").commands[0])[0] == config


def test_a_configuration_that_nothing_tells_is_said_to_be_unknown(db, joint):
    name = database.append(db, rows(dataclasses.replace(joint, learning_rate=0.003), range(5)))
    database.append(db, rows(joint, range(5)))
    tear(db, name)
    (loss,) = lost(db, name)
    assert (loss.config_hash, loss.known, loss.ranges) == (segment.parse_name(name).config, None, ((0, 4),))
    assert regeneration.regeneration(loss, "d") is None


def test_rows_of_several_configurations_are_lost_by_configuration(db, joint, config_of):
    staged = config_of(STAGED)
    mixed = rows(joint, range(5), accuracy=7.0) + rows(staged, [3, 4])
    name = database.append(db, mixed)
    found = {loss.known.config: loss.ranges for loss in lost(db, name)}
    assert found == {joint.canonical(): ((0, 4),), staged.canonical(): ((3, 4),)}


def test_an_unreadable_mixture_tells_its_seeds_but_not_whose(db, joint, config_of):
    name = database.append(db, rows(joint, range(5)) + rows(config_of(STAGED), [3, 4]))
    tear(db, name)
    (loss,) = lost(db, name)
    assert (loss.config_hash, loss.ranges, loss.at_most, loss.is_exact) == ("", ((0, 4),), 7, False)
    assert regeneration.regeneration(loss, "d") is None


def test_a_segment_of_version_1_0_tells_by_its_columns_or_nothing(db):
    name = f"runs-{'0' * 32}.parquet"
    shutil.copy(OLD, db.path / name)
    table = pq.read_table(OLD)
    found = {loss.config_hash: loss for loss in lost(db, name)}
    for config_hash in set(table["config_hash"].to_pylist()):
        seeds = table.filter(pa.compute.equal(table["config_hash"], config_hash))["seed"].to_pylist()
        told = [s for first, last in found[config_hash].ranges for s in range(first, last + 1)]
        assert told == sorted(seeds)
    (db.path / name).write_bytes(b"")
    (loss,) = lost(db, name)
    assert (loss.config_hash, loss.ranges, loss.is_exact) == ("", (), False)


def test_a_failed_run_that_is_left_needs_retry_failed(db, joint):
    name = database.append(db, rows(joint, range(5)))
    database.append(db, rows(joint, [2], status="failed", **UNMEASURED))
    tear(db, name)
    (loss,) = lost(db, name)
    assert (loss.ranges, loss.retry_failed) == (((0, 4),), True)
    (command,) = regeneration.regeneration(loss, "d").commands
    assert asked_for(command)[2].retry_failed


def test_content_that_is_not_what_the_name_tells_is_not_believed(db, joint, config_of):
    """As if another segment had been copied over this one."""
    name = database.append(db, rows(joint, range(20)))
    other = database.append(db, rows(config_of(STAGED), range(7)))
    shutil.copy(db.path / other, db.path / name)
    (loss,) = lost(db, name)
    assert (loss.config_hash, loss.ranges) == (joint.hash(), ((0, 19),))


def test_seeds_far_apart_are_one_range(db, joint):
    name = database.append(db, rows(joint, [0, 2**30]))
    tear(db, name)
    (loss,) = lost(db, name)
    assert (loss.ranges, loss.at_most) == (((0, 2**30),), 2)


def test_imported_rows_have_no_command(db):
    config = made_config("theirs")
    name = database.append(db, [make_row(s, config=config, config_hash=hash_of(config)) for s in range(3)])
    (loss,) = lost(db, name)
    assert (loss.config_hash, loss.ranges) == (hash_of(config), ((0, 2),))
    assert regeneration.regeneration(loss, "d") is None


def test_the_defaults_here_are_those_of_the_command_line():
    values = main.collect.make_context("collect", []).params
    assert (values["db"], values["optimizer"], values["dataset"]) == (
        regeneration.DB,
        regeneration.OPTIMIZER,
        regeneration.DATASET,
    )
