"""Seeds that names of runs end with: ``base_seed0``, ``base-s1``, ``base (Seed 3)``."""

import re
from collections.abc import Sequence

import pandas as pd

# What stands before the number says what it counts.
_SEEDS = re.compile(r"(?P<name>.+?)[\s_./(-]+(?:seed|rep|run|trial)[\s_=:.-]*(?P<seed>\d+)\s*\)?", re.I)
_SHORT_SEEDS = re.compile(r"(?P<name>.+?)[\s_./-]+[sS](?P<seed>\d+)")
_BARE_NUMBERS = re.compile(r"(?P<name>.+?)[\s_./-]+\(?(?P<seed>\d+)\)?")


def with_seeds(frame: pd.DataFrame, column: str) -> tuple[pd.DataFrame, list[str]]:
    """Add the columns ``name`` and ``seed`` where the names of runs hold both, and say so.

    Parameters
    ----------
    frame : DataFrame
        Has no columns that differ from the two new ones in case alone, or is left as it is.
    column : str
        The names of runs.
    """
    split = split_seeds(list(frame[column].unique()))
    if not split or {"name", "seed"} & {name.lower() for name in frame.columns}:
        return frame, []
    example, parts = next(iter(split.items()))
    told = (
        f"Runs are called as {example!r}: the columns name ({parts['name']}) and seed ({parts['seed']}) "
        "were made of it."
    )
    added = {
        key: frame[column].map({run: parts[key] for run, parts in split.items()}) for key in ("name", "seed")
    }
    return frame.assign(**added), [told]


def split_seeds(runs: Sequence[str]) -> dict[str, dict[str, str | int]]:
    """Split names of runs into a name and a seed, if one pattern fits all and the names recur.

    >>> split_seeds(["base_seed0", "base_seed1", "wide_seed0"])["wide_seed0"]
    {'name': 'wide', 'seed': 0}
    >>> split_seeds(["resnet_18", "resnet_34", "vgg_16", "vgg_19"])
    {}
    """
    for pattern in (_SEEDS, _SHORT_SEEDS, _BARE_NUMBERS):
        found = [pattern.fullmatch(run) for run in runs]
        if not found or None in found:
            continue
        split: dict[str, dict[str, str | int]] = {
            run: {"name": one["name"], "seed": int(one["seed"])}
            for run, one in zip(runs, found, strict=True)
            if one is not None
        }
        seeds: dict[str | int, list[str | int]] = {}
        for one in split.values():
            seeds.setdefault(one["name"], []).append(one["seed"])
        repeated = len(seeds) < len(runs) and all(len(set(own)) == len(own) for own in seeds.values())
        if repeated and (pattern is not _BARE_NUMBERS or _are_counted(list(seeds.values()))):
            return split
    return {}


def _are_counted(seeds: list[list[str | int]]) -> bool:
    """Whether bare numbers count repetitions: several names with the same numbers, not depths of networks."""
    return len(seeds) > 1 and len(seeds[0]) > 1 and all(set(own) == set(seeds[0]) for own in seeds)
