"""Weights & Biases: the run table, the history of a run, and the table that its guide to the API makes."""

import ast
import json
import re

import pandas as pd

from analyze.errors import DataError
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.marks import actual, frame_of, has
from analyze.table.readers.plain import columns_of, read_plain

_OWN = (
    "State",
    "Notes",
    "User",
    "Tags",
    "Created",
    "Runtime",
    "Sweep",
    "Hostname",
    "Host",
    "ID",
    "Agent",
    "Job Type",
)
_STATES = {
    "finished",
    "crashed",
    "failed",
    "killed",
    "running",
    "pending",
    "preempted",
    "preempting",
    "stopped",
}
_ENOUGH = 3
_DICTS = ("summary", "config")
# Python writes these without quotes, and a literal has no words for them.
_NOT_FINITE = re.compile(r"(?<=[\[\s:,(-])(nan|inf)(?=[\s,})\]])")
_WRITTEN = {"nan": "'NaN'", "inf": "1e999"}


def _is_run_table(found: Found) -> bool:
    columns = columns_of(found)
    if not has(columns, "Name") or sum(has(columns, name) for name in _OWN) < _ENOUGH - 1:
        return False
    state, frame = actual(columns, "State"), frame_of(found)
    if state is None or frame is None:
        return sum(has(columns, name) for name in _OWN) >= _ENOUGH
    return bool(frame[state].dropna().astype(str).str.lower().isin(_STATES).any())


def _read_run_table(found: Found) -> Reading:
    plain = read_plain(found)
    columns = plain.frame.columns
    unit = next(
        (
            column
            for column in (actual(columns, "ID"), actual(columns, "Name"))
            if column is not None and plain.frame[column].is_unique
        ),
        None,
    )
    remarks = () if unit else ("Names of runs repeat, and the table has no ID: each row is a run.",)
    return Reading(
        frame=plain.frame,
        kind="W&B run table",
        unit=unit,
        status=actual(columns, "State"),
        units=plain.units,
        remarks=(*plain.remarks, *remarks),
    )


def _is_history(found: Found) -> bool:
    columns = columns_of(found)
    return has(columns, "_step") and actual(columns, "_runtime", "_timestamp") is not None


def _read_history(found: Found) -> Reading:
    plain = read_plain(found)
    step = actual(plain.frame.columns, "_step")
    return Reading(frame=plain.frame, kind="W&B history", step=step, units=plain.units, remarks=plain.remarks)


def _is_api_table(found: Found) -> bool:
    frame = frame_of(found)
    if frame is None or not has(frame.columns, *_DICTS):
        return False
    cells = pd.concat([frame[str(actual(frame.columns, name))] for name in _DICTS]).dropna()
    return len(cells) > 0 and bool(cells.astype(str).str.startswith("{").all())


def _read_api_table(found: Found) -> Reading:
    """Read columns of dictionaries, each key a column of its own."""
    plain = read_plain(found)
    frame = plain.frame
    wides = []
    for column in [str(actual(frame.columns, name)) for name in _DICTS]:
        rows = [_dictionary(cell, column, row, found) for row, cell in enumerate(frame[column], start=1)]
        wides.append(pd.json_normalize(rows).add_prefix(f"{column}.").map(_cell).set_index(frame.index))
        frame = frame.drop(columns=column)
    frame = pd.concat([frame, *wides], axis=1)
    unit = next((c for c in ("id", "name") if c in frame.columns and frame[c].is_unique), None)
    return Reading(
        frame=frame,
        kind="W&B runs (from its API)",
        unit=unit,
        status=actual(frame.columns, "state"),
        units=plain.units,
        remarks=plain.remarks,
    )


def _dictionary(cell: object, column: str, row: int, found: Found) -> dict[str, object]:
    """Read a dictionary as Python or JSON writes it."""
    text = "{}" if pd.isna(cell) else str(cell)  # type: ignore[call-overload]
    try:
        try:
            value = json.loads(text)
        except ValueError:
            value = ast.literal_eval(_NOT_FINITE.sub(lambda word: _WRITTEN[word[1]], text))
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise DataError(
            f"{found.shown!r}: row {row} of the column {column!r} is no whole dictionary: it may be torn; "
            "write the table again"
        ) from error
    return value if isinstance(value, dict) else {}


def _cell(value: object) -> object:
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, default=str)
    if isinstance(value, float) and value != value:
        return "NaN"  # logged as such, which is not the same as missing
    return value.strip() if isinstance(value, str) else value


RUN_TABLE = Reader(name="wandb-runs", label="W&B run table", recognises=_is_run_table, read=_read_run_table)
HISTORY = Reader(name="wandb-history", label="W&B history", recognises=_is_history, read=_read_history)
API_TABLE = Reader(
    name="wandb-api", label="W&B runs from its API", recognises=_is_api_table, read=_read_api_table
)
