import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from analyze.stats import effects
from analyze.stats.bootstrap import bootstrap_sample
from analyze.stats.effects import EFFECT_SIZES, effect_sizes, effects_of_samples
from analyze.stats.resampling import Counts, stream, tabulate

WITH_INTERVAL = [name for name in EFFECT_SIZES if name != "ks_distance"]
tied = st.lists(st.integers(-4, 4), min_size=2, max_size=12)
IN_UNITS = ("mean_difference", "median_difference", "hodges_lehmann", "wasserstein")


def streams(seed=0, names=("a", "b")):
    return {"rng_x": stream(seed, names[0]), "rng_y": stream(seed, names[1])}


def estimate(x, y, *, seed=0, names=("a", "b"), n_resamples=499, confidence_level=0.95):
    results = effect_sizes(
        x, y, **streams(seed, names), n_resamples=n_resamples, confidence_level=confidence_level
    )
    return {result.effect: result for result in results}


def two_samples(n_x=40, n_y=30):
    rng = np.random.default_rng(0)
    return rng.normal(size=n_x).round(1), rng.normal(0.3, 2, size=n_y).round(1)


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
            "hodges_lehmann": np.median([b - a for a in x for b in y]),
            "probability_of_superiority": above + (1 - above - below) / 2,
            "ks_distance": stats.ks_2samp(x, y, method="asymp").statistic,
            "wasserstein": stats.wasserstein_distance(x, y),
        }
        assert {k: found[k] for k in expected} == pytest.approx(expected, abs=1e-12)
        if np.ptp(x) and np.ptp(y):
            assert found["sd_ratio"] == pytest.approx(np.std(y, ddof=1) / np.std(x, ddof=1))

    def test_cliffs_delta_from_mann_whitney(self):
        # δ = 2U/(mn) − 1; R: wilcox.test on its help page's data gives W = 35 of 50
        x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
        y = [1.15, 0.88, 0.90, 0.74, 1.21]
        found = estimate(x, y)["probability_of_superiority"]
        assert found.estimate == pytest.approx(0.3)
        assert found.method.endswith("Cliff's δ = −0.4")

    @pytest.mark.parametrize("shift", [0.0, 0.5, -3.0])
    def test_of_a_shifted_copy(self, shift):
        # closed forms: every location effect is the shift, the distance its size, the spread does not change
        x = np.arange(24.0) ** 2 / 8
        found = estimate(x, x + shift)
        for name in ("mean_difference", "median_difference", "hodges_lehmann"):
            assert found[name].estimate == shift
        assert found["wasserstein"].estimate == pytest.approx(abs(shift), abs=1e-12)
        assert found["sd_ratio"].estimate == 1


