"""What a test of so many runs finds, against simulating the very test that the report uses."""

import numpy as np
import pytest
from scipy import special, stats

from analyze.stats.detectable import detectable_shift, detectable_within_pairs
from analyze.stats.resampling import stream, tabulate
from analyze.stats.two_sample import TWO_SAMPLE_TESTS


def normal(n, sd=1.0):
    z = special.ndtri((np.arange(n) + 0.5) / n)
    return sd * z / z.std(ddof=1)


def found(x, y, test, alpha=0.05, seed=0):
    return detectable_shift(
        tabulate(x), tabulate(y), test=test, alpha=alpha, power=0.8, rng=stream(seed, "detectable", test)
    )


@pytest.mark.parametrize("test", [t for t in TWO_SAMPLE_TESTS if t != "brown_forsythe"])
@pytest.mark.parametrize(("n_a", "n_b"), [(20, 20), (15, 40)])
def test_the_power_is_that_of_the_test(test, n_a, n_b):
    shift = found(normal(n_a), normal(n_b), test)
    rng, hits = stream(1, test), 0
    for _ in range(300):
        x, y = rng.normal(0, 1, n_a), rng.normal(shift, 1, n_b)
        hits += TWO_SAMPLE_TESTS[test](x, y, rng=rng, n_resamples=199).pvalue <= 0.05
    # of 300 samples and of 500 simulations inside
    assert hits / 300 == pytest.approx(0.8, abs=3.5 * (0.8 * 0.2 * (1 / 300 + 1 / 500)) ** 0.5)


@pytest.mark.parametrize("share", [0.5, 0.7, 0.8])
def test_of_two_values_it_is_the_difference_of_shares_that_fishers_test_finds(share):
    # with equal sizes, tables as improbable are those with a difference of shares as large
    n, ones = 20, round(20 * share)
    x = np.repeat([0.0, 10.0], [n - ones, ones])
    difference = found(x, x, "ks") / 10
    p_a, p_b = ones / n - difference / 2, ones / n + difference / 2
    counts = np.arange(n + 1)
    rejected = [[stats.fisher_exact([[i, n - i], [j, n - j]]).pvalue <= 0.05 for j in counts] for i in counts]
    power = stats.binom.pmf(counts, n, p_a) @ np.array(rejected) @ stats.binom.pmf(counts, n, p_b)
    assert power == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize("test", ["ks", "mann_whitney", "welch_t", "permutation_mean"])
def test_few_successes_beside_many_find_large_differences_only(test):
    x, y = np.ones(5), np.repeat([0.0, 1.0], [10, 190])
    difference, rng, hits = found(x, y, test), stream(3, test), 0
    p_a = 195 / 205 - difference * 200 / 205  # no share has room on the other side
    p_b = 195 / 205 + difference * 5 / 205
    for _ in range(1000):
        a, b = (rng.random(5) < p_a) * 1.0, (rng.random(200) < p_b) * 1.0
        hits += TWO_SAMPLE_TESTS[test](a, b, rng=rng, n_resamples=99).pvalue <= 0.05
    assert abs(hits / 1000 - 0.8) < 0.04, difference


def test_a_difference_of_shares_beyond_their_room_is_not_found():
    x = np.repeat([0.0, 1.0], [1, 9])
    assert found(x, x, "ks") is None  # 0.8 v 1 at most


def test_of_hundreds_of_runs_of_two_values_the_normal_formula_holds():
    x, y = np.repeat([0.0, 1.0], [150, 50]), np.repeat([0.0, 1.0], [151, 50])
    few, many = found(x, x, "permutation_mean"), found(y, y, "permutation_mean")
    assert many == pytest.approx(few, rel=0.05)


def test_kolmogorov_smirnov_finds_less_than_welch():
    """The size of the audit: 0.40 to 0.62 of what Welch's test finds with 80 %."""
    for n in (10, 50):
        assert found(normal(n), normal(n), "ks") > 1.1 * found(normal(n), normal(n), "welch_t")


def test_ties_are_those_of_the_data():
    rng = np.random.default_rng(0)
    x, y = np.round(rng.normal(0.8787, 0.0027, (2, 200)), 4)
    shift, hits = found(x, y, "ks"), 0
    for _ in range(200):
        a = np.round(rng.normal(0.8787, 0.0027, 200), 4)
        b = np.round(rng.normal(0.8787 + shift, 0.0027, 200), 4)
        hits += TWO_SAMPLE_TESTS["ks"](a, b, rng=rng, n_resamples=99).pvalue <= 0.05
    assert hits / 200 == pytest.approx(0.8, abs=0.11)


def test_larger_groups_find_less_in_proportion():
    """Beyond the simulated size the shift falls with the root of the size."""
    one, four = (found(normal(n), normal(n), "ks") for n in (2500, 10_000))
    assert four == pytest.approx(one / 2, rel=0.06)


def test_equal_runs_and_tests_of_spread_have_none():
    assert found([1.0] * 5, [1.0] * 5, "ks") == 0
    assert found(normal(9), normal(9), "brown_forsythe") is None


def test_the_seed_is_used_and_nothing_else():
    one, again, other = (found(normal(12), normal(12), "ks", seed=s) for s in (0, 0, 1))
    assert one == again != other


def test_pairs_against_the_noncentral_t():
    for n in (3, 8, 40):
        d = detectable_within_pairs(n, 1.0, alpha=0.01, power=0.8)
        assert stats.nct.sf(stats.t.isf(0.005, n - 1), n - 1, d) == pytest.approx(0.8, abs=0.002)
