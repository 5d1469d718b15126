"""Whether the verdict of a pair rests on a choice: the same runs, decided with one choice changed at a time.

The variants share the runs, so their number is no further evidence. They say which choice a verdict hangs on:
"equivalent" on the two one-sided tests, every other verdict on a test of a difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analyze import text as fmt
from analyze.comparison.adjustment import METHODS, adjust
from analyze.comparison.checks.outliers import without_common_outliers
from analyze.comparison.pair import PairComparison
from analyze.question import Question
from analyze.records import Verdict
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import Counts, stream
from analyze.stats.two_sample import TWO_SAMPLE_TESTS, compare_means
from analyze.stats.two_sample.means import few_values

LEVELS = (0.1, 0.05, 0.01, 0.001)
Pvalues = Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One pair decided with one choice changed.

    ``choice`` is the kind of choice, ``variant`` what was chosen instead. ``pvalue`` is adjusted over the
    pairs: that of the two one-sided tests where the verdict is ``equivalent`` and the test of a difference
    does not reject, else that of the test. ``holds`` says whether the verdict stays what it is.
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
    """One changed choice, with the p-values of every pair before any adjustment; None where there is none.

    ``margin_pvalues`` are those of the two one-sided tests.
    """

    choice: str
    variant: str
    pvalues: Pvalues
    margin_pvalues: Pvalues
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
    found = [
        {str(t): float(p) for t, p in pair.tests[["test", "pvalue"]].itertuples(index=False)}
        for pair in pairs
    ]
    primary = [tests[question.primary] for tests in found]
    margins = [_margin_pvalue(samples[p.group_a], samples[p.group_b], question) for p in pairs]
    asked = _Change(
        choice="",
        variant="",
        pvalues=primary,
        margin_pvalues=margins,
        method=question.adjust,
        alpha=question.alpha,
    )
    for test, label in _other_tests(pairs, question).items():
        kind = "matched pairs" if test in PAIRED_TESTS else "primary test"
        yield replace(asked, choice=kind, variant=label, pvalues=[tests.get(test) for tests in found])
    for level in LEVELS:
        if level != question.alpha:
            yield replace(asked, choice="level", variant=fmt.level(level), alpha=level)
    if len(pairs) > 1:
        for other in (None, *METHODS):
            if other != question.adjust:
                name = METHODS[other] if other else "no adjustment"
                yield replace(asked, choice="adjustment", variant=name, method=other)
    trimmed = [_trimmed(pair, samples, question) for pair in pairs]
    if any(t is not None for t in trimmed):
        yield replace(
            asked,
            choice="outliers",
            variant="left out, beyond 3 widths of the middle half of both groups",
            pvalues=[p if t is None else t[0] for t, p in zip(trimmed, primary, strict=True)],
            margin_pvalues=[m if t is None else t[1] for t, m in zip(trimmed, margins, strict=True)],
        )
    worst = [_worst(pair, question.primary) for pair in pairs]
    if any(p is not None for p in worst):
        shared = [p if w is None else w for w, p in zip(worst, primary, strict=True)]
        yield replace(asked, choice="failed runs", variant="ranked worst", pvalues=shared)


def _other_tests(pairs: Sequence[PairComparison], question: Question) -> dict[str, str]:
    """Return the labels of the tests, other than the primary one, that ask what it asks."""
    known = {**TWO_SAMPLE_TESTS, **PAIRED_TESTS}
    of_spreads = known[question.primary].of_spreads
    labels = dict(
        label for pair in pairs for label in zip(pair.tests["test"], pair.tests["label"], strict=True)
    )
    return {
        name: str(labels[name])
        for name, test in known.items()
        if name in labels and name != question.primary and test.of_spreads == of_spreads
    }


def _decided(change: _Change, pairs: Sequence[PairComparison]) -> Iterator[Variant]:
    pvalues = _adjusted(change.pvalues, change.method)
    margins = _adjusted(change.margin_pvalues, change.method)
    for pair, pvalue, margin in zip(pairs, pvalues, margins, strict=True):
        if pvalue is None:
            continue
        differs = pvalue <= change.alpha
        equivalent = margin is not None and margin <= change.alpha and not differs
        shown = margin if pair.verdict == "equivalent" and margin is not None and not differs else pvalue
        yield Variant(
            group_a=pair.group_a,
            group_b=pair.group_b,
            choice=change.choice,
            variant=change.variant,
            pvalue=shown,
            alpha=change.alpha,
            differs=differs,
            holds=_holds(pair.verdict, differs=differs, equivalent=equivalent),
        )


def _holds(verdict: Verdict, *, differs: bool, equivalent: bool) -> bool:
    if verdict == "differs":
        return differs
    if verdict == "equivalent":
        return equivalent
    return not differs and not (equivalent and verdict == "no difference shown")


def _adjusted(pvalues: Pvalues, method: str | None) -> list[float | None]:
    known = [p for p in pvalues if p is not None]
    adjusted = iter(known if method is None or not known else adjust(known, method).tolist())
    return [None if p is None else next(adjusted) for p in pvalues]


def _margin_pvalue(a: Counts, b: Counts, question: Question) -> float | None:
    return None if question.margin is None else compare_means(a, b).margin_pvalue(question.margin)


def _trimmed(
    pair: PairComparison, samples: Mapping[str, Counts], question: Question
) -> tuple[float, float | None] | None:
    """Return both p-values without outliers; None where there are none, or too little is left."""
    if question.primary not in TWO_SAMPLE_TESTS:
        return None
    names = pair.group_a, pair.group_b
    a, b = without_common_outliers(*(samples[name] for name in names))
    n_left_out = sum(samples[name].n for name in names) - a.n - b.n
    if not n_left_out or min(a.n, b.n) < 2 or len(few_values(a, b)) < 2:
        return None
    rng = stream(question.seed, question.primary, "without outliers", *sorted(names))
    test = TWO_SAMPLE_TESTS[question.primary]
    pvalue = float(test(a, b, rng=rng, n_resamples=question.resamples).pvalue)
    return pvalue, _margin_pvalue(a, b, question)


def _worst(pair: PairComparison, test: str) -> float | None:
    if pair.worst_ranked is None:
        return None
    return next((result.pvalue for result in pair.worst_ranked.tests if result.test == test), None)
