"""Results read from a file, which anybody may have changed: refused by one line where they make no sense.

Types are right by then (`analyze.codec`). Here is what the sections, figures and tables rely on besides.
"""

import dataclasses
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from analyze import text as fmt
from analyze.errors import AnalyzeError, DataError
from analyze.figures.catalogue import FIGURES
from analyze.question import make_question, options
from analyze.records import Pair
from analyze.results import FigureEntry, Results

# Of groups and pairs; a report that `analyze compare` wrote has fewer.
MAX_PAIRS = 10_000


def check(results: Results) -> None:
    """Refuse results whose parts do not fit together.

    Raises
    ------
    DataError
        With the first part that does not.
    """
    _check_question(results)
    _check_counts(results, "results")
    groups = [row.group for row in results.groups]
    if len(groups) < 2 or len(set(groups)) < len(groups) or not all(groups):
        raise DataError(f"groups is {fmt.count(len(groups))} names, not two or more different ones")
    pairs = [pair.groups for pair in results.comparisons]
    if not 0 < len(set(pairs)) == len(pairs) <= MAX_PAIRS:
        raise DataError(f"comparisons is {fmt.count(len(pairs))} pairs, not different ones of the groups")
    for place, pair in enumerate(results.comparisons):
        _check_pair(pair, groups, f"comparisons[{place}]")
    for entry in results.figures:
        _check_figure(entry)
    if len({entry.figure for entry in results.figures}) < len(results.figures):
        raise DataError("figures has one figure more than once")
    try:
        datetime.fromisoformat(results.provenance.created_at).timestamp()
    except (ValueError, OverflowError) as error:
        raise DataError("provenance.created_at is no time, such as 2026-01-31T12:00:00+00:00") from error


@contextmanager
def rendering(shown: str) -> Iterator[None]:
    """Turn what a renderer stumbles over into one line: of the right types, results may yet make no sense.

    Parameters
    ----------
    shown : str
        Where the results were read from.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except AnalyzeError:
        raise
    except Exception as error:  # plotnine's, typst's and matplotlib's are of no common kind
        reason = fmt.shorten(" ".join(str(error).split()), 100)
        raise DataError(
            f"{shown!r} holds results that do not fit together ({type(error).__name__}: {reason}); "
            "make it again with analyze compare"
        ) from error


def _check_question(results: Results) -> None:
    """Ask the question again: what was allowed then is allowed now."""
    question = results.question
    asked = {name: getattr(question, name) for name in options("compare")}
    try:
        make_question(**asked | {"paired": None, "unit": None})
    except AnalyzeError as error:
        raise DataError(f"question: {error}") from error


def _check_counts(record: Any, name: str) -> None:
    """Refuse numbers of runs below none, wherever they stand."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, int) and (field.name == "n" or field.name.startswith("n_")) and value < 0:
            raise DataError(f"{name}.{field.name} is {value}, not 0 or more")
        if field.name == "confidence_level" and not 0 < value < 1:
            raise DataError(f"{name}.{field.name} is {value}, not between 0 and 1")
        for part in value if isinstance(value, tuple) else (value,):
            if dataclasses.is_dataclass(part):
                _check_counts(part, field.name)


def _check_pair(pair: Pair, groups: Sequence[str], name: str) -> None:
    if not {*pair.groups} <= {*groups} or pair.group_a == pair.group_b:
        raise DataError(f"{name} is of {pair.group_a!r} and {pair.group_b!r}, not of two of the groups")
    if sum(test.primary for test in pair.tests) != 1:
        raise DataError(f"{name}.tests has not one primary test")
    _check_distinct((test.test for test in pair.tests), f"{name}.tests")
    _check_distinct((effect.effect for effect in pair.effects), f"{name}.effects")
    if not any(effect.effect == "mean_difference" for effect in pair.effects):
        raise DataError(f"{name}.effects has no mean_difference")
    if pair.where is None:
        return
    ecdf = pair.where.ecdf
    if len({*map(len, (ecdf.x, ecdf.difference, ecdf.low, ecdf.high))}) > 1:
        raise DataError(f"{name}.where.ecdf has columns of unequal lengths")
    best = pair.where.best
    a, b, both = ({row.n for row in rows} for rows in (best.best_a, best.best_b, best.difference))
    if not both or not both <= a & b:  # the larger group reaches further
        raise DataError(f"{name}.where.best has differences for numbers of runs that no group has")


def _check_distinct(names: Iterable[str], name: str) -> None:
    found = list(names)
    if len(set(found)) < len(found):
        raise DataError(f"{name} has one name more than once")


def _check_figure(entry: FigureEntry) -> None:
    """Refuse names that are not in the catalogue, which files are called after, and ragged tables."""
    if entry.figure not in FIGURES:
        raise DataError(f"it has a figure {entry.figure!r}, which this version does not know")
    for name, columns in entry.tables.items():
        if name not in FIGURES[entry.figure].tables:
            table = f"a figure {entry.figure!r} with a table {name!r}"
            raise DataError(f"it has {table}, which this version does not know")
        if len({*map(len, columns.values())}) > 1:
            raise DataError(f"the figure {entry.figure!r} has a table {name!r} of unequal columns")
