"""Schedules and optimizers agree with an independent implementation, on small networks.

Every schedule with plain gradient descent and with weight decay, every optimizer with `staged`; with
`--stress`, every schedule with every optimizer.
"""

import itertools

import numpy as np
import pytest
from numpy_comparison import SEED, TOLERANCE, numpy_training, shortened
from numpy_training import disagreement
from small_networks import small_config, small_split

from collect.strategy.optimizers import OPTIMIZERS
from collect.strategy.schedules import SCHEDULES

pytestmark = pytest.mark.filterwarnings("default")

# Shortened, the longer forms of joint are joint, and pretrained is pretrained-full on other images.
SAME_WHEN_SHORT = ("joint-long", "joint-1600", "joint-2000", "pretrained")
FORMS = [name for name in SCHEDULES if name not in SAME_WHEN_SHORT]
PAIRS = [*itertools.product(FORMS, OPTIMIZERS), ("pretrained", "sgd")]
SOME = [pair for pair in PAIRS if pair[0] == "staged" or pair[1] in ("sgd", "adamw")]


def pytest_generate_tests(metafunc):
    metafunc.parametrize(("schedule", "optimizer"), PAIRS if metafunc.config.getoption("--stress") else SOME)


def test_every_schedule_agrees_with_every_optimizer(schedule, optimizer, report_counts):
    from collect.training.trainer import Trainer

    config = small_config(shortened(SCHEDULES[schedule]), OPTIMIZERS[optimizer])
    split = small_split(with_all_images=config.schedule.uses_all_images)
    trainer = Trainer(config, split)
    ours, again = trainer.parameters(SEED), trainer.parameters(SEED)
    assert all(np.array_equal(ours[name], again[name]) for name in ours), "not repeatable"
    reached = disagreement(ours, numpy_training(config, split))
    report_counts(f"training against NumPy, {schedule} {optimizer}: largest relative distance {reached:.1e}")
    assert reached < TOLERANCE
