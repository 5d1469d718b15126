from dataclasses import asdict, replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import cochrans_q

from analyze.stats.crossed import _Table, _variance_of_mean, run_spread, scope

# Davies & Goldsmith 1972, Statistical Methods in Research and Production, section 6.6; lme4's data set
# Penicillin: diameters of growth inhibition, mm, of six samples (columns) on 24 plates (rows)
DIAMETERS = """
    27 23 26 23 23 21  27 23 26 23 23 21  25 21 25 24 24 20  26 23 25 23 23 20  25 22 26 22 23 20
    24 22 25 23 22 19  24 20 23 21 22 19  26 22 26 24 24 21  24 21 24 22 22 20  24 21 24 23 22 19
    26 23 26 24 24 21  25 22 26 24 24 20  26 24 26 24 25 22  26 23 26 23 23 20  26 23 25 24 24 22
    25 22 25 23 23 20  25 21 24 23 23 20  25 22 24 23 23 19  24 21 23 21 21 19  26 23 26 24 24 21
    25 21 24 22 22 18  25 22 25 22 22 20  24 21 24 22 24 19  24 21 24 22 21 18
"""
PENICILLIN = np.array(DIAMETERS.split(), dtype=np.int64).reshape(24, 6)


def crossed(rng, n, m, *, of_runs=0.5, of_examples=1.5, shift=1.0):
    """0/1 data whose runs and examples have effects of their own."""
    latent = of_runs * rng.normal(size=(n, 1)) + of_examples * rng.normal(size=m) + shift
    return (latent + rng.normal(size=(n, m)) > 0).astype(np.uint8)


def two_groups(seed, n=7, m=40, **kwargs):
    """Two groups of runs on the same examples."""
    both = crossed(np.random.default_rng(seed), 2 * n, m, **kwargs)
    b = both[n:]
    b[:, ::5] = np.random.default_rng(seed + 1).random((n, len(b[0, ::5]))) < 0.5
    return both[:n], b


def both_forms(a, b, **kwargs):
    return [scope(a, b, paired=paired, confidence=0.95, **kwargs) for paired in (False, True)]


def flat(result):
    """All numbers of a result, by name."""
    found = {}
    for name, value in asdict(result).items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        found |= {f"{name} {part}": v for part, v in inner if v is not None}
    return found


def assert_same(found, expected, **kwargs):
    assert flat(found) == pytest.approx(flat(expected), rel=1e-9, abs=1e-15, nan_ok=True, **kwargs)


def table(values):
    return _Table(values.sum(axis=1), values.sum(axis=0), int((values**2).sum()))


