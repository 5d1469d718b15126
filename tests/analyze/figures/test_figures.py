"""Every figure is drawn for few and many groups, and its SVG is reproducible, small and clean."""

import functools
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import analyze
from analyze.figures import style
from analyze.figures.catalogue import FIGURES
from analyze.figures.source import FigureSource
from analyze.report import svg
from analyze.results import FigureEntry
from tests.support.figure_sources import as_read, compared, with_answers, with_depths

SVG = "{http://www.w3.org/2000/svg}"
SIZES = (2, 3, 12)
# What opens a report: one of them, by the kind of runs and the number of groups
FIRST = {"estimation", "ranking", "shares", "ratios"}
LONG = "a-very-long-name-without-any-space-" * 4 + "until it ends"
FROM_THREE = {"ridgelines", "pairwise_matrix", "forest"}


@functools.cache
def entries(n_groups: int) -> dict[str, FigureEntry]:
    rng = np.random.default_rng(n_groups)
    samples = {f"<g&{i}> $x$": rng.normal(i, 1, 40) for i in range(n_groups)}
    return as_read(with_answers(with_depths(compared(samples, pairs=True))))


@functools.cache
def over_tasks(n_groups: int) -> dict[str, FigureEntry]:
    rng = np.random.default_rng(n_groups)
    runs = pd.DataFrame(
        [
            (f"<g&{group}> $x$", f"task {task}", run, rng.normal(group, 1))
            for group in range(n_groups)
            for task in range(5)
            for run in range(4)
        ],
        columns=["method", "task", "run", "score"],
    )
    report = analyze.compare(runs, value="score", by="method", task="task", resamples=99)
    return {entry.figure: entry for entry in report.results.figures}


@functools.cache
def drawn(n_groups: int) -> dict[str, str]:
    return svg.figures(entries(n_groups).values())


@pytest.mark.parametrize("n_groups", SIZES)
def test_figures_that_have_nothing_to_say_are_absent(n_groups: int) -> None:
    absent = FROM_THREE if n_groups < 3 else set()
    first = {"ranking" if n_groups == 12 else "estimation"}
    of_tasks = {name for name, figure in FIGURES.items() if figure.of_tasks}
    assert set(entries(n_groups)) == set(FIGURES) - absent - FIRST - of_tasks | first
    assert set(over_tasks(2)) == of_tasks - {"task_ranks"}
    assert set(over_tasks(4)) == of_tasks - {"task_forest"}


def one_and_zero(rng: np.random.Generator, share: float) -> np.ndarray:
    return (rng.random(60) < share).astype(float)


def collapsing(rng: np.random.Generator, share: float) -> np.ndarray:
    return np.where(rng.random(60) < share, 2.3, 0.4) + rng.normal(0, 0.02, 60)


def over_decades(rng: np.random.Generator, share: float) -> np.ndarray:
    return 10 ** rng.normal(4 * share - 3, 0.8, 60)


@pytest.mark.parametrize(
    ("kind", "figure"), [(one_and_zero, "shares"), (collapsing, "shares"), (over_decades, "ratios")]
)
@pytest.mark.parametrize("n_groups", [2, 6, 9])
def test_each_kind_of_runs_opens_with_its_figure(kind, figure: str, n_groups: int) -> None:
    found = of_kind(kind, n_groups)
    first = "ranking" if n_groups > 6 else figure
    assert FIRST & set(found) == {first}
    text = svg.figures([found[first]])[first]
    ET.fromstring(text)
    assert "nan" not in text.lower()
    assert found[first].caption.endswith(".")


def test_one_group_has_figures_of_its_distribution_only() -> None:
    runs = pd.DataFrame({"group": "a", "unit": range(40), "value": np.random.default_rng(1).normal(size=40)})
    found = as_read(FigureSource(runs=runs, groups=("a",), value="loss"))
    assert list(found) == ["distributions", "ecdf"]
    assert all("loss" in text for text in svg.figures(found.values()).values())


