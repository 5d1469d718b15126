"""The settings that a configuration's canonical JSON states, under the names of the run table's columns."""

import json
from collections.abc import Mapping

# A longer value says nothing to a person.
MAX_SHORT = 20


def short_settings(config: str) -> dict[str, object]:
    """Return what can be shown of a configuration: `stated`, and other settings of short values.

    Examples
    --------
    >>> short_settings('{"n_train": 500, "dropout": 0.1, "dataset": "35d8a1a0c1f3f6f1b2c5d1e0a4c7b9e8"}')
    {'n_train': 500, 'dropout': 0.1}
    """
    content = _content(config) or {}
    short = {
        name: v
        for name, v in content.items()
        if isinstance(v, str | int | float) and len(str(v)) <= MAX_SHORT
    }
    return short | dict(stated(config) or {})


def stated(config: str) -> Mapping[str, object] | None:
    """Return what a configuration says of columns of the run table, or None if it is no JSON object.

    Examples
    --------
    >>> stated('{"n_train": 500, "schedule": {"name": "short", "stages": [{"steps": 20}]}}')
    {'n_train': 500, 'steps': 20, 'schedule': 'short'}
    """
    content = _content(config)
    if content is None:
        return None
    schedule, units = content.get("schedule"), content.get("hidden_units")
    told = {name: content.get(name) for name in ("learning_rate", "train_first", "n_train", "batch_size")}
    numbers = {name: value for name, value in told.items() if _is_number(value)}
    texts = {"schedule": schedule, "optimizer": content.get("optimizer")}
    if isinstance(schedule, dict):
        texts["schedule"] = schedule.get("name")
        numbers["steps"] = _steps(schedule.get("stages"))
    if isinstance(units, list):
        texts["hidden_units"] = "-".join(map(str, units))
    return numbers | {name: value for name, value in texts.items() if isinstance(value, str)}


def _content(config: str) -> dict[str, object] | None:
    """Return the JSON object; what an import knew of a configuration is an object inside."""
    try:
        content = json.loads(config)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    imported = content.get("imported")
    return content | imported if isinstance(imported, dict) else content


def _steps(stages: object) -> int | None:
    """Return the steps of all stages together, or None if that is not what is described."""
    if not isinstance(stages, list):
        return None
    steps = [stage.get("steps") if isinstance(stage, dict) else None for stage in stages]
    return sum(n for n in steps if isinstance(n, int)) if all(isinstance(n, int) for n in steps) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53
