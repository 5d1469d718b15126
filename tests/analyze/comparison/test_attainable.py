"""The smallest p-value of every test, against enumeration, and what is suggested where it is too large."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from analyze.comparison.attainable import minimum_pvalue, resolved, what_reaches
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


def test_welchs_test_has_no_bound():
    assert least(POOL[:3], POOL[3:], "welch_t") == 0


@pytest.mark.parametrize(("n_a", "n_b"), [(2, 2), (3, 3), (3, 5), (5, 3), (5, 5)])
def test_no_values_have_a_smaller_p_of_brown_forsythe(n_a, n_b):
    rng, found = np.random.default_rng(0), []
    # one group nearly constant, the other nearly at two distances: where F is largest; and anything else
    for scale in (1e-4, 1.0):
        for _ in range(300):
            far = np.where(np.arange(n_b) < n_b // 2, -1.0, 1.0)
            far[n_b // 2] *= n_b % 2 == 0
            x, y = rng.normal(size=n_a) * scale, far + rng.normal(size=n_b) * scale
            found.append(TWO_SAMPLE_TESTS["brown_forsythe"](x, y, rng=rng, n_resamples=99).pvalue)
            x, y = (np.sort(rng.normal(size=n)) for n in (n_a, n_b))
            found.append(TWO_SAMPLE_TESTS["brown_forsythe"](x, y, rng=rng, n_resamples=99).pvalue)
    bound = least(np.arange(n_a) * 1.0, np.arange(n_b) * 1.0, "brown_forsythe")
    assert min(found) >= bound * (1 - 1e-3)
    if n_b >= n_a:
        assert min(found) == pytest.approx(bound, rel=0.02)


def test_even_sizes_have_no_bound_of_brown_forsythe():
    x, y = [0.0, 1e-9, 2e-9], [-1.0, -1.0 + 1e-9, 1.0, 1.0 + 1e-9]
    p = TWO_SAMPLE_TESTS["brown_forsythe"](x, y, rng=stream(0, "s"), n_resamples=99).pvalue
    assert p < 1e-9
    assert least(x, y, "brown_forsythe") == 0


def test_two_values_bound_welchs_test():
    # one of 5 ones and 3 zeros, split 3 and 5: the zeros alone
    assert least([0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0, 1.0], "welch_t") == pytest.approx(1 / 56)


def test_drawn_splits_are_bounded_by_their_number():
    x = np.arange(30.0)
    assert least(x, x + 100, "permutation_mean", resamples=199) == 1 / 200
    assert least(np.arange(300.0), np.arange(300.0), "anderson_darling", resamples=999) == 1 / 1000
    assert least(x, x + 100, "mann_whitney", resamples=199) < 1e-9


def test_more_pairs_are_drawn_more_often():
    x = np.arange(30.0)
    question = make_question(primary="permutation_mean", resamples=199)
    a, b = tabulate(x), tabulate(x + 100)
    assert minimum_pvalue(a, b, None, question, n_pairs=55) == 1 / 5501


class TestResolved:
    def run(self, pvalues, n_pairs=55, resamples=999):
        found, asked = iter(pvalues), []

        def test(n_resamples, further):
            asked.append((n_resamples, further))
            return SimpleNamespace(pvalue=next(found), pvalue_error=0.001)

        question = make_question(primary="permutation_mean", resamples=resamples)
        return resolved(test, question, n_pairs=n_pairs, n_values=10).pvalue, asked

    def test_draws_more_where_the_first_cannot_decide(self):
        pvalue, asked = self.run([0.001, 1 / 5501])
        assert (pvalue, asked) == (1 / 5501, [(999, ()), (5500, ("more draws",))])

    def test_draws_no_more_where_they_can(self):
        assert self.run([0.02])[1] == [(999, ())]
        assert self.run([0.001], n_pairs=1)[1] == [(999, ())]

    def test_is_valid(self):
        """Of 49 draws and then 999 others of uniform numbers, the p-value is at most t in a share t."""
        rng = np.random.default_rng(0)
        first, second, own = rng.random((4000, 49)), rng.random((4000, 400)), rng.random(4000)
        p = np.array([
            self.run([((f <= u).sum() + 1) / 50, ((s <= u).sum() + 1) / 401], n_pairs=4, resamples=49 + 50)[0]
            for f, s, u in zip(first, second, own, strict=True)
        ])  # fmt: skip
        for t in (0.0025, 0.01, 0.05, 0.2, 0.4):
            assert stats.binomtest(int((p <= t + 1e-12).sum()), 4000, t, alternative="greater").pvalue > 0.001


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
        """More than the program draws by itself."""
        question = make_question(primary="permutation_mean", resamples=99)
        said = what_reaches(question, n_runs=5000, n_pairs=4950, two_values=False)
        assert "--resamples 99000)" in said
        assert "--resamples" not in what_reaches(question, n_runs=50, n_pairs=55, two_values=False)

    def test_welchs_test_is_not_advised_where_it_is_bounded(self):
        for question, two_values in ((make_question(primary="welch_t"), False), (make_question(), True)):
            said = what_reaches(question, n_runs=3, n_pairs=1, two_values=two_values)
            assert "--primary" not in said
