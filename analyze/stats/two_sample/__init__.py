"""Tests of two samples: how likely so large a difference is under each test's hypothesis.

To add a test, write a function ``(x, y, *, rng, n_resamples) -> TwoSampleResult`` in the module of its family
and add a line to `TWO_SAMPLE_TESTS`. Samples are arrays of shape ``(n_runs,)`` or tables of counts
(`analyze.stats.resampling.Counts`), finite, with at least two runs each; all tests work on the counts.
"""

from analyze.stats.method import Test
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
    "compare_means",
    "ks_minimum_pvalue",
    "welch",
]

TWO_SAMPLE_TESTS: dict[str, Test[TwoSampleResult]] = {
    "ks": Test(
        run=ks,
        formula="D = max over v of |F_b(v) − F_a(v)|",
        sources=("schroeer_trenkler_1995",),
    ),
    "mann_whitney": Test(
        run=mann_whitney,
        formula="U = #{y > x} + ½ #{y = x} over all pairs of a run of a and one of b",
        sources=("mann_whitney_1947",),
    ),
    "brunner_munzel": Test(
        run=brunner_munzel,
        formula="W = (p − ½) / se(p), with p = P(b > a) + ½ P(b = a) from mean ranks",
        sources=("brunner_munzel_2000",),
    ),
    "welch_t": Test(
        run=welch_t,
        formula="t = (m_b − m_a) / √(s²_a / n_a + s²_b / n_b), Satterthwaite's degrees of freedom",
        sources=("welch_1947",),
    ),
    "permutation_mean": Test(
        run=permutation_mean,
        formula="Δ = m_b − m_a; p = (1 + #{|Δ*| ≥ |Δ|}) / (1 + B) over B random splits",
        sources=("phipson_smyth_2010",),
    ),
    "anderson_darling": Test(
        run=anderson_darling,
        formula="A² = (N − 1) n_a n_b / N³ · Σ (F_a − F_b)² / (H (1 − H) − t / 4N) over the N pooled runs, "
        "H their F, t of them equal; tied runs count half in F and H",
        sources=("scholz_stephens_1987",),
    ),
    "cramer_von_mises": Test(
        run=cramer_von_mises,
        formula="T = n_a n_b / (n_a + n_b)² · Σ (F_a − F_b)² over the pooled runs",
        sources=("anderson_1962",),
    ),
    "brown_forsythe": Test(
        run=brown_forsythe,
        formula="F of an analysis of variance of |value − median of its group|",
        sources=("brown_forsythe_1974",),
        of_spreads=True,
    ),
}
