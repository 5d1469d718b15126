"""Further tasks: τ² against metafor's published values, predictions by simulation; and mean ranks."""

import math

import numpy as np
import pytest
from scipy import stats

from analyze.stats.tasks.friedman import critical_difference, friedman
from analyze.stats.tasks.random_effects import dersimonian_laird, further_task, paule_mandel

# Colditz et al. 1994, dat.bcg of metafor: positive and negative, vaccinated and not
BCG = np.array(
    [
        [4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619],
        [33, 5036, 47, 5761], [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892],
        [29, 7470, 45, 7232], [17, 1699, 65, 1600], [186, 50448, 141, 27197], [5, 2493, 3, 2338],
        [27, 16886, 29, 17825],
    ]
)  # fmt: skip


def test_tau2_of_thirteen_trials_is_that_of_metafor():
    """`rma(measure="RR", method="DL")` and ``"PM"``: 0.3088 and 0.3181 (Viechtbauer 2010)."""
    a, b, c, d = BCG.T.astype(float)
    effects = np.log(a / (a + b)) - np.log(c / (c + d))
    variances = 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
    assert round(dersimonian_laird(effects, variances), 4) == 0.3088
    assert round(paule_mandel(effects, variances), 4) == 0.3181
    assert dersimonian_laird(effects[:1].repeat(5), variances[:5]) == 0
    assert paule_mandel(effects[:1].repeat(5), variances[:5]) == 0


def drawn(rng, n_tasks, n_runs, tau, mean=0.2):
    spread = np.exp(0.4 * rng.normal(size=n_tasks))
    effects = rng.normal(mean, tau, size=n_tasks)
    x = spread[:, None] * rng.normal(size=(n_tasks, n_runs))
    y = effects[:, None] + spread[:, None] * rng.normal(size=(n_tasks, n_runs))
    found = y.mean(axis=1) - x.mean(axis=1)
    variances = (x.var(axis=1, ddof=1) + y.var(axis=1, ddof=1)) / n_runs
    return found, variances, np.full(n_tasks, 2.0 * n_runs - 2)


@pytest.mark.parametrize(("n_tasks", "n_runs", "tau"), [(5, 3, 0.5), (20, 5, 0.5), (60, 3, 1.0)])
def test_intervals_of_the_mean_and_of_a_further_task_cover(n_tasks, n_runs, tau):
    rng, hits = np.random.default_rng(n_tasks), np.zeros(2)
    for _ in range(300):
        found = further_task(*drawn(rng, n_tasks, n_runs, tau), confidence=0.95, rng=rng, n_draws=399)
        hits += [
            found.low <= 0.2 <= found.high,
            found.prediction_low <= rng.normal(0.2, tau) <= found.prediction_high,
        ]
    slack = 2.5 * math.sqrt(0.05 * 0.95 / 300)
    assert (abs(hits / 300 - 0.95) <= 0.02 + slack).all(), hits / 300


def test_shares_and_what_is_undefined():
    rng = np.random.default_rng(1)
    effects = rng.normal(0.5, 1.0, size=400)
    found = further_task(effects, np.zeros(400), np.ones(400), confidence=0.95, rng=rng)
    assert found.tau2 == pytest.approx(1, abs=0.2)
    assert found.share_low < stats.norm.cdf(0.5) < found.share_high
    assert found.mean == pytest.approx(effects.mean())
    two = further_task(effects[:2], np.zeros(2), np.ones(2), confidence=0.95, rng=rng)
    assert math.isnan(two.low)
    assert math.isnan(two.share_positive)
    same = further_task(np.ones(5), np.ones(5), np.ones(5), confidence=0.95, rng=rng)
    assert (same.low, same.high, same.share_positive) == (1, 1, 1)


def test_mean_ranks_and_friedman_s_test_are_those_of_scipy():
    means = np.round(np.random.default_rng(2).normal(size=(9, 4)), 1)
    found = friedman(means, alpha=0.05)
    expected = stats.friedmanchisquare(*means.T)
    assert (found.statistic, found.pvalue) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.ranks == pytest.approx(stats.rankdata(-means, axis=1).mean(axis=0))
    assert friedman(np.ones((3, 3)), alpha=0.05).pvalue == 1


@pytest.mark.parametrize(
    ("n_groups", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (6, 2.850), (10, 3.164)]
)
def test_critical_differences_are_those_of_demsar(n_groups, q):
    """Demšar 2006, table 5(a)."""
    expected = q * math.sqrt(n_groups * (n_groups + 1) / (6 * 14))
    assert critical_difference(14, n_groups, 0.05) == pytest.approx(expected, rel=4e-4)
