import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analyze.stats.effects import pairwise
from analyze.stats.effects.hodges_lehmann import _critical_rank, _exact_rank, shift_of_counts
from analyze.stats.effects.pairwise import order_statistics, pairwise_differences, walsh_sums
from analyze.stats.resampling import tabulate

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
    # the tables of the Mann–Whitney test, two-sided 5 %: the largest U that rejects
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
    @given(st.integers(0, 10_000), st.booleans())
    def test_normal_rank_is_where_scipys_test_turns(self, seed, tied):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=70), rng.normal(0.2, size=60)
        if tied:  # inside one group only, so that every shift has the same ties and U many values
            x = x.round()
        rank, _, how = _critical_rank(tabulate(x), tabulate(y), 0.025)
        assert how == ("normal, tie-corrected" if tied else "normal")
        values, counts = np.unique((y[:, None] - x).round(9), return_counts=True)
        near = int(np.searchsorted(counts.cumsum(), rank))
        for i in range(max(near - 2, 0), near + 3):
            u, pvalue = stats.mannwhitneyu(y - (values[i] + values[i + 1]) / 2, x, method="asymptotic")
            assert (pvalue > 0.05) == (rank <= u <= 70 * 60 - rank)

    def test_ends_on_a_fine_grid_are_inside_by_a_quarter_of_their_pairs(self):
        moved = 0
        for seed in range(30):
            rng = np.random.default_rng(seed)
            x, y = rng.normal(0, 9, size=50).round(), rng.normal(4, 9, size=60).round()
            rank = _critical_rank(tabulate(x), tabulate(y), 0.025)[0]
            values, counts = np.unique((y[:, None] - x).ravel(), return_counts=True)
            low = values[(counts.cumsum() - counts + 0.75 * counts >= rank).argmax()]
            assert shift(x, y).low == low
            moved += low != values[(counts.cumsum() >= rank).argmax()]
        # a quarter of the ends, about
        assert 1 < moved < 20

    def test_ends_on_a_coarse_grid_are_closed(self):
        # one more pair on the same value must not shrink the interval to what lies strictly inside
        x, y = [0, 0, 0, 1, 1, 2] * 5, [0, 1, 1, 1, 2, 2] * 5
        found, differences = shift(x, y), np.sort((np.array(y)[:, None] - np.array(x)).ravel())
        rank = _critical_rank(tabulate(x), tabulate(y), 0.025)[0]
        assert (found.low, found.high) == (differences[rank - 1], differences[-rank])

    @pytest.mark.slow
    def test_coverage_on_a_fine_grid(self):
        rng = np.random.default_rng(0)
        hits = 0
        for _ in range(400):
            x, y = rng.normal(0, 29, size=200).round(), rng.normal(19, 29, size=200).round()
            found = shift(x, y)
            hits += found.low <= 19 <= found.high
        # 99.9 % binomial bounds of 0.95
        assert stats.binom.ppf(0.0005, 400, 0.95) <= hits <= stats.binom.ppf(0.9995, 400, 0.95)

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
