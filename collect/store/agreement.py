"""What segments say about the same run must agree: the same row, or the same outcome again.

Of every row only numbers are kept (some 60 bytes), so that a million rows fit into little memory.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collect.store.schema import OK, ROUNDS, SCHEMA

MEASURES = (
    "accuracy", "n_test", "test_loss", "train_accuracy", "train_loss", "gradient_norm",
    "accuracy_head1", "accuracy_head2",
)  # fmt: skip

# What is kept of a row: numbers that stand for strings, and hashes of columns.
_ROW = np.dtype(
    [
        ("config", np.int32),
        ("seed", np.int64),
        ("env", np.int32),
        ("segment", np.int32),
        ("ok", np.bool_),
        ("known", np.bool_),  # on which kind of machine it was trained
        ("run", np.uint64),
        ("all", np.uint64),
        ("measures", np.uint64),
        ("errors", np.uint64),
    ]
)

# So many pairs of rows of a disagreement are kept, to tell how far they differ.
MOST_PAIRS = 500

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.void]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a row was found: a segment, and the hash of its run_id."""

    segment: str
    run: int


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
    segments
        Where the first seed's rows are.
    pairs
        The rows that differ, at most `MOST_PAIRS`.
    """

    kind: str
    config_hash: str
    seeds: tuple[int, ...]
    segments: tuple[str, str]
    pairs: tuple[Pair, ...]


@dataclass(slots=True)
class Ledger:
    """Collects what has to be known of every row to compare it with all others."""

    segments: list[str] = field(default_factory=list)
    parts: list[Rows] = field(default_factory=lambda: [np.empty(0, _ROW)])
    codes: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, table: pa.Table) -> None:
        """Take in the rows of a segment, with all columns."""
        hashes = {column: hashes_of(table[column]) for column in SCHEMA.names}
        rows = np.empty(table.num_rows, _ROW)
        rows["config"] = self._coded(table["config_hash"])
        rows["seed"] = table["seed"].to_numpy()
        rows["env"] = self._coded(table["env_hash"])
        rows["segment"] = len(self.segments)
        rows["ok"] = pc.equal(table["status"], OK).to_numpy(zero_copy_only=False)
        told = pc.match_substring(table["device"], ROUNDS).fill_null(fill_value=False)
        rows["known"] = told.to_numpy(zero_copy_only=False)
        rows["run"] = hashes["run_id"]
        rows["all"] = _together([hashes[column] for column in SCHEMA.names])
        rows["measures"] = _together([hashes[column] for column in MEASURES])
        rows["errors"] = hashes["errors"]
        self.segments.append(name)
        self.parts.append(rows)

    def n_distinct(self) -> int:
        """Return the number of rows, those that are there twice counted once."""
        return len(np.unique(np.concatenate([part["run"] for part in self.parts])))

    def disagreements(self) -> Iterator[Disagreement]:
        """Yield what does not agree, one disagreement per kind and configuration."""
        rows = np.concatenate(self.parts)
        one, other = _neighbours(rows, by=("run",))
        yield from self._grouped(
            "same row", one, other, _same(one, other, "run") & (one["all"] != other["all"])
        )

        # By `errors` last: rows without it come first, the others stand beside each other.
        one, other = _neighbours(rows[rows["ok"]], by=("config", "seed", "env", "errors"))
        both = (one["errors"] != 0) & (other["errors"] != 0)
        differ = ~_same(one, other, "measures") | (both & ~_same(one, other, "errors"))
        repeat = _same(one, other, "config", "seed") & ~_same(one, other, "run")
        same_env = _same(one, other, "env")
        known = one["known"] & other["known"]
        yield from self._grouped("same environment", one, other, repeat & differ & same_env & known)
        yield from self._grouped("unknown machine", one, other, repeat & differ & same_env & ~known)
        yield from self._grouped("other environment", one, other, repeat & differ & ~same_env)

    def _grouped(self, kind: str, one: Rows, other: Rows, chosen: Mask) -> Iterator[Disagreement]:
        """Yield the chosen pairs by configuration."""
        names = list(self.codes)
        one, other = one[chosen], other[chosen]
        for config in np.unique(one["config"]):
            of_config = one["config"] == config
            first = np.flatnonzero(of_config)[np.argmin(one["seed"][of_config])]
            yield Disagreement(
                kind=kind,
                config_hash=names[config],
                seeds=tuple(np.unique(one["seed"][of_config]).tolist()),
                segments=(self.segments[one["segment"][first]], self.segments[other["segment"][first]]),
                pairs=tuple(self._pairs(one[of_config][:MOST_PAIRS], other[of_config][:MOST_PAIRS])),
            )

    def _pairs(self, one: Rows, other: Rows) -> Iterator[Pair]:
        """Yield where the rows are."""
        for first, second in zip(one, other, strict=True):
            yield self._found(first), self._found(second)

    def _found(self, row: np.void) -> Found:
        return Found(segment=self.segments[row["segment"]], run=int(row["run"]))

    def _coded(self, column: pa.ChunkedArray) -> npt.NDArray[np.int32]:
        """Return a number for every string, the same in all segments."""
        encoded = column.combine_chunks().dictionary_encode()
        numbers = [self.codes.setdefault(text, len(self.codes)) for text in encoded.dictionary.to_pylist()]
        coded: npt.NDArray[np.int32] = np.array(numbers, np.int32)[encoded.indices.to_numpy()]
        return coded


def _neighbours(rows: Rows, *, by: Sequence[str]) -> tuple[Rows, Rows]:
    """Return all rows but the last, and all but the first, in the order of some fields."""
    ordered = rows[np.lexsort([rows[name] for name in reversed(by)])]
    return ordered[:-1], ordered[1:]


def _same(one: Rows, other: Rows, *names: str) -> Mask:
    same: Mask = np.logical_and.reduce([one[name] == other[name] for name in names])
    return same


def hashes_of(column: pa.ChunkedArray) -> Hashes:
    """Return a 64-bit hash of every value; that of a null is 0."""
    given = np.asarray(column.is_valid().to_numpy(zero_copy_only=False), bool)
    if pa.types.is_binary(column.type):
        hashes = np.array([_digest(value.as_py() or b"") for value in column], np.uint64)
    elif pa.types.is_string(column.type):
        encoded = column.combine_chunks().dictionary_encode()
        digests = [_digest(text.encode()) for text in encoded.dictionary.to_pylist()]
        hashes = np.array([*digests, 0], np.uint64)[encoded.indices.fill_null(len(digests)).to_numpy()]
    else:
        filled = column.fill_null(pa.scalar(0).cast(column.type)) if column.null_count else column
        values = filled.to_numpy(zero_copy_only=False)
        wide = values.view(np.int64) if values.dtype.itemsize == 8 else values.astype(np.int64)
        hashes = _mixed(wide.view(np.uint64))
    return np.where(given, hashes, np.uint64(0))


def _together(columns: Sequence[Hashes]) -> Hashes:
    """Return one hash for every row, which depends on the columns' order."""
    together = np.zeros_like(columns[0])
    for column in columns:
        together = _mixed(together ^ column)
    return together


def _mixed(values: Hashes) -> Hashes:
    """Return Steele, Lea & Flood's (2014) SplitMix64 of every number, doi 10.1145/2660193.2660195."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _digest(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")
