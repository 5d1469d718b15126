"""Results from the plain data of a `results.json`, which tests change at will."""

from typing import Any

from analyze.codec import from_plain
from analyze.results import Results


def results_of(model: dict[str, Any]) -> Results:
    return from_plain(Results, model)
