"""A long collection compacts its database as it goes; that neither loses nor doubles a row."""

import pytest

from collect.running import blocks, upkeep
from collect.running import plan as planning
from collect.running.messages import Committed
from collect.running.upkeep import Upkeep
from collect.store import database
from collect.store.local import LocalDirectory
from collect.strategy.schedules import JOINT

# Nothing takes so long: what does is stuck.
LONG_S = 600


@pytest.fixture
def plan(tmp_path, mnist, config_of, monkeypatch):
    monkeypatch.setattr(planning, "TRAINER", "stub_trainer:Trainer")
    monkeypatch.setattr(blocks, "LARGEST_BLOCK", 4)
    monkeypatch.setenv("STUB_SECONDS", "0.01")
    place = LocalDirectory(tmp_path / "db")
    place.prepare()
    return planning.Plan(
        config=config_of(JOINT), dataset=mnist, db=place, first_seed=0, n_runs=250, workers=2
    )


@pytest.mark.slow
def test_segments_are_merged_while_the_collection_goes_on(plan, monkeypatch):
    monkeypatch.setattr(upkeep, "SEGMENTS", 8)
    monkeypatch.setattr(upkeep, "SEGMENTS_AT_END", 4)
    compactions, start = [], Upkeep._start
    monkeypatch.setattr(Upkeep, "_start", lambda self: compactions.append(start(self)) or compactions[-1])
    n_segments, fewest, n_committed = 0, False, 0
    for event in planning.run(plan, planning.take_inventory(plan)):
        if isinstance(event, Committed):
            n_committed += 1
            before, n_segments = n_segments, len(database.segments(plan.db))
            fewest = fewest or n_segments < before - 4
            if compactions and not fewest:
                compactions[0].wait(LONG_S)  # the collection takes as long as the first compaction needs
    assert n_committed > 50
    assert fewest, "compacted before the end"
    assert len(database.segments(plan.db)) < 8
    assert database.read(plan.db, ["seed"])["seed"].to_pylist() == list(range(250))
    assert planning.take_inventory(plan).missing == ()


def test_a_short_collection_leaves_its_segments_alone(tmp_path):
    one = Upkeep(LocalDirectory(tmp_path))
    for _ in range(upkeep.SEGMENTS_AT_END - 1):
        one.note_segment()
    one.finish()
    assert one._process is None


def test_a_compaction_that_goes_on_ends_with_its_collection(tmp_path):
    one = Upkeep(LocalDirectory(tmp_path))
    for _ in range(upkeep.SEGMENTS):
        one.note_segment()
    assert one._process is not None
    one.abandon()
    assert one._process.poll() is not None
