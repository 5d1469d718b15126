"""Records to plain data and back: nothing is guessed, and an error says where."""

import json
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest

from analyze.codec import from_plain, to_plain
from analyze.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    reason: str | None = None
    name: str
    size: float | None
    n: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    level: float
    holds: bool
    side: Literal["left", "right"]
    parts: tuple[Part, ...]
    best: Part | None
    columns: dict[str, list[bool | int | float | str | None]]


PLAIN = {
    "level": 0.5,
    "holds": True,
    "side": "left",
    "parts": [{"name": "a", "size": 2.0, "n": 3}, {"name": "b", "size": None, "n": 1, "reason": "undefined"}],
    "best": None,
    "columns": {"x": [1, 2.5, "c", None, False], "y": []},
}
WHOLE = Whole(
    level=0.5,
    holds=True,
    side="left",
    parts=(Part(name="a", size=2.0, n=3), Part(name="b", size=None, reason="undefined")),
    best=None,
    columns={"x": [1, 2.5, "c", None, False], "y": []},
)


def changed(*keys: str | int, to: object) -> dict:
    plain = json.loads(json.dumps(PLAIN))
    inner = plain
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = to
    return plain


def test_there_and_back():
    assert to_plain(WHOLE) == PLAIN
    assert from_plain(Whole, json.loads(json.dumps(PLAIN))) == WHOLE


def test_a_record_in_place_of_nothing():
    assert from_plain(Whole, changed("best", to={"name": "a", "size": 1.5})).best == Part(name="a", size=1.5)


def test_an_integer_may_stand_for_a_number_and_becomes_one():
    found = from_plain(Whole, changed("level", to=1)).level
    assert (found, type(found)) == (1.0, float)
    (part, _) = from_plain(Whole, changed("parts", 0, "size", to=7)).parts
    assert (part.size, type(part.size)) == (7.0, float)


def test_what_a_column_holds_keeps_its_kind():
    found = from_plain(Whole, changed("columns", to={"x": [1, True, 1.0]})).columns["x"]
    assert [type(cell) for cell in found] == [int, bool, float]


def test_unknown_keys_are_passed_over_and_defaults_taken():
    (part, _) = from_plain(Whole, changed("parts", 0, to={"name": "a", "size": 2.0, "new": [1]})).parts
    assert part == Part(name="a", size=2.0)


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        (changed("level", to="0.5"), "level is '0.5', not a number"),
        (changed("level", to=True), "level is True, not a number"),
        (changed("level", to=None), "level is None, not a number"),
        (changed("holds", to=1), "holds is 1, not true or false"),
        (changed("side", to="up"), "side is 'up', not one of 'left', 'right'"),
        (changed("side", to=["left"]), "side is ['left'], not one of 'left', 'right'"),
        (changed("parts", to={}), "parts is {}, not a list"),
        (changed("parts", 1, to=None), "parts[1] is None, not an object"),
        (changed("parts", 1, "n", to=2.0), "parts[1].n is 2.0, not an integer"),
        (changed("parts", 1, "n", to=True), "parts[1].n is True, not an integer"),
        (changed("parts", 1, "name", to=None), "parts[1].name is None, not a text"),
        (changed("parts", 1, "size", to=[]), "parts[1].size is [], not a number"),
        (changed("parts", 0, to={"name": "a"}), "parts[0].size is missing"),
        (changed("best", to="a"), "best is 'a', not an object"),
        (changed("columns", to=[]), "columns is [], not an object"),
        (changed("columns", "x", to=None), "columns.x is None, not a list"),
        (changed("columns", "x", 0, to=[1]), "columns.x[0] is [1], not true or false or an integer or"),
        ([], "it is [], not an object"),
        (changed("level", to="x" * 99), "level is '"),
    ],
)
def test_what_does_not_fit_is_named(plain, message):
    with pytest.raises(DataError) as error:
        from_plain(Whole, plain)
    assert str(error.value).startswith(message)
    assert len(str(error.value)) < 120


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_missing_is_named(name):
    with pytest.raises(DataError, match=rf"^{name} is missing$"):
        from_plain(Whole, {key: value for key, value in PLAIN.items() if key != name})


def test_scalars_of_numpy_become_those_of_python():
    plain = to_plain({"a": np.float64(0.5), "b": np.int64(3), "c": np.bool_(True), "d": np.array([1.5, 2.5])})
    assert plain == {"a": 0.5, "b": 3, "c": True, "d": [1.5, 2.5]}
    assert [type(value) for value in plain.values()] == [float, int, bool, list]


@pytest.mark.parametrize(
    ("number", "word"), [(math.nan, "undefined"), (math.inf, "infinite"), (-math.inf, "minus infinite")]
)
def test_a_number_that_is_none_says_why(number, word):
    plain = to_plain(Part(name="a", size=number))
    assert plain == {"name": "a", "size": None, "n": 1, "reason": f"size is {word}"}
    json.dumps(plain, allow_nan=False)
    assert from_plain(Part, plain) == Part(name="a", size=None, reason=f"size is {word}")
