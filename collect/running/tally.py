"""The running count of a collection: how many runs, what has come of them, how fast, how much longer."""

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from collect.running.messages import Committed, Event, Lost, Ready, Trained

# The rate is that of the last part of the time so far: long enough to be steady, short enough to follow.
MEMORY = 1 / 4
SHORTEST_MEMORY_S, LONGEST_MEMORY_S = 10.0, 1800.0


@dataclass(slots=True)
class Pace:
    """Runs per second of late: older runs count exponentially less.

    Start-up does not count: the clock runs from the first worker's readiness. When more come, what was
    seen is scaled to their number. One that went is expected back; if it stays away, the pace shows it.
    """

    since: float | None = None
    workers: int = 0
    _away: int = 0
    _at: float = 0.0
    _runs: float = 0.0
    _seconds: float = 0.0

    @property
    def per_s(self) -> float:
        """Runs per second, nan as long as none has ended."""
        return self._runs / self._seconds if self._runs and self._seconds > 0 else math.nan

    def worker_came(self, now: float) -> None:
        """Note that one more worker is ready."""
        if self.since is None:
            self.since = self._at = now
        if self._away:
            self._away -= 1
            return
        self._seconds *= self.workers / (self.workers + 1)
        self.workers += 1

    def worker_went(self) -> None:
        """Note that a worker is gone."""
        self._away += 1

    def all_went(self) -> None:
        """Note that all workers have ended and as many are to come."""
        self._away = self.workers

    def run_ended(self, now: float) -> None:
        """Note that a run has ended."""
        if self.since is None:
            return
        step = max(0.0, now - self._at)
        memory = min(max(SHORTEST_MEMORY_S, MEMORY * (now - self.since)), LONGEST_MEMORY_S)
        kept = math.exp(-step / memory)
        self._runs = self._runs * kept + 1
        self._seconds = self._seconds * kept + step
        self._at = now


@dataclass(slots=True)
class Tally:
    """What has come of a collection so far; mean and sd are of the finished runs' accuracy.

    A study begins one strategy after the other; mean and sd are then of the current one.

    Attributes
    ----------
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
    pace: Pace = field(default_factory=Pace)
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
    def training_s(self) -> float:
        """Seconds from the first worker's readiness to the latest run or commit."""
        return 0.0 if self.pace.since is None else self.latest - self.pace.since

    @property
    def left_s(self) -> float:
        """Seconds until all runs have ended, at the pace of late; nan as long as none has."""
        return self.n_left / self.pace.per_s

    @property
    def sd(self) -> float:
        """Standard deviation of the accuracies so far (nan for fewer than two)."""
        n = self.n_measured
        return math.sqrt(max(0.0, self.squares) / (n - 1)) if n > 1 else math.nan

    def begin(self, label: str) -> None:
        """Go on with another strategy."""
        self.label, self.n_measured, self.mean, self.squares = label, 0, 0.0, 0.0
        self.pace.all_went()

    def add(self, event: Event) -> None:
        """Count one event."""
        self.latest = self.clock()
        if isinstance(event, Ready):
            self.pace.worker_came(self.latest)
        elif isinstance(event, Committed):
            self.n_committed += len(event.seeds)
            self.n_skipped += len(event.skipped)
            self.n_repeated += len(event.repeated)
        elif isinstance(event, Trained):
            self.pace.run_ended(self.latest)
            self._count(event)
        elif isinstance(event, Lost):
            self.pace.worker_went()
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
