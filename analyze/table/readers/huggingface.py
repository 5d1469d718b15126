"""Hugging Face Transformers: ``trainer_state.json``, and the results that ``Trainer`` saves beside it."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analyze.errors import DataError
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.steps import merge_steps

_HISTORY = "log_history"
_RESULTS = (
    "all_results.json",
    "eval_results.json",
    "train_results.json",
    "test_results.json",
    "predict_results.json",
)
_STATE = "trainer_state.json"


def _is_state(found: Found) -> bool:
    if found.name == _STATE:
        return True
    # The list is a long one: what stands before it is enough to look into the whole file.
    return b'"global_step"' in found.head and isinstance(found.document, dict) and _HISTORY in found.document


def _read_state(found: Found) -> Reading:
    state = found.document
    if not isinstance(state, dict) or not isinstance(state.get(_HISTORY), list):
        raise DataError(
            f"{found.shown!r} is no whole trainer state (a list {_HISTORY!r} is expected): it may be torn; "
            "take the one of the last whole checkpoint"
        )
    entries = [_flat(entry) for entry in state[_HISTORY] if isinstance(entry, dict) and "step" in entry]
    if not entries:
        raise DataError(f"{found.shown!r} holds no entry with a step in {_HISTORY}: nothing was logged")
    logged = pd.DataFrame(entries)
    frame = merge_steps(logged, "step", latest=("epoch",))
    remarks = []
    if len(frame) < len(logged):
        remarks.append(f"Entries of one step are put together: {len(logged)} entries, {len(frame)} rows.")
    if n_again := int(frame["step"].duplicated().sum()):
        remarks.append(f"{n_again} steps were evaluated more than once, and keep a row each time.")
    parameters = state.get("trial_params")
    for name, value in _flat(parameters if isinstance(parameters, dict) else {}).items():
        frame[f"trial_params.{name}"] = value
    return Reading(frame=frame, kind="Hugging Face trainer state", step="step", remarks=tuple(remarks))


def _is_results(found: Found) -> bool:
    return found.name in _RESULTS


def _read_results(found: Found) -> Reading:
    results = found.document
    if not isinstance(results, dict) or not results:
        raise DataError(
            f"{found.shown!r} is no whole JSON object with results: it may be torn; save it again"
        )
    return Reading(frame=pd.DataFrame([_flat(results)]), kind="Hugging Face results")


def _flat(entry: Mapping[str, object], prefix: str = "") -> dict[str, Any]:
    """Return an entry with inner names as ``a.b``; a NaN is a word, not missing."""
    flat: dict[str, Any] = {}
    for name, value in entry.items():
        key = f"{prefix}{name}".strip()
        if isinstance(value, dict):
            flat |= _flat(value, f"{key}.")
        elif isinstance(value, list):
            flat[key] = json.dumps(value)
        elif isinstance(value, float) and value != value:
            flat[key] = "NaN"
        else:
            flat[key] = value.strip() if isinstance(value, str) else value
    return flat


STATE = Reader(
    name="huggingface-state", label="Hugging Face trainer_state.json", recognises=_is_state, read=_read_state
)
RESULTS = Reader(
    name="huggingface-results",
    label="Hugging Face all_results.json",
    recognises=_is_results,
    read=_read_results,
)
