"""Which seeds are missing, how they are cut into blocks, and what has come of them."""

import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from collect import executor
from collect.config import RunConfig
from collect.datasets import DatasetFile
from collect.executor import Block
from collect.store import database
from collect.store.place import Place
from collect.worker import Committed, Event, Job, Ready, Trained

# A block is one commit: long enough that committing costs nothing, short enough that a crash does.
LARGEST_BLOCK = 20
BLOCKS_PER_WORKER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One collection: make sure that the seeds first_seed to first_seed + n_runs - 1 have a row."""

    config: RunConfig
    dataset: DatasetFile
    db: Place
    first_seed: int
    n_runs: int
    workers: int
    retry_failed: bool = False
    measure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What a plan finds in its database."""

    missing: tuple[int, ...]
    n_present: int
    known_segments: frozenset[str]


@dataclass(slots=True)
class Tally:
    """The running count of a collection; mean and sd are of the finished runs' accuracy.

    A study begins one strategy after the other; mean and sd are then of the current one.
    """

    n_wanted: int
    label: str = ""
    n_measured: int = 0
    training_since: float | None = None
    latest: float = 0.0
    n_trained: int = 0
    n_committed: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    mean: float = 0.0
    squares: float = 0.0

    @property
    def training_s(self) -> float:
        """Seconds from the first worker's readiness to the latest run or commit."""
        return 0.0 if self.training_since is None else self.latest - self.training_since

    @property
    def sd(self) -> float:
        """Standard deviation of the accuracies so far (nan for fewer than two)."""
        n = self.n_measured
        return math.sqrt(self.squares / (n - 1)) if n > 1 else math.nan

    def begin(self, label: str) -> None:
        """Go on with another strategy."""
        self.label, self.n_measured, self.mean, self.squares = label, 0, 0.0, 0.0

    def add(self, event: Event) -> None:
        """Count one event; mean and squares by Welford's (1962) recurrence, doi 10.2307/1266577."""
        self.latest = time.monotonic()
        if isinstance(event, Ready) and self.training_since is None:
            self.training_since = self.latest
        elif isinstance(event, Committed):
            self.n_committed += len(event.seeds)
        elif isinstance(event, Trained):
            self.n_trained += 1
            self.statuses[event.status] += 1
            if event.accuracy is not None:
                self.n_measured += 1
                step = event.accuracy - self.mean
                self.mean += step / self.n_measured
                self.squares += step * (event.accuracy - self.mean)


def take_inventory(plan: Plan) -> Inventory:
    """Look up which of the wanted seeds the database lacks."""
    names = database.segments(plan.db)
    wanted = range(plan.first_seed, plan.first_seed + plan.n_runs)
    present = database.present_seeds(
        plan.db, plan.config.hash(), without_failed=plan.retry_failed, among=wanted
    )
    return Inventory(
        missing=tuple(seed for seed in wanted if seed not in present),
        n_present=len(present),
        known_segments=frozenset(names),
    )


def cut_into_blocks(seeds: tuple[int, ...], workers: int) -> list[Block]:
    """Cut seeds into blocks that get smaller towards the end, so that all workers end together.

    Guided self-scheduling: Polychronopoulos & Kuck 1987, doi 10.1109/TC.1987.5009495.
    """
    blocks, start = [], 0
    while start < len(seeds):
        share = math.ceil((len(seeds) - start) / (workers * BLOCKS_PER_WORKER))
        size = min(LARGEST_BLOCK, share)
        blocks.append(seeds[start : start + size])
        start += size
    return blocks


def run(plan: Plan, inventory: Inventory) -> Iterator[Event]:
    """Train what is missing and yield what happens; closing the iterator stops the workers."""
    job = Job(
        config=plan.config,
        dataset=plan.dataset,
        db=plan.db,
        known=inventory.known_segments,
        retry_failed=plan.retry_failed,
        measure=plan.measure,
    )
    return executor.run_blocks(job, cut_into_blocks(inventory.missing, plan.workers), plan.workers)
