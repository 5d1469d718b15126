"""Whether a difference of accuracy holds on new test examples, and how much of a spread is luck.

The statistics are `analyze.stats.crossed`; here they meet the groups, twins are matched, and words are found.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analyze import text as fmt
from analyze.answered import Scope, ScopeForm, ScopeInterval, Spread
from analyze.comparison.adjustment import METHODS, adjust
from analyze.question import Question
from analyze.results import Answered
from analyze.stats import crossed
from analyze.table.answers import Answers

Ints = npt.NDArray[np.int64]
Names = tuple[str, str]
# A sentence names so many groups, a table has so many rows.
MAX_NAMED, MAX_ROWS = 6, 24
_MAX_NAME = 48


def twins_of(answers: Answers, names: Names, *, pairable: bool) -> tuple[Ints, Ints] | None:
    """Return the rows of runs with equal units in two groups; None where most runs have no twin."""
    units = [answers.units[name] for name in names]
    if not pairable or units[0] is None or units[1] is None:
        return None
    at = {unit: row for row, unit in enumerate(units[1])}
    found = [(row, at[unit]) for row, unit in enumerate(units[0]) if unit in at]
    if len(found) < 2 or len(found) <= max(len(units[0]), len(units[1])) - len(found):
        return None
    rows = np.array(found, dtype=np.int64)
    return rows[:, 0], rows[:, 1]


def spreads(answers: Answers, question: Question) -> dict[str, Spread]:
    """Split the variance of each group's accuracies into what is real and these examples' luck."""
    return {
        group: Spread(
            **known(
                asdict(
                    crossed.run_spread(
                        codes == 0, confidence=question.confidence, example_groups=answers.groups
                    )
                )
            )
        )
        for group, codes in answers.codes.items()
    }


def scopes(
    answers: Answers, names: Sequence[Names], question: Question, *, pairable: bool
) -> dict[Names, Scope]:
    """Compare the accuracies of pairs of groups on these examples and on new ones.

    P-values are adjusted over the pairs, on these examples and on new ones each by themselves. Of twins the
    difference within them is the one that is reported.
    """
    found: dict[Names, tuple[crossed.Scope, crossed.Scope | None, int]] = {}
    right = {group: codes == 0 for group, codes in answers.codes.items()}
    for pair in names:
        a, b = (right[name] for name in pair)
        twins = twins_of(answers, pair, pairable=pairable)
        compared = partial(crossed.scope, confidence=question.confidence, example_groups=answers.groups)
        unpaired = compared(a, b, paired=False)
        within = None if twins is None else compared(a[twins[0]], b[twins[1]], paired=True)
        n_pairs = 0 if twins is None else len(twins[0])
        found[pair] = (unpaired, None, 0) if within is None else (within, unpaired, n_pairs)
    on_test = adjust([one.test.pvalue for one, _, _ in found.values()], question.adjust)
    on_new = adjust([one.new.pvalue for one, _, _ in found.values()], question.adjust)
    return {
        pair: replace(
            _scope(one, unpaired, (float(on_test[i]), float(on_new[i])), answers, pair, question),
            n_pairs=n_pairs or None,
        )
        for i, (pair, (one, unpaired, n_pairs)) in enumerate(found.items())
    }


def _scope(
    found: crossed.Scope,
    unpaired: crossed.Scope | None,
    adjusted: tuple[float, float],
    answers: Answers,
    names: Names,
    question: Question,
) -> Scope:
    test, new = (p <= question.alpha for p in adjusted)
    decides: Literal["both", "test set only", "neither"] = (
        "both" if test and new else "test set only" if test else "neither"
    )
    form = _form(found, adjusted)
    return Scope(
        **{name: getattr(form, name) for name in ScopeForm.__slots__},
        paired=found.paired,
        n_a=len(answers.codes[names[0]]),
        n_b=len(answers.codes[names[1]]),
        n_pairs=None,
        n_test=found.n_examples,
        image_groups=found.n_example_groups,
        decides=decides,
        unpaired=None if unpaired is None else _form(unpaired, None),
    )


def _form(found: crossed.Scope, adjusted: tuple[float, float] | None) -> ScopeForm:
    test, new = adjusted or (None, None)
    return ScopeForm(
        difference=found.difference,
        test=_interval(found.test, test),
        new=_interval(found.new, new),
        new_ungrouped=None if found.new_ungrouped is None else _interval(found.new_ungrouped, None),
        variance_images=found.variance_examples,
        variance_runs=found.variance_runs,
    )


def _interval(found: crossed.MeanInterval, adjusted: float | None) -> ScopeInterval:
    return ScopeInterval(**known(asdict(found)), pvalue_adjusted=adjusted)


def known(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Return numbers of which those that are undefined are None."""
    return {name: None if isinstance(x, float) and not math.isfinite(x) else x for name, x in numbers.items()}


def sentence(names: Names, scope: Scope, question: Question, example: str, *, n_pairs: int) -> str:
    """Say whether a difference of accuracy holds on new test examples."""
    n, new = fmt.count(scope.n_test), scope.new
    if new.low is None or new.high is None:
        return "Whether it holds on new examples cannot be told from one run."
    low, high = in_examples(new, scope.n_test)
    level = fmt.level(question.confidence)
    what = f"new {_kind(example, scope)}"
    if scope.decides == "both":
        d = scope.difference or 0.0
        many = fmt.fixed(abs(d) * scope.n_test, _decimals(scope))
        more = "more" if d > 0 else "fewer"
        return (
            f"On {what} of the same kind too: a run of {names[1]} gets {many} {more} of {n} right on average "
            f"({level} interval {low} to {high})."
        )
    if scope.decides == "test set only":
        sure = f"Certain on these {n} {example}s only: on {what} of the same kind the difference may be"
        if not new.apart:
            return f"{sure} anything from {low} to {high} of {n}."
        p = fmt.pvalue_phrase(new.pvalue_adjusted)
        return (
            f"{sure} none: its interval is {low} to {high} of {n}, and adjusted for {n_pairs} differences "
            f"({METHODS[question.adjust]}) {p}."
        )
    return f"A difference is shown neither on these {example}s nor on new ones ({low} to {high} of {n})."


