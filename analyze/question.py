"""What is asked: one validated `Question`, made from the raw options of the command line."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyze.errors import UsageError

MIN_RESAMPLES = 99
ADJUSTMENTS = ("holm", "bh")
DIRECTIONS = ("higher", "lower")
AXES = ("auto", "linear", "log")
_LOWER_IS_BETTER = {
    "loss", "error", "err", "nll", "perplexity", "ppl", "mse", "rmse", "mae", "cost", "regret", "time",
    "duration", "latency",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a run table.

    ``unit`` is None until the table is read: `analyze.table.read` then fills in ``seed`` if there is
    such a column. ``margin`` is the largest difference of means that counts as none, in units of ``value``.
    ``paired`` is the column whose equal values make pairs, if that was declared. ``adjust`` is ``holm`` or
    ``bh``; ``better`` is ``higher`` or ``lower``; ``axis``, of values in figures, is ``auto``, ``linear`` or
    ``log``.
    """

    table: str
    value: str
    by: tuple[str, ...]
    unit: str | None
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
    axis: str

    @property
    def alpha(self) -> float:
        """Significance level, 1 − confidence."""
        # 1 − 0.95 is 0.050000000000000044, which would let p = 0.05 pass or fail by a rounding error
        return round(1 - self.confidence, 12)


def make_question(
    table: str = "data/runs",
    *,
    value: str = "accuracy",
    by: str | Sequence[str] = "schedule",
    unit: str | None = None,
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
    table : str
        Parquet file, directory of Parquet files, or CSV file.
    value, by, unit : str
        Columns: what is compared, what makes a group (several as a sequence or ``"a,b"``), what
        identifies a run inside its group.
    baseline : str, optional
        Group that the others are compared with; by default all pairs are compared.
    where : str, optional
        Row filter, a pandas query expression.
    margin : float, optional
        Largest difference of means that counts as equivalent.
    confidence : float
        Confidence level of every interval; the significance level is 1 − confidence.
    resamples : int
        Bootstrap and permutation resamples.
    seed : int
        Seed of all random streams.
    paired : str, optional
        Column whose equal values declare runs of two groups to be pairs, e.g. ``seed``.
    adjust : {"holm", "bh"}
        How p-values are adjusted for their number: Holm's method or that of Benjamini & Hochberg.
    primary : str
        Key of the test that gives the verdict.
    better : {"higher", "lower"}, optional
        Which values are the better ones. By default ``lower`` where the value's name speaks of a loss, an
        error or a time, else ``higher``.
    axis : {"auto", "linear", "log"}
        How figures draw values; see `analyze.figures.tables.axis`.

    Raises
    ------
    UsageError
        If an option is outside its range.

    Examples
    --------
    >>> make_question("runs.csv", value="loss", by="schedule,optimizer").by
    ('schedule', 'optimizer')
    >>> make_question(confidence=95)
    Traceback (most recent call last):
    analyze.errors.UsageError: --confidence is 95; it must lie between 0 and 1, e.g. 0.95
    """
    _check_numbers(margin=margin, confidence=confidence, resamples=resamples, seed=seed)
    if paired is not None and unit not in (None, paired):
        raise UsageError(f"--paired {paired} and --unit {unit} name two columns; --paired alone is enough")
    return Question(
        table=str(table),
        value=value,
        by=_columns(by, value=value),
        unit=paired if unit is None else unit,
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
        axis=_choice("axis", axis, AXES),
    )


def guess_better(value: str) -> str:
    """Guess from a column's name which values are better.

    Examples
    --------
    >>> guess_better("test_loss"), guess_better("accuracy"), guess_better("top1-err")
    ('lower', 'higher', 'lower')
    """
    words = re.split(r"[^a-z]+", value.lower())
    return "lower" if _LOWER_IS_BETTER & set(words) else "higher"


def _choice(option: str, given: str, known: Sequence[str]) -> str:
    if given not in known:
        raise UsageError(f"--{option} is {given!r}; choose one of {', '.join(known)}")
    return given


def _columns(by: str | Sequence[str], *, value: str) -> tuple[str, ...]:
    parts = by.split(",") if isinstance(by, str) else [part for item in by for part in item.split(",")]
    columns = tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if not columns:
        raise UsageError("--by names no column; give at least one, e.g. --by schedule")
    if value in columns:
        raise UsageError(f"{value!r} is both --value and --by; group by another column")
    return columns


def _check_numbers(*, margin: float | None, confidence: float, resamples: int, seed: int) -> None:
    if not 0 < confidence < 1:
        raise UsageError(f"--confidence is {confidence:g}; it must lie between 0 and 1, e.g. 0.95")
    if resamples < MIN_RESAMPLES:
        raise UsageError(f"--resamples is {resamples}; it must be at least {MIN_RESAMPLES}, e.g. 9999")
    if margin is not None and not (margin > 0 and math.isfinite(margin)):
        raise UsageError(f"--margin is {margin:g}; it must be a number above 0, in units of the value column")
    if seed < 0:
        raise UsageError(f"--seed is {seed}; it must be 0 or more")
