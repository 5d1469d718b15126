"""The page: self-contained, escaped, under a policy that allows nothing else."""

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

from plain_results import results_of

from analyze.figures.catalogue import FIGURES
from analyze.report import html

LOADING = {"src", "srcset", "href", "xlink:href", "action", "data", "poster", "background"}


class Page(HTMLParser):
    """Elements with their attributes, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_nothing_is_loaded_or_run(any_report: Any) -> None:
    for tag, attributes in Page(any_report.html).elements:
        assert tag not in {"script", "iframe", "object", "embed", "link", "img", "base", "form"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in LOADING & attributes.keys():
            target = attributes[name] or ""
            assert target.startswith("#") or (tag == "a" and target.startswith("https://doi.org/"))


def test_policy_allows_only_our_style(any_report: Any) -> None:
    page = any_report.html
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style
    metas = [a for tag, a in Page(page).elements if tag == "meta"]
    (policy,) = [m["content"] for m in metas if m.get("http-equiv") == "Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy is not None
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}';" in policy


def test_structure(any_report: Any) -> None:
    page = Page(any_report.html)
    tags = Counter(tag for tag, _ in page.elements)
    drawn = [entry["figure"] for entry in any_report.model["figures"]]
    assert set(drawn) <= set(FIGURES)
    assert tags["figure"] == tags["figcaption"] == tags["svg"] == tags["desc"] == len(drawn)
    assert tags["title"] == 1 + len(drawn)
    assert tags["h1"] == tags["main"] == 1
    ids = Counter(a["id"] for _, a in page.elements if "id" in a)
    assert max(ids.values()) == 1
    for _, attributes in page.elements:
        for name in ("aria-labelledby", "href", "xlink:href"):
            for target in (attributes.get(name) or "").split():
                if name == "aria-labelledby" or target.startswith("#"):
                    assert target.lstrip("#") in ids


def test_size(any_report: Any) -> None:
    assert len(any_report.html.encode()) < 700_000


def test_names_are_text(any_report: Any) -> None:
    page = Page(any_report.html)
    for group in any_report.model["groups"]:
        assert group["group"] in page.text
    assert any_report.model["answer"]["verdict"] in page.text
    assert "None" not in page.text
    assert "nan" not in re.findall(r"\w+", page.text)


def test_markup_in_names_is_escaped(awkward: Any) -> None:
    assert "<b>λ" not in awkward.html
    assert "&lt;b&gt;λ=0.1 &amp; " in awkward.html
    assert Page(awkward.html).text.count('<b>λ=0.1 & "x"</b>') > 10


def test_missing_numbers_are_dashes(nulls: Any) -> None:
    rows = re.findall(r'<tr><th scope="row">Mann–Whitney</th>(.*?)</tr>', nulls.html, re.DOTALL)
    assert re.findall(r">([^<>]*)</td>", rows[0])[:4] == [
        "—", "—", "—", "F = G: no shift in either direction"
    ]  # fmt: skip
    assert "too few runs" in rows[0]


def test_a_missing_drawing_leaves_no_empty_figure(model: dict[str, Any]) -> None:
    assert "<figure>" not in html.render(results_of(model), {})


def test_small_figures_stand_in_pairs_and_wide_ones_alone(any_report: Any) -> None:
    page = any_report.html
    n_small, n_wide = page.count('<svg class="half"'), page.count('<svg class="full"')
    assert n_small + n_wide == page.count("<figure ")
    n_groups = len(any_report.model["groups"])
    assert n_small > 0 or n_groups > 2
    assert n_small == 0 or n_groups <= 3
    assert 2 * page.count('<div class="pair">') <= n_small
