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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path

from collect.errors import CollectError, UsageError
from collect.strategy.config import RunConfig
from collect.strategy.datasets import DatasetFile
from collect.strategy.files import read_toml
from collect.strategy.strategy import Strategy, configuration

KEYS = tuple(field.name for field in fields(Strategy))
NUMBERS = {"learning_rate": 0.0, "momentum": None, "weight_decay": None}  # what a number must be greater than
COUNTS = {"steps": 1, "batch_size": 1, "train_first": 0, "train_images": 1}  # and a count at least


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
    content = read_toml(path, "study")
    _only(content, ("runs", "first_seed", "measure", "strategies"), where)
    tables = content.get("strategies")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{where}: strategies are missing: give at least one [[strategies]] table")
    measure = content.get("measure", False)
    if not isinstance(measure, bool):
        raise UsageError(f"{where}: measure is {measure!r}, but is to be true or false")
    members = [
        member
        for n, table in enumerate(tables, start=1)
        for member in _members(table, path.parent, f"{where}: strategies table {n}")
    ]
    _refuse_repeats(members, where)
    return Study(
        members=tuple(members),
        first_seed=_count(content.get("first_seed", 0), f"{where}: first_seed", at_least=0),
        runs=_count(content.get("runs"), f"{where}: runs", at_least=1),
        measure=measure,
    )


def _members(table: Mapping[str, object], beside: Path, where: str) -> Iterator[Member]:
    """Yield a member for every combination of values."""
    _only(table, KEYS, where)
    if "schedule" not in table:
        raise UsageError(f"{where}: schedule is missing")
    choices = {key: value if isinstance(value, list) else [value] for key, value in table.items()}
    for values in product(*choices.values()):
        given = {key: _checked(key, value, where) for key, value in zip(choices, values, strict=True)}
        schedule = str(given["schedule"])
        if schedule.endswith(".toml"):
            given["schedule"] = str(beside / schedule)
        try:
            config, dataset = configuration(Strategy(**given))  # type: ignore[arg-type]
        except CollectError as error:
            error.args = (f"{where}: {error}",)
            raise
        label = [config.schedule.name, config.optimizer.name]
        label += [f"{key} {value}" for key, value in given.items() if key not in ("schedule", "optimizer")]
        yield Member(label=" · ".join(label), config=config, dataset=dataset)


def _checked(key: str, value: object, where: str) -> object:
    """Return a value of the type that its key needs."""
    if key in COUNTS:
        return _count(value, f"{where}: {key}", at_least=COUNTS[key])
    if key in NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(f"{where}: {key} is {value!r}, but is to be a number")
        above = NUMBERS[key]
        below = 1.0 if key == "momentum" else float("inf")
        if not ((value >= 0 if above is None else value > above) and value < below):
            bound = "at least 0" if above is None else f"greater than {above:g}"
            raise UsageError(f"{where}: {key} is {value!r}, but is to be {bound} and less than {below:g}")
        return float(value)
    if not isinstance(value, str):
        raise UsageError(f"{where}: {key} is {value!r}, but is to be a text in quotation marks")
    return value


def _count(value: object, where: str, *, at_least: int) -> int:
    if type(value) is not int or value < at_least:
        given = "missing" if value is None else f"{value!r}"
        raise UsageError(f"{where} is {given}, but is to be a whole number of at least {at_least}")
    return value


def _only(table: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise UsageError(f"{where}: unknown key '{key}': choose from {', '.join(known)}")


def _refuse_repeats(members: list[Member], where: str) -> None:
    seen: dict[str, str] = {}
    for member in members:
        if (config_hash := member.config.hash()) in seen:
            raise UsageError(
                f"{where}: '{member.label}' and '{seen[config_hash]}' are the same strategy: leave one out"
            )
        seen[config_hash] = member.label
