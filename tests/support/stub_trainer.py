"""A trainer that trains nothing: the outcome depends on the seed alone, after some milliseconds.

As a program it is `collect` with this trainer.
"""

import os
import random
import time

from collect.minimum import Minimum

SECONDS = "STUB_SECONDS"


class Trainer:
    device = "CPU:0"
    together = 1

    def __init__(self, config, split, *, measure):
        self.n_test = len(split.test_labels)
        self.seconds = float(os.environ.get(SECONDS, "0"))

    def compile(self):
        pass

    def run_together(self, seeds):
        return [self.run(seed) for seed in seeds]

    def run(self, seed):
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


if __name__ == "__main__":
    from collect import campaign
    from collect.cli.main import main

    campaign.TRAINER = "stub_trainer:Trainer"
    main()