class TestContract:
    def test_keys(self):
        assert list(EFFECT_SIZES) == [
            "mean_difference",
            "median_difference",
            "hodges_lehmann",
            "sd_ratio",
            "probability_of_superiority",
            "hedges_g",
            "ks_distance",
            "wasserstein",
        ]

    @pytest.mark.parametrize("effect", WITH_INTERVAL)
    def test_null_value_of_equal_samples(self, effect):
        x = np.arange(30.0)
        result = estimate(x, x)[effect]
        assert result.estimate == pytest.approx(result.null_value)
        assert result.low <= result.null_value < result.high
        assert result.low < result.null_value or effect == "wasserstein"
        assert result.method

    @settings(max_examples=60, deadline=None)
    @given(x=tied, y=tied)
    def test_never_nan_and_around_the_estimate(self, x, y):
        found = estimate(x, y, n_resamples=99)
        assert 0 <= found.pop("ks_distance").estimate <= 1
        for result in found.values():
            assert not any(math.isnan(v) for v in (result.estimate, result.low, result.high))
            slack = 1e-12 * max(abs(result.estimate), 1) if math.isfinite(result.estimate) else 0
            if result.effect not in ("median_difference", "hedges_g"):
                assert result.low - slack <= result.estimate <= result.high + slack, result
            assert result.low <= result.high

    def test_exchanging_the_groups_mirrors(self):
        x, y = two_samples()
        forth, back = estimate(x, y), estimate(y, x, names=("b", "a"))
        mirrors = {"sd_ratio": lambda v: 1 / v, "probability_of_superiority": lambda v: 1 - v}
        for name, result in forth.items():
            other = back[name]
            if name in ("ks_distance", "wasserstein"):
                ends = other.low, other.high
                assert other.estimate == pytest.approx(result.estimate)
            else:
                mirror = mirrors.get(name, lambda v: -v)
                ends = mirror(other.high), mirror(other.low)
                assert mirror(other.estimate) == pytest.approx(result.estimate)
            # the ends are order statistics, which may move by one
            assert ends == pytest.approx((result.low, result.high), abs=0.03, nan_ok=True), name

    @settings(max_examples=20, deadline=None)
    @given(factor=st.sampled_from([0.25, 4.0, 2.0**-1000, 2.0**900]), offset=st.sampled_from([0.0, -8.0]))
    def test_affine_maps(self, factor, offset):
        x, y = two_samples()
        offset *= factor
        plain, mapped = estimate(x, y), estimate(factor * x + offset, factor * y + offset)
        for name in EFFECT_SIZES:
            unit = factor if name in IN_UNITS else 1
            ours, theirs = plain[name], mapped[name]
            assert (theirs.estimate / unit, theirs.low / unit, theirs.high / unit) == pytest.approx(
                (ours.estimate, ours.low, ours.high), rel=1e-9, nan_ok=True
            )

    def test_monotone_maps_leave_the_rank_effects(self):
        x, y = two_samples()
        plain, mapped = estimate(x, y), estimate(np.exp(x), np.exp(y))
        assert mapped["probability_of_superiority"] == plain["probability_of_superiority"]
        assert mapped["ks_distance"].estimate == plain["ks_distance"].estimate

    def test_same_seed_same_result_other_seed_other_result(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=40), rng.normal(size=30) + 2
        assert estimate(x, y) == estimate(rng.permutation(x), y)
        other = estimate(x, y, seed=1)
        drawn = {name for name, result in estimate(x, y).items() if other[name] != result}
        assert drawn == {"median_difference", "sd_ratio"}

    def test_global_random_state_is_untouched(self):
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        estimate(*two_samples())
        assert (np.random.get_state()[1] == before).all()  # noqa: NPY002

    def test_counts_are_repeated_runs(self):
        x, y = two_samples()
        doubled = tabulate(x).with_counts(2 * tabulate(x).counts)
        assert estimate(doubled, y) == estimate(np.repeat(x, 2), y)

    def test_resamples_drawn_once_serve_all_pairs(self):
        x, y = two_samples()
        a, b = (bootstrap_sample(v, rng=stream(0, n), n_resamples=499) for v, n in ((x, "a"), (y, "b")))
        bootstrap_sample(y, rng=stream(0, "c"), n_resamples=499)
        assert {r.effect: r for r in effects_of_samples(a, b)} == estimate(x, y)

    def test_an_effect_does_not_depend_on_the_others(self, monkeypatch):
        x, y = np.arange(20.0), np.arange(25.0) * 0.9
        before = estimate(x, y)["median_difference"]
        monkeypatch.setattr(effects, "EFFECT_SIZES", {"median_difference": EFFECT_SIZES["median_difference"]})
        assert estimate(x, y) == {"median_difference": before}

    def test_wider_confidence_is_wider(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=40), rng.normal(size=30) + 2
        wide, narrow = estimate(x, y, confidence_level=0.99), estimate(x, y, confidence_level=0.8)
        for name in WITH_INTERVAL:
            assert wide[name].low < narrow[name].low < narrow[name].high < wide[name].high