def of_all(found: Mapping[Names, Scope], question: Question, example: str) -> str:
    """Say of several pairs how many differences hold on new test examples."""
    kept = [pair for pair, scope in found.items() if scope.decides == "both"]
    only = [pair for pair, scope in found.items() if scope.decides == "test set only"]
    if not kept and not only:
        return f"No difference of accuracy is shown on these {example}s, nor on new ones."
    n = len(kept) + len(only)
    certain = f"difference{'s' if n > 1 else ''} of accuracy that {'are' if n > 1 else 'is'} certain on these"
    count = f"{len(kept)} of the {n}" if only else "Both" if n == 2 else f"All {n}" if n > 1 else "The one"
    verb = "hold" if n > 1 else "holds" if kept else "is not shown"
    also = " too" if kept else ""
    if n == 1:
        count = "The one"
    head = f"{count} {certain} {example}s {verb} on new {example}s of the same kind{also}"
    if kept and only and len(only) <= MAX_NAMED:
        names = [_other(pair, question) for pair in only]
        return f"{head}; not shown on new ones: {fmt.listing(names)}."
    return f"{head}."


def _other(pair: Names, question: Question) -> str:
    return pair[1] if question.baseline is not None else f"{pair[0]} and {pair[1]}"


def limits(example: str, *, grouped: bool) -> str:
    """Say what new examples are, and what is not known of them."""
    independent = "" if grouped else f"; {example}s were taken as independent"
    return f"New {example}s: drawn like these, with the same training data{independent}."


def in_examples(interval: ScopeInterval, n: int) -> tuple[str, str]:
    """Return both ends of an interval as numbers of examples."""
    low, high = interval.low, interval.high
    if low is None or high is None:
        return fmt.MISSING, fmt.MISSING
    decimals = fmt.decimals_for((high - low) * n)
    return fmt.fixed(low * n, decimals, sign=True), fmt.fixed(high * n, decimals, sign=True)


def _decimals(scope: Scope) -> int | None:
    low, high = scope.new.low, scope.new.high
    return None if low is None or high is None else fmt.decimals_for((high - low) * scope.n_test)


def _kind(example: str, scope: Scope) -> str:
    return f"{example}s" if scope.image_groups is None else f"groups of {example}s"


def spread_sentence(group: str, spread: Spread, n: int, example: str) -> str:
    """Say how much of the spread between runs is real."""
    if spread.share_real is None:
        return f"All runs of {group} have the same accuracy."
    if not spread.share_real:
        return f"The runs of {group} spread no more than independent errors on these {example}s would."
    sd, low, high = (
        fmt.fixed(None if x is None else x * n, fmt.decimals_for((spread.sd_distribution or 0.0) * n))
        for x in (spread.sd_distribution, spread.sd_distribution_low, spread.sd_distribution_high)
    )
    tails = "; heavy tails, so the interval is too short" if spread.heavy_tails else ""
    return (
        f"Of the variance of accuracy between runs of {group}, {fmt.percent(spread.share_real)} is real "
        f"(sd {sd} [{low}, {high}] of {fmt.count(n)} on all {example}s that could be drawn{tails}), "
        f"the rest is these {example}s' luck."
    )


def intervals(
    scopes: Mapping[Names, Scope], question: Question, seen: Answered
) -> tuple[str, dict[str, bool], list[tuple[str, ...]]]:
    """Return a table of the intervals of each pair: caption, columns and whether they are numeric, rows."""
    n_pairs, example = len(scopes), seen.example
    first = next(iter(scopes.values()))
    grouped = first.image_groups is not None
    on_new = f"On new {example}s"
    columns = {"Pair (b − a)": False, "Difference": True, f"On these {example}s": True}
    columns |= {on_new: True, "In new groups": True} if grouped else {on_new: True}
    columns |= {"p": True} | ({"adjusted p": True} if n_pairs > 1 else {}) | {"Runs": False}
    rows = []
    for (a, b), one in list(scopes.items())[:MAX_ROWS]:
        alone = one.new_ungrouped or one.new
        rows.append(
            (
                f"{fmt.shorten(b, _MAX_NAME)} − {fmt.shorten(a, _MAX_NAME)}",
                fmt.fixed(_times(one.difference, one.n_test), _decimals(one), sign=True),
                " to ".join(in_examples(one.test, one.n_test)),
                " to ".join(in_examples(alone, one.n_test)),
                *([" to ".join(in_examples(one.new, one.n_test))] if grouped else []),
                fmt.pvalue(one.new.pvalue),
                *([fmt.pvalue(one.new.pvalue_adjusted)] if n_pairs > 1 else []),
                f"{fmt.count(one.n_pairs)} twins" if one.paired else f"{one.n_b} + {one.n_a}",
            )
        )
    groups = f"; {fmt.count(first.image_groups)} groups of {example}s were named" if grouped else ""
    left_out = f" The first {MAX_ROWS} of {n_pairs} pairs." if n_pairs > MAX_ROWS else ""
    caption = (
        f"Right answers of {fmt.count(first.n_test)}: mean difference with "
        f"{fmt.level(question.confidence)} intervals; "
        f"p is that of no difference on new ones{groups}.{left_out}"
    )
    return caption, columns, rows


def _times(share: float | None, n: int) -> float | None:
    return None if share is None else share * n
