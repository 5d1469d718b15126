"""Turn anybody's table of runs into rows of the run table, as a `ColumnMap` says."""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collect.errors import DataError
from collect.store import database
from collect.store.exchange import tables, values
from collect.store.exchange.columns import DIVERGED_FLAG, SETTINGS, ColumnMap, resolve
from collect.store.exchange.incoming import Incoming
from collect.store.exchange.separating import separating_columns
from collect.store.exchange.tables import TableFile
from collect.store.exchange.values import Floats, Given, Mask
from collect.store.impossible import FRACTIONS, LOSSES
from collect.store.schema import DIVERGED, FAILED, OK, SCHEMA

MAX_INT = {pa.int64(): 2**63 - 1, pa.int32(): 2**31 - 1}

Codes = npt.NDArray[np.int64]


def from_file(file: TableFile, asked: ColumnMap) -> Incoming:
    """Return the rows of a table, all of them valid.

    Raises
    ------
    UsageError
        The map names a column that there is not, or lacks one that is needed.
    DataError
        The table cannot be read, a value is impossible, or two rows are the same run.
    """
    columns = resolve(asked, file.names, table=str(file))
    table = tables.read(file)
    if not table.num_rows:
        raise DataError(f"{file} holds no runs: give another table")
    given = _given(file, columns, table)
    rows, ranges = _rows(given, columns, table, origin=_origin(file, columns))
    _refuse_repeats(file, columns, table, rows)
    used = {*columns.columns.values(), *columns.config}
    return Incoming(
        name=str(file),
        pieces=lambda: iter([rows]),
        key=database.KEY,
        n_rows=rows.num_rows,
        n_configs=len(pc.unique(rows["config_hash"])),
        n_by_status=Counter(rows["status"].to_pylist()),
        ranges=ranges,
        taken=columns.columns,
        unused=tuple(name for name in file.names if name not in used),
    )


def _given(file: TableFile, columns: ColumnMap, table: pa.Table) -> dict[str, Given]:
    """Return what the table and the constants give for our columns."""
    for theirs in (*columns.columns.values(), *columns.config):
        if theirs not in table.column_names:
            raise DataError(f"{file}: column {theirs} holds neither numbers nor text: leave it out")
    found = {
        ours: Given(table=str(file), ours=ours, theirs=theirs, values=_array(table[theirs]))
        for ours, theirs in columns.columns.items()
    }
    for ours, constant in columns.constants.items():
        array = pa.array([constant] * table.num_rows, pa.string())
        found[ours] = Given(table=str(file), ours=ours, theirs=None, values=array)
    return found


def _origin(file: TableFile, columns: ColumnMap) -> str:
    """Return the digest of the file and of how it is read: what makes a row's identifier."""
    how = [sorted(columns.columns.items()), sorted(columns.constants.items())]
    text = json.dumps([tables.digest(file.path), *how, sorted(columns.config), sorted(columns.percent)])
    return _hash(text)


def _rows(
    given: dict[str, Given], columns: ColumnMap, table: pa.Table, *, origin: str
) -> tuple[pa.Table, dict[str, tuple[int, float, float]]]:
    """Return the rows under the schema, and the outcomes' ranges."""
    n_rows = table.num_rows
    as_they_are = set(SCHEMA.names) - {*columns.outcomes, "status"}
    found = {name: _typed(one) for name, one in given.items() if name in as_they_are}
    for name in ("seed", "schedule"):
        given[name].refuse(_mask(found[name].is_null()), f"every run needs a {name}")
    outcomes = {name: _outcome(given[name], in_percent=name in columns.percent) for name in columns.outcomes}
    found |= _ends(given, found, outcomes)
    further = {name: _array(table[name]) for name in columns.config}
    found["config"], found["config_hash"] = _configs(found, further, n_rows)
    found["run_id"] = pa.array([_hash(f"{origin} {row}") for row in range(n_rows)])
    now = datetime.now(UTC)
    same = {"committed_at": now, "package_version": version("minima-census"), "env_hash": origin}
    for name, value in same.items():
        found[name] = pa.repeat(pa.scalar(value, SCHEMA.field(name).type), n_rows)
    arrays = [found.get(f.name, pa.nulls(n_rows, f.type)).cast(f.type) for f in SCHEMA]
    rows = pa.Table.from_arrays(arrays, schema=SCHEMA)
    return rows, {name: _range(found[name]) for name in columns.outcomes}


def _typed(given: Given) -> pa.Array:
    """Return values as our column's type."""
    kind = SCHEMA.field(given.ours).type
    if given.ours == "learning_rate":
        return values.settings(given)
    if pa.types.is_integer(kind):
        return values.whole_numbers(given, high=MAX_INT[kind])
    if pa.types.is_boolean(kind):
        return values.truths(given)
    if pa.types.is_floating(kind):
        return _finite(*_outcome(given, in_percent=False))
    return values.texts(given)


def _outcome(given: Given, *, in_percent: bool) -> tuple[Floats, Mask]:
    """Return the values of an outcome, and where there is one; they may be infinite."""
    floats, valid = values.numbers(given)
    finite = valid & np.isfinite(floats)
    if given.ours in (*LOSSES, "duration_s"):
        given.refuse(finite & (floats < 0), "must not be negative")
    elif given.ours not in FRACTIONS:
        return floats, valid
    elif in_percent:
        given.refuse(finite & ~((floats >= 0) & (floats <= 100)), "must be from 0 to 100 with --percent")
        floats = values.from_percent(floats)
    else:
        advice = "must be a fraction from 0 to 1"
        if not (floats[finite] > 100).any():
            advice += f"; if it is in percent, add --percent {given.ours}"
        given.refuse(finite & ~((floats >= 0) & (floats <= 1)), advice)
    return floats, valid


