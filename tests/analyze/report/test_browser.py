"""A real browser shows the report under its policy: nothing is loaded, nothing fails, all can be reached."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from devtools import Browser, Page, find_browser

from .conftest import rendered

REPORTS = ("two_groups", "awkward_names", "five_groups", "with_failures")
# What a reader with any ability needs, by the rules of WCAG 2.1 A and AA and axe's best practices
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


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
