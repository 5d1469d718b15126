"""What is asked: one validated `Question`, made from the raw options of the command line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analyze import text as fmt
from analyze.direction import guess_better
from analyze.errors import UsageError

MIN_RESAMPLES = 99
ADJUSTMENTS = ("holm", "bh")
DIRECTIONS = ("higher", "lower")
AXES = ("auto", "linear", "log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a run table.

    `analyze.table.runs.read` completes it: ``by`` holds what was typed until then, and the columns after;
    ``unit`` is what names a run; ``paired`` the columns whose equal values make pairs, if that was declared;
    ``better`` is ``higher`` or ``lower``, and ``better_assumed`` says that nobody said so. ``at`` is the row
    that stands for a run of several rows, ``task`` the columns whose values are no repetitions; ``status``,
    ``ok``, ``failed`` and ``ignore`` say which words tell how a run ended. ``margin`` is the largest
    difference of means that counts as none, in units of ``value``. ``adjust`` is ``holm`` or ``bh``;
    ``axis``, of values in figures, is ``auto``, ``linear`` or ``log``.
    """

    table: str
    tables: tuple[str, ...]
    value: str
    metric_column: str | None
    wide: tuple[str, ...] | None
    by: tuple[str, ...]
    unit: str | None
    unit_given: bool
    rows_are_runs: bool
    at: str | None
    task: tuple[str, ...]
    status: str | None
    ok: tuple[str, ...]
    failed: tuple[str, ...]
    ignore: tuple[str, ...]
    baseline: str | None
    where: str | None
    margin: float | None
    confidence: float
    resamples: int
    seed: int
    paired: str | None
    adjust: str
    primary: str
    better: str
    better_assumed: bool
    axis: str

    @property
    def alpha(self) -> float:
        """Significance level, 1 − confidence."""
        return alpha_of(self.confidence)


def alpha_of(confidence: float) -> float:
    """Return the significance level of tests beside intervals of this confidence.

    Examples
    --------
    >>> alpha_of(0.95)
    0.05
    """
    # 1 − 0.95 is 0.050000000000000044, which would let p = 0.05 pass or fail by a rounding error
    return round(1 - confidence, 12)


