"""The values of somebody's column as those of ours, or an error that names the row and the value.

Rows are counted from 1; the line with the names is not a row.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collect.errors import DataError, UsageError

NO_VALUE = ("", "NA", "N/A", "n/a", "<NA>", "#N/A", "None", "none", "null", "NULL")
TRUE, FALSE = ("true", "1", "1.0", "yes"), ("false", "0", "0.0", "no")
# Settings that agree in 6 digits are the same: 0.001 and the float32 next to it, or a number that was
# written with 10 digits once and with 17 another time.
SETTING_DIGITS = 6
MAX_WHOLE = 2**53  # up to here a float is one whole number
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*|0?\.\d+|(0|[1-9]\d*)\.\d*)([eE][+-]?\d+)?")

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a table gives for one of our columns.

    Attributes
    ----------
    table
        What to call the table.
    ours
        Our name of the column.
    theirs
        The table's name of it; None: a constant, the same for all rows.
    values
        One for each row, as the table has them.
    """

    table: str
    ours: str
    theirs: str | None
    values: pa.Array

    def refuse(self, wrong: Mask, advice: str) -> None:
        """Raise an error for the first row that is wrong, if there is one."""
        if wrong.any():
            self.refuse_row(int(wrong.argmax()), advice)

    def refuse_row(self, row: int, advice: str) -> NoReturn:
        """Raise the error for a row, counted from 0."""
        value = self.values[row].as_py()
        if self.theirs is None:
            raise UsageError(f"--set {self.ours}={value}: {advice}")
        shown = "missing" if value is None else f"{value!r}"[:60]
        source = "" if self.ours == self.theirs else f" (column {self.theirs})"
        raise DataError(f"{self.table}, row {row + 1}: {self.ours}{source} is {shown}: {advice}")


def numbers(given: Given) -> tuple[Floats, Mask]:
    """Return numbers, and where there is one; "nan" and "inf" are numbers, "NA" is none."""
    values = given.values
    if _is_text(values):
        values = _parsed(given)
    elif not _is_number(values):
        given.refuse(_valid(values), _not_a_number(given))
        values = pa.nulls(len(values), pa.float64())
    floats = values.cast(pa.float64(), safe=False)
    return floats.fill_null(math.nan).to_numpy(zero_copy_only=False), _valid(floats)


def whole_numbers(given: Given, *, high: int) -> pa.Array:
    """Return whole numbers from 0 to `high`, null where there is none."""
    values = given.values
    if _is_text(values):
        try:
            values = pc.utf8_trim_whitespace(values).cast(pa.int64())
        except pa.ArrowInvalid:
            values = _parsed(given)
    if not pa.types.is_integer(values.type):
        floats, valid = numbers(given)
        with np.errstate(invalid="ignore"):
            whole = np.isfinite(floats) & (np.floor(floats) == floats) & (np.abs(floats) <= MAX_WHOLE)
        given.refuse(valid & ~whole, "not a whole number")
        values = pa.array(np.where(valid, floats, 0).astype(np.int64), mask=~valid)
    if values.type == pa.uint64():
        given.refuse(_mask(pc.greater(values, pa.scalar(high, pa.uint64()))), f"must be at most {high:,}")
    values = values.cast(pa.int64())
    given.refuse(_mask(pc.less(values, 0)), "must not be negative")
    given.refuse(_mask(pc.greater(values, high)), f"must be at most {high:,}")
    return values


def texts(given: Given) -> pa.Array:
    """Return words, null where there is none."""
    values = given.values
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    try:
        values = values.cast(pa.string())
    except pa.ArrowException:
        given.refuse(_valid(values), "not a text")
    values = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(values, ""), None, values).cast(pa.string())


def truths(given: Given) -> pa.Array:
    """Return true or false, null where there is none."""
    if pa.types.is_boolean(given.values.type):
        return given.values
    words = pc.utf8_lower(texts(given))
    words = pc.if_else(pc.is_in(words, pa.array([w.lower() for w in NO_VALUE])), None, words)
    is_true, is_false = pc.is_in(words, pa.array(TRUE)), pc.is_in(words, pa.array(FALSE))
    given.refuse(_valid(words) & ~_mask(pc.or_(is_true, is_false)), "neither true nor false")
    return pc.if_else(pc.is_valid(words), is_true, None)


def settings(given: Given) -> pa.Array:
    """Return numbers of a setting in their canonical form, null where there is none."""
    floats, valid = numbers(given)
    given.refuse(valid & ~(np.isfinite(floats) & (floats >= 0)), "must be finite and not negative")
    distinct, position = np.unique(floats, return_inverse=True)
    return pa.array(np.array([canonical_number(v) for v in distinct])[position], mask=~valid)


def canonical_number(value: float) -> float:
    """Return a setting's number in its canonical form.

    Examples
    --------
    >>> canonical_number(0.0010000000474974513)
    0.001
    >>> canonical_number(0.00025118864315) == canonical_number(0.0002511886431509582)
    True
    """
    return float(f"{value:.{SETTING_DIGITS}g}")


def canonical(value: object) -> bool | int | float | str | None:
    """Return a value of a setting whose type is not declared: what it means, however it was written.

    Examples
    --------
    >>> [canonical(value) for value in ("5e-4", 0.0005, "10", 10.0, "True", "0012", "adam", "")]
    [0.0005, 0.0005, 10, 10, True, '0012', 'adam', None]
    """
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        if _NUMBER.fullmatch(text):
            return canonical(int(text) if text.lstrip("+-").isdecimal() else float(text))
        return None if text in NO_VALUE else text
    if isinstance(value, float):
        if not math.isfinite(value):
            return None if math.isnan(value) else str(value)
        return int(value) if value.is_integer() and abs(value) <= MAX_WHOLE else canonical_number(value)
    if value is None or isinstance(value, bool | int):
        return value
    return canonical(str(value))


def from_percent(floats: Floats) -> Floats:
    """Return percentages as the fractions that are written with the same digits: 93.4 as 0.934."""
    distinct, position = np.unique(floats, return_inverse=True)
    shifted = [float(Decimal(repr(v)).scaleb(-2)) if math.isfinite(v) else v for v in distinct.tolist()]
    return np.array(shifted, np.float64)[position]


def _parsed(given: Given) -> pa.Array:
    """Return text as numbers."""
    text = pc.utf8_trim_whitespace(given.values.cast(pa.string()))
    text = pc.if_else(pc.is_in(text, pa.array(NO_VALUE)), None, text)
    try:
        return text.cast(pa.float64())
    except pa.ArrowInvalid:
        return pa.array([_float(given, row, one) for row, one in enumerate(text.to_pylist())], pa.float64())


def _float(given: Given, row: int, text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        given.refuse_row(row, _not_a_number(given))


def _not_a_number(given: Given) -> str:
    by_itself = given.ours == given.theirs
    return "not a number" + f" (`--column {given.ours}=` leaves the column out)" * by_itself


def _is_text(values: pa.Array) -> bool:
    kind = values.type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_number(values: pa.Array) -> bool:
    kind = values.type
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    )


def _valid(values: pa.Array) -> Mask:
    return _mask(values.is_valid())


def _mask(values: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(values, fill_value=False).to_numpy(zero_copy_only=False), bool)
