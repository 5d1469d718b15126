"""What every run answered to every test example, where a table holds it: read once the runs are chosen.

An answer is a code: 0 is right, and equal codes are equal answers to the same example.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analyze import text as fmt
from analyze.errors import DataError, UsageError, argument
from analyze.question import Question
from analyze.table import example_groups, grouping, segments
from analyze.table.source import Source, read_answers

Codes = npt.NDArray[np.uint8]
# More than this is not held: 100,000 runs of 10,000 examples.
MAX_BYTES = 2**30
NOT_USED = "Answers to test examples were not used"
_DIGITS = b"0123456789"
# How far the share of right answers may be from the value beside it.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers of the runs that finished, by group.

    Attributes
    ----------
    codes : dict
        Of each group an array of shape (n_runs, n_examples): 0 is right.
    units : dict
        Of each group what names its runs, in the same order; None where nothing does.
    n_left_out : dict
        Of each group the finished runs that are not here: their answers are missing, or too many to hold.
    example : str
        What a test example is called, in the singular.
    is_value : bool
        The value that is compared is the share of right answers, or of wrong ones.
    groups : ndarray of int, shape (n_examples,), or None
        Which examples are alike, by the same writer or about the same text; None where nobody said so.
    """

    codes: dict[str, Codes]
    units: dict[str, list[object] | None]
    n_left_out: dict[str, int]
    example: str
    is_value: bool
    groups: npt.NDArray[np.int64] | None

    @property
    def n_examples(self) -> int:
        """Test examples that every run answered."""
        return int(next(iter(self.codes.values())).shape[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """The finished runs whose answers are asked for, and where these stand."""

    runs: pd.DataFrame
    places: npt.NDArray[np.int64]


class _UnusableError(Exception):
    """Why the answers are of no use; the rest of a report stands."""


def of_runs(
    source: Source,
    question: Question,
    selected: pd.DataFrame,
    cells: "pd.Series[Any] | None",
    runs: pd.DataFrame,
    places: npt.NDArray[np.int64],
    examples: npt.NDArray[np.int64] | None = None,
) -> tuple[Answers | None, list[str]]:
    """Read the answers of the runs that are compared.

    Parameters
    ----------
    source, question
        The table, and what is asked.
    selected : DataFrame
        Its rows that are used.
    cells : Series or None
        Their answers, where a column holds them; of our own tables they are read now.
    runs : DataFrame
        ``group``, ``unit``, ``value`` of the runs that finished.
    places : ndarray of int
        The row of each in ``selected``.
    examples : ndarray of int, optional
        Which examples are alike, as the table says.

    Returns
    -------
    Answers or None, list of str
        None where there are none of use, and sentences for the reader.

    Raises
    ------
    UsageError, DataError
        A file of groups of examples is not there, or does not fit.
    """
    if cells is None and not (source.answered and segments.ROW in selected.columns):
        if question.image_groups is not None:
            raise UsageError(
                f"{argument('image_groups', question.image_groups)} groups test examples, and this table "
                f"holds no answers to any: name the column that does by {argument('outcomes', like='COLUMN')}"
            )
        return None, []
    told: list[str] = []
    try:
        chosen = _held(_Chosen(runs=runs, places=places), selected, told)
        if cells is not None:
            found = _of_cells(cells.iloc[chosen.places], question)
        else:
            _check_same_test_set(selected.iloc[chosen.places])
            found = _of_segments(source, selected[segments.ROW].iloc[chosen.places])
        answers = _by_group(found, chosen, question, n_all=runs.groupby("group", observed=True).size())
    except _UnusableError as reason:
        return None, [f"{NOT_USED}: {reason}."]
    groups = examples
    if question.image_groups is not None:
        groups = example_groups.read(question.image_groups, answers.n_examples)
    answers = Answers(
        codes=answers.codes, units=answers.units, n_left_out=answers.n_left_out,
        example="image" if cells is None else "example",
        is_value=answers.is_value, groups=groups,
    )  # fmt: skip
    lost = sum(answers.n_left_out.values())
    if lost and not told:
        told.append(
            f"Answers to test examples: {fmt.plural(lost, 'finished run has', 'finished runs have')} none."
        )
    return answers, told


def find_column(question: Question, frame: pd.DataFrame) -> str:
    """Return the column that holds the answers, as it was named.

    Raises
    ------
    UsageError
        There is none of this name, or it has another role.
    """
    name = grouping.find_column(str(question.outcomes), [str(c) for c in frame.columns], option="outcomes")
    if name == question.value or name in question.by:
        raise UsageError(f"{argument('outcomes', name)} has another role already; name the column of answers")
    return name


def _held(chosen: _Chosen, selected: pd.DataFrame, told: list[str]) -> _Chosen:
    """Return the runs whose answers memory holds: of each group those of the smallest units."""
    if "n_test" not in selected.columns:
        return chosen
    sizes = pd.to_numeric(selected["n_test"].iloc[chosen.places], errors="coerce")
    n_examples = float(sizes.max()) if sizes.notna().any() else 1.0
    # Runs without units are sorted by value, and the first of a group would be its worst
    order = np.argsort(chosen.places, kind="stable") if chosen.runs["unit"].isna().all() else slice(None)
    by_group = chosen.runs.iloc[order].groupby("group", observed=True, sort=False)
    most = max(2, int(MAX_BYTES / max(n_examples, 1.0) / max(1, by_group.ngroups)))
    keep = (by_group.cumcount() < most).reindex(chosen.runs.index).to_numpy()
    if keep.all():
        return chosen
    told.append(
        f"Answers to test examples: of {fmt.plural(len(keep), 'run')}, the {fmt.count(most)} with the "
        "smallest seeds of each group were used."
    )
    return _Chosen(runs=chosen.runs[keep].reset_index(drop=True), places=chosen.places[keep])


def _check_same_test_set(rows: pd.DataFrame) -> None:
    for name in ("dataset", "n_test"):
        if name in rows.columns and len(rows[name].unique()) > 1:
            several = fmt.listing(sorted(str(cell) for cell in rows[name].unique())[:4])
            raise _UnusableError(
                f"the runs have several {name} ({several}), so their examples are not the same"
            )


def _of_segments(source: Source, names: "pd.Series[Any]") -> tuple[Codes, npt.NDArray[np.bool_]]:
    """Return the answers of our own runs, and which of the runs have any."""
    wanted = pa.array(names.astype(str), pa.string())
    codes: Codes | None = None
    has = np.zeros(len(wanted), dtype=bool)
    for table in read_answers(source, wanted):
        at = pc.index_in(table[segments.ROW].cast(pa.string()), value_set=wanted).to_numpy()
        start = 0
        for chunk in table[segments.ANSWERS].chunks:
            rows = at[start : start + len(chunk)]
            start += len(chunk)
            known = chunk.is_valid().to_numpy(zero_copy_only=False)
            if not known.any():
                continue
            data = chunk.filter(pa.array(known))
            lengths = pc.unique(pc.binary_length(data)).to_pylist()
            n_examples = codes.shape[1] if codes is not None else int(lengths[0])
            if lengths != [n_examples]:
                raise _UnusableError(
                    f"runs answered {fmt.listing([fmt.count(n) for n in {n_examples, *lengths}])} examples"
                )
            if codes is None:
                codes = np.zeros((len(wanted), n_examples), dtype=np.uint8)
            ends = np.frombuffer(data.buffers()[1], np.int32)[data.offset : data.offset + len(data) + 1]
            flat = np.frombuffer(data.buffers()[2], np.uint8)[ends[0] : ends[-1]]
            codes[rows[known]] = flat.reshape(len(data), n_examples)
            has[rows[known]] = True
    if codes is None:
        raise _UnusableError("no run has any")
    return codes, has


def _of_cells(cells: "pd.Series[Any]", question: Question) -> tuple[Codes, npt.NDArray[np.bool_]]:
    """Return the answers that cells hold, and which cells hold any."""
    name = str(question.outcomes)
    parsed = [_parsed(cell, name) for cell in cells]
    has = np.array([one is not None for one in parsed], dtype=bool)
    lengths = sorted({len(one) for one in parsed if one is not None})
    if not lengths:
        raise _UnusableError(f"{name} is empty in every finished run")
    if len(lengths) > 1:
        raise _UnusableError(
            f"the runs have different numbers of answers in {name}, from {lengths[0]} to {lengths[-1]}"
        )
    codes = np.zeros((len(parsed), lengths[0]), dtype=np.uint8)
    for row, one in enumerate(parsed):
        if one is not None:
            codes[row] = one
    if has.any() and not (codes[has] == 0).any() and np.isin(codes[has], list(_DIGITS)).all():
        codes -= _DIGITS[0]  # bytes that are the letters of digits
    if question.outcomes_are == "right":
        if codes.max(initial=0) > 1:
            raise _UnusableError(f"a 1 is to be right, and {name} holds {int(codes.max())} besides 0 and 1")
        codes = (1 - codes).astype(np.uint8)
    return codes, has


def _parsed(cell: object, name: str) -> Codes | None:
    """Return the codes in a cell: bytes, a text of digits, or numbers in a text, as JSON has them."""
    if isinstance(cell, bytes):
        return np.frombuffer(cell, np.uint8)
    if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
        return None
    text = str(cell).strip()
    if not text:
        return None
    parts: Sequence[str] = text
    if not text.isdigit():
        words = text.strip("[](){}").replace(",", " ").replace(";", " ").split()
        parts = ["1" if w.lower() == "true" else "0" if w.lower() == "false" else w for w in words]
    try:
        return np.array([int(part) for part in parts], dtype=np.uint8)
    except (ValueError, OverflowError):
        shown = fmt.shorten(text, 40)
        raise DataError(
            f"{argument('outcomes', name)}: {shown!r} holds no answers; a cell is to hold one digit, or one "
            "whole number from 0 to 255, for each test example: 0 where the run is right"
        ) from None


def _by_group(
    found: tuple[Codes, npt.NDArray[np.bool_]],
    chosen: _Chosen,
    question: Question,
    *,
    n_all: "pd.Series[Any]",
) -> Answers:
    codes, has = found
    if codes.shape[1] < 2:
        raise _UnusableError(
            f"there is {fmt.plural(codes.shape[1], 'test example')}, and two at least are needed"
        )
    groups = chosen.runs["group"].to_numpy()
    values = chosen.runs["value"].to_numpy(np.float64)
    is_value = _is_share(values[has], codes[has], question)
    units = chosen.runs["unit"]
    by_group: dict[str, Codes] = {}
    names: dict[str, list[object] | None] = {}
    left: dict[str, int] = {}
    for group in dict.fromkeys(groups):
        rows = np.flatnonzero((groups == group) & has)
        part = units.iloc[rows]
        if part.isna().any():
            rows = rows[np.argsort(chosen.places[rows], kind="stable")]
        by_group[str(group)] = np.ascontiguousarray(codes[rows])
        names[str(group)] = None if part.isna().any() else part.tolist()
        left[str(group)] = int(n_all[group]) - len(rows)
    few = [group for group, one in by_group.items() if len(one) < 2]
    if few:
        raise _UnusableError(f"fewer than two runs of {few[0]} have any")
    return Answers(codes=by_group, units=names, n_left_out=left, example="", is_value=is_value, groups=None)


def _is_share(values: npt.NDArray[np.float64], codes: Codes, question: Question) -> bool:
    """Whether the values are shares, or numbers, of right or wrong answers; refuse a false accuracy."""
    n = codes.shape[1]
    right = np.count_nonzero(codes == 0, axis=1) / n
    meant, other = (right, 1 - right) if question.better == "higher" else (1 - right, right)

    def fits(share: npt.NDArray[np.float64]) -> bool:
        return any(
            np.allclose(values, scale * share, rtol=0, atol=_ROUNDING * scale)
            for scale in (1.0, 100.0, float(n))
        )

    if fits(meant):
        return True
    if fits(other):
        meaning = ("wrong", "right") if question.outcomes_are != "right" else ("right", "wrong")
        raise _UnusableError(
            f"{question.value} is the share of {'wrong' if question.better == 'higher' else 'right'} answers "
            f"if a 1 is {meaning[0]}; {fmt.option('outcomes_are', meaning[1])} says that it is not"
        )
    if "accuracy" in re.split(r"[\W_]+", question.value.lower()):
        worst = int(np.argmax(np.abs(values - right)))
        raise _UnusableError(
            f"{question.value} is {fmt.exact(float(values[worst]))} where "
            f"{fmt.percent(float(right[worst]), 2)} of the answers are right, so they are something else"
        )
    return False
