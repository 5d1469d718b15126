"""Nothing is lost, nothing is trained twice, and every row is the same, however a collection is disturbed."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from collect import child
from collect.minimum import Minimum
from collect.schedules import JOINT
from collect.schema import SCHEMA
from collect.store import database
from collect.store.local import LocalDirectory

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

RUNS = 60
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
    subprocess.run(command(db), check=True, capture_output=True)
    assert database.read(db).num_rows == RUNS
    return rows(db)


def test_a_seed_gives_the_same_row_alone_and_with_one_worker(tmp_path, undisturbed):
    a, b = LocalDirectory(tmp_path / "a"), LocalDirectory(tmp_path / "b")
    subprocess.run(command(a, first_seed=41, runs=1, workers=1), check=True, capture_output=True)
    subprocess.run(command(b, first_seed=30, runs=9, workers=1), check=True, capture_output=True)
    for seed, row in {**rows(a), **rows(b)}.items():
        assert row == undisturbed[seed]


def test_a_seed_gives_the_same_row_in_any_order(undisturbed, config_of, split):
    from collect.train import Trainer

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


def worker_pids(parent: int) -> list[int]:
    found = subprocess.run(
        ["pgrep", "-P", str(parent), "-f", child.LABEL], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in found.stdout.split()]


def interrupt(process: subprocess.Popen, how: str, rng: random.Random) -> bool:
    """Disturb a running collection, if it still runs; killing workers leaves the parent alive."""
    if how == "ctrl-c":
        os.killpg(process.pid, signal.SIGINT)
    elif how in ("SIGINT", "SIGTERM", "SIGKILL"):
        process.send_signal(getattr(signal, how))
    else:
        pids = worker_pids(process.pid)
        for pid in pids if how == "kill all workers" else rng.sample(pids, k=min(1, len(pids))):
            os.kill(pid, signal.SIGKILL)
        return True
    asked = time.monotonic()
    output, _ = process.communicate(timeout=60)
    if process.returncode == 0:  # complete just before the signal arrived
        return False
    if how != "SIGKILL":
        assert process.returncode == 130, output
        assert time.monotonic() - asked < 10
        assert "repeat the command to go on" in output
    assert "Traceback" not in output
    return True


def wait_for_a_moment(process, db, rng):
    """Wait until some moment of starting up, or just after or a little after the next commit."""
    started, seen = time.monotonic(), len(database.segments(db))
    deadline = time.monotonic() + (rng.uniform(0, 4) if rng.random() < 0.3 else 60)
    while process.poll() is None and len(database.segments(db)) == seen and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(rng.uniform(0, 0.3))
    # The interpreter's own first moments are not ours to test.
    time.sleep(max(0.0, started + 0.7 - time.monotonic()))


def test_interruptions_end_in_the_same_rows(tmp_path, undisturbed, stress, report_counts):
    interruptions = 20 if stress else 6
    rng = random.Random(20260101)
    ways = ["ctrl-c", "SIGKILL", "kill one worker", "SIGINT", "kill all workers", "SIGTERM"]
    done, databases, process = 0, [], None
    while done < interruptions:
        db = LocalDirectory(tmp_path / f"db{len(databases)}")
        db.prepare()
        databases.append(db)
        while done < interruptions:
            if process is None or process.poll() is not None:
                process = subprocess.Popen(
                    command(db),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    start_new_session=True,
                )
            wait_for_a_moment(process, db, rng)
            if process.poll() is not None:
                process.communicate()
                break  # complete before it could be disturbed again: go on with a new database
            done += interrupt(process, ways[done % len(ways)], rng)
    for db in databases:
        if process is not None and process.poll() is None:
            process.communicate(timeout=120)
        last = subprocess.run(command(db), capture_output=True, text=True, check=False)
        assert last.returncode == 0, last.stderr
        assert database.read(db).num_rows == RUNS, "every seed exactly once, duplicates included"
        assert rows(db) == undisturbed
        assert [p for p in db.path.iterdir() if p.suffix != ".parquet"] == []
    report_counts(
        f"{done} interruptions over {len(databases)} collections of {RUNS} runs: every row as undisturbed"
    )


def test_an_interruption_that_a_destructor_swallows_is_still_heard():
    code = """
import os, signal
from collect import interruption
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
