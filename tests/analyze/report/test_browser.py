"""A real browser shows the report under its policy: nothing is loaded, nothing fails, all can be reached."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from devtools import Browser, Page, find_browser
from plain_results import results_of

from analyze.figures import style
from analyze.report import html, svg
from tests.support.contrast import contrast

from .conftest import computed, rendered, scores

REPORTS = ("two_groups", "awkward_names", "five_groups", "with_failures")
# What a reader with any ability needs, by the rules of WCAG 2.1 A and AA and axe's best practices
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


TELEPHONE = 400
# What a figure draws with, but for pale areas and bars: these have an edge or a line in full colour.
# Tiles are read by the words on them.
MARKS = """[...document.querySelectorAll('figure svg')]
  .filter(svg => !svg.querySelector('#pairwise_matrix-title'))
  .flatMap(svg => [...svg.querySelectorAll('path, circle, use')])
  .filter(mark => !mark.closest('defs')).map(mark => {
    const look = getComputedStyle(mark), stroke = look.stroke !== 'none';
    const alpha = look.opacity * (stroke ? look.strokeOpacity : look.fillOpacity);
    return [stroke ? look.stroke : look.fill, alpha, mark.tagName];
  }).filter(([colour, alpha, tag]) => (alpha === 1 || tag === 'circle') && colour !== 'none')"""
OVERLAPS = """[...document.querySelectorAll('figure svg')].flatMap(svg => {
  const words = [...svg.querySelectorAll('text')].filter(word => word.textContent.trim())
    .map(word => [word.getBoundingClientRect(), word.textContent]);
  return words.flatMap(([a, text], i) => words.slice(i + 1).filter(([b]) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3).map(([b, other]) => [text, other]));
})"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip("no browser: install chromium, or name one in the variable CHROMIUM")
    with Browser(program, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module", params=REPORTS)
def shown(request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The report, opened in the browser, and its model."""
    report = rendered(request.param)
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(report.html, encoding="utf-8")
    return Page(browser, path.as_uri()), report.model


def test_nothing_fails_and_nothing_is_requested(shown: Any) -> None:
    page, _ = shown
    problems = page.reported("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
    assert problems == []
    requested = [sent["request"]["url"] for sent in page.reported("Network.requestWillBeSent")]
    assert requested == [page.evaluate("location.href")]


def test_the_policy_is_in_force(shown: Any) -> None:
    page, _ = shown
    page.call("Page.bringToFront")
    blocked = page.evaluate(
        """new Promise(done => {
          document.addEventListener('securitypolicyviolation', event => done(event.effectiveDirective));
          const image = new Image(); image.src = 'https://example.org/x.png';
          setTimeout(() => done('nothing'), 2000);
        })"""
    )
    assert blocked == "img-src"


def test_every_link_leads_somewhere(shown: Any) -> None:
    page, _ = shown
    links = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))")
    assert len([link for link in links if link.startswith("#")]) >= 9
    lost = page.evaluate(
        """[...document.querySelectorAll('a[href^="#"]')]
             .map(a => a.getAttribute('href')).filter(to => !document.getElementById(to.slice(1)))"""
    )
    assert lost == []
    assert all(link.startswith(("#", "https://doi.org/")) for link in links)
    moved = page.evaluate(
        """[...document.querySelectorAll('nav a')].filter(a => {
             scrollTo(0, 0); a.click();
             return document.querySelector(':target') !== document.getElementById(a.hash.slice(1));
           }).length"""
    )
    assert moved == 0


def test_every_figure_has_its_alternative_text(shown: Any) -> None:
    page, model = shown
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    images = [node for node in nodes if node.get("role", {}).get("value") in ("image", "img")]
    names = [node["name"]["value"] for node in images]
    for entry in model["figures"]:
        (name,) = [name for name in names if name.startswith(entry["title"])]
        assert " ".join(entry["alt"].split()) in " ".join(name.split())
    assert len(images) == len(model["figures"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_checker_finds_no_violation(shown: Any, scheme: str) -> None:
    page, _ = shown
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    if not page.evaluate("typeof axe === 'object'"):
        axe = resources.files("axe_core_python") / "axe.min.js"
        page.evaluate(f"{axe.read_text(encoding='utf-8')}; true")
    found = page.evaluate(
        f"axe.run(document, {{runOnly: {AXE_RULES}}}).then(found => ({{"
        "passes: found.passes.length, violations: found.violations.map(v => "
        "v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary).join('; '))}))"
    )
    assert found["violations"] == []
    assert found["passes"] > 20


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_wider_than_the_window(shown: Any, width: int) -> None:
    page, _ = shown
    page.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
    )
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = "[...document.querySelectorAll('main p, main h2, main li, main dd, figcaption, summary')]"
    assert page.evaluate(f"{wide}.filter(e => e.getBoundingClientRect().right > {width} + 1).length") == 0
    if width == 1280:  # a full screen needs no scrolling inside of tables
        cut = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)"
        assert page.evaluate(f"{cut}.map(e => e.getAttribute('aria-label'))") == []


def test_folded_tables_are_printed(shown: Any) -> None:
    page, _ = shown
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = false; })")
    page.call("Emulation.setEmulatedMedia", media="print")
    heights = page.evaluate("[...document.querySelectorAll('details table')].map(t => t.offsetHeight)")
    assert heights
    assert min(heights) > 0
    page.call("Emulation.setEmulatedMedia", media="")


def few() -> dict[str, Any]:
    return computed({"joint": scores(0.88, 24, 1), "staged": scores(0.87, 24, 2)}, paired="seed")


def many() -> dict[str, Any]:
    groups = {f"sgd · momentum {i}": scores(0.8 + 0.003 * (7 * i % 18), 12, i) for i in range(18)}
    return computed(groups, baseline="sgd · momentum 4")


def collapsing() -> dict[str, Any]:
    lost = [(0.12, 20), (0.3, 40)]
    groups = {f"init {low}": np.r_[scores(0.88, 100 - n, n), scores(low, n, 3)] for low, n in lost}
    return computed(groups, paired="seed")


@pytest.fixture(scope="module", params=[few, many, collapsing])
def on_a_telephone(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Page:
    results = results_of(request.param())
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html.render(results, svg.figures(results.figures)), encoding="utf-8")
    page = Page(browser, path.as_uri())
    size = {"width": TELEPHONE, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.call("Emulation.setDeviceMetricsOverride", **size)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    return page


def test_every_figure_shows_its_data_on_a_telephone(on_a_telephone: Page) -> None:
    ends = on_a_telephone.evaluate(
        """[...document.querySelectorAll('figure svg')].map(svg => {
             const marks = [...svg.querySelectorAll('path, circle')].filter(mark => !mark.closest('defs'));
             const boxes = marks.map(mark => mark.getBoundingClientRect());
             return [svg.getAttribute('aria-labelledby'), boxes.length,
                     Math.min(...boxes.map(box => box.left)), Math.max(...boxes.map(box => box.right)),
                     Math.min(...[...svg.querySelectorAll('text')].map(
                       word => parseFloat(word.getAttribute('font-size')) * svg.getScreenCTM().a))];
           })"""
    )
    assert len(ends) >= 6
    for name, n_marks, left, right, letters in ends:
        assert n_marks > 10, name
        assert 0 <= left < right <= TELEPHONE, name
        assert letters >= 7, name
    assert on_a_telephone.evaluate(OVERLAPS) == []


def test_every_table_shows_its_first_three_columns_on_a_telephone(on_a_telephone: Page) -> None:
    tables = on_a_telephone.evaluate(
        """[...document.querySelectorAll('table')].map(table => [
             [...table.rows[0].cells].map(cell => cell.textContent.trim()),
             Math.max(...[...table.rows].flatMap(
               row => [...row.cells].slice(0, 3).map(cell => cell.getBoundingClientRect().right))),
             table.caption.getBoundingClientRect().right,
           ])"""
    )
    assert len(tables) >= 8
    for columns, third, caption in tables:
        assert third <= TELEPHONE, columns
        assert caption <= TELEPHONE, columns
    found = [columns[1:3] for columns, _, _ in tables]
    assert ["Estimate", "Interval"] in found or ["Mean difference", "Interval"] in found
    assert any(columns[1:3] == ["p", "p (Holm)"] for columns, _, _ in tables)
    assert on_a_telephone.evaluate("document.documentElement.scrollWidth") <= TELEPHONE


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_stand_out_in_both_schemes(on_a_telephone: Page, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    on_a_telephone.call("Emulation.setEmulatedMedia", features=features)
    page = hexadecimal(on_a_telephone.evaluate("getComputedStyle(document.body).backgroundColor"))
    marks = on_a_telephone.evaluate(MARKS)
    grid = hexadecimal(
        on_a_telephone.evaluate(
            f"getComputedStyle(document.querySelector('svg [stroke=\"{style.GRID}\"]')).stroke"
        )
    )
    seen = {blended(hexadecimal(colour), page, alpha) for colour, alpha, _ in marks} - {grid, page}
    found = {mark: contrast(mark, page) for mark in seen}
    assert len(found) >= 3
    assert min(found.values()) >= 3, found


def blended(colour: str, page: str, alpha: float) -> str:
    """Return what is seen of a colour that the page shines through."""
    parts = [(int(colour[i : i + 2], 16), int(page[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(alpha * front + (1 - alpha) * back):02x}" for front, back in parts)


def hexadecimal(colour: str) -> str:
    """Return a computed colour as its six digits."""
    parts = colour.removeprefix("rgb(").removesuffix(")").split(", ")
    return "#" + "".join(f"{int(part):02x}" for part in parts)
