"""The command to type next: the first of the likely questions that the table can answer."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from analyze import text as fmt
from analyze.direction import is_known, name_words
from analyze.errors import AnalyzeError
from analyze.question import make_question
from analyze.table import grouping, reshape
from analyze.table.inventory import Inventory, columns_of_role, is_setting
from analyze.table.names import CERTAIN_TASKS, plain_name
from analyze.table.runs import read_runs
from analyze.table.source import Source
from analyze.table.summaries import SummariesError

# More are not tried: each reads the table's roles anew.
_MAX_TRIED = 24
_SETTINGS = (
    "method", "algorithm", "algo", "model", "optimizer", "schedule", "strategy", "agent", "arm", "config",
    "variant", "recipe", "experiment", "condition", "setting", "framework", "system", "name", "group",
    "approach", "technique", "sampler", "policy", "loss", "architecture", "arch", "network", "encoder",
)  # fmt: skip

Options = Mapping[str, object]


def suggest(source: Source, found: Inventory, tables: Sequence[str]) -> tuple[str | None, str]:
    """Return the command that most likely asks what is wanted, and else why the likeliest cannot be asked.

    Every command was tried: typed, it gives a report.
    """
    first_error = ""
    for n, options in enumerate(_questions(source.frame, found)):
        if n == _MAX_TRIED:
            break
        try:
            read_runs(source, make_question(tables, **options))
        except SummariesError:
            return command(tables, options), first_error
        except AnalyzeError as error:
            first_error = first_error or f"{command((), options)}: {error.spelled(fmt.option)}"
        else:
            return command(tables, options), ""
    return None, first_error


def command(tables: Sequence[str], options: Options) -> str:
    """Write a question as what one types."""
    words = ["analyze compare", *map(fmt.typed, tables)] if tables else []
    return " ".join([*words, *(fmt.option(name, value) for name, value in options.items())])


def _questions(frame: pd.DataFrame, found: Inventory) -> Iterator[Options]:
    """Yield questions, the likeliest first."""
    yield from _summarised(frame, found)
    values = sorted(_values(frame, found), key=lambda one: _value_rank(str(one["value"])))
    groups = list(_groups(frame, found))
    for value in values[:2]:
        for by in groups[:3]:
            yield from _ways(frame, found, {**value, "by": by})
    if not groups:
        yield from _wide(found)


def _values(frame: pd.DataFrame, found: Inventory) -> Iterator[Options]:
    """Yield the columns of values, and the measures that a column names."""
    columns = columns_of_role(found, "value")
    for metric in columns_of_role(found, "measures"):
        for name in frame[metric].dropna().unique():
            try:
                if reshape.find_metric_column(frame, str(name)) is not None:
                    yield {"value": str(name)}
                    columns = [
                        c for c in columns if plain_name(c) not in ("value", "indicatorvalue", "score")
                    ]
            except AnalyzeError:
                continue
    yield from ({"value": column} for column in columns)


def _groups(frame: pd.DataFrame, found: Inventory) -> Iterator[str]:
    """Yield what could make groups, the likeliest first; also labels without the run's number."""
    columns = list(columns_of_role(found, "group", "task"))
    if found.unit is not None:  # what has one value a run is its name
        n_units = frame[found.unit].nunique()
        runs = frame.groupby(found.unit, observed=True)
        columns = [c for c in columns if frame[c].nunique() < n_units or runs[c].nunique().max() > 1]
    tasks = columns_of_role(found, "task")
    columns.sort(
        key=lambda c: (
            plain_name(c) in CERTAIN_TASKS,
            c in tasks,
            _group_rank(c),
            list(frame.columns).index(c),
        )
    )
    yield from columns
    for label in columns_of_role(found, "label"):
        pattern = grouping.numbered_labels(sorted(map(str, frame[label].dropna().unique())))
        yield f"{label}~{pattern}"


def _ways(frame: pd.DataFrame, found: Inventory, options: Options) -> Iterator[Options]:
    """Yield a question, then with one row a run, with tasks told apart, and with groups split further."""
    by = str(options["by"])
    tasks = [c for c in columns_of_role(found, "task") if c != by]
    others = [c for c in columns_of_role(found, "group") if c != by and not c.startswith(("file", "path."))]
    ways: list[Options] = [options]
    if found.step is not None:
        ways = [{**options, "at": "last"}, options]
        if found.unit is not None and by in frame.columns and not frame.duplicated([by, found.unit]).any():
            ways.reverse()
    for way in ways:
        yield way
        for task in [*tasks, ",".join(tasks)] if len(tasks) > 1 else tasks:
            yield {**way, "task": task}
        if by in frame.columns and "," not in by:
            yield from ({**way, "by": f"{by},{other}"} for other in others[:3] if "," not in other)


def _summarised(frame: pd.DataFrame, found: Inventory) -> Iterator[Options]:
    """Yield questions about means, of which every row is another group."""
    means = columns_of_role(found, "summary")
    names = [use.column for use in found.columns if use.role != "summary" and use.n_distinct > 1]
    texts = [name for name in names if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    for value in means[:1]:
        yield from ({"value": value, "by": text} for text in texts if frame[text].is_unique)
        yield {"value": value, "by": ",".join(names)}


def _wide(found: Inventory) -> Iterator[Options]:
    """Yield questions about columns that are groups: one measure of several, or columns without measures."""
    columns = columns_of_role(found, "value")
    by_measure: dict[str, list[str]] = {}
    for column in columns:
        by_measure.setdefault(column.rpartition(".")[2], []).append(column)
    yield from ({"wide": ",".join(same)} for same in by_measure.values() if len(same) > 1)
    unknown = [column for column in columns if not is_known(column)]
    if len(unknown) > 1:
        yield {"wide": ",".join(unknown)}


def _value_rank(column: str) -> tuple[bool, bool, int]:
    """Rank measures of tests first, then of validation; what was spent, or on training, comes last."""
    words = set(name_words(column))
    spent = bool(
        {
            "train",
            "training",
            "lr",
            "time",
            "duration",
            "runtime",
            "seconds",
            "sec",
            "min",
            "max",
            "grad",
            "norm",
        }
        & words
    )
    places = ({"test", "eval", "final"}, {"val", "valid", "validation", "dev"})
    place = next((i for i, names in enumerate(places) if names & words), len(places))
    return spent or is_setting(column), not is_known(column) and column != "value", place


def _group_rank(column: str) -> int:
    words = [plain_name(column), *reversed(name_words(column))]
    return min((_SETTINGS.index(word) for word in words if word in _SETTINGS), default=len(_SETTINGS))
