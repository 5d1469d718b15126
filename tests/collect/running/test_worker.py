"""Whatever happens to a run, it becomes a row."""

import gc
import importlib
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collect.running import messages, plan, worker
from collect.running.provenance import collect_provenance
from collect.store.local import LocalDirectory
from collect.strategy.schedules import JOINT
from collect.training.groups import groups
from collect.training.outcome import Diverged, Minimum

MINIMUM = Minimum(
    accuracy=0.9,
    test_loss=0.5,
    train_accuracy=1.0,
    train_loss=0.1,
    gradient_norm=0.01,
    accuracy_head1=0.1,
    accuracy_head2=0.2,
    errors=b"\0",
)


@pytest.fixture
def make_row(mnist, config_of, split, tmp_path):
    job = messages.Job(
        config=config_of(JOINT),
        dataset=mnist,
        db=LocalDirectory(tmp_path),
        retry_failed=False,
        trainer=plan.TRAINER,
    )

    def make(run):
        (row,) = worker.trained_runs(
            job, split, collect_provenance("CPU:0"), [5], lambda seeds: list(map(run, seeds))
        )
        return row

    return make


def test_a_finished_run_is_a_row_of_the_schema(make_row):
    row = make_row(lambda seed: MINIMUM)
    assert {f.name: getattr(row, f.name) for f in fields(Minimum)} == asdict(MINIMUM)
    assert (row.seed, row.status, row.message, row.accuracy) == (5, "ok", None, 0.9)
    assert (row.schedule, row.steps, row.n_test) == ("joint", 1000, 10000)


def test_a_run_that_is_not_finite_is_a_diverged_row(make_row):
    row = make_row(lambda seed: Diverged("the loss is not finite"))
    assert row.status == "diverged"
    assert "not finite" in row.message
    assert all(getattr(row, f.name) is None for f in fields(Minimum))


def test_a_run_that_raises_is_a_failed_row_with_its_message(make_row):
    def run(seed):
        raise MemoryError("no room for the network")

    row = make_row(run)
    assert (row.status, row.message) == ("failed", "MemoryError: no room for the network")
    assert all(getattr(row, f.name) is None for f in fields(Minimum))


def test_a_network_that_is_not_finite_has_no_minimum(config_of, split):
    from collect.training.trainer import Trainer

    reached = Trainer(config_of(JOINT, learning_rate=1e38), split).run(0)
    assert reached == Diverged("the loss or a weight is not finite at the end of training")


def test_rows_can_be_told_apart_but_environments_agree(make_row):
    first, second = make_row(lambda seed: MINIMUM), make_row(lambda seed: MINIMUM)
    assert first.run_id != second.run_id
    assert first.env_hash == second.env_hash


def test_of_runs_together_only_the_one_that_raises_alone_has_failed(mnist, config_of, split, tmp_path):
    job = messages.Job(
        config=config_of(JOINT), dataset=mnist, db=LocalDirectory(tmp_path), retry_failed=False, trainer=""
    )

    def run(seeds):
        if 6 in seeds:
            raise ValueError("no six")
        return [MINIMUM] * len(seeds)

    rows = worker.trained_runs(job, split, collect_provenance("CPU:0"), [4, 5, 6], run)
    assert [(row.seed, row.status) for row in rows] == [(4, "ok"), (5, "ok"), (6, "failed")]


@given(st.lists(st.integers(0, 10**6), unique=True), st.integers(1, 5))
def test_groups_have_one_seed_for_a_place_and_are_as_few_as_possible(seeds, n):
    cut = groups(seeds, n)
    assert sorted(seed for group in cut for seed in group) == sorted(seeds)
    assert all(len({seed % n for seed in group}) == len(group) for group in cut)
    places = Counter(seed % n for seed in seeds)
    assert len(cut) == max(places.values(), default=0)


def test_packages_that_training_does_not_need_are_hidden_only_while_it_starts(monkeypatch):
    monkeypatch.delitem(sys.modules, "tabnanny", raising=False)
    with worker._hidden(["tabnanny", "sys"]):
        assert sys.modules["sys"] is sys
        with pytest.raises(ImportError):
            importlib.import_module("tabnanny")
    assert importlib.import_module("tabnanny")


def test_garbage_is_searched_for_again_after_a_start_that_failed():
    try:
        with suppress(KeyError), worker._garbage_kept():
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled()
    finally:
        gc.unfreeze()
