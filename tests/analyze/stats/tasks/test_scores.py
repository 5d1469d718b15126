"""Aggregates over tasks against the formulas of rliable, intervals against theirs and by simulation."""

import numpy as np
import pytest
from scipy import stats

from analyze.stats.tasks import scores
from analyze.stats.tasks.scores import aggregates, draw_counts, improvements, interval, profile, widening


def matrices(seed=0, n_runs=5, n_tasks=12):
    rng = np.random.default_rng(seed)
    level = rng.normal(0.7, 0.4, n_tasks)
    return tuple(level + shift + 0.3 * rng.normal(size=(n_runs, n_tasks)) for shift in (0, 0.1))


def columns(matrix):
    return list(matrix.T)


class TestRliable:
    """As `rliable.metrics` 1.2 computes them of runs × tasks."""

    def test_aggregates(self):
        for matrix in matrices():
            found = {name: x[0] for name, x in aggregates(columns(matrix)).items()}
            assert found["mean"] == pytest.approx(np.mean(np.mean(matrix, axis=0)), abs=1e-12)
            assert found["median"] == pytest.approx(np.median(np.mean(matrix, axis=0)), abs=1e-12)
            assert found["iqm"] == pytest.approx(stats.trim_mean(matrix, 0.25, axis=None), abs=1e-12)
            gap = 1.0 - np.mean(np.minimum(matrix, 1.0))
            assert found["optimality_gap"] == pytest.approx(gap, abs=1e-12)

    @pytest.mark.parametrize("n_tasks", [1, 3, 7])
    def test_quarters_that_are_no_whole_runs(self, n_tasks):
        matrix = matrices(n_tasks=n_tasks)[0]
        assert aggregates(columns(matrix))["iqm"][0] == pytest.approx(
            stats.trim_mean(matrix, 0.25, axis=None)
        )

    def test_probability_of_improvement(self):
        a, b = matrices()
        a, b = np.round(a, 1), np.round(b, 1)
        found = improvements(columns(a), columns(b))[0]
        expected = [
            stats.mannwhitneyu(b[:, t], a[:, t]).statistic / (len(a) * len(b)) for t in range(a.shape[1])
        ]
        assert found == pytest.approx(expected)

    def test_intervals_are_those_of_runs_resampled_within_tasks(self):
        """Percentiles of 20,000 matrices whose columns are resampled by themselves, within 5 % of a width."""
        matrix = matrices(n_tasks=8)[0]
        rng = np.random.default_rng(1)
        drawn = rng.integers(len(matrix), size=(20_000, *matrix.shape))
        resampled = np.take_along_axis(matrix[None], drawn, axis=1)
        expected = np.quantile(
            stats.trim_mean(resampled.reshape(len(drawn), -1), 0.25, axis=1), [0.025, 0.975]
        )
        counts = draw_counts([len(matrix)] * 8, rng=rng, n_resamples=20_000)
        found = interval(
            aggregates(columns(matrix))["iqm"][0], aggregates(columns(matrix), counts)["iqm"], 0.95
        )
        assert found == pytest.approx(expected, abs=0.05 * np.ptp(expected))


def test_resamples_are_those_of_repeated_runs():
    a, b = (columns(matrix) for matrix in matrices(n_runs=4, n_tasks=5))
    rng = np.random.default_rng(2)
    of_a, of_b = (draw_counts([4] * 5, rng=rng, n_resamples=7) for _ in range(2))
    found, improved = aggregates(a, of_a), improvements(a, b, of_a, of_b)
    for i in range(7):
        x, y = ([np.repeat(v, k[i]) for v, k in zip(g, of, strict=True)] for g, of in ((a, of_a), (b, of_b)))
        for name, expected in aggregates(x).items():
            assert found[name][i] == pytest.approx(expected[0])
        assert improved[i] == pytest.approx(improvements(x, y)[0])


def test_every_task_counts_alike_whatever_its_runs():
    few, many = np.array([0.1, 0.5, 0.9]), np.array([0.2, 0.3])
    once = aggregates([few, many])
    again = aggregates([np.repeat(few, 5), np.repeat(many, 40)])
    for name in scores.AGGREGATES:
        assert again[name][0] == pytest.approx(once[name][0])


def test_a_profile_is_the_share_above():
    a = [np.array([0.0, 1.0]), np.array([0.5, 0.5, 2.0])]
    counts = draw_counts([2, 3], rng=np.random.default_rng(3), n_resamples=99)
    share, reach = profile(a, counts, np.array([-1.0, 0.5, 3.0]), confidence=0.95, wider=1.0)
    assert share == pytest.approx([1, (1 / 2 + 1 / 3) / 2, 0])
    assert 0 < reach <= 1


@pytest.mark.parametrize(("n_tasks", "n_runs"), [(5, 3), (20, 3), (20, 10)])
def test_intervals_cover(n_tasks, n_runs):
    """0.95 ± 0.02 of 200 repetitions, give or take 2.5 standard errors."""
    rng = np.random.default_rng(n_tasks + n_runs)
    level, spread = rng.normal(size=n_tasks), np.exp(0.5 * rng.normal(size=n_tasks))
    shift = 0.3 * spread
    truth = {"mean": shift.mean(), "improvement": stats.norm.cdf(0.3 / np.sqrt(2))}
    hits = dict.fromkeys(truth, 0)
    for _ in range(200):
        a, b = (
            [m + s * rng.normal(size=n_runs) for m, s in zip(level + move, spread, strict=True)]
            for move in (0, shift)
        )
        counts = [draw_counts([n_runs] * n_tasks, rng=rng, n_resamples=299) for _ in range(2)]
        wider = widening([[n_runs] * n_tasks] * 2, 0.95)
        difference = aggregates(b)["mean"][0] - aggregates(a)["mean"][0]
        drawn = aggregates(b, counts[1])["mean"] - aggregates(a, counts[0])["mean"]
        for name, estimate, replicates in (
            ("mean", difference, drawn),
            ("improvement", improvements(a, b).mean(), improvements(a, b, *counts).mean(axis=1)),
        ):
            low, high = interval(estimate, replicates, 0.95, wider=wider)
            hits[name] += low <= truth[name] <= high
    slack = 2.5 * np.sqrt(0.05 * 0.95 / 200)
    assert all(0.93 - slack <= n / 200 <= 0.97 + slack for n in hits.values()), hits
