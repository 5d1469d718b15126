"""What a run database of a million rows costs: appending, compacting, reading, asking for its status.

The rows are made up, without the column `errors`. Every step runs in a process of its own, so that
start-up is included and its peak memory is its own; before a read the files are dropped from the
system's cache, where the system allows it.

    python benchmarks/database.py [--rows 1000000] [--keep DIRECTORY]
"""

import argparse
import functools
import multiprocessing
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collect.store.schema import Run

BATCH = 100
CONFIGURATIONS = ("joint", "staged")
READ = ("schedule", "seed", "accuracy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows in all")
    parser.add_argument("--keep", type=Path, help="make the database here and keep it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        db = arguments.keep or Path(temporary) / "runs"
        print(f"{arguments.rows:,} rows in batches of {BATCH}, on {os.cpu_count()} cores")
        print(f"{'':44}{'seconds':>9}{'peak MB':>9}")
        in_a_process("append, one writer, every batch fsynced", append, db, arguments.rows)
        n_segments = len(list(db.glob("*.parquet")))
        in_a_process(f"read 3 columns of {n_segments:,} segments, cold", read, db, arguments.rows)
        in_a_process(f"compact {n_segments:,} segments", compact, db, arguments.rows)
        n_segments = len(list(db.glob("*.parquet")))
        n_bytes = sum(path.stat().st_size for path in db.glob("*.parquet"))
        print(f"{n_segments} segments now, {n_bytes / 1e6:.0f} MB")
        for _ in range(3):
            in_a_process("read 3 columns, cold", read, db, arguments.rows)
        for _ in range(3):
            in_a_process("collect status, cold", status, db, arguments.rows)
        in_a_process("collect verify, cold", verify, db, arguments.rows)


def in_a_process(title: str, step: Callable[[Path, int], float | None], db: Path, n_rows: int) -> None:
    """Run one step in a new process; the clock of a step that measures itself counts, else all of it."""
    drop_from_cache(db)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=measured, args=(step, db, n_rows, theirs))
    start = time.perf_counter()
    process.start()
    theirs.close()
    seconds, peak_mb = ours.recv()
    process.join()
    seconds = time.perf_counter() - start if seconds is None else seconds
    rate = f"{n_rows / seconds:>12,.0f} rows/s"
    print(f"{title:44}{seconds:9.2f}{peak_mb:9.0f}{rate}", flush=True)


def drop_from_cache(db: Path) -> None:
    """Let the system forget the files, so that a read is a read from the disk."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in db.glob("*.parquet"):
        descriptor = os.open(path, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def measured(step: Callable, db: Path, n_rows: int, connection) -> None:
    seconds = step(db, n_rows)
    who = resource.RUSAGE_CHILDREN if step in (status, verify) else resource.RUSAGE_SELF
    connection.send((seconds, resource.getrusage(who).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)))


def append(db: Path, n_rows: int) -> float:
    """Append; the time to make the rows up does not count."""
    from collect.store import database
    from collect.store.local import LocalDirectory

    place = LocalDirectory(db)
    place.prepare()
    seconds = 0.0
    for rows in batches(n_rows):
        start = time.perf_counter()
        database.append(place, rows)
        seconds += time.perf_counter() - start
    return seconds


def compact(db: Path, _n_rows: int) -> None:
    from collect.store import compaction
    from collect.store.local import LocalDirectory

    compaction.compact(LocalDirectory(db))


def read(db: Path, n_rows: int) -> None:
    from collect.store import database
    from collect.store.local import LocalDirectory

    table = database.read(LocalDirectory(db), READ)
    assert table.num_rows == n_rows, table.num_rows


def status(db: Path, _n_rows: int) -> float:
    return command("status", db)


def verify(db: Path, _n_rows: int) -> float:
    return command("verify", db)


def command(name: str, db: Path) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "collect", name, "--db", db], check=True, capture_output=True)
    return time.perf_counter() - start


def batches(n_rows: int) -> Iterator[list["Run"]]:
    """Make up rows as `collect` writes them, configuration by configuration."""
    draw = random.Random(0)
    n_each = n_rows // len(CONFIGURATIONS)
    for schedule in CONFIGURATIONS:
        for first in range(0, n_each, BATCH):
            now = datetime.now(UTC)
            yield [made_row(schedule, seed, now, draw) for seed in range(first, min(first + BATCH, n_each))]


@functools.cache
def configuration(schedule: str) -> tuple[str, str, int]:
    """Return hash, canonical JSON and steps."""
    from collect.strategy.config import RunConfig
    from collect.strategy.optimizers import SGD
    from collect.strategy.schedules import SCHEDULES

    made = RunConfig(schedule=SCHEDULES[schedule], optimizer=SGD, learning_rate=0.01, dataset_digest="0" * 64)
    return made.hash(), made.canonical(), made.schedule.steps


def made_row(schedule: str, seed: int, now: datetime, draw: random.Random) -> "Run":
    from collect.store.schema import Run

    config_hash, config, steps = configuration(schedule)
    return Run(
        config_hash=config_hash,
        seed=seed,
        schedule=schedule,
        optimizer="sgd",
        learning_rate=0.01,
        dataset="mnist",
        train_first=5000,
        n_train=1000,
        batch_size=50,
        steps=steps,
        hidden_units="100-100-100",
        config=config,
        status="ok",
        message=None,
        accuracy=round(draw.gauss(0.8787, 0.0027), 4),
        n_test=10000,
        test_loss=draw.uniform(0.4, 0.5),
        train_accuracy=1.0,
        train_loss=draw.uniform(0.002, 0.003),
        gradient_norm=draw.uniform(0.001, 0.1),
        accuracy_head1=round(draw.uniform(0.05, 0.15), 4),
        accuracy_head2=round(draw.uniform(0.05, 0.15), 4),
        errors=None,
        run_id=uuid.uuid4().hex,
        committed_at=now,
        duration_s=draw.uniform(0.15, 0.2),
        package_version="0.1.0",
        git_commit="0" * 40,
        git_dirty=False,
        python="3.11.7",
        tensorflow="2.21.0",
        numpy="2.3.0",
        platform="Linux x86_64",
        cpu="made up",
        device="CPU:0; 1 thread; oneDNN off",
        env_hash="0" * 32,
    )


if __name__ == "__main__":
    main()
