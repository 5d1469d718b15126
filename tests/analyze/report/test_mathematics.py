"""Every formula is set as mathematics, says what its line of text says, and nothing else is evaluated."""

import json

import pytest
import typst
from plain_results import results_of

from analyze.report import html
from analyze.report.mathematics import formulas, to_html, to_typst

from .conftest import rendered

SET = """#let parts = json(bytes(sys.inputs.parts))
#for (words, mathematics) in parts { eval(mathematics, mode: "math") }"""


@pytest.mark.parametrize("formula", sorted(formulas()))
def test_every_formula_can_be_set(formula: str) -> None:
    parts = to_typst(formula)
    given = {"parts": json.dumps([part for part in parts if part[1]])}
    assert typst.compile(SET.encode(), format="pdf", sys_inputs=given)
    assert sum(text.count("(") - text.count(")") for text, _ in parts) == 0
    for text, mathematics in parts:
        assert mathematics.count("(") == mathematics.count(")")
        assert mathematics or not set(text) & set("_²³√½#*₁=/")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("s²_i", "s_i^2"),
        ("x_(i)", "x_((i))"),
        ("F_b(v)", "F_b (v)"),
        ("t / 4N", "t / (4N)"),
        ("#{Δ* > 0}", r"\#{Δ^* > 0}"),
        ("√(n_a)", "sqrt(n_a)"),
    ],
)
def test_signs_are_those_of_typst(formula: str, expected: str) -> None:
    assert [mathematics for _, mathematics in to_typst(formula)] == [expected]


def test_words_stay_words() -> None:
    assert to_typst("median of b − median of a") == [
        ("median of ", ""),
        ("b −", "b −"),
        (" median of ", ""),
        ("a", "a"),
    ]


def test_only_formulas_of_the_package_are_set() -> None:
    page = html.render(results_of(rendered("two_groups").model), {})
    assert "<td>D = max over v of |F<sub>b</sub>(v) − F<sub>a</sub>(v)|</td>" in page
    assert to_html("s_b <") == "s<sub>b</sub> &lt;"
    assert "<sub>" not in page.split("How each number is computed")[0]
