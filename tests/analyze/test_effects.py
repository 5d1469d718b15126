import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze import effects
from analyze.effects import EFFECT_SIZES, effect_sizes
from analyze.resampling import stream

tied = st.lists(st.integers(-4, 4), min_size=2, max_size=12)


def estimate(x, y, *, seed=0, names=("a", "b"), n_resamples=499, confidence_level=0.95):
    results = effect_sizes(
        np.asarray(x, dtype=float),
        np.asarray(y, dtype=float),
        rng_x=stream(seed, names[0]),
        rng_y=stream(seed, names[1]),
        n_resamples=n_resamples,
        confidence_level=confidence_level,
    )
    return {result.effect: result for result in results}


class TestEstimates:
    @settings(max_examples=60, deadline=None)
    @given(x=tied, y=tied)
    def test_by_their_definitions(self, x, y):
        found = {name: r.estimate for name, r in estimate(x, y, n_resamples=99).items()}
        above = np.mean([b > a for a in x for b in y])
        below = np.mean([b < a for a in x for b in y])
        expected = {
            "mean_difference": np.mean(y) - np.mean(x),
            "median_difference": np.median(y) - np.median(x),
            "cliffs_delta": above - below,
            "probability_of_superiority": above + (1 - above - below) / 2,
        }
        assert {k: found[k] for k in expected} == pytest.approx(expected, abs=1e-12)
        if np.ptp(x) and np.ptp(y):
            assert found["sd_ratio"] == pytest.approx(np.std(y, ddof=1) / np.std(x, ddof=1))

    def test_cliffs_delta_from_mann_whitney(self):
        # δ = 2U/(mn) − 1; R: wilcox.test on its help page's data gives W = 35 of 50
        x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
        y = [1.15, 0.88, 0.90, 0.74, 1.21]
        assert estimate(x, y)["cliffs_delta"].estimate == pytest.approx(-0.4)


class TestContract:
    @pytest.mark.parametrize("effect", EFFECT_SIZES)
    def test_null_value_of_equal_samples(self, effect):
        x = np.arange(30.0)
        result = estimate(x, x)[effect]
        assert result.estimate == pytest.approx(result.null_value)
        assert result.low < result.null_value < result.high
        assert result.method.startswith(("BCa", "percentile"))

    @settings(max_examples=40, deadline=None)
    @given(x=tied, y=tied)
    def test_never_nan(self, x, y):
        for result in estimate(x, y, n_resamples=99).values():
            assert not any(math.isnan(v) for v in (result.estimate, result.low, result.high))
            assert result.low <= result.high

    def test_exchanging_the_groups_mirrors(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=40).round(1), rng.normal(0.3, 2, size=30).round(1)
        forth, back = estimate(x, y), estimate(y, x, names=("b", "a"))
        mirrors = {
            "sd_ratio": lambda v: 1 / v,
            "probability_of_superiority": lambda v: 1 - v,
        }
        for name, result in forth.items():
            mirror = mirrors.get(name, lambda v: -v)
            other = back[name]
            assert mirror(other.estimate) == pytest.approx(result.estimate)
            # the ends are order statistics, which may move by one
            assert (mirror(other.high), mirror(other.low)) == pytest.approx(
                (result.low, result.high), abs=0.03
            )

    def test_affine_maps(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=40).round(1), rng.normal(0.3, 2, size=30).round(1)
        plain, mapped = estimate(x, y), estimate(4 * x - 8, 4 * y - 8)
        for name in EFFECT_SIZES:
            factor = 4 if name in ("mean_difference", "median_difference") else 1
            ours, theirs = plain[name], mapped[name]
            assert (theirs.estimate, theirs.low, theirs.high) == pytest.approx(
                (factor * ours.estimate, factor * ours.low, factor * ours.high)
            )

    def test_monotone_maps_leave_the_rank_effects(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=40).round(1), rng.normal(0.3, 2, size=30).round(1)
        plain, mapped = estimate(x, y), estimate(np.exp(x), np.exp(y))
        for name in ("cliffs_delta", "probability_of_superiority"):
            assert (mapped[name].low, mapped[name].high) == (plain[name].low, plain[name].high)

    def test_same_seed_same_result_other_seed_other_result(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=40), rng.normal(size=30)
        assert estimate(x, y) == estimate(rng.permutation(x), y)
        other = estimate(x, y, seed=1)
        assert all(other[name] != result for name, result in estimate(x, y).items())

    def test_an_effect_does_not_depend_on_the_others(self, monkeypatch):
        x, y = np.arange(20.0), np.arange(25.0) * 0.9
        before = estimate(x, y)["median_difference"]
        monkeypatch.setattr(effects, "EFFECT_SIZES", {"median_difference": EFFECT_SIZES["median_difference"]})
        assert estimate(x, y) == {"median_difference": before}


