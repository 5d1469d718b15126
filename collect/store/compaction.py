"""Merge many small segments into few large ones, while others write, read and compact.

Every new segment is durable and visible before any that it replaces is removed, and it has a name
that no file ever had. So a crash at any point leaves at most rows that are there twice, and a row that
is there twice is still one row (it has the same run_id). Nor can compactions that overlap lose a row: a
removed segment has a replacement that was published after it, so of the segments that ever held
a row the latest is never removed.
"""

import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from collect.errors import CollectError, DataError
from collect.store import database, segment
from collect.store.place import GRACE_S, Place
from collect.store.segment import MIXED

# 100,000 rows without `errors` make some 15 MB; with them 256 MiB in memory make some 25,000 rows and
# 40 MB: little enough for one PUT, and for a reader's memory.
MAX_ROWS = 100_000
MAX_BYTES = 256 * 2**20
# Segments of this size are left as they are.
LARGE_ROWS, LARGE_FILE = MAX_ROWS // 2, 16 * 10**6
# Configurations with fewer rows share a segment: thousands of them must not become thousands of files.
OWN_SEGMENT_ROWS = 100


@dataclass(slots=True)
class Compaction:
    """What a compaction did.

    Attributes
    ----------
    n_before, n_after
        Visible segments before and after, those that were left as they are included.
    n_rows
        Rows that were merged.
    left
        Errors of segments that cannot be read; they were left where they are.
    """

    n_before: int
    n_after: int = 0
    n_rows: int = 0
    left: list[CollectError] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    """Rows on their way into one new segment, and the segments they come from."""

    tables: list[pa.Table] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    n_rows: int = 0
    n_bytes: int = 0

    def add(self, name: str, table: pa.Table) -> None:
        self.tables.append(table)
        self.sources.append(name)
        self.n_rows += table.num_rows
        self.n_bytes += table.nbytes

    def has_room(self, table: pa.Table) -> bool:
        fits = self.n_rows + table.num_rows <= MAX_ROWS and self.n_bytes + table.nbytes <= MAX_BYTES
        return not self.tables or fits


def compact(db: Place, *, grace_s: float = GRACE_S) -> Compaction:
    """Merge small segments; no row is lost or changed, whatever happens meanwhile.

    Parameters
    ----------
    grace_s
        Seconds between the publication of the new segments and the removal of the old.

    Raises
    ------
    RunError
        A new segment could not be made durable; the old ones are still there.
    """
    sizes = {name: size for name, size in db.sizes().items() if name.endswith(segment.ENDING)}
    done = Compaction(n_before=len(sizes))
    replaced: set[str] = set()
    for batch in _batches(db, _small(sizes), done):
        if len(batch.sources) < 2:
            continue
        try:
            table = _merged(batch)
        except DataError as error:
            done.left.append(error)
            continue
        _publish(db, table)
        replaced.update(batch.sources)
        done.n_rows += table.num_rows
    if replaced:
        time.sleep(grace_s)
        db.remove(sorted(replaced))
    db.sweep()
    done.n_after = len(database.segments(db))
    return done


def _small(sizes: dict[str, int]) -> list[tuple[str, str, int]]:
    """Return owner, name and size of small segments, in the order in which they are to be merged.

    The owner is the configuration whose rows a segment holds; those with few rows in all share one.
    """
    labels = {name: segment.parse_name(name) for name in sizes}
    n_rows: Counter[str] = Counter()
    for label in labels.values():
        if label is not None:
            n_rows[label.config] += label.n_rows
    small = []
    for name, label in labels.items():
        if sizes[name] >= LARGE_FILE or (label is not None and label.n_rows >= LARGE_ROWS):
            continue
        own = label is not None and n_rows[label.config] >= OWN_SEGMENT_ROWS
        first = label.first_seed if label is not None else 0
        small.append((label.config if label is not None and own else MIXED, first, name))
    return [(owner, name, sizes[name]) for owner, _, name in sorted(small)]


def _batches(db: Place, small: list[tuple[str, str, int]], done: Compaction) -> Iterator[_Batch]:
    """Yield small segments in groups that make one segment each, owner by owner."""
    batch, owner = _Batch(), ""
    for (own, name, _), table in database.in_parallel(lambda one: _read(db, one[1]), small):
        if isinstance(table, CollectError):
            done.left.append(table)
        elif table is not None:
            if own != owner or not batch.has_room(table):
                yield batch
                batch, owner = _Batch(), own
            batch.add(name, table)
    yield batch


def _read(db: Place, name: str) -> pa.Table | CollectError | None:
    """Read a whole segment, or return what keeps it from being read, or None if it is gone."""
    content = database.content(db, name)
    if not isinstance(content, bytes):
        return content
    try:
        return segment.whole(name, content, where=f"{db}/{name}", check_values=False)
    except CollectError as error:
        return error


def _merged(batch: _Batch) -> pa.Table:
    """Return the batch's rows in order, those that are there twice once."""
    together = pa.concat_tables(batch.tables)
    table = database.in_order(together)
    if table.num_rows < together.num_rows and table.num_rows < _n_different(together):
        raise DataError("rows of the same run_id differ, so nothing was dropped: see `collect verify`")
    return table


def _n_different(table: pa.Table) -> int:
    return int((~table.to_pandas().duplicated()).sum())


def _publish(db: Place, table: pa.Table) -> None:
    """Publish rows: each configuration that has many by itself, the others together."""
    counts = pc.value_counts(table["config_hash"].combine_chunks()).to_pylist()
    own = [count["values"] for count in counts if count["counts"] >= OWN_SEGMENT_ROWS]
    has_own = pc.is_in(table["config_hash"], value_set=pa.array(own, pa.string()))
    parts = [table.filter(pc.equal(table["config_hash"], config)) for config in own]
    for part in (*parts, table.filter(pc.invert(has_own))):
        if part.num_rows:
            db.publish(*segment.encode(part, compaction=uuid.uuid4().hex))