def _ends(
    given: dict[str, Given], found: dict[str, pa.Array], outcomes: dict[str, tuple[Floats, Mask]]
) -> dict[str, pa.Array]:
    """Return status, message and outcomes: how each run ended.

    What the table says counts, unless an outcome is infinite or all are missing. If it says nothing, a
    run has diverged if an outcome is not finite, or the first of them is missing.
    """
    said = _said(given)
    reason = _reasons(outcomes, is_ok=_mask(pc.equal(said, OK)))
    diverged = pc.if_else(reason.is_valid(), DIVERGED, OK)
    status = pc.if_else(pc.is_in(said, pa.array([DIVERGED, FAILED])), said, diverged)
    is_ok = pc.equal(status, OK)
    told = pc.coalesce(
        found.get("message", pa.nulls(len(said), pa.string())),
        reason,
        pc.binary_join_element_wise(status, "in the imported table", " "),
    )
    ends = {"status": status, "message": pc.if_else(is_ok, None, told)}
    for name, outcome in outcomes.items():
        ends[name] = pc.if_else(is_ok, _finite(*outcome), None)
    return ends


def _said(given: dict[str, Given]) -> pa.Array:
    """Return the status that the table gives, null where it gives none."""
    if DIVERGED_FLAG in given:
        flag = values.truths(given[DIVERGED_FLAG])
        return pc.if_else(flag, DIVERGED, OK).cast(pa.string())
    if "status" not in given:
        return pa.nulls(len(given["seed"].values), pa.string())
    words = pc.utf8_lower(values.texts(given["status"]))
    known = pc.is_in(words, pa.array([OK, DIVERGED, FAILED]))
    wrong = _mask(pc.and_(words.is_valid(), pc.invert(known)))
    given["status"].refuse(
        wrong, "must be ok, diverged or failed; or leave the column out with `--column status=`"
    )
    return words


def _reasons(outcomes: dict[str, tuple[Floats, Mask]], *, is_ok: Mask) -> pa.Array:
    """Return why a run has no outcome, null where it has."""
    reasons = np.full(len(is_ok), None, object)
    first = next(iter(outcomes))
    nothing = ~np.any([valid for _, valid in outcomes.values()], axis=0)
    missing = np.where(is_ok, nothing, ~outcomes[first][1])
    reasons[missing] = f"{first} is missing in the imported table"
    for name, (floats, valid) in reversed(outcomes.items()):
        for word, wrong in (("infinite", np.isinf(floats)), ("not a number", np.isnan(floats))):
            reasons[valid & wrong] = f"{name} is {word} in the imported table"
    return pa.array(reasons, pa.string())


def _configs(
    found: dict[str, pa.Array], further: dict[str, pa.Array], n_rows: int
) -> tuple[pa.Array, pa.Array]:
    """Return every row's configuration as canonical JSON, and its hash."""
    asked = {name: _coded(found[name].to_pylist()) for name in SETTINGS if name in found}
    asked |= {name: _coded([values.canonical(v) for v in a.to_pylist()]) for name, a in further.items()}
    combined = np.zeros(n_rows, np.int64)
    for codes, _ in asked.values():
        combined = np.unique(combined * (codes.max() + 1) + codes, return_inverse=True)[1]
    first = np.unique(combined, return_index=True)[1]
    texts = []
    for row in first:
        content = {name: distinct[codes[row]] for name, (codes, distinct) in asked.items()}
        stated = {name: value for name, value in content.items() if value is not None}
        texts.append(_canonical_json({"config_version": 1, "imported": stated}))
    which = pa.array(combined)
    return pa.array(texts).take(which), pa.array([_hash(text) for text in texts]).take(which)


def _coded(column: list[object]) -> tuple[Codes, list[object]]:
    """Return a number for each value, and the distinct values; 1 and true are not the same."""
    seen: dict[tuple[type, object], int] = {}
    codes = np.array([seen.setdefault((type(value), value), len(seen)) for value in column], np.int64)
    return codes, [value for _, value in seen]


def _refuse_repeats(file: TableFile, columns: ColumnMap, table: pa.Table, rows: pa.Table) -> None:
    """Refuse a table with two rows of the same seed and configuration, and say what may tell them apart."""
    keys = rows.select(list(database.KEY)).to_pandas()
    repeated = keys.duplicated().to_numpy()
    if not repeated.any():
        return
    second = int(repeated.argmax())
    first = int((keys == keys.iloc[second]).all(axis=1).to_numpy().argmax())
    what = f"rows {first + 1} and {second + 1} of {file} are the same seed of the same configuration"
    used = {*columns.columns.values(), *columns.config}
    others = [name for name in table.column_names if name not in used]
    options = separating_columns(table.select(others), keys)
    if options:
        advice = f"add {' '.join(f'--config {name}' for name in options)}, which tells such rows apart"
    else:
        differing = [n for n in others if table[n][first].as_py() != table[n][second].as_py()]
        advice = (
            f"add --config COLUMN for what tells them apart; they differ in {', '.join(differing)}"
            if differing
            else "and no other column tells them apart; remove one of them"
        )
    raise DataError(f"{what} ({int(repeated.sum()):,} such rows): {advice}")


def _finite(floats: Floats, valid: Mask) -> pa.Array:
    return pa.array(floats, mask=~(valid & np.isfinite(floats)))


def _range(column: pa.Array) -> tuple[int, float, float]:
    bounds = pc.min_max(column).as_py()
    return len(column) - column.null_count, bounds["min"], bounds["max"]


def _array(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)


def _mask(found: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(found, fill_value=False).to_numpy(zero_copy_only=False), bool)


def _canonical_json(content: object) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
