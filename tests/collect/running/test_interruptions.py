"""Nothing is lost, nothing is trained twice, and every row is the same, however a collection is disturbed."""

import os
import random
import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest
from stepwise_collect import BLOCK, HELD

from collect.running import process
from collect.store import database
from collect.store.local import LocalDirectory
from collect.store.schema import SCHEMA
from collect.strategy.schedules import JOINT
from collect.training.outcome import Minimum

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

RUNS = 60
MOST_STEPS = 5
# Nothing takes so long: what does is stuck.
LONG_S = 600
PROGRAM = Path(__file__).parents[2] / "support" / "stepwise_collect.py"
# Everything but where and when the row was made.
SAME = SCHEMA.names[: SCHEMA.names.index("run_id")]


def command(db, *, first_seed=0, runs=RUNS, workers=2):
    options = {
        "--schedule": "joint",
        "--db": db,
        "--first-seed": first_seed,
        "--runs": runs,
        "--workers": workers,
    }
    return [sys.executable, "-m", "collect", *(str(word) for pair in options.items() for word in pair)]


def rows(db):
    table = database.read(db).select(SAME)
    return {row["seed"]: row for row in table.to_pylist()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    db = LocalDirectory(tmp_path_factory.mktemp("undisturbed"))
    subprocess.run(command(db), check=True, capture_output=True, timeout=LONG_S)
    assert database.read(db).num_rows == RUNS
    return rows(db)


def test_a_seed_gives_the_same_row_alone_and_with_one_worker(tmp_path, undisturbed):
    a, b = LocalDirectory(tmp_path / "a"), LocalDirectory(tmp_path / "b")
    subprocess.run(
        command(a, first_seed=41, runs=1, workers=1), check=True, capture_output=True, timeout=LONG_S
    )
    subprocess.run(
        command(b, first_seed=30, runs=9, workers=1), check=True, capture_output=True, timeout=LONG_S
    )
    for seed, row in {**rows(a), **rows(b)}.items():
        assert row == undisturbed[seed]


def test_a_seed_gives_the_same_row_in_any_order(undisturbed, config_of, split):
    from collect.training.trainer import Trainer

    trainer = Trainer(config_of(JOINT), split)
    for seed in (59, 3, 17, 3, 0):
        minimum = trainer.run(seed)
        assert minimum is not None
        names = Minimum.__dataclass_fields__
        assert {name: getattr(minimum, name) for name in names} == {
            name: undisturbed[seed][name] for name in names
        }


def test_different_seeds_give_different_minima(undisturbed):
    assert len({row["test_loss"] for row in undisturbed.values()}) == RUNS


class Held:
    """A collection that is held at a step of its own until it is told to go on; see `stepwise_collect`."""

    def __init__(self, db):
        ours, theirs = socket.socketpair()
        self.connection = Connection(ours.detach())
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(theirs.fileno()), *command(db)[3:]],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                pass_fds=[theirs.fileno()],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self.wait()

    def wait(self):
        """Wait until it is held again."""
        assert self.connection.poll(LONG_S), "it neither goes on nor ends"
        try:
            assert self.connection.recv() == HELD
        except EOFError:
            pytest.fail(f"it ended before it could be disturbed: {self.process.communicate()[0]}")

    def go(self, n_steps):
        self.connection.send(n_steps)
        self.wait()

    def workers(self):
        """Return its processes that train: it has some whenever it is held."""
        children = psutil.Process(self.process.pid).children()
        found = [one for one in children if process.LABEL in one.cmdline()]
        assert found
        return found

    def end(self):
        """Wait for its end and return what it has said."""
        said, _ = self.process.communicate(timeout=LONG_S)
        self.connection.close()
        return said


def interrupt(held, how, rng):
    """Disturb a collection, and return it if it lives on, as it does without its workers."""
    workers = held.workers()
    if how in ("kill one worker", "kill all workers"):
        for one in workers if how == "kill all workers" else [rng.choice(workers)]:
            one.kill()
        return held
    if how == "ctrl-c":
        os.killpg(held.process.pid, signal.SIGINT)
    else:
        held.process.send_signal(getattr(signal, how))
    said = held.end()
    assert held.process.returncode == (-signal.SIGKILL if how == "SIGKILL" else 130), said
    assert how == "SIGKILL" or "repeat the command to go on" in said
    assert "Traceback" not in said
    # Those whose parent was killed end their networks and commit; who trains the same meanwhile may too.
    _, left = psutil.wait_procs(workers, timeout=LONG_S)
    assert not left, "a worker outlives its collection"
    return None


def test_interruptions_end_in_the_same_rows(tmp_path, undisturbed, stress, report_counts):
    rng = random.Random(20260101)
    ways = ["ctrl-c", "SIGKILL", "kill one worker", "SIGINT", "kill all workers", "SIGTERM"]
    ways *= 4 if stress else 1
    # Up to two things are heard at a step, and two blocks end while it is held: no collection is complete
    # after three interruptions.
    assert 3 * (2 * MOST_STEPS + 2 * BLOCK) < RUNS
    for number in range(len(ways) // 3):
        db = LocalDirectory(tmp_path / f"db{number}")
        db.prepare()
        held = None
        for how in ways[3 * number : 3 * number + 3]:
            if held is None:
                held = Held(db)
            if n_steps := rng.randint(0, MOST_STEPS):
                held.go(n_steps)
            held = interrupt(held, how, rng)
        if held is not None:
            held.connection.send(sys.maxsize)
            said = held.end()
            assert held.process.returncode == 0, said
        last = subprocess.run(command(db), capture_output=True, text=True, check=False, timeout=LONG_S)
        assert last.returncode == 0, last.stderr
        assert database.read(db).num_rows == RUNS, "every seed exactly once, duplicates included"
        assert rows(db) == undisturbed
        assert [p for p in db.path.iterdir() if p.suffix != ".parquet"] == []
    n_collections = len(ways) // 3
    report_counts(
        f"{len(ways)} interruptions of {n_collections} collections of {RUNS} runs: every row as undisturbed"
    )


def test_an_interruption_that_a_destructor_swallows_is_still_heard():
    code = """
import os, signal
from collect.running import interruption
interruption.listen()
class Deaf:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
Deaf()
try:
    interruption.check()
except KeyboardInterrupt:
    print("heard")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "KeyboardInterrupt" in done.stderr, "the exception was to be lost"
    assert done.stdout == "heard\n"
