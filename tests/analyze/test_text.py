"""Numbers as words: what every format relies on."""

import inspect
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from analyze import text as fmt
from analyze.comparison.verdict import Evidence, pair_detail, pair_sentence
from analyze.figures import style
from analyze.records import Effect
from analyze.report import markdown
from analyze.report.document import Table
from analyze.report.page import plain_table
from analyze.report.sections.inference import effects_table

NUMBERS = st.floats(-1e300, 1e300)
SCALES = st.floats(1e-12, 1e12)
SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def read(text: str) -> float:
    """Return the number that a text says."""
    plain = text.replace("−", "-").replace("+", "").replace(",", "")
    if plain.strip("-") == "∞":
        return math.copysign(math.inf, -1 if plain[0] == "-" else 1)
    mantissa, _, power = plain.partition("×10")
    return float(f"{mantissa}e{int(power.translate(SUPERSCRIPT) or 0)}")


@given(st.floats(0, 1))
def test_a_pvalue_is_never_zero_or_one(p: float) -> None:
    text = fmt.pvalue(p)
    assert float(text.lstrip("<> ")) > 0
    assert float(text.lstrip("<> ")) < 1
    if text[0] not in "<>":
        assert float(text) == pytest.approx(p, rel=0.5)
    assert (text == "< 0.0001") == (p < 1e-4)
    assert fmt.pvalue_phrase(p) in (f"p {text}", f"p = {text}")


def test_equal_pvalues_are_written_equally_and_in_order() -> None:
    texts = [fmt.pvalue(k / 100_000) for k in range(10, 99_500)]
    assert sorted(texts, key=float) == texts
    assert len({float(text) for text in texts}) == len(set(texts))


@given(st.floats(0, 1))
def test_a_probability_is_0_or_1_only_where_it_is_certain(p: float) -> None:
    assert (fmt.probability(p) in ("0", "1")) == (p in (0, 1))
    assert (float(fmt.percent(p, 1).rstrip(" %").lstrip("<> ")) in (0, 100)) == (p in (0, 1))


@given(NUMBERS, st.integers(1, 6))
def test_a_number_keeps_its_digits(x: float, digits: int) -> None:
    text = fmt.number(x, digits)
    assert read(text) == pytest.approx(x, rel=0.51 * 10.0 ** (1 - digits), abs=0)
    assert (text == "0") == (x == 0)
    if 1 <= abs(x) < 1e8:
        assert read(text) == pytest.approx(x, abs=0.5)


@given(NUMBERS, NUMBERS, st.integers(1, 6))
def test_numbers_keep_their_order(x: float, y: float, digits: int) -> None:
    low, high = sorted((x, y))
    assert read(fmt.number(low, digits)) <= read(fmt.number(high, digits))


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(0, 9))
def test_numbers_of_a_column_keep_their_order(x: float, y: float, decimals: int) -> None:
    low, high = sorted((x, y))
    assert read(fmt.fixed(low, decimals)) <= read(fmt.fixed(high, decimals))


@given(NUMBERS, st.integers(0, 7))
def test_a_sign_is_never_lost_and_zero_has_none(x: float, decimals: int) -> None:
    text = fmt.fixed(x, decimals, sign=True)
    assert "-" not in text
    if text == "0":
        assert abs(x) <= 1e-9 * 10.0**-decimals
    else:
        assert text[0] == ("+" if x > 0 else "−")
        assert text.strip("+−0.,")


@given(SCALES, SCALES, st.floats(-1, 1))
def test_an_interval_never_loses_a_sign(below: float, above: float, shift: float) -> None:
    low, high = shift * above - below, shift * above + above
    ends = fmt.interval(low, high, fmt.decimals_of(None, low, high), sign=True).strip("[]").split(", ")
    for end, text in zip((low, high), ends, strict=True):
        assert end == 0 or text == "0" or text[0] == ("+" if end > 0 else "−")
    assert [
        text for text, end in zip(ends, (low, high), strict=True) if text == "0" and abs(end) > 1e-6
    ] == []


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 9))
def test_every_minus_is_a_true_one(x: float, decimals: int) -> None:
    texts = [fmt.number(x), fmt.fixed(x, decimals), fmt.fixed(x, None, sign=True), fmt.statistic("t", x)]
    texts += [fmt.interval(x, x, decimals), *fmt.with_ends(x, x, x), fmt.pvalue(x)]
    texts += [fmt.count(x)] if math.isfinite(x) else []
    texts += [fmt.percent(x, 2), fmt.level(x)] if abs(x) <= 1 else []
    assert not [text for text in texts if re.search(r"-|nan|inf|e[+\d]|−0$", text)]


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_missing_is_a_dash(nothing: float | None) -> None:
    texts = [fmt.number(nothing), fmt.fixed(nothing, 3), fmt.pvalue(nothing), fmt.percent(nothing)]
    assert [*texts, fmt.probability(nothing), fmt.fixed(nothing, 3, sign=True)] == [fmt.MISSING] * 6
    assert fmt.statistic("t", nothing) == fmt.MISSING
    assert fmt.decimals_for(nothing) is None


