"""How an argument is read: what was given becomes the value of a field, or an error names the argument."""

import difflib
import math
import numbers
from collections.abc import Callable, Iterable, Sequence
from typing import TypeGuard

from analyze import text as fmt
from analyze.errors import UsageError, argument

Read = Callable[[str, object], object]


def text(name: str, value: object) -> str | None:
    """Read a text, as `analyze.text.visible` shows it; blanks alone are none."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise _wrong(name, value, "must be a text")
    return fmt.visible(value, keep="\t\n\r") if value.strip() else None


def column(name: str, value: object) -> str:
    """Read the name of a column, as tables are read: visible. It may be a number in a DataFrame."""
    if value is None or _is_several(value):
        raise _wrong(name, value, "must be the name of one column")
    return fmt.visible(str(value))


def group(name: str, value: object) -> str | None:
    """Read the name of a group, which may be a number in a DataFrame; None where nothing was given."""
    return None if value is None else column(name, value)


def columns(name: str, value: object) -> tuple[str, ...]:
    """Read names of columns: a text, which may hold several joined by commas, or a sequence of names."""
    parts = () if value is None else value if _is_several(value) else (value,)
    assert isinstance(parts, Iterable)
    return tuple(column(name, part) for part in parts)


def joined(name: str, value: object) -> str | None:
    """Read names of columns as one text with commas; None where there are none."""
    return ",".join(columns(name, value)) or None


def words(name: str, value: object) -> tuple[str, ...]:
    """Read words: a text that holds them joined by commas, or a sequence."""
    parts = value.split(",") if isinstance(value, str) else columns(name, value)
    return tuple(part.strip() for part in parts if part.strip())


def flag(name: str, value: object) -> bool:
    """Read what is true or false."""
    if value is not True and value is not False:
        raise _wrong(name, value, "must be True or False")
    return value


def one_of(known: Sequence[str]) -> Read:
    """Read one of some words; None where nothing was given."""

    def read(name: str, value: object) -> object:
        if value is not None and value not in known:
            raise UsageError(
                f"{argument(name)} is {value!r}; {meant(value, known)}choose one of {', '.join(known)}"
            )
        return value

    return read


def meant(value: object, known: Sequence[str]) -> str:
    """Return a question for the word that may be meant, or nothing.

    Examples
    --------
    >>> meant("kss", ["ks", "welch_t"]), meant("up", ["higher", "lower"])
    ("did you mean 'ks'? ", '')
    """
    close = difflib.get_close_matches(str(value).lower(), known, n=1)
    return f"did you mean {close[0]!r}? " if close else ""


def number(is_allowed: Callable[[float], bool], must: str) -> Read:
    """Read a finite number that is allowed; ``must`` says which are, as "must be a number above 0"."""

    def read(name: str, value: object) -> float | None:
        if value is None:
            return None
        if not _is_number(value):
            raise _wrong(name, value, must)
        found = float(value)
        if not (math.isfinite(found) and is_allowed(found)):
            raise UsageError(f"{argument(name)} is {fmt.exact(found)}; it {must}")
        return found

    return read


def integer(is_allowed: Callable[[int], bool], must: str) -> Read:
    """Read a whole number that is allowed, which Python may write as 1e4."""

    def read(name: str, value: object) -> int:
        if not _is_number(value) or not float(value).is_integer():
            raise _wrong(name, value, must)
        found = value if isinstance(value, int) else int(value)
        if not is_allowed(found):
            raise UsageError(f"{argument(name)} is {found}; it {must}")
        return found

    return read


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_several(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes)


def _wrong(name: str, value: object, must: str) -> UsageError:
    shown = " ".join(repr(value).split())
    return UsageError(f"{argument(name)} is {fmt.shorten(shown, 60)}; it {must}")
