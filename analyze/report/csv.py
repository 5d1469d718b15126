"""The report's tables as CSV: unrounded numbers, one file per table."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from analyze.figures.catalogue import FIGURES

Row = Mapping[str, Any]


def csv_tables(model: Mapping[str, Any]) -> dict[str, str]:
    """Return ``{file name: CSV text}``: what the report's tables show of all pairs, and the figures' data.

    Numbers are written with the digits that read back as the same number; what is not known is empty.
    """
    pairs = model["comparisons"]
    tables = {name: table(model) for name, table in ALWAYS.items()}
    further = {
        "omnibus.csv": model["omnibus"],
        "calibration.csv": model["calibration"],
        "expected-best.csv": _expected_best(pairs),
    }
    further |= {name: _stack(pairs, rows) for name, rows in _OF_PAIRS.items()}
    tables |= {name: _csv(rows) for name, rows in further.items() if rows}
    for entry in model["figures"]:
        for name in FIGURES[entry["figure"]].tables:
            columns = entry["tables"].get(name)
            if columns is not None:
                rows = zip(*columns.values(), strict=True)
                tables[f"figure-{entry['figure']}-{name}.csv"] = _write([list(columns), *map(list, rows)])
    return tables


def _matched(pair: Row) -> list[Row]:
    matched = pair["matched"]
    return [] if matched is None else [{key: v for key, v in matched.items() if key != "effects"}]


def _worst_ranked(pair: Row) -> list[Row]:
    worst = pair["worst_ranked"]
    return [] if worst is None else [{**test, "superiority": worst["superiority"]} for test in worst["tests"]]


# Tables of which only some reports have rows; without any there is no file.
_OF_PAIRS: dict[str, Callable[[Row], list[Row]]] = {
    "shift.csv": lambda pair: pair["where"]["shift"],
    "tails.csv": lambda pair: pair["where"]["tails"],
    "extreme-quantiles.csv": lambda pair: pair["where"]["extremes"],
    "expected-best-difference.csv": lambda pair: pair["where"]["best"]["difference"],
    "expected-best-crossing.csv": lambda pair: [pair["where"]["best"]["crossing"]],
    "matched.csv": _matched,
    "matched-effects.csv": lambda pair: pair["matched"]["effects"] if pair["matched"] else [],
    "failures.csv": lambda pair: [pair["failures"]] if pair["failures"] else [],
    "worst-ranked.csv": _worst_ranked,
}


def _stack(pairs: Sequence[Row], rows: Callable[[Row], list[Row]]) -> list[Row]:
    return [_named(pair) | dict(row) for pair in pairs for row in rows(pair)]


def _expected_best(pairs: Sequence[Row]) -> list[Row]:
    """Return the expected best of every group, which all its pairs have alike."""
    groups: dict[str, list[Row]] = {}
    for pair in pairs:
        for side in ("a", "b"):
            groups.setdefault(pair[f"group_{side}"], pair["where"]["best"][f"best_{side}"])
    return [{"group": group, **row} for group, rows in groups.items() for row in rows]


def _named(comparison: Mapping[str, Any]) -> dict[str, Any]:
    return {"group_a": comparison["group_a"], "group_b": comparison["group_b"]}


def _verdict(comparison: Mapping[str, Any]) -> dict[str, Any]:
    nested = {"tests", "effects", "where", "matched", "failures", "worst_ranked"}
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


# Tables that every report has.
ALWAYS: dict[str, Callable[[Row], str]] = {
    "groups.csv": lambda model: _csv(model["groups"]),
    "comparisons.csv": lambda model: _csv([_verdict(pair) for pair in model["comparisons"]]),
    "tests.csv": lambda model: _csv(_stack(model["comparisons"], lambda pair: pair["tests"])),
    "effects.csv": lambda model: _csv(_stack(model["comparisons"], lambda pair: pair["effects"])),
    "exclusions.csv": lambda model: _csv(model["exclusions"], ("group", "reason", "n")),
    "mixtures.csv": lambda model: _csv(model["mixtures"], ("group", "column", "n_values", "examples")),
}
