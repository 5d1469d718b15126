"""The catalogue: a figure is one record, and a line here shows it in every part of a report."""

import json
import subprocess
import sys
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from click.testing import CliRunner

from analyze.cli import analyze
from analyze.figures import style
from analyze.figures.catalogue import FIGURES, entries
from analyze.figures.ecdf import MAX_STEPS
from analyze.figures.figure import Content, Figure, Plot
from analyze.figures.source import MAX_GROUPS, FigureSource
from analyze.figures.style import p9
from analyze.report.document import HERO
from analyze.report.sections.catalogue import SECTIONS
from analyze.results import FigureEntry
from tests.support.figure_sources import SHAPES, as_read, sampled


def content(source: FigureSource) -> Content:
    samples = source.samples()
    tables = {"ends": {"group": list(samples), "high": [float(values[-1]) for values in samples.values()]}}
    return Content(title="Highest <runs>", caption="The tops & no more.", alt="Two tops.", tables=tables)


def draw(entry: FigureEntry) -> Plot:
    ends = style.frame(entry, "ends", style.names(entry.groups))
    plot: Plot = p9.ggplot(ends, p9.aes("group", "high")) + p9.geom_point()
    return plot + style.theme(width=3, height=2, legend=False)


TOPS = Figure(
    name="tops",
    section="retrain",
    reads="Each point is the best run.",
    tables=("ends",),
    content=content,
    draw=draw,
    sources=("tukey_1977",),
)


def test_a_new_figure_is_in_every_part_of_a_report(tmp_path, monkeypatch):
    monkeypatch.setitem(FIGURES, "tops", TOPS)
    runs = tmp_path / "runs.csv"
    runs.write_text("method,score\n" + "".join(f"{m},{i / 7}\n" for m in "ab" for i in range(12)))
    out = tmp_path / "report"
    command = ["compare", str(runs), "--value", "score", "--by", "method", "--resamples", "99"]
    done = CliRunner().invoke(analyze, [*command, "--format", "html,md,csv", "--out", str(out)])
    assert done.exit_code == 0, done.output

    entry = json.loads((out / "results.json").read_text(encoding="utf-8"))["figures"][-1]
    assert (entry["figure"], entry["title"], entry["groups"]) == ("tops", "Highest <runs>", ["a", "b"])
    assert entry["tables"] == {"ends": {"group": ["a", "b"], "high": [11 / 7, 11 / 7]}}
    table = (out / "tables" / "figure-tops-ends.csv").read_text(encoding="utf-8")
    assert table == f"group,high\na,{11 / 7!r}\nb,{11 / 7!r}\n"
    assert "<desc" in (out / "figures" / "tops.svg").read_text(encoding="utf-8")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert 'id="tops-title"' in page
    for text in (page, (out / "report.md").read_text(encoding="utf-8")):
        text = unescape(text.replace("\\", ""))
        assert "The tops & no more." in text
        assert "Each point is the best run." in text
        assert "Exploratory Data Analysis" in text
        section, after = SECTIONS["retrain"].title, SECTIONS["reproduce"].title
        assert text.rindex(section) < text.index("The tops & no more.") < text.rindex(after)

    again = CliRunner().invoke(
        analyze, ["report", str(out), "--format", "html", "--out", str(tmp_path / "b")]
    )
    assert again.exit_code == 0, again.output
    assert (tmp_path / "b" / "report.html").read_text(encoding="utf-8") == page


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_names_a_section_and_says_how_it_is_read(name):
    figure = FIGURES[name]
    assert figure.name == name
    assert figure.section in {HERO, *SECTIONS}
    assert figure.reads.endswith(".")


def test_every_table_has_a_name_in_its_record():
    for a, b in SHAPES.values():
        found = as_read(sampled(pairable=True, a=a, b=b))
        assert {"distributions", "ecdf"} <= set(found)
        for name, entry in found.items():
            assert set(entry.tables) <= set(FIGURES[name].tables)


def test_tables_stay_small_and_are_plain_json():
    rng = np.random.default_rng(1)
    found = as_read(sampled(pairable=True, a=rng.normal(size=60_000), b=rng.normal(size=60_000)))
    assert set(found) == {"distributions", "ecdf", "matched_pairs"}
    assert len(json.dumps([entry.tables for entry in found.values()])) < 500_000
    assert len(found["ecdf"].tables["steps"]["x"]) <= 2 * (MAX_STEPS + 2)


def test_of_many_groups_the_baseline_the_best_and_the_worst_are_drawn():
    n = MAX_GROUPS + 6
    # By the alphabet the middle comes first: neither the best nor the worst.
    places = np.random.default_rng(1).permutation(n)
    of = sampled(**{f"g{i:02}": [k, k + 1.0, k + 2.0] for i, k in enumerate(places)})
    others = sorted(range(1, n), key=lambda i: -places[i])
    expected = [0, *others[:12], *others[-11:]]
    for entry in entries(of):
        assert list(entry.groups) == [f"g{i:02}" for i in expected]
        assert entry.caption.endswith(
            f"Drawn: g00, and of {n - 1} others the 12 best and the 11 worst by mean accuracy."
        )
    lower = replace(of, better="lower")
    assert lower.chosen(3) == ("g00", f"g{others[-1]:02}", f"g{others[0]:02}")
    # Where each group has a colour of its own, the order is that of the report.
    assert sampled(b=[1.0, 2.0], a=[5.0, 6.0], c=[3.0, 4.0]).chosen(3) == ("b", "a", "c")


def test_what_figures_show_is_computed_without_loading_what_draws():
    loaded = "import sys, analyze.report.build; print({'plotnine', 'matplotlib', 'mizani'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
