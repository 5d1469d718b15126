"""The report's tables as CSV: unrounded numbers, one file per table."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence

from analyze.codec import to_plain
from analyze.figures.catalogue import FIGURES
from analyze.records import Pair
from analyze.results import GroupSummary, Results

# With these a spreadsheet begins a formula; an apostrophe before them makes it a text there.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = Mapping[str, object]
# Of a pair, what has tables of its own.
_NESTED = {"tests", "effects", "where", "matched", "failures", "worst_ranked", "scope", "functions"}
# Of a group likewise.
_OF_ANSWERS = ("spread", "functions")


def csv_tables(results: Results) -> dict[str, str]:
    """Return ``{file name: CSV text}``: what the report's tables show of all pairs, and the figures' data.

    Numbers are written with the digits that read back as the same number; what is not known is empty.
    """
    pairs = results.comparisons
    tables = {name: table(results) for name, table in ALWAYS.items()}
    further = {
        "omnibus.csv": _rows(results.omnibus),
        "calibration.csv": _rows(results.calibration),
        "expected-best.csv": _expected_best(pairs),
        "spread.csv": _named(results.groups, lambda g: [] if g.spread is None else _rows([g.spread])),
        "functions-of-groups.csv": _named(
            results.groups, lambda g: [] if g.functions is None else _rows([g.functions], "vote")
        ),
        "ranks.csv": _rows(results.ranking.ranks) if results.ranking else [],
        "votes.csv": _named(results.groups, lambda g: _rows(g.functions.vote) if g.functions else []),
    }
    further |= {name: _stack(pairs, parts) for name, parts in _OF_PAIRS.items()}
    tables |= {name: _csv(rows) for name, rows in further.items() if rows}
    for entry in results.figures:
        for name in FIGURES[entry.figure].tables:
            columns = entry.tables.get(name)
            if columns is not None:
                rows = zip(*columns.values(), strict=True)
                tables[f"figure-{entry.figure}-{name}.csv"] = _write([list(columns), *rows])
    return tables


def _rows(records: Iterable[object], *without: str) -> list[Row]:
    """Return the fields of records; one that has no reason has no field of that name."""
    plain = (to_plain(record) for record in records)
    return [{k: v for k, v in row.items() if k not in without} for row in plain if isinstance(row, dict)]


def _worst_ranked(pair: Pair) -> list[Row]:
    worst = pair.worst_ranked
    return [] if worst is None else [{**row, "superiority": worst.superiority} for row in _rows(worst.tests)]


# Tables of which only some reports have rows; without any there is no file.
_OF_PAIRS: dict[str, Callable[[Pair], list[Row]]] = {
    "shift.csv": lambda pair: _rows(pair.where.shift if pair.where else []),
    "expected-best-difference.csv": lambda pair: _rows(pair.where.best.difference if pair.where else []),
    "expected-best-crossing.csv": lambda pair: _rows([pair.where.best.crossing] if pair.where else []),
    "matched.csv": lambda pair: _rows([pair.matched] if pair.matched else [], "effects"),
    "matched-effects.csv": lambda pair: _rows(pair.matched.effects if pair.matched else []),
    "failures.csv": lambda pair: _rows([pair.failures] if pair.failures else []),
    "worst-ranked.csv": _worst_ranked,
    "scope.csv": lambda pair: _scope(pair),
    "functions.csv": lambda pair: _rows([pair.functions] if pair.functions else []),
}


def _scope(pair: Pair) -> list[Row]:
    """Return both forms of the difference on these examples and on new ones, intervals beside each other."""
    scope = pair.scope
    if scope is None:
        return []
    rows: list[Row] = []
    for form, paired in ((scope, scope.paired), *(((scope.unpaired, False),) if scope.unpaired else ())):
        row: dict[str, object] = {"paired": paired, "n_test": scope.n_test, "difference": form.difference}
        for name in ("test", "new", "new_ungrouped"):
            for ends in _rows([part] if (part := getattr(form, name)) is not None else []):
                row |= {f"{name}_{key}": value for key, value in ends.items()}
        rows.append(row | {"decides": scope.decides if form is scope else None})
    return rows


def _named(groups: Sequence[GroupSummary], parts: Callable[[GroupSummary], list[Row]]) -> list[Row]:
    return [{"group": group.group} | dict(row) for group in groups for row in parts(group)]


def _stack(pairs: Sequence[Pair], parts: Callable[[Pair], list[Row]]) -> list[Row]:
    return [{"group_a": p.group_a, "group_b": p.group_b} | dict(row) for p in pairs for row in parts(p)]


def _expected_best(pairs: Sequence[Pair]) -> list[Row]:
    """Return the expected best of every group, which all its pairs have alike."""
    groups: dict[str, list[Row]] = {}
    for pair in pairs:
        if pair.where is not None:
            groups.setdefault(pair.group_a, _rows(pair.where.best.best_a))
            groups.setdefault(pair.group_b, _rows(pair.where.best.best_b))
    return [{"group": group, **row} for group, rows in groups.items() for row in rows]


def _csv(rows: Sequence[Row], header: Sequence[str] = ()) -> str:
    """Write rows of which some may have fields (a reason) that others lack."""
    names = list(dict.fromkeys([*header, *(name for row in rows for name in row)]))
    return _write([names, *([row.get(name) for name in names] for row in rows)])


def _write(lines: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_cell(value) for value in line] for line in lines)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
    return (
        f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) and not _is_number(text) else text
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# Tables that every report has.
ALWAYS: dict[str, Callable[[Results], str]] = {
    "groups.csv": lambda results: _csv(_rows(results.groups, *_OF_ANSWERS)),
    "comparisons.csv": lambda results: _csv(_rows(results.comparisons, *_NESTED)),
    "tests.csv": lambda results: _csv(_stack(results.comparisons, lambda pair: _rows(pair.tests))),
    "effects.csv": lambda results: _csv(_stack(results.comparisons, lambda pair: _rows(pair.effects))),
    "exclusions.csv": lambda results: _csv(_rows(results.exclusions), ("group", "reason", "n")),
    "mixtures.csv": lambda results: _csv(
        _rows(results.mixtures), ("group", "column", "n_values", "examples")
    ),
}
