"""No test, effect or interval depends on the unit of the data: fractions, percent and counts agree."""

import numpy as np
import pytest

from analyze.stats.effects import EFFECT_SIZES, effect_sizes
from analyze.stats.omnibus import OMNIBUS_TESTS
from analyze.stats.paired_effects import PAIRED_EFFECT_SIZES, paired_effect_sizes
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import stream
from analyze.stats.two_sample import TWO_SAMPLE_TESTS

FACTORS = (100, 10_000, 3.7, 1 / 3)
# In units of the data; the others are ratios, probabilities and standard deviations
IN_UNITS = {
    "mean_difference",
    "median_difference",
    "hodges_lehmann",
    "wasserstein",
    "paired_mean_difference",
    "paired_median_difference",
    "paired_hodges_lehmann",
}
# Ten pairs of four-decimal accuracies, whose differences tie in decimals and not in doubles
A = [0.9676, 0.9560, 0.9712, 0.9638, 0.9541, 0.9655, 0.9703, 0.9599, 0.9644, 0.9688]
B = [0.9692, 0.9576, 0.9704, 0.9662, 0.9557, 0.9639, 0.9727, 0.9615, 0.9668, 0.9680]
SAMPLES = {
    "ten pairs": (A, B),
    "accuracies": tuple(np.round(np.random.default_rng(0).normal(m, 0.003, 40), 4) for m in (0.8785, 0.877)),
    "nearly constant": ([1.0] * 5, [1.0] * 40 + [0.7] * 6 + [0.2] * 4),
    "two values": ([0.0, 1.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0, 0.0]),
}


@pytest.fixture(params=SAMPLES)
def pair(request):
    return tuple(np.asarray(x, dtype=float) for x in SAMPLES[request.param])


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("name", TWO_SAMPLE_TESTS)
def test_two_sample_tests(name, factor, pair):
    plain, scaled = (
        TWO_SAMPLE_TESTS[name](k * pair[0], k * pair[1], rng=stream(0, name), n_resamples=199)
        for k in (1, factor)
    )
    assert scaled.pvalue == pytest.approx(plain.pvalue, rel=1e-7)
    assert scaled.method == plain.method


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("name", PAIRED_TESTS)
@pytest.mark.parametrize("sample", ["ten pairs", "accuracies"])
def test_paired_tests(name, factor, sample):
    x, y = (np.asarray(v) for v in SAMPLES[sample])
    plain, scaled = (
        PAIRED_TESTS[name](k * x, k * y, rng=stream(0, name), n_resamples=199) for k in (1, factor)
    )
    assert (scaled.pvalue, scaled.method) == (pytest.approx(plain.pvalue, rel=1e-7), plain.method)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("name", OMNIBUS_TESTS)
def test_omnibus_tests(name, factor, pair):
    plain, scaled = (
        OMNIBUS_TESTS[name](
            [k * pair[0], k * pair[1], k * pair[1][::2]], rng=stream(0, name), n_resamples=199
        )
        for k in (1, factor)
    )
    assert (scaled.pvalue, scaled.method) == (pytest.approx(plain.pvalue, rel=1e-7), plain.method)


def assert_scaled(plain, scaled, factor):
    for one, other in zip(plain, scaled, strict=True):
        k = factor if one.effect in IN_UNITS else 1
        ends = (other.estimate, other.low, other.high)
        assert ends == pytest.approx(
            (k * one.estimate, k * one.low, k * one.high), rel=1e-6, abs=1e-9 * k, nan_ok=True
        )
        assert other.method == one.method


@pytest.mark.parametrize("factor", FACTORS)
def test_effects(factor, pair):
    plain, scaled = (
        effect_sizes(k * pair[0], k * pair[1], rng_x=stream(0, "x"), rng_y=stream(0, "y"), n_resamples=199)
        for k in (1, factor)
    )
    assert [e.effect for e in plain] == list(EFFECT_SIZES)
    assert_scaled(plain, scaled, factor)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("sample", ["ten pairs", "accuracies"])
def test_paired_effects(factor, sample):
    x, y = (np.asarray(v) for v in SAMPLES[sample])
    plain, scaled = (
        paired_effect_sizes(k * x, k * y, rng=stream(0, "p"), n_resamples=199) for k in (1, factor)
    )
    assert [e.effect for e in plain] == list(PAIRED_EFFECT_SIZES)
    assert_scaled(plain, scaled, factor)


def test_wilcoxon_on_accuracies_is_that_on_counts():
    """Differences 2, −2, 3, 9, 7, 4, −1, 6, 4, 3 in 10,000: ranks by hand, signs by enumeration."""
    counts = np.array([2, -2, 3, 9, 7, 4, -1, 6, 4, 3])
    x = np.array([9676, 9560, 9712, 9638, 9541, 9655, 9703, 9599, 9644, 9688])
    y = x + counts
    # |d| ranks: 1 → 1; 2, 2 → 2.5; 3, 3 → 4.5; 4, 4 → 6.5; 6 → 8; 7 → 9; 9 → 10
    ranks = np.array([2.5, 2.5, 4.5, 10, 9, 6.5, 1, 8, 6.5, 4.5])
    signs = 2 * ((np.arange(1024)[:, None] >> np.arange(10)) & 1) - 1
    expected = (np.abs(signs @ ranks) >= abs(ranks @ np.sign(counts))).mean()
    for unit in (1, 100, 10_000):
        found = PAIRED_TESTS["wilcoxon"](x / unit, y / unit, rng=stream(0, "w"), n_resamples=99)
        assert found.pvalue == pytest.approx(expected, abs=1e-12)
