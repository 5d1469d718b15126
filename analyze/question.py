"""What is asked: every option declared once, as a field of `Question`, or of `Goal` for `analyze power`.

The command line's options, the arguments of the Python calls, their checks and the words for them in a
report are all made from these fields: an option is added here and nowhere else.
"""

import difflib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from analyze import given
from analyze import text as fmt
from analyze.direction import guess_better
from analyze.errors import UsageError, argument

DEFAULT_TABLE = "data/runs"
# Letters of a word that is recognised though it is misspelled: "test" is no "best".
_MIN_ALIKE = 5
# The commands that take an option: all that read a table, or some.
RUNS = ("compare", "functions", "describe", "power")
COMPARE, PAIRS, POWER = ("compare",), ("compare", "functions"), ("power",)
# What options are for, in the order in which help tells it.
PURPOSES = COMPARED, PLANNED, ROWS, RECOGNISED, TESTED, WRITTEN = (
    "What is compared", "What is planned", "Which rows are used", "How runs are recognised",
    "How it is tested", "What is written",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option of the command line, an argument of a Python call, a row of a report's methods.

    Attributes
    ----------
    default, help
        What is taken where nothing is given; a sentence for those who ask.
    label : str
        Its name in the report.
    read : callable
        Makes the field's value of the argument's name and what was given; raises `UsageError`.
    kind : {str, float, int, bool}
        Of a word on the command line; bool is a flag.
    choices, metavar
        The words that are allowed; a word for what is to be given.
    absent : str
        What the report says where the value is None or empty.
    shown : callable
        Writes any other value for the report.
    commands : tuple of str
        The commands, and calls, that take it.
    purpose : str
        Of `PURPOSES`: where help tells it.
    also : tuple of str
        What others call it, without the dashes: who types that is told its name.
    """

    default: object
    help: str
    label: str
    read: given.Read = given.text
    kind: type[str | float | int | bool] = str
    choices: tuple[str, ...] = ()
    metavar: str | None = None
    absent: str = "none"
    shown: Callable[[Any], str] = str
    commands: tuple[str, ...] = COMPARE
    purpose: str = TESTED
    also: tuple[str, ...] = ()

    def in_words(self, value: object) -> str:
        """Return a value as a report says it."""
        return self.absent if value is None or value == () else self.shown(value)


def _option(default: object, help: str, label: str, **more: Any) -> Any:  # noqa: A002
    """Declare the option of a field; words that are allowed are also how it is read."""
    if "choices" in more:
        more["read"] = given.one_of(more["choices"])
    option = Option(default=default, help=help, label=label, **more)
    # Reports of versions that did not have the option yet were made with its default.
    return field(default=option.read("", default), metadata={"option": option})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a run table.

    `analyze.table.runs.read` completes it: ``by`` holds what was typed until then, and the columns after;
    ``unit`` is what names a run; ``paired`` the columns whose equal values make pairs, if that was declared;
    ``better`` is ``higher`` or ``lower``. ``primary`` is chosen by the design of the runs where
    nobody names it. ``unit_given``, ``primary_given`` and ``better_assumed`` tell who said so.
    """

    table: str
    tables: tuple[str, ...]
    value: str = _option(
        "accuracy", "Compare the numbers of this column.", "Value", metavar="COLUMN", read=given.column,
        commands=RUNS, purpose=COMPARED, also=("metric", "y", "column", "col", "measure", "values", "score"),
    )  # fmt: skip
    by: tuple[str, ...] = _option(
        "schedule", "Make a group of each value of this column; several columns are joined by commas.",
        "Groups by", metavar="COLUMN", read=given.columns, shown=", ".join, commands=RUNS, purpose=COMPARED,
        also=("group", "groups", "group-by", "groupby", "x", "hue", "method", "column", "col"),
    )  # fmt: skip
    baseline: str | None = _option(
        None, "Compare all other groups with this one.  [default: all pairs]", "Baseline", metavar="GROUP",
        absent="all pairs", read=given.group, commands=PAIRS, purpose=COMPARED,
        also=("reference", "control", "versus", "vs"),
    )  # fmt: skip
    better: str = _option(
        None, "Say which values are better.  [default: by the column's name]", "Better values are",
        choices=("higher", "lower"), commands=RUNS, purpose=COMPARED, also=("direction", "goal"),
    )  # fmt: skip
    better_assumed: bool
    metric_column: str | None = _option(
        None, "Take the values from the rows where this column names --value.", "Metrics named by",
        metavar="COLUMN", commands=RUNS, purpose=COMPARED, also=("metric-name", "metrics"),
    )  # fmt: skip
    wide: tuple[str, ...] | None = _option(
        None, "Take these columns, joined by commas, or all, as the groups.", "Columns that are groups",
        metavar="COLUMNS", read=given.words, shown=", ".join, commands=RUNS, purpose=COMPARED,
        also=("columns",),
    )  # fmt: skip
    where: str | None = _option(
        None, 'Use only the rows that fit, e.g. "learning_rate == 0.01 and seed < 100".', "Rows",
        metavar="EXPR", absent="all", commands=RUNS, purpose=ROWS, also=("filter", "query", "rows", "select"),
    )  # fmt: skip
    unit: str | None = _option(
        None, "Tell the runs apart by this column.  [default: seed, run_id, …]", "Unit", metavar="COLUMN",
        read=given.joined, commands=RUNS, purpose=RECOGNISED,
        also=("seed-column", "seed-col", "run", "run-column", "id", "id-column", "runs"),
    )  # fmt: skip
    unit_given: bool
    at: str | None = _option(
        None, "Let one row stand for a run of many rows: last, best, first, or COLUMN=VALUE.",
        "Row that stands for a run", metavar="ROW", commands=RUNS, purpose=RECOGNISED,
        also=("epoch", "step", "last", "best"),
    )  # fmt: skip
    rows_are_runs: bool = _option(
        default=False, help="Take every row as a run, whatever repeats.", label="Every row is a run",
        read=given.flag, kind=bool, shown=fmt.yes_or_no, commands=RUNS, purpose=RECOGNISED,
    )  # fmt: skip
    task: tuple[str, ...] = _option(
        None, "Compare the runs on equal tasks, which this column names.", "Tasks", metavar="COLUMN",
        read=given.columns, shown=", ".join, commands=RUNS, purpose=RECOGNISED,
        also=("tasks", "dataset", "problem"),
    )  # fmt: skip
    paired: str | None = _option(
        None, "Match runs with equal values of this column.  [default: seed, in our own tables]",
        "Pairs declared by", metavar="COLUMN", read=given.joined, absent="none declared",
        commands=PAIRS, purpose=RECOGNISED,
        also=("pair", "pairs", "pair-by", "match", "block", "seed-column", "seed-col"),
    )  # fmt: skip
    status: str | None = _option(
        None, "Read from this column how a run ended.  [default: by name]", "Status", metavar="COLUMN",
        absent="by name", commands=RUNS, purpose=RECOGNISED, also=("state",),
    )  # fmt: skip
    ok: tuple[str, ...] = _option(
        None, "Take these words there as a finished run, beside the usual.", "Words for finished runs",
        metavar="WORDS", read=given.words, absent="the usual", shown=", ".join, commands=RUNS,
        purpose=RECOGNISED,
    )  # fmt: skip
    failed: tuple[str, ...] = _option(
        None, "Take these words as a failed run.", "Words for failed runs", metavar="WORDS", read=given.words,
        absent="the usual", shown=", ".join, commands=RUNS, purpose=RECOGNISED,
    )  # fmt: skip
    ignore: tuple[str, ...] = _option(
        None, "Take these words as a run to leave out.", "Words for runs left out", metavar="WORDS",
        read=given.words, absent="none", shown=", ".join, commands=RUNS, purpose=RECOGNISED,
        also=("exclude", "skip"),
    )  # fmt: skip
    outcomes: str | None = _option(
        None, "Read from this column how a run did on each test example: 0 is right.  [default: errors]",
        "Answers to test examples", metavar="COLUMN", absent="errors, in our own tables",
        commands=PAIRS, purpose=RECOGNISED,
        also=("errors", "predictions", "answers", "correct", "outcome"),
    )  # fmt: skip
    outcomes_are: str | None = _option(
        None, "Say what a 1 there means.  [default: wrong]", "A 1 among the answers is",
        choices=("wrong", "right"), absent="wrong", commands=PAIRS, purpose=RECOGNISED,
    )  # fmt: skip
    example: str | None = _option(
        None, "Read one row as the answer of a run to the test example that this column names.",
        "Test examples named by", metavar="COLUMN", commands=PAIRS, purpose=RECOGNISED,
        also=("item", "examples", "image", "instance", "sample", "question"),
    )  # fmt: skip
    cluster: str | None = _option(
        None, "Take test examples with equal values of this column as alike.", "Groups of test examples by",
        metavar="COLUMN", commands=PAIRS, purpose=RECOGNISED,
        also=("passage", "writer", "patient", "clusters"),
    )  # fmt: skip
    image_groups: str | None = _option(
        None, "Take from this file, one integer a test example, which are alike (.npy, .csv, .txt).",
        "Groups of test examples in", metavar="FILE", commands=PAIRS, purpose=RECOGNISED,
        also=("example-groups", "groups-file"),
    )  # fmt: skip
    no_functions: bool = _option(
        default=False, help="Leave out whether the runs are different functions.", label="Functions left out",
        read=given.flag, kind=bool, shown=fmt.yes_or_no,
    )  # fmt: skip
    normalise: str | None = _option(
        None, "Compare tasks on this scale: none, baseline, minmax, ranks, or a CSV file with a row a task "
        "and the values that count 0 and 1.  [default: none of values from 0 to 1, else minmax]",
        "Scale of tasks", metavar="SCALE", absent="by the values", purpose=TESTED,
        also=("normalize", "normalization", "scale", "human-scores"),
    )  # fmt: skip
    margin: float | None = _option(
        None, "Count a difference of means up to this as none.", "Margin of equivalence", kind=float,
        read=given.number(lambda x: x > 0, "must be a number above 0, in units of the value column"),
        shown=fmt.number, also=("delta", "threshold", "tolerance", "equivalence"),
    )  # fmt: skip
    primary: str = _option(
        None, "Let this test give the verdict.  [default: paired_permutation of matched pairs, else ks]",
        "Primary test", metavar="TEST", also=("test", "method"),
    )  # fmt: skip
    primary_given: bool = True
    adjust: str = _option(
        "holm", "Adjust for the number of tests by Holm, or Benjamini-Hochberg.", "Adjustment",
        choices=("holm", "bh"), commands=PAIRS, also=("correction", "adjustment", "multiple"),
    )  # fmt: skip
    tests: str = _option(
        "auto", "Make all tests of each pair, or only the primary one; auto makes all of up to 100 pairs.",
        "Tests", choices=("auto", "all", "primary"), also=("secondary",),
    )  # fmt: skip
    confidence: float = _option(
        0.95, "Use this level for the intervals, and 1 − it for the tests.", "Confidence", kind=float,
        read=given.number(lambda x: 0 < x < 1, "must lie between 0 and 1, e.g. 0.95"),
        shown=fmt.level, commands=RUNS, also=("alpha", "level", "ci", "significance"),
    )  # fmt: skip
    resamples: int = _option(
        9999, "Resample so often, for the bootstrap and the permutations.", "Resamples", kind=int,
        read=given.integer(lambda n: n >= 99, "must be at least 99, e.g. 9999"), shown=fmt.count,
        commands=PAIRS,
        also=("permutations", "bootstrap", "n-resamples", "iterations", "n-boot"),
    )  # fmt: skip
    seed: int = _option(
        0, "Seed the resampling with this number.", "Seed of the resampling", kind=int,
        read=given.integer(lambda n: 0 <= n < 2**63, "must be 0 or more, and below 2⁶³"), shown=fmt.count,
        commands=("compare", "functions", "power"), also=("random-seed", "random-state", "rng"),
    )  # fmt: skip
    axis: str = _option(
        "auto", "Draw the values on this axis; auto is log for losses that span a factor of 30.",
        "Axis of values in figures", choices=("auto", "linear", "log"), purpose=WRITTEN,
        also=("scale", "log", "log-scale"),
    )  # fmt: skip

    @property
    def alpha(self) -> float:
        """Significance level, 1 − confidence."""
        return alpha_of(self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What `analyze power` is asked besides: a difference that is to be found, an interval's width."""

    difference: float | None = _option(
        None, "Find a difference of means of this size.", "Difference", kind=float, commands=POWER,
        read=given.number(lambda x: x != 0, "must be a number other than 0"), shown=fmt.number,
        purpose=PLANNED, also=("effect", "effect-size", "delta", "diff"),
    )  # fmt: skip
    width: float | None = _option(
        None, "Make the interval of the difference so wide in full.", "Width", kind=float, commands=POWER,
        read=given.number(lambda x: x > 0, "must be a number above 0"), shown=fmt.number, purpose=PLANNED,
        also=("precision",),
    )  # fmt: skip
    power: float = _option(
        0.8, "Find the difference with this chance.", "Power", kind=float, commands=POWER,
        read=given.number(lambda x: 0 < x < 1, "must lie between 0 and 1, e.g. 0.8"), shown=fmt.percent,
        purpose=PLANNED,
    )  # fmt: skip


def options(command: str) -> dict[str, Option]:
    """Return the options of a command, in the order in which help and reports tell them.

    Examples
    --------
    >>> list(options("describe"))[:3], list(options("power"))[-2:]
    (['value', 'by', 'better'], ['width', 'power'])
    """
    return {name: option for name, option in {**_OPTIONS, **_GOALS}.items() if command in option.commands}


def choices(question: Question) -> list[tuple[str, str, str, str]]:
    """Return each option's name, label, name on the command line and value in words, for a report."""
    told = ((name, option, getattr(question, name)) for name, option in _OPTIONS.items())
    return [(name, option.label, fmt.option(name), option.in_words(value)) for name, option, value in told]


def make_question(
    table: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = DEFAULT_TABLE, **asked: object
) -> Question:
    """Validate what was asked and fill in the defaults.

    Parameters
    ----------
    table : str, path or sequence of them
        Files, directories, patterns or URLs of tables in any format that is known; ``-`` is standard input.
    **asked
        Fields of `Question` that have an option, each as its option is read.

    Raises
    ------
    UsageError
        If an argument is not known or outside its range.

    Examples
    --------
    >>> make_question("runs.csv", value="loss").better
    'lower'
    >>> make_question(confidence=95)
    Traceback (most recent call last):
    analyze.errors.UsageError: confidence is 95; it must lie between 0 and 1, e.g. 0.95
    """
    read = _read(asked, _OPTIONS)
    unit, paired, at = read["unit"], read["paired"], read["at"]
    if paired is not None and unit not in (None, paired):
        named = f"{argument('paired', paired)} and {argument('unit', unit)} name two columns"
        raise UsageError(f"{named}; {argument('paired')} alone is enough")
    if at is not None and read["rows_are_runs"]:
        every = f"{argument('rows_are_runs', value=True)} says that every row is one"
        raise UsageError(f"{argument('at', at)} chooses one row a run, and {every}")
    if read["wide"] and read["metric_column"] is not None:
        both = f"{argument('wide')} and {argument('metric_column')}"
        raise UsageError(f"{both} are two forms of table; give one of them")
    if read["cluster"] is not None and read["example"] is None:
        raise UsageError(
            f"{argument('cluster', read['cluster'])} groups test examples: name them by "
            f"{argument('example', like='COLUMN')}, or give {argument('image_groups', like='FILE')}"
        )
    for one in ("example", "outcomes"):
        for other in ("outcomes", "wide", "metric_column", "at"):
            if one != other and read[one] and read[other] and (one, other) != ("outcomes", "at"):
                both = f"{argument(one)} and {argument(other)}"
                raise UsageError(f"{both} are two forms of table; give one of them")
    if not any(part.strip(" ,") for part in read["by"]):
        give = f"give at least one, e.g. {argument('by', 'schedule')}"
        raise UsageError(f"{argument('by')} names no column; {give}")
    tables = (table,) if isinstance(table, str | os.PathLike) else tuple(table)
    resolved = {
        "tables": tuple(os.fspath(one) for one in tables),
        "wide": read["wide"] or None,
        "unit": paired if unit is None else unit,
        "unit_given": unit is not None,
        "primary": read["primary"] or "ks",
        "primary_given": read["primary"] is not None,
        "better": read["better"] or guess_better(read["value"]),
        "better_assumed": read["better"] is None,
    }
    return Question(table=" ".join(resolved["tables"]), **{**read, **resolved})


def make_goal(**asked: object) -> Goal:
    """Validate what `analyze power` was asked besides.

    Raises
    ------
    UsageError
        If nothing is asked, or a number is out of its range.
    """
    goal = Goal(**_read(asked, _GOALS))
    if goal.difference is None and goal.width is None:
        wanted = f"{argument('difference', like='X')} (to be found) or {argument('width', like='X')}"
        raise UsageError(f"give {wanted} (of the interval), or both")
    return goal


def alpha_of(confidence: float) -> float:
    """Return the significance level of tests beside intervals of this confidence.

    Examples
    --------
    >>> alpha_of(0.95)
    0.05
    """
    # 1 − 0.95 is 0.050000000000000044, which would let p = 0.05 pass or fail by a rounding error
    return round(1 - confidence, 12)


def check_names(asked: Iterable[str], known: Mapping[str, Option]) -> None:
    """Refuse an argument that is none of the known.

    Raises
    ------
    UsageError
    """
    for name in asked:
        if name in known:
            continue
        meant = nearest_names(name, {one: option.also for one, option in known.items()})
        hint = f"did you mean {' or '.join(meant)}? " if meant else ""
        raise UsageError(f"there is no argument {name}; {hint}there are {', '.join(known)}")


def nearest_names(name: str, known: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the options that a wrong name most likely means: what others call so, or what is spelled alike.

    Examples
    --------
    >>> known = {name: option.also for name, option in options("compare").items()}
    >>> nearest_names("metric", known), nearest_names("basline", known), nearest_names("xyz", known)
    (['value'], ['baseline'], [])
    """
    plain = name.lower().replace("_", "-").strip("-")
    called = [one for one, also in known.items() if plain in also]
    words = {one.replace("_", "-"): one for one in known}
    words |= {word: one for one, also in known.items() for word in also if len(word) >= _MIN_ALIKE}
    close = difflib.get_close_matches(plain, words, n=1, cutoff=0.7)
    return called or [words[word] for word in close]


def _read(asked: Mapping[str, object], known: Mapping[str, Option]) -> dict[str, Any]:
    check_names(asked, known)
    return {name: option.read(name, asked.get(name, option.default)) for name, option in known.items()}


def _declared(kind: type[Question | Goal]) -> dict[str, Option]:
    return {one.name: one.metadata["option"] for one in fields(kind) if "option" in one.metadata}


_OPTIONS, _GOALS = _declared(Question), _declared(Goal)
