"""What segments say about the same run must agree: the same row, or the same outcome again.

Of every row a few hashes and names are kept (some 200 bytes), so that a million rows fit into memory. How
far rows differ that do not agree is read from their segments again.
"""

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.util import hash_array, hash_pandas_object

from collect.errors import CollectError
from collect.store import database
from collect.store.database import KEY
from collect.store.place import Place
from collect.store.schema import OK, ROUNDS

MEASURES = (
    "accuracy", "n_test", "test_loss", "train_accuracy", "train_loss", "gradient_norm",
    "accuracy_head1", "accuracy_head2",
)  # fmt: skip
# So many pairs of rows of a disagreement are kept, to tell how far they differ.
MOST_PAIRS = 500

Kept = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a row was found: a segment, and the row's run_id."""

    segment: str
    run_id: str


Pair = tuple[Found, Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Rows that should be equal and are not.

    Attributes
    ----------
    kind
        `same row`: they have one run_id. `same environment`: both are ok, of the same configuration
        and seed, and trained by the same software on one kind of machine (equal `env_hash`, and their
        `device` tells how it rounds). `other environment`: the same, but trained by other software or
        on another kind of machine. `unknown machine`: equal `env_hash`, but `device` does not tell.
    config_hash, seeds
        Which runs, the seeds sorted.
    pairs
        The rows that differ, those of the first seed first; at most `MOST_PAIRS`.
    """

    kind: str
    config_hash: str
    seeds: tuple[int, ...]
    pairs: tuple[Pair, ...]


@dataclass(slots=True)
class Ledger:
    """Collects what has to be known of every row to compare it with all others."""

    segments: list[str] = field(default_factory=list)
    tables: list[pa.Table] = field(default_factory=list)

    def add(self, name: str, table: pa.Table) -> None:
        """Take in the rows of a segment, with all columns."""
        errors = hash_array(table["errors"].to_numpy())
        values = table.drop_columns(["errors"]).to_pandas().assign(errors=errors)
        kept = {
            "segment": pa.array(np.full(table.num_rows, len(self.segments), np.int32)),
            "ok": pc.equal(table["status"], OK),
            # on which kind of machine it was trained
            "known": pc.match_substring(table["device"], ROUNDS).fill_null(fill_value=False),
            "row": pa.array(hash_pandas_object(values, index=False)),
            "measures": pa.array(hash_pandas_object(values[list(MEASURES)], index=False)),
            "errors": pa.array(errors, mask=table["errors"].is_null().to_numpy()),
        }
        self.segments.append(name)
        self.tables.append(pa.table({c: table[c] for c in (*KEY, "run_id", "env_hash")} | kept))

    def n_distinct(self) -> int:
        """Return the number of rows, those that are there twice counted once."""
        return int(pc.count_distinct(self._rows()["run_id"]).as_py()) if self.tables else 0

    def disagreements(self) -> Iterator[Disagreement]:
        """Yield what does not agree, one disagreement per kind and configuration."""
        if not self.tables:
            return
        rows = self._rows()
        same_row = _in_groups_that_differ(rows, ["run_id"], ["row"])
        yield from self._grouped(_same_row_differs(same_row))
        same_run = _in_groups_that_differ(rows.filter(rows["ok"]), [*KEY], ["measures", "errors"])
        yield from self._grouped(_outcome_differs(same_run))

    def _rows(self) -> pa.Table:
        return pa.concat_tables(self.tables)

    def _grouped(self, differing: Iterator[tuple[str, Kept, Kept]]) -> Iterator[Disagreement]:
        """Yield pairs of rows by kind and configuration."""
        found: dict[tuple[str, str], list[tuple[Kept, Kept]]] = defaultdict(list)
        for kind, one, other in differing:
            found[kind, one["config_hash"]].append((one, other))
        for kind, config_hash in sorted(found):
            pairs = found[kind, config_hash]
            yield Disagreement(
                kind=kind,
                config_hash=config_hash,
                seeds=tuple(sorted({one["seed"] for one, _ in pairs})),
                pairs=tuple((self._found(one), self._found(other)) for one, other in pairs[:MOST_PAIRS]),
            )

    def _found(self, row: Kept) -> Found:
        return Found(segment=self.segments[row["segment"]], run_id=row["run_id"])


def _in_groups_that_differ(rows: pa.Table, keys: list[str], values: list[str]) -> list[Kept]:
    """Return the rows of groups in which a value is not the same everywhere, sorted; a null is no value."""
    counted = rows.group_by(keys).aggregate([(value, "count_distinct") for value in values])
    differ = [pc.greater(counted[f"{value}_count_distinct"], 1) for value in values]
    groups = counted.filter(functools.reduce(pc.or_, differ)).select(keys)
    if not groups.num_rows:
        return []
    found: list[Kept] = rows.join(groups, keys, join_type="left semi").to_pylist()
    # Rows without `errors` come first, so that the others stand beside each other.
    order = (*KEY, "run_id") if keys == ["run_id"] else (*KEY, "env_hash", "errors", "run_id")
    return sorted(found, key=lambda row: [(row[name] is not None, row[name]) for name in order])


def _same_row_differs(rows: Sequence[Kept]) -> Iterator[tuple[str, Kept, Kept]]:
    for one, other in pairwise(rows):
        if one["run_id"] == other["run_id"] and one["row"] != other["row"]:
            yield "same row", one, other


def _outcome_differs(rows: Sequence[Kept]) -> Iterator[tuple[str, Kept, Kept]]:
    """Yield neighbours of the same key whose outcomes differ, and what that means."""
    for one, other in pairwise(rows):
        repeat = one["run_id"] != other["run_id"] and all(one[name] == other[name] for name in KEY)
        errors = one["errors"] != other["errors"] and None not in (one["errors"], other["errors"])
        if repeat and (errors or one["measures"] != other["measures"]):
            if one["env_hash"] != other["env_hash"]:
                yield "other environment", one, other
            else:
                known = one["known"] and other["known"]
                yield "same environment" if known else "unknown machine", one, other


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """The largest differences between the two rows of several pairs.

    Attributes
    ----------
    relative, measure
        The largest difference of a measure relative to the larger value, and of which; 0 and None if
        those that both rows have are equal.
    n_images, n_test
        The most test images that the two networks of a pair classified differently, and of how many;
        None where no pair has the errors of both.
    """

    relative: float
    measure: str | None
    n_images: int | None
    n_test: int | None

    def __str__(self) -> str:
        told = []
        if self.measure is not None:
            told.append(f"by at most {self.relative:.1e} of {self.measure}")
        if self.n_images is not None:
            told.append(f"on at most {self.n_images:,} of {self.n_test:,} test images")
        return " and ".join(told) or "in what one of them lacks"


def distance(db: Place, pairs: Sequence[Pair]) -> Distance | None:
    """Return how far the rows of pairs differ, or None if none of them is there any more."""
    rows = _read_again(db, {found for pair in pairs for found in pair})
    there = [(rows[one], rows[other]) for one, other in pairs if one in rows and other in rows]
    if not there:
        return None
    one, other = (pd.DataFrame(side)[list(MEASURES)].astype(float) for side in zip(*there, strict=True))
    # No number where one lacks a measure, or where both are zero.
    relative = ((one - other).abs() / np.maximum(one.abs(), other.abs())).max().fillna(0.0)
    images = max((_images(*pair) for pair in there), key=lambda n: (n[0] is not None, n[0] or 0))
    return Distance(
        relative=float(relative.max()),
        measure=str(relative.idxmax()) if relative.any() else None,
        n_images=images[0],
        n_test=images[1],
    )


def _read_again(db: Place, wanted: Iterable[Found]) -> dict[Found, dict[str, Any]]:
    """Read rows; those that were compacted or taken away meanwhile are left out."""
    by_segment = defaultdict(set)
    for found in wanted:
        by_segment[found.segment].add(found.run_id)
    rows = {}
    for name, runs in by_segment.items():
        with suppress(FileNotFoundError, CollectError):
            table = database.read_segment(db, name, ["run_id", *MEASURES, "errors"])
            for row in table.filter(pc.is_in(table["run_id"], pa.array(runs, pa.string()))).to_pylist():
                rows[Found(segment=name, run_id=row["run_id"])] = row
    return rows


def _images(one: dict[str, Any], other: dict[str, Any]) -> tuple[int | None, int | None]:
    """Return how many test images two networks classified differently, and of how many."""
    if one["errors"] is None or other["errors"] is None or len(one["errors"]) != len(other["errors"]):
        return None, None
    first, second = (np.frombuffer(row["errors"], np.uint8) for row in (one, other))
    return int(np.count_nonzero(first != second)), len(first)