@pytest.mark.parametrize("n_groups", SIZES)
@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_is_drawn(figure: str, n_groups: int) -> None:
    if figure not in entries(n_groups):
        return
    text, entry = drawn(n_groups)[figure], entries(n_groups)[figure]
    root = ET.fromstring(text)
    assert root.findtext(f"{SVG}title") == entry.title
    assert root.findtext(f"{SVG}desc") == entry.alt
    words = "".join(element.text or "" for element in root.iter(f"{SVG}text"))
    # Figures of many pairs name the others, or the baseline once.
    assert all(name in words for name in entry.groups[1:2])
    assert len(list(root.iter(f"{SVG}path"))) + len(list(root.iter(f"{SVG}circle"))) > n_groups
    assert len(text) < 100_000


@pytest.mark.parametrize("n_groups", SIZES)
@pytest.mark.parametrize("figure", FIGURES)
def test_captions_and_alt_texts_are_sentences(figure: str, n_groups: int) -> None:
    if figure not in entries(n_groups):
        return
    for text in (entries(n_groups)[figure].caption, entries(n_groups)[figure].alt):
        assert text.endswith(".")
        assert not re.search(r"\b(nan|inf|None|True|False)\b|  |\.\.|e-\d\d|p = 0\.0*\b|the same\b", text)


@functools.cache
def of_kind(
    kind: Callable[[np.random.Generator, float], np.ndarray], n_groups: int
) -> dict[str, FigureEntry]:
    rng = np.random.default_rng(n_groups)
    return as_read(compared({f"{LONG}{i}": kind(rng, 0.1 + 0.08 * i) for i in range(n_groups)}))


@pytest.mark.parametrize("figure", FIGURES)
def test_the_same_entry_gives_the_same_bytes(figure: str) -> None:
    every = entries(12) | of_kind(over_decades, 2) | of_kind(one_and_zero, 2) | entries(3)
    every |= over_tasks(2) | over_tasks(4)
    text = svg.figures([every[figure]])[figure]
    assert svg.render(FIGURES[figure].draw(every[figure]), every[figure]) == text


@pytest.mark.parametrize("n_groups", SIZES)
def test_ids_are_unique_across_figures_and_resolve(n_groups: int) -> None:
    page = "".join(drawn(n_groups).values())
    ids = Counter(re.findall(r'\bid="([^"]*)"', page))
    assert max(ids.values()) == 1
    assert set(re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', page)) <= {(i, "") for i in ids} | {
        ("", i) for i in ids
    }


@pytest.mark.parametrize("n_groups", SIZES)
def test_svg_has_attributes_instead_of_styles(n_groups: int) -> None:
    for text in drawn(n_groups).values():
        assert " style=" not in text
        assert not re.search(r"<(style|script|metadata|image|foreignObject)\b", text)
        assert set(re.findall(r"https?://[^\"']*", text)) <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }


@pytest.mark.parametrize("n_groups", SIZES)
def test_words_stay_inside_the_figure(n_groups: int) -> None:
    for figure, text in drawn(n_groups).items():
        root = ET.fromstring(text)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for element in root.iter(f"{SVG}text"):
            if "transform" in element.attrib or not element.text:
                continue
            # Half of DejaVu Sans' mean width of a letter, so that only real overhang fails.
            length = 0.3 * float(element.attrib["font-size"].removesuffix("px")) * len(element.text)
            before = {"start": 0.0, "middle": 0.5, "end": 1.0}[element.attrib.get("text-anchor", "start")]
            left = float(element.attrib["x"]) - before * length
            assert left >= -1, (figure, element.text)
            assert left + length <= width + 1, (figure, element.text)
            assert 0 <= float(element.attrib["y"]) <= height, (figure, element.text)


def test_a_figure_by_itself_is_on_white() -> None:
    text = svg.standalone(drawn(2)["estimation"])
    first = next(
        element for element in ET.fromstring(text) if element.tag not in (f"{SVG}title", f"{SVG}desc")
    )
    assert (first.tag, first.attrib["fill"]) == (f"{SVG}rect", "#ffffff")


