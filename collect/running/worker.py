"""What a worker process does: train blocks of seeds, commit their rows, report them.

A worker imports TensorFlow; the parent never does. A block is trained a few seeds at a time and
committed at its end, or as far as it got when the parent asks to stop or is gone.
"""

import gc
import importlib
import os
import signal
import socket
import sys
import tempfile
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Protocol

from collect.errors import CollectError, DataError
from collect.running.messages import STOP, Broken, Committed, Event, Job, Ready, Trained
from collect.running.provenance import Provenance, collect_provenance
from collect.store import database
from collect.store.place import Place
from collect.store.present import Meanwhile
from collect.store.schema import DIVERGED, FAILED, OK, Run
from collect.strategy import datasets
from collect.strategy.datasets import Arrays, DatasetFile, Split
from collect.training.groups import groups
from collect.training.outcome import Diverged, Minimum


class Trainer(Protocol):
    """What trains: made of a configuration, a split and `measure`, as `collect.training.trainer.Trainer`."""

    @property
    def device(self) -> str:
        """The device that trains."""

    @property
    def together(self) -> int:
        """How many networks are trained at once; see `together`."""

    def compile(self) -> None:
        """Do what takes long the first time."""

    def run_together(self, seeds: Sequence[int]) -> Sequence[Minimum | Diverged]:
        """Train networks and return the minima that they reached, where they reached one."""


