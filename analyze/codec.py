"""Records to plain data that JSON can hold, and back with every type checked."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from math import isfinite, isnan
from types import UnionType
from typing import Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from analyze.errors import DataError
from analyze.text import shorten, visible

T = TypeVar("T")
# A little more than the span of 64 bits
_LARGEST = 2**70
_WORDS: dict[object, str] = {
    bool: "true or false", int: "an integer", float: "a number", str: "a text", type(None): "null",
}  # fmt: skip


def to_plain(value: object) -> object:
    """Return dicts, lists, texts and finite numbers; NumPy's and pandas' scalars become Python's.

    A number that is undefined or infinite becomes None, and ``reason`` beside it says which it was. The
    ``reason`` that a record may have stands last, and is left out where it is None.

    Examples
    --------
    >>> to_plain({"low": float("-inf"), "high": np.float64(0.5)})
    {'low': None, 'high': 0.5, 'reason': 'low is minus infinite'}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind: type = type(value)
        value = {name: getattr(value, name) for name in _types(kind)}
        value = {n: part for n, part in value.items() if part is not None or n not in _parts(kind)}
        if "reason" in _with_defaults(kind):
            reason = value.pop("reason")
            value |= {} if reason is None else {"reason": reason}
    if isinstance(value, Mapping):
        plain = {str(key): to_plain(part) for key, part in value.items()}
        lost = [
            f"{key} is {_in_words(x)}" for key, x in value.items() if isinstance(x, float) and not isfinite(x)
        ]
        return plain | ({"reason": ", ".join(lost)} if lost else {})
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [to_plain(part) for part in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _in_words(value: float) -> str:
    return "undefined" if isnan(value) else "infinite" if value > 0 else "minus infinite"


def from_plain(kind: type[T], plain: object, name: str = "") -> T:
    """Build a record from plain data, field by field; keys that it has no field for are ignored.

    Texts become visible: whatever renders the record may print them.

    Parameters
    ----------
    kind
        A dataclass. Its fields are records, scalars, tuples or lists of one kind, dicts by names, choices of
        literals, or unions of these.
    plain
        As `json.loads` returns it.
    name
        Where in the whole this is, for messages.

    Raises
    ------
    DataError
        Something is missing, or is of another type.
    """
    if not isinstance(plain, Mapping):
        raise _wrong(name, plain, "an object")
    record: type = kind  # mypy takes no type[T] for hashable
    fields = {}
    for key, part in _types(record).items():
        place = f"{name}.{key}" if name else key
        if key in plain:
            fields[key] = _field(part, plain[key], place)
        elif key not in _with_defaults(record):
            raise DataError(f"{place} is missing")
    return kind(**fields)


def _field(kind: object, plain: object, name: str) -> object:
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return from_plain(kind, plain, name)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (tuple, list):
        items = _items(parts[0], plain, name)
        return tuple(items) if origin is tuple else items
    if origin is dict:
        if not isinstance(plain, Mapping):
            raise _wrong(name, plain, "an object")
        return {visible(key): _field(parts[1], part, f"{name}.{key}") for key, part in plain.items()}
    if origin is Literal:
        if isinstance(plain, str) and plain in parts:
            return plain
        raise _wrong(name, plain, f"one of {', '.join(map(repr, parts))}")
    if origin is Union or origin is UnionType:
        return _one_of(parts, plain, name)
    if type(plain) is int and abs(plain) > _LARGEST:
        raise _wrong(name, plain, "a number of fewer digits")
    if kind is float and type(plain) is int:
        return float(plain)
    if type(plain) is kind:
        return _seen(plain)
    raise _wrong(name, plain, _WORDS[kind])


def _seen(plain: object) -> object:
    return visible(plain, keep="\n") if isinstance(plain, str) else plain


def _items(kind: object, plain: object, name: str) -> list[object]:
    if not isinstance(plain, list | tuple):
        raise _wrong(name, plain, "a list")
    scalars = get_args(kind) or (kind,)
    if {*map(type, plain)} <= {*scalars} - {int}:
        return list(map(_seen, plain)) if str in scalars else list(plain)  # long columns
    return [_field(kind, item, f"{name}[{i}]") for i, item in enumerate(plain)]


def _one_of(kinds: Sequence[object], plain: object, name: str) -> object:
    if type(plain) in kinds and type(plain) is not int:
        return _seen(plain)
    if type(plain) is int and int in kinds:
        return _field(int, plain, name)
    others = [kind for kind in kinds if kind is not type(None)]
    if len(others) == 1 and plain is not None:
        return _field(others[0], plain, name)
    raise _wrong(name, plain, " or ".join(_WORDS.get(kind, "an object") for kind in kinds))


def _wrong(name: str, plain: object, wanted: str) -> DataError:
    return DataError(f"{name or 'it'} is {shorten(repr(plain), 40)}, not {wanted}")


@cache
def _types(kind: type) -> dict[str, object]:
    """Return the types of a record's fields."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


@cache
def _parts(kind: type) -> frozenset[str]:
    """Return the names of a record's fields that hold a record, or nothing by default, which is no key."""
    empty = {f.name for f in dataclasses.fields(kind) if f.default is None}
    return frozenset(
        name
        for name, hint in _types(kind).items()
        if name in empty and any(dataclasses.is_dataclass(part) for part in get_args(hint))
    )


@cache
def _with_defaults(kind: type) -> frozenset[str]:
    """Return the names of a record's fields that have defaults."""
    none = dataclasses.MISSING
    fields = dataclasses.fields(kind)
    return frozenset(f.name for f in fields if f.default is not none or f.default_factory is not none)
