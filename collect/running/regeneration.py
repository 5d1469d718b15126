"""Which runs were lost with damaged segments, and the `collect` commands that train them again.

What a segment held is told by its columns, as far as they can still be read, or else by its name. A
command is only given if its options make exactly the configuration that was lost.
"""

import json
import shlex
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any

from collect.errors import CollectError, UsageError
from collect.store import seeds
from collect.store.place import Place
from collect.store.remains import Held, Known, Left, Remains, read_left
from collect.store.seeds import Range
from collect.strategy import datasets
from collect.strategy.config import BATCH_SIZE, HIDDEN_UNITS, N_TRAIN, TRAIN_FIRST, RunConfig
from collect.strategy.files import one_line, schedule_of
from collect.strategy.optimizers import OPTIMIZERS, Optimizer, with_options
from collect.strategy.schedules import SCHEDULES, Schedule, with_last_steps
from collect.strategy.strategy import parse_units

# What `collect` takes where an option is left out.
DB, OPTIMIZER, DATASET = "data/runs", "sgd", "mnist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Runs of one configuration that are in no segment any more.

    Attributes
    ----------
    config_hash, n_rows, is_exact
        As in `Held`.
    known
        The configuration, if a row or the defaults of `collect` tell it.
    ranges
        The seeds, none of which has a run that counts.
    retry_failed
        Whether a failed run of one of these seeds is left, so that only `--retry-failed` trains it.
    """

    config_hash: str
    known: Known | None
    ranges: tuple[Range, ...]
    n_rows: int | None
    is_exact: bool
    retry_failed: bool = False

    @property
    def n_seeds(self) -> int:
        """Number of seeds in `ranges`."""
        return sum(last - first + 1 for first, last in self.ranges)

    @property
    def at_most(self) -> int:
        """The number of runs that were lost, or a bound of it if `is_exact` is false."""
        if self.n_rows is None:
            return self.n_seeds
        return min(self.n_seeds, self.n_rows) if self.config_hash else self.n_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Regeneration:
    """How to train lost runs again.

    Attributes
    ----------
    schedule
        Name of the training schedule.
    commands
        One for each range of seeds.
    remark
        What the commands leave open, or None.
    """

    schedule: str
    commands: tuple[str, ...]
    remark: str | None


def losses(db: Place, remains: Remains) -> list[Loss]:
    """Return what the damaged segments held and no other segment holds; ask when they are away."""
    left = read_left(db, tuple({held.config_hash for held in remains.held} - {""}))
    known = _defaults() | left.known | remains.known
    by_config: dict[tuple[str, bool], list[Held]] = defaultdict(list)
    for held in remains.held:
        by_config[_whole_hash(held.config_hash, known), bool(held.ranges)].append(held)
    found = [
        _loss(config, parts, known.get(config), left) for (config, _), parts in sorted(by_config.items())
    ]
    return [loss for loss in found if loss is not None]


def regeneration(loss: Loss, db: str) -> Regeneration | None:
    """Return how to train what was lost, or None if no options of `collect` give the configuration."""
    config = _run_config(loss.known.config) if loss.known is not None else None
    if config is None or loss.known is None:
        return None
    dataset = _dataset(config.dataset_digest, loss.known.dataset)
    file = dataset or f"{loss.known.dataset or 'data_set'}.npz"
    own = None if config.schedule.name in SCHEDULES else f"{config.schedule.name}.toml"
    settings = _settings(config) | {"--dataset": (file, DATASET), "--db": (db, DB)}
    options = [word for name, (v, default) in settings.items() if v != default for word in (name, str(v))]
    options += ["--retry-failed"] * loss.retry_failed
    remarks = [f"{own} is to hold: {one_line(config.schedule)}"] if own else []
    remarks += [] if dataset else [f"{file} is to be the data set with digest {config.dataset_digest}"]
    return Regeneration(
        schedule=config.schedule.name,
        commands=tuple(_command(own or config.schedule.name, one, options) for one in loss.ranges),
        remark="; ".join(remarks) or None,
    )


def _settings(config: RunConfig) -> dict[str, tuple[object, object]]:
    """Return the options of `collect` that give a configuration, each with what it is if left out."""
    built_in, default = SCHEDULES.get(config.schedule.name), OPTIMIZERS[config.optimizer.name]
    options = config.optimizer.options
    steps = config.schedule.stages[-1].steps
    return {
        "--optimizer": (config.optimizer.name, OPTIMIZER),
        "--learning-rate": (config.learning_rate, config.optimizer.learning_rate),
        "--momentum": (options.get("momentum"), default.options.get("momentum")),
        "--weight-decay": (options.get("weight_decay"), default.options.get("weight_decay")),
        "--steps": (steps, built_in.stages[-1].steps if built_in else steps),
        "--batch-size": (config.batch_size, BATCH_SIZE),
        "--hidden-units": ("-".join(map(str, config.hidden_units)), "-".join(map(str, HIDDEN_UNITS))),
        "--train-first": (config.train_first, TRAIN_FIRST),
        "--train-images": (config.n_train, N_TRAIN),
    }


def _command(schedule: str, one: Range, options: Sequence[str]) -> str:
    first, last = one
    words = ["collect", "--schedule", schedule, "--runs", str(last - first + 1)]
    return shlex.join([*words, *(["--first-seed", str(first)] if first else []), *options])


def _run_config(canonical: str) -> RunConfig | None:
    """Return what `collect` would be asked to get exactly this canonical JSON, or None if it cannot."""
    try:
        content = json.loads(canonical)
        config = RunConfig(
            schedule=_schedule(content["schedule"]),
            optimizer=_optimizer(content["optimizer"]["class"], content["optimizer"]["options"]),
            learning_rate=content["learning_rate"],
            dataset_digest=content["dataset"],
            train_first=content["train_first"],
            n_train=content["n_train"],
            batch_size=content["batch_size"],
            hidden_units=parse_units("-".join(map(str, content["hidden_units"]))),
        )
        # Not so for a schedule that was another one under this name.
        return config if config.canonical() == canonical else None
    except (ValueError, KeyError, TypeError, StopIteration, RecursionError, UsageError):
        return None


def _schedule(told: dict[str, Any]) -> Schedule:
    """Return the built-in schedule of this name, as long as was told, or the one that was told."""
    name, stages = told["name"], told["stages"]
    if name in SCHEDULES:
        return with_last_steps(SCHEDULES[name], stages[-1]["steps"])
    tables = [{key: value for key, value in stage.items() if key != "loss"} for stage in stages]
    return schedule_of({"stages": tables}, name=name, where="config")


def _optimizer(keras_class: str, options: dict[str, float | bool]) -> Optimizer:
    """Return the optimizer of this class and these options, one of which may be no default."""
    of_class = [one for one in OPTIMIZERS.values() if one.keras_class == keras_class]
    exact = [one for one in of_class if dict(one.options) == options]
    changed = (
        with_options(
            one,
            momentum=options.get("momentum") if "momentum" in one.options else None,
            weight_decay=options.get("weight_decay"),
        )
        for one in of_class
    )
    return next(one for one in (*exact, *changed) if dict(one.options) == options)


def _dataset(digest: str, called: str | None) -> str | None:
    """Return the name of the data set with this digest, or None if it came from a file."""
    for name, dataset in datasets.DATASETS.items():
        # One that has to be fetched is only looked at if the runs say that they used it.
        if name == called or (dataset.packaged is not None and dataset.packaged.is_file()):
            with suppress(CollectError):
                if datasets.resolve(name).digest == digest:
                    return name
    return None


def _defaults() -> dict[str, Known]:
    """Return the configurations that `collect` has where only schedule and optimizer are given."""
    known = {}
    for name, dataset in datasets.DATASETS.items():
        if dataset.packaged is None or not dataset.packaged.is_file():
            continue
        digest = datasets.resolve(name).digest
        for schedule, optimizer in product(SCHEDULES.values(), OPTIMIZERS.values()):
            rate = optimizer.learning_rate
            config = RunConfig(
                schedule=schedule, optimizer=optimizer, learning_rate=rate, dataset_digest=digest
            )
            known[config.hash()] = Known(config=config.canonical(), dataset=name)
    return known


def _whole_hash(start: str, known: Iterable[str]) -> str:
    """Return the only hash that begins so, or what was given."""
    whole = [config_hash for config_hash in known if start and config_hash.startswith(start)]
    return whole[0] if len(whole) == 1 else start


def _loss(config_hash: str, parts: Sequence[Held], known: Known | None, left: Left) -> Loss | None:
    """Return which of the runs that damaged segments held are nowhere else, or None if all are."""
    held = seeds.merged(one for part in parts for one in part.ranges)
    ranges = seeds.without(held, left.trained.get(config_hash, ()))
    if held and not ranges:
        return None
    counts = [part.n_rows for part in parts if part.n_rows is not None]
    return Loss(
        config_hash=config_hash,
        known=known,
        ranges=tuple(ranges),
        n_rows=sum(counts) if len(counts) == len(parts) else None,
        is_exact=all(part.is_exact for part in parts),
        retry_failed=seeds.without(ranges, left.failed.get(config_hash, ())) != ranges,
    )
