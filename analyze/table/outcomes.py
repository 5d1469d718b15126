"""How a run ended: which columns say so, in whose words, and which rows are the same run twice.

One vocabulary for all tables, in any case: that of W&B, MLflow, Optuna, Ray, Slurm, SMAC, the benchmarks of
AutoML, and our own. A word that it does not know stops the analysis: nothing is guessed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from analyze import text as fmt
from analyze.errors import DataError, argument

KEY = ("config_hash", "seed")
STATUSES = ("ok", "diverged", "failed")
Ending = Literal["ok", "failed", "left out"]

_OK = (
    "ok", "okay", "finished", "finish", "complete", "completed", "success", "successful", "succeeded",
    "done", "terminated", "converged", "clean", "pass", "passed", "good", "valid", "early stopped",
    "stopped early", "early stopping",
)  # fmt: skip
_FAILED = (
    "failed", "fail", "failure", "crashed", "crash", "error", "errored", "exception", "killed", "kill",
    "diverged", "diverge", "divergence", "diverging", "oom", "out of memory", "memout", "memoryout",
    "mem out", "timeout", "timed out", "time out", "tle", "mle", "nan", "inf", "-inf", "+inf",
    "infinity", "-infinity", "aborted", "abort", "cancelled", "canceled", "node fail", "boot fail",
    "deadline", "segfault", "lost", "interrupted", "broken", "invalid", "dnf", "dnc", "did not finish",
    "did not converge", "not converged", "collapsed", "exploded", "unstable", "no convergence",
    "revoked", "evicted",
)  # fmt: skip
# Neither: what such a run would have reached is not known.
_LEFT_OUT = (
    "running", "pending", "queued", "scheduled", "waiting", "paused", "pruned", "preempted",
    "preempting", "requeued", "suspended", "completing", "configuring", "skipped", "not started",
    "unfinished", "in progress", "stopping", "submitted", "created", "starting", "donotadvance",
    "capped", "stopped",
)  # fmt: skip
WORDS: dict[str, Ending] = {
    **dict.fromkeys(_OK, "ok"),
    **dict.fromkeys(_FAILED, "failed"),
    **dict.fromkeys(_LEFT_OUT, "left out"),
}
# A text that holds one of these tells of a failure ("diverged at step 300", "CUDA out of memory") …
_TELLING = (
    "failed", "failure", "crashed", "crash", "killed", "diverged", "divergence", "oom", "timeout",
    "nan", "cancelled", "canceled", "aborted", "exception", "error", "segfault", "collapsed",
    "exploded", "dnf", "traceback", "out of memory", "timed out", "time limit", "did not converge",
    "did not finish", "not converged",
)  # fmt: skip
# … unless it may deny it ("no error", "0 failed").
_DENIALS = frozenset({"no", "not", "without", "non", "never", "0", "none", "if", "may", "maybe"})
# In a cell that should hold a number these say that there is none.
_DASHES = frozenset(
    {
        "-",
        "--",
        "---",
        "–",
        "—",
        "−",
        "x",
        "✗",
        "✕",
        "∞",
        "-∞",
        "−∞",
        "?",
    }
)

# Names of columns without case, blanks and punctuation, and without what stands before the last dot.
_STATUS_NAMES = (
    "status", "state", "runstatus", "runstate", "jobstate", "jobstatus", "trialstate", "trialstatus",
    "exitstatus", "finalstatus", "finalstate", "endstate", "statustype", "outcome", "result",
)  # fmt: skip
_MESSAGE_NAMES = ("info", "error", "exception", "errormessage", "errormsg", "failurereason", "failure")
_FAILED_FLAGS = ("diverged", "failed", "crashed", "isfailed", "isdiverged", "iscrashed", "oom", "timedout")
_OK_FLAGS = ("finished", "completed", "isfinished", "iscompleted")
_EXIT_CODES = ("exitcode", "returncode")
_TRUE, _FALSE = frozenset({"true", "1", "1.0", "yes"}), frozenset({"false", "0", "0.0", "no"})
_MAX_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What a person says of words that decide how a run ended, beside the words that everybody uses."""

    column: str | None = None
    ok: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def ending(self, word: str) -> Ending | None:
        """Return what a word says of a run; None where it is not known."""
        plain = _plain(word)
        own: tuple[tuple[Ending, tuple[str, ...]], ...] = (
            ("ok", self.ok),
            ("failed", self.failed),
            ("left out", self.ignore),
        )
        for ending, words in own:
            if plain in {_plain(one) for one in words}:
                return ending
        return _known_ending(plain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """How the runs of a table ended.

    Attributes
    ----------
    reason : Series
        Why a row is not compared, in words; missing where its run finished.
    failed : Series of bool
        Whether the run failed, which is an outcome; the others with a reason are left out.
    columns : tuple of str
        The columns that said so.
    told : tuple of str
        What was taken as what: a sentence for each column that calls a run anything but ok.
    """

    reason: pd.Series
    failed: pd.Series
    columns: tuple[str, ...]
    told: tuple[str, ...]


def endings(
    frame: pd.DataFrame, *, taken: Sequence[str], value: str, vocabulary: Vocabulary, status: str | None
) -> tuple[Endings, list[str]]:
    """Say for each row how its run ended, and remark on columns that look like an outcome and are none.

    Parameters
    ----------
    frame : DataFrame
        The selected rows.
    taken : sequence of str
        Columns that have another role already (value, by, unit).
    value : str
        The compared column: a message such as ``info`` tells of a failure only where it is empty.
    vocabulary : Vocabulary
        What the question says of words.
    status : str or None
        The column that the reader of the file knows to be the status.

    Raises
    ------
    DataError
        A status column holds words that are not known.
    """
    reason = pd.Series(None, index=frame.index, dtype=object)
    failed = pd.Series(False, index=frame.index)  # noqa: FBT003 - a value
    told: list[str] = []
    columns = outcome_columns(frame, taken=taken, vocabulary=vocabulary, status=status)
    for column in columns:
        named = column in (vocabulary.column, status)
        one = _endings_of(frame, column, value=value, vocabulary=vocabulary, named=named)
        new = reason.isna() & one.reason.notna()
        reason, failed = reason.mask(new, one.reason), failed.mask(new, one.failed)
        told += one.told
    remarks = [
        f"The column {column} tells no ending that is known, so it was not used to find failed runs."
        for column in frame.columns
        if column not in (*columns, *taken) and _normalised(column) in ("status", "state", *_FAILED_FLAGS)
    ]
    return Endings(reason=reason, failed=failed, columns=columns, told=tuple(told)), remarks


def outcome_columns(
    frame: pd.DataFrame,
    *,
    taken: Sequence[str] = (),
    vocabulary: Vocabulary | None = None,
    status: str | None = None,
) -> tuple[str, ...]:
    """Return the columns that say how a run ended."""
    vocabulary = vocabulary or Vocabulary()
    first = [name for name in (vocabulary.column, status) if name is not None and name in frame.columns]
    others = [name for name in frame.columns if name not in taken and _tells_outcome(frame[name], vocabulary)]
    return tuple(dict.fromkeys(first if vocabulary.column else [*first, *others]))


def word_endings(words: pd.Series, *, column: str, vocabulary: Vocabulary) -> tuple[pd.Series, pd.Series]:
    """Say what words in the place of numbers tell: a reason and whether the run failed, for each row.

    Raises
    ------
    DataError
        Some of the words are not known.
    """
    distinct = words.dropna().unique()
    if not len(distinct):
        return pd.Series(None, words.index, dtype=object), pd.Series(data=False, index=words.index)
    known: dict[str, Ending | None] = {}
    for word in distinct:
        plain = _plain(str(word))
        known[word] = vocabulary.ending(str(word)) or ("failed" if plain in _DASHES else None)
    _refuse_unknown(words, known, column)
    shown = words.map(lambda word: _short(" ".join(str(word).split())), na_action="ignore")
    return shown.where(words.notna(), None), words.map(known).eq("failed").fillna(value=False).astype(bool)


def _endings_of(
    frame: pd.DataFrame, column: str, *, value: str, vocabulary: Vocabulary, named: bool
) -> Endings:
    """Read one column that says how runs ended."""
    cells, name = frame[column], _normalised(column)
    flag = _flag(cells)
    # A message tells of a failure where there is no value; its words are a program's, not a vocabulary.
    if column != vocabulary.column and name in _MESSAGE_NAMES and flag is None:
        texts = cells.where(cells.notna(), None).map(
            lambda text: _short(" ".join(str(text).split())) or None, na_action="ignore"
        )
        lost = texts.notna() & frame[value].isna()
        reason = texts.astype(object).mask(~lost, None)
        n = int(lost.sum())
        rows = "1 row without a value has" if n == 1 else f"{fmt.count(n)} rows without a value have"
        counts = "counts" if n == 1 else "count"
        told = (f"{column}: {rows} a message there, and {counts} as failed.",) * (n > 0)
        return Endings(reason=reason, failed=lost, columns=(column,), told=told)
    if flag is not None and not (named and name in _STATUS_NAMES):
        bad = flag if name not in _OK_FLAGS else ~flag
        word = column if name not in _OK_FLAGS else f"not {column}"
        reason = pd.Series(word, cells.index, dtype=object).mask(~bad, None)
        return Endings(reason=reason, failed=bad, columns=(column,), told=())
    if not named and name in _EXIT_CODES:
        bad = cells.fillna(0).ne(0)
        reason = cells.map(lambda code: f"{column} {code}").astype(object).mask(~bad, None)
        return Endings(reason=reason, failed=bad, columns=(column,), told=())
    return _by_words(cells, column, vocabulary)


def _by_words(cells: pd.Series, column: str, vocabulary: Vocabulary) -> Endings:
    words = cells.astype(object).map(lambda text: str(text).strip() or None, na_action="ignore")
    words = words.where(words.notna(), None)
    known: dict[str, Ending | None] = {
        str(word): vocabulary.ending(str(word)) for word in words.dropna().unique()
    }
    _refuse_unknown(words, known, column)
    ending = words.map(known)
    # Where only what went wrong is written down, an empty cell is a run that finished.
    empty: Ending = "left out" if "ok" in known.values() else "ok"
    shown = words.map(lambda word: _short(" ".join(word.split())), na_action="ignore")
    reason = shown.where(words.notna(), None if empty == "ok" else f"{column} missing").mask(
        ending.eq("ok"), None
    )
    return Endings(
        reason=reason.where(reason.notna(), None),
        failed=ending.eq("failed").fillna(value=False).astype(bool),
        columns=(column,),
        told=_told(words, known, column, empty),
    )


def _told(words: pd.Series, known: dict[str, Ending | None], column: str, empty: Ending) -> tuple[str, ...]:
    """Say what was taken as what, where a run is called anything but ok."""
    if set(known.values()) <= {"ok"} and (empty == "ok" or words.notna().all()):
        return ()
    counts = words.value_counts()
    parts = []
    for ending, one, more in (
        ("ok", "counts as finished", "count as finished"),
        ("failed", "counts as failed", "count as failed"),
        ("left out", "is left out", "are left out"),
    ):
        named = [
            f"{_short(word)} ({fmt.count(counts[word])})"
            for word in sorted(known, key=str)
            if known[word] == ending
        ]
        if named:
            shown = (
                named
                if len(named) <= _MAX_NAMED
                else [*named[:_MAX_NAMED], f"{len(named) - _MAX_NAMED} more"]
            )
            parts.append(f"{', '.join(shown)} {one if len(named) == 1 else more}")
    n_empty = int(words.isna().sum())
    if n_empty:
        cells = "1 empty cell" if n_empty == 1 else f"{fmt.count(n_empty)} empty cells"
        meant = "count as finished" if empty == "ok" else "are left out"
        parts.append(
            f"{cells} {meant if n_empty > 1 else meant.replace('count', 'counts').replace('are', 'is')}"
        )
    return (f"{column}: {'; '.join(parts)}.",)


def _refuse_unknown(words: pd.Series, known: dict[str, Ending | None], column: str) -> None:
    unknown = [word for word in known if known[word] is None]
    if not unknown:
        return
    counts = words.value_counts()
    listed = ", ".join(
        f"{_short(word)!r} ({fmt.count(counts[word])})" for word in sorted(unknown, key=str)[:_MAX_NAMED]
    )
    more = f" and {len(unknown) - _MAX_NAMED} more" if len(unknown) > _MAX_NAMED else ""
    raise DataError(
        f"{column} holds words whose meaning is not known: {listed}{more}; say which runs they are with "
        f"{argument('ok', like='WORDS')}, {argument('failed', like='WORDS')} or "
        f"{argument('ignore', like='WORDS')} (joined by commas), or leave them out with {argument('where')}"
    )


def _tells_outcome(cells: pd.Series, vocabulary: Vocabulary) -> bool:
    """Whether a column that was not named says how a run ended, by its name and its cells."""
    name = _normalised(str(cells.name))
    if name in (*_FAILED_FLAGS, *_OK_FLAGS):
        return _flag(cells) is not None
    if name in _EXIT_CODES:
        return pd.api.types.is_integer_dtype(cells.dtype)
    if name not in (*_STATUS_NAMES, *_MESSAGE_NAMES) or not _is_text(cells):
        return False
    if name in _MESSAGE_NAMES:
        return bool(cells.notna().any())
    words = [str(word) for word in cells.dropna().unique() if str(word).strip()]
    some = any(vocabulary.ending(word) for word in words)
    # A state may be one of America's: it is an ending only where some of its words are.
    return bool(words) and (some or name == "status")


def _flag(cells: pd.Series) -> pd.Series | None:
    """Return a column of yes and no as booleans; None where it is none."""
    distinct = {value: str(value).strip().lower() for value in cells.dropna().unique()}
    if not distinct or not set(distinct.values()) <= _TRUE | _FALSE:
        return None
    truth = {value: text in _TRUE for value, text in distinct.items()}
    return cells.map(truth).fillna(value=False).astype(bool)


def _is_text(cells: pd.Series) -> bool:
    return not (
        pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_datetime64_any_dtype(cells.dtype)
    )


def _known_ending(plain: str) -> Ending | None:
    if plain in WORDS:
        return WORDS[plain]
    if any(phrase in plain for phrase in _TELLING if " " in phrase):
        return "failed"
    words = re.findall(r"[a-z]+|\d+", re.sub(r"(?<=[a-z])(error|exception)\b", r" \1", plain))
    telling = [i for i, word in enumerate(words) if word in _TELLING]
    # "no error", "without any nan", "failed: 0": what denies stands close by
    denied = any(_DENIALS & set(words[max(0, i - 2) : i] + words[i + 1 : i + 2]) for i in telling)
    return "failed" if telling and not denied else None


def _plain(word: str) -> str:
    """Return a word without case, separators and the class that an enumeration prints before it."""
    text = word.strip().casefold()
    text = re.sub(r"^[a-z_]*(?:status|state|statustype)\.(?=[a-z_]+$)", "", text)
    return " ".join(re.sub(r"[_\s]+|(?<=\w)-(?=\w)", " ", text).split()).rstrip(".!")


def _normalised(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.rpartition(".")[2].casefold())


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def duplicate_rows(frame: pd.DataFrame, by: Iterable[str]) -> pd.Series:
    """Mark all but one of the rows with the same (``config_hash``, ``seed``) and group.

    The first success stays: ok before diverged before failed, then the earliest commit, then the smallest
    run_id, so that the choice does not depend on the order of rows or files.
    """
    rank = {status: i for i, status in enumerate(STATUSES)}
    status = frame["status"].astype(object).map(rank) if "status" in frame.columns else 0
    order = pd.DataFrame({"rank": status}, index=frame.index)
    for column in ("committed_at", "run_id"):
        if column in frame.columns:
            order[column] = frame[column]
    best_first = order.sort_values(list(order.columns), kind="stable").index
    keys = list(dict.fromkeys((*KEY, *by)))
    return frame.loc[best_first, keys].duplicated().reindex(frame.index)
