"""The answer in plain words: how large the difference is, and where in the distribution it lies."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from analyze import text as fmt
from analyze.stats.shift_function import MIN_RUNS, ShiftRow

if TYPE_CHECKING:
    from analyze.comparison.pair import PairComparison

# The verdict box speaks of so many pairs; the rest stands in the sections.
MAX_PAIRS = 3


def headlines(
    pairs: Sequence["PairComparison"], *, value: str, n_test: int | None, confidence: float
) -> tuple[str, ...]:
    """Say how large the difference of means is, with its interval: a sentence for each pair that matters.

    Parameters
    ----------
    pairs
        All pairs; of more than three, the differing one with the largest difference speaks for all.
    value : str
        What is compared.
    n_test : int or None
        Test examples behind an accuracy: the difference is then told in examples.
    """
    told = _told(pairs)
    if len(told) == len(pairs):
        unadjusted = len(pairs) > 1
        return tuple(
            _mean_sentence(p, value=value, n_test=n_test, confidence=confidence, unadjusted=unadjusted)
            for p in told
        )
    among = "the pairs that differ" if told[0].verdict == "differs" else f"all {len(pairs)} pairs"
    sentence = _mean_sentence(told[0], value=value, n_test=n_test, confidence=confidence, unadjusted=True)
    return (f"The largest difference of means among {among}: {sentence[0].lower()}{sentence[1:]}",)


def failures(groups: pd.DataFrame) -> tuple[str, ...]:
    """Say which groups have runs that failed; nothing where none has.

    Parameters
    ----------
    groups : DataFrame
        ``group``, ``n``, ``n_failed``.
    """
    failed = groups[groups["n_failed"] > 0].sort_values("n_failed", ascending=False, kind="stable")
    if failed.empty:
        return ()
    shown = failed.head(MAX_PAIRS)
    parts = [
        f"{fmt.count(n_failed)} of {fmt.count(n + n_failed)} runs of {group} failed "
        f"({fmt.percent(n_failed / (n + n_failed))})"
        for group, n, n_failed in shown[["group", "n", "n_failed"]].itertuples(index=False, name=None)
    ]
    rest = len(failed) - len(shown)
    if rest:
        parts.append(f"{rest} more {'group has' if rest == 1 else 'groups have'} failed runs")
    n_none = len(groups) - len(failed)
    none = f"; {'none' if n_none == 1 else 'no run'} of {'the other' if n_none == 1 else 'the others'}"
    return (f"{fmt.listing(parts)}{none if n_none else ''}.",)


def where(pairs: Sequence["PairComparison"]) -> str:
    """Say at which quantiles the pairs of `headlines` differ; empty where none of them differs."""
    told = [
        pair for pair in _told(pairs) if pair.verdict == "differs" and min(pair.n_a, pair.n_b) >= MIN_RUNS
    ]
    named = len(pairs) > 1
    return " ".join(
        f"{f'{p.group_b} − {p.group_a}: ' if named else ''}{_quantile_sentence(p.group_b, p.where.shift)}"
        for p in told
    )


def _told(pairs: Sequence["PairComparison"]) -> Sequence["PairComparison"]:
    if len(pairs) <= MAX_PAIRS:
        return pairs
    differing = [pair for pair in pairs if pair.verdict == "differs"] or list(pairs)
    return [max(differing, key=lambda pair: abs(_mean(pair)[0]))]


def _mean(pair: "PairComparison") -> tuple[float, float, float]:
    """Difference of means and its interval: within pairs where the runs are matched."""
    within = None if pair.matched is None else pair.matched.headline
    if within is not None:
        return within
    row = pair.effects[pair.effects["effect"] == "mean_difference"].iloc[0]
    return float(row["estimate"]), float(row["low"]), float(row["high"])


def _mean_sentence(
    pair: "PairComparison", *, value: str, n_test: int | None, confidence: float, unadjusted: bool
) -> str:
    scale = 1 if n_test is None else n_test
    estimate, low, high = (scale * x for x in _mean(pair))
    less, more = ("lower", "higher") if n_test is None else ("fewer", "more")
    size, *ends = fmt.with_ends(estimate, low, high)
    kind = f"{'unadjusted ' if unadjusted else ''}{fmt.level(confidence)} interval"
    interval = f"{kind} {_range((low, high), ends, (less, more))}"
    word = less if estimate < 0 else more
    if n_test is None:
        told = f"{value} is {_unsigned(size)} {word} in {pair.group_b} than in {pair.group_a}"
        none = f"{value} is equal in {pair.group_b} and {pair.group_a}, in these runs"
    else:
        right = f"of {fmt.count(n_test)} test examples right"
        told = f"a run of {pair.group_b} gets {_unsigned(size)} {word} {right} than one of {pair.group_a}"
        none = f"runs of {pair.group_b} and {pair.group_a} get equally many {right}, in these runs"
    said = none if size == "0" else told
    return f"On average {said} ({interval}{_pairs_clause(pair)})."


def _pairs_clause(pair: "PairComparison") -> str:
    matched = pair.matched
    if matched is None or matched.headline is None:
        return ""
    left = matched.n_unmatched_a + matched.n_unmatched_b
    alone = f"; {fmt.plural(left, 'run')} without a partner left out" if left else ""
    return f", within {fmt.count(matched.n_pairs)} matched pairs{alone}"


def _range(ends: tuple[float, float], texts: Sequence[str], words: tuple[str, str]) -> str:
    """Name both ends with their direction, the nearer to zero first where both point the same way."""
    (low, high), (low_text, high_text) = ends, map(_unsigned, texts)
    less, more = words
    if low < 0 < high:
        return f"{low_text} {less} to {high_text} {more}"
    if high <= 0 and low < 0:
        return f"{high_text} to {low_text} {less}"
    return f"{low_text} to {high_text}{f' {more}' if high > 0 else ''}"


def _unsigned(text: str) -> str:
    return text.removeprefix("−")


def _quantile_sentence(group: str, rows: Sequence[ShiftRow]) -> str:
    """Sum up the shift function: at which quantiles its simultaneous band excludes zero."""
    apart = [row for row in rows if row.excludes_zero]
    band = f"the simultaneous {fmt.level(rows[0].confidence_level)} band"
    if not apart:
        return f"{band[0].upper()}{band[1:]} of the quantile differences excludes 0 at no quantile shown."
    parts = []
    for word, part in (
        ("lower", [row.level for row in apart if row.difference < 0]),
        ("higher", [row.level for row in apart if row.difference > 0]),
    ):
        if part:
            shown = (
                f"all {len(rows)} quantiles"
                if len(part) == len(rows) > 1
                else f"the {_levels(part)} quantile"
            )
            parts.append(f"{word} at {shown}{'s' if not shown.startswith('all') and len(part) > 1 else ''}")
    return f"{group} lies {fmt.listing(parts)} ({band} excludes 0 there)."


def _levels(levels: Sequence[float]) -> str:
    return f"{fmt.listing([fmt.level(level, unit='') for level in levels])} %"
