"""What is measured at the end of a run."""

from dataclasses import dataclass


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
