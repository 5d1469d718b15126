"""On a Dask cluster: the same rows as local workers, whoever is killed; what is wrong is one line."""

import dataclasses
import random
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest
import stub_trainer
from dask_cluster import ROOT, SUPPORT, DaskCluster
from messages import told

from collect.errors import CollectError, DataError, RunError
from collect.running import dask, dask_worker
from collect.running.blocks import Blocks
from collect.running.messages import Job
from collect.running.pool import STOP_GRACE_S
from collect.store import database
from collect.store.local import LocalDirectory
from collect.store.schema import SCHEMA
from collect.strategy.schedules import JOINT

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

# Nothing takes so long, 3,000 real runs on a loaded machine among it: what does is stuck.
LONG_S = 4 * 3600
BLOCK = 6
SAME = SCHEMA.names[: SCHEMA.names.index("run_id")]


def command(db, *, runs, stub, **options):
    program = [str(SUPPORT / "stub_trainer.py")] if stub else ["-m", "collect"]
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    return [sys.executable, *program, "--schedule", "joint", "--runs", str(runs), "--db", str(db), *words]


def run(arguments, environment, **keywords):
    return subprocess.run(
        arguments,
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG_S,
        **keywords,
    )


def rows(db):
    table = database.read(LocalDirectory(db)).select(SAME)
    return {row["seed"]: row for row in table.to_pylist()}


