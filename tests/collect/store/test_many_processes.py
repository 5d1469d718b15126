"""Many processes write, compact and read one database; nothing is lost, doubled or refused."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from made_rows import make_row
from writers import ACKNOWLEDGED, BATCH, DONE, Child, append_at_pace, compact_without_end, paced_batch

from collect.store import compaction, database, segment
from collect.store.local import LocalDirectory
from collect.store.place import GRACE_S
from collect.store.schema import SCHEMA

ALL = SCHEMA.names
KEYS = ["config_hash", "seed"]
# Less than a reader needs for what it has listed: files vanish under its feet.
SHORT_S = 0.002
# Everything but where and when the row was made.
SAME = ALL[: ALL.index("run_id")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many work on one database, and how long."""

    n_writers: int
    n_batches: int
    n_opens: int
    graces: tuple[float, ...]  # of each compactor

    def __str__(self) -> str:
        graces = ", ".join(f"{g:g} s" for g in self.graces)
        return f"{self.n_writers} writers x {self.n_batches} batches, compactors with grace {graces}"


@contextmanager
def living(*children: Child) -> Iterator[None]:
    """See to it that no process outlives its test."""
    with ExitStack() as stack:
        for child in children:
            stack.callback(child.process.kill)
        yield


def keys_of(db: LocalDirectory) -> set[tuple[str, int]]:
    """Open the database as a reader does, and return its keys."""
    table = database.first_successes(database.read(db, [*KEYS, *database.DECIDING]))
    keys = list(zip(*table.select(KEYS).to_pydict().values(), strict=True))
    assert len(set(keys)) == len(keys), "a reader saw a key twice"
    return set(keys)


