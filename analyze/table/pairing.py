"""Whether equal units are matched pairs, and the primary test that this design asks for."""

from dataclasses import replace
from itertools import combinations

import pandas as pd

from analyze.errors import DataError, argument
from analyze.question import Question
from analyze.table.roles import Roles

# The test of groups over tasks
OVER_TASKS = "van_elteren"


def has_tasks(runs: pd.DataFrame) -> bool:
    """Whether runs are compared within tasks: these were named, and some group has several runs of one."""
    return "task" in runs and bool(runs.duplicated(["group", "task"]).any())


def is_pairable(runs: pd.DataFrame, frame: pd.DataFrame, question: Question, roles: Roles) -> bool:
    """Whether equal units are pairs: declared by the question, or by design in tables of our own.

    Several runs of a task are no pairs with those of another group: they are compared within the task.
    """
    if has_tasks(runs):
        return False
    unique = runs["unit"].notna().all() and not runs.duplicated(["group", "unit"]).any()
    if roles.paired:
        if not unique:
            raise DataError(
                f"{argument('paired', question.paired)}: {_why_not_unique(runs, str(question.paired))}; "
                f"choose columns that name each run of a group once, or filter with {argument('where')}"
            )
        return True
    imported = (
        "env_hash" in frame.columns and "tensorflow" in frame.columns and frame["tensorflow"].isna().any()
    )
    return bool(roles.ours and roles.unit == ("seed",) and unique and not imported)


def with_primary(
    question: Question, runs: pd.DataFrame, groups: tuple[str, ...], *, pairable: bool
) -> Question:
    """Let the design choose the primary test: of pairs, where most runs have one and it can decide."""
    if has_tasks(runs) and not question.primary_given:
        return replace(question, primary=OVER_TASKS)
    if question.primary_given or not pairable or len(groups) < 2:
        return question
    units = {group: set(part) for group, part in runs.groupby("group", observed=True)["unit"]}
    others = groups[1:] if question.baseline is not None else groups
    pairs = [(groups[0], g) for g in others] if question.baseline is not None else combinations(groups, 2)
    matched = list(pairs)
    for a, b in matched:
        n_pairs = len(units[a] & units[b])
        unmatched = max(len(units[a]), len(units[b])) - n_pairs
        # All differences of one sign are the smallest p that so many pairs can have
        if n_pairs <= unmatched or 2.0 ** (1 - n_pairs) * len(matched) > question.alpha:
            return question
    return replace(question, primary="paired_permutation")


def _why_not_unique(runs: pd.DataFrame, column: str) -> str:
    if runs["unit"].isna().any():
        return f"{int(runs['unit'].isna().sum())} runs have no {column}"
    first = runs[runs.duplicated(["group", "unit"])].iloc[0]
    return f"{column} {first['unit']} is there more than once in the group {first['group']!r}"
