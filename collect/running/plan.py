"""Which seeds are missing, and how they are trained: by workers of this machine or of a cluster."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from collect.errors import CollectError, need_tensorflow
from collect.running import pool
from collect.running.blocks import Blocks, Shard, missing_of
from collect.running.messages import Committed, Event, Job
from collect.store import database
from collect.store.compaction import compact
from collect.store.place import Place
from collect.strategy.config import RunConfig
from collect.strategy.datasets import DatasetFile
from collect.training.groups import n_places

# So many are worth merging at the end: whoever reads the database next has to open every one.
MANY_SEGMENTS = 64
TRAINER = "collect.training.trainer:Trainer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One collection: make sure that the seeds first_seed to first_seed + n_runs - 1 have a row.

    Attributes
    ----------
    shard
        The part of these seeds that is to be trained here.
    workers
        Worker processes of this machine.
    cluster
        Address of a Dask scheduler whose workers train, instead of those of this machine.
    measure
        Whether to measure what is measured on request only.
    """

    config: RunConfig
    dataset: DatasetFile
    db: Place
    first_seed: int
    n_runs: int
    workers: int
    shard: Shard = field(default_factory=Shard)
    cluster: str | None = None
    retry_failed: bool = False
    measure: bool = False

    @property
    def parts(self) -> list[range]:
        """The wanted seeds, as ranges."""
        return self.shard.parts(range(self.first_seed, self.first_seed + self.n_runs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What a plan finds in its database."""

    missing: tuple[int, ...]
    n_present: int


def prepare(plan: Plan) -> None:
    """Make sure that there is somebody who can train, and a place for the runs.

    Raises
    ------
    RunError
        TensorFlow is not installed, or the database cannot be written.
    """
    if plan.cluster is None:
        need_tensorflow()
    plan.db.prepare()


def take_inventory(plan: Plan) -> Inventory:
    """Look up which of the wanted seeds the database lacks."""
    present = database.present_seeds(plan.db, plan.config.hash(), without_failed=plan.retry_failed)
    missing = missing_of(plan.parts, present)
    return Inventory(missing=missing, n_present=sum(map(len, plan.parts)) - len(missing))


def run(plan: Plan, inventory: Inventory) -> Iterator[Event]:
    """Train what is missing and yield what happens; closing the iterator stops the workers."""
    job = Job(
        config=plan.config,
        dataset=plan.dataset,
        db=plan.db,
        retry_failed=plan.retry_failed,
        measure=plan.measure,
        trainer=TRAINER,
    )
    together = n_places(plan.config.hidden_units[0])
    n_segments = 0
    for event in _run_blocks(plan, job, Blocks(inventory.missing, together)):
        n_segments += isinstance(event, Committed) and bool(event.seeds)
        yield event
    if n_segments >= MANY_SEGMENTS:
        # Whatever keeps it from compacting is no fault of the collection, and `collect verify` tells it.
        with suppress(CollectError):
            compact(plan.db)


def _run_blocks(plan: Plan, job: Job, blocks: Blocks) -> Iterator[Event]:
    if plan.cluster is None:
        return pool.run_blocks(job, blocks, plan.workers)
    from collect.running.dask import run_blocks

    return run_blocks(job, blocks, plan.cluster)
