"""A database agrees with a plain dict, whatever is appended, killed, compacted, damaged and moved away."""

import itertools
import os
import shutil
import tempfile
import uuid
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from faulty_os import killed, run_over
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from made_rows import UNMEASURED, make_row, runs_of

from collect.errors import DataError
from collect.store import compaction, database, verification
from collect.store.local import LocalDirectory
from collect.store.schema import DIVERGED, FAILED, OK, Run

Key = tuple[object, object]
MERIT = (OK, DIVERGED, FAILED)
SEEDS = st.lists(st.integers(0, 7), min_size=1, max_size=4, unique=True)
STATUS = st.sampled_from(MERIT)
SCHEDULE = st.sampled_from(["joint", "staged"])


def counting_first(rows: list[Run]) -> Run:
    """Return the row that counts among those of one key."""
    return min(rows, key=lambda row: (MERIT.index(row.status), row.committed_at, row.run_id))


class Database(RuleBasedStateMachine):
    """The model is `rows`: by run_id, every row that must be read.

    A damaged segment's rows are at risk until it is moved away: they are read, or it is refused.
    """

    counts: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.db = LocalDirectory(self.folder / "runs")
        self.rows: dict[str, Run] = {}
        self.at_risk: dict[str, set[str]] = {}
        self.times = itertools.count()
        # Random names would make failures that cannot be repeated.
        ids = itertools.count(1)
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(os, "fsync", lambda descriptor: None)  # no device is waited for
        self.patch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=next(ids) * 0x9E3779B97F4A7C15))
        self.counts["examples"] += 1

    @initialize(batches=st.lists(st.tuples(SEEDS, SCHEDULE, STATUS), min_size=1, max_size=4))
    def start(self, batches: list[tuple[list[int], str, str]]) -> None:
        self.db.prepare()
        for batch in batches:
            self.append(*batch)

    def teardown(self) -> None:
        self.patch.undo()
        shutil.rmtree(self.folder)

    @rule(seeds=SEEDS, schedule=SCHEDULE, status=STATUS)
    def append(self, seeds: list[int], schedule: str, status: str) -> None:
        batch = self._batch(seeds, schedule, status)
        database.append(self.db, batch)
        self._keep(batch)
        self.counts["appends"] += 1

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), status=STATUS)
    def append_again(self, data: st.DataObject, status: str) -> None:
        """Train a seed again that is there already, with another outcome."""
        row = self.rows[data.draw(st.sampled_from(sorted(self.rows)))]
        self.append([row.seed], row.schedule, status)

    @rule(seeds=SEEDS, schedule=SCHEDULE, status=STATUS, n_good=st.integers(0, 10))
    def killed_append(self, seeds: list[int], schedule: str, status: str, n_good: int) -> None:
        batch = self._batch(seeds, schedule, status)
        with pytest.MonkeyPatch.context() as patch:
            was_killed = run_over(patch, killed(n_good), lambda: database.append(self.db, batch))
        self.counts["killed appends"] += was_killed
        n_seen = sum(row.run_id in self._run_ids() for row in batch)
        assert n_seen in ((0, len(batch)) if was_killed else (len(batch),))
        if n_seen:
            self._keep(batch)

    @rule()
    def compact(self) -> None:
        done = compaction.compact(self.db, grace_s=0)
        assert len(done.left) == len(self.at_risk)
        self.counts["compactions"] += 1

    @rule(n_good=st.integers(0, 40))
    def killed_compact(self, n_good: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            self.counts["killed compactions"] += run_over(
                patch, killed(n_good), lambda: compaction.compact(self.db, grace_s=0)
            )

    @precondition(lambda self: set(database.segments(self.db)) - self.at_risk.keys())
    @rule(data=st.data(), place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
    def corrupt(self, data: st.DataObject, place: float, change: int) -> None:
        name = data.draw(st.sampled_from(sorted(set(database.segments(self.db)) - self.at_risk.keys())))
        self.at_risk[name] = set(database.read_segment(self.db, name)["run_id"].to_pylist())
        path = self.db.path / name
        content = bytearray(path.read_bytes())
        content[int(place * len(content))] ^= change
        path.write_bytes(content)
        self.counts["corruptions"] += 1

    @rule()
    def verify(self) -> None:
        """Move damaged segments away; what was nowhere else is lost, and nothing else is."""
        found = verification.verify(self.db)
        assert set(found.damaged) == set(self.at_risk)
        for name in found.damaged:
            self.db.quarantine(name)
        left = self._run_ids()
        lost = set(self.rows) - left
        assert lost <= set().union(*self.at_risk.values())
        self.rows = {run_id: row for run_id, row in self.rows.items() if run_id in left}
        self.at_risk.clear()
        assert not verification.verify(self.db).problems
        self.counts["verifications"] += 1
        self.counts["quarantined"] += len(found.damaged)

    @invariant()
    def every_row_is_read_as_written(self) -> None:
        refused: list[DataError] = []
        table = database.read(self.db, unreadable=refused)
        found = {row.run_id: row for row in runs_of(table)}
        assert len(found) == table.num_rows
        assert all(self.rows[run_id] == row for run_id, row in found.items())
        excused = set().union(*self.at_risk.values()) if refused else set()
        assert self.rows.keys() - found.keys() <= excused
        assert len(refused) <= len(self.at_risk)
        assert runs_of(database.first_successes(table)) == self._winners(found)
        self.counts["readings"] += 1

    def _winners(self, rows: dict[str, Run]) -> list[Run]:
        of_run: dict[Key, list[Run]] = {}
        for row in rows.values():
            of_run.setdefault((row.config_hash, row.seed), []).append(row)
        return [counting_first(of_run[key]) for key in sorted(of_run)]

    def _batch(self, seeds: list[int], schedule: str, status: str) -> list[Run]:
        changes: dict[str, object] = {} if status == OK else {"message": "made", **UNMEASURED}
        # Later rows may have earlier times: clocks differ.
        at = datetime(2026, 1, 1 + next(self.times) * 7 % 28, tzinfo=UTC)
        return [make_row(s, schedule, status=status, committed_at=at, **changes) for s in seeds]

    def _keep(self, batch: list[Run]) -> None:
        self.rows |= {row.run_id: row for row in batch}

    def _run_ids(self) -> set[str]:
        return set(database.read(self.db, ["run_id"], unreadable=[])["run_id"].to_pylist())


def test_a_database_agrees_with_a_dict(stress, report_counts):
    form = settings(
        max_examples=200 if stress else 25,
        stateful_step_count=40 if stress else 15,
        deadline=None,
        derandomize=not stress,
        database=None,
    )
    Database.counts.clear()
    run_state_machine_as_test(Database, settings=form)
    told = ", ".join(f"{n:,} {what}" for what, n in Database.counts.items())
    report_counts(f"state machine: {told}: 0 differences")
    assert Database.counts["examples"] >= form.max_examples
