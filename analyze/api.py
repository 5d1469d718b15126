"""The door: a table in, a `Report` out. The command line goes through it too.

Arguments beside the table are declared in `analyze.question`, as the command line's options are.
"""

import inspect
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar, get_args, get_type_hints

import pandas as pd

from analyze import output, publish
from analyze.comparison.calibration import N_DRAWS
from analyze.comparison.compare import check_primary, pairs_of
from analyze.comparison.compare import compare as compare_groups
from analyze.comparison.groups import summarise
from analyze.comparison.planning import Plan, plan_runs
from analyze.comparison.seen import Seen, see
from analyze.errors import DataError, UsageError, argument
from analyze.figures.catalogue import FIGURES
from analyze.figures.figure import Plot
from analyze.progress import Progress
from analyze.question import DEFAULT_TABLE, Goal, Question, check_names, make_goal, make_question, options
from analyze.records import Pair, Record
from analyze.report import notebook
from analyze.report.build import Origin, build
from analyze.results import Results, to_json
from analyze.table.answers import NOT_USED
from analyze.table.frames import read_frame
from analyze.table.inventory import take_inventory
from analyze.table.runs import RunTable, read, read_runs
from analyze.table.source import read_source

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Call = TypeVar("Call", bound=Callable[..., object])
Place = str | os.PathLike[str]

