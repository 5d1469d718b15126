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

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

from collect.errors import DataError, UsageError
from collect.strategy.schedules import ALL, CLASSIFY, DEPTH, LABELLED, RECONSTRUCT, SCHEDULES, Schedule, Stage

KEYS = tuple(field.name for field in fields(Stage))
PARTS = tuple(f"{kind}{k}" for kind in ("layer", "head") for k in range(1, DEPTH + 1))
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def read_schedule(path: Path) -> Schedule:
    """Read and check a schedule; without a `name` it is called as the file.

    Raises
    ------
    DataError
        There is no such file, or it is no TOML.
    UsageError
        It is not a schedule that can be trained.
    """
    return schedule_of(read_toml(path, "schedule file"), name=path.stem, where=f"schedule file {path}")


def read_toml(path: Path, kind: str) -> dict[str, object]:
    """Read a TOML file.

    Raises
    ------
    DataError
        There is no such file, or it is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{kind} {path}: no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{kind} {path} cannot be read as TOML: {error}") from error


def schedule_of(content: Mapping[str, object], *, name: str, where: str) -> Schedule:
    """Return the schedule that a TOML document describes.

    Parameters
    ----------
    name
        What it is called if it does not say.
    where
        What messages begin with.

    Raises
    ------
    UsageError
        It is not a schedule that can be trained.
    """
    _only(content, ("name", "summary", "stages"), where)
    name = _text(content.get("name", name), f"{where}: name")
    if not NAME.fullmatch(name):
        raise UsageError(f"{where}: name '{name}' is to be letters, digits, '.', '_' and '-', at most 60")
    if name in SCHEDULES:
        raise UsageError(f"{where}: '{name}' is the name of a built-in schedule: give another `name`")
    tables = content.get("stages")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{where}: stages are missing: give at least one [[stages]] table")
    stages = tuple(_stage(table, f"{where}: stage {n}") for n, table in enumerate(tables, start=1))
    if not any(stage.objective == CLASSIFY and stage.depth == DEPTH for stage in stages):
        raise UsageError(
            f"{where}: no stage trains head {DEPTH}, which is measured: add one of depth {DEPTH}"
        )
    return Schedule(name=name, summary=_text(content.get("summary", ""), f"{where}: summary"), stages=stages)


def one_line(schedule: Schedule) -> str:
    """Return a TOML document of one line that describes a schedule; its name is left to the file's."""
    stages = []
    for stage in schedule.stages:
        given = {key: getattr(stage, key) for key in KEYS}
        told = {f.name for f in fields(Stage) if f.name in ("depth", "steps") or given[f.name] != f.default}
        stages.append(f"{{{', '.join(f'{key} = {_toml(given[key])}' for key in KEYS if key in told)}}}")
    return f"stages = [{', '.join(stages)}]"


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _stage(table: Mapping[str, object], where: str) -> Stage:
    _only(table, KEYS, where)
    objective = _choice(table.get("objective", CLASSIFY), (CLASSIFY, RECONSTRUCT), f"{where}: objective")
    depth = _whole(table.get("depth"), f"{where}: depth", largest=DEPTH)
    steps = _whole(table.get("steps"), f"{where}: steps")
    stage = Stage(
        objective=objective,
        depth=depth,
        steps=steps,
        rate_factors=_rate_factors(table.get("rate_factors", [[0, 1.0]]), steps, f"{where}: rate_factors"),
        layers=_layers(table.get("layers"), depth, f"{where}: layers"),
        reset=_parts(table.get("reset", []), f"{where}: reset"),
        images=_choice(table.get("images", LABELLED), (LABELLED, ALL), f"{where}: images"),
        corruption=_corruption(table.get("corruption", 0.0), f"{where}: corruption"),
    )
    if objective == RECONSTRUCT and "layers" in table:
        raise UsageError(f"{where}: an autoencoder trains layer {depth} only: leave `layers` out")
    if objective == CLASSIFY and stage.corruption:
        raise UsageError(f"{where}: corruption is for objective = '{RECONSTRUCT}' only")
    if objective == CLASSIFY and stage.images == ALL:
        raise UsageError(
            f"{where}: images = '{ALL}' have no labels here, so objective is to be '{RECONSTRUCT}'"
        )
    return stage


def _only(table: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise UsageError(f"{where}: unknown key '{key}': choose from {', '.join(known)}")


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{where} is {_shown(value)}, but is to be a text in quotation marks")
    return value


def _choice(value: object, known: tuple[str, ...], where: str) -> str:
    if value not in known:
        raise UsageError(f"{where} is {_shown(value)}: choose one of {', '.join(known)}")
    return str(value)


def _whole(value: object, where: str, largest: int = 10**9) -> int:
    if value is None:
        raise UsageError(f"{where} is missing")
    if type(value) is not int or not 1 <= value <= largest:
        raise UsageError(f"{where} is {_shown(value)}, but is to be a whole number from 1 to {largest}")
    return value


def _number(value: object) -> float | None:
    """Return a finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _rate_factors(value: object, steps: int, where: str) -> tuple[tuple[int, float], ...]:
    pairs = value if isinstance(value, list) else []
    factors = []
    for pair in pairs:
        first, factor = pair if isinstance(pair, list) and len(pair) == 2 else (None, None)
        number = _number(factor)
        if type(first) is not int or number is None or number < 0:
            raise UsageError(f"{where} has {_shown(pair)}, but each is to be [first step, factor]")
        factors.append((first, number))
    starts = [first for first, _ in factors]
    if not starts or starts[0] != 0 or starts[-1] >= steps or any(a >= b for a, b in pairwise(starts)):
        raise UsageError(
            f"{where} is {_shown(value)}, but its first steps are to begin with 0, to increase, and to be "
            f"less than the stage's {steps} steps"
        )
    return tuple(factors)


def _layers(value: object, depth: int, where: str) -> tuple[int, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or any(type(k) is not int or not 1 <= k <= depth for k in value):
        raise UsageError(
            f"{where} is {_shown(value)}, but is to be a list of layers from 1 to the depth, {depth}"
        )
    layers = tuple(sorted(set(value)))
    return None if layers == tuple(range(1, depth + 1)) else layers


def _parts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or any(part not in PARTS for part in value):
        raise UsageError(f"{where} is {_shown(value)}, but is to be a list of {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in value)


def _corruption(value: object, where: str) -> float:
    number = _number(value)
    if number is None or not 0 <= number < 1:
        raise UsageError(
            f"{where} is {_shown(value)}, but is to be a probability, at least 0 and less than 1"
        )
    return number


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
