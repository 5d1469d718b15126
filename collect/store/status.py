"""What is in a run database, by configuration: from its segments alone, while others write and compact."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collect.errors import CollectError
from collect.store import database, segment
from collect.store.compaction import LARGE_FILE, LARGE_ROWS
from collect.store.place import Place
from collect.store.schema import DIVERGED, FAILED, OK, SCHEMA

# What a person calls a configuration
DESCRIPTION = ["schedule", "optimizer", "learning_rate", "dataset"]
# A longer value of a setting says nothing to a person.
MAX_SHORT = 20
COLUMNS = [*database.KEY, *database.DECIDING, "accuracy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The runs of one configuration; of several rows of a run, the one that counts.

    Attributes
    ----------
    config_hash, schedule, optimizer, learning_rate, dataset
        As in the run table.
    differing
        What tells it from others that have these in common: settings, or the first digits of the hash.
    n_ok, n_diverged, n_failed
        Runs of each status.
    seeds
        Seeds of all runs, shape (n_runs,), sorted.
    mean, sd
        Of the accuracy of ok runs; nan if there are none, or (sd) fewer than two.
    last_commit
        When the latest row was committed, also if it does not count.
    """

    config_hash: str
    schedule: str
    optimizer: str | None
    learning_rate: float | None
    dataset: str | None
    differing: str
    n_ok: int
    n_diverged: int
    n_failed: int
    seeds: npt.NDArray[np.int64]
    mean: float
    sd: float
    last_commit: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a run database holds.

    Attributes
    ----------
    configurations
        In the order of schedule, optimizer, data set, learning rate.
    n_runs
        Different runs, of any status.
    n_repeats
        Rows of runs that another row stands for.
    n_segments, n_bytes
        Visible segments and their size, the unreadable ones included.
    n_superfluous
        Small segments that `collect compact` would merge into others, about.
    unreadable
        Errors of the segments that could not be read.
    """

    configurations: tuple[Configuration, ...]
    n_runs: int
    n_repeats: int
    n_segments: int
    n_bytes: int
    n_superfluous: int
    unreadable: tuple[CollectError, ...]


def read_status(db: Place) -> Status:
    """Count what is in a database; segments that cannot be read are passed over and named.

    Raises
    ------
    DataError, RunError
        The place cannot be listed.
    """
    unreadable: list[CollectError] = []
    tables: list[pa.Table] = []
    seen: dict[str, _Seen] = {}
    for name, table in database.scan(db, (*COLUMNS, *DESCRIPTION), unreadable=unreadable):
        for config_hash in pc.unique(table["config_hash"]).to_pylist():
            if config_hash not in seen:
                row = pc.index(table["config_hash"], config_hash).as_py()
                seen[config_hash] = _Seen(name, **table.select(DESCRIPTION).slice(row, 1).to_pylist()[0])
        tables.append(table.select(COLUMNS))
    sizes = {name: size for name, size in db.sizes().items() if name.endswith(segment.ENDING)}
    rows = pa.concat_tables(tables) if tables else SCHEMA.empty_table().select(COLUMNS)
    runs = database.first_successes(rows)
    n_rows = pc.count_distinct(rows["run_id"]).as_py() if len(runs) < len(rows) else len(rows)
    return Status(
        configurations=tuple(_configurations(db, rows, runs, seen)),
        n_runs=len(runs),
        n_repeats=n_rows - len(runs),
        n_segments=len(sizes),
        n_bytes=sum(sizes.values()),
        n_superfluous=_n_superfluous(sizes),
        unreadable=tuple(unreadable),
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where the first row of a configuration was found, and what it says."""

    segment: str
    schedule: str
    optimizer: str | None
    learning_rate: float | None
    dataset: str | None

    def description(self) -> tuple[object, ...]:
        return self.schedule, self.optimizer, self.learning_rate, self.dataset


def _configurations(
    db: Place, rows: pa.Table, runs: pa.Table, seen: Mapping[str, _Seen]
) -> Iterator[Configuration]:
    """Yield every configuration, in the order of what a person knows of it."""
    latest = rows.group_by("config_hash").aggregate([("committed_at", "max")])
    last_commit = dict(
        zip(latest["config_hash"].to_pylist(), latest["committed_at_max"].to_pylist(), strict=True)
    )
    parts = dict(_by_config(runs))
    differing = _differing(db, seen)
    for config_hash in sorted(seen, key=lambda one: _familiar(seen[one], differing[one])):
        found, part = seen[config_hash], parts[config_hash]
        n = {count["values"]: count["counts"] for count in pc.value_counts(part["status"]).to_pylist()}
        accuracy = part["accuracy"].filter(pc.equal(part["status"], OK)).drop_null().to_numpy()
        yield Configuration(
            config_hash=config_hash,
            schedule=found.schedule,
            optimizer=found.optimizer,
            learning_rate=found.learning_rate,
            dataset=found.dataset,
            differing=differing[config_hash],
            n_ok=n.get(OK, 0),
            n_diverged=n.get(DIVERGED, 0),
            n_failed=n.get(FAILED, 0),
            seeds=part["seed"].to_numpy(),
            mean=float(accuracy.mean()) if len(accuracy) else math.nan,
            sd=float(accuracy.std(ddof=1)) if len(accuracy) > 1 else math.nan,
            last_commit=last_commit[config_hash],
        )