# One thread, and TensorFlow's own kernels: both settings can change the rounding of a result.
SETTINGS = {
    "KERAS_BACKEND": "tensorflow",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
# Keras imports these where they are installed, for half a second, and needs neither to train.
NOT_NEEDED = ("matplotlib", "pandas")
Train = Callable[[Sequence[int]], Sequence[Minimum | Diverged]]


def main(connection: Connection, job: Job) -> None:
    """Serve blocks that come through the connection until it says stop or closes."""
    for interruption in (signal.SIGINT, signal.SIGTERM):  # the parent decides what these mean
        signal.signal(interruption, signal.SIG_IGN)
    try:
        with _held_stderr(), _garbage_kept():
            trainer, split = _start(job)
        provenance = collect_provenance(f"{trainer.device}; 1 thread; oneDNN off")
        others = Meanwhile(job.db, job.config.hash(), without_failed=job.retry_failed)
        connection.send(Ready())
        for seeds in _blocks(connection):
            before = others.trained(seeds)
            runs = _train(connection, job, [s for s in seeds if s not in before], trainer, split, provenance)
            connection.send(_commit(job.db, runs, others, before))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent is gone; what was finished is committed
    except CollectError as error:
        _say(connection, Broken(str(error), error.exit_code))
    except Exception:
        _say(connection, Broken(traceback.format_exc(), None))


def _commit(db: Place, runs: list[Run], others: Meanwhile, before: set[int]) -> Committed:
    """Commit what nobody else has committed while it was trained here.

    That happens where a block was given to another worker because this one seemed to be dead.
    """
    late = others.trained([run.seed for run in runs]) if runs else set()
    now = datetime.now(UTC)
    kept = [replace(run, committed_at=now) for run in runs if run.seed not in late]
    if kept:
        database.append(db, kept)
    return Committed(tuple(run.seed for run in kept), tuple(sorted(before)), tuple(sorted(late)))


def _say(connection: Connection, event: Event) -> None:
    with suppress(OSError):  # nobody is there to hear it
        connection.send(event)


def trained_runs(
    job: Job, split: Split, provenance: Provenance, seeds: Sequence[int], train: Train
) -> list[Run]:
    """Train seeds together and return their rows, whatever happens: `ok`, `diverged` or `failed`.

    Where an error ends several, each is trained by itself, so that only those have failed that fail alone.
    """
    start = time.perf_counter()
    results: Sequence[Minimum | Diverged | Exception]
    try:
        results = train(seeds)
    except Exception as error:
        if len(seeds) > 1:
            return [trained_runs(job, split, provenance, [seed], train)[0] for seed in seeds]
        results = [error]
    duration_s, n_test = (time.perf_counter() - start) / len(seeds), len(split.test_labels)
    return [
        _run(job, provenance, seed, result, n_test=n_test, duration_s=duration_s)
        for seed, result in zip(seeds, results, strict=True)
    ]


def _run(
    job: Job, who: Provenance, seed: int, result: Minimum | Diverged | Exception, *, n_test: int,
    duration_s: float,
) -> Run:  # fmt: skip
    config = job.config
    status, message = OK, None
    if isinstance(result, Diverged):
        status, message = DIVERGED, result.reason
    elif isinstance(result, Exception):
        status, message = FAILED, f"{type(result).__name__}: {result}"[:2000]
    run = Run(
        config_hash=config.hash(), seed=seed, schedule=config.schedule.name, optimizer=config.optimizer.name,
        learning_rate=config.learning_rate, dataset=job.dataset.name, train_first=config.train_first,
        n_train=config.n_train, batch_size=config.batch_size, steps=config.schedule.steps,
        hidden_units="-".join(map(str, config.hidden_units)), config=config.canonical(), status=status,
        message=message, n_test=n_test, run_id=uuid.uuid4().hex, committed_at=datetime.now(UTC),
        duration_s=duration_s, package_version=who.package_version, git_commit=who.git_commit,
        git_dirty=who.git_dirty, python=who.python, tensorflow=who.tensorflow, numpy=who.numpy,
        platform=who.platform, cpu=who.cpu, device=who.device, env_hash=who.env_hash(),
    )  # fmt: skip
    if not isinstance(result, Minimum):
        return run
    return replace(
        run, accuracy=result.accuracy, test_loss=result.test_loss, train_accuracy=result.train_accuracy,
        train_loss=result.train_loss, gradient_norm=result.gradient_norm,
        accuracy_head1=result.accuracy_head1, accuracy_head2=result.accuracy_head2, errors=result.errors,
        sharpness=result.sharpness, parameter_norm=result.parameter_norm, distance=result.distance,
    )  # fmt: skip


def _start(job: Job) -> tuple[Trainer, Split]:
    """Import TensorFlow, load the images and compile the programs."""
    os.environ.update(SETTINGS)
    module, _, name = job.trainer.partition(":")
    with _hidden(NOT_NEEDED):
        make_trainer = getattr(importlib.import_module(module), name)
    arrays = _load(job.dataset)
    split = datasets.split(
        arrays,
        train_first=job.config.train_first,
        n_train=job.config.n_train,
        with_all_images=job.config.schedule.uses_all_images,
    )
    trainer: Trainer = make_trainer(job.config, split, measure=job.measure)
    trainer.compile()
    return trainer, split


def _load(planned: DatasetFile) -> Arrays:
    """Load the data set that was planned with; on another machine it may lie in another place."""
    path, host = planned.path, socket.gethostname()
    if not path.exists():
        if planned.name not in datasets.DATASETS:
            raise DataError(f"data set {path} is not on {host}: copy the file to this path on all machines")
        path = datasets.resolve(planned.name).path
    arrays = datasets.load(path)
    if datasets.digest(arrays) != planned.digest:
        raise DataError(
            f"data set {path} on {host} is not the one that was planned with: "
            "repeat the command, and see that all machines have the same file"
        )
    return arrays


def _blocks(connection: Connection) -> Iterator[tuple[int, ...]]:
    while (message := connection.recv()) != STOP:
        yield message


def _train(
    connection: Connection,
    job: Job,
    seeds: Sequence[int],
    trainer: Trainer,
    split: Split,
    provenance: Provenance,
) -> list[Run]:
    """Train seeds until they are done, the parent says stop, or the parent is gone."""
    runs = []
    for group in groups(seeds, trainer.together):
        new = trained_runs(job, split, provenance, group, trainer.run_together)
        runs += new
        try:
            for run in new:
                connection.send(Trained(run.seed, run.status, run.accuracy, run.duration_s or 0.0))
            if connection.poll():  # a stop, or the end of the parent: `_blocks` reads which
                break
        except (BrokenPipeError, ConnectionResetError):
            break
    return runs


@contextmanager
def _hidden(packages: Sequence[str]) -> Iterator[None]:
    """Make packages that nobody has imported yet seem not to be installed."""
    hidden = dict.fromkeys(set(packages) - sys.modules.keys())
    sys.modules.update(hidden)  # type: ignore[arg-type]  # None means just that
    try:
        yield
    finally:
        for package in hidden:
            del sys.modules[package]


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Make no search for garbage among what is made here: that took a quarter of TensorFlow's import."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


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
