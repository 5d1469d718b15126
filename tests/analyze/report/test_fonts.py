"""A letter that the PDF's fonts lack is never a box: it is named, and the report says so."""

import io
from pathlib import Path

import pytest
from plain_results import results_of
from pypdf import PdfReader

from analyze.report import fonts, pdf
from analyze.report.fonts import Fonts

from .conftest import build_model, samples

NAMES = ("東京モデル", "🚀 rocket", "نموذج عربي", "한국어")


def test_the_fonts_that_come_with_the_package_have_five_scripts() -> None:
    assert fonts.lacking("joint λ шаг נמ نم −½₍ᵢ₎\n\u202f\u200e", fonts.installed()) == ""
    assert fonts.lacking("東x東🚀", fonts.installed()) == "東🚀"


def test_letters_are_named_in_runs() -> None:
    missing = "東京모🚀"
    assert fonts.spelled("a 東京 − 東, 🚀\ufe0f", missing) == "a [U+6771 U+4EAC] − [U+6771], [rocket]"
    assert fonts.spelled("]^-", "^-") == "][circumflex accent hyphen-minus]"
    assert fonts.spelled("joint", "") == "joint"
    assert fonts.warning("") == ""
    assert "(U+6771, U+4EAC, mo, …)" in fonts.warning(missing)


def test_each_run_of_a_drawing_names_the_family_that_has_it() -> None:
    families = {"DejaVu Sans": frozenset(map(ord, "abc −")), "Other": frozenset(map(ord, "東京"))}
    found = Fonts(folders=(Path(),), families=families)
    drawn = '<desc>東</desc><text x="1">a 東京 − b</text>'
    assert fonts.in_families(drawn, found) == (
        '<desc>東</desc><text x="1">a <tspan font-family="Other">東京</tspan> − b</text>'
    )
    alone = Fonts(folders=(Path(),), families={"DejaVu Sans": frozenset()})
    assert fonts.in_families(drawn, alone) == drawn


def test_a_pdf_of_names_in_many_scripts_says_what_it_wrote_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "PACKAGES", {"no_such_package": "no-such-package (Everything)"})
    model = build_model(samples(*((name, 0.8, 0.01, 12) for name in NAMES)))
    reader = PdfReader(io.BytesIO(pdf.render(results_of(model), {})))
    text = " ".join("".join(page.extract_text() for page in reader.pages).split())
    assert (
        "Letters that the fonts of this PDF lack are written out in brackets (U+6771, U+4EAC, mo, …)." in text
    )
    assert "no-such-package (Everything)" in text
    assert "[rocket] rocket" in text
    assert "[han gug eo]" in text
    assert not set("東京🚀한") & set(text)
