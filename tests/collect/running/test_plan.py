"""A long collection leaves few segments behind; that neither loses nor doubles a row."""

import pytest

from collect.errors import RunError
from collect.running import blocks, plan
from collect.running.messages import Committed
from collect.store import database
from collect.store.local import LocalDirectory
from collect.strategy.schedules import JOINT


@pytest.fixture
def asked(tmp_path, mnist, config_of, monkeypatch):
    monkeypatch.setattr(plan, "TRAINER", "stub_trainer:Trainer")
    monkeypatch.setattr(blocks, "LARGEST_BLOCK", 4)
    monkeypatch.setenv("STUB_SECONDS", "0")
    place = LocalDirectory(tmp_path / "db")
    place.prepare()
    return plan.Plan(config=config_of(JOINT), dataset=mnist, db=place, first_seed=0, n_runs=60, workers=2)


@pytest.mark.slow
@pytest.mark.parametrize(("many", "compacted"), [(8, True), (1000, False)])
def test_many_segments_are_merged_at_the_end(asked, monkeypatch, many, compacted):
    monkeypatch.setattr(plan, "MANY_SEGMENTS", many)
    n = sum(isinstance(event, Committed) for event in plan.run(asked, plan.take_inventory(asked)))
    assert n >= 15
    assert len(database.segments(asked.db)) == (1 if compacted else n)
    assert database.read(asked.db, ["seed"])["seed"].to_pylist() == list(range(60))


@pytest.mark.slow
def test_a_merge_that_fails_is_no_fault_of_the_collection(asked, monkeypatch):
    def fails(db):
        raise RunError("no space")

    monkeypatch.setattr(plan, "MANY_SEGMENTS", 1)
    monkeypatch.setattr(plan, "compact", fails)
    list(plan.run(asked, plan.take_inventory(asked)))
    assert plan.take_inventory(asked).missing == ()
