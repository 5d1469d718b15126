"""Cells of other people's tables: numbers, numbers with a unit, and words among numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analyze import text as fmt
from analyze.errors import DataError
from analyze.table.number_texts import Look, decimal_of, has_leading_zeros, integer, look

# What stands for "no value here"; everything else that is no number is a word, and words are kept.
MISSING_TEXT = frozenset({"", "na", "n/a", "#n/a", "<na>", "none", "null"})
# Beyond this, neighbouring integers are the same float.
_EXACT = 2**53
_MISSING = pa.array([v for t in MISSING_TEXT for v in (t, t.upper(), t.title())], pa.large_string())
_TRUTH = {"true": True, "false": False}
_FIRST = 1000
_INFINITE = {"inf": np.inf, "+inf": np.inf, "infinity": np.inf, "-inf": -np.inf, "-infinity": -np.inf}


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of a column and what stood among them.

    Attributes
    ----------
    values : ndarray, shape (n_rows,)
        The numbers; nan where the cell is missing or a word.
    words : Series
        The words such as ``OOM``, ``NaN``, ``diverged`` or ``-``; missing (None) elsewhere.
    unit : str
        ``"%"`` where the numbers carried it, else ``""``.
    """

    values: npt.NDArray[np.float64]
    words: pd.Series
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The distinct texts of a column, looked at once.

    Attributes
    ----------
    codes : ndarray, shape (n_rows,)
        Which of the texts a row holds; -1 where it is empty.
    distinct : list of str
        The texts, without outer blanks.
    looks : list of Look or None
        What each is as a number.
    decimal : str
        How they are written, see `analyze.table.number_texts.decimal_of`.
    is_hinted : bool
        Whether the file, not the column, says so.
    """

    codes: npt.NDArray[np.intp]
    distinct: list[str]
    looks: list[Look | None]
    decimal: str
    is_hinted: bool

    @property
    def numbers(self) -> dict[str, Look]:
        """The texts that are numbers."""
        return {t: one for t, one in zip(self.distinct, self.looks, strict=True) if one is not None}

    @property
    def has_words(self) -> bool:
        """Whether there are texts that are neither numbers nor stand for a missing one."""
        return any(
            one is None and not is_missing(t) for t, one in zip(self.distinct, self.looks, strict=True)
        )

    @property
    def marks(self) -> Counter[str]:
        """The footnote marks behind numbers, with the rows that have them."""
        n = np.bincount(self.codes[self.codes >= 0], minlength=len(self.distinct))
        found: Counter[str] = Counter()
        for one, rows in zip(self.looks, n, strict=True):
            if one is not None and one.mark:
                found[one.mark] += int(rows)
        return found

    @property
    def trouble(self) -> str:
        """Why the numbers cannot be told: what was seen and what to do; "" where they can."""
        numbers = self.numbers
        if self.decimal == "?":
            text = next(t for t, one in numbers.items() if "," in one.text)
            point, comma = (_value(numbers[text], decimal) for decimal in ".,")
            return (
                f"holds {text!r}, which may be {fmt.exact(point)} or {fmt.exact(comma)}; write one of these"
            )
        if self.decimal == "":
            one = next(t for t in numbers if "," in t)
            has_point = numbers[one].point is not None
            others = [t for t in numbers if "," not in t or (numbers[t].point is not None) != has_point]
            other = min(others, key=lambda t: "," in t)
            return f"mixes numbers such as {one!r} and {other!r}; write all with a decimal point"
        bare = next((t for t, one in numbers.items() if not one.is_percent), None)
        percent = next((t for t, one in numbers.items() if one.is_percent), None)
        if bare is not None and percent is not None:
            return f"mixes percent signs and bare numbers ({percent!r} and {bare!r}); write all in one unit"
        return ""

    @property
    def unit(self) -> str:
        """The unit that all numbers carry."""
        return "%" if any(one.is_percent for one in self.numbers.values()) else ""

    def values(self) -> npt.NDArray[np.float64]:
        """Return the number of each row; nan where there is none."""
        of = [np.nan if one is None else _value(one, self.decimal) for one in self.looks]
        return np.array([*of, np.nan])[self.codes]

    def integers(self) -> list[int | None] | None:
        """Return the integer of each distinct text (None: missing); None where not all are."""
        found = [None if one is None else integer(one.text, decimal=self.decimal) for one in self.looks]
        return (
            None
            if any(n is None and o is not None for n, o in zip(found, self.looks, strict=True))
            else found
        )


def is_missing(text: str) -> bool:
    """Whether a text stands for a value that is not there."""
    return text.lower() in MISSING_TEXT


def look_at(column: pd.Series, *, decimal: str = "") -> Texts:
    """Look at the texts of a column.

    Parameters
    ----------
    column : Series
        Texts; missing where the cell is empty.
    decimal : {"", ".", ","}
        How other numbers of the file are written, for a column such as ``1,234`` that does not say it.
    """
    codes, distinct = pd.factorize(column.astype(object))
    stripped = [str(text).strip(fmt.BLANKS) for text in distinct]
    looks = [look(text) for text in stripped]
    said = decimal_of([one for one in looks if one is not None])
    is_hinted = said == "?" and decimal != ""
    return Texts(
        codes=codes,
        distinct=stripped,
        looks=looks,
        decimal=decimal if is_hinted else said,
        is_hinted=is_hinted,
    )


def numbers(column: pd.Series) -> Numbers:
    """Return the numbers of a column, and its words as they stood.

    Numbers with markup or a footnote mark, a true minus, percent signs, a decimal comma or thousands are read
    where the whole column fits. ``NaN`` and ``inf`` in texts are words: somebody's program wrote them where a
    number should be. An empty cell and `MISSING_TEXT` are missing.

    Raises
    ------
    DataError
        It mixes percent signs and bare numbers, or a comma may part fractions or thousands.
    """
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return Numbers(values=values, words=_no_words(column), unit="")
    cells = list(column.astype(object))
    real = np.array(
        [isinstance(cell, Real | Decimal | np.bool_) and cell == cell for cell in cells], dtype=bool
    )
    is_text = ~real & ~np.asarray(column.isna(), dtype=bool)
    texts = pd.Series(
        [cell if text else None for cell, text in zip(cells, is_text, strict=True)], dtype="object"
    )
    found = look_at(texts)
    if found.trouble:
        raise DataError(f"the column {column.name!r} {found.trouble}")
    if real.any() and found.unit:
        raise DataError(
            f"the column {column.name!r} mixes percent signs and bare numbers; write all in one unit"
        )
    values = found.values()
    values[real] = [float(cell) for cell, is_real in zip(cells, real, strict=True) if is_real]
    words = [
        None if one is not None or is_missing(t) else t
        for t, one in zip(found.distinct, found.looks, strict=True)
    ]
    named = np.array([*words, None], dtype=object)[found.codes]
    return Numbers(
        values=values,
        words=pd.Series(named, index=column.index, dtype=object, name=column.name),
        unit=found.unit,
    )


def typed(column: pd.Series, *, decimal: str = "") -> pd.Series:
    """Give a column of texts its type: numbers, truth values, or texts as they stood without outer blanks.

    A column with words among its numbers stays texts, so that `numbers` finds the words; so do names such as
    ``007``, integers that no 64 bits hold, and numbers that cannot be told (see `numbers`). Empty cells are
    missing; words such as ``None`` or ``NA`` are missing among numbers and names among texts.

    Parameters
    ----------
    column : Series
        Texts; missing where the cell is empty.
    decimal : {"", ".", ","}
        See `look_at`.
    """
    plain = plainly_typed(column)
    return from_texts(column, look_at(column, decimal=decimal)) if plain is None else plain


def plainly_typed(column: pd.Series) -> pd.Series | None:
    """Type a column of plain numbers and nothing else; None where one must look at its texts."""
    cells = pa.chunked_array(pa.array(column.astype("str"), from_pandas=True))
    if cells.null_count == len(cells):
        return _series(np.full(len(cells), np.nan), column)
    if _begin_plainly(cells):
        return _as_plain(cells, column)
    cleaned = pc.utf8_trim_whitespace(cells)
    cleaned = pc.if_else(pc.is_in(cleaned, value_set=_MISSING), None, cleaned)
    return _as_plain(cleaned, column) if _begin_plainly(cleaned) else None


def _begin_plainly(cells: pa.ChunkedArray) -> bool:
    """Whether the first cells are plain numbers, and none begins as 007, 0x1F or 0e0 do."""
    if cells.null_count == len(cells) or _cast(cells.slice(0, _FIRST), pa.float64()) is None:
        return False
    zeros = pc.sum(pc.starts_with(cells, "0")).as_py()
    fractions = pc.sum(pc.starts_with(cells, "0.")).as_py() + pc.sum(pc.equal(cells, "0")).as_py()
    return bool(zeros == fractions)


def _as_plain(cells: pa.ChunkedArray, column: pd.Series) -> pd.Series | None:
    # a cast that fails is slow
    if _cast(cells.slice(0, _FIRST), pa.int64()) is not None:
        integers = _cast(cells, pa.int64())
        if integers is not None:
            return _as_integers(integers, column)
    values = _cast(cells, pa.float64())
    if values is None:
        return None
    return _series(values.to_numpy(), column) if is_plain(values) else None


def is_plain(values: pa.ChunkedArray) -> bool:
    """Whether a column holds no nan and inf, which are words, and no integers that floats merge."""
    if values.type != pa.float64() or values.null_count == len(values):
        return True
    ends = pc.min_max(values).as_py()
    return bool(-_EXACT < ends["min"] <= ends["max"] < _EXACT and np.isfinite(pc.sum(values).as_py()))


def are_fractions(cells: Sequence[str | None]) -> bool:
    """Whether cells are plain numbers, not all of them integers."""
    texts = pa.chunked_array([pa.array(cells, pa.string())])
    return any("." in cell for cell in cells if cell) and _cast(texts, pa.float64()) is not None


def _cast(cells: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    try:
        return cells.cast(kind)
    except pa.ArrowInvalid:
        return None


def from_texts(column: pd.Series, texts: Texts) -> pd.Series:
    """Type a column that was looked at."""
    found = texts.numbers
    if not found or texts.has_words or texts.trouble or any(map(has_leading_zeros, found)):
        return _words(column, texts)
    integers = texts.integers()
    if integers is None:
        return _series(texts.values(), column)
    if any(n is not None and not -(2**63) <= n < 2**63 for n in integers):
        return _words(column, texts)
    places = pa.array(np.where(texts.codes < 0, len(integers), texts.codes))
    return _as_integers(pa.chunked_array([pa.array([*integers, None], pa.int64()).take(places)]), column)


def numeric(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which columns of numbers with words among them are numbers, for filters.

    Infinite values are infinite, other words and missing values nan. Columns without numbers stay.
    """
    changed = {}
    for name in frame.columns:
        column = frame[name]
        if not (pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)):
            continue
        try:
            found = numbers(column)
        except DataError:
            continue
        if not np.isnan(found.values).all():
            infinite = found.words.map(lambda w: _INFINITE.get(str(w).lower(), np.nan)).to_numpy(
                dtype=np.float64
            )
            changed[name] = np.where(np.isnan(found.values), infinite, found.values)
    return frame.assign(**changed)


