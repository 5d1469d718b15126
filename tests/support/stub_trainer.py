"""A trainer that trains nothing: the outcome depends on the seed alone, after some milliseconds.

As a program it is `collect` with this trainer, in blocks of at most `STUB_BLOCK` runs. In a folder
`STUB_GATE` it says that it has come to seed `STUB_GATE_SEED`, and waits until it may go on.
"""

import os
import random
import time
from pathlib import Path

from collect.training.outcome import Minimum

SECONDS = "STUB_SECONDS"
LARGEST_BLOCK = "STUB_BLOCK"
GATE, GATE_SEED = "STUB_GATE", "STUB_GATE_SEED"
REACHED, OPEN = "reached", "open"
# Nothing takes so long: what does is stuck.
LONG_S = 600


class Trainer:
    device = "CPU:0"
    together = 1

    def __init__(self, config, split, *, measure):
        self.n_test = len(split.test_labels)
        self.seconds = float(os.environ.get(SECONDS, "0"))
        self.gate = Path(os.environ[GATE]) if GATE in os.environ else None
        self.gate_seed = int(os.environ.get(GATE_SEED, "-1"))

    def compile(self):
        pass

    def run_together(self, seeds):
        return [self.run(seed) for seed in seeds]

    def run(self, seed):
        if seed == self.gate_seed:
            self.wait_at_gate()
        time.sleep(self.seconds)
        draw = random.Random(seed)
        errors = bytes(draw.choice(b"\0\0\0\0\0\0\0\3") for _ in range(100)) * (self.n_test // 100)
        return Minimum(
            accuracy=errors.count(0) / self.n_test,
            test_loss=draw.random(),
            train_accuracy=1.0,
            train_loss=draw.random() / 100,
            gradient_norm=draw.random(),
            accuracy_head1=0.1,
            accuracy_head2=0.1,
            errors=errors,
        )

    def wait_at_gate(self):
        (self.gate / REACHED).touch()
        wait_until((self.gate / OPEN).exists)


def wait_until(condition):
    """Wait for what another process does."""
    deadline = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline, "what was waited for does not happen"
        time.sleep(0.01)


if __name__ == "__main__":
    from collect.cli.main import main
    from collect.running import blocks, plan

    blocks.LARGEST_BLOCK = int(os.environ.get(LARGEST_BLOCK, blocks.LARGEST_BLOCK))
    plan.TRAINER = "stub_trainer:Trainer"
    main()
