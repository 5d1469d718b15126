"""A study: a grid of strategies, each trained from the same seeds, described by a TOML file.

    runs = 500

    [[strategies]]
    schedule = ["joint", "staged"]

    [[strategies]]
    schedule = "joint"
    optimizer = ["adam", "lion"]

The keys of a `[[strategies]]` table are the fields of `strategy.Strategy`. A list stands for each of its
values; several lists for all their combinations. A schedule's `.toml` file is looked for beside the study.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from collect.errors import CollectError, UsageError
from collect.strategy.config import RunConfig
from collect.strategy.datasets import DatasetFile
from collect.strategy.strategy import Strategy, configuration
from collect.strategy.toml import FirstSeed, Runs, declared, read_toml

# Each is checked against its data set before the first is trained.
MOST_STRATEGIES = 1_000
Tables = Annotated[list[dict[str, Any]], Meta(min_length=1, description="at least one [[strategies]] table")]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFile:
    """The keys of a study's file."""

    runs: Runs
    first_seed: FirstSeed = 0
    measure: Annotated[bool, Meta(description="true or false")] = False
    strategies: Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One strategy of a study, ready to be trained."""

    label: str
    config: RunConfig
    dataset: DatasetFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Strategies, and the seeds that each is trained from.

    Attributes
    ----------
    measure
        Whether to measure what is measured on request only.
    """

    members: tuple[Member, ...]
    first_seed: int
    runs: int
    measure: bool


def read_study(path: Path) -> Study:
    """Read and check a study.

    Raises
    ------
    UsageError
        It is not a study that can be trained.
    DataError
        The file, or one that it names, cannot be used.
    """
    where = f"study {path}"
    told = declared(read_toml(path, "study"), StudyFile, where)
    n_members = sum(map(_n_members, told.strategies))
    if not 1 <= n_members <= MOST_STRATEGIES:
        raise UsageError(f"{where}: it asks for {n_members:,} strategies: give 1 to {MOST_STRATEGIES:,}")
    members = [
        member
        for n, table in enumerate(told.strategies, start=1)
        for member in _members(table, path.parent, f"{where}: strategies table {n}")
    ]
    _refuse_repeats(members, where)
    return Study(members=tuple(members), first_seed=told.first_seed, runs=told.runs, measure=told.measure)


def _n_members(table: Mapping[str, Any]) -> int:
    return math.prod(len(value) for value in table.values() if isinstance(value, list))


def _members(table: Mapping[str, Any], beside: Path, where: str) -> Iterator[Member]:
    """Yield a member for every combination of values."""
    choices = {key: value if isinstance(value, list) else [value] for key, value in table.items()}
    for values in product(*choices.values()):
        strategy = declared(dict(zip(choices, values, strict=True)), Strategy, where)
        label = [f"{key} {getattr(strategy, key)}" for key in choices if key not in ("schedule", "optimizer")]
        if strategy.schedule.endswith(".toml"):
            strategy = replace(strategy, schedule=str(beside / strategy.schedule))
        try:
            config, dataset = configuration(strategy)
        except CollectError as error:
            error.args = (f"{where}: {error}",)
            raise
        label = [config.schedule.name, config.optimizer.name, *label]
        yield Member(label=" · ".join(label), config=config, dataset=dataset)


def _refuse_repeats(members: list[Member], where: str) -> None:
    seen: dict[str, str] = {}
    for member in members:
        if (config_hash := member.config.hash()) in seen:
            raise UsageError(
                f"{where}: '{member.label}' and '{seen[config_hash]}' are the same strategy: leave one out"
            )
        seen[config_hash] = member.label
