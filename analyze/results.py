"""What a comparison found, whole and unrounded: `Results` is what every format of a report renders.

`to_json` and `from_json` are its form in `results.json`: a field is a key. A number that is undefined or
infinite is None, and the record's ``reason`` says which; where there is nothing to say, the key is absent.
"""

import json
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from analyze.answered import GroupFunctions, Spread
from analyze.codec import from_plain, to_plain
from analyze.errors import DataError
from analyze.question import Question
from analyze.records import Effect, Number, Pair, Ranking, Record, Test, Verdict, named
from analyze.tasked import GroupTasks, Tasks

FORMAT_VERSION = 2
# Groups of so few runs are told run by run
FEW_RUNS = 10
# Version 1 differs by what it held besides: tails and extreme quantiles, which nothing here reads
_READ_VERSIONS = (1, 2)
# Figures of earlier versions, which showed what others show
_RETIRED = ("raincloud", "quantile_quantile")

Cell = bool | int | float | str | None
Columns = dict[str, list[Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNumber:
    """A number of the first screen, in words."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer in words: what opens a report. ``caveats`` are the warnings among the checks.

    ``headline`` tells the effect, ``sentence`` the test; ``kind`` is what kind of runs these are, which
    decides how the headline is told (reports of earlier versions have neither). ``failures_differ`` says that
    groups fail with different probabilities. ``functions`` says whether the runs are different functions,
    where their answers to single test examples are known.
    """

    headline: str = ""
    kind: str = "plain"
    numbers: tuple[KeyNumber, ...] = ()
    failures_differ: bool = False
    verdict: Verdict
    sentence: str
    detail: str
    headlines: tuple[str, ...]
    where: str
    scope: str
    functions: str = ""
    caveats: tuple[str, ...]

    @property
    def word(self) -> str:
        """The verdict, or what failures say where the finished runs show no difference."""
        return "failures differ" if self.failures_differ and self.verdict != "differs" else self.verdict

    @property
    def differs(self) -> bool:
        """Whether the runs differ: finished ones, or how many fail."""
        return self.failures_differ or self.verdict == "differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSummary(Record):
    """One group by itself; ``low`` and ``high`` are the t interval of the mean.

    ``spread`` and ``functions`` are what answers to single test examples tell, where these are known.
    """

    group: str
    n: int
    n_failed: int
    n_distinct: int
    mean: Number
    sd: Number
    se: Number
    low: Number
    high: Number
    median: Number
    q25: Number
    q75: Number
    iqr: Number
    min: Number
    max: Number
    spread: Spread | None = None
    functions: GroupFunctions | None = None
    tasks: GroupTasks | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Whose answers to which test examples were looked at: ``n`` runs by group, and how many have none.

    ``example`` is what an example is called, ``unit`` what twins have in common; in our own
    tables they start from the same weights. ``n_used`` are the runs of each group of which pairs were looked
    at, where that is not all.
    """

    example: str
    n_examples: int
    unit: str | None
    ours: bool
    n: dict[str, int]
    n_left_out: dict[str, int]
    n_used: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant(Record):
    """The verdict on a pair decided again with one choice changed."""

    group_a: str
    group_b: str
    choice: str
    variant: str
    pvalue: Number
    alpha: float
    differs: bool
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift(Record):
    """Spearman's correlation of a group's values with the order of its units."""

    group: str
    n: int
    first: Number
    last: Number
    correlation: Number
    pvalue: Number
    pvalue_adjusted: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was looked at, and what to keep in mind."""

    check: str
    level: Literal["warning", "note", "passed"]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RealisedSize(Record):
    """How often one test rejected draws from the pooled runs of a pair, with Clopper–Pearson's interval.

    ``level`` is the size that the test claims. ``holds`` says whether the interval reaches down to it: a
    test may reject less often than its level, as exact tests of tied data do, but not more often.
    """

    group_a: str
    group_b: str
    test: str
    n_a: int
    n_b: int
    n_distinct: int
    level: float
    n_draws: int
    n_rejected: int
    size: float
    low: float
    high: float
    confidence_level: float
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounting:
    """The rows of a group: finished, failed, left out; and whole numbers missing among its units."""

    group: str
    n_rows: int
    n: int
    n_failed: int
    n_left_out: int
    unit_first: int | None
    unit_last: int | None
    n_units_absent: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """``n`` rows of a group that were left out. The field ``reason`` says why."""

    group: str
    reason: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAs:
    """How a table was understood: what was recognised, said or assumed.

    Attributes
    ----------
    kind : str
        The kind of file.
    unit : str or None
        The column(s) that name a run; ``unit_assumed`` where nobody said so.
    step, at : str or None
        The column that counts along a run, and which row stands for a run.
    better_assumed : bool
        Whether the direction was guessed from the value's name.
    value_unit : str
        ``"%"`` where the cells carried it.
    told : tuple of str
        Sentences: words of outcomes and what they were taken as, and what the reader of the file decided.
    """

    kind: str
    unit: str | None
    unit_assumed: bool
    step: str | None
    at: str | None
    better_assumed: bool
    value_unit: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """A column in which the rows of one group differ, though it does not make the groups."""

    group: str
    column: str
    n_values: int
    examples: str
    where: str
    separable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureEntry:
    """A figure as data: its words, and the tables that it is drawn from, by name and column."""

    figure: str
    title: str
    caption: str
    alt: str
    value: str
    log: bool
    groups: tuple[str, ...]
    tables: dict[str, Columns]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The table of runs: where it was, how many rows it had and used, and a digest of its content."""

    path: str
    n_rows: int
    n_selected: int
    n_files: int | None = None
    digest: str
    schema_version: str | None = None
    package_versions: tuple[str, ...] = ()
    git_commits: tuple[str, ...] = ()
    status_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """When, where, by what and from what a report was made."""

    created_at: str
    command: str
    duration_s: float
    package_version: str
    git_commit: str | None
    python: str
    numpy: str
    scipy: str
    platform: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything that was found for a question."""

    format_version: int = FORMAT_VERSION
    title: str
    question: Question
    answer: Answer
    groups: tuple[GroupSummary, ...]
    comparisons: tuple[Pair, ...]
    omnibus: tuple[Test, ...]
    sensitivity: tuple[Variant, ...]
    drift: tuple[Drift, ...]
    checks: tuple[Check, ...]
    calibration: tuple[RealisedSize, ...]
    accounting: tuple[Accounting, ...]
    exclusions: tuple[Exclusion, ...]
    read_as: ReadAs
    mixtures: tuple[Mixture, ...]
    figures: tuple[FigureEntry, ...]
    provenance: Provenance
    answered: Answered | None = None
    ranking: Ranking | None = None
    tasks: Tasks | None = None

    @property
    def few(self) -> bool:
        """Whether there is no distribution to show: runs that are told one by one, or values of 0 and 1."""
        return self.answer.kind == "rates" or max(group.n for group in self.groups) <= FEW_RUNS

    def methods(self) -> tuple[list[Test], list[Effect]]:
        """Return every test and every effect, of all pairs and within matched ones."""
        pairs = self.comparisons
        tests = [*self.omnibus, *(test for pair in pairs for test in pair.tests)]
        tests += [test for pair in pairs if pair.worst_ranked for test in pair.worst_ranked.tests]
        effects = [effect for pair in pairs for effect in pair.effects]
        effects += [effect for pair in pairs if pair.matched for effect in pair.matched.effects]
        return tests, effects

    def pair(self, group_a: str, group_b: str) -> Pair:
        """Return the comparison of two groups, named in its order.

        Raises
        ------
        KeyError
            These were not compared, or in the other order.
        """
        return named({pair.groups: pair for pair in self.comparisons}, (group_a, group_b))


def to_json(results: Results) -> str:
    """Return the text of `results.json`."""
    return f"{json.dumps(to_plain(results), ensure_ascii=False, allow_nan=False, indent=1)}\n"


def from_json(text: str) -> Results:
    """Read the text of a `results.json`.

    Raises
    ------
    DataError
        It is none, or none that this version can read.
    """
    try:
        plain = json.loads(text, parse_constant=_finite, parse_float=_finite)
        json.dumps(plain, ensure_ascii=False).encode()  # escaped halves of letters are no text
    except (ValueError, RecursionError) as error:
        raise DataError("it is not JSON") from error
    if isinstance(plain, dict) and isinstance(figures := plain.get("figures"), list):
        plain["figures"] = [f for f in figures if not (isinstance(f, dict) and f.get("figure") in _RETIRED)]
    version = plain.get("format_version") if isinstance(plain, dict) else None
    if version not in _READ_VERSIONS:
        raise DataError(f"it has format version {version!r}, and this program reads 1 and 2")
    return from_plain(Results, plain | {"format_version": FORMAT_VERSION})


def _finite(digits: str) -> float:
    """Read a number, but no NaN and no 1e999, which JSON does not have."""
    number = float(digits)
    if not isfinite(number):
        raise ValueError(f"{digits} is no number")
    return number
