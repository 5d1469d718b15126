"""Numbers as words: what every format relies on."""

import inspect
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze import text as fmt

NUMBERS = st.floats(-1e300, 1e300)


@given(st.floats(0, 1))
def test_a_pvalue_is_never_zero_or_one(p: float) -> None:
    text = fmt.pvalue(p)
    assert float(text.lstrip("<> ")) > 0
    assert float(text.lstrip("<> ")) < 1
    if text[0] not in "<>":
        assert float(text) == pytest.approx(p, rel=0.5)


@given(NUMBERS, st.integers(2, 6))
def test_a_number_keeps_its_digits(x: float, digits: int) -> None:
    text = fmt.number(x, digits).replace("−", "-").replace(",", "")
    mantissa, _, power = text.partition("×10")
    exponent = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)
    assert float(f"{mantissa}e{exponent}") == pytest.approx(x, rel=0.6 * 10.0 ** (1 - digits), abs=0)


@given(NUMBERS, st.integers(0, 7))
def test_zero_has_no_sign(x: float, decimals: int) -> None:
    text = fmt.fixed(x, decimals, sign=True)
    assert "-" not in text
    if not text.strip("0."):
        assert abs(x) <= 0.5 * 10.0**-decimals
    else:
        assert text[0] == ("+" if x > 0 else "−")


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf])
def test_missing_is_a_dash(nothing: float | None) -> None:
    texts = [fmt.number(nothing), fmt.fixed(nothing, 3), fmt.pvalue(nothing), fmt.percent(nothing)]
    assert texts == [fmt.MISSING] * 4
    assert fmt.statistic("t", nothing) == fmt.MISSING
    assert fmt.decimals_for(nothing) is None


@given(st.text(), st.integers(3, 60))
def test_shorten_fits(text: str, width: int) -> None:
    assert len(fmt.shorten(text, width)) <= width
    assert fmt.shorten(text, len(text)) == text


def test_every_function_is_documented_by_an_example() -> None:
    public = [f for name, f in inspect.getmembers(fmt, inspect.isfunction) if name[0] != "_"]
    assert all(">>>" in (f.__doc__ or "") for f in public)
