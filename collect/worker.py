"""What a worker process does: train blocks of seeds, commit their rows, report them.

A worker imports TensorFlow; the parent never does. A block is trained seed by seed and committed at
its end, or as far as it got when the parent asks to stop or is gone.
"""

import os
import signal
import sys
import tempfile
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from collect import datasets
from collect.config import RunConfig
from collect.datasets import DatasetFile, Split
from collect.errors import CollectError, DataError
from collect.minimum import Diverged, Minimum
from collect.provenance import Provenance, collect_provenance
from collect.schema import DIVERGED, FAILED, OK
from collect.store import database
from collect.store.place import Place

if TYPE_CHECKING:
    from collect.train import Trainer

# One thread, and TensorFlow's own kernels: both settings can change the rounding of a result.
SETTINGS = {
    "KERAS_BACKEND": "tensorflow",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
STOP = "stop"

OUTCOMES = tuple(f.name for f in fields(Minimum))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all blocks of a collection have in common.

    Attributes
    ----------
    known
        Names of the segments that the plan has already taken into account; only later ones are
        looked through for seeds that somebody else has trained meanwhile.
    measure
        Whether to measure what is measured on request only.
    """

    config: RunConfig
    dataset: DatasetFile
    db: Place
    known: frozenset[str]
    retry_failed: bool
    measure: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has compiled its programs."""


@dataclass(frozen=True, slots=True)
class Trained:
    """One run has ended; it is not committed yet."""

    seed: int
    status: str
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Committed:
    """The rows of these seeds are durable (or were there already)."""

    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """The worker cannot go on; `known` errors are for the user, others keep their traceback."""

    message: str
    exit_code: int | None


Event = Ready | Trained | Committed | Broken


@dataclass(slots=True)
class _Meanwhile:
    """What other processes have committed since the collection was planned; every segment is read once."""

    job: Job
    seen: set[str]
    seeds: set[int] = field(default_factory=set)

    def trained(self, seeds: Sequence[int]) -> set[int]:
        """Return those of the seeds that have a row by now."""
        db, config_hash = self.job.db, self.job.config.hash()
        later = [name for name in database.segments(db) if name not in self.seen]
        self.seeds |= database.present_seeds(
            db, config_hash, without_failed=self.job.retry_failed, skip=self.seen
        )
        self.seen.update(later)
        return self.seeds & set(seeds)


def main(connection: Connection, job: Job) -> None:
    """Serve blocks that come through the connection until it says stop or closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interruption means
    try:
        with _held_stderr():
            trainer, split = _start(job)
        connection.send(Ready())
        provenance = collect_provenance(f"{trainer.device}; 1 thread; oneDNN off")
        meanwhile = _Meanwhile(job, seen=set(job.known))
        for seeds in _blocks(connection):
            skipped = meanwhile.trained(seeds)
            rows = _train(connection, job, [s for s in seeds if s not in skipped], trainer, split, provenance)
            if rows:
                meanwhile.seen.add(database.append(job.db, _stamped(rows)))
            done = [int(str(row["seed"])) for row in rows]
            connection.send(Committed((*sorted(skipped), *done)))
    except (EOFError, BrokenPipeError):
        return  # the parent is gone; what was finished is committed
    except CollectError as error:
        connection.send(Broken(str(error), error.exit_code))
    except Exception:
        connection.send(Broken(traceback.format_exc(), None))


def run_row(
    job: Job, split: Split, provenance: Provenance, seed: int, run: Callable[[int], Minimum | Diverged]
) -> dict[str, object]:
    """Train one seed and return its row, whatever happens: `ok`, `diverged` or `failed`."""
    config = job.config
    start = time.perf_counter()
    outcome: dict[str, object] = dict.fromkeys(OUTCOMES)
    status, message = OK, None
    try:
        reached = run(seed)
        if isinstance(reached, Diverged):
            status, message = DIVERGED, reached.reason
        else:
            outcome = asdict(reached)
    except Exception as error:
        status, message = FAILED, f"{type(error).__name__}: {error}"[:2000]
    return {
        "config_hash": config.hash(),
        "seed": seed,
        "schedule": config.schedule.name,
        "optimizer": config.optimizer.name,
        "learning_rate": config.learning_rate,
        "dataset": job.dataset.name,
        "train_first": config.train_first,
        "n_train": config.n_train,
        "batch_size": config.batch_size,
        "steps": config.schedule.steps,
        "hidden_units": "-".join(map(str, config.hidden_units)),
        "config": config.canonical(),
        "status": status,
        "message": message,
        "n_test": len(split.test_labels),
        **outcome,
        "run_id": uuid.uuid4().hex,
        "committed_at": None,
        "duration_s": time.perf_counter() - start,
        **asdict(provenance),
        "env_hash": provenance.env_hash(),
    }


def _start(job: Job) -> "tuple[Trainer, Split]":
    """Import TensorFlow, load the images, compile the programs and run them once."""
    os.environ.update(SETTINGS)
    from collect.train import Trainer

    arrays = datasets.load(job.dataset.path)
    if datasets.digest(arrays) != job.dataset.digest:
        raise DataError(f"data set {job.dataset.path} was changed while collecting: repeat the command")
    split = datasets.split(
        arrays,
        train_first=job.config.train_first,
        n_train=job.config.n_train,
        with_all_images=job.config.schedule.uses_all_images,
    )
    trainer = Trainer(job.config, split, measure=job.measure)
    trainer.run(0)
    return trainer, split


def _blocks(connection: Connection) -> Iterator[tuple[int, ...]]:
    while (message := connection.recv()) != STOP:
        yield message


def _train(
    connection: Connection,
    job: Job,
    seeds: Sequence[int],
    trainer: "Trainer",
    split: Split,
    provenance: Provenance,
) -> list[dict[str, object]]:
    """Train seeds until they are done, the parent says stop, or the parent is gone."""
    rows = []
    for seed in seeds:
        row = run_row(job, split, provenance, seed, trainer.run)
        rows.append(row)
        try:
            connection.send(Trained(seed, str(row["status"]), row["accuracy"]))  # type: ignore[arg-type]
            if connection.poll():  # a stop, or the end of the parent: `_blocks` reads which
                break
        except (BrokenPipeError, ConnectionResetError):
            break
    return rows


def _stamped(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    now = datetime.now(UTC)
    return [row | {"committed_at": now} for row in rows]


@contextmanager
def _held_stderr() -> Iterator[None]:
    """Keep back what TensorFlow's C++ code prints while it starts; replay it if the start fails."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
