"""What a run was asked to do, in one canonical form, and the hash that identifies it."""

import hashlib
import json
from dataclasses import dataclass

from collect.strategy.optimizers import Optimizer
from collect.strategy.schedules import RECONSTRUCT, Schedule, Stage

HIDDEN_UNITS = (100, 100, 100)
BATCH_SIZE = 50
TRAIN_FIRST = 5000
N_TRAIN = 1000
# The first training images are customarily kept for validation; no stage sees them as one of `all`.
N_VALIDATION = 5000
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
    batch_size
        Images per gradient step.
    hidden_units
        Units of the hidden layers, from the first to the last.
    """

    schedule: Schedule
    optimizer: Optimizer
    learning_rate: float
    dataset_digest: str
    train_first: int = TRAIN_FIRST
    n_train: int = N_TRAIN
    batch_size: int = BATCH_SIZE
    hidden_units: tuple[int, ...] = HIDDEN_UNITS

    def canonical(self) -> str:
        """Return the canonical JSON: sorted keys, no spaces, numbers as their declared types."""
        content = {
            "config_version": 1,
            "schedule": {"name": self.schedule.name, "stages": [_told(one) for one in self.schedule.stages]},
            "optimizer": {"class": self.optimizer.keras_class, "options": dict(self.optimizer.options)},
            "learning_rate": float(self.learning_rate),
            "dataset": self.dataset_digest,
            "train_first": int(self.train_first),
            "n_train": int(self.n_train),
            "batch_size": int(self.batch_size),
            "loss": "cross-entropy summed over the batch",
            "hidden_units": [int(units) for units in self.hidden_units],
            "activation": "tanh",
            "initial_weights": {"distribution": "truncated normal, cut at 2 sd", "sd": INITIAL_SD},
            "initial_biases": INITIAL_BIAS,
            "random_streams": "philox, one per (seed, array)",
            "dtype": "float32",
        }
        if self.schedule.uses_all_images:
            content["all_images_from"] = N_VALIDATION
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)

    def hash(self) -> str:
        """Return the 128-bit blake2b digest of the canonical JSON, in hexadecimal."""
        return digest(self.canonical())


def digest(content: str | bytes) -> str:
    """Return the 128-bit blake2b digest of a text or of bytes, in hexadecimal."""
    content = content.encode() if isinstance(content, str) else content
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _told(stage: Stage) -> dict[str, object]:
    """Return what the canonical JSON says of a stage.

    What came later than the first schedules is told where it is not the default, so that the hashes of
    earlier runs stay.
    """
    told: dict[str, object] = {
        "depth": int(stage.depth),
        "steps": int(stage.steps),
        "rate_factors": [[int(step), float(factor)] for step, factor in stage.rate_factors],
    }
    later: dict[str, object] = {
        "objective": stage.objective,
        "layers": None if stage.layers is None else [int(k) for k in stage.layers],
        "reset": list(stage.reset),
        "images": stage.images,
        "corruption": float(stage.corruption),
    }
    defaults: dict[str, object] = {
        "objective": "classify",
        "layers": None,
        "reset": [],
        "images": "labelled",
        "corruption": 0.0,
    }
    told |= {name: value for name, value in later.items() if value != defaults[name]}
    if stage.objective == RECONSTRUCT:
        told["loss"] = "cross-entropy of the inputs, scaled to 0 to 1, summed over inputs and batch"
    return told
