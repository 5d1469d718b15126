"""The running count of a collection: how many runs, and what has come of them."""

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from collect.running.messages import Committed, Event, Lost, Ready, Trained


@dataclass(slots=True)
class Tally:
    """What has come of a collection so far; mean and sd are of the finished runs' accuracy.

    A study begins one strategy after the other; mean and sd are then of the current one.

    Attributes
    ----------
    began
        When the first worker was ready.
    label
        The current strategy of a study.
    n_measured
        Runs in mean and sd.
    n_wanted
        Runs that were missing when the collection was planned.
    n_trained
        Runs that have ended here, those that wait for their commit included.
    n_committed
        Runs whose rows are durable.
    n_skipped, n_repeated
        Runs that others have committed, before they were trained here and while they were.
    """

    n_wanted: int
    clock: Callable[[], float] = time.monotonic
    began: float | None = None
    latest: float = 0.0
    n_trained: int = 0
    n_committed: int = 0
    n_skipped: int = 0
    n_repeated: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    label: str = ""
    n_measured: int = 0
    mean: float = 0.0
    squares: float = 0.0

    @property
    def n_left(self) -> int:
        """Runs that are still to be trained."""
        return max(0, self.n_wanted - self.n_trained - self.n_skipped)

    @property
    def runs_per_s(self) -> float:
        """Average speed from the first worker's readiness to the latest run or commit (nan at first)."""
        elapsed_s = 0.0 if self.began is None else self.latest - self.began
        return self.n_trained / elapsed_s if elapsed_s else math.nan

    @property
    def sd(self) -> float:
        """Standard deviation of the accuracies so far (nan for fewer than two)."""
        n = self.n_measured
        return math.sqrt(max(0.0, self.squares) / (n - 1)) if n > 1 else math.nan

    def begin(self, label: str) -> None:
        """Go on with another strategy."""
        self.label, self.n_measured, self.mean, self.squares = label, 0, 0.0, 0.0

    def add(self, event: Event) -> None:
        """Count one event."""
        self.latest = self.clock()
        if isinstance(event, Ready):
            self.began = self.latest if self.began is None else self.began
        elif isinstance(event, Committed):
            self.n_committed += len(event.seeds)
            self.n_skipped += len(event.skipped)
            self.n_repeated += len(event.repeated)
        elif isinstance(event, Trained):
            self._count(event)
        elif isinstance(event, Lost):
            for run in event.runs:
                self._discount(run)

    def _count(self, run: Trained) -> None:
        """Add a run; mean and squares by Welford's (1962) recurrence, doi 10.2307/1266577."""
        self.n_trained += 1
        self.statuses[run.status] += 1
        if run.accuracy is not None:
            self.n_measured += 1
            step = run.accuracy - self.mean
            self.mean += step / self.n_measured
            self.squares += step * (run.accuracy - self.mean)

    def _discount(self, run: Trained) -> None:
        """Take a run back that has to be trained again: the recurrence backwards."""
        self.n_trained -= 1
        self.statuses[run.status] -= 1
        if run.accuracy is not None:
            self.n_measured -= 1
            step = run.accuracy - self.mean
            self.mean -= step / self.n_measured if self.n_measured else self.mean
            self.squares -= step * (run.accuracy - self.mean)