def read_meanwhile(db: LocalDirectory, crowd: Crowd, writers: list[Child], compactors: list[Child]) -> None:
    """Open the database many times while batches are appended at a pace that makes them last until then."""
    seen: set[tuple[str, int]] = set()
    n_told = 0
    for n_opened in range(1, crowd.n_opens + 1):
        while n_told * crowd.n_opens < n_opened * crowd.n_batches:
            n_told += 1
            for writer in writers:
                writer.tell("append")
        for child in (*writers, *compactors):
            child.listen()
        acknowledged = {n for writer in writers for n in writer.all_said(ACKNOWLEDGED)}
        keys = keys_of(db)
        assert seen <= keys, f"at opening {n_opened} {len(seen - keys)} rows were gone"
        assert acknowledged <= {seed // BATCH for _, seed in keys}, "an acknowledged batch was not there"
        seen = keys


def crowds(stress: bool) -> list[Crowd]:
    if not stress:
        return [Crowd(n_writers=4, n_batches=12, n_opens=60, graces=(0.05, SHORT_S))]
    size = {"n_writers": 8, "n_batches": 50, "n_opens": 1000}
    graces = [(0.05,), (0.05, SHORT_S), (GRACE_S, GRACE_S)]
    return [Crowd(**size, graces=g) for g in graces]


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_refused_among_many_processes(tmp_path, stress, report_counts):
    for i, crowd in enumerate(crowds(stress)):
        db = LocalDirectory(tmp_path / str(i))
        writers = [
            Child(append_at_pace, db.path, range(w * crowd.n_batches, (w + 1) * crowd.n_batches))
            for w in range(crowd.n_writers)
        ]
        compactors = [Child(compact_without_end, db.path, grace_s) for grace_s in crowd.graces]
        with living(*writers, *compactors):
            read_meanwhile(db, crowd, writers, compactors)
            assert [writer.end() for writer in writers] == [0] * crowd.n_writers, "an append was refused"
            for compactor in compactors:
                compactor.tell("enough")
            assert [compactor.end() for compactor in compactors] == [0] * len(compactors)
        done = [one for compactor in compactors for one in compactor.all_said(DONE)]
        assert [errors for _, errors in done if errors] == []
        acknowledged = [n for writer in writers for n in writer.all_said(ACKNOWLEDGED)]
        expected = segment.as_table(row for n in acknowledged for row in paced_batch(n))
        assert expected.num_rows == crowd.n_writers * crowd.n_batches * 5
        check_contents(db, expected)
        report_counts(
            f"{crowd}: {expected.num_rows} rows acknowledged, {sum(n > 0 for n, _ in done)} compactions that "
            f"merged, {crowd.n_opens} opens; 0 lost, 0 doubled, 0 refused, no count went down"
        )


def check_contents(db: LocalDirectory, expected) -> None:
    """Compare all rows with those that were acknowledged; once more after a last compaction, to the file."""
    assert database.read(db).select(SAME).equals(database.in_order(expected).select(SAME))
    compaction.compact(db, grace_s=0)
    labels = [segment.parse_name(name) for name in database.segments(db)]
    assert sum(label.n_rows for label in labels) == expected.num_rows
    assert database.read(db).select(SAME).equals(database.in_order(expected).select(SAME))


@pytest.fixture
def db(tmp_path):
    place = LocalDirectory(tmp_path / "runs")
    place.prepare()
    return place


def test_a_compaction_in_the_grace_of_another_loses_nothing(db, monkeypatch):
    """The other merges the new segment with what it came from, which are the same bytes but for its mark."""
    database.append(db, [make_row(s, "x") for s in range(50)] + [make_row(s, "z") for s in range(50)])
    database.append(db, [make_row(s, "z") for s in range(50, 110)])
    before = database.read(db)
    inner = []

    def sleep(_):
        if not inner:
            inner.append(None)
            inner[0] = compaction.compact(db)

    monkeypatch.setattr(compaction, "time", SimpleNamespace(sleep=sleep))
    outer = compaction.compact(db)
    assert (inner[0].n_before, outer.n_before) == (4, 2)
    assert database.read(db).equals(before)


class Interrupted:
    """A place where, before or after any change, another compaction may run from start to end."""

    def __init__(self, db: LocalDirectory, rng: random.Random, depth: int) -> None:
        self._db, self._rng, self._depth = db, rng, depth

    def __str__(self) -> str:
        return str(self._db)

    def __getattr__(self, name: str):
        return getattr(self._db, name)

    def publish(self, name: str, content: bytes) -> None:
        self._compact_perhaps()
        self._db.publish(name, content)
        self._compact_perhaps()

    def remove(self, names) -> None:
        for name in names:
            self._compact_perhaps()
            self._db.remove([name])

    def _compact_perhaps(self) -> None:
        if self._depth and self._rng.random() < 0.3:
            self._depth -= 1
            compaction.compact(Interrupted(self._db, self._rng, self._depth), grace_s=0)


def test_compactions_within_compactions_lose_nothing(tmp_path, monkeypatch, stress, report_counts):
    monkeypatch.setattr(compaction, "OWN_SEGMENT_ROWS", 5)
    monkeypatch.setattr(compaction, "LARGE_ROWS", 30)
    monkeypatch.setattr(compaction, "MAX_ROWS", 40)
    n_trials = 150 if stress else 10
    for trial in range(n_trials):
        rng = random.Random(trial)
        db = LocalDirectory(tmp_path / str(trial))
        db.prepare()
        for _ in range(rng.randint(2, 4)):
            rows = range(rng.randint(1, 8))
            database.append(db, [make_row(rng.randrange(1000), rng.choice("xyz")) for _ in rows])
        before = database.read(db)
        compaction.compact(Interrupted(db, rng, depth=2), grace_s=0)
        assert database.read(db).equals(before), f"trial {trial}"
        compaction.compact(db, grace_s=0)
        names = database.segments(db)
        compaction.compact(db, grace_s=0)
        assert database.segments(db) == names, f"trial {trial}: a compact database was compacted again"
    report_counts(f"compactions within compactions: {n_trials} interleavings, no row lost")
