"""The first layer in dual form trains as it does with its weights."""

import numpy as np
import pytest
from numpy_comparison import SEED
from small_networks import small_config, small_split

from collect.strategy.optimizers import OPTIMIZERS, SGD, with_options
from collect.strategy.schedules import SCHEDULES, Schedule, Stage

pytestmark = pytest.mark.filterwarnings("default")

# Every stage can be in dual form; the first layer is trained, frozen, and drawn anew.
STAGES = (
    Stage(depth=1, steps=25),
    Stage(depth=2, steps=25, layers=(2,), rate_factors=((0, 1.0), (10, 0.3))),
    Stage(depth=3, steps=25, reset=("layer1",)),
)


def trained(optimizer, *, dual, monkeypatch):
    from collect.training import trainer

    asked = []

    def answer(trainer, stage, names, of=trainer.Trainer._in_dual_form):
        asked.append(of(trainer, stage, names))
        return asked[-1] and dual

    with monkeypatch.context() as patch:
        patch.setattr(trainer.Trainer, "_in_dual_form", answer)
        config = small_config(Schedule(name="mine", summary="", stages=STAGES), optimizer)
        return trainer.Trainer(config, small_split()).parameters(SEED), asked


@pytest.mark.parametrize(
    ("optimizer", "stages"),
    [
        (SGD, [True, True, True]),
        (OPTIMIZERS["momentum"], [False, True, False]),
        (with_options(SGD, momentum=None, weight_decay=0.1), [False, True, False]),
    ],
    ids=["plain", "momentum", "weight decay"],
)
def test_both_forms_reach_the_same_parameters(optimizer, stages, monkeypatch, report_counts):
    ours, in_dual_form = trained(optimizer, dual=True, monkeypatch=monkeypatch)
    weights, _ = trained(optimizer, dual=False, monkeypatch=monkeypatch)
    assert in_dual_form == stages
    difference = max(np.abs(ours[name] - weights[name]).max() for name in weights)
    report_counts(f"dual form or weights, {optimizer.name}: largest difference {difference:.1e}")
    assert difference < 1e-5


def test_many_images_are_trained_on_with_weights():
    from collect.training import dual

    assert dual.takes_less(1000, 594)
    assert not dual.takes_less(55_000, 717)


def test_autoencoders_are_trained_with_weights(monkeypatch):
    from collect.training.trainer import Trainer

    config = small_config(SCHEDULES["pretrained-full"], SGD)
    trainer = Trainer(config, small_split(with_all_images=True))
    for prepared in trainer._stages:
        assert prepared.in_dual_form == (prepared.stage.objective == "classify")
