"""What is measured at the end of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

SCALARS = ("test_loss", "train_loss", "gradient_norm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """The minimum that a run reached; the fields are columns of the run table (see `schema`).

    Accuracies are fractions, losses are means per image in nats; `errors` has one byte per test image.
    The last three are measured on request only.
    """

    accuracy: float
    test_loss: float
    train_accuracy: float
    train_loss: float
    gradient_norm: float
    accuracy_head1: float
    accuracy_head2: float
    errors: bytes
    sharpness: float | None = None
    parameter_norm: float | None = None
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Diverged:
    """A run that has reached no minimum, and why."""

    reason: str


def minimum(values: Mapping[str, npt.NDArray[Any]], more: Mapping[str, float]) -> Minimum:
    """Return what the programs have measured at one place as a minimum."""
    accuracies = [_share_of_zeros(errors) for errors in values["errors"]]
    return Minimum(
        **{name: float(values[name]) for name in SCALARS},
        accuracy=accuracies[-1],
        accuracy_head1=accuracies[0],
        accuracy_head2=accuracies[1],
        train_accuracy=_share_of_zeros(values["train_errors"]),
        errors=values["errors"][-1].tobytes(),
        **more,
    )


def _share_of_zeros(errors: npt.NDArray[np.uint8]) -> float:
    return int(np.count_nonzero(errors == 0)) / len(errors)


def why_diverged(values: Mapping[str, npt.NDArray[Any]]) -> str | None:
    """Return why there is no minimum to measure, or None.

    Bounded units keep most runs finite at any learning rate: each step moves a weight by a bounded
    amount. A run that has climbed instead of descended has diverged nonetheless.
    """
    if not (values["finite"] and all(np.isfinite(values[name]) for name in SCALARS)):
        return "the loss or a weight is not finite at the end of training"
    start, end = float(values["start_loss"]), float(values["train_loss"])
    if end > start:
        return f"the training loss is {end:.4g} at the end of training and was {start:.4g} at its start"
    return None
