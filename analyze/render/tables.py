"""The report's tables as CSV: unrounded numbers, one file per table."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def csv_tables(model: Mapping[str, Any]) -> dict[str, str]:
    """Return ``{file name: CSV text}`` for groups, tests, effects, exclusions, mixtures and figures' data.

    Numbers are written with the digits that read back as the same number; what is not known is empty.
    """
    pairs = model["comparisons"]
    tables = {
        "groups.csv": _csv(model["groups"]),
        "comparisons.csv": _csv([_verdict(c) for c in pairs]),
        "tests.csv": _csv([_named(c) | dict(row) for c in pairs for row in c["tests"]]),
        "effects.csv": _csv([_named(c) | dict(row) for c in pairs for row in c["effects"]]),
        "exclusions.csv": _csv(model["exclusions"], ("group", "reason", "n")),
        "mixtures.csv": _csv(model["mixtures"], ("group", "column", "n_values", "examples")),
    }
    if model["omnibus"]:
        tables["omnibus.csv"] = _csv(model["omnibus"])
    for entry in model["figures"]:
        for name, columns in entry["tables"].items():
            rows = zip(*columns.values(), strict=True)
            tables[f"figure-{entry['figure']}-{name}.csv"] = _write([list(columns), *map(list, rows)])
    return tables


def _named(comparison: Mapping[str, Any]) -> dict[str, Any]:
    return {"group_a": comparison["group_a"], "group_b": comparison["group_b"]}


def _verdict(comparison: Mapping[str, Any]) -> dict[str, Any]:
    nested = {"tests", "effects", "matched"}
    return {key: value for key, value in comparison.items() if key not in nested}


def _csv(rows: Sequence[Mapping[str, Any]], header: Sequence[str] = ()) -> str:
    """Write rows of which some may have fields (a reason) that others lack."""
    names = list(dict.fromkeys([*header, *(name for row in rows for name in row)]))
    return _write([names, *([row.get(name) for name in names] for row in rows)])


def _write(lines: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_cell(value) for value in line] for line in lines)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
