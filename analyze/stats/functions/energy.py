"""Energy distance: whether the runs of two groups are the same functions, by permutation."""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from analyze import text as fmt
from analyze.stats.resampling import Floats, Ints
from analyze.stats.two_sample.pvalues import monte_carlo

MAX_SPLITS = 10_000
# Statistics as near as this, in mean distances, are equal but for rounding
_TOLERANCE = 1e-9
# So many permutations are multiplied at once
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
    which is a Euclidean distance of the answers: it is zero only where the distributions are equal (Székely
    & Rizzo 2013, doi 10.1016/j.jspi.2013.03.018). Disagreement itself would see mean functions only.

    Parameters
    ----------
    of_a, of_b, of_both : ndarray of int, shapes (n_a, n_a), (n_b, n_b), (n_a, n_b)
        Disagreements, from `pair_matrix`.
    twins : bool
        Row r of a and row r of b started alike: they are swapped within pairs. To relabel them would hide a
        difference behind how alike they are.
    rng : Generator
        Used only where not all permutations are looked at.
    n_resamples : int
        Permutations drawn where there are more than 10,000.
    """
    rho_a, rho_b, rho = (np.sqrt(m.astype(np.float64)) for m in (of_a, of_b, of_both))
    return (
        _swaps(rho_a, rho_b, rho, rng, n_resamples) if twins else _labels(rho_a, rho_b, rho, rng, n_resamples)
    )


def _swaps(
    rho_a: Floats, rho_b: Floats, rho: Floats, rng: np.random.Generator, n_resamples: int
) -> EnergyResult:
    """Swap twins: T = ε'Mε/n² with M = ρ_ab + ρ_ab' − ρ_aa − ρ_bb and signs ε of ±1."""
    n = len(rho)
    m = rho + rho.T - rho_a - rho_b
    n_all = 2.0 ** (n - 1)
    if n_all <= MAX_SPLITS:
        flips, drawn = (np.arange(int(n_all))[:, None] >> np.arange(n)) & 1, False
    else:
        flips, drawn = rng.integers(0, 2, size=(n_resamples, n)), True
    signs: Floats = 1 - 2 * flips.astype(np.float64)
    observed = float(m.sum()) / n**2
    statistics = _forms(m, signs) / n**2
    scale = _TOLERANCE * float(rho.mean())
    return _result(observed, statistics, scale, drawn=drawn, minimum=1 / n_all, what="swaps of twins")


def _labels(
    rho_a: Floats, rho_b: Floats, rho: Floats, rng: np.random.Generator, n_resamples: int
) -> EnergyResult:
    """Permute labels: T = w'(−ρ)w with weights 1/n_a and −1/n_b."""
    n_a, n_b = rho.shape
    whole = np.block([[rho_a, rho], [rho.T, rho_b]])
    n_all = math.comb(n_a + n_b, n_a)
    if n_all <= MAX_SPLITS:
        chosen = np.zeros((n_all, n_a + n_b), dtype=bool)
        for row, places in zip(chosen, combinations(range(n_a + n_b), n_a), strict=True):
            row[list(places)] = True
        drawn = False
    else:
        order = rng.permuted(np.tile(np.arange(n_a + n_b) < n_a, (n_resamples, 1)), axis=1)
        chosen, drawn = order, True
    weights: Floats = np.where(chosen, 1 / n_a, -1 / n_b).astype(np.float64)
    own = np.where(np.arange(n_a + n_b) < n_a, 1 / n_a, -1 / n_b)
    observed = float(-(own @ whole @ own))
    statistics = -_forms(whole, weights)
    # Of equal sizes each split comes with its mirror
    minimum = (2 if n_a == n_b else 1) / n_all
    scale = _TOLERANCE * float(whole.mean())
    return _result(observed, statistics, scale, drawn=drawn, minimum=minimum, what="splits")


def _forms(matrix: Floats, rows: Floats) -> Floats:
    """Return r'Mr of each row r."""
    parts = [
        np.einsum("ri,ri->r", rows[start : start + _BLOCK] @ matrix, rows[start : start + _BLOCK])
        for start in range(0, len(rows), _BLOCK)
    ]
    return np.concatenate(parts)


def _result(
    observed: float, statistics: Floats, scale: float, *, drawn: bool, minimum: float, what: str
) -> EnergyResult:
    at_least = statistics >= observed - scale
    n = len(statistics)
    if not drawn:
        return EnergyResult(
            statistic=observed,
            pvalue=int(at_least.sum()) / n,
            pvalue_error=0.0,
            minimum_pvalue=minimum,
            method=f"exact, all {what}",
        )
    pvalue, error = monte_carlo(at_least)
    return EnergyResult(
        statistic=observed,
        pvalue=pvalue,
        pvalue_error=error,
        minimum_pvalue=max(minimum, 1 / (n + 1)),
        method=f"permutation, {fmt.count(n)} random {what}",
    )