def _value(one: Look, decimal: str) -> float:
    value = one.comma if decimal == "," else one.point
    return np.nan if value is None else value


def _no_words(column: pd.Series) -> pd.Series:
    return pd.Series([None] * len(column), index=column.index, dtype=object, name=column.name)


def _words(column: pd.Series, texts: Texts) -> pd.Series:
    """Return the texts, true and false as truth values where there is nothing else."""
    distinct: list[object] = [text or np.nan for text in texts.distinct]
    words = {text.lower() for text in texts.distinct if text}
    if not words:
        return _series(np.full(len(column), np.nan), column)
    if words <= set(_TRUTH):
        truth = np.array([*(_TRUTH.get(str(text).lower()) for text in distinct), None], dtype=object)[
            texts.codes
        ]
        return _series(truth, column).astype("boolean" if None in truth else "bool")
    if texts.is_hinted and 2 * len(texts.numbers) >= len(distinct):
        # what the file says is known here alone: the numbers are written so that they can be told
        known = zip(distinct, texts.looks, strict=True)
        distinct = [text if one is None else fmt.exact(_value(one, texts.decimal)) for text, one in known]
    return _series(np.array([*distinct, np.nan], dtype=object)[texts.codes], column).astype("str")


def _as_integers(values: pa.ChunkedArray, column: pd.Series) -> pd.Series:
    if not values.null_count:
        return _series(values.to_numpy(), column)
    top = max(abs(v) for v in (pc.min(values).as_py(), pc.max(values).as_py()))
    if top <= _EXACT:
        return _series(values.to_numpy(), column)
    return _series(pd.array(values.to_pylist(), dtype="Int64"), column)


def _series(values: object, column: pd.Series) -> pd.Series:
    return pd.Series(values, index=column.index, name=column.name)
