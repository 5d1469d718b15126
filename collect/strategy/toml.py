"""A table of a TOML file as the dataclass that declares its keys, or one line that says what is wrong."""

import re
import stat
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Meta

from collect.errors import DataError, UsageError

T = TypeVar("T")
# What a value may be, as fields declare it
MOST_LETTERS = 1_000
Text = Annotated[
    str,
    Meta(
        max_length=MOST_LETTERS,
        pattern=r"^[^\x00]*\Z",
        description=f"a text in quotation marks, of at most {MOST_LETTERS} letters",
    ),
]
MOST = 10**9
Whole = Annotated[int, Meta(ge=0, le=MOST, description=f"a whole number of at least 0 and at most {MOST}")]
Positive = Annotated[int, Meta(ge=1, le=MOST, description=f"a whole number of at least 1 and at most {MOST}")]
MOST_RUNS = 10**7  # of a strategy, in one command: the seeds are in memory
MOST_SEED = 2**53  # whole numbers beyond it are not exact where they are read as floats
Runs = Annotated[
    int, Meta(ge=1, le=MOST_RUNS, description=f"a whole number of at least 1 and at most {MOST_RUNS}")
]
FirstSeed = Annotated[
    int, Meta(ge=0, le=MOST_SEED, description=f"a whole number of at least 0 and at most {MOST_SEED}")
]
LARGEST = sys.float_info.max  # a number that is not larger is finite

_KEY = re.compile(r"\$\.(\w+)|field `(\w+)`")  # in a message of msgspec
MAX_SHOWN = 60
MOST_BYTES = 10**6


def read_toml(path: Path, kind: str) -> dict[str, object]:
    """Read a TOML file.

    Raises
    ------
    DataError
        There is no such file, or it is no TOML.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
            raise DataError(f"{kind} {path} is to be a file of at most {MOST_BYTES:,} bytes")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{kind} {path}: no such file") from None
    except (OSError, ValueError, RecursionError) as error:  # as where it is no UTF-8 or no TOML
        raise DataError(f"{kind} {path} cannot be read as TOML: {error}") from error


def declared(table: Mapping[str, object], kind: type[T], where: str) -> T:
    """Return a table as a dataclass, whose fields have types and bounds and tell them as a description.

    Parameters
    ----------
    where
        What messages begin with.

    Raises
    ------
    UsageError
        A key is unknown or missing, or a value is not what its field declares.
    """
    known: list[str] = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise UsageError(f"{where}: unknown key '{key}': choose from {', '.join(known)}")
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        found = _KEY.search(str(error))
        assert found is not None
        key = found[1] or found[2]
        raise unfit(table, key, _description(get_type_hints(kind, include_extras=True)[key]), where) from None


def unfit(table: Mapping[str, object], key: str, allowed: str, where: str) -> UsageError:
    """Return the error for a value that is missing or not what is allowed."""
    given = shown(table[key]) if key in table else "missing"
    return UsageError(f"{where}: {key} is {given}, but is to be {allowed}")


def shown(value: object) -> str:
    """Return a value as text of at most 60 letters."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, lists in lists
        text = "too long"
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def _description(hint: Any) -> str:
    """Return what a type says of itself, wherever in it."""
    told = [part.description for part in getattr(hint, "__metadata__", ()) if part.description]
    return told[0] if told else next(filter(None, map(_description, get_args(hint))), "")
