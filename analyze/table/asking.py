"""What is asked where rows may be no runs: one line that says what was seen, and every way to answer it."""

from collections.abc import Sequence

import pandas as pd

from analyze import text as fmt
from analyze.errors import DataError, argument
from analyze.table import filters, units
from analyze.table.names import METRIC_NAMES, TASK_NAMES, plain_name, shown_value
from analyze.table.units import MixedTasks, Repeats

_INSIST = f"if every row is a run, insist with {argument('rows_are_runs', value=True)}"
_LAST, _BEST, _FIRST = (argument("at", row) for row in ("last", "best", "first"))


def repeats_error(
    found: Repeats, *, unit: str, by: Sequence[str], frame: pd.DataFrame, where: str | None
) -> DataError:
    """Return the question that a run's name in several rows raises."""
    saw = f"{unit} {found.unit} occurs {fmt.count(found.n)} times in {found.group}"
    if not found.telling:
        return DataError(
            f"{saw}, and no column tells the rows apart: are rows there twice? Remove them, choose one row a "
            f"run with {_LAST}, {_BEST} or {_FIRST}, or name another column with "
            f"{argument('unit')}; {_INSIST}"
        )
    tells = "tells" if len(found.telling) == 1 else "together tell"
    seen = f"{saw}; {' and '.join(f'`{column}`' for column in found.telling)} {tells} the rows apart"
    named = [column for column in found.telling if plain_name(column) in (*METRIC_NAMES, *TASK_NAMES)]
    step = next((c for c in found.telling if c not in named and units.counts_up(frame[c])), None)
    if step is not None:
        return DataError(f"{seen}: {_about_steps(found, step, unit, frame)}; {_INSIST}")
    measures = [c for c in found.telling if plain_name(c) in METRIC_NAMES]
    tasks = [c for c in found.telling if plain_name(c) in TASK_NAMES]
    first = (*measures, *tasks, *found.telling)[0]
    one = f"choose one with {argument('where', _equals(first, frame, where))}"
    if plain_name(first) in METRIC_NAMES:
        way = f"one row a {first}? Choose one with {_measure(first)}"
    elif plain_name(first) in TASK_NAMES:
        way = (
            f"several values of {first} are no repetitions. Compare on equal ones with "
            f"{argument('task', ','.join(found.telling))}, or {one}"
        )
    else:
        apart = ",".join((*by, *found.telling))
        way = f"several settings in one group? Separate them with {argument('by', apart)}, or {one}"
    return DataError(f"{seen}: {way}; {_INSIST}")


def _about_steps(found: Repeats, step: str, unit: str, frame: pd.DataFrame) -> str:
    others = [column for column in found.telling if column != step]
    more = ""
    if others:
        pairs = ",".join((*others, unit))
        more = f" And {others[0]} tells runs apart: name both with {argument('unit', pairs)}."
    end = argument("at", f"{step}={shown_value(frame[step].dropna().max())}")
    return (
        f"one row {_with_article(step)}?{more} Choose one row a run with {_LAST}, {_BEST}, {_FIRST} or {end}"
    )


def several_runs_error(apart: Sequence[str], *, unit: Sequence[str], at: str) -> DataError:
    """Return the question that ``--at`` raises where it would drop whole runs."""
    names = " and ".join(f"`{column}`" for column in apart)
    pair = argument("unit", ",".join((*apart, *unit)))
    tell = "tells" if len(apart) == 1 else "tell"
    return DataError(
        f"{argument('at', at)} would choose one row of several runs: {', '.join(unit)} names them "
        f"together, and {names} {tell} them apart; name a run with {pair}, compare on equal "
        f"ones with {argument('task', ','.join(apart))}, or choose some with {argument('where')}"
    )


def steps_error(step: str, *, group: str, n: int) -> DataError:
    """Return the question that rows without named runs raise where a column counts along them."""
    return DataError(
        f"`{step}` counts up through the {fmt.count(n)} rows of {group}, and no column names a run: one row "
        f"{_with_article(step)}? Name the runs with {argument('unit', like='COLUMN')} and choose "
        f"one row a run with {_LAST}, {_BEST} or {_FIRST}; {_INSIST}"
    )


def tasks_error(found: MixedTasks, *, frame: pd.DataFrame, by: Sequence[str], where: str | None) -> DataError:
    """Return the question that several tasks in one group raise."""
    column = found.column
    saw = (
        f"{column} has {fmt.count(found.n_values)} values in {found.group}, "
        "and different ones are no repetitions"
    )
    one = f"choose one with {argument('where', _equals(column, frame, where))}"
    apart = f"make groups of them with {argument('by', ','.join((*by, column)))}"
    if plain_name(column) in METRIC_NAMES:
        first = f"choose one with {_measure(column)}"
    else:
        first = f"compare on equal ones with {argument('task', column)}"
    return DataError(f"{saw}: {first}, {one}, or {apart}; {_INSIST}")


def _measure(column: str) -> str:
    return f"{argument('metric_column', column)} {argument('value', like='NAME')}"


def _equals(column: str, frame: pd.DataFrame, where: str | None) -> str:
    value = frame[column].dropna().iloc[0]
    literal = repr(value.item() if hasattr(value, "item") else value)
    condition = f"{filters.quoted(column)} == {literal}"
    return f"({where}) and {condition}" if where else condition


def _with_article(name: str) -> str:
    return f"{'an' if plain_name(name)[:1] in 'aeiou' else 'a'} {name.strip('_')}"