_NO_ANSWERS = (
    "there are no answers to single test examples to compare: name the column that holds them by "
    f"{argument('outcomes', like='COLUMN')}, or a table's examples by {argument('example', like='COLUMN')}"
)
_GOAL = tuple(one.name for one in fields(Goal))
# Letters that fit the page where a report shows how it was made.
_LINE = 82


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What a comparison found, for whoever asked in Python; two are equal where their results are.

    Attributes
    ----------
    results : Results
        Everything, as typed records: what `results.json` holds and every format of a report renders.
    """

    results: Results

    @property
    def question(self) -> Question:
        """What was asked, with every default filled in."""
        return self.results.question

    @property
    def verdict(self) -> str:
        """``differs``, ``equivalent``, ``no difference shown`` or ``inconclusive``."""
        return self.results.answer.verdict

    @property
    def headline(self) -> str:
        """What was found, with the groups' names and in the reader's unit."""
        return self.results.answer.headline

    @property
    def sentence(self) -> str:
        """The verdict as a sentence."""
        return self.results.answer.sentence

    @property
    def groups(self) -> pd.DataFrame:
        """A row a group: runs, failures, mean with interval, spread, quartiles."""
        return _frame(self.results.groups).drop(columns=["spread", "functions"])

    @property
    def effects(self) -> pd.DataFrame:
        """A row an effect of each pair, and of its matched pairs; differences are b − a."""
        found = [
            (pair, effect)
            for pair in self.results.comparisons
            for effect in (*pair.effects, *(pair.matched.effects if pair.matched else ()))
        ]
        return _of_pairs(found)

    @property
    def tests(self) -> pd.DataFrame:
        """A row a test of each pair."""
        return _of_pairs([(pair, test) for pair in self.results.comparisons for test in pair.tests])

    @property
    def ranks(self) -> pd.DataFrame:
        """A row a group, the best first: its rank, and the ranks that it may have; empty for two groups."""
        ranking = self.results.ranking
        return _frame(ranking.ranks if ranking else [])

    @property
    def checks(self) -> pd.DataFrame:
        """A row a check: what was looked at, and what to keep in mind."""
        return _frame(self.results.checks)

    def pair(self, group_a: str, group_b: str) -> Pair:
        """Return two groups compared; differences are those of the second minus the first.

        Raises
        ------
        UsageError
            They were not compared, or in the other order.

        Examples
        --------
        ``report.pair("joint", "staged").effect("mean_difference").low``
        """
        pairs = {pair.groups: pair for pair in self.results.comparisons}
        if (group_a, group_b) not in pairs:
            known = ", ".join(f"{a!r} and {b!r}" for a, b in pairs)
            raise UsageError(f"{group_a!r} and {group_b!r} are no pair in this order; there are {known}")
        return pairs[group_a, group_b]

    def figure(self, name: str) -> Plot:
        """Return a figure as a plot of plotnine, to be shown, changed or saved.

        Raises
        ------
        UsageError
            The report has none of this name.
        """
        entries = {entry.figure: entry for entry in self.results.figures}
        if name not in entries:
            raise UsageError(f"there is no figure {name!r} here; there are {', '.join(entries)}")
        plot = FIGURES[name].draw(entries[name])
        theme: Any = getattr(plot, "theme")  # noqa: B009 - plotnine has no types
        # A group may be called "$x$", which is no formula; plotnine lets themes set matplotlib's parameters.
        theme._rcParams["text.parse_math"] = False
        return plot

    def save(self, out: str | os.PathLike[str], formats: str | Sequence[str] = ("html", "pdf")) -> list[Path]:
        """Write the report into a directory, with `results.json`, and return what was written.

        Parameters
        ----------
        out : str or path
            The directory. What a report wrote there is replaced; anything else in the way is refused.
        formats : str or sequence of str
            Of ``html``, ``pdf``, ``md``, ``latex``, ``csv``; ``json`` is `results.json` alone.

        Raises
        ------
        UsageError
            A format is not known, or something is in the way.
        RunError
            The directory cannot be written to.
        """
        wanted = tuple(formats.split(",")) if isinstance(formats, str) else tuple(formats)
        if not wanted or not set(wanted) <= set(output.FORMATS):
            known = ", ".join(output.FORMATS)
            raise UsageError(f"{argument('formats')} is {formats!r}; give one or more of {known}")
        place = publish.local_directory(out)
        output.prepare(place, wanted, to_json(self.results))
        return output.write(self.results, place, wanted)

    def __repr__(self) -> str:
        """Return the verdict and the groups."""
        return notebook.text(self.results)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return notebook.card(self.results)


def _declared(call: Call) -> Call:
    """Give a call the arguments that are declared for it, as `help` and a notebook tell them."""
    known = options(call.__name__)
    own = [one for one in inspect.signature(call).parameters.values() if one.kind is not one.VAR_KEYWORD]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=option.default)
        for name, option in known.items()
    ]
    call.__signature__ = inspect.Signature([*own, *more])  # type: ignore[attr-defined]
    told = (f"{name}\n    {option.help}" for name, option in known.items())
    call.__doc__ = "\n".join([inspect.cleandoc(call.__doc__ or ""), *told])
    return call


@_declared
def compare(table: object = DEFAULT_TABLE, *, calibrate: bool = False, **asked: object) -> Report:
    """Test whether groups of runs come from different distributions.

    Parameters
    ----------
    table : DataFrame, str, path or sequence
        A DataFrame of pandas, polars or pyarrow, or another table with the Arrow interface; a list of
        dictionaries; a file, directory, pattern or URL, or several, which make a group each. Never changed.
    calibrate : bool
        Whether to see how often each test rejects draws from the pooled runs, which takes minutes.
    """
    started = time.monotonic()
    runs = _runs(table, asked, "compare", comparing=True)
    check_primary(runs)
    return answer(runs, calibrate=calibrate, command=_call(table, asked), started=started)


@_declared
def functions(table: object = DEFAULT_TABLE, **asked: object) -> pd.DataFrame:
    """Say whether groups reach different functions, by the answers of their runs to single test examples.

    A row for each pair of groups with the fields of `analyze.answered.PairFunctions`, after their names;
    disagreements are fractions of the test examples.

    Parameters
    ----------
    table : DataFrame, str, path or sequence
        As of `compare`; it holds the answers, see ``outcomes`` and ``example``.

    Raises
    ------
    DataError
        It does not.
    """
    pairs = functions_seen(table, asked)[1].pairs
    frame = _frame(list(pairs.values()))
    for place, name in enumerate(("group_a", "group_b")):
        frame.insert(place, name, [pair[place] for pair in pairs])
    return frame


@_declared
def describe(table: object = DEFAULT_TABLE, **asked: object) -> pd.DataFrame:
    """Describe the groups, without tests: runs, failures, mean with interval, spread, quartiles.

    Parameters
    ----------
    table : DataFrame, str, path or sequence
        As of `compare`.
    """
    return described(table, **asked)[1]


@_declared
def power(table: object = DEFAULT_TABLE, **asked: object) -> pd.DataFrame:
    """Say how many runs a group are needed to find a difference, or for an interval of some width.

    A row for each group, by whose spread it is judged, and for each test, or for the interval; ``n_runs`` is
    missing where too many would be needed.

    Parameters
    ----------
    table : DataFrame, str, path or sequence
        As of `compare`.
    """
    rows = []
    for plan in plans(table, **asked)[1]:
        spread = {"group": plan.group, "n": plan.n, "sd": plan.sd}
        rows += [{**spread, "aim": "difference", **asdict(needed)} for needed in plan.tests]
        if plan.width is not None:
            rows.append({**spread, "aim": "width", "n_runs": plan.n_for_width})
    return pd.DataFrame(rows).astype({"n_runs": "Int64"})


def columns(table: object) -> pd.DataFrame:
    """Say what the columns of a table hold, and what each could be in a question.

    Parameters
    ----------
    table : DataFrame, str, path or sequence
        As of `compare`.
    """
    source = read_source(make_question(table).tables) if _is_place(table) else read_frame(table)
    return _frame(take_inventory(source).columns)


def load(path: str | os.PathLike[str]) -> Report:
    """Read a report again from its `results.json`, or from the directory that holds it.

    Raises
    ------
    UsageError
        There is no such file.
    DataError
        It is none that this version can read.
    """
    return Report(output.read_results(Path(path)))


def answer(
    runs: RunTable, *, calibrate: bool, command: str, started: float, progress: Progress | None = None
) -> Report:
    """Compare runs that were read since ``started``, as `time.monotonic` tells it."""
    comparison = compare_groups(runs, n_calibration_draws=N_DRAWS if calibrate else 0, progress=progress)
    if progress is not None:
        progress("computing what the figures show", 0, 1, 0.0)
    origin = Origin(created_at=datetime.now(UTC), command=command, duration_s=time.monotonic() - started)
    return Report(build(comparison, runs, origin))


def described(table: object, **asked: object) -> tuple[RunTable, pd.DataFrame]:
    """Return the runs, which tell how the table was read, and what `describe` says of them."""
    if asked.get("task") and asked.get("by"):  # a row a cell: no number of different tasks thrown together
        of_cells = [*make_question("", by=asked["by"]).by, *make_question("", task=asked["task"]).task]
        asked = {name: value for name, value in asked.items() if name != "task"} | {"by": of_cells}
    runs = _runs(table, asked, "describe")
    return runs, summarise(runs)


def functions_seen(
    table: object, asked: Mapping[str, object], progress: Progress | None = None
) -> tuple[RunTable, Seen]:
    """Return the runs, which tell how the table was read, and what their answers tell."""
    runs = _runs(table, asked, "functions", comparing=True)
    found = see(runs, pairs_of(runs.groups, runs.question.baseline), progress)
    if found is None:
        unused = next((text for text in runs.remarks if text.startswith(NOT_USED)), "")
        raise DataError(f"{unused} {_NO_ANSWERS}".strip())
    return runs, found


def plans(table: object, **asked: object) -> tuple[RunTable, tuple[Plan, ...]]:
    """Return the runs, which tell how the table was read, and what `power` says as records, one a group."""
    check_names(asked, options("power"))
    goal = make_goal(**{name: asked[name] for name in _GOAL if name in asked})
    of_runs = {name: value for name, value in asked.items() if name not in _GOAL}
    runs = _runs(table, of_runs, "power")
    return runs, plan_runs(runs, goal)


def _runs(table: object, asked: Mapping[str, object], command: str, *, comparing: bool = False) -> RunTable:
    check_names(asked, options(command))
    if _is_place(table):
        return read(make_question(table, **asked), comparing=comparing)
    question = make_question("", **asked)  # a wrong argument is told before a table is converted
    source = read_frame(table, answers=question.outcomes)
    return read_runs(source, replace(question, table=source.path, tables=()), comparing=comparing)


def _is_place(table: object) -> TypeGuard[Place | Sequence[Place]]:
    one = (str, os.PathLike)
    return isinstance(table, one) or (
        isinstance(table, list | tuple) and bool(table) and all(isinstance(part, one) for part in table)
    )


def _call(table: object, asked: Mapping[str, object]) -> str:
    """Return the call that was made, a line an argument where one line is too long; a DataFrame is `df`."""
    shown = ["df" if not _is_place(table) else repr(table)]
    shown += [f"{name}={value!r}" for name, value in asked.items()]
    line = f"analyze.compare({', '.join(shown)})"
    return (
        line if len(line) <= _LINE else "".join(["analyze.compare(\n", *(f"    {s},\n" for s in shown), ")"])
    )


def _of_pairs(found: Sequence[tuple[Pair, Record]]) -> pd.DataFrame:
    """Return a row a record, after the names of its two groups."""
    frame = _frame([record for _, record in found])
    for place, name in enumerate(("group_a", "group_b")):
        frame.insert(place, name, [getattr(pair, name) for pair, _ in found])
    return frame


def _frame(records: Sequence["DataclassInstance"]) -> pd.DataFrame:
    """Return records as rows; numbers that are None are nan."""
    if not records:
        return pd.DataFrame()
    hints = get_type_hints(type(records[0]))
    names = sorted((one.name for one in fields(records[0])), key=lambda name: name == "reason")
    frame = pd.DataFrame({name: [getattr(record, name) for record in records] for name in names})
    return frame.astype({name: float for name in names if float in (hints[name], *get_args(hints[name]))})
