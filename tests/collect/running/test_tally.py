"""The tally counts right, and its time estimate is honest, on simulated clocks."""

import heapq
import random
import statistics

import pytest

from collect.running.messages import Committed, Lost, Ready, Trained
from collect.running.progress import of_late, time_left
from collect.running.tally import Tally


def test_tally_counts_and_averages():
    accuracies = [0.8787, 0.8765, 0.8811]
    tally = Tally(n_wanted=9)
    tally.add(Ready())
    for seed, accuracy in enumerate(accuracies):
        tally.add(Trained(seed, "ok", accuracy, 0.3))
    tally.add(Trained(3, "diverged", None, 0.3))
    tally.add(Committed((0, 1, 2, 3), (4, 5)))
    assert (tally.n_trained, tally.n_committed, tally.n_skipped, tally.n_left) == (4, 4, 2, 3)
    assert dict(tally.statuses) == {"ok": 3, "diverged": 1}
    assert tally.mean == pytest.approx(statistics.mean(accuracies))
    assert tally.sd == pytest.approx(statistics.stdev(accuracies))


def test_runs_that_are_lost_do_not_count():
    draw = random.Random(3)
    runs = [Trained(seed, "ok", draw.gauss(0.88, 0.003), 0.3) for seed in range(20)]
    lost = [*runs[3:9], Trained(20, "diverged", None, 0.3)]
    tally, other = Tally(n_wanted=30), Tally(n_wanted=30)
    for one in (tally, other):
        one.add(Ready())
        for run in runs[:3] + runs[9:]:
            one.add(run)
    for run in lost:
        tally.add(run)
    tally.add(Lost(tuple(lost)))
    assert (tally.n_trained, tally.n_left) == (other.n_trained, other.n_left) == (14, 16)
    assert +tally.statuses == other.statuses
    assert (tally.mean, tally.sd) == pytest.approx((other.mean, other.sd))
    tally.add(Lost(tuple(runs[:3] + runs[9:])))
    assert (tally.n_trained, tally.mean) == (0, 0)


class Simulation:
    """A collection on a simulated clock: workers that become ready, and runs of given durations."""

    def __init__(self, n_runs, ready_at, duration, block=30, commit_s=0.03, deaths=(), restart_s=7.0):
        self.now = 0.0
        self.tally = Tally(n_wanted=n_runs, clock=lambda: self.now)
        self.estimates = []  # share done, time, seconds left
        coming = [(at, worker, "ready") for worker, at in enumerate(ready_at)]
        coming += [(at, worker, "dies") for at, worker in deaths]
        heapq.heapify(coming)
        handed, done_by = 0, dict.fromkeys(range(len(ready_at)), 0)
        ignored = set()
        while self.tally.n_left:
            self.now, worker, what = heapq.heappop(coming)
            if what == "dies":
                self.tally.add(Lost(()))
                ignored.add(worker)
                heapq.heappush(coming, (self.now + restart_s, worker, "ready"))
                continue
            if what == "ready":
                self.tally.add(Ready())
                ignored.discard(worker)
            elif worker in ignored:
                handed -= 1
                continue
            else:
                self.tally.add(Trained(handed, "ok", 0.88, 0.3))
                done_by[worker] += 1
            self.estimates.append((1 - self.tally.n_left / n_runs, self.now, self.tally.left_s))
            if handed < n_runs:
                handed += 1
                pause = commit_s if done_by[worker] % block == 0 else 0.0
                heapq.heappush(coming, (self.now + pause + duration(self.now), worker, "run"))

    def worst(self, *, after=0.1, until=0.9):
        """Return the largest relative error of the whole duration as foreseen between two shares."""
        errors = [
            abs(at + left_s - self.now) / self.now
            for share, at, left_s in self.estimates
            if after <= share <= until
        ]
        return max(errors)


NOISE = random.Random(1)


@pytest.mark.parametrize(
    ("n_runs", "ready_at", "duration"),
    [
        (500, [7.0, 7.2], lambda now: NOISE.gauss(0.3, 0.01)),
        (1000, [5.0, 9.0], lambda now: NOISE.gauss(0.3, 0.05)),
        (200, [7.0], lambda now: 0.3),
        (10_000, [7.0, 7.1, 7.2, 40.0], lambda now: NOISE.expovariate(1 / 0.3)),
        (5_000, [10.0] * 64, lambda now: NOISE.gauss(3, 0.2)),
        (300, [20.0, 21.0], lambda now: NOISE.gauss(60, 5)),
    ],
    ids=["usual", "one starts late", "one worker", "spread", "many workers", "slow runs"],
)
def test_the_estimate_is_within_a_tenth_after_a_tenth_of_the_work(n_runs, ready_at, duration):
    assert Simulation(n_runs, ready_at, duration).worst() < 0.1


def test_the_estimate_follows_a_rate_that_drifts():
    drifting = Simulation(5000, [7.0, 7.0], lambda now: 0.3 * (1 + now / 20_000))
    assert drifting.worst() < 0.1
    sudden = Simulation(5000, [7.0, 7.0], lambda now: 0.6 if now < 60 else 0.3)
    assert sudden.worst(after=0.25) < 0.1


def test_workers_that_die_and_come_back_do_not_spoil_the_estimate():
    deaths = [(30.0 + 40 * i, i % 2) for i in range(10)]
    assert Simulation(3000, [7.0, 7.0], lambda now: NOISE.gauss(0.3, 0.02), deaths=deaths).worst() < 0.2


@pytest.mark.parametrize(
    ("per_s", "n_left", "text"),
    [
        (10, 15, "about 2 s left"),
        (10, 1000, "about 100 s left"),
        (10, 1300, "about 2.2 min left"),
        (10, 100_000, "about 2.8 h left"),
        (5, 1_000_000, "about 2.3 d left"),
    ],
)
def test_time_left_is_told_in_a_unit_that_suits(per_s, n_left, text):
    tally = Tally(n_wanted=n_left + 1, clock=lambda: 1 / per_s if tally.pace.workers else 0.0)
    tally.add(Ready())
    tally.add(Trained(0, "ok", 0.88, 0.1))
    assert time_left(tally) == text


def test_a_slow_speed_keeps_its_digits():
    times = iter([0.0, 250.0])
    tally = Tally(n_wanted=9, clock=lambda: next(times))
    assert of_late(tally) == "starting workers"
    tally.add(Ready())
    tally.add(Trained(0, "ok", 0.88, 0.1))
    assert of_late(tally) == "0.004 runs/s"


def test_another_strategy_begins_its_own_average_and_keeps_the_pace():
    now = 0.0
    tally = Tally(n_wanted=8, clock=lambda: now)
    tally.begin("joint")
    for label in ("joint", "staged"):
        tally.begin(label)
        tally.add(Ready())
        tally.add(Ready())
        for seed, accuracy in enumerate((0.8, 0.9) if label == "staged" else (0.1, 0.1)):
            now += 2
            tally.add(Trained(seed, "ok", accuracy, 4.0))
    assert (tally.n_trained, tally.statuses["ok"], tally.label) == (4, 4, "staged")
    assert tally.mean == pytest.approx(0.85)
    assert tally.sd == pytest.approx(statistics.stdev((0.8, 0.9)))
    # The workers of the second strategy are those of the first, not more of them.
    assert tally.pace.per_s == pytest.approx(0.5)
