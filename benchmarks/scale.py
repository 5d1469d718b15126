"""What a long collection costs: a run must not get dearer with the number of runs, nor memory grow.

By default a million runs of a trainer that returns a plausible row at once go through everything else that
a run goes through: planning, workers, events, progress, commits and compaction, in blocks as they would be
for runs of 0.12 s. With --real, networks are trained (10,000). With --cold, the command trains 1,000 from a
cold start, some times, and the share of its wall time outside training and measuring is told.

    python benchmarks/scale.py [--runs 1000000] [--workers 2] [--real | --cold] [--keep DIRECTORY]
"""

import argparse
import itertools
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PARTS = 20
REAL_RUN_S = 0.12
N_STATUS = 3
N_COLD = 5


class Trainer:
    """Returns one of a thousand made-up minima at once; a twelfth of the test images is wrong."""

    device = "CPU:0"
    together = 4

    def __init__(self, _config: object, split, *, measure: bool) -> None:  # noqa: ARG002
        from collect.training.outcome import Minimum

        draw = random.Random(0)
        n_test = len(split.test_labels)
        made = []
        for _ in range(1000):
            errors = bytearray(n_test)
            for i in draw.sample(range(n_test), round(draw.gauss(0.121, 0.0027) * n_test)):
                errors[i] = draw.randrange(1, split.n_classes)
            made.append((errors.count(0) / n_test, bytes(errors)))
        self._made = itertools.cycle(made)
        self._draw, self._minimum = draw, Minimum

    def compile(self) -> None:
        pass

    def run_together(self, seeds: Sequence[int]):
        return [self._minimum_made() for _ in seeds]

    def _minimum_made(self):
        accuracy, errors = next(self._made)
        return self._minimum(
            accuracy=accuracy, test_loss=self._draw.random(), train_accuracy=1.0,
            train_loss=self._draw.random() / 100, gradient_norm=self._draw.random(), accuracy_head1=0.1,
            accuracy_head2=0.1, errors=errors,
        )  # fmt: skip


@dataclass
class Part:
    """What was seen while a part of the runs was trained."""

    n_runs: int
    seconds: float
    parent_mb: float
    workers_mb: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int)
    parser.add_argument("--workers", type=int, default=2)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--real", action="store_true", help="train networks")
    how.add_argument("--cold", action="store_true", help="time whole commands, start-up included")
    parser.add_argument("--keep", type=Path, help="make the database here and keep it")
    options = parser.parse_args()
    if options.cold:
        time_cold_starts(options.runs or 1000, options.workers)
        return
    n_runs = options.runs or (10_000 if options.real else 1_000_000)
    with tempfile.TemporaryDirectory() as temporary:
        db = options.keep or Path(temporary) / "runs"
        parts = list(collected(db, n_runs, options.workers, real=options.real))
        judge(parts, options.workers, real=options.real)
        look_at(db, n_runs)


def collected(db: Path, n_runs: int, workers: int, *, real: bool) -> Iterator[Part]:
    """Collect, and yield and print a line for every twentieth of the runs."""
    from collect.running import blocks, progress
    from collect.running import plan as planning
    from collect.running.tally import Tally
    from collect.store.opening import open_place
    from collect.strategy import datasets
    from collect.strategy.config import RunConfig
    from collect.strategy.optimizers import OPTIMIZERS
    from collect.strategy.schedules import SCHEDULES

    if not real:
        planning.TRAINER = "scale:Trainer"
        blocks.LARGEST_BLOCK = int(blocks.BLOCK_S / REAL_RUN_S)
    dataset, optimizer = datasets.resolve("mnist"), OPTIMIZERS["sgd"]
    config = RunConfig(
        schedule=SCHEDULES["joint"], optimizer=optimizer, learning_rate=optimizer.learning_rate,
        dataset_digest=dataset.digest,
    )  # fmt: skip
    plan = planning.Plan(
        config=config, dataset=dataset, db=open_place(str(db)), first_seed=0, n_runs=n_runs, workers=workers
    )
    plan.db.prepare()
    tally = Tally(n_wanted=n_runs)
    print(f"{'runs':>10}{'runs/s':>9}{'ms/run':>9}{'segments':>10}{'parent MB':>11}   workers MB", flush=True)
    n_before, before = 0, None
    with progress.shown(tally, title="joint", quiet=False) as update:
        for event in planning.run(plan, planning.take_inventory(plan)):
            tally.add(event)
            update()
            before = tally.latest if before is None else before
            if tally.n_trained - n_before >= n_runs / PARTS:
                mb = resident_mb()
                part = Part(tally.n_trained - n_before, tally.latest - before, mb[0], mb[1:])
                n_before, before = tally.n_trained, tally.latest
                print(line(part, n_before, len(list(db.glob("*.parquet")))), flush=True)
                yield part


