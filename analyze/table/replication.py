"""Rows that are no runs: one row is chosen of each run, or the analysis stops and asks."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.errors import UsageError, argument
from analyze.question import Question
from analyze.table import asking, grouping, steps, units
from analyze.table.roles import Roles


def one_row_a_run(
    frame: pd.DataFrame, rows: pd.DataFrame, question: Question, roles: Roles,
    reason: pd.Series, failed: pd.Series, remarks: list[str],
) -> tuple[pd.Series, pd.Series]:  # fmt: skip
    """Keep the row that ``--at`` chooses of each run, and tell how many it passed over."""
    assert question.at is not None
    if not roles.unit:
        raise UsageError(
            f"{argument('at', question.at)}: no column names a run; name one with {argument('unit')}, of "
            f"{grouping.listed(list(frame.columns))}"
        )
    if question.at in steps.AT:
        _check_steps(frame, rows, question, roles)
    chosen, why = steps.chosen_rows(frame, rows, question.at, step=roles.step, better=question.better)
    over = ~chosen & rows["group"].notna()
    rows["passed_over"] = over
    lost = (
        rows.loc[rows["group"].notna(), ["group", "unit"]]
        .drop_duplicates()
        .merge(rows.loc[chosen, ["group", "unit"]].drop_duplicates(), how="left", indicator=True)["_merge"]
        .eq("left_only")
        .sum()
    )
    if lost:
        remarks.append(
            f"{fmt.count(lost)} runs have no row that --at {question.at} could choose, and are not compared."
        )
    if question.at == "best":
        remarks.append(
            "The best row of a run is chosen by the value that is compared: it flatters runs with more rows."
        )
        last = steps.last_rows(frame[~rows["empty"]], rows[~rows["empty"]], step=roles.step)
        lost = rows.loc[last.unique(), "value"]
        n_lost = int((~np.isfinite(lost)).sum())
        if n_lost:
            remarks.append(
                f"{fmt.count(n_lost)} runs end without a number; --at best compares what they reached before."
            )
    elif question.at == "last" and roles.step is not None:
        ends = frame.loc[chosen, roles.step]
        if len(ends) and not ends.eq(ends.iloc[0]).all():
            remarks.append(f"The last {roles.step} is not the same in all runs: {steps.spread_of(ends)}.")
    return reason.mask(over, why), failed & ~over


def _check_steps(frame: pd.DataFrame, rows: pd.DataFrame, question: Question, roles: Roles) -> None:
    """Stop where what is to be one run has several rows at one step, or several tasks: it is several runs."""
    asked = ~rows["empty"]
    some, known = frame[asked], rows[asked]
    apart: tuple[str, ...] = ()
    if roles.step is not None:
        at_step = known.assign(
            unit=grouping.labels(pd.DataFrame({"unit": known["unit"], "step": some[roles.step]}))
        )
        repeats = units.find_repeats(some, at_step, taken=(question.value, roles.step, *roles.taken))
        apart = repeats.telling if repeats is not None else ()
    if not apart:
        run = known.assign(group=grouping.labels(known[["group", "unit"]]))
        mixed = units.mixed_tasks(some, run, taken=(question.value, *roles.taken), unit=())
        apart = (mixed.column,) if mixed is not None else ()
    if apart:
        raise asking.several_runs_error(apart, unit=roles.unit, at=str(question.at))


def check_units(
    frame: pd.DataFrame, rows: pd.DataFrame, question: Question, roles: Roles, outcome: Sequence[str]
) -> None:
    """Stop where rows are no runs: a run's name repeats, a column counts along the rows, tasks are mixed."""
    taken = (question.value, *roles.taken, *outcome)
    by = [part.text for part in roles.by]
    if roles.unit:
        repeats = units.find_repeats(frame, rows, taken=taken)
        asked = question.unit_given or roles.paired
        if repeats is not None and (asked or units.has_identity(frame, taken=taken) is None):
            raise asking.repeats_error(
                repeats, unit=question.unit or "", by=by, frame=frame, where=question.where
            )
    elif roles.step is not None and units.looks_like_steps(frame, rows, roles.step):
        sizes = rows["group"].value_counts()
        raise asking.steps_error(roles.step, group=str(sizes.index[0]), n=int(sizes.iloc[0]))
    mixed = units.mixed_tasks(frame, rows, taken=taken, unit=roles.unit)
    if mixed is not None:
        raise asking.tasks_error(mixed, frame=frame, by=by, where=question.where)
