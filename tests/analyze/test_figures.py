"""Every figure is drawn for few and many groups, and its SVG is reproducible and clean."""

import re
import xml.etree.ElementTree as ET
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from analyze.figure_tables.catalogue import FIGURE_TABLES, figure_entries
from analyze.figure_tables.source import FigureSource
from analyze.figures import catalogue, style
from analyze.render import svg

SVG = "{http://www.w3.org/2000/svg}"
SIZES = (1, 2, 3, 12)


def entries(n_groups: int) -> dict[str, style.Entry]:
    rng = np.random.default_rng(n_groups)
    names = tuple(f"<g&{i}> $x$" for i in range(n_groups))
    parts = [
        pd.DataFrame({"group": g, "unit": range(40), "value": rng.normal(i, 1, 40)})
        for i, g in enumerate(names)
    ]
    source = FigureSource(runs=pd.concat(parts), groups=names, value="loss", pairable=n_groups > 1)
    return {entry["figure"]: entry for entry in figure_entries(source)}


@pytest.fixture(scope="session")
def drawn() -> dict[int, dict[str, str]]:
    return {n: svg.figures({"figures": list(entries(n).values())}) for n in SIZES}


def test_every_table_has_its_figure() -> None:
    assert list(catalogue.FIGURES) == list(FIGURE_TABLES)
    assert list(entries(2)) == list(FIGURE_TABLES)


@pytest.mark.parametrize("n_groups", SIZES)
@pytest.mark.parametrize("figure", FIGURE_TABLES)
def test_every_figure_is_drawn(drawn: dict[int, dict[str, str]], figure: str, n_groups: int) -> None:
    if n_groups == 1 and figure == "matched_pairs":
        assert figure not in drawn[1]
        return
    root = ET.fromstring(drawn[n_groups][figure])
    entry = entries(n_groups)[figure]
    assert root.findtext(f"{SVG}title") == entry["title"]
    assert root.findtext(f"{SVG}desc") == entry["alt"]
    words = "".join(text.text or "" for text in root.iter(f"{SVG}text"))
    shown = entry["groups"] if figure != "matched_pairs" else entry["groups"][:2]
    if n_groups > 1:
        assert all(name in words for name in shown)
    assert len(list(root.iter(f"{SVG}path"))) + len(list(root.iter(f"{SVG}circle"))) > n_groups


@pytest.mark.parametrize("figure", FIGURE_TABLES)
def test_the_same_entry_gives_the_same_bytes(drawn: dict[int, dict[str, str]], figure: str) -> None:
    entry = entries(2)[figure]
    assert svg.render(catalogue.FIGURES[figure](entry), entry) == drawn[2][figure]


@pytest.mark.parametrize("n_groups", SIZES)
def test_ids_are_unique_across_figures_and_resolve(drawn: dict[int, dict[str, str]], n_groups: int) -> None:
    page = "".join(drawn[n_groups].values())
    ids = Counter(re.findall(r'\bid="([^"]*)"', page))
    assert max(ids.values()) == 1
    assert set(re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', page)) <= {(i, "") for i in ids} | {
        ("", i) for i in ids
    }


@pytest.mark.parametrize("n_groups", SIZES)
def test_svg_has_attributes_instead_of_styles(drawn: dict[int, dict[str, str]], n_groups: int) -> None:
    for text in drawn[n_groups].values():
        assert " style=" not in text
        assert not re.search(r"<(style|script|metadata|image|foreignObject)\b", text)
        assert set(re.findall(r"https?://[^\"']*", text)) <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }


def test_long_names_are_shortened_but_stay_apart() -> None:
    long = "x" * 200
    shown = style.names([f"{long}{i}{long}" for i in range(3)])
    assert len(set(shown.values())) == 3
    assert max(map(len, shown.values())) < 50


def test_constant_and_single_values_are_drawn() -> None:
    runs = pd.DataFrame({"group": list("aaabbb"), "unit": [0, 1, 2] * 2, "value": [0.5] * 6})
    source = FigureSource(runs=runs, groups=("a", "b"), value="accuracy", pairable=True)
    assert list(svg.figures({"figures": figure_entries(source)})) == list(FIGURE_TABLES)