def line(part: Part, n_runs: int, n_segments: int) -> str:
    rate = part.n_runs / part.seconds
    workers = " ".join(f"{mb:.0f}" for mb in part.workers_mb)
    return f"{n_runs:>10,}{rate:>9.1f}{1e3 / rate:>9.3f}{n_segments:>10}{part.parent_mb:>11.1f}   {workers}"


def resident_mb() -> list[float]:
    """Return the resident memory of this process and of its workers, by Linux's /proc or by ps."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,rss=,args="], capture_output=True, text=True, check=True
    ).stdout
    from os import getpid

    from collect.running.process import LABEL

    own, workers = 0.0, []
    for entry in listed.splitlines():
        pid, parent, kilobytes, command = entry.split(None, 3)
        if int(pid) == getpid():
            own = int(kilobytes) / 1e3
        elif int(parent) == getpid() and LABEL in command:
            workers.append(int(kilobytes) / 1e3)
    return [own, *workers]


def judge(parts: list[Part], workers: int, *, real: bool) -> None:
    """Say whether the last runs cost more than the first, in time and in memory."""
    if real:
        n, names = max(1, len(parts) // 10), ("first tenth", "last tenth")
        earlier, later = parts[:n], parts[-n:]
    else:  # compaction has come into its rhythm after the first quarter
        n, names = max(1, len(parts) // 4), ("second quarter", "last quarter")
        earlier, later = parts[n : 2 * n], parts[-n:]
    before, after = (statistics.fmean(p.seconds / p.n_runs for p in some) for some in (earlier, later))
    print(f"a run of the {names[1]} takes {after / before:.3f} of the time of one of the {names[0]}")
    for name, mb in (
        ("parent", [p.parent_mb for p in parts]),
        ("workers", [statistics.fmean(p.workers_mb) for p in parts if p.workers_mb]),
    ):
        print(f"memory of {name}: {mb[0]:.1f} MB after the first twentieth, {mb[-1]:.1f} MB at the end")
    if not real:
        total = sum(p.seconds for p in parts) * workers / sum(p.n_runs for p in parts)
        share = f"{total / REAL_RUN_S:.2%} of a real run's {REAL_RUN_S} s"
        print(f"everything but training: {total * 1e3:.3f} ms of a worker's time for each run, {share}")


def time_cold_starts(n_runs: int, workers: int) -> None:
    """Print how much of a command's wall time its workers neither trained nor measured."""
    from collect.store import database
    from collect.store.local import LocalDirectory

    shares = []
    for _ in range(N_COLD):
        with tempfile.TemporaryDirectory() as temporary:
            options = {"schedule": "joint", "runs": n_runs, "workers": workers, "db": f"{temporary}/runs"}
            words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "collect", *words, "--quiet"], check=True, stdout=subprocess.DEVNULL
            )
            wall = time.perf_counter() - began
            rows = database.read(LocalDirectory(Path(temporary) / "runs"), ["duration_s"])
        outside = wall - rows["duration_s"].to_numpy().sum() / workers
        shares.append(outside / wall)
        print(f"{wall:.1f} s, of these {outside:.2f} s outside training: {outside / wall:.1%}", flush=True)
    print(f"median {statistics.median(shares):.1%}")


def look_at(db: Path, n_runs: int) -> None:
    """Time `collect status` and count what is there."""
    from collect.store import database
    from collect.store.local import LocalDirectory

    seconds = []
    for _ in range(N_STATUS):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "collect", "status", "--db", db], check=True, capture_output=True
        )
        seconds.append(time.perf_counter() - began)
    paths = list(db.glob("*.parquet"))
    size_mb = sum(path.stat().st_size for path in paths) / 1e6
    print(f"{len(paths)} segments, {size_mb:,.0f} MB; collect status: {statistics.median(seconds):.2f} s")
    seeds = database.read(LocalDirectory(db), ["seed"])["seed"].to_numpy()
    assert (seeds == range(n_runs)).all(), "every seed once"


if __name__ == "__main__":
    main()
