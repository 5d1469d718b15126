"""Disagreements against loops over pairs, their intervals against the jackknife."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from made_answers import disagreements, matrices, pairs_between, pairs_within, two_groups
from scipy import stats

from analyze.stats.functions import disagreement
from analyze.stats.functions.disagreement import (
    between,
    between_of_counts,
    class_counts,
    excess_of_counts,
    pair_matrix,
    unseen_share,
    within,
    within_of_counts,
)

two_arrays = st.tuples(*[st.integers(1, 5)] * 2, st.integers(1, 9)).flatmap(
    lambda shape: st.tuples(
        *(arrays.arrays(np.uint8, (n, shape[2]), elements=st.sampled_from([0, 1, 2, 255])) for n in shape[:2])
    )
)


def compare(a, b, *, twins=False):
    return between(*matrices(a, b), a.shape[1], twins=twins, confidence=0.95)


class TestMatrix:
    @given(two_arrays)
    @settings(deadline=None)
    def test_counts_what_a_loop_counts(self, both):
        a, b = both
        assert pair_matrix(a, b) == pytest.approx(np.array(disagreements(a, b)) * a.shape[1])
        assert (pair_matrix(a, a) == pair_matrix(a, a.copy())).all()

    def test_rare_answers_and_many_examples(self, monkeypatch):
        a, b = two_groups(n=150, m=90)
        a[0, :40], b[1, 20:60] = 9, 9  # each by one of 300 runs
        expected = (a[:, None, :] != b[None, :, :]).sum(axis=2)
        assert (pair_matrix(a, b) == expected).all()
        monkeypatch.setattr(disagreement, "_BLOCK_COLUMNS", 7)
        assert (pair_matrix(a, b) == expected).all()
        monkeypatch.setattr(disagreement, "_MAX_SINGLE", 0)
        assert (pair_matrix(a, b) == expected).all()

    def test_column_order_of_memory_does_not_matter(self):
        a, b = two_groups()
        assert (pair_matrix(np.asfortranarray(a), b[:, :]) == pair_matrix(a, b)).all()


class TestMeans:
    def test_within_is_the_mean_over_pairs(self):
        a, _ = two_groups(n=20)
        pairs = pairs_within(a)
        found = within(pair_matrix(a, a), 50, confidence=0.95)
        assert found.disagreement == pytest.approx(np.mean(pairs))
        assert (found.minimum, found.maximum) == (min(pairs), max(pairs))
        assert within_of_counts(class_counts(a)) == pytest.approx(np.mean(pairs))

    @pytest.mark.parametrize("twins", [False, True])
    def test_between_leaves_twins_out(self, twins):
        a, b = two_groups(n=20)
        found = compare(a, b, twins=twins)
        mean = np.mean(pairs_between(a, b, twins=twins))
        inside = np.mean(pairs_within(a)), np.mean(pairs_within(b))
        assert found.between == pytest.approx(mean)
        assert found.excess == pytest.approx(mean - np.mean(inside))
        assert found.share == pytest.approx(found.excess / mean)
        assert found.diversity_ratio == pytest.approx(inside[1] / inside[0])
        own = np.mean(np.diag(disagreements(a, b)))
        assert found.twins == (pytest.approx(own) if twins else None)
        assert found.twins_ratio == (pytest.approx(own / mean) if twins else None)

    @pytest.mark.parametrize("twins", [False, True])
    def test_counts_tell_the_same_without_pairs(self, twins):
        a, b = two_groups(n=20)
        found = compare(a, b, twins=twins)
        counts = class_counts(a), class_counts(b)
        of_twins = int(np.count_nonzero(a != b)) if twins else None
        assert between_of_counts(*counts, of_twins=of_twins) == pytest.approx(found.between)
        assert excess_of_counts(*counts, of_twins=of_twins) == pytest.approx(found.excess)

    def test_counts_of_parts_add_up(self):
        a, _ = two_groups(n=600, m=30)
        counts = class_counts(a)
        assert (counts == [np.count_nonzero(a == code, axis=0) for code in range(a.max() + 1)]).all()
        assert (class_counts(a[:300]) + class_counts(a[300:]) == counts).all()

    def test_excess_is_half_the_squared_distance_of_class_shares(self):
        """½ Σ_i Σ_c (p^a_ic − p^b_ic)² of the populations, of which many samples are the mean."""
        chances = np.random.default_rng(1).dirichlet([1.0, 1.0, 1.0], size=(2, 40))
        truth = ((chances[0] - chances[1]) ** 2).sum() / 2 / 40
        found = []
        for i in range(400):
            draws = np.random.default_rng([2, i]).random((2, 6, 40, 1))
            a, b = (draws > chances[:, None].cumsum(axis=3)).sum(axis=3).astype(np.uint8)
            found.append(compare(a, b).excess)
        assert np.mean(found) == pytest.approx(truth, abs=4 * np.std(found) / math.sqrt(400))


class TestIntervals:
    """The parts of the runs are, to order 1/n, what the jackknife finds by leaving each out."""

    def test_within(self):
        a, _ = two_groups(n=60)
        found = within(pair_matrix(a, a), 50, confidence=0.9)
        left_out = [np.delete(a, r, axis=0) for r in range(60)]
        values = [within(pair_matrix(x, x), 50, confidence=0.9).disagreement for x in left_out]
        se = math.sqrt(59 / 60 * np.sum((values - np.mean(values)) ** 2))
        assert found.high - found.disagreement == pytest.approx(stats.t.ppf(0.95, 59) * se, rel=0.04)
        assert found.disagreement - found.low == pytest.approx(found.high - found.disagreement)

    @pytest.mark.parametrize("twins", [False, True])
    def test_excess(self, twins):
        a, b = two_groups(n=60, own=0.1)
        found = compare(a, b, twins=twins)
        if twins:
            arms = [[compare(*(np.delete(x, r, axis=0) for x in (a, b)), twins=True) for r in range(60)]]
        else:
            arms = [
                [compare(np.delete(a, r, axis=0), b) for r in range(60)],
                [compare(a, np.delete(b, r, axis=0)) for r in range(60)],
            ]
        values = np.array([[one.excess for one in arm] for arm in arms])
        terms = 59 / 60 * ((values - values.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        df = terms.sum() ** 2 / (terms**2 / 59).sum()
        expected = stats.t.ppf(0.975, df) * math.sqrt(terms.sum())
        assert found.high - found.excess == pytest.approx(expected, rel=0.04)
        assert found.excess - found.low == pytest.approx(found.high - found.excess)

    def test_groups_of_unequal_size(self):
        a, b = two_groups(n=30)
        found, back = compare(a[:4], b), compare(b, a[:4])
        assert found.low < found.excess < found.high
        assert (found.excess, found.low, found.high) == pytest.approx((back.excess, back.low, back.high))


class TestMetamorphic:
    @pytest.mark.parametrize("twins", [False, True])
    def test_exchanging_groups_turns_the_diversity_ratio_alone(self, twins):
        a, b = two_groups()
        there, back = (asdict(compare(*both, twins=twins)) for both in ((a, b), (b, a)))
        assert there.pop("diversity_ratio") == pytest.approx(1 / back.pop("diversity_ratio"))
        assert there == pytest.approx(back)

    def test_order_of_images_and_runs_and_names_of_classes_do_not_matter(self):
        a, b = two_groups()
        expected = asdict(compare(a, b, twins=True))
        rng = np.random.default_rng(3)
        images, runs = rng.permutation(50), rng.permutation(8)
        recoded = (np.array([0, 200, 7, 1, 3], dtype=np.uint8)[x] for x in (a, b))
        assert asdict(compare(a[:, images], b[:, images], twins=True)) == expected
        assert asdict(compare(a[runs], b[runs], twins=True)) == pytest.approx(expected)
        assert asdict(compare(*recoded, twins=True)) == expected

    def test_the_same_images_twice_change_nothing(self):
        a, b = two_groups()
        expected = asdict(compare(a, b))
        assert asdict(compare(*(np.tile(x, 2) for x in (a, b)))) == pytest.approx(expected)

    def test_a_run_twice_is_an_identical_pair(self):
        a, _ = two_groups()
        twice = np.concatenate([a, a[:2]])
        found = within(pair_matrix(twice, twice), 50, confidence=0.95)
        assert (found.minimum, found.n_identical_pairs) == (0, 2)


class TestDegenerate:
    def test_one_run_has_nothing_within(self):
        found = within(np.zeros((1, 1), dtype=np.int64), 50, confidence=0.95)
        assert math.isnan(found.disagreement)
        assert found.n_identical_pairs == 0
        assert math.isnan(within_of_counts(class_counts(np.zeros((1, 5), np.uint8))))

    def test_two_runs_have_no_interval(self):
        a, _ = two_groups(n=2)
        found = within(pair_matrix(a, a), 50, confidence=0.95)
        assert found.disagreement == found.minimum == found.maximum > 0
        assert math.isnan(found.low)
        assert math.isnan(found.high)

    def test_one_run_against_several(self):
        a, b = two_groups()
        found = compare(a[:1], b)
        assert found.between == pytest.approx(np.mean(disagreements(a[:1], b)))
        assert math.isnan(found.excess)
        assert math.isnan(found.low)
        assert found.share is found.diversity_ratio is None

    def test_one_pair_of_twins(self):
        a, b = two_groups()
        found = compare(a[:1], b[:1], twins=True)
        assert math.isnan(found.between)
        assert found.twins == disagreements(a[:1], b[:1])[0][0]
        assert found.twins_ratio is None
        assert math.isnan(between_of_counts(class_counts(a[:1]), class_counts(b[:1]), of_twins=3))

    @pytest.mark.parametrize("twins", [False, True])
    def test_all_runs_one_function(self, twins):
        a = np.tile(two_groups()[0][:1], (6, 1))
        found = compare(a, a.copy(), twins=twins)
        assert found.between == found.excess == found.low == found.high == 0
        assert found.share is found.diversity_ratio is found.twins_ratio is None
        inside = within(pair_matrix(a, a), 50, confidence=0.95)
        assert (inside.disagreement, inside.low, inside.high, inside.n_identical_pairs) == (0, 0, 0, 15)

    def test_two_functions(self):
        a, b = np.zeros((5, 8), np.uint8), np.ones((4, 8), np.uint8)
        found = compare(a, b)
        assert (found.between, found.excess, found.low, found.high, found.share) == (1, 1, 1, 1, 1)
        assert found.diversity_ratio is None
        assert compare(a, np.concatenate([b, a[:1]])).diversity_ratio == math.inf


@pytest.mark.parametrize("n", [2, 3, 20, 500])
def test_unseen_share_is_the_root(n):
    p = unseen_share(n)
    assert stats.binom.cdf(1, n, p) == pytest.approx(0.05)


def test_one_run_bounds_no_share():
    assert unseen_share(1) is None
