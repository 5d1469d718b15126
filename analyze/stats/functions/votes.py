"""Plurality votes: what several runs of a group know together."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyze.stats.functions.disagreement import Codes, class_counts
from analyze.stats.resampling import Floats, Ints

SIZES = (1, 2, 3, 5, 10, 20, 50, 100, 200)
N_DRAWS = 100
_BLOCK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """Accuracy of the vote of k runs: mean and standard deviation over draws of runs, 0 where all vote."""

    k: int
    accuracy: float
    sd: float


def plurality_votes(codes: Codes, *, rng: np.random.Generator, n_draws: int = N_DRAWS) -> tuple[Vote, ...]:
    """Let 1, 2, 3, 5, … and all runs vote on each test example.

    A tie that the right answer is in counts 1 over the number that are tied. One run and all are exact, the
    others the mean over draws without replacement.

    Parameters
    ----------
    codes : ndarray of uint8, shape (n_runs, n_examples)
        0 is right; equal codes on an example are equal answers.
    rng : Generator
    n_draws : int
        Draws of runs for each k between.
    """
    n, m = codes.shape
    varies = (codes != codes[0]).any(axis=0)
    part = np.ascontiguousarray(codes[:, varies])
    n_settled = int(np.count_nonzero(codes[0, ~varies] == 0))
    right = np.count_nonzero(codes == 0, axis=1) / m
    found = [Vote(k=1, accuracy=float(right.mean()), sd=float(right.std(ddof=1)) if n > 1 else 0.0)]
    sizes = [k for k in SIZES[1:] if k < n]
    chosen = np.zeros((len(sizes) * n_draws, n), dtype=np.float32)
    for row, k in zip(chosen, np.repeat(sizes, n_draws).tolist(), strict=True):
        row[rng.choice(n, k, replace=False)] = 1
    shares = _shares(chosen, part)
    for k, of_k in zip(sizes, shares.reshape(len(sizes), n_draws), strict=True):
        accuracies = (of_k + n_settled) / m
        found.append(Vote(k=k, accuracy=float(accuracies.mean()), sd=float(accuracies.std(ddof=1))))
    if n > 1:
        found.append(Vote(k=n, accuracy=_all(class_counts(part), n_settled, m), sd=0.0))
    return tuple(found)


def _shares(chosen: npt.NDArray[np.float32], codes: Codes) -> Floats:
    """Return how many examples the chosen runs of each row get right by their vote; ties count in part."""
    right = np.zeros(len(chosen))
    n_codes = int(codes.max(initial=0)) + 1
    for start in range(0, codes.shape[1], _BLOCK):
        block = codes[:, start : start + _BLOCK]
        first = most = chosen @ (block == 0).astype(np.float32)
        tied = np.ones_like(first)
        for code in range(1, n_codes):
            counts = chosen @ (block == code).astype(np.float32)
            # A code with more votes than all before stands alone, one with as many shares with them
            tied *= counts <= most
            tied += counts >= most
            most = np.maximum(counts, most)
        right += np.where(first == most, 1 / tied, 0).sum(axis=1)
    return right


def _all(counts: Ints, n_settled: int, m: int) -> float:
    if not counts.size:
        return n_settled / m
    most = counts.max(axis=0)
    tied: Floats = np.count_nonzero(counts == most, axis=0).astype(np.float64)
    return float((np.where(counts[0] == most, 1 / tied, 0).sum() + n_settled) / m)
