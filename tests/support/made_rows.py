"""Rows that no network was trained for, as `collect` would write them: every value is possible."""

import hashlib
import json
import random
import uuid
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from collect.store.schema import Run

N_TEST = 50


def config_of(schedule: str = "made", **settings) -> str:
    return json.dumps({"schedule": schedule, **settings}, sort_keys=True, separators=(",", ":"))


# What a run that has reached no minimum lacks
UNMEASURED = {f.name: None for f in fields(Run) if f.default is None}


def hash_of(config: str) -> str:
    return hashlib.blake2b(config.encode(), digest_size=16).hexdigest()


def make_row(seed: int, schedule: str = "made", **changes) -> Run:
    """Return a row whose outcome depends on schedule and seed alone; run_id and time are new each time."""
    config = config_of(schedule)
    draw = random.Random(f"{schedule} {seed}")
    errors = bytes(draw.choice([0, 0, 0, 0, 3]) for _ in range(N_TEST))
    errors = changes.get("errors") or errors  # which decide the accuracy
    row = {
        "config_hash": hash_of(config),
        "seed": seed,
        "schedule": schedule,
        "optimizer": "sgd",
        "learning_rate": 0.01,
        "dataset": "mnist",
        "train_first": 5000,
        "n_train": 1000,
        "batch_size": 50,
        "steps": 1000,
        "hidden_units": "100-100-100",
        "config": config,
        "status": "ok",
        "message": None,
        "accuracy": errors.count(0) / len(errors),
        "n_test": len(errors),
        "test_loss": draw.random(),
        "train_accuracy": 1.0,
        "train_loss": draw.random() / 100,
        "gradient_norm": draw.random(),
        "accuracy_head1": 0.1,
        "accuracy_head2": 0.1,
        "errors": errors,
        "run_id": uuid.uuid4().hex,
        "committed_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_of(seed)),
        "duration_s": 0.25,
        "package_version": "0.1.0",
        "git_commit": None,
        "git_dirty": None,
        "python": "3.11.7",
        "tensorflow": "2.21.0",
        "numpy": "2.3.0",
        "platform": "Linux x86_64",
        "cpu": "made",
        "device": "CPU:0; products 0123456789abcdef",
        "env_hash": hash_of("made"),
    }
    outcome = UNMEASURED if changes.get("status", "ok") != "ok" else {}
    return Run(**{**row, **outcome, **changes})


def runs_of(table: pa.Table) -> list[Run]:
    """Return what was read as what was written."""
    return [Run(**row) for row in table.to_pylist()]


def time_of(seed: int) -> int:
    return seed * 1000
