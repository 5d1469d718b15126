"""Tests of the rank tests. R 4.x calls stand beside numbers from R; exact ones come from listing splits."""

import math

import numpy as np
import pytest
from enumeration import brute_force, run
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from analyze.stats.resampling import Counts, tabulate
from analyze.stats.two_sample import rank_tests
from analyze.stats.two_sample.rank_tests import studentised
from analyze.stats.two_sample.splits import pool

tied = st.lists(st.integers(0, 4), min_size=2, max_size=6)
# Brunner & Munzel 2000, table 1: pain scores after surgery under a new treatment and an old one
PAIN = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1], [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]


def u_distance(a, b):
    u = (b[:, None] > a).sum() + (b[:, None] == a).sum() / 2
    return abs(u - len(a) * len(b) / 2)


class TestMannWhitney:
    @settings(max_examples=60, deadline=None)
    @given(x=tied, y=tied)
    def test_against_all_splits(self, x, y):
        assert run("mann_whitney", x, y).pvalue == pytest.approx(brute_force(u_distance, x, y))

    def test_r_wilcox_test(self):
        # R: wilcox.test(c(0.80,0.83,1.89,1.04,1.45,1.38,1.91,1.64,0.73,1.46), c(1.15,0.88,0.90,0.74,1.21))
        # (its help page, Hollander & Wolfe 1973): W = 35, p-value = 0.2544; W counts x > y
        x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
        y = [1.15, 0.88, 0.90, 0.74, 1.21]
        result = run("mann_whitney", x, y)
        assert 50 - result.statistic == 35
        assert result.pvalue == pytest.approx(0.2544, abs=5e-5)
        assert result.method == "exact"

    def test_tied_rank_sums_by_hand(self):
        # midranks 1, 2.5, 2.5, 4: rank sums of two are 3.5 (2 splits), 5 (2) and 6.5 (2)
        assert run("mann_whitney", [1, 2], [2, 3]).pvalue == pytest.approx(4 / 6)
        assert run("mann_whitney", [2, 2], [1, 3]).pvalue == 1
        # midranks 1.5, 1.5, 3.5, 3.5, 5: two of them add up to 3 (once), 5 (4), 6.5 (2), 7 (once), 8.5 (2);
        # from the mean 6, 3 is the furthest, and 8.5 the next
        assert run("mann_whitney", [1, 1], [2, 2, 3]).pvalue == pytest.approx(1 / 10)
        assert run("mann_whitney", [2, 3], [1, 1, 2]).pvalue == pytest.approx(3 / 10)

    def test_the_exact_value_that_ignores_ties_is_wrong(self):
        x, y = [1, 2, 2, 3, 3], [2, 3, 3, 4, 5, 6]
        proved = brute_force(u_distance, x, y)
        assert run("mann_whitney", x, y).pvalue == pytest.approx(proved)
        assert abs(stats.mannwhitneyu(x, y, method="exact").pvalue - proved) > 0.005

    def test_without_ties_as_scipy(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=30), rng.normal(0.5, size=25)
        expected = stats.mannwhitneyu(y, x, method="exact")
        result = run("mann_whitney", x, y)
        assert result.statistic == expected.statistic
        assert result.pvalue == pytest.approx(expected.pvalue)

    def test_large_and_tied_as_scipy(self):
        rng = np.random.default_rng(0)
        x, y = rng.integers(0, 30, 400), rng.integers(1, 32, 300)
        expected = stats.mannwhitneyu(y, x, method="asymptotic")
        result = run("mann_whitney", x, y)
        assert result.pvalue == pytest.approx(expected.pvalue)
        assert result.method == "normal approximation, tie-corrected"

    def test_exact_and_normal_meet(self, monkeypatch):
        rng = np.random.default_rng(3)
        x, y = rng.integers(0, 20, 45), rng.integers(1, 22, 45)
        exact = run("mann_whitney", x, y)
        monkeypatch.setattr(rank_tests, "MAX_RANK_SUM_COST", 0)
        normal = run("mann_whitney", x, y)
        assert exact.method != normal.method
        assert normal.pvalue == pytest.approx(exact.pvalue, rel=0.03)

    def test_drawn_where_few_values_differ(self, monkeypatch):
        x, y = np.repeat([0, 1, 2, 3], [40, 2, 1, 1]), np.repeat([0, 1, 2, 4], [37, 4, 2, 2])
        exact = run("mann_whitney", x, y)
        monkeypatch.setattr(rank_tests, "MAX_RANK_SUM_COST", 0)
        monkeypatch.setattr("analyze.stats.two_sample.splits.MAX_SPLITS", 0)
        drawn = run("mann_whitney", x, y, n_resamples=9999)
        assert exact.method.startswith("exact")
        assert drawn.method.startswith("permutation")
        assert abs(drawn.pvalue - exact.pvalue) < 4 * drawn.pvalue_error

    def test_two_values_are_a_hypergeometric_tail(self):
        # 30 v 300 runs, 9 of them with the second value: too few for a normal approximation
        x, y = np.repeat([0, 1], [27, 3]), np.repeat([0, 1], [294, 6])
        i = np.arange(10)
        far = np.abs(i / 30 - (9 - i) / 300) >= 3 / 30 - 6 / 300 - 1e-12
        expected = stats.hypergeom(330, 9, 30).pmf(i)[far].sum()
        assert run("mann_whitney", x, y).pvalue == pytest.approx(expected)


