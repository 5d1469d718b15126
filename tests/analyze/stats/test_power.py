"""Numbers of runs against textbooks, and against simulating the very tests that the report uses."""

import numpy as np
import pytest
from scipy import special, stats

from analyze.stats.power import runs_for_difference, runs_for_width
from analyze.stats.resampling import stream, tabulate
from analyze.stats.two_sample import TWO_SAMPLE_TESTS
from analyze.stats.welch_power import power_of_welch

NORMAL = special.ndtri((np.arange(5000) + 0.5) / 5000)
ACCURACIES = np.round(0.8787 + 0.0027 * stream(0, "accuracies").normal(size=500), 4)


def needed(x, difference, **options):
    found = runs_for_difference(x, difference=difference, rng=stream(0, "power"), **options)
    return {result.test: result for result in found}


# Cohen 1988, table 2.4.1: runs a group for 80 % power, two-sided at 0.05 and at 0.01.
@pytest.mark.parametrize(
    ("d", "alpha", "n"), [(0.2, 0.05, 393), (0.5, 0.05, 64), (0.8, 0.05, 26), (0.5, 0.01, 95)]
)
def test_welch_needs_as_many_runs_as_cohen_says(d, alpha, n):
    result = needed(NORMAL, d * NORMAL.std(ddof=1), alpha=alpha, n_simulations=50)["welch_t"]
    assert result.n_runs == pytest.approx(n, abs=1)


def test_rank_tests_need_what_their_efficiency_says():
    """Normal shift: Mann–Whitney needs π/3 times as many runs as t (Hodges & Lehmann 1956)."""
    found = needed(NORMAL, 0.3)
    ratio = found["mann_whitney"].n_runs / found["welch_t"].n_runs
    assert 0.95 * np.pi / 3 < ratio < 1.16 * np.pi / 3
    assert 1.2 < found["ks"].n_runs / found["welch_t"].n_runs < 2


@pytest.mark.parametrize("test", ["mann_whitney", "ks"])
def test_the_power_is_that_of_the_test_in_the_report(test):
    result = needed(ACCURACIES, 0.001)[test]
    rng = stream(1, test)
    hits = 0
    for _ in range(300):
        x, y = (
            np.round(rng.normal(mean, ACCURACIES.std(ddof=1), result.n_runs), 4) for mean in (0.8787, 0.8797)
        )
        hits += TWO_SAMPLE_TESTS[test](x, y, rng=rng, n_resamples=99).pvalue <= 0.05
    assert hits / 300 == pytest.approx(result.power, abs=4 * (0.8 * 0.2 / 300) ** 0.5)


def test_less_to_find_takes_more_runs_and_the_sign_does_not_matter():
    small, large, mirrored = (needed(ACCURACIES, d) for d in (0.0005, 0.002, -0.002))
    for test in small:
        assert small[test].n_runs > large[test].n_runs
        assert large[test].n_runs == pytest.approx(mirrored[test].n_runs, rel=0.21)


def test_what_a_million_runs_do_not_show_is_said():
    assert needed(ACCURACIES, 1e-7, n_simulations=50)["ks"].n_runs is None
    assert needed(ACCURACIES, 1e-7, n_simulations=50)["welch_t"].n_runs is None
    assert runs_for_width(ACCURACIES, width=1e-9) is None


def test_a_width_is_reached_with_the_stated_assurance_and_not_before():
    """By simulation: Welch intervals of normal groups, at most so wide in 80 % of all samples."""
    n = runs_for_width(NORMAL, width=0.8)
    rng = stream(0, "widths")
    for size, enough in ((n, True), (n - 2, False)):
        x, y = rng.normal(0, NORMAL.std(ddof=1), (2, 20_000, size))
        interval = stats.ttest_ind(x, y, axis=1, equal_var=False).confidence_interval(0.95)
        share = (interval.high - interval.low <= 0.8).mean()
        assert (share > 0.79) == enough, (size, share)


@pytest.mark.parametrize(
    ("sizes", "spreads"), [((2, 2), (1, 1)), ((3, 3), (1, 2)), ((2, 8), (1, 1)), ((12, 5), (1, 3))]
)
def test_power_of_welch_is_that_of_simulated_tests(sizes, spreads):
    variances = tuple(s**2 / n for s, n in zip(spreads, sizes, strict=True))
    rng = stream(0, "welch")
    for shift in (1.0, 3.0, 6.0):
        x = rng.normal(0, spreads[0], (20_000, sizes[0]))
        y = rng.normal(shift * sum(variances) ** 0.5, spreads[1], (20_000, sizes[1]))
        hits = (stats.ttest_ind(x, y, axis=1, equal_var=False).pvalue <= 0.05).mean()
        assert power_of_welch(sizes, variances, alpha=0.05)(shift) == pytest.approx(hits, abs=0.012)


def test_counts_and_order_do_not_matter_and_the_seed_does():
    x = ACCURACIES
    assert needed(x, 0.001) == needed(x[::-1], 0.001) == needed(tabulate(x), 0.001)
    other = runs_for_difference(x, difference=0.001, rng=stream(1, "power"))
    assert {r.power for r in other} != {r.power for r in needed(x, 0.001).values()}


@pytest.mark.parametrize(
    "x", [[0.0, 1.0] * 10, [0.0, 0.0, 0.0, 1.0, 5.0], [1e300, 2e300, 3e300], [1e-300, 2e-300, 3e-300]]
)
def test_coarse_and_extreme_samples_are_defined(x):
    x = np.array(x)
    for result in needed(x, float(np.ptp(x)), n_simulations=50).values():
        assert result.n_runs is not None
        assert 0 <= result.power <= 1


def test_nearly_equal_runs_need_enough_that_differ():
    """Two runs of 100 differ from the rest: 10 / 0.02 = 500 show the spread; the formula asks for fewer."""
    x = np.append(np.ones(98), [0.0, 0.0])
    found = needed(x, 0.1, n_simulations=50)["welch_t"]
    assert found.n_runs == 500
    assert "10 runs differ" in found.method
    assert runs_for_width(x, width=0.5) == 500
    assert runs_for_width(NORMAL, width=3.0) < 20