def _familiar(found: _Seen, differing: str) -> tuple[str, str, str, float, str]:
    """Return the order in which a person expects configurations."""
    rate = -math.inf if found.learning_rate is None else found.learning_rate
    return found.schedule, found.optimizer or "", found.dataset or "", rate, differing


def _by_config(runs: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of each configuration; they lie together."""
    start = 0
    for count in pc.value_counts(runs["config_hash"]).to_pylist():
        yield count["values"], runs.slice(start, count["counts"])
        start += count["counts"]


def _differing(db: Place, seen: Mapping[str, _Seen]) -> dict[str, str]:
    """Return what tells configurations apart that look the same: settings, or else digits of the hash."""
    alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for config_hash, one in seen.items():
        alike[one.description()].append(config_hash)
    texts = dict.fromkeys(seen, "")
    for hashes in alike.values():
        if len(hashes) > 1:
            texts |= tell_apart(
                _settings(db, {config_hash: seen[config_hash].segment for config_hash in hashes})
            )
    return texts


def tell_apart(settings: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Return the settings that are not the same for all, as a text for each configuration.

    Examples
    --------
    >>> tell_apart({"a0": {"n_train": 500, "steps": 9}, "b1": {"n_train": 1000, "steps": 9}})
    {'a0': 'n_train=500', 'b1': 'n_train=1000'}
    """
    names = sorted({name for one in settings.values() for name in one})
    names = [name for name in names if len({repr(one.get(name)) for one in settings.values()}) > 1]
    texts = {
        config_hash: ", ".join(f"{name}={one[name]}" for name in names if name in one)
        for config_hash, one in settings.items()
    }
    counts = Counter(texts.values())
    return {
        config_hash: text if text and counts[text] == 1 else f"config={config_hash[:8]}"
        for config_hash, text in texts.items()
    }


def _settings(db: Place, segments: Mapping[str, str]) -> dict[str, Mapping[str, object]]:
    """Return settings of configurations, as far as they are short and can be read, from these segments."""
    settings: dict[str, Mapping[str, object]] = {config_hash: {} for config_hash in segments}
    for name in sorted(set(segments.values())):
        try:
            table = database.read_segment(db, name, ["config_hash", "config"])
        except (FileNotFoundError, CollectError):  # compacted meanwhile: the hash will do
            continue
        for config_hash in (one for one, where in segments.items() if where == name):
            config = table["config"][pc.index(table["config_hash"], config_hash).as_py()].as_py()
            settings[config_hash] = short_settings(config)
    return settings


def short_settings(config: str) -> dict[str, object]:
    """Return what a configuration's canonical JSON states, as far as it is short.

    Examples
    --------
    >>> short_settings('{"n_train": 500, "hidden_units": [9, 5], "schedule": {"stages": [{"steps": 20}]}}')
    {'n_train': 500, 'hidden_units': '9-5', 'steps': 20}
    """
    try:
        told = msgspec.json.decode(config, type=dict[str, Any])
        if isinstance(told.get("hidden_units"), list):
            told["hidden_units"] = "-".join(map(str, told["hidden_units"]))
        with suppress(KeyError, TypeError):
            told["steps"] = sum(stage["steps"] for stage in told["schedule"]["stages"])
        return {
            name: value
            for name, value in told.items()
            if isinstance(value, str | int | float) and len(str(value)) <= MAX_SHORT
        }
    except (msgspec.MsgspecError, ValueError, RecursionError):  # no JSON that `collect` writes
        return {}


def _n_superfluous(sizes: Mapping[str, int]) -> int:
    """Return how many segments fewer there might be after a compaction."""
    owners = []
    for name, size in sizes.items():
        label = segment.parse_name(name)
        if size < LARGE_FILE and (label is None or label.n_rows < LARGE_ROWS):
            owners.append(label.config if label else segment.MIXED)
    return len(owners) - len(set(owners))