class TestDegenerate:
    def test_one_constant_group(self):
        found = estimate([1, 1, 1], [2, 3, 5])
        assert found["sd_ratio"].estimate == math.inf
        assert found["sd_ratio"].method.startswith("degenerate")
        assert estimate([2, 3, 5], [1, 1, 1])["sd_ratio"].estimate == 0

    def test_both_constant(self):
        found = estimate([1, 1, 1], [2, 2])
        # five runs on two values: the method of shares, which knows that the next run may be another
        assert found.pop("mean_difference").low < 0.5
        assert found.pop("ks_distance").estimate == 1
        # two disjoint pairs of two: (0.05 / 2)^(1/2)
        assert found.pop("probability_of_superiority").low == pytest.approx(0.025**0.5)
        for name, result in found.items():
            assert result.low == result.estimate == result.high
            assert result.method.startswith("degenerate"), name
            # a difference of 1, complete separation, equal (no) spread; infinitely many sds
            assert result.estimate == (math.inf if name == "hedges_g" else 1), name

    @pytest.mark.parametrize("effect", WITH_INTERVAL)
    def test_equal_constants_are_equal(self, effect):
        result = estimate([1, 1, 1], [1, 1])[effect]
        assert (result.low, result.estimate, result.high) == (result.null_value,) * 3

    def test_complete_separation(self):
        # 10 disjoint pairs, all won: Clopper & Pearson's lower end is 0.025^(1/10) = 0.6915
        found = estimate(range(10), range(20, 30))
        superiority = found["probability_of_superiority"]
        assert (superiority.estimate, superiority.high) == (1.0, 1.0)
        assert superiority.low == pytest.approx(0.025**0.1)
        down = estimate(range(20, 30), range(10))["probability_of_superiority"]
        assert (down.low, down.high) == pytest.approx((0.0, 1 - 0.025**0.1))

    def test_two_runs_each(self):
        found = estimate([1, 2], [3, 5])
        expected = stats.ttest_ind([3, 5], [1, 2], equal_var=False).confidence_interval()
        mean = found["mean_difference"]
        assert (mean.low, mean.high) == pytest.approx((expected.low, expected.high))
        assert (found["sd_ratio"].low, found["sd_ratio"].high) == (0, math.inf)
        assert found["sd_ratio"].method.startswith("no interval: 2 runs")
        assert (found["hodges_lehmann"].low, found["hodges_lehmann"].high) == (-math.inf, math.inf)
        assert "too few for a finite interval" in found["hodges_lehmann"].method
        # the permutation test cannot reject with two runs each
        assert found["wasserstein"].low == 0

    def test_few_different_among_many(self):
        found = estimate([1.0] * 49 + [2.0], [1.0] * 48 + [2.0, 3.0])
        assert (found["sd_ratio"].low, found["sd_ratio"].high) == (0, math.inf)
        assert found["sd_ratio"].method.startswith("no interval")

    @pytest.mark.parametrize("size", [1e300, 1e-300, 5e-324])
    def test_extreme_values(self, size):
        found = estimate([size, -size, 0], [size, 0, size, 0.0])
        assert found.pop("ks_distance").estimate == pytest.approx(1 / 3)
        for result in found.values():
            assert not any(math.isnan(v) for v in (result.estimate, result.low, result.high))

    @pytest.mark.parametrize("effect", WITH_INTERVAL)
    def test_one_group_huge_and_one_tiny(self, effect):
        rng = np.random.default_rng(0)
        huge = Counts(values=np.arange(100.0), counts=rng.multinomial(1_000_000, np.full(100, 0.01)))
        result = estimate([0, 40, 99], huge)[effect]
        assert result.low <= result.estimate <= result.high
        # three runs bound no standard deviation
        assert math.isfinite(result.high - result.low) or effect == "sd_ratio"

    def test_a_million_runs_cost_their_distinct_values(self):
        rng = np.random.default_rng(0)
        tables = [
            Counts(
                values=np.arange(60.0), counts=rng.multinomial(1_000_000, stats.binom.pmf(range(60), 59, p))
            )
            for p in (0.5, 0.51)
        ]
        found = estimate(*tables)
        for name, truth in (("mean_difference", 0.59), ("wasserstein", 0.59)):
            assert found[name].low < truth < found[name].high
            # standard error: √(2 · 59/4 / 10⁶) = 0.0054
            assert found[name].high - found[name].low == pytest.approx(2 * 1.96 * 0.00543, rel=0.1)


