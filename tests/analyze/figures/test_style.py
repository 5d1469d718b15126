"""What every figure promises a reader: marks that can be seen, names that break well, scales that compare."""

import re
from importlib import resources

import numpy as np
import pytest

from analyze.figures import style
from analyze.figures.catalogue import FIGURES
from analyze.figures.effects import VERDICTS
from tests.support.contrast import contrast
from tests.support.figure_sources import compared, made

CSS = (resources.files("analyze.report") / "templates" / "report.css").read_text(encoding="utf-8")


def scheme(name: str) -> dict[str, str]:
    """Return the page's colours: those of the light scheme, with what the dark one changes."""
    light, dark = re.findall(r":root \{([^}]*)\}", CSS)[:2]
    found = dict(re.findall(r"--([\w-]+): (#\w{6})", light))
    return found | (dict(re.findall(r"--([\w-]+): (#\w{6})", dark)) if name == "dark" else {})


def on_page(colour: str, colours: dict[str, str]) -> str:
    """Return what the page makes of a figure's colour."""
    rule = re.search(rf'\[fill="{colour.lower()}"\] {{ fill: var\(--(\w+)\)', CSS)
    return colours[rule[1]] if rule else colour


def test_the_contrast_is_that_of_the_definition() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # the known limit of AA


@pytest.mark.parametrize("name", ["light", "dark"])
def test_marks_stand_out_from_the_page(name: str) -> None:
    colours = scheme(name)
    marks = {*style.COLORS, style.INK, style.QUIET, *(colour for _, colour, _ in VERDICTS.values())}
    found = {mark: contrast(on_page(mark, colours), colours["page"]) for mark in marks}
    assert min(found.values()) >= 3, found


def test_marks_of_a_standalone_figure_and_of_paper_stand_out_from_white() -> None:
    assert min(contrast(colour, "#ffffff") for colour in style.COLORS) >= 3


def test_a_name_breaks_at_spaces_and_then_at_hyphens() -> None:
    assert style.two_lines("staged-long", 9) == "staged-\nlong"
    assert style.two_lines("warm-up lr 0.1", 9) == "warm-up\nlr 0.1"


@pytest.mark.parametrize(("figure", "words"), [("ecdf", "difference: "), ("expected_best", "difference: ")])
def test_panels_of_differences_share_one_scale(figure: str, words: str) -> None:
    rng = np.random.default_rng(1)
    groups = {"a": rng.normal(0, 1, 40), "noise": rng.normal(0, 1, 40), "far": rng.normal(4, 1, 40)}
    drawn = FIGURES[figure].draw(made(figure, compared(groups))).draw()
    titles = [text.get_text() for text in drawn.findobj(lambda artist: hasattr(artist, "get_text"))]
    n_panels = len({title for title in titles if title.startswith(words)})
    assert n_panels == 2
    first, *scales = [panel.get_ylim() for panel in drawn.axes]
    assert len(scales) == n_panels
    assert len(set(scales)) == 1
    assert first not in scales
