import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze import pairwise
from analyze.hodges_lehmann import _exact_rank, shift_of_counts
from analyze.pairwise import order_statistics, pairwise_differences, walsh_sums
from analyze.resampling import tabulate

tied = st.lists(st.integers(-4, 4), min_size=1, max_size=15)


def shift(x, y, confidence=0.95):
    return shift_of_counts(tabulate(x), tabulate(y), confidence)


class TestOrderStatistics:
    @given(x=tied, y=tied)
    def test_of_differences_by_listing_them(self, x, y):
        expected = sorted(float(b - a) for a in x for b in y)
        differences = pairwise_differences(tabulate(x), tabulate(y))
        assert order_statistics(differences, list(range(1, len(expected) + 1))) == expected

    @given(d=tied)
    def test_of_walsh_averages_by_listing_them(self, d):
        expected = sorted(float(d[i] + d[j]) for i in range(len(d)) for j in range(i, len(d)))
        sums = walsh_sums(tabulate(d))
        assert order_statistics(sums, [2 * r for r in range(1, len(expected) + 1)]) == expected

    @pytest.mark.parametrize("kind", ["continuous", "lattice", "outliers"])
    def test_selection_without_listing(self, kind, monkeypatch):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=400), rng.lognormal(size=300)
        if kind == "lattice":
            x, y = x.round(2), y.round(2)
        if kind == "outliers":
            x[:2], y[:2] = (-1e300, 1e200), (1e250, -1e100)
        listed = np.sort((y[:, None] - x).ravel())
        monkeypatch.setattr(pairwise, "MAX_LISTED", 2_000)
        monkeypatch.setattr(pairwise, "N_BINS", 20)
        ranks = [1, 2, 77, 5_000, 60_000, 60_001, 119_000, 120_000]
        found = order_statistics(pairwise_differences(tabulate(x), tabulate(y)), ranks)
        assert found == pytest.approx(listed[np.array(ranks) - 1], rel=1e-12, abs=1e-14)
        sums = order_statistics(walsh_sums(tabulate(y)), [2 * r for r in (1, 100, 22_575, 45_150)])
        upper = np.sort((y[:, None] + y)[np.triu_indices(300)])
        assert sums == pytest.approx(upper[[0, 99, 22_574, 45_149]], rel=1e-12)


class TestInterval:
    # Mann–Whitney tables, two-sided 5 %: the largest U that rejects, e.g. Siegel & Castellan (1988), table J
    @pytest.mark.parametrize(("n", "critical"), [(5, 2), (8, 13), (10, 23), (15, 64), (20, 127)])
    def test_critical_values_of_the_tables(self, n, critical):
        assert _exact_rank(n, n, (1 - 0.95) / 2) == critical + 1

    def test_none_for_three_against_three(self):
        # the most extreme of 20 splits has probability 1/20 on either side
        found = shift([1, 2, 3], [4, 5, 6])
        assert (found.estimate, found.low, found.high) == (3.0, -math.inf, math.inf)
        assert shift([1, 2, 3], [4, 5, 6], 0.9).low == 1.0

    def test_hollander_and_wolfe(self):
        # Hollander & Wolfe (1973, p. 69); R: wilcox.test(x, y, conf.int = TRUE) prints the difference in
        # location x − y 0.305 and the 95 percent interval −0.15 to 0.76; here it is y − x
        x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
        y = [1.15, 0.88, 0.90, 0.74, 1.21]
        found = shift(x, y)
        assert (found.estimate, found.low, found.high) == pytest.approx((-0.305, -0.76, 0.15))
        assert found.method.endswith("exact")

    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 10_000), st.sampled_from([0.8, 0.9, 0.95]))
    def test_ends_are_where_the_exact_test_turns(self, seed, confidence):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=8), rng.normal(size=9)
        found = shift(x, y, confidence)

        def pvalue(by):
            return stats.mannwhitneyu(x, y - by, method="exact").pvalue

        for end, outwards in ((found.low, -1e-9), (found.high, 1e-9)):
            assert pvalue(end - outwards) > 1 - confidence >= pvalue(end + outwards)

    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 10_000))
    def test_ends_are_where_the_normal_test_turns_with_ties(self, seed):
        rng = np.random.default_rng(seed)
        x, y = rng.poisson(3, size=70), rng.poisson(4, size=60)
        found = shift(x, y)

        def pvalue(by):
            # tie-corrected and with continuity correction, by scipy
            return stats.mannwhitneyu(x, y - by, method="asymptotic").pvalue

        # between two differences, where only the ties inside the groups remain
        for end, outwards in ((found.low, -0.25), (found.high, 0.25)):
            assert pvalue(end + outwards) <= 0.05
            assert found.low == found.high or pvalue(end - outwards) > 0.05

    def test_covers_the_median_difference_where_the_groups_differ_but_it_is_zero(self):
        # P(b > a) + ½P(b = a) = 0.6, so the Mann–Whitney test rejects a shift of 0, the median difference
        rng = np.random.default_rng(0)
        values, shares = np.arange(3.0), ((0.2, 0.6, 0.2), (0.1, 0.5, 0.4))
        x, y = (rng.choice(values, size=400, p=p) for p in shares)
        assert stats.mannwhitneyu(x, y).pvalue < 0.001
        found = shift(x, y)
        assert found.low == 0 == found.estimate

    def test_swap_and_shift(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=200), rng.normal(size=150)
        forth, back, moved = shift(x, y), shift(y, x), shift(x, y + 4)
        assert (back.estimate, back.low, back.high) == pytest.approx(
            (-forth.estimate, -forth.high, -forth.low)
        )
        assert (moved.low, moved.high) == pytest.approx((forth.low + 4, forth.high + 4))
