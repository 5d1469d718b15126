"""Columns of texts as a table: each with its type, and with what was decided as remarks."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analyze import text as fmt
from analyze.errors import DataError
from analyze.table.cells import Texts, from_texts, look_at, plainly_typed
from analyze.table.number_texts import may_be_grouped
from analyze.table.readers.found import Reading


def as_column(cells: Sequence[str]) -> pd.Series:
    """Return texts as a column; an empty one is missing."""
    texts = pa.array(cells, pa.large_string())
    return as_texts(pc.if_else(pc.equal(texts, ""), None, texts))


def as_texts(texts: pa.Array | pa.ChunkedArray) -> pd.Series:
    """Return texts of pyarrow as a column, without a copy."""
    return pd.Series(
        pd.array(texts.cast(pa.large_string()), dtype=pd.StringDtype("pyarrow", na_value=np.nan))
    )


def as_numbers(values: pa.ChunkedArray) -> pd.Series:
    """Return numbers of pyarrow as a column."""
    return pd.Series(values.to_numpy())


def as_reading(
    shown: str,
    names: Sequence[str],
    columns: Sequence[pd.Series],
    *,
    kind: str,
    separator: str,
    remarks: Sequence[str],
) -> Reading:
    """Type the columns of a table, all with one kind of decimal point where that is known.

    Parameters
    ----------
    shown : str
        The file, for messages.
    names, columns : sequence
        Names without repeats, and texts, or numbers where that is what they are.
    kind : str
        What was recognised.
    separator : str
        What parts the fields; a semicolon does where the comma parts fractions.
    remarks : sequence of str
        What was decided before.

    Raises
    ------
    DataError
        Points of one column may part thousands, where other columns have a decimal comma.
    """
    table = {
        name: column if _is_number(column) else plainly_typed(column)
        for name, column in zip(names, columns, strict=True)
    }
    raw = dict(zip(names, columns, strict=True))
    looked = {name: look_at(raw[name]) for name, column in table.items() if column is None}
    decimal = _decimal(looked, table, separator)
    if any(texts.decimal == "," and _is_mostly_numbers(texts) for texts in looked.values()):
        _refuse_points(shown, raw, looked, table)
    for name, texts in looked.items():
        known = look_at(raw[name], decimal=decimal) if texts.decimal == "?" and decimal else texts
        looked[name] = known
        table[name] = from_texts(raw[name], known)
    frame = pd.DataFrame(table, copy=False)
    used = {
        name: texts for name, texts in looked.items() if _is_number(frame[name]) or _is_mostly_numbers(texts)
    }
    return Reading(
        frame=frame,
        kind=kind,
        units={name: texts.unit for name, texts in used.items() if texts.unit and _is_number(frame[name])}
        or None,
        remarks=(*remarks, *_number_remarks(used), *_blank_remarks(raw, looked, frame)),
        names={name: kept for name in names if (kept := _names(raw[name], frame[name])) is not None} or None,
    )


def _decimal(looked: dict[str, Texts], table: dict[str, pd.Series | None], separator: str) -> str:
    """Say how the numbers of a file are written, from the columns that show it."""
    if not any("," in one.text for texts in looked.values() for one in texts.numbers.values()):
        return ""
    of_numbers = [texts for texts in looked.values() if _is_mostly_numbers(texts)]
    comma = any(texts.decimal == "," for texts in of_numbers)
    point = any(texts.decimal == "." and _has(texts, ".,") for texts in of_numbers)
    point |= any(
        c is not None and c.dtype == np.float64 and (c.dropna() % 1 != 0).any() for c in table.values()
    )
    if comma != point:
        return "," if comma else "."
    return "," if separator == ";" and not point else ""


def _is_mostly_numbers(texts: Texts) -> bool:
    return 2 * len(texts.numbers) > len(texts.distinct)


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype))


def _has(texts: Texts, characters: str) -> bool:
    return any(character in one.text for one in texts.numbers.values() for character in characters)


def _refuse_points(
    shown: str, raw: dict[str, pd.Series], looked: dict[str, Texts], table: dict[str, pd.Series | None]
) -> None:
    for name, column in raw.items():
        typed = table[name]
        if typed is not None and typed.dtype != np.float64:
            continue
        texts = looked[name] if name in looked else look_at(column)
        if (
            _is_mostly_numbers(texts)
            and texts.decimal == "."
            and may_be_grouped(list(texts.numbers.values()))
        ):
            text, one = next((t, one) for t, one in texts.numbers.items() if "." in t)
            point, comma = fmt.exact(one.point), fmt.exact(one.comma)
            raise DataError(
                f"{shown!r}: {name} holds {text!r} and other columns have a decimal comma, so that it may be "
                f"{point} or {comma}; write it without the point or with a comma"
            )


def _number_remarks(used: dict[str, Texts]) -> list[str]:
    remarks = []
    commas = [name for name, texts in used.items() if texts.decimal == "," and _has(texts, ",")]
    if commas:
        remarks.append(f"Numbers of {_listed(commas)} were read with a decimal comma.")
    for name, texts in used.items():
        grouped = next((t for t, one in texts.numbers.items() if _is_grouped(one.text, texts.decimal)), None)
        if grouped is not None:
            value = texts.numbers[grouped].comma if texts.decimal == "," else texts.numbers[grouped].point
            remarks.append(
                f"Numbers of {name} have their thousands parted: {grouped!r} was read as {fmt.exact(value)}."
            )
        if texts.unit and not texts.trouble:
            text, one = next(iter(texts.numbers.items()))
            value = one.comma if texts.decimal == "," else one.point
            remarks.append(f"Numbers of {name} are in percent: {text!r} was read as {fmt.exact(value)}.")
        for mark, n in texts.marks.items():
            numbers = "1 number" if n == 1 else f"{n} numbers"
            remarks.append(
                f"{numbers} of {name} with the mark {mark} {'was' if n == 1 else 'were'} read without it."
            )
    return remarks


def _is_grouped(text: str, decimal: str) -> bool:
    return decimal != "" and any(
        c in text for c in ("." if decimal == "," else ",", " ", "'", "’", "\u00a0", "\u202f")
    )


def _blank_remarks(raw: dict[str, pd.Series], looked: dict[str, Texts], frame: pd.DataFrame) -> list[str]:
    """Say of which words two differed by the blanks around them."""
    remarks = []
    for name, texts in looked.items():
        if _is_number(frame[name]) or len(set(texts.distinct)) == len(texts.distinct):
            continue
        word = next(word for i, word in enumerate(texts.distinct) if word in texts.distinct[:i])
        forms = [form for form in raw[name].dropna().unique() if form.strip() == word]
        remarks.append(
            f"Blanks around words of {name} were left out: {' and '.join(map(repr, forms[:3]))} are the same."
        )
    return remarks


def _names(raw: pd.Series, typed: pd.Series) -> pd.Series | None:
    """Return the texts of a column of numbers in which a word such as None stands, which may be a name."""
    if _is_number(raw) or not _is_number(typed):
        return None
    lost = typed.isna() & raw.notna()
    if not lost.any() or not raw[lost].str.strip().astype(bool).any():
        return None
    stripped = raw.str.strip()
    return stripped.where(stripped != "")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