def w(a, b):
    """|W| of Brunner & Munzel 2000 from ranks in the pooled sample and in the groups."""
    n, m = len(a), len(b)
    ranks = stats.rankdata(np.concatenate([a, b]))
    placements = ranks[:n] - stats.rankdata(a), ranks[n:] - stats.rankdata(b)
    difference = ranks[n:].mean() - ranks[:n].mean()
    variance = n * placements[0].var(ddof=1) + m * placements[1].var(ddof=1)
    if variance < 1e-20:
        return math.inf if abs(difference) > 1e-9 else 0.0
    return abs(n * m * difference / (n + m) / math.sqrt(variance))


def rows(x, y):
    values, groups = pool([tabulate(x), tabulate(y)])
    return [Counts(values=values, counts=group[None, :]) for group in groups]


class TestBrunnerMunzel:
    def test_pain_scores(self):
        # Brunner & Munzel 2000; R: lawstat::brunner.munzel.test(Y, N): statistic 3.1375, df = 17.683,
        # p-value = 0.005786, P(X<Y)+.5*P(X=Y) = 0.788961
        statistic, df = studentised(*rows(*PAIN))
        assert statistic[0] == pytest.approx(3.1375, abs=5e-5)
        assert df[0] == pytest.approx(17.683, abs=5e-4)
        assert 2 * special.stdtr(df, -statistic)[0] == pytest.approx(0.005786, abs=5e-7)
        u = run("mann_whitney", *PAIN).statistic
        assert u / (14 * 11) == pytest.approx(0.788961, abs=5e-7)

    def test_pain_scores_by_permutation(self):
        # 11 runs are fewer than the t approximation is trusted with
        result = run("brunner_munzel", *PAIN, n_resamples=9999)
        assert result.statistic == pytest.approx(3.1375, abs=5e-5)
        assert result.method == "studentised permutation: exact, all splits"

    @pytest.mark.parametrize("seed", range(4))
    def test_large_as_scipy(self, seed):
        rng = np.random.default_rng(seed)
        x, y = rng.integers(0, 12, 60), rng.integers(1, 15, 45)
        expected = stats.brunnermunzel(x, y)
        result = run("brunner_munzel", x, y)
        # scipy's sign: positive where y is larger
        assert (result.statistic, result.pvalue) == pytest.approx((expected.statistic, expected.pvalue))
        assert result.method.startswith("t approximation")

    @settings(max_examples=60, deadline=None)
    @given(x=tied, y=tied)
    def test_against_all_splits(self, x, y):
        assert run("brunner_munzel", x, y).pvalue == pytest.approx(brute_force(w, x, y))

    @pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 4), (12, 30), (400, 400)])
    def test_complete_separation(self, n, m):
        result = run("brunner_munzel", np.arange(n), np.arange(n, n + m) * 2)
        mirrors = 2 if n == m else 1 + 1  # without ties the mirrored split separates too
        assert result.statistic == math.inf
        assert result.pvalue == pytest.approx(max(mirrors / math.comb(n + m, n), 2.3e-308), rel=1e-9, abs=0)
        assert run("brunner_munzel", np.arange(n, n + m) * 2, np.arange(n)).statistic == -math.inf

    def test_separated_but_for_a_tie_is_finite(self):
        result = run("brunner_munzel", [1, 2, 3], [3, 4, 5, 6])
        assert math.isfinite(result.statistic)
        assert result.pvalue == pytest.approx(brute_force(w, [1, 2, 3], [3, 4, 5, 6]))

    def test_drawn_agrees_with_exact(self, monkeypatch):
        x, y = [1, 2, 2, 4, 6, 6], [3, 5, 6, 8, 8]
        monkeypatch.setattr("analyze.stats.two_sample.splits.MAX_SPLITS", 0)
        drawn = run("brunner_munzel", x, y, n_resamples=9999)
        assert abs(drawn.pvalue - brute_force(w, x, y)) < 4 * drawn.pvalue_error

    def test_one_of_a_million_that_stands_out_is_no_separation(self):
        a = Counts(values=np.array([0.0, 2.0]), counts=np.array([999_999, 1]))
        b = Counts(values=np.array([1.0]), counts=np.array([1_000_000]))
        assert math.isfinite(run("brunner_munzel", a, b).statistic)

    def test_two_neighbours_exchanged_in_a_million_are_no_separation(self):
        a = Counts(values=np.array([0.0, 2.0]), counts=np.array([999_999, 1]))
        b = Counts(values=np.array([1.0, 3.0]), counts=np.array([1, 999_999]))
        assert math.isfinite(run("brunner_munzel", a, b).statistic)
