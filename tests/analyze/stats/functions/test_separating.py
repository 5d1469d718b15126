"""Examples that separate against scipy's exact tests, one example at a time."""

from dataclasses import asdict

import numpy as np
import pytest
from made_answers import two_groups
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analyze.stats.functions.separating import separating
from analyze.stats.resampling import stream


def mcnemar(x, y):
    up, down = np.count_nonzero((x > 0) & (y == 0)), np.count_nonzero((x == 0) & (y > 0))
    return stats.binomtest(up, up + down, 0.5).pvalue if up + down else 1.0


def fisher(x, y):
    table = [[np.count_nonzero(x == 0), np.count_nonzero(x)], [np.count_nonzero(y == 0), np.count_nonzero(y)]]
    return min(1, 2 * min(stats.fisher_exact(table, alternative=side).pvalue for side in ("less", "greater")))


@pytest.mark.parametrize(("twins", "one"), [(True, mcnemar), (False, fisher)])
def test_each_example_alone(twins, one):
    a, b = two_groups(n=20)
    b = b if twins else b[:13]
    found = separating(a, b, twins=twins)
    assert (found.n_right_a == (a == 0).sum(axis=0)).all()
    assert (found.n_right_b == (b == 0).sum(axis=0)).all()
    expected = [one(x, y) for x, y in zip(a.T, b.T, strict=True)]
    assert found.pvalues == pytest.approx(np.array(expected), rel=1e-9)
    assert len(set(expected)) > 10


@pytest.mark.parametrize("twins", [True, False])
def test_adjusted_over_the_examples_that_can_tell(twins):
    a, b = two_groups(n=20, own=0.1, shift=0.8)
    a[:, 0] = b[:, 0] = 0  # all right
    a[:, 1], b[:, 1] = 1, 2  # all wrong, in two ways
    a[:, 2] = b[:, 2] = np.arange(20) % 2  # runs differ, twins do not
    found = separating(a, b, twins=twins)
    right = np.concatenate([a, b]) == 0
    tells = ((a == 0) != (b == 0)).any(axis=0) if twins else right.any(axis=0) & ~right.all(axis=0)
    can_tell, untested = np.flatnonzero(tells), np.flatnonzero(~tells)
    assert {0, 1} <= set(untested.tolist())
    assert (2 in untested) == twins
    expected = multipletests(found.pvalues[can_tell], method="fdr_bh")[1]
    assert found.qvalues[can_tell] == pytest.approx(expected)
    assert (found.qvalues[untested] == 1).all()
    assert (found.pvalues[untested] == 1).all()
    assert (found.qvalues <= 0.05).sum() >= 3


@pytest.mark.parametrize("twins", [True, False])
def test_metamorphic(twins):
    a, b = two_groups(n=12)
    there, back = asdict(separating(a, b, twins=twins)), asdict(separating(b, a, twins=twins))
    back["n_right_a"], back["n_right_b"] = back["n_right_b"], back["n_right_a"]
    images, runs = np.random.default_rng(0).permutation(50), np.random.default_rng(1).permutation(12)
    moved = asdict(separating(a[runs][:, images], b[runs][:, images], twins=twins))
    coded = asdict(separating((a > 0) * np.uint8(9), (b > 0) * np.uint8(7), twins=twins))
    doubled = asdict(separating(*(np.tile(x, 2) for x in (a, b)), twins=twins))
    for name, values in there.items():
        assert back[name] == pytest.approx(values, rel=1e-9)
        assert (moved[name] == values[images]).all()
        assert (coded[name] == values).all()
        assert doubled[name] == pytest.approx(np.tile(values, 2))


@pytest.mark.parametrize("twins", [True, False])
def test_false_examples_are_rare_without_a_difference(twins):
    # in a family without any true one, some example is found in at most 5 % of families
    found = []
    for i in range(100):
        rng = stream(i, "null")
        chances = rng.beta(2, 1, size=60)
        a, b = ((rng.random((30, 60)) > chances).astype(np.uint8) for _ in range(2))
        found.append((separating(a, b, twins=twins).qvalues <= 0.05).any())
    assert np.mean(found) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


@pytest.mark.parametrize("twins", [True, False])
def test_degenerate(twins):
    same = np.zeros((5, 7), np.uint8)
    found = separating(same, same.copy(), twins=twins)
    assert (found.pvalues == 1).all()
    assert (found.qvalues == 1).all()
    # 2,000 against 2,000: below the smallest double, but not 0
    a, b = np.zeros((2000, 2), np.uint8), np.ones((2000, 2), np.uint8)
    assert (separating(a, b, twins=twins).pvalues > 0).all()
