"""What strategies change and what they must not: stages, dead pixels, divergence, the committed runs."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_networks import live_pixels, small_config, small_split

from collect.strategy.optimizers import OPTIMIZERS, with_options
from collect.strategy.schedules import JOINT, SCHEDULES, Schedule, Stage, with_last_steps
from collect.training import outcome

pytestmark = pytest.mark.filterwarnings("default")

SEED = 5
REFERENCE = Path(__file__).parents[3] / "data" / "reference"


def parameters(schedule, optimizer=OPTIMIZERS["sgd"], **changes):
    from collect.training.trainer import Trainer

    return Trainer(small_config(schedule, optimizer), small_split(**changes)).parameters(SEED)


def of(*stages):
    return Schedule(name="made", summary="", stages=stages)


@pytest.fixture(scope="module")
def initial():
    return parameters(of(Stage(depth=3, steps=0)))


def changed(after, before):
    return {name for name in after if not np.array_equal(after[name], before[name])}


def test_frozen_layers_stay(initial):
    after = parameters(of(Stage(depth=3, steps=3, layers=(2,))))
    assert {name.partition("/")[0] for name in changed(after, initial)} == {"layer2", "head3"}


def test_what_is_drawn_anew_differs_from_the_first_draw_and_nothing_else_changes(initial):
    after = parameters(of(Stage(depth=3, steps=0, reset=("layer1", "head3"))))
    assert changed(after, initial) == {"layer1/weights", "head3/weights"}
    again = parameters(of(Stage(depth=3, steps=0), Stage(depth=3, steps=0, reset=("layer1", "head3"))))
    for name in ("layer1/weights", "head3/weights"):
        one, other, first = after[name].ravel(), again[name].ravel(), initial[name].ravel()
        assert np.abs(one).max() <= 0.2
        # Another stage draws other numbers, and none has to do with those that the run started from.
        assert abs(np.corrcoef(one, first)[0, 1]) < 5 / np.sqrt(one.size)
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(one.size)


def test_the_retrained_keep_their_first_layer_only(initial):
    features = parameters(of(Stage(depth=3, steps=20)))
    stages = (Stage(depth=3, steps=20), Stage(depth=3, steps=0, reset=("layer2", "layer3", "head3")))
    after = parameters(of(*stages))
    kept = {name for name in after if np.array_equal(after[name], features[name])}
    assert {"layer1/weights", "layer1/biases"} <= kept
    assert not kept & {"layer2/weights", "layer3/weights", "head3/weights"}
    assert np.all(after["layer2/biases"] == np.float32(0.1))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_dropping_dead_pixels_changes_nothing(name, initial, monkeypatch, report_counts):
    """With weight decay, which moves the weights of pixels that are always zero."""
    from collect.training import trainer

    optimizer = with_options(OPTIMIZERS[name], momentum=None, weight_decay=0.5)
    schedule = of(Stage(depth=3, steps=30), Stage(depth=3, steps=30, layers=(1, 3), reset=("layer1",)))
    dropped = parameters(schedule, optimizer)
    split = small_split()
    dead = np.setdiff1d(np.arange(split.train_images.shape[1]), live_pixels(split))
    assert len(dead) > 10
    monkeypatch.setattr(
        trainer, "live_pixels", lambda split: np.arange(split.train_images.shape[1], dtype=np.int32)
    )
    kept = parameters(schedule, optimizer)
    difference = max(np.abs(dropped[array] - kept[array]).max() for array in kept)
    report_counts(f"dead pixels dropped or not, {name}: largest difference {difference:.1e}")
    assert np.array_equal(dropped["layer1/weights"][:, dead], kept["layer1/weights"][:, dead])
    # Sums of zeros and numbers are added up in another order.
    assert difference < 1e-5
    assert not np.array_equal(kept["layer1/weights"][:, dead], initial["layer1/weights"][:, dead])


def test_images_without_dead_pixels_are_trained_on_too():
    from collect.training.trainer import Trainer

    full = small_split()
    always = np.flatnonzero(full.train_images.any(axis=0))
    split = dataclasses.replace(
        full, train_images=full.train_images[:, always], test_images=full.test_images[:, always]
    )
    reached = Trainer(small_config(with_last_steps(JOINT, 40), OPTIMIZERS["adamw"]), split).run(SEED)
    assert reached.train_accuracy > 0.3


@pytest.mark.parametrize(("name", "learning_rate"), [("sgd", 10.0), ("adam", 10.0), ("sgd", 1e38)])
def test_a_run_that_climbs_or_overflows_has_diverged(name, learning_rate):
    from collect.training.trainer import Trainer

    config = small_config(with_last_steps(JOINT, 40), OPTIMIZERS[name])
    reached = Trainer(dataclasses.replace(config, learning_rate=learning_rate), small_split()).run(SEED)
    assert isinstance(reached, outcome.Diverged)
    expected = "not finite" if learning_rate > 1e30 else "at the end of training and was 2."
    assert expected in reached.reason


def test_committed_runs_are_trained_again(mnist, config_of, split, report_counts):
    """Two seeds of each schedule: equal decisions, and losses but for what machines round differently.

    Between machines of two sizes of caches, and of four instruction sets, losses differed by up to
    1.2e-6 relative, gradients by up to 2.1e-6.
    """
    from collect.training.trainer import Trainer

    table, farthest = pd.read_parquet(REFERENCE), 0.0
    for name in ("joint", "staged", "joint-long"):
        config = config_of(SCHEDULES[name])
        rows = table[table["schedule"] == name].set_index("seed")
        assert set(rows["config_hash"]) == {config.hash()}
        assert set(rows["config"]) == {config.canonical()}
        trainer = Trainer(config, split)
        for seed in (0, 499):
            reached, committed = trainer.run(seed), rows.loc[seed]
            assert reached == trainer.run(seed)
            for measure in ("accuracy", "train_accuracy", "accuracy_head1", "accuracy_head2", "errors"):
                assert getattr(reached, measure) == committed[measure]
            for measure in ("test_loss", "train_loss", "gradient_norm"):
                assert getattr(reached, measure) == pytest.approx(committed[measure], rel=1e-5)
                farthest = max(farthest, abs(getattr(reached, measure) / committed[measure] - 1))
    report_counts(f"committed runs trained again: losses and gradients differ by at most {farthest:.1e}")


def test_what_is_measured_on_request_is_measured():
    from collect.training.trainer import Trainer

    config = small_config(with_last_steps(JOINT, 40), OPTIMIZERS["sgd"])
    plain = Trainer(config, small_split()).run(SEED)
    measured = Trainer(config, small_split(), measure=True).run(SEED)
    nothing = {"sharpness": None, "parameter_norm": None, "distance": None}
    assert dataclasses.replace(measured, **nothing) == plain
    after, before = (parameters(with_last_steps(JOINT, steps)) for steps in (40, 0))
    deepest = [n for n in after if n.startswith(("layer", "head3"))]
    squares = sum(np.sum(after[n].astype(np.float64) ** 2) for n in deepest)
    moved = sum(np.sum((after[n].astype(np.float64) - before[n]) ** 2) for n in deepest)
    assert measured.parameter_norm == pytest.approx(np.sqrt(squares), rel=1e-5)
    assert measured.distance == pytest.approx(np.sqrt(moved), rel=1e-5)
