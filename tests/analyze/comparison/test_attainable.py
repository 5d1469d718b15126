"""The smallest p-value of every test, against enumeration, and what is suggested where it is too large."""

from itertools import combinations

import numpy as np
import pytest

from analyze.comparison.attainable import minimum_pvalue, what_reaches
from analyze.question import make_question
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import stream, tabulate
from analyze.stats.two_sample import TWO_SAMPLE_TESTS

POOL = np.array([1.0, 2.0, 2.0, 3.0, 5.0, 7.0, 7.0, 9.0])


def least(x, y, primary, **options):
    return minimum_pvalue(tabulate(x), tabulate(y), None, make_question(primary=primary, **options))


@pytest.mark.parametrize(
    "primary", ["ks", "mann_whitney", "permutation_mean", "anderson_darling", "cramer_von_mises"]
)
def test_no_split_has_a_smaller_p(primary):
    found = [
        TWO_SAMPLE_TESTS[primary](
            POOL[list(chosen)], np.delete(POOL, chosen), rng=stream(0, "s"), n_resamples=99
        ).pvalue
        for chosen in combinations(range(8), 3)
    ]
    assert least(POOL[:3], POOL[3:], primary) == pytest.approx(min(found))


@pytest.mark.parametrize("primary", ["welch_t", "brown_forsythe"])
def test_some_tests_have_no_bound(primary):
    assert least(POOL[:3], POOL[3:], primary) == 0


def test_two_values_bound_welchs_test():
    # one of 5 ones and 3 zeros, split 3 and 5: the zeros alone
    assert least([0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0, 1.0], "welch_t") == pytest.approx(1 / 56)


def test_drawn_splits_are_bounded_by_their_number():
    x = np.arange(30.0)
    assert least(x, x + 100, "permutation_mean", resamples=199) == 1 / 200
    assert least(np.arange(300.0), np.arange(300.0), "anderson_darling", resamples=999) == 1 / 1000
    assert least(x, x + 100, "mann_whitney", resamples=199) < 1e-9


@pytest.mark.parametrize("primary", list(TWO_SAMPLE_TESTS))
def test_equal_runs_can_show_nothing(primary):
    assert least([0.1] * 500, [0.1] * 500, primary) == 1


@pytest.mark.parametrize("primary", list(PAIRED_TESTS))
def test_pairs(primary):
    question = make_question(primary=primary)
    differences = np.array([0.0, 1.0, -2.0, 3.0, 4.0])
    none = tabulate([0.0, 1.0])
    # four differences that are not 0: two of 16 signs
    assert minimum_pvalue(none, none, differences, question) == pytest.approx(2 / 16)
    assert minimum_pvalue(none, none, None, question) == 1


class TestWhatReaches:
    def test_eight_pairs_of_five_runs(self):
        """2 / C(10, 5) · 8 = 0.063 and 2 / C(12, 6) · 8 = 0.017."""
        said = what_reaches(make_question(), n_runs=5, n_pairs=8, two_values=False)
        assert said.startswith("6 runs a group")
        assert "--primary welch_t" in said

    def test_matched_pairs(self):
        said = what_reaches(make_question(primary="wilcoxon"), n_runs=5, n_pairs=1, two_values=False)
        assert said.startswith("6 pairs")  # 2 / 64

    def test_draws(self):
        question = make_question(primary="permutation_mean", resamples=99)
        assert "--resamples 1100" in what_reaches(question, n_runs=50, n_pairs=55, two_values=False)

    def test_welchs_test_is_not_advised_where_it_is_bounded(self):
        for question, two_values in ((make_question(primary="welch_t"), False), (make_question(), True)):
            said = what_reaches(question, n_runs=3, n_pairs=1, two_values=two_values)
            assert "--primary" not in said
