"""What damaged segments still tell about the runs that they held, and what other segments hold of them.

A damaged segment tells by its columns, as far as they are sound, or else by its name.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from collect.errors import CollectError
from collect.store import database, seeds, segment
from collect.store.place import Place
from collect.store.schema import FAILED
from collect.store.seeds import Range
from collect.store.segment import Label

DESCRIPTION = ("config_hash", "config", "dataset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a damaged segment held of one configuration, as far as it can be told.

    Attributes
    ----------
    config_hash
        The whole hash, or its first digits, or "" if it is not known.
    ranges
        The seeds.
    n_rows
        Number of rows, or None if it is not known.
    is_exact
        Whether all these seeds were there; otherwise only some of them.
    """

    config_hash: str
    ranges: tuple[Range, ...]
    n_rows: int | None
    is_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A configuration that can be read somewhere: its canonical JSON, and the name of its data set."""

    config: str
    dataset: str | None


@dataclass(slots=True)
class Remains:
    """What damaged segments told before they were moved away."""

    held: list[Held] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)


@dataclass(slots=True)
class Left:
    """What the other segments hold of some configurations."""

    trained: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    failed: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    known: dict[str, Known] = field(default_factory=dict)


def read_remains(db: Place, names: Sequence[str]) -> Remains:
    """Read what damaged segments still tell about the rows that they held."""
    remains = Remains()
    for name in names:
        try:
            with db.open(name) as file:
                content = file.read()
        except (OSError, CollectError):
            content = b""
        remains.held += _held(name, content)
        told = _readable(content, DESCRIPTION)
        remains.known |= {} if told is None else _known(told)
    return remains


def read_left(db: Place, prefixes: tuple[str, ...]) -> Left:
    """Read the seeds and the configuration of all hashes that begin so."""
    left = Left()
    unreadable: list[CollectError] = []
    for name, table in database.scan(db, ["config_hash", "seed", "status"], unreadable=unreadable):
        for config_hash in pc.unique(table["config_hash"]).to_pylist():
            if not config_hash.startswith(prefixes):
                continue
            rows = table.filter(pc.equal(table["config_hash"], config_hash))
            failed = pc.equal(rows["status"], FAILED)
            left.failed[config_hash] += rows["seed"].filter(failed).to_pylist()
            left.trained[config_hash] += rows["seed"].filter(pc.invert(failed)).to_pylist()
            if config_hash not in left.known:
                with suppress(FileNotFoundError, CollectError):
                    left.known |= _known(database.read_segment(db, name, DESCRIPTION))
    return left


def _held(name: str, content: bytes) -> Iterator[Held]:
    """Yield what a segment held, by its columns if they fit its name, or else by its name."""
    label = segment.parse_name(name)
    keys = _readable(content, ["config_hash", "seed"])
    if keys is not None and (label is None or _fits(keys["seed"], label)):
        for config_hash in pc.unique(keys["config_hash"]).to_pylist():
            rows = keys["seed"].filter(pc.equal(keys["config_hash"], config_hash))
            yield _held_exactly(config_hash or "", rows)
        return
    config = "" if label is None or label.config == segment.MIXED else label.config
    alone = _readable(content, ["seed"])
    if alone is not None and (label is None or _fits(alone["seed"], label)):
        yield _held_exactly(config, alone["seed"])
    elif label is not None:
        n_seeds = label.last_seed - label.first_seed + 1
        yield Held(
            config_hash=config,
            ranges=((label.first_seed, label.last_seed),),
            n_rows=label.n_rows,
            is_exact=bool(config) and n_seeds == label.n_rows,
        )
    else:
        yield Held(config_hash="", ranges=(), n_rows=None, is_exact=False)


def _held_exactly(config_hash: str, rows: pa.ChunkedArray) -> Held:
    possible = rows.filter(pc.greater_equal(rows, 0)).to_numpy()
    return Held(
        config_hash=config_hash, ranges=tuple(seeds.ranges(possible)), n_rows=len(rows), is_exact=True
    )


def _fits(column: pa.ChunkedArray, label: Label) -> bool:
    """Return whether seeds are those that a name tells; a file may have got another one's content."""
    bounds = pc.min_max(column).as_py()
    return (len(column), bounds["min"], bounds["max"]) == (label.n_rows, label.first_seed, label.last_seed)


def _readable(content: bytes, columns: Sequence[str]) -> pa.Table | None:
    """Return columns of a damaged segment if at least these are sound."""
    try:
        return segment.decode(pa.BufferReader(content), columns, where="a damaged segment")
    except (CollectError, OSError):
        return None


def _known(table: pa.Table) -> dict[str, Known]:
    """Return the configurations of some rows by their hashes, those whose hash is right."""
    known = {}
    for config_hash in pc.unique(table["config_hash"]).drop_null().to_pylist():
        row = table.slice(pc.index(table["config_hash"], config_hash).as_py(), 1).to_pylist()[0]
        if row["config"] is not None and _hash(row["config"]) == config_hash:
            known[config_hash] = Known(config=row["config"], dataset=row["dataset"])
    return known


def _hash(config: str) -> str:
    return hashlib.blake2b(config.encode(), digest_size=16).hexdigest()
