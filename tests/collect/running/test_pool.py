"""Local workers: one that is killed costs its block; shards that run together share the work."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import stub_trainer
from messages import told

from collect.errors import RunError
from collect.running import pool, process
from collect.running.blocks import Blocks
from collect.running.messages import Committed, Job, Lost, Ready, Trained
from collect.running.tally import Tally
from collect.store import database
from collect.store.local import LocalDirectory
from collect.store.schema import SCHEMA
from collect.strategy.schedules import JOINT

SUPPORT = Path(__file__).parents[2] / "support"
SAME = SCHEMA.names[: SCHEMA.names.index("run_id")]


@pytest.fixture
def job(tmp_path, mnist, config_of, monkeypatch):
    place = LocalDirectory(tmp_path / "db")
    place.prepare()
    return Job(
        config=config_of(JOINT), dataset=mnist, db=place, retry_failed=False, trainer="stub_trainer:Trainer"
    )


def seeds_in(db):
    return database.read(db, ["seed"])["seed"].to_pylist()


@pytest.mark.slow
def test_every_killed_worker_is_replaced_and_costs_its_block(job, monkeypatch):
    monkeypatch.setenv("STUB_SECONDS", "0.005")
    started = []
    start = process.start
    monkeypatch.setattr(process, "start", lambda job: started.append(start(job)) or started[-1])
    tally, kills, kinds = Tally(n_wanted=400), 0, set()
    for event in pool.run_blocks(job, Blocks(range(400)), 2):
        tally.add(event)
        kinds.add(type(event))
        if isinstance(event, Trained) and tally.n_committed > 40 * kills and kills < 5:
            started[-1].process.kill()
            kills += 1
    assert kinds == {Ready, Trained, Committed, Lost}
    assert kills == 5
    assert seeds_in(job.db) == list(range(400))
    assert tally.n_trained + tally.n_skipped == tally.n_committed + tally.n_skipped == 400
    assert all(one.process.poll() is not None for one in started)


def test_workers_that_always_die_are_given_up(job, monkeypatch):
    monkeypatch.setattr(pool, "STOP_GRACE_S", 0.5)
    with told(RunError, "workers keep dying", "(killed by SIGKILL)", "fewer workers"):
        list(pool.run_blocks(replace(job, trainer="dying_trainer:Trainer"), Blocks(range(9)), 2))
    assert seeds_in(job.db) == []


@pytest.mark.slow
def test_a_worker_whose_parent_is_killed_ends_in_the_midst_of_a_run(tmp_path):
    """A run that would go on for ten minutes: it waits at a gate that nobody opens."""
    command = [sys.executable, str(SUPPORT / "stub_trainer.py"), "--schedule", "joint", "--runs", "1"]
    environment = {"PYTHONPATH": os.pathsep.join([*filter(None, sys.path), str(SUPPORT)])}
    environment |= {stub_trainer.GATE: str(tmp_path), stub_trainer.GATE_SEED: "0"}
    parent = subprocess.Popen(
        [*command, "--db", str(tmp_path / "db"), "--quiet"], env={**os.environ, **environment}
    )
    stub_trainer.wait_until((tmp_path / stub_trainer.REACHED).exists)
    (one,) = psutil.Process(parent.pid).children()
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs([one], timeout=process.LAST_S + 60)
    if alive:
        one.kill()
    assert not alive


def test_what_dask_sets_for_its_workers_does_not_slow_those_that_train(job, monkeypatch):
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")
    one = process.start(job)
    running = psutil.Process(one.process.pid)
    stub_trainer.wait_until(running.environ)  # the system has none to show at a program's first moment
    environment = running.environ()
    one.kill()
    assert environment == {name: value for name, value in os.environ.items() if name != process.SLOWS}
    assert len(environment) == len(os.environ) - 1


def shard(db, part, **environment):
    arguments = ("--schedule", "joint", "--runs", "400", "--db", db, "--workers", "1", "--shard", part)
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [sys.executable, SUPPORT / "stub_trainer.py", *map(str, arguments)],
        env={**os.environ, **path, stub_trainer.SECONDS: "0.01", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
def test_four_shards_one_killed_and_run_again_as_another_number_of_shards(tmp_path):
    db = LocalDirectory(tmp_path / "db")
    # Seed 380 is in the last of the third shard's pieces: it is killed when most is committed, not all.
    gate = {stub_trainer.GATE: str(tmp_path), stub_trainer.GATE_SEED: "380"}
    parts = [shard(db, f"{i}/4", **(gate if i == 3 else {})) for i in range(1, 5)]
    stub_trainer.wait_until((tmp_path / stub_trainer.REACHED).exists)
    assert 0 < len(seeds_in(db)) < 400
    parts[2].send_signal(signal.SIGKILL)
    (tmp_path / stub_trainer.OPEN).touch()
    again = [shard(db, f"{i}/3") for i in range(1, 4)]
    for part in (*parts, *again):
        said, _ = part.communicate(timeout=stub_trainer.LONG_S)
        assert part.returncode == (-signal.SIGKILL if part is parts[2] else 0), said
    table = database.read(db)
    seeds = database.first_successes(table)["seed"].to_pylist()
    assert seeds == list(range(400))
    alone = shard(tmp_path / "alone", "1/1")
    said, _ = alone.communicate(timeout=stub_trainer.LONG_S)
    assert alone.returncode == 0, said
    expected = database.read(LocalDirectory(tmp_path / "alone")).select(SAME)
    assert database.first_successes(table).select(SAME).equals(expected)
