"""Values of different tasks on one scale: scores, of which more is better."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from analyze import text as fmt
from analyze.errors import DataError, UsageError, argument
from analyze.stats.resampling import Floats
from analyze.table.runs import RunTable

MODES = ("none", "baseline", "minmax", "ranks")


def scores_of(table: RunTable) -> tuple[str, Floats]:
    """Return the scale that was asked for, or found, and the score of each run.

    Without a word, values between 0 and 1 stay what they are, and others are scaled in each task to the range
    of all its runs.

    Raises
    ------
    UsageError, DataError
        The scale needs what is not there: a baseline, positive means, a file, a row for each task.
    """
    runs, question = table.runs, table.question
    values = runs["value"].to_numpy(dtype=np.float64)
    how = question.normalise
    if how is None:
        how = "none" if values.min() >= 0 and values.max() <= 1 else "minmax"
    if how == "none":
        return how, values
    lower = question.better == "lower"
    by_task = runs["value"].groupby(runs["task"], observed=True)
    if how == "minmax":
        low, high = (by_task.transform(end).to_numpy(dtype=np.float64) for end in ("min", "max"))
        return how, _between(values, *((high, low) if lower else (low, high)))
    if how == "ranks":
        ranked = by_task.transform(lambda x: stats.rankdata(-x if lower else x) - 0.5)
        return how, (ranked / by_task.transform("size")).to_numpy(dtype=np.float64)
    if how == "baseline":
        return how, _of_baseline(table, values, lower=lower)
    return how, _of_file(table, values, Path(how))


def _between(values: Floats, worst: Floats, best: Floats) -> Floats:
    """Put the worst at 0 and the best at 1; where they are equal all runs are in the middle."""
    span = best - worst
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(span == 0, 0.5, (values - worst) / span)


def _of_baseline(table: RunTable, values: Floats, *, lower: bool) -> Floats:
    """Divide by the baseline's mean in each task, or that by the value where lower is better."""
    question, runs = table.question, table.runs
    asked = argument("normalise", "baseline")
    if question.baseline is None:
        raise UsageError(
            f"{asked} needs to know which group that is: name it by {argument('baseline', like='GROUP')}"
        )
    means = runs[runs["group"] == question.baseline].groupby("task", observed=True)["value"].mean()
    without = sorted(set(runs["task"]) - set(means.index))
    if without:
        raise DataError(
            f"{asked}: {question.baseline} has no run of {fmt.listing(without[:3])}"
            f"{' and others' if len(without) > 3 else ''}; choose tasks with {argument('where', like='EXPR')}"
        )
    if not (means > 0).all() or (lower and values.min() <= 0):
        raise DataError(
            f"{asked} divides by means, and not all are above 0; use {argument('normalise', 'minmax')} or "
            f"{argument('normalise', 'ranks')}"
        )
    of_runs = means.reindex(runs["task"]).to_numpy(dtype=np.float64)
    return of_runs / values if lower else values / of_runs


def _of_file(table: RunTable, values: Floats, path: Path) -> Floats:
    """Scale each task so that the first number of its row is 0 and the second 1."""
    asked, name = argument("normalise", str(path)), ", ".join(table.question.task)
    try:
        found = pd.read_csv(path, dtype={0: "str"})
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"{asked}: not one of {', '.join(MODES)}, and no table that can be read "
            f"({fmt.shorten(reason, 100)})"
        ) from error
    numbers = found.iloc[:, 1:].apply(pd.to_numeric, errors="coerce")
    if found.shape[1] < 3 or found.iloc[:, 0].duplicated().any():
        raise DataError(
            f"{asked} needs a row a {name} and three columns: {name}, the value that counts 0, the value "
            "that counts 1"
        )
    scale = numbers.iloc[:, :2].set_axis(["zero", "one"], axis=1).set_index(found.iloc[:, 0].astype("str"))
    of_runs = scale.reindex(table.runs["task"].astype("str"))
    bad = of_runs.isna().any(axis=1) | (of_runs["zero"] == of_runs["one"])
    if bad.any():
        without = sorted(set(of_runs.index[bad.to_numpy()]))
        raise DataError(
            f"{asked} has no two different numbers for {fmt.listing(without[:3])}"
            f"{f' and {fmt.count(len(without) - 3)} more' if len(without) > 3 else ''}"
        )
    zero, one = (of_runs[end].to_numpy(dtype=np.float64) for end in ("zero", "one"))
    return np.asarray((values - zero) / (one - zero))
