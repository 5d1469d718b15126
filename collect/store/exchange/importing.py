"""Bring tables of runs into a run database; what is there already is not imported again."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from collect.store import database, segment
from collect.store.exchange.columns import OUTCOMES
from collect.store.exchange.incoming import Incoming
from collect.store.exchange.ours import in_parts
from collect.store.place import Place

MAX_ROWS = 50_000
MAX_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did, or would do.

    Attributes
    ----------
    n_added
        Rows that were added.
    n_present
        Rows that were in the database already.
    n_differing
        Rows of runs that the database has with another status or outcome; it was left as it is.
    """

    n_added: int
    n_present: int
    n_differing: int


def import_runs(incoming: Incoming, db: Place, *, dry_run: bool = False) -> Imported:
    """Append the rows of a table that the database does not have.

    An import that was interrupted is completed by repeating it.

    Raises
    ------
    RunError
        Rows could not be made durable; those of earlier segments are kept.
    DataError
        The database is damaged.
    """
    known: set[tuple[object, ...]] = set()
    for _, table in in_parts(db, list(incoming.key)):
        known.update(_keys(table, incoming.key))
    if not dry_run:
        db.prepare()
    n_differing = _n_differing(incoming, db)
    n_added = 0
    for batch in _batches(_new(incoming, known)):
        if not dry_run:
            name, content = segment.encode(database.in_order(batch))
            db.publish(name, content)
        n_added += batch.num_rows
    n_present = incoming.n_rows - n_added
    return Imported(n_added=n_added, n_present=n_present, n_differing=n_differing)


def _keys(table: pa.Table, columns: tuple[str, ...]) -> list[tuple[object, ...]]:
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))


def _new(incoming: Incoming, known: set[tuple[object, ...]]) -> Iterator[pa.Table]:
    """Yield rows that are not known, each once."""
    for piece in incoming.pieces():
        keys = _keys(piece, incoming.key)
        is_new = []
        for key in keys:
            is_new.append(key not in known)
            known.add(key)
        yield piece.filter(pa.array(is_new, pa.bool_()))


def _n_differing(incoming: Incoming, db: Place) -> int:
    """Return how many rows of a foreign table are in the database with another outcome."""
    if incoming.key != database.KEY:
        return 0
    key, outcomes = list(database.KEY), ["status", *OUTCOMES]
    there = database.first_successes(database.read(db, [*key, *outcomes, *database.DECIDING[1:]]))
    here = pa.concat_tables(incoming.pieces()).select([*key, *outcomes])
    both = here.to_pandas().merge(there.to_pandas(), on=key, suffixes=("", " there"))
    differs = np.zeros(len(both), bool)
    for name in outcomes:
        one, other = both[name], both[f"{name} there"]
        differs |= ((one != other) & ~(one.isna() & other.isna())).to_numpy(bool)
    return int(differs.sum())


def _batches(pieces: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Yield rows in tables of a size for one segment."""
    waiting: list[pa.Table] = []
    for piece in pieces:
        for start in range(0, piece.num_rows, MAX_ROWS):
            part = piece.slice(start, MAX_ROWS)
            n_rows = sum(table.num_rows for table in (*waiting, part))
            if n_rows > MAX_ROWS or sum(table.nbytes for table in (*waiting, part)) > MAX_BYTES:
                if waiting:
                    yield pa.concat_tables(waiting)
                waiting = []
            waiting.append(part)
    if waiting:
        yield pa.concat_tables(waiting)