def test_what_has_no_end_is_no_number() -> None:
    assert [fmt.number(math.inf), fmt.fixed(-math.inf, 3)] == ["∞", "−∞"]
    assert fmt.interval(-math.inf, math.inf, 2, sign=True) == "[−∞, +∞]"
    assert fmt.interval(0.1, None, 2) == "[0.10, —]"


# One form in every place: (p, x) and how they are written
PVALUES = [(1.0, "> 0.99"), (0.995, "> 0.99"), (2e-4, "0.0002")]
VALUES = [(5e-7, "5×10⁻⁷"), (12346.0, "12,346"), (0.0, "0")]


@pytest.mark.parametrize(("p", "written"), PVALUES)
def test_a_pvalue_has_one_form_in_terminal_sentence_table_and_markdown(p: float, written: str) -> None:
    assert f"= {written}".replace("= >", ">") in pair_sentence(evidence(pvalue=p))
    table = Table(columns=("p",), numeric=(True,), rows=((fmt.pvalue(p),),), caption="c")
    assert f"| {markdown.text(written)} |" in markdown._table(table)
    assert fmt.pvalue_phrase(p).removeprefix("p ").removeprefix("= ") == written
    assert written in terminal(fmt.pvalue(p))


@pytest.mark.parametrize(("x", "written"), VALUES)
def test_a_number_has_one_form_in_terminal_sentence_table_markdown_and_figure(x: float, written: str) -> None:
    effect = Effect(
        effect="e", label="e", estimate=x, low=None, high=None, confidence_level=0.95, method="m",
        null_value=x, unit=None,
    )  # fmt: skip
    table = effects_table("c", [((), effect)], {})
    assert table.rows[0][1].lstrip("+") == table.rows[0][3] == written
    assert f"| {markdown.text(written)} |" in markdown._table(table)
    assert written in terminal(fmt.fixed(x, fmt.decimals_of(x, None, None)))
    assert f"D = {written}, p" in pair_sentence(evidence(statistic=x))
    mean = pair_detail(evidence(mean_difference=(x, x, x), n_test=None))
    assert f"(95 % interval of the difference {written} to {written})" in mean or not x
    assert style.numbers([x]) == [written]
    for digits in range(1, 7):
        assert fmt.number(x, digits) == written
    for decimals in (None, *range(10)):
        assert (
            fmt.fixed(x, decimals).removesuffix(".0".ljust(1 + decimals, "0") if decimals else "") == written
        )


def evidence(**changes: object) -> Evidence:
    fields: dict[str, object] = {
        "value": "accuracy", "group_a": "joint", "group_b": "staged", "n_a": 500, "n_b": 480, "n_pairs": 1,
        "family": "Holm", "test": "D", "statistic": 0.1, "pvalue": 0.2, "minimum_pvalue": 1e-300,
        "confidence": 0.95, "alpha": 0.05, "margin": None, "margin_pvalue": None, "n_test": 10_000,
        "detectable_difference": 0.0005, "mean_difference": (-0.0002, -0.0005, 0.0001),
        "sd_ratio": (1.0, 0.9, 1.1), "superiority": (0.49, 0.45, 0.53),
    }  # fmt: skip
    return Evidence(**fields | changes)  # type: ignore[arg-type]


def terminal(cell: str) -> str:
    table = plain_table("name", "number")
    table.add_row("a", cell)
    console = Console(width=80, record=True)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


@given(st.text(), st.integers(3, 60))
def test_shorten_fits(text: str, width: int) -> None:
    assert len(fmt.shorten(text, width)) <= width
    assert fmt.shorten(text, len(text)) == text


def test_every_function_is_documented_by_an_example() -> None:
    public = [f for name, f in inspect.getmembers(fmt, inspect.isfunction) if name[0] != "_"]
    assert all(">>>" in (f.__doc__ or "") for f in public)
