"""Energy distance: whether the runs of two groups are drawn from one distribution of functions."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from analyze import text as fmt
from analyze.stats.resampling import Floats, Ints
from analyze.stats.two_sample.pvalues import monte_carlo

MAX_SPLITS = 10_000
# Statistics as near as this, in mean distances, are equal but for rounding
_TOLERANCE = 1e-9
# So many permutations are multiplied at once: 16 MB of weights for 1,000 runs
_BLOCK = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyResult:
    """Energy distance of two groups, in square roots of examples, with its permutation p-value.

    ``pvalue_error`` is its standard error where permutations were drawn, else 0; ``minimum_pvalue`` the
    smallest that was possible.
    """

    statistic: float
    pvalue: float
    pvalue_error: float
    minimum_pvalue: float
    method: str


def energy_test(
    of_a: Ints, of_b: Ints, of_both: Ints, *, twins: bool, rng: np.random.Generator, n_resamples: int
) -> EnergyResult:
    """Test whether two groups of runs are drawn from one distribution of functions.

    The statistic is 2 mean ρ(a, b) − mean ρ(a, a) − mean ρ(b, b) with ρ the square root of disagreement,
    which is a Euclidean distance of the answers, so that it tends to 0 only where the distributions are equal
    (Székely & Rizzo 2013, doi 10.1016/j.jspi.2013.03.018). Disagreement itself would see mean functions only.

    Parameters
    ----------
    of_a, of_b, of_both : ndarray of int, shapes (n_a, n_a), (n_b, n_b), (n_a, n_b)
        Disagreements, from `pair_matrix`.
    twins : bool
        Row r of a and row r of b started alike: then they are swapped within pairs. To relabel them would
        hide a difference behind how alike they are.
    rng : Generator
        Used only where not all permutations are looked at.
    n_resamples : int
        Permutations drawn where there are more than 10,000.

    Examples
    --------
    Three runs that are one function, and three that are another: two of the 20 splits separate them.

    >>> none, all_of_it = np.zeros((3, 3), dtype=int), np.full((3, 3), 4)
    >>> rng = np.random.default_rng(0)
    >>> result = energy_test(none, none, all_of_it, twins=False, rng=rng, n_resamples=99)
    >>> result.statistic, result.pvalue, result.method
    (4.0, 0.1, 'exact, all splits')
    """
    if (len(of_b), of_b.sum()) < (len(of_a), of_a.sum()):  # so that exchanging the groups changes no draw
        of_a, of_b, of_both = of_b, of_a, of_both.T
    rho_a, rho_b, rho = (np.sqrt(of.astype(np.float64)) for of in (of_a, of_b, of_both))
    if twins:
        return _swaps(rho + rho.T - rho_a - rho_b, float(rho.mean()), rng, n_resamples)
    return _labels(np.block([[rho_a, rho], [rho.T, rho_b]]), len(rho_a), rng, n_resamples)


def _swaps(matrix: Floats, scale: float, rng: np.random.Generator, n_resamples: int) -> EnergyResult:
    """Swap twins: the statistic is ε'Mε/n² with M = ρ_ab + ρ_ab' − ρ_aa − ρ_bb and signs ε of ±1."""
    n = len(matrix)
    n_ways = 2.0 ** (n - 1)  # all signs turned are the same swaps
    if n_ways <= MAX_SPLITS:
        swapped = (np.arange(int(n_ways))[:, None] >> np.arange(n)) & 1
        blocks, drawn = iter([swapped]), False
    else:
        blocks, drawn = (rng.integers(0, 2, size=(k, n)) for k in _sizes(n_resamples)), True
    signs = np.array([1.0, -1.0])
    statistics = _forms(matrix, (signs[block] for block in blocks)) / n**2
    observed = float(matrix.sum()) / n**2
    at_least = statistics >= observed - _TOLERANCE * scale
    return _result(observed, at_least, drawn=drawn, minimum=1 / n_ways, what="swaps of twins")


def _labels(rho: Floats, n_a: int, rng: np.random.Generator, n_resamples: int) -> EnergyResult:
    """Permute labels: the statistic is −w'ρw with weights w of 1/n_a and −1/n_b."""
    n = len(rho)
    is_a = np.arange(n) < n_a
    weights = np.array([-1 / (n - n_a), 1 / n_a])
    n_ways = math.comb(n, n_a)
    if n_ways <= MAX_SPLITS:
        chosen = np.zeros((n_ways, n), dtype=bool)
        places = np.array(list(combinations(range(n), n_a)))
        np.put_along_axis(chosen, places, values=True, axis=1)
        blocks, drawn = iter([chosen]), False
    else:
        blocks = (rng.permuted(np.broadcast_to(is_a, (k, n)), axis=1) for k in _sizes(n_resamples))
        drawn = True
    statistics = -_forms(rho, (weights[block.view(np.int8)] for block in blocks))
    observed = float(2 * rho[:n_a, n_a:].mean() - rho[:n_a, :n_a].mean() - rho[n_a:, n_a:].mean())
    at_least = statistics >= observed - _TOLERANCE * float(rho.mean())
    # of equal sizes each split comes with its mirror
    minimum = (2 if 2 * n_a == n else 1) / n_ways
    return _result(observed, at_least, drawn=drawn, minimum=minimum, what="splits")


def _sizes(n: int) -> Iterator[int]:
    yield from (min(_BLOCK, n - start) for start in range(0, n, _BLOCK))


def _forms(matrix: Floats, blocks: Iterable[Floats]) -> Floats:
    """Return w'Mw of each row w of the blocks."""
    return np.concatenate([np.einsum("ri,ri->r", block @ matrix, block) for block in blocks])


def _result(
    observed: float, at_least: npt.NDArray[np.bool_], *, drawn: bool, minimum: float, what: str
) -> EnergyResult:
    n = len(at_least)
    if drawn:
        pvalue, error = monte_carlo(at_least)
        minimum, method = max(minimum, 1 / (n + 1)), f"permutation, {fmt.count(n)} random {what}"
    else:
        pvalue, error, method = int(at_least.sum()) / n, 0.0, f"exact, all {what}"
    return EnergyResult(
        statistic=observed, pvalue=pvalue, pvalue_error=error, minimum_pvalue=minimum, method=method
    )
