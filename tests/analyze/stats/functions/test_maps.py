"""Maps against principal components of one-hot answers; dimension and kinds against what they say."""

import numpy as np
import pytest
from made_answers import two_groups

from analyze.comparison.adjustment import adjust
from analyze.stats.dip import dip, pvalue_of, uniform_dips
from analyze.stats.functions import maps
from analyze.stats.functions.disagreement import class_counts, excess_of_counts, pair_matrix
from analyze.stats.functions.maps import effective_dimension, kinds, scaling
from analyze.stats.resampling import stream


def one_hot(codes):
    return np.concatenate([codes == code for code in range(5)], axis=1).astype(float)


def components(codes):
    answers = one_hot(codes)
    u, s, _ = np.linalg.svd(answers - answers.mean(axis=0), full_matrices=False)
    return u * s, s**2


class TestScaling:
    def test_is_principal_components_of_one_hot_answers(self):
        a, b = two_groups(n=9)
        codes = np.concatenate([a, b])
        found, (points, values) = scaling(pair_matrix(codes, codes), first=9), components(codes)
        assert np.abs(found.points) == pytest.approx(np.abs(points[:, :3]), abs=1e-9)
        assert found.shares == pytest.approx(values[:3] / values.sum())
        assert (found.points[:9].mean(axis=0) >= 0).all()

    def test_many_runs_take_the_iterative_way(self, monkeypatch):
        a, _ = two_groups(n=40)
        matrix = pair_matrix(a, a)
        whole = scaling(matrix, first=40)
        monkeypatch.setattr(maps, "_MAX_WHOLE", 10)
        found = scaling(matrix, first=40)
        assert np.abs(found.points) == pytest.approx(np.abs(whole.points), abs=1e-6)
        assert found.shares == pytest.approx(whole.shares)

    def test_distances_on_all_axes_are_twice_the_disagreements(self):
        a, _ = two_groups()
        matrix = pair_matrix(a, a)
        points = scaling(matrix, n_axes=7).points
        squared = ((points[:, None] - points[None, :]) ** 2).sum(axis=2)
        assert squared == pytest.approx(2 * matrix, abs=1e-9)

    def test_groups_by_their_excess(self):
        """On a map of strategies those that answer alike are near each other."""
        groups = [class_counts(x) for seed in (0, 1) for x in two_groups(seed, n=60, shift=0.05)]
        excess = np.array([[0.0 if p is q else excess_of_counts(p, q) for q in groups] for p in groups])
        x = scaling(excess, n_axes=2).points[:, 0]
        assert abs(x[0] - x[1]) < abs(x[0] - x[2]) / 4
        assert abs(x[2] - x[3]) < abs(x[0] - x[2]) / 4

    @pytest.mark.parametrize("n", [1, 2, 3])
    def test_few_runs_have_few_axes(self, n):
        a, _ = two_groups(n=n)
        found = scaling(pair_matrix(a, a))
        assert found.points.shape == (n, n - 1)
        assert found.shares.sum() == pytest.approx(1 if n > 1 else 0)

    def test_one_function_is_one_point(self):
        found = scaling(np.zeros((6, 6), dtype=np.int64))
        assert (found.points == 0).all()
        assert (found.shares == 0).all()

    def test_axes_that_are_rounding_errors_are_empty(self):
        a = np.repeat(two_groups(n=2)[0], 50, axis=0)
        found = scaling(pair_matrix(a, a))
        assert found.shares == pytest.approx([1, 0, 0])
        assert (found.points[:, 1:] == 0).all()

    def test_excesses_below_zero_have_no_map(self):
        assert (scaling(-1.0 * (1 - np.eye(3))).points == 0).all()


def test_effective_dimension_is_that_of_the_eigenvalues():
    a, _ = two_groups(n=12)
    _, values = components(a)
    assert effective_dimension(pair_matrix(a, a)) == pytest.approx(values.sum() ** 2 / (values**2).sum())
    assert effective_dimension(np.zeros((5, 5), dtype=np.int64)) == 0
    assert effective_dimension(np.zeros((1, 1), dtype=np.int64)) == 0


class TestKinds:
    drawn = uniform_dips(60, rng=stream(0, "u"), n_draws=199)

    def test_dips_of_the_axes_adjusted_by_holm(self):
        rng = stream(1, "points")
        points = rng.normal(size=(60, 3))
        points[:20, 0] += 5
        found = kinds(points, self.drawn)
        assert found.dips == tuple(dip(axis) for axis in points.T)
        expected = adjust([pvalue_of(d, self.drawn) for d in found.dips])
        assert found.pvalues == pytest.approx(tuple(expected))
        assert len(set(found.pvalues)) > 1

    def test_two_functions_are_two_kinds(self):
        a, b = two_groups(n=30, shift=1.0)
        codes = np.concatenate([a, b])
        found = kinds(scaling(pair_matrix(codes, codes)).points, self.drawn)
        assert found.pvalues[0] == pytest.approx(3 / 200)

    def test_one_function_is_one_kind(self):
        found = kinds(scaling(np.zeros((60, 60), dtype=np.int64)).points, self.drawn)
        assert found.dips == (0, 0, 0)
        assert found.pvalues == (1, 1, 1)

    def test_a_run_alone_has_no_axes(self):
        found = kinds(np.zeros((1, 0)), np.zeros(9))
        assert found.dips == found.pvalues == ()
