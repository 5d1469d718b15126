"""Plurality votes: what several runs of a group know together."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyze.stats.functions.disagreement import Codes
from analyze.stats.resampling import Floats

SIZES = (1, 2, 3, 5, 10, 20, 50, 100, 200)
N_DRAWS = 100
# Examples voted on at once: 2 MB of counts for 900 votes
_BLOCK_COLUMNS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """Accuracy of the vote of k runs: mean and standard deviation over votes, 0 where all runs vote."""

    k: int
    accuracy: float
    sd: float


def plurality_votes(codes: Codes, *, rng: np.random.Generator, n_draws: int = N_DRAWS) -> tuple[Vote, ...]:
    """Let 1, 2, 3, 5, 10, 20, 50, 100, 200 and all runs vote on each test example.

    The most frequent answer is the vote; a tie that the right answer is in counts 1 over the number of
    answers that are tied. One run and all runs are exact, the others the mean over draws without replacement.

    Parameters
    ----------
    codes : ndarray of uint8, shape (n_runs, n_examples)
        0 is right; equal codes on an example are equal answers.
    rng : Generator
    n_draws : int
        Draws of runs for each number between, two or more.

    Examples
    --------
    Two of three runs are right on each example but the last, where all answers are different:

    >>> codes = np.array([[0, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 2]], np.uint8)
    >>> one, _, three = plurality_votes(codes, rng=np.random.default_rng(0))
    >>> round(one.accuracy, 6), round(three.accuracy, 6)
    (0.583333, 0.833333)
    """
    n = len(codes)
    right = np.count_nonzero(codes == 0, axis=1) / codes.shape[1]
    votes = [Vote(k=1, accuracy=float(right.mean()), sd=float(right.std(ddof=1)) if n > 1 else 0.0)]
    sizes = [k for k in SIZES if 1 < k < n]
    voters = np.zeros((len(sizes) * n_draws + 1, n), dtype=np.float32)
    for row, k in zip(voters, np.repeat(sizes, n_draws).tolist(), strict=False):
        row[rng.choice(n, k, replace=False)] = 1
    voters[-1] = 1
    accuracies = _accuracies(codes, voters)
    for i, k in enumerate(sizes):
        drawn = accuracies[i * n_draws : (i + 1) * n_draws]
        votes.append(Vote(k=k, accuracy=float(drawn.mean()), sd=float(drawn.std(ddof=1))))
    if n > 1:
        votes.append(Vote(k=n, accuracy=float(accuracies[-1]), sd=0.0))
    return tuple(votes)


def _accuracies(codes: Codes, voters: npt.NDArray[np.float32]) -> Floats:
    """Accuracy of each vote; voters of shape (n_votes, n_runs), 1 where a run votes."""
    varies = (codes != codes[0]).any(axis=0)
    total = np.full(len(voters), float(np.count_nonzero(codes[0, ~varies] == 0)))
    places = np.flatnonzero(varies)
    for start in range(0, len(places), _BLOCK_COLUMNS):
        block = codes[:, places[start : start + _BLOCK_COLUMNS]]
        right = voters @ (block == 0).astype(np.float32)
        most, tied = right.copy(), np.ones_like(right)
        for code in range(1, int(block.max()) + 1):
            given = np.flatnonzero((block == code).any(axis=0))
            counts, before = voters @ (block[:, given] == code).astype(np.float32), most[:, given]
            tied[:, given] = np.where(counts > before, 1, tied[:, given] + (counts == before))
            most[:, given] = np.maximum(counts, before)
        total += np.where(right == most, 1 / tied, 0).sum(axis=1, dtype=np.float64)
    shares: Floats = total / codes.shape[1]
    return shares