@pytest.fixture
def started(tmp_path):
    made = []

    def start(**environment):
        made.append(DaskCluster(tmp_path, **environment))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_kills_of_workers_client_and_scheduler_lose_nothing(tmp_path, started, stress, report_counts):
    """Long: real training, 10 kills of workers, 3 of the client, 1 of the scheduler; short: made-up runs."""
    runs, worker_kills, client_kills = (3000, 10, 3) if stress else (240, 3, 1)
    one = started(**({} if stress else {stub_trainer.SECONDS: "0.05"}))
    # Small blocks: several times as many commits as kills, each of which waits for one.
    one.environment[stub_trainer.LARGEST_BLOCK] = str(BLOCK)
    make = {"runs": runs, "stub": not stress}
    local = run(command(tmp_path / "local", **make, workers=2), one.environment)
    assert local.returncode == 0, local.stderr
    began = time.monotonic()
    calm = run(command(tmp_path / "calm", **make, cluster=one.address), one.environment)
    assert calm.returncode == 0, calm.stderr
    calm_s = time.monotonic() - began

    rng = random.Random(5)
    kills = ["worker", "nanny"] * worker_kills
    kills = kills[:worker_kills] + ["client"] * client_kills
    rng.shuffle(kills)
    kills.insert(len(kills) // 2, "scheduler")
    db, began = tmp_path / "disturbed", time.monotonic()
    client = connected_client(one, db, **make)
    for kill in kills:
        wait_for_commit(client, db)
        before = one.trainers()
        if kill == "client":
            client.kill()
        elif kill == "scheduler":
            one.restart_scheduler()
        else:
            one.kill_worker(rng.randrange(2), with_nanny=kill == "nanny")
        if kill in ("client", "scheduler"):
            said, _ = client.communicate(timeout=LONG_S)
            assert kill == "client" or (client.returncode == 1 and "is lost: what was committed" in said), (
                said
            )
            if kill == "scheduler":
                psutil.wait_procs(before, timeout=600)
                assert not any(p.is_running() for p in before), "a trainer outlives its Dask worker"
            client = connected_client(one, db, **make)
    said, _ = client.communicate(timeout=LONG_S)
    disturbed_s = time.monotonic() - began
    assert client.returncode == 0, said
    table, expected = database.read(LocalDirectory(db)), rows(tmp_path / "local")
    assert rows(tmp_path / "calm") == expected
    # A trainer whose worker was killed commits what it has ended, and there is no lock: who trains the same
    # seeds looks for them just before it commits. Where both commit at the same moment, rows repeat a run.
    seeds = table["seed"].to_pylist()
    assert sorted(set(seeds)) == list(range(runs))
    assert len(seeds) - runs <= BLOCK * worker_kills, "a killed worker's block is repeated at the most"
    assert all(row == expected[row["seed"]] for row in table.select(SAME).to_pylist())
    report_counts(
        f"Dask on loopback, {runs} runs: {worker_kills} workers, {client_kills} clients, 1 scheduler killed: "
        f"every seed there, {len(seeds) - runs} twice, rows as local; "
        f"{disturbed_s:.0f} s, undisturbed {calm_s:.0f} s"
    )


def connected_client(one, db, **make):
    """Start `collect` and wait until it has connected and put its mark into the database."""
    marks = set(db.glob(".cluster-*"))
    client = subprocess.Popen(
        command(db, **make, cluster=one.address), env=one.environment, cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    stub_trainer.wait_until(lambda: client.poll() is not None or not set(db.glob(".cluster-*")) <= marks)
    return client


def wait_for_commit(client, db):
    place = LocalDirectory(db)
    seen = len(database.segments(place))
    stub_trainer.wait_until(lambda: client.poll() is not None or len(database.segments(place)) != seen)
    assert client.poll() is None, client.communicate()[0]


def test_real_training_gives_the_rows_of_local_workers_and_ctrl_c_keeps_what_has_ended(tmp_path, started):
    one = started(OMP_NUM_THREADS="7", TF_ENABLE_ONEDNN_OPTS="1", KERAS_BACKEND="torch")
    local = run(command(tmp_path / "local", runs=12, stub=False, workers=2), None)
    assert local.returncode == 0, local.stderr
    db = tmp_path / "cluster"
    client = connected_client(one, db, runs=3000, stub=False)
    wait_for_commit(client, db)
    client.send_signal(signal.SIGINT)
    said, _ = client.communicate(timeout=LONG_S)
    assert client.returncode == 130, said
    kept = database.read(LocalDirectory(db), ["seed"]).num_rows
    assert int(re.search(r"interrupted: (\d+) runs were kept", said)[1]) == kept > 0
    again = run(command(db, runs=12, stub=False, cluster=one.address), one.environment)
    assert again.returncode == 0, again.stderr
    done = rows(db)
    assert {seed: done[seed] for seed in range(12)} == rows(tmp_path / "local")


def test_ctrl_c_waits_for_a_run_that_takes_its_time_and_tells_what_is_kept(tmp_path, started):
    gate = {stub_trainer.GATE: str(tmp_path), stub_trainer.GATE_SEED: "4"}  # the first of the second block
    one = started(n_workers=1, **gate)
    db = tmp_path / "cluster"
    client = connected_client(one, db, runs=30, stub=True)
    stub_trainer.wait_until((tmp_path / stub_trainer.REACHED).exists)
    trainers = one.trainers()
    client.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        client.wait(2 * STOP_GRACE_S)
    (tmp_path / stub_trainer.OPEN).touch()
    said, _ = client.communicate(timeout=LONG_S)
    assert client.returncode == 130, said
    psutil.wait_procs(trainers, timeout=600)
    assert database.read(LocalDirectory(db), ["seed"])["seed"].to_pylist() == [0, 1, 2, 3, 4]
    assert "interrupted: 5 runs were kept, 25 are missing" in said


@pytest.fixture
def job(tmp_path, mnist, config_of):
    place = LocalDirectory(tmp_path / "db")
    place.prepare()
    return Job(
        config=config_of(JOINT), dataset=mnist, db=place, retry_failed=False, trainer="stub_trainer:Trainer"
    )


def test_what_does_not_fit_together_is_one_line(tmp_path, started, job, monkeypatch):
    one = started()

    def collect(made):
        list(dask.run_blocks(made, Blocks(range(3)), one.address))

    elsewhere = dataclasses.replace(
        job, dataset=dataclasses.replace(job.dataset, name="mine", path=tmp_path / "no.npz")
    )
    with told(CollectError, "no.npz is not on", "copy the file"):
        collect(elsewhere)
    with told(CollectError, "is not the one that was planned with"):
        collect(dataclasses.replace(job, dataset=dataclasses.replace(job.dataset, digest="0" * 32)))
    with monkeypatch.context() as patch:
        other = (("minima-census", "9.9"), *dask_worker.software()[1:])
        patch.setattr(dask_worker, "software", lambda: other)
        with told(RunError, "the worker tcp://127.0.0.1", "has minima-census", "planned with 9.9"):
            collect(job)
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.touch", lambda self: None)
        with told(DataError, "does not see the database", "s3://bucket/prefix"):
            collect(job)
    with told(RunError, "workers keep dying"):
        collect(dataclasses.replace(job, trainer="dying_trainer:Trainer"))
    collect(job)
    assert database.read(job.db, ["seed"])["seed"].to_pylist() == [0, 1, 2]


def test_a_cluster_without_scheduler_or_workers_is_one_line(job, started, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(dask, "CONNECT_S", 1.0)
        with told(RunError, "no Dask scheduler answers at tcp://127.0.0.1:9", "dask scheduler"):
            list(dask.run_blocks(job, Blocks(range(3)), "tcp://127.0.0.1:9"))
    monkeypatch.setattr(dask, "NO_WORKERS_S", 1.0)
    with told(RunError, "has had no worker for 1 s", "dask worker tcp://127.0.0.1"):
        list(dask.run_blocks(job, Blocks(range(3)), started(n_workers=0).address))
