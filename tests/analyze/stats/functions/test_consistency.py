"""Error consistency against Cohen's κ of statsmodels, pair by pair."""

import math
from itertools import combinations

import numpy as np
import pytest
from made_answers import two_groups
from statsmodels.stats.inter_rater import cohens_kappa

from analyze.stats.functions import consistency
from analyze.stats.functions.consistency import between, within


def kappa(p, q):
    table = np.zeros((2, 2))
    np.add.at(table, ((p == 0).astype(int), (q == 0).astype(int)), 1)
    return cohens_kappa(table, return_results=False)


def test_within_is_the_mean_over_pairs(monkeypatch):
    a, _ = two_groups(n=20)
    expected = np.mean([kappa(p, q) for p, q in combinations(a, 2)])
    assert within(a) == pytest.approx(expected)
    monkeypatch.setattr(consistency, "_BLOCK_COLUMNS", 7)
    assert within(a) == pytest.approx(expected)


def test_twins_are_apart_from_the_others():
    a, b = two_groups(n=20)
    every = np.array([[kappa(p, q) for q in b] for p in a])
    found = between(a, b, twins=True)
    assert found.twins == pytest.approx(np.diag(every).mean())
    assert found.between == pytest.approx(every[~np.eye(20, dtype=bool)].mean())
    found = between(a, b[:7], twins=False)
    assert found.between == pytest.approx(every[:, :7].mean())
    assert found.twins is None


def test_images_that_all_runs_answer_alike_count():
    a, b = two_groups(n=5)
    a, b = (np.hstack([x, np.zeros((5, 30), np.uint8), np.ones((5, 9), np.uint8)]) for x in (a, b))
    assert between(a, b, twins=False).between == pytest.approx(np.mean([[kappa(p, q) for q in b] for p in a]))
    assert between(a, b, twins=True) == between(b, a, twins=True)


def test_which_wrong_answer_does_not_matter():
    a, b = two_groups()
    binary = ((x > 0).astype(np.uint8) for x in (a, b))
    assert between(*binary, twins=True) == between(a, b, twins=True)


def test_runs_that_are_always_right_have_none():
    right, wrong = np.zeros((1, 12), np.uint8), np.ones((1, 12), np.uint8)
    mixed = (np.arange(12) % 3 == 0).astype(np.uint8)[None, :]
    assert math.isnan(within(right))
    assert math.isnan(within(np.repeat(right, 3, axis=0)))
    assert within(np.concatenate([right, wrong])) == 0
    assert math.isnan(between(right, right, twins=False).between)
    # the pair of the two that are always right is left out; any other is as chance has it, or one run twice
    assert within(np.concatenate([right, right, mixed])) == 0
    assert within(np.concatenate([right, right, mixed, mixed])) == pytest.approx(1 / 5)


def test_one_pair_of_twins_has_no_others():
    a, b = two_groups(n=1)
    found = between(a, b, twins=True)
    assert math.isnan(found.between)
    assert found.twins == pytest.approx(kappa(a[0], b[0]))