def make_question(
    table: str | Sequence[str] = "data/runs",
    *,
    value: str = "accuracy",
    metric_column: str | None = None,
    wide: str | Sequence[str] | None = None,
    by: str | Sequence[str] = "schedule",
    unit: str | None = None,
    rows_are_runs: bool = False,
    at: str | None = None,
    task: str | Sequence[str] | None = None,
    status: str | None = None,
    ok: str | Sequence[str] | None = None,
    failed: str | Sequence[str] | None = None,
    ignore: str | Sequence[str] | None = None,
    baseline: str | None = None,
    where: str | None = None,
    margin: float | None = None,
    confidence: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
    paired: str | None = None,
    adjust: str = "holm",
    primary: str = "ks",
    better: str | None = None,
    axis: str = "auto",
) -> Question:
    """Validate the options of ``analyze compare`` and fill in the defaults.

    Parameters
    ----------
    table : str or sequence of str
        Files, directories, patterns or URLs of tables in any format that is known; ``-`` is standard input.
    value : str
        The column that is compared.
    metric_column : str, optional
        The column of a tidy table that holds names of metrics, of which ``value`` is one.
    wide : str or sequence of str, optional
        Columns that are groups, each row a run of them; ``all`` for all numeric columns.
    by : str or sequence of str
        What makes a group: columns (several as a sequence or ``"a,b"``), or ``COLUMN~PATTERN`` for the part
        of a column's text that a pattern's first bracket matches.
    unit : str, optional
        What names a run inside its group: a column, or several joined by commas.
    rows_are_runs : bool
        Whether every row is a run, whatever repeats.
    at : str, optional
        The row that stands for a run of several rows: ``last``, ``best``, ``first`` or ``COLUMN=VALUE``.
    task : str or sequence of str, optional
        Columns whose values are different tasks, not repetitions: runs are compared on equal tasks.
    status : str, optional
        The column that tells how runs ended.
    ok, failed, ignore : str or sequence of str, optional
        Words, beside the known ones, that tell a finished run, a failed one, and one to leave out.
    baseline : str, optional
        Group that the others are compared with; by default all pairs are compared.
    where : str, optional
        Row filter, such as ``"lr == 0.1 and seed < 100"``.
    margin : float, optional
        Largest difference of means that counts as equivalent.
    confidence : float
        Confidence level of every interval; the significance level is 1 − confidence.
    resamples : int
        Bootstrap and permutation resamples.
    seed : int
        Seed of all random streams.
    paired : str, optional
        Columns whose equal values declare runs of two groups to be pairs, e.g. ``seed`` or ``task,fold``.
    adjust : {"holm", "bh"}
        How p-values are adjusted for their number: Holm's method or that of Benjamini & Hochberg.
    primary : str
        Key of the test that gives the verdict.
    better : {"higher", "lower"}, optional
        Which values are the better ones. By default ``lower`` where the value's name speaks of a loss, an
        error or a time, else ``higher``.
    axis : {"auto", "linear", "log"}
        How figures draw values; see `analyze.figures.source.is_logarithmic`.

    Raises
    ------
    UsageError
        If an option is outside its range.

    Examples
    --------
    >>> make_question("runs.csv", value="loss").better
    'lower'
    >>> make_question(confidence=95)
    Traceback (most recent call last):
    analyze.errors.UsageError: --confidence is 95; it must lie between 0 and 1, e.g. 0.95
    """
    _check_numbers(margin=margin, confidence=confidence, resamples=resamples, seed=seed)
    if paired is not None and unit not in (None, paired):
        raise UsageError(f"--paired {paired} and --unit {unit} name two columns; --paired alone is enough")
    if at is not None and rows_are_runs:
        raise UsageError(f"--at {at} chooses one row a run, and --rows-are-runs says that every row is one")
    if wide is not None and metric_column is not None:
        raise UsageError("--wide and --metric-column are two forms of table; give one of them")
    tables = (table,) if isinstance(table, str) else tuple(map(str, table))
    asked_by = (by,) if isinstance(by, str) else tuple(by)
    if not any(part.strip(" ,") for part in asked_by):
        raise UsageError("--by names no column; give at least one, e.g. --by schedule")
    return Question(
        table=" ".join(tables),
        tables=tables,
        value=value,
        metric_column=metric_column,
        wide=None if wide is None else _words(wide),
        by=asked_by,
        unit=paired if unit is None else unit,
        unit_given=unit is not None,
        rows_are_runs=rows_are_runs,
        at=at,
        task=(task,) if isinstance(task, str) else tuple(task or ()),
        status=status,
        ok=_words(ok),
        failed=_words(failed),
        ignore=_words(ignore),
        baseline=baseline,
        where=where if where and where.strip() else None,
        margin=None if margin is None else float(margin),
        confidence=float(confidence),
        resamples=int(resamples),
        seed=int(seed),
        paired=paired,
        adjust=_choice("adjust", adjust, ADJUSTMENTS),
        primary=primary,
        better=_choice("better", better or guess_better(value), DIRECTIONS),
        better_assumed=better is None,
        axis=_choice("axis", axis, AXES),
    )


def _words(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """Split what is joined by commas."""
    parts = given.split(",") if isinstance(given, str) else given or ()
    return tuple(part.strip() for part in parts if part.strip())


def _choice(option: str, given: str, known: Sequence[str]) -> str:
    if given not in known:
        raise UsageError(f"--{option} is {given!r}; choose one of {', '.join(known)}")
    return given


def _check_numbers(*, margin: float | None, confidence: float, resamples: int, seed: int) -> None:
    if not 0 < confidence < 1:
        raise UsageError(f"--confidence is {fmt.exact(confidence)}; it must lie between 0 and 1, e.g. 0.95")
    if resamples < MIN_RESAMPLES:
        raise UsageError(f"--resamples is {resamples}; it must be at least {MIN_RESAMPLES}, e.g. 9999")
    if margin is not None and not (margin > 0 and math.isfinite(margin)):
        raise UsageError(
            f"--margin is {fmt.exact(margin)}; it must be a number above 0, in units of the value column"
        )
    if seed < 0:
        raise UsageError(f"--seed is {seed}; it must be 0 or more")
