"""Tests of two samples: how likely so large a difference is under each test's hypothesis.

To add a test, write a function ``(x, y, *, rng, n_resamples) -> TwoSampleResult`` in the module of its family
and add a line to `TWO_SAMPLE_TESTS`. Samples are arrays of shape ``(n_runs,)`` or tables of counts
(`analyze.stats.resampling.Counts`), finite, with at least two runs each; all tests work on the counts.
"""

from collections.abc import Callable

from analyze.stats.two_sample.distribution_tests import (
    anderson_darling,
    cramer_von_mises,
    ks,
    ks_minimum_pvalue,
)
from analyze.stats.two_sample.mean_tests import brown_forsythe, permutation_mean, welch_t
from analyze.stats.two_sample.means import MeanDifference, compare_means
from analyze.stats.two_sample.moments import welch
from analyze.stats.two_sample.rank_tests import brunner_munzel, mann_whitney
from analyze.stats.two_sample.result import TwoSampleResult

__all__ = [
    "TWO_SAMPLE_TESTS",
    "MeanDifference",
    "TwoSampleResult",
    "TwoSampleTest",
    "compare_means",
    "ks_minimum_pvalue",
    "welch",
]

TwoSampleTest = Callable[..., TwoSampleResult]

TWO_SAMPLE_TESTS: dict[str, TwoSampleTest] = {
    "ks": ks,
    "mann_whitney": mann_whitney,
    "brunner_munzel": brunner_munzel,
    "welch_t": welch_t,
    "permutation_mean": permutation_mean,
    "anderson_darling": anderson_darling,
    "cramer_von_mises": cramer_von_mises,
    "brown_forsythe": brown_forsythe,
}
