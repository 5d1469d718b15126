"""What a run was asked to do, in one canonical form, and the hash that identifies it."""

import hashlib
import json
from dataclasses import dataclass

from collect.optimizers import Optimizer
from collect.schedules import Schedule

HIDDEN_UNITS = (100, 100, 100)
BATCH_SIZE = 50
TRAIN_FIRST = 5000
N_TRAIN = 1000
INITIAL_SD = 0.1
INITIAL_BIAS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """Everything that changes the result of a run, except its seed.

    Attributes
    ----------
    schedule, optimizer
        How the network is trained.
    learning_rate
        Base rate, for the loss summed over a batch; stages multiply it by their factors.
    dataset_digest
        Digest of the arrays of the data set (`datasets.digest`); its name and place are not part
        of the identity.
    train_first, n_train
        The training images are those with indices train_first to train_first + n_train - 1.
    """

    schedule: Schedule
    optimizer: Optimizer
    learning_rate: float
    dataset_digest: str
    train_first: int = TRAIN_FIRST
    n_train: int = N_TRAIN

    def canonical(self) -> str:
        """Return the canonical JSON: sorted keys, no spaces, numbers as their declared types."""
        stages = [
            {
                "depth": int(stage.depth),
                "steps": int(stage.steps),
                "rate_factors": [[int(step), float(factor)] for step, factor in stage.rate_factors],
            }
            for stage in self.schedule.stages
        ]
        content = {
            "config_version": 1,
            "schedule": {"name": self.schedule.name, "stages": stages},
            "optimizer": {"class": self.optimizer.keras_class, "options": dict(self.optimizer.options)},
            "learning_rate": float(self.learning_rate),
            "dataset": self.dataset_digest,
            "train_first": int(self.train_first),
            "n_train": int(self.n_train),
            "batch_size": BATCH_SIZE,
            "loss": "cross-entropy summed over the batch",
            "hidden_units": list(HIDDEN_UNITS),
            "activation": "tanh",
            "initial_weights": {"distribution": "truncated normal, cut at 2 sd", "sd": INITIAL_SD},
            "initial_biases": INITIAL_BIAS,
            "random_streams": "philox, one per (seed, array)",
            "dtype": "float32",
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)

    def hash(self) -> str:
        """Return the 128-bit blake2b digest of the canonical JSON, in hexadecimal."""
        return hashlib.blake2b(self.canonical().encode(), digest_size=16).hexdigest()
