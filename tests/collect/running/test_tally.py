"""The tally counts right, and what is shown of it is right, on simulated clocks."""

import random
import statistics

import pytest

from collect.running import progress
from collect.running.messages import Committed, Lost, Ready, Trained
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


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def lines(capsys):
    """Show runs of a simulated collection, and return what was printed: one run every `step_s` seconds."""

    def printed(n_runs, n_wanted, step_s, ready_at=7.0):
        clock = Clock()
        tally = Tally(n_wanted=n_wanted, clock=clock)
        with progress.shown(tally, title="joint", quiet=False) as update:
            clock.now = ready_at
            tally.add(Ready())
            update()
            for seed in range(n_runs):
                clock.now += step_s
                tally.add(Trained(seed, "ok" if seed else "diverged", 0.88 if seed else None, 0.1))
                update()
        return capsys.readouterr().err.splitlines()

    return printed


def test_plain_lines_tell_the_speed_and_the_time_left(lines):
    """8 runs/s from second 7 on: after 10 s 24 of 1,300 runs, and 1,276 / 8 = 160 s are left."""
    shown = lines(300, 1300, 0.125)
    assert len(shown) == 4, "one every ten seconds"
    assert shown[0] == (
        "joint: 24 of 1,300 trained, 8.0 runs/s, accuracy 0.8800 ± 0.0000, 1 diverged, about 0:02:40 left"
    )
    assert shown[-1].endswith("about 0:02:10 left")


def test_runs_that_end_together_make_no_speed(capsys):
    """Four at the same moment, ten seconds after the worker was ready: 0.4 runs/s."""
    clock = Clock()
    tally = Tally(n_wanted=24, clock=clock)
    with progress.shown(tally, title="joint", quiet=False) as update:
        tally.add(Ready())
        clock.now = 10.0
        for seed in range(4):
            tally.add(Trained(seed, "ok", 0.88, 0.1))
        clock.now = 10.001
        update()
    assert "0.400 runs/s" in capsys.readouterr().err


def test_start_up_does_not_slow_the_speed_down(lines):
    assert "10.0 runs/s" in lines(300, 1300, 0.1, ready_at=60.0)[1]


@pytest.mark.parametrize(
    ("step_s", "text"),
    [(250.0, "0.004 runs/s, "), (2.0, "0.500 runs/s, "), (0.05, "20.0 runs/s, ")],
)
def test_a_slow_speed_keeps_its_digits(lines, step_s, text):
    assert text in lines(500, 1000, step_s)[-1]


def test_days_are_told_as_days(lines):
    """At 5 runs/s a million runs take 2.3 days."""
    assert "about 2 days, 7:3" in lines(200, 1_000_000, 0.2)[-1]


def test_nothing_is_known_before_a_run_has_ended(lines):
    assert lines(0, 9, 1.0, ready_at=12.0) == ["joint: 0 of 9 trained, starting workers, time left unknown"]


def test_another_strategy_begins_its_own_average_and_keeps_the_count():
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
