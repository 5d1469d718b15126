"""Where two distributions differ, and what that means for someone who retrains."""

from dataclasses import dataclass

import numpy as np

from analyze.question import Question
from analyze.stats.best_comparison import BestComparison, compare_expected_best
from analyze.stats.ecdf_difference import EcdfDifference, ecdf_difference
from analyze.stats.resampling import Counts, stream
from analyze.stats.shift_function import ShiftRow, shift_function

# Bands rest on the middle of the distribution of a maximum: more resamples change them by less than a line
MAX_RESAMPLES = 4999
MAX_STEPS = 512
# A pair takes a seventh of a second, all but a tenth of it for what is secondary.
MAX_PAIRS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Two groups compared place by place; all bands hold simultaneously unless a field says otherwise."""

    shift: list[ShiftRow]
    ecdf: EcdfDifference
    best: BestComparison


def only_primary(question: Question, n_pairs: int) -> bool:
    """Return whether of so many pairs the secondary tests, quantiles and expected bests are left out."""
    return question.tests == "primary" or (question.tests == "auto" and n_pairs > MAX_PAIRS)


def compare_places(
    a: Counts, b: Counts, *, names: tuple[str, str], question: Question, n_pairs: int = 1
) -> Where:
    """Compare two groups quantile by quantile, value by value, and by the best of n runs.

    Parameters
    ----------
    a, b : Counts
        The runs of group a and group b.
    names : tuple of str
        Of the groups; every band has random streams from the seed, its own name and the group's.
    question : Question
        Gives seed, resamples, confidence, and which values are better.
    n_pairs : int
        Pairs that are compared in all: the bands of the differences hold for all of them at once.
    """
    n_resamples = min(question.resamples, MAX_RESAMPLES)
    level = question.confidence

    def rngs(purpose: str) -> tuple[np.random.Generator, np.random.Generator]:
        return stream(question.seed, purpose, names[0]), stream(question.seed, purpose, names[1])

    shift, ecdf, best = (rngs(purpose) for purpose in ("shift", "ecdf", "best"))
    return Where(
        shift=shift_function(
            a,
            b,
            rng_x=shift[0],
            rng_y=shift[1],
            n_resamples=n_resamples,
            confidence_level=level,
            n_comparisons=n_pairs,
        ),
        ecdf=ecdf_difference(
            a,
            b,
            rng_x=ecdf[0],
            rng_y=ecdf[1],
            n_resamples=n_resamples,
            confidence_level=level,
            max_steps=MAX_STEPS,
            n_comparisons=n_pairs,
        ),
        best=compare_expected_best(
            a,
            b,
            rng_x=best[0],
            rng_y=best[1],
            n_resamples=n_resamples,
            confidence_level=level,
            largest_is_best=question.better == "higher",
            n_comparisons=n_pairs,
        ),
    )