class TestReferences:
    @pytest.mark.parametrize(("n", "m"), [(2, 2), (5, 30), (40, 7)])
    def test_spread_is_the_covariance_of_two_examples(self, n, m):
        # Jordan 2024, theorem 2: the variance over all examples is the mean covariance of two different ones
        y = crossed(np.random.default_rng(n), n, m)
        covariances = np.cov(y, rowvar=False)
        expected = sum(covariances[i, j] for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
        assert table(y.astype(int)).distribution == pytest.approx(expected, abs=1e-15)
        found = run_spread(y, confidence=0.95)
        assert found.sd_distribution**2 == pytest.approx(max(expected, 0), abs=1e-15)
        assert found.sd_observed == pytest.approx(y.mean(axis=1).std(ddof=1))
        assert found.sd_independent == pytest.approx((y.var(axis=0, ddof=1).mean() / m) ** 0.5)
        assert found.share_real == pytest.approx(max(expected, 0) / y.mean(axis=1).var(ddof=1), abs=1e-12)

    def test_penicillin(self):
        # lme4: lmer(diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin): standard deviations of plates
        # 0.8467, samples 1.9316, residual 0.5499; of the mean 0.8086
        plates, samples = table(PENICILLIN), table(PENICILLIN.T)
        within = plates.within / (24 * 23 * 6)
        assert plates.distribution**0.5 == pytest.approx(0.8467, abs=5e-5)
        assert samples.distribution**0.5 == pytest.approx(1.9316, abs=5e-5)
        assert (within - plates.distribution) ** 0.5 == pytest.approx(0.5499, abs=5e-5)
        means = PENICILLIN.mean(axis=0)
        of_samples, df = _variance_of_mean(means - means.mean(), None)
        assert (of_samples + plates.distribution / 24) ** 0.5 == pytest.approx(0.8086, abs=5e-5)
        assert df == 5

    def test_independent_errors_are_cochrans_q(self):
        y = crossed(np.random.default_rng(0), 6, 50, of_runs=0.3)
        found = run_spread(y, confidence=0.95).pvalue_independent
        assert found == pytest.approx(cochrans_q(y.T).pvalue)
        assert 0.001 < found < 0.9

    def test_on_these_examples_it_is_the_t_test(self):
        a, b = two_groups(1)
        unpaired, twins = scope(a, b[:5], paired=False, confidence=0.95), both_forms(a, b)[1]
        for found, expected in (
            (unpaired, stats.ttest_ind(b[:5].mean(axis=1), a.mean(axis=1), equal_var=False)),
            (twins, stats.ttest_rel(b.mean(axis=1), a.mean(axis=1))),
        ):
            interval = expected.confidence_interval(0.95)
            assert (found.test.low, found.test.high) == pytest.approx((interval.low, interval.high))
            assert found.test.pvalue == pytest.approx(expected.pvalue)
            assert found.test.df == pytest.approx(expected.df)
            assert found.difference / found.test.se == pytest.approx(expected.statistic)

    @pytest.mark.parametrize("n", [5, 45])
    def test_interval_of_the_spread_by_its_definition(self, n):
        m, groups = 60, np.arange(60) // 7
        y = crossed(np.random.default_rng(n), n, m).astype(float)
        y[:2] *= np.arange(m) % 5 == 0  # two bad runs
        p, a = y.mean(axis=0), y.mean(axis=1) - y.mean()
        e, v, w = y - p, a.var(ddof=1), y.var(axis=0, ddof=1).mean()
        s2 = m / (m - 1) * (v - w / m)
        g = np.array(
            [(m * (e[:, i] * a).sum() - n * p[i] * (1 - p[i])) / ((n - 1) * (m - 1)) for i in range(m)]
        )
        c = e * a[:, None] - e**2 / m
        noise = (n / (n - 1) * m / (m - 1)) ** 2 * c.var(axis=0, ddof=1) / n
        h = n / (n - 1) * m / (m - 1) * (a**2 - (e**2).sum(axis=1) / m**2)
        assert g.mean() == pytest.approx(s2)
        f = n - 1 if n < 30 else min(n - 1, 2 * v**2 / (h.var(ddof=1) / n))
        assert (f < n - 1) == (n == 45)
        low = v * f / stats.chi2.ppf(0.95, f) - w / m
        high = v * f / stats.chi2.ppf(0.05, f) - w / m
        sums = np.array([(g - g.mean())[groups == k].sum() for k in range(9)])
        for found, of_examples in (
            (run_spread(y.astype(bool), confidence=0.9), g.var(ddof=1) / m),
            (run_spread(y.astype(bool), confidence=0.9, example_groups=groups), 9 / 8 * sums @ sums / m**2),
        ):
            reach = stats.norm.ppf(0.95) ** 2 * 4 * max(of_examples - noise.mean() / m, 0)
            lowest = max(s2 - ((s2 - low) ** 2 + reach) ** 0.5, 0) ** 0.5
            assert found.sd_distribution_low == pytest.approx(lowest)
            assert found.sd_distribution_high == pytest.approx(
                (s2 + ((high - s2) ** 2 + reach) ** 0.5) ** 0.5
            )
            assert found.heavy_tails == (n == 45)

    @pytest.mark.parametrize("paired", [False, True])
    def test_new_examples_by_their_definition(self, paired):
        a, b = two_groups(3)
        groups = np.random.default_rng(3).integers(0, 8, 40) * 11 - 5
        found = scope(a, b, paired=paired, confidence=0.9, example_groups=groups)
        tables = [b.astype(int) - a] if paired else [a.astype(int), b.astype(int)]
        d = b.mean(axis=0) - a.mean(axis=0)
        sums = np.array([(d - d.mean())[groups == k].sum() for k in np.unique(groups)])
        v = [t.mean(axis=1).var(ddof=1) / 7 for t in tables]
        w = [t.var(axis=0, ddof=1).mean() / 7 for t in tables]
        of_runs = sum(40 / 39 * max(x - y / 40, 0) for x, y in zip(v, w, strict=True))
        for interval, of_examples, df in (
            (found.new_ungrouped, d.var(ddof=1) / 40, 39),
            (found.new, len(sums) / (len(sums) - 1) * (sums @ sums) / 40**2, len(sums) - 1),
        ):
            variance = max(of_examples + of_runs, sum(v))
            satterthwaite = variance**2 / (of_examples**2 / df + sum(x**2 / 6 for x in v))
            reach = stats.t.ppf(0.95, satterthwaite) * variance**0.5
            assert interval.se == pytest.approx(variance**0.5)
            assert interval.df == pytest.approx(satterthwaite)
            assert (interval.low, interval.high) == pytest.approx((d.mean() - reach, d.mean() + reach))
            expected = 2 * stats.t.sf(abs(d.mean()) / variance**0.5, satterthwaite)
            assert interval.pvalue == pytest.approx(expected)
        assert found.variance_examples == pytest.approx(of_examples)
        assert found.variance_runs == pytest.approx(of_runs)
        assert found.n_example_groups == len(sums) < 9
        assert found.n_examples == 40


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("n", [3, 12])
def test_variance_on_new_examples_is_that_of_drawing_anew(paired, n):
    # effects of runs so large that S² is seldom below 0; V instead of S² gives ratios of 1.15 and more
    rng, m = np.random.default_rng(n), 30
    differences, variances = [], []
    for _ in range(2000):
        latent = 1.5 * rng.normal(size=m) + 0.8 * rng.normal(size=(2, m))
        runs = rng.normal(size=(2, n, 1))
        if paired:
            runs[1] = 0.5 * runs[0] + 0.9 * runs[1]
        a, b = latent[:, None] + runs + rng.normal(size=(2, n, m)) > 0
        found = scope(a, b, paired=paired, confidence=0.95)
        differences.append(found.difference)
        variances.append(found.variance_examples + found.variance_runs)
    assert np.mean(variances) / np.var(differences) == pytest.approx(1, abs=0.1)


class TestMetamorphic:
    @pytest.mark.parametrize("seed", range(5))
    def test_exchanged_groups_turn_signs(self, seed):
        a, b = two_groups(seed)
        groups = np.arange(40) // 4
        found = both_forms(a, b, example_groups=groups)
        for one, other in zip(found, both_forms(b, a, example_groups=groups), strict=True):
            turned = {
                name: replace(interval, low=-interval.high, high=-interval.low)
                for name in ("test", "new", "new_ungrouped")
                if (interval := getattr(other, name))
            }
            assert_same(one, replace(other, difference=-other.difference, **turned))

    @pytest.mark.parametrize("seed", range(5))
    def test_order_means_nothing(self, seed):
        a, b = two_groups(seed, n=35)
        rng, groups = np.random.default_rng(seed), np.arange(40) // 4
        examples, runs = rng.permutation(40), rng.permutation(35)
        found = both_forms(a, b, example_groups=groups)
        c, d = (y[:, examples] for y in (a, b))
        for one, other in zip(found, both_forms(c, d, example_groups=groups[examples]), strict=True):
            assert_same(one, other)
        for one, other in zip(found, both_forms(a[runs], b[runs], example_groups=groups), strict=True):
            assert_same(one, other)
        assert_same(found[0], scope(a[runs], b, paired=False, confidence=0.95, example_groups=groups))
        spread = run_spread(a, confidence=0.95, example_groups=groups)
        assert_same(spread, run_spread(a[runs], confidence=0.95, example_groups=groups))
        assert_same(spread, run_spread(c, confidence=0.95, example_groups=groups[examples]))
        # not permuted along they are other groups
        wrong = both_forms(c, d, example_groups=groups)[0]
        assert wrong.variance_examples != pytest.approx(found[0].variance_examples)

    @pytest.mark.parametrize("seed", range(5))
    def test_doubled_examples(self, seed):
        a, b = two_groups(seed, n=20, of_runs=0.2)
        twice = [np.tile(y, 2) for y in (a, b)]
        for once, doubled in zip(both_forms(a, b), both_forms(*twice), strict=True):
            assert_same(doubled.test, once.test)
            assert doubled.new.se < once.new.se
            assert doubled.variance_examples == pytest.approx(once.variance_examples * 39 / 79)
        # told that they belong together, their variance is the same as before
        for once, doubled in zip(
            both_forms(a, b), both_forms(*twice, example_groups=np.arange(80) % 40), strict=True
        ):
            assert doubled.variance_examples == pytest.approx(once.variance_examples)
            assert doubled.n_example_groups == 40

    def test_groups_of_one_are_none(self):
        a, b = two_groups(0)
        groups = np.random.default_rng(0).permutation(40)
        for alone, grouped in zip(both_forms(a, b), both_forms(a, b, example_groups=groups), strict=True):
            assert_same(grouped.new, alone.new)
            assert_same(grouped.new, grouped.new_ungrouped)
        assert_same(run_spread(a, confidence=0.9), run_spread(a, confidence=0.9, example_groups=groups))

    def test_right_and_wrong_exchanged(self):
        a, b = two_groups(0)
        assert_same(run_spread(a, confidence=0.95), run_spread(1 - a, confidence=0.95))
        for one, other in zip(both_forms(a, b), both_forms(1 - b, 1 - a), strict=True):
            assert_same(one, other)

    def test_form_of_the_array_means_nothing(self):
        # more rows than a byte counts, and views of other arrays
        a, b = two_groups(0, n=700)
        found = both_forms(a, b)
        assert found[0].difference == pytest.approx(b.mean() - a.mean())
        assert both_forms(a.astype(bool), b.astype(bool)) == found
        assert both_forms(np.asfortranarray(a), np.repeat(b, 2, axis=1)[:, ::2]) == found
        assert_same(run_spread(np.asfortranarray(a), confidence=0.95), run_spread(a == 1, confidence=0.95))

    def test_new_examples_take_no_doubt_away(self):
        # no spread of the differences over examples, and S² = 4/3 · (1/8 − ½/4) = 0
        y = np.array([[1, 1, 1, 0], [0, 0, 0, 1]], dtype=np.uint8)
        for found in (
            scope(y, y, paired=False, confidence=0.95),
            scope(y, y[::-1], paired=True, confidence=0.95),
        ):
            assert (found.variance_examples, found.variance_runs) == (0, 0)
            assert_same(found.new, found.test)
            assert found.test.se > 0


class TestDegenerate:
    @pytest.mark.parametrize("paired", [False, True])
    @pytest.mark.parametrize("value", [0, 1])
    def test_constants_vary_by_exactly_0(self, paired, value):
        a = np.full((3, 7), value, dtype=np.uint8)
        found = scope(a, a, paired=paired, confidence=0.95, example_groups=np.arange(7) % 2)
        for interval in (found.test, found.new, found.new_ungrouped):
            assert (interval.se, interval.low, interval.high, interval.pvalue) == (0, 0, 0, 1)
            assert np.isnan(interval.df)
        assert (found.variance_examples, found.variance_runs, found.degenerate) == (0, 0, True)
        spread = run_spread(np.full((40, 7), value, dtype=np.uint8), confidence=0.95)
        assert (spread.sd_observed, spread.sd_independent, spread.sd_distribution) == (0, 0, 0)
        assert (spread.sd_distribution_low, spread.sd_distribution_high) == (0, 0)
        assert (spread.share_real, spread.pvalue_independent, spread.heavy_tails) == (None, 1, False)

    @pytest.mark.parametrize("paired", [False, True])
    def test_always_the_same_difference(self, paired):
        a = np.zeros((3, 7), dtype=np.uint8)
        found = scope(a, a + 1, paired=paired, confidence=0.95)
        for interval in (found.test, found.new):
            assert (interval.se, interval.low, interval.high, interval.pvalue) == (0, 1, 1, 0)
        assert found.degenerate

    def test_equal_twins_of_different_runs(self):
        a = two_groups(0)[0]
        unpaired, twins = both_forms(a, a)
        assert (twins.new.low, twins.new.high, twins.new.pvalue, twins.degenerate) == (0, 0, 1, True)
        assert unpaired.new.low < 0 < unpaired.new.high
        assert unpaired.variance_examples == 0
        assert not unpaired.degenerate

    def test_equal_runs_with_a_difference_that_depends_on_the_example(self):
        a, b = (np.tile(np.array(row, dtype=np.uint8), (3, 1)) for row in ([1, 1, 0, 0], [1, 1, 1, 0]))
        for found in both_forms(a, b):
            assert (found.test.low, found.test.high, found.test.pvalue) == (0.25, 0.25, 0)
            # as of one run with 4 examples, of which one changed: sd ½, df 3
            assert (found.new.se, found.new.df) == pytest.approx((0.25, 3))
            assert found.degenerate

    @pytest.mark.parametrize("paired", [False, True])
    def test_one_run_or_one_example_has_no_interval(self, paired):
        a, b = two_groups(0)
        found = scope(a[:1], b[:1], paired=paired, confidence=0.95)
        assert found.difference == pytest.approx(b[0].mean() - a[0].mean())
        assert np.isnan([*asdict(found.test).values(), *asdict(found.new).values()]).all()
        found = scope(a[:, :1], b[:, :1], paired=paired, confidence=0.95)
        assert np.isfinite(found.test.se)
        assert np.isnan([*asdict(found.new).values()]).all()
        for y in (a[:1], a[:, :1]):
            spread = run_spread(y, confidence=0.95)
            assert np.isnan([spread.sd_observed, spread.sd_distribution_low, spread.pvalue_independent]).all()
            assert spread.share_real is None

    def test_one_group_of_examples_has_no_interval(self):
        a, b = two_groups(0)
        alone = np.zeros(40, dtype=np.int64)
        for found in both_forms(a, b, example_groups=alone):
            assert np.isnan(found.new.low)
            assert np.isfinite([found.new_ungrouped.low, found.test.low]).all()
        spread = run_spread(a, confidence=0.95, example_groups=alone)
        assert np.isnan([spread.sd_distribution_low, spread.sd_distribution_high]).all()
        assert spread.sd_distribution > 0

    @pytest.mark.parametrize("last", [[1, 0, 0, 1], [1, 0, 0, 0]])
    def test_less_spread_than_independent_errors_is_0(self, last):
        spread = run_spread(np.array([[1, 0, 1, 0], [0, 1, 0, 1], last], dtype=np.uint8), confidence=0.95)
        assert (spread.sd_distribution, spread.sd_distribution_low) == (0, 0)
        assert spread.sd_observed == pytest.approx(np.std([0.5, 0.5, sum(last) / 4], ddof=1))
        assert spread.sd_independent > spread.sd_observed
        assert spread.share_real == (None if sum(last) == 2 else 0)
        assert (spread.pvalue_independent == 1) == (sum(last) == 2)

    def test_a_collapsed_run_is_a_heavy_tail(self):
        y = crossed(np.random.default_rng(0), 60, 300, of_runs=0.1)
        assert not run_spread(y, confidence=0.95).heavy_tails
        y[0] = 0
        assert run_spread(y, confidence=0.95).heavy_tails
        assert not run_spread(y[:29], confidence=0.95).heavy_tails