def test_paths_are_those_that_matplotlib_drew() -> None:
    long = ' d="M 0 0 L 10.001 0 L 10.001 5.5 L 10.001 5.5 L 3 4 z "'
    assert svg._path(svg._rounded(long)) == ' d="M0 0H10V5.5L3 4z"'
    curve = ' d="M 0 0 C 1 1 2 2 3 3 z"'
    assert svg._rounded(curve) == ' d="M0 0C1 1 2 2 3 3z"'


def test_points_of_one_look_share_their_attributes() -> None:
    points = "\n".join(f'<circle cx="{i}" cy="1" r="2" fill="#0072b2"/>' for i in range(3))
    shared = svg._shared(points)
    assert shared.count('fill="#0072b2"') == 1
    assert shared.count("<circle") == 3
    ET.fromstring(shared)


def test_groups_without_attributes_are_left_out() -> None:
    nested = '<svg>\n<g>\n<g fill="red">\n<g>\n<path/>\n</g>\n</g>\n</g>\n<g/>\n</svg>'
    assert svg._without_bare_groups(nested) == '<svg>\n<g fill="red">\n<path/>\n</g>\n</svg>'


def test_long_names_are_shortened_but_stay_apart() -> None:
    long = "x" * 200
    shown = style.names([f"{long}{i}{long}" for i in range(3)])
    assert len(set(shown.values())) == 3
    assert max(map(len, shown.values())) < 50


def test_labels_have_two_lines_at_most() -> None:
    shown = style.labels([LONG, "x" * 100, "one two three four five six seven eight nine", "\n"])
    assert len(set(shown.values())) == 4
    for label in shown.values():
        assert label.count("\n") <= 1
        assert max(map(len, label.split("\n"))) <= 26


HARD = {
    "two runs": {"a": [0.1, 0.3], "b": [0.25, 0.26]},
    "one value a group": {"a": [0.5] * 12, "b": [0.7] * 5, "c": [0.5] * 4},
    "one constant": {"a": [0.5] * 30, "b": np.random.default_rng(1).normal(0.6, 0.1, 30)},
    "diverged": {
        "a": np.r_[np.random.default_rng(2).normal(1, 0.1, 20), 1e30, 4e12],
        "b": np.r_[np.random.default_rng(3).normal(1, 0.1, 20), 1e70],
        "c": np.random.default_rng(4).lognormal(0, 9, 20),
    },
    "far apart": {"a": [1.0, 1.1, 1.2, 1.3], "b": [1e12, 1.1e12, 1.2e12, 1.3e12]},
    "names": {
        '<b>λ=0.1 & "x"</b>': [1.0, 2, 3, 4, 5],
        LONG: [2.0, 3, 4, 5, 6],
        "$x_1$ \n % \\alpha": [1.0, 3, 5, 7, 9],
        LONG + "!": [1.0, 3, 5, 7, 8],
    },
    "ranks of constants": {f"g{i}": [0.5 + i // 3] * 12 for i in range(8)},
    "ranks of two runs": {f"{LONG}{i}": [0.5 + i, 0.7 + i] for i in range(24)},
    "all collapsed": {"a": [3.0, 3.01] * 20, "b": [0.4, 0.41, 0.42] * 10 + [3.0] * 5},
    "never 1": {"a": [0.0] * 6, "b": [0.0] * 5 + [1.0]},
}


@pytest.mark.parametrize("name", HARD)
def test_hard_samples_are_drawn_without_a_warning(name: str) -> None:
    options = {"margin": 0.1} if name == "two runs" else {}
    texts = svg.figures(as_read(compared(HARD[name], **options)).values())
    assert len(FIRST & set(texts)) == 1
    many = {"distributions", "shift_function"}
    assert many & set(texts) == (set() if max(map(len, HARD[name].values())) <= 10 else many)
    for text in texts.values():
        ET.fromstring(text)
        assert len(text) < 100_000
        assert "nan" not in text.lower().replace(LONG, "")


def test_figures_of_many_runs_cost_no_more() -> None:
    rng = np.random.default_rng(5)
    source = compared({"a": rng.normal(size=20_000), "b": rng.normal(0.1, 1, 20_000)})
    texts = svg.figures(as_read(source).values())
    assert max(map(len, texts.values())) < 100_000
    assert sum(map(len, texts.values())) < 250_000