class TestIntervals:
    def test_mean_difference_is_welchs(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(0.8785, 0.0029, 500).round(4), rng.normal(0.8766, 0.0025, 500).round(4)
        for n in (500, 20, 3):
            result = estimate(x[:n], y[:n])["mean_difference"]
            expected = stats.ttest_ind(y[:n], x[:n], equal_var=False).confidence_interval()
            assert (result.low, result.high) == pytest.approx((expected.low, expected.high))

    def test_bonetts_interval_by_hand(self):
        # of five runs the trimmed means are the medians, 2 and 4; kurtosis 10 Σ(x − m)⁴ / (Σ(x − x̄)²)²
        x, y = [1.0, 2.0, 2.0, 3.0, 5.0], [1.0, 3.0, 4.0, 7.0, 8.0]
        fourth = sum((v - 2) ** 4 for v in x) + sum((v - 4) ** 4 for v in y)
        square = sum((v - 2.6) ** 2 for v in x) + sum((v - 4.6) ** 2 for v in y)
        error = math.sqrt(2 * (10 * fourth / square**2 - 2 / 5) / 4) / 2
        found = estimate(x, y)["sd_ratio"]
        centre = math.log(found.estimate)
        assert found.estimate == pytest.approx(np.std(y) / np.std(x))
        ends = (math.exp(centre - 1.959964 * error), math.exp(centre + 1.959964 * error))
        assert (found.low, found.high) == pytest.approx(ends, rel=1e-6)

    def test_one_collapsed_run_is_no_ratio_of_spreads(self):
        """Bootstrap intervals ran from 0 to 5.9e15 here, and F's claimed a wider spread."""
        x, y = [0.91, 0.92, 0.90, 0.93, 0.915, 0.925], [0.92, 0.91, 0.10, 0.93, 0.905, 0.915]
        found = estimate(x, y)["sd_ratio"]
        assert (found.low, found.high) == (0, math.inf)
        assert "one run carries the spread" in found.method

    def test_brunner_and_munzels_example(self):
        # pain scores of Brunner & Munzel (2000). R: lawstat::brunner.munzel.test(x, y) prints the estimate
        # 0.788961, df = 17.683, and the interval 0.5952169 to 0.9827052; here it is on the logit scale
        x = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
        y = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]
        found = estimate(x, y)["probability_of_superiority"]
        p, half = 0.788961, (0.9827052 - 0.5952169) / 2
        assert found.estimate == pytest.approx(p, abs=5e-7)
        assert "17.7 df" in found.method
        ends = special.expit(special.logit(p) + np.array([-1, 1]) * half / (p * (1 - p)))
        assert (found.low, found.high) == pytest.approx(tuple(ends), abs=1e-5)

    @pytest.mark.slow
    def test_coverage(self):
        """95 % intervals of 200 tables of 20 runs cover the truth, up to chance (99.9 % binomial bounds)."""
        rng = stream(1, "coverage")
        shift, sd = 0.0019, 0.0027
        superiority = stats.norm.cdf(shift / sd / 2**0.5)
        truth = {
            "mean_difference": shift,
            "median_difference": shift,
            "hodges_lehmann": shift,
            "sd_ratio": 1.0,
            "probability_of_superiority": superiority,
            "hedges_g": shift / sd,
            "wasserstein": shift,
        }
        hits = dict.fromkeys(truth, 0)
        for i in range(200):
            x, y = rng.normal(0.877, sd, 20).round(4), rng.normal(0.877 + shift, sd, 20).round(4)
            found = estimate(x, y, seed=i)
            for name, value in truth.items():
                hits[name] += found[name].low - 1e-12 <= value <= found[name].high + 1e-12
        least = stats.binom.ppf(0.001, 200, 0.93)
        assert all(count >= least for count in hits.values()), hits
        assert all(count < 200 for count in hits.values()), hits
