"""A strategy as it is asked for, by names and numbers, and the configuration that it means."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from collect.errors import UsageError, unknown_name
from collect.strategy import datasets
from collect.strategy.config import BATCH_SIZE, HIDDEN_UNITS, N_TRAIN, TRAIN_FIRST, RunConfig
from collect.strategy.datasets import DatasetFile
from collect.strategy.files import read_schedule
from collect.strategy.optimizers import OPTIMIZERS, with_options
from collect.strategy.schedules import DEPTH, MOST_STEPS, SCHEDULES, Schedule, with_last_steps
from collect.strategy.toml import LARGEST, Positive, Text, Whole

MOST_UNITS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """What may be asked for; the fields are options of the command line and keys of a study.

    Attributes
    ----------
    schedule
        The name of a schedule, or the path of a TOML file that describes one.
    learning_rate, train_first, train_images, batch_size
        None for the default.
    steps
        Steps of the schedule's last stage, None for its own; drops of the learning rate move along.
    momentum, weight_decay
        Options of the optimizer, None for its own.
    hidden_units
        Units of the three hidden layers, joined by hyphens; None for 100-100-100.
    """

    schedule: Text
    optimizer: Text = "sgd"
    learning_rate: Annotated[float, Meta(gt=0, le=LARGEST, description="a number greater than 0")] | None = (
        None
    )
    momentum: (
        Annotated[float, Meta(ge=0, lt=1, description="a number of at least 0 and less than 1")] | None
    ) = None
    weight_decay: Annotated[float, Meta(ge=0, le=LARGEST, description="a number of at least 0")] | None = None
    steps: Positive | None = None
    batch_size: Positive | None = None
    hidden_units: Text | None = None
    dataset: Text = "mnist"
    train_first: Whole | None = None
    train_images: Positive | None = None


def configuration(strategy: Strategy) -> tuple[RunConfig, DatasetFile]:
    """Check what is asked for, find the data set and return what is to be trained on what.

    Raises
    ------
    UsageError
        A name is unknown, or options do not go together.
    DataError
        The data set or the schedule's file cannot be used.
    """
    if strategy.optimizer not in OPTIMIZERS:
        raise unknown_name("optimizer", strategy.optimizer, list(OPTIMIZERS))
    own = OPTIMIZERS[strategy.optimizer]
    optimizer = with_options(own, momentum=strategy.momentum, weight_decay=strategy.weight_decay)
    schedule = named_schedule(strategy.schedule)
    if strategy.steps is not None:
        schedule = with_last_steps(schedule, strategy.steps)
    if schedule.steps > MOST_STEPS:
        raise UsageError(
            f"schedule {schedule.name} has {schedule.steps:,} steps in all: give at most {MOST_STEPS:,}"
        )
    units = HIDDEN_UNITS if strategy.hidden_units is None else parse_units(strategy.hidden_units)
    found = datasets.resolve(strategy.dataset)
    config = RunConfig(
        schedule=schedule,
        optimizer=optimizer,
        learning_rate=own.learning_rate if strategy.learning_rate is None else strategy.learning_rate,
        dataset_digest=found.digest,
        train_first=TRAIN_FIRST if strategy.train_first is None else strategy.train_first,
        n_train=N_TRAIN if strategy.train_images is None else strategy.train_images,
        batch_size=BATCH_SIZE if strategy.batch_size is None else strategy.batch_size,
        hidden_units=units,
    )
    datasets.check_split(found, config)
    return config, found


def named_schedule(name: str) -> Schedule:
    """Return a built-in schedule, or that of a TOML file.

    Raises
    ------
    UsageError
        There is no such schedule.
    """
    if name in SCHEDULES:
        return SCHEDULES[name]
    if name.endswith(".toml"):
        return read_schedule(Path(name))
    raise UsageError(
        f"unknown schedule '{name}': choose one of {', '.join(SCHEDULES)} (see `collect list`), or give the "
        "path of a .toml file"
    )


def parse_units(text: str) -> tuple[int, ...]:
    """Return the units of the hidden layers.

    Raises
    ------
    UsageError
        They are not as many whole numbers as there are hidden layers.

    Examples
    --------
    >>> parse_units("100-50-20")
    (100, 50, 20)
    """
    words = text.split("-")
    if len(words) != DEPTH or not all(map(_is_number_of_units, words)):
        raise UsageError(
            f"hidden units '{text}' are to be {DEPTH} whole numbers joined by hyphens, each from 1 to "
            f"{MOST_UNITS}, such as 100-100-100"
        )
    return tuple(map(int, words))


def _is_number_of_units(word: str) -> bool:
    return word.isdecimal() and len(word) <= len(str(MOST_UNITS)) and 1 <= int(word) <= MOST_UNITS
