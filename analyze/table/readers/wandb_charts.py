"""Weights & Biases: the CSV of a chart, with a column a run (``NAME - METRIC``) and a row a step."""

import re

import pandas as pd

from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.marks import frame_of
from analyze.table.readers.plain import columns_of, read_plain
from analyze.table.readers.seeds import with_seeds

_BETWEEN = " - "
_ENDS = ("__MIN", "__MAX")
_AXES = re.compile(
    r"(.*[/_. ])?_?(step|epoch|epochs|iteration|iterations|timestamp|runtime)|relative time.*|wall time", re.I
)
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
    else:
        frame, told = with_seeds(frame, "run")
        remarks += told
    return Reading(
        frame=frame,
        kind="W&B chart of grouped runs" if grouped else "W&B chart",
        unit="run",
        step=step,
        units=_units(plain, frame),
        remarks=tuple(remarks),
        is_summary=bool(grouped),
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


def _units(plain: Reading, frame: pd.DataFrame) -> dict[str, str] | None:
    """Carry the units of cells over to the metrics' columns."""
    ends = {column.rpartition(_BETWEEN)[2]: unit for column, unit in (plain.units or {}).items()}
    return {column: unit for column, unit in ends.items() if column in frame.columns} or None


READER = Reader(name="wandb-chart", label="W&B chart export", recognises=_is_chart, read=_read_chart)