class TestDegenerate:
    def test_one_constant_group(self):
        found = estimate([1, 1, 1], [2, 3, 5])
        assert found["sd_ratio"].estimate == math.inf
        assert found["sd_ratio"].method.startswith("degenerate")
        assert estimate([2, 3, 5], [1, 1, 1])["sd_ratio"].estimate == 0
        assert found["mean_difference"].low > 0

    def test_both_constant(self):
        for name, result in estimate([1, 1, 1], [2, 2]).items():
            assert result.low == result.estimate == result.high
            assert result.method.startswith("degenerate"), name
            # a difference of 1, complete separation, equal (no) spread
            assert result.estimate == 1, name

    def test_complete_separation(self):
        result = estimate(range(10), range(20, 30))["cliffs_delta"]
        assert (result.estimate, result.low, result.high) == (1.0, 1.0, 1.0)
        assert result.method.startswith("degenerate")

    def test_merged_neighbours_are_said_and_close(self, monkeypatch):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=3000), rng.normal(0.1, size=3000)
        exact = estimate(x, y, n_resamples=1999)
        monkeypatch.setattr(effects, "MAX_DISTINCT", 500)
        merged = estimate(x, y, n_resamples=1999)
        for name, result in merged.items():
            assert "merged to 500 values" in result.method
            assert result.estimate == exact[name].estimate
            width = exact[name].high - exact[name].low
            assert result.low == pytest.approx(exact[name].low, abs=0.2 * width)

    def test_merging_moves_no_interval_away_from_its_estimate(self, monkeypatch):
        # merging an outlier with its neighbours halves the sd of y; the interval must stay with the estimate
        rng = np.random.default_rng(0)
        x = rng.normal(size=400)
        y = np.concatenate([rng.normal(size=396), [12.0, 13.0, -12.0, -13.0]])
        monkeypatch.setattr(effects, "MAX_DISTINCT", 10)
        result = estimate(x, y, n_resamples=1999)["sd_ratio"]
        assert result.low < result.estimate * 0.98 < result.estimate * 1.02 < result.high


class TestIntervals:
    def test_mean_difference_is_near_welch_for_large_samples(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(0.8785, 0.0029, 500).round(4), rng.normal(0.8766, 0.0025, 500).round(4)
        expected = stats.ttest_ind(y, x, equal_var=False).confidence_interval()
        result = estimate(x, y, n_resamples=9999)["mean_difference"]
        assert (result.low, result.high) == pytest.approx((expected.low, expected.high), rel=0.05)

    def test_sd_ratio_against_scipy(self):
        rng = np.random.default_rng(1)
        x, y = rng.normal(size=60), rng.normal(0, 1.5, size=80)
        theirs = stats.bootstrap(
            (x, y),
            lambda x, y, axis: np.log(y.std(axis=axis, ddof=1) / x.std(axis=axis, ddof=1)),
            vectorized=True,
            n_resamples=9999,
            method="BCa",
            rng=rng,
        ).confidence_interval
        result = estimate(x, y, n_resamples=9999)["sd_ratio"]
        assert (math.log(result.low), math.log(result.high)) == pytest.approx(
            (theirs.low, theirs.high), abs=0.03
        )

    def test_wider_confidence_is_wider(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=40), rng.normal(size=30)
        wide, narrow = estimate(x, y, confidence_level=0.99), estimate(x, y, confidence_level=0.8)
        for name in EFFECT_SIZES:
            assert wide[name].low < narrow[name].low < narrow[name].high < wide[name].high

    def test_coverage_on_tied_data(self):
        """95 % intervals of 150 tables cover the truth, up to chance (99.9 % binomial bounds)."""
        rng = stream(1, "coverage")
        truth = {"mean_difference": 0.001, "probability_of_superiority": stats.norm.cdf(0.001 / 0.0038184)}
        hits = dict.fromkeys(truth, 0)
        for i in range(150):
            x, y = rng.normal(0.877, 0.0027, 60).round(4), rng.normal(0.878, 0.0027, 60).round(4)
            found = estimate(x, y, seed=i)
            for name, value in truth.items():
                hits[name] += found[name].low <= value <= found[name].high
        low = stats.binom.ppf(0.001, 150, 0.94)
        assert all(count >= low for count in hits.values()), hits
        assert all(count < 150 for count in hits.values()), hits
