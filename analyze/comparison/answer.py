"""What stands below the headline: how many runs failed, and where in the distribution a difference lies."""

from collections.abc import Sequence

import pandas as pd

from analyze import text as fmt
from analyze.comparison.headline import mean_difference
from analyze.comparison.pair import PairComparison
from analyze.stats.shift_function import MIN_RUNS, ShiftRow

# The verdict box speaks of so many pairs; the rest stands in the sections.
MAX_PAIRS = 3


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


def where(pairs: Sequence[PairComparison]) -> str:
    """Say at which quantiles the pairs differ that matter most; empty where none of them differs."""
    told = [
        pair for pair in _told(pairs) if pair.verdict == "differs" and min(pair.n_a, pair.n_b) >= MIN_RUNS
    ]
    named = len(pairs) > 1
    return " ".join(
        f"{f'{p.group_b} − {p.group_a}: ' if named else ''}{_quantile_sentence(p.group_b, p.places.shift)}"
        for p in told
        if any(row.excludes_zero for row in p.places.shift)
    )


def _told(pairs: Sequence[PairComparison]) -> Sequence[PairComparison]:
    if len(pairs) <= MAX_PAIRS:
        return pairs
    differing = [pair for pair in pairs if pair.verdict == "differs"] or list(pairs)
    return [max(differing, key=lambda pair: abs(mean_difference(pair)[0]))]


def _quantile_sentence(group: str, rows: Sequence[ShiftRow]) -> str:
    """Sum up the shift function: at which quantiles its simultaneous band excludes zero."""
    apart = [row for row in rows if row.excludes_zero]
    band = f"the simultaneous {fmt.level(rows[0].confidence_level)} band"
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
    return f"{fmt.sentence_start(group)} lies {fmt.listing(parts)} ({band} excludes 0 there)."


def _levels(levels: Sequence[float]) -> str:
    return f"{fmt.listing([fmt.level(level, unit='') for level in levels])} %"
