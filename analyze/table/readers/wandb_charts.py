"""Weights & Biases: the CSV of a chart, with a column a run (``NAME - METRIC``) and a row a step."""

import re
from collections.abc import Sequence

import pandas as pd

from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.marks import frame_of
from analyze.table.readers.plain import columns_of, read_plain

_BETWEEN = " - "
_ENDS = ("__MIN", "__MAX")
_AXES = re.compile(
    r"(.*[/_. ])?_?(step|epoch|epochs|iteration|iterations|timestamp|runtime)|relative time.*|wall time", re.I
)
# "base_seed0", "base-s1", "base (Seed 3)": what stands before the number says what it counts.
_SEEDS = re.compile(r"(?P<name>.*?)[\s_./-]*\(?\s*(?:seed|rep|run|trial)[\s_=:.-]*(?P<seed>\d+)\s*\)?", re.I)
_SHORT_SEEDS = re.compile(r"(?P<name>.+?)[\s_./-]+[sS](?P<seed>\d+)")
_BARE_NUMBERS = re.compile(r"(?P<name>.+?)[\s_./-]+\(?(?P<seed>\d+)\)?")
_GROUPED = re.compile(r"(?P<key>[^:]+): (?P<value>.+)")


def _is_chart(found: Found) -> bool:
    columns = columns_of(found)
    if len(columns) < 2 or _BETWEEN in columns[0]:
        return False
    lines = [column for column in columns[1:] if _BETWEEN in column]
    if len(lines) < len(columns) - 1:
        return False
    known = set(columns)
    bounded = any(column + end in known for column in lines for end in _ENDS)
    frame = frame_of(found)
    return frame is not None and (bounded or _AXES.fullmatch(columns[0]) is not None)


def _read_chart(found: Found) -> Reading:
    plain = read_plain(found)
    step = str(plain.frame.columns[0])
    frame, n_without = _melted(plain.frame, step)
    remarks = list(plain.remarks)
    if n_without:
        remarks.append(f"{n_without} of the chart's runs have no value at any step.")
    frame, grouped = _with_group(frame)
    if grouped:
        remarks.append(
            f"Each line is the mean of all runs with one value of {grouped}, with their smallest "
            "and largest values beside it: it is no run. Export the chart without grouping to compare runs."
        )
    elif split := split_seeds(list(frame["run"].unique())):
        for column in [column for column in ("name", "seed") if column not in frame.columns]:
            frame[column] = frame["run"].map({run: parts[column] for run, parts in split.items()})
        example = next(iter(split))
        remarks.append(
            f"Runs are called as {example!r}: the columns name ({split[example]['name']}) and seed "
            f"({split[example]['seed']}) were made of it."
        )
    return Reading(
        frame=frame,
        kind="W&B chart of grouped runs" if grouped else "W&B chart",
        unit="run",
        step=step,
        units=_units(plain, frame),
        remarks=tuple(remarks),
    )


def _melted(wide: pd.DataFrame, step: str) -> tuple[pd.DataFrame, int]:
    """Turn a column a run into rows (run, step); a run without any value keeps one row that says so."""
    by_run: dict[str, dict[str, pd.Series]] = {}
    for column in map(str, wide.columns[1:]):
        run, _, metric = column.rpartition(_BETWEEN)
        by_run.setdefault(run.strip(), {})[metric.strip()] = wide[column]
    parts, n_without = [], 0
    for run, metrics in by_run.items():
        part = pd.DataFrame(metrics)
        there = part.notna().any(axis=1)
        if not there.any():
            n_without += 1
            there = pd.Series(range(len(part)), index=part.index).eq(0)
        part = part[there]
        own_step = {} if step in part.columns else {step: wide.loc[part.index, step]}
        parts.append(pd.DataFrame({"run": pd.Series(run, index=part.index, dtype="str"), **own_step, **part}))
    return pd.concat(parts, ignore_index=True), n_without


def _with_group(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Split the names of a chart of grouped runs, ``optimizer: adam``, and return what it was grouped by."""
    parts = [_GROUPED.fullmatch(run) for run in frame["run"].unique()]
    keys = {part["key"] for part in parts if part is not None}
    if None in parts or len(keys) != 1:
        return frame, ""
    key = keys.pop()
    if key not in frame.columns:
        frame.insert(1, key, frame["run"].str.removeprefix(f"{key}: "))
    return frame, key


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


def _units(plain: Reading, frame: pd.DataFrame) -> dict[str, str] | None:
    """Carry the units of cells over to the metrics' columns."""
    ends = {column.rpartition(_BETWEEN)[2]: unit for column, unit in (plain.units or {}).items()}
    return {column: unit for column, unit in ends.items() if column in frame.columns} or None


READER = Reader(name="wandb-chart", label="W&B chart export", recognises=_is_chart, read=_read_chart)
