"""Families of tests: p-values adjusted for how many there are."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analyze.question import Question
from analyze.stats.resampling import Floats
from analyze.stats.two_sample import MeanDifference, TwoSampleResult

METHODS = {"holm": "Holm", "bh": "Benjamini–Hochberg"}


def adjust(pvalues: npt.ArrayLike, method: str = "holm") -> Floats:
    """Adjust p-values by the method of Holm (1979) or of Benjamini & Hochberg (1995).

    Holm's keeps the chance of one false alarm or more in the family; that of Benjamini & Hochberg the
    expected share of false alarms among the alarms.

    Examples
    --------
    R: ``p.adjust(c(0.01, 0.04, 0.03), "holm")`` and ``p.adjust(c(0.01, 0.04, 0.03), "BH")``

    >>> adjust([0.01, 0.04, 0.03]).round(12).tolist()
    [0.03, 0.06, 0.06]
    >>> adjust([0.01, 0.04, 0.03], "bh").round(12).tolist()
    [0.03, 0.04, 0.04]
    """
    given = np.asarray(pvalues, dtype=np.float64)
    # statsmodels' multipletests has Python search for garbage at every call, for longer than all else here
    return _holm(given) if method == "holm" else np.asarray(stats.false_discovery_control(given, method="bh"))


def _holm(pvalues: Floats) -> Floats:
    ascending = np.argsort(pvalues, kind="stable")
    remaining = np.arange(len(pvalues), 0, -1)
    adjusted = np.empty_like(pvalues)
    adjusted[ascending] = np.minimum(np.maximum.accumulate(pvalues[ascending] * remaining), 1.0)
    return adjusted


def margin_tests(means: Sequence[MeanDifference], question: Question) -> list[float | None]:
    """Adjust the two one-sided tests of every pair over the pairs; None without a margin.

    Each pair's p-value is the larger of its two, so a pair is one test, and the pairs are the family.
    """
    if question.margin is None:
        return [None] * len(means)
    adjusted: list[float | None] = []
    adjusted += adjust([m.margin_pvalue(question.margin) for m in means], question.adjust).tolist()
    return adjusted


def adjusted_tests(results: Sequence[Sequence[TwoSampleResult]], question: Question) -> list[pd.DataFrame]:
    """Put the tests of every pair into a table, adjusted in two families.

    The primary test was named in advance: its family are the pairs. The family of the secondary tests
    are all tests of all pairs, so they take nothing from the primary ones.

    Returns
    -------
    list of DataFrame
        For each pair the fields of `TwoSampleResult` and ``pvalue_adjusted``, ``family``, ``primary``,
        ``rejected``.
    """
    rows = pd.DataFrame([asdict(r) | {"pair": i} for i, tests in enumerate(results) for r in tests])
    primary = rows["test"] == question.primary
    rows["pvalue_adjusted"] = adjust(rows["pvalue"].to_numpy(), question.adjust)
    rows.loc[primary, "pvalue_adjusted"] = adjust(rows.loc[primary, "pvalue"].to_numpy(), question.adjust)
    name = METHODS[question.adjust]
    rows["family"] = f"{name} over {len(rows)} tests of all pairs"
    rows.loc[primary, "family"] = f"{name} over {len(results)} pairs" if len(results) > 1 else "one test"
    rows["primary"] = primary
    rows["rejected"] = rows["pvalue_adjusted"] <= question.alpha
    return [part.drop(columns="pair").reset_index(drop=True) for _, part in rows.groupby("pair")]
