"""Whether the verdict of a pair rests on a choice: the same runs, decided with one choice changed at a time.

The variants share the runs, so their number is no further evidence. They say which choice a verdict hangs on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.comparison.adjustment import METHODS, adjust
from analyze.comparison.checks.outliers import without_outliers
from analyze.comparison.pair import PairComparison
from analyze.question import Question
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import Counts, stream
from analyze.stats.two_sample import TWO_SAMPLE_TESTS

LEVELS = (0.1, 0.05, 0.01, 0.001)
Pvalues = Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One pair decided with one choice changed.

    ``choice`` is the kind of choice, ``variant`` what was chosen instead; ``pvalue`` is adjusted over the
    pairs. ``holds`` says whether ``differs`` is what the verdict says.
    """

    group_a: str
    group_b: str
    choice: str
    variant: str
    pvalue: float
    alpha: float
    differs: bool
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One changed choice, with the p-value of every pair before any adjustment; None where there is none."""

    choice: str
    variant: str
    pvalues: Pvalues
    method: str | None
    alpha: float


def sensitivity(
    pairs: Sequence[PairComparison], samples: Mapping[str, Counts], question: Question
) -> pd.DataFrame:
    """Decide every pair again with another test, level, adjustment, or treatment of outliers and failures.

    Returns
    -------
    DataFrame
        The fields of `Variant`, pair by pair.
    """
    rows = [variant for change in _changes(pairs, samples, question) for variant in _decided(change, pairs)]
    order = {(pair.group_a, pair.group_b): i for i, pair in enumerate(pairs)}
    rows.sort(key=lambda row: order[row.group_a, row.group_b])
    return pd.DataFrame(rows, columns=list(Variant.__slots__))


def _changes(
    pairs: Sequence[PairComparison], samples: Mapping[str, Counts], question: Question
) -> Iterator[_Change]:
    method, alpha = question.adjust, question.alpha
    for test in [*TWO_SAMPLE_TESTS, *PAIRED_TESTS]:
        found = [_row(pair, test) for pair in pairs]
        label = next((row["label"] for row in found if row is not None), None)
        if test != question.primary and label is not None:
            kind = "matched pairs" if test in PAIRED_TESTS else "primary test"
            pvalues = [None if row is None else float(row["pvalue"]) for row in found]
            yield _Change(choice=kind, variant=str(label), pvalues=pvalues, method=method, alpha=alpha)
    primary = [_pvalue(pair, question.primary) for pair in pairs]
    for level in LEVELS:
        if level != alpha:
            yield _Change(
                choice="level", variant=fmt.level(level), pvalues=primary, method=method, alpha=level
            )
    if len(pairs) > 1:
        for other in (None, *METHODS):
            if other != method:
                name = METHODS[other] if other else "no adjustment"
                yield _Change(choice="adjustment", variant=name, pvalues=primary, method=other, alpha=alpha)
    trimmed = [_trimmed(pair, samples, question) for pair in pairs]
    if any(p is not None for p in trimmed):
        shared = [p if t is None else t for t, p in zip(trimmed, primary, strict=True)]
        yield _Change(
            choice="outliers",
            variant="left out, beyond 3 widths of the middle half",
            pvalues=shared,
            method=method,
            alpha=alpha,
        )
    worst = [_worst(pair, question.primary) for pair in pairs]
    if any(p is not None for p in worst):
        shared = [p if w is None else w for w, p in zip(worst, primary, strict=True)]
        yield _Change(
            choice="failed runs", variant="ranked worst", pvalues=shared, method=method, alpha=alpha
        )


def _decided(change: _Change, pairs: Sequence[PairComparison]) -> Iterator[Variant]:
    known = [(pair, p) for pair, p in zip(pairs, change.pvalues, strict=True) if p is not None]
    raw = [p for _, p in known]
    adjusted = raw if change.method is None else adjust(raw, change.method).tolist()
    for (pair, _), pvalue in zip(known, adjusted, strict=True):
        differs = pvalue <= change.alpha
        yield Variant(
            group_a=pair.group_a,
            group_b=pair.group_b,
            choice=change.choice,
            variant=change.variant,
            pvalue=pvalue,
            alpha=change.alpha,
            differs=differs,
            holds=differs == (pair.verdict == "differs"),
        )


def _row(pair: PairComparison, test: str) -> "pd.Series | None":
    rows = pair.tests[pair.tests["test"] == test]
    return None if rows.empty else rows.iloc[0]


def _pvalue(pair: PairComparison, test: str) -> float:
    row = _row(pair, test)
    assert row is not None
    return float(row["pvalue"])


def _trimmed(pair: PairComparison, samples: Mapping[str, Counts], question: Question) -> float | None:
    """Return p of the primary test without outliers; None where there are none, or too little is left."""
    if question.primary not in TWO_SAMPLE_TESTS:
        return None
    names = pair.group_a, pair.group_b
    a, b = (without_outliers(samples[name]) for name in names)
    n_left_out = sum(samples[name].n for name in names) - a.n - b.n
    if not n_left_out or len(np.union1d(a.values, b.values)) < 2:
        return None
    rng = stream(question.seed, question.primary, "without outliers", *sorted(names))
    test = TWO_SAMPLE_TESTS[question.primary]
    return float(test(a, b, rng=rng, n_resamples=question.resamples).pvalue)


def _worst(pair: PairComparison, test: str) -> float | None:
    if pair.worst_ranked is None:
        return None
    return next((result.pvalue for result in pair.worst_ranked.tests if result.test == test), None)
