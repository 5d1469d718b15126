"""Groups with too few finished runs to be tested: listed and left out, so that the others go on."""

from dataclasses import dataclass

import pandas as pd

from analyze.question import Question

MIN_RUNS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LoneGroup:
    """A group with one finished run, or with none: then ``value`` is None."""

    group: str
    value: float | None
    n_failed: int


def leave_out(
    rows: pd.DataFrame, groups: tuple[str, ...], question: Question
) -> tuple[tuple[str, ...], tuple[LoneGroup, ...]]:
    """Take the groups out that have fewer than two finished runs, if two others and the baseline have them.

    Parameters
    ----------
    rows : DataFrame
        ``group``, ``value``, ``reason``, ``failed``; the finished runs of these groups get a reason.
    groups : tuple of str
        In order.
    question : Question
        Names the baseline.

    Returns
    -------
    tuple of str
        The groups that are left, all of them where the comparison could not go on without.
    tuple of LoneGroup
        Those that were taken out.
    """
    finished = rows[rows["reason"].isna()]
    counts = finished["group"].value_counts()
    lone = [g for g in groups if counts.get(g, 0) < MIN_RUNS]
    if not lone or len(groups) - len(lone) < 2 or question.baseline in lone:
        return groups, ()
    values = {g: part["value"].iloc[0] for g, part in finished.groupby("group", observed=True) if g in lone}
    n_failed = rows[rows["failed"]]["group"].value_counts()
    rows.loc[finished.index[finished["group"].isin(lone)], "reason"] = "the only run of its group"
    return tuple(g for g in groups if g not in lone), tuple(
        LoneGroup(group=g, value=float(values[g]) if g in values else None, n_failed=int(n_failed.get(g, 0)))
        for g in lone
    )
