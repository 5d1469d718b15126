"""A training schedule of one's own, from a TOML file.

    summary = "layer 1 without labels, then everything"

    [[stages]]
    objective = "reconstruct"
    depth = 1
    steps = 200
    rate_factors = [[0, 0.1]]

    [[stages]]
    depth = 3
    steps = 1000
    rate_factors = [[0, 1.0], [750, 0.3]]

A stage's keys are the fields of `schedules.Stage`; `depth` and `steps` must be given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, get_args

from msgspec import Meta

from collect.errors import UsageError
from collect.strategy.schedules import (
    ALL,
    CLASSIFY,
    DEPTH,
    MOST_PARTS,
    RECONSTRUCT,
    SCHEDULES,
    PartName,
    Schedule,
    Stage,
)
from collect.strategy.toml import Text, declared, read_toml, shown, unfit

Name = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}\Z",
        description="letters, digits, '.', '_' and '-', at most 60",
    ),
]
Tables = Annotated[
    list[dict[str, Any]],
    Meta(
        min_length=1,
        max_length=MOST_PARTS,
        description=f"at least one [[stages]] table and at most {MOST_PARTS}",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleFile:
    """The keys of a schedule's file."""

    name: Name
    summary: Text = ""
    stages: Tables


def read_schedule(path: Path) -> Schedule:
    """Read and check a schedule; without a `name` it is called as the file.

    Raises
    ------
    DataError
        There is no such file, or it is no TOML.
    UsageError
        It is not a schedule that can be trained.
    """
    where = f"schedule file {path}"
    told = declared({"name": path.stem} | read_toml(path, "schedule file"), ScheduleFile, where)
    if told.name in SCHEDULES:
        raise UsageError(f"{where}: '{told.name}' is the name of a built-in schedule: give another `name`")
    stages = tuple(_stage(table, f"{where}: stage {n}") for n, table in enumerate(told.stages, start=1))
    if not any(stage.objective == CLASSIFY and stage.depth == DEPTH for stage in stages):
        raise UsageError(
            f"{where}: no stage trains head {DEPTH}, which is measured: add one of depth {DEPTH}"
        )
    return Schedule(name=told.name, summary=told.summary, stages=stages)


def _stage(table: Mapping[str, object], where: str) -> Stage:
    """Return a stage whose values fit together."""
    stage = declared(table, Stage, where)
    depth, starts = stage.depth, [first for first, _ in stage.rate_factors]
    if not starts or starts[0] or starts[-1] >= stage.steps or any(a >= b for a, b in pairwise(starts)):
        raise UsageError(
            f"{where}: rate_factors is {shown(table['rate_factors'])}, but its first steps are to begin with "
            f"0, to increase, and to be less than the stage's {stage.steps} steps"
        )
    if any(layer > depth for layer in stage.layers or ()):
        raise unfit(table, "layers", f"a list of layers from 1 to the depth, {depth}", where)
    if stage.objective == RECONSTRUCT and "layers" in table:
        raise UsageError(f"{where}: an autoencoder trains layer {depth} only: leave `layers` out")
    if stage.objective == CLASSIFY and stage.corruption:
        raise UsageError(f"{where}: corruption is for objective = '{RECONSTRUCT}' only")
    if stage.objective == CLASSIFY and stage.images == ALL:
        raise UsageError(
            f"{where}: images = '{ALL}' have no labels here, so objective is to be '{RECONSTRUCT}'"
        )
    layers = tuple(sorted(set(stage.layers or ())))
    every = stage.layers is None or layers == tuple(range(1, depth + 1))
    in_order = tuple(part for part in get_args(PartName) if part in stage.reset)
    return replace(stage, layers=None if every else layers, reset=in_order)
