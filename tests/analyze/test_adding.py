"""One function and one line of a catalogue put a test, an effect or a section into every part of a report.

Figures are added in `tests/analyze/figures/test_catalogue.py`, options in `tests/analyze/test_question.py`.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analyze.cli import analyze
from analyze.comparison.calibration import realised_sizes
from analyze.figures.catalogue import FIGURES
from analyze.report.document import Block, Paragraph, Part
from analyze.report.sections.catalogue import SECTIONS
from analyze.results import Results
from analyze.stats.bootstrap import BootstrapSample
from analyze.stats.effects import EFFECT_SIZES
from analyze.stats.estimates import Estimate
from analyze.stats.method import EffectSize, Test
from analyze.stats.omnibus import OMNIBUS_TESTS, OmnibusResult
from analyze.stats.paired_effects import PAIRED_EFFECT_SIZES
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import Counts
from analyze.stats.two_sample import TWO_SAMPLE_TESTS, TwoSampleResult

# Written as a method's sources are shown: in the table of formulas, and in the list of references.
SOURCE, CITED, LISTED = "schuirmann_1987", "Schuirmann 1987", "two one-sided tests procedure"
FORMULA = "max y − max x & so on"
NEW = {"label": "Tops <of both>", "hypothesis": "the highest runs are equal & alike"}


def mean(values: Counts | Sequence[float]) -> float:
    return float(values.values @ values.counts / values.n if isinstance(values, Counts) else np.mean(values))


def tops(x, y, *, rng: np.random.Generator, n_resamples: int) -> TwoSampleResult:
    found = {"statistic_name": "T", "statistic": mean(y) - mean(x), "pvalue": 0.0625, "pvalue_error": 0.0}
    return TwoSampleResult(test="tops", **NEW, **found, method="by the highest")


def tops_of_all(samples, *, rng: np.random.Generator, n_resamples: int) -> OmnibusResult:
    found = {"statistic_name": "T", "statistic": float(len(samples)), "pvalue": 0.0625, "pvalue_error": 0.0}
    return OmnibusResult(test="tops", **NEW, **found, method="by the highest")


def gap(a: BootstrapSample, b: BootstrapSample, confidence: float) -> Estimate:
    return Estimate(estimate=0.625, low=0.5, high=0.75, method="by the gap")


def gap_within_pairs(sample: BootstrapSample, confidence: float) -> Estimate:
    return Estimate(estimate=0.625, low=0.5, high=0.75, method="by the gap")


def effect_size(estimate: Callable[..., Estimate]) -> EffectSize:
    return EffectSize(
        label="gap <between>",
        estimate=estimate,
        null_value=0.25,
        unit="steps",
        formula=FORMULA,
        sources=(SOURCE,),
        of_constants=lambda difference: 2 * difference,
    )


def test_of(run: Callable[..., object]) -> Test:
    return Test(run=run, formula=FORMULA, sources=(SOURCE,))


test_of.__test__ = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    plain: dict
    pages: tuple[str, str]
    folder: Path
    printed: str

    def rows(self, table: str) -> list[dict[str, str]]:
        with (self.folder / "tables" / table).open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def has(self, *words: str) -> None:
        for page in self.pages:
            for word in words:
                assert word in page


@pytest.fixture
def no_figures() -> Iterator[None]:
    """Leave the figures out, for drawing them takes longer than all else; their order stays as it was."""
    kept = dict(FIGURES)
    FIGURES.clear()
    yield
    FIGURES.clear()
    FIGURES.update(kept)


@pytest.fixture
def report(tmp_path, no_figures) -> Callable[..., Report]:
    """Return a function that compares three groups with equal seeds on the command line."""
    scores = {(m, i): (3 * i * i + 5 * j) % 17 / 16 for j, m in enumerate("abc") for i in range(7)}
    runs = "".join(f"{m},{i},{score}\n" for (m, i), score in scores.items())

    def made(*options: str, table: str = runs) -> Report:
        (tmp_path / "runs.csv").write_text(f"method,seed,score\n{table}")
        out = tmp_path / "report"
        command = ["compare", str(tmp_path / "runs.csv"), "--value", "score", "--by", "method", "--resamples"]
        command += ["99", "--baseline", "a", *options, "--format", "html,md,csv", "--out", str(out)]
        done = CliRunner().invoke(analyze, command)
        assert done.exit_code == 0, done.output
        pages = [(out / f"report.{ending}").read_text(encoding="utf-8") for ending in ("html", "md")]
        again = CliRunner().invoke(analyze, ["report", str(out), "--format", "html", "--out", f"{out}-2"])
        assert again.exit_code == 0, again.output
        assert Path(f"{out}-2", "report.html").read_text(encoding="utf-8") == pages[0]
        return Report(
            plain=json.loads((out / "results.json").read_text(encoding="utf-8")),
            pages=(unescape(pages[0]), pages[1].replace("\\", "")),
            folder=out,
            printed=done.output,
        )

    return made


def is_cited(report: Report) -> None:
    """Its formula stands in the methods with its source, and that among the references."""
    report.has(FORMULA, CITED, LISTED)


@pytest.mark.parametrize(
    ("catalogue", "options"), [(TWO_SAMPLE_TESTS, ()), (PAIRED_TESTS, ("--paired", "seed"))]
)
def test_a_new_test_is_in_every_part_of_a_report(report, monkeypatch, catalogue, options):
    assert not [page for page in report(*options).pages if LISTED in page]
    monkeypatch.setitem(catalogue, "tops", test_of(tops))
    made = report(*options)
    pairs = made.plain["comparisons"]
    for pair in pairs:
        (found,) = [test for test in pair["tests"] if test["test"] == "tops"]
        assert found["label"] == NEW["label"]
        assert found["pvalue"] == 0.0625
        assert found["pvalue_adjusted"] >= 0.0625  # one of the family
        assert found["rejected"] is False
    rows = [row for row in made.rows("tests.csv") if row["test"] == "tops"]
    assert [(row["group_b"], row["statistic_name"], row["method"]) for row in rows] == [
        (pair["group_b"], "T", "by the highest") for pair in pairs
    ]
    variants = [v for v in made.plain["sensitivity"] if NEW["label"] in v["variant"]]
    assert {v["pvalue"] for v in variants} == {0.125}  # Holm's, of two pairs
    made.has(*NEW.values())
    is_cited(made)


@pytest.mark.parametrize(
    ("catalogue", "options"), [(TWO_SAMPLE_TESTS, ()), (PAIRED_TESTS, ("--paired", "seed"))]
)
def test_a_new_test_may_give_the_verdict(report, monkeypatch, catalogue, options):
    monkeypatch.setitem(catalogue, "tops", test_of(tops))
    made = report(*options, "--primary", "tops")
    assert made.plain["question"]["primary"] == "tops"
    for pair in made.plain["comparisons"]:
        (primary,) = [test for test in pair["tests"] if test["primary"]]
        assert (primary["test"], primary["pvalue_adjusted"]) == ("tops", 0.125)
        assert pair["verdict"] == "inconclusive"  # its p is 0.0625 whatever the runs are
    made.has(f"The primary test is {NEW['label']} ({CITED})")


def test_a_new_test_of_spreads_has_no_say_in_other_verdicts(report, monkeypatch):
    of_spreads = Test(run=tops, formula="T", sources=(), of_spreads=True)
    monkeypatch.setitem(TWO_SAMPLE_TESTS, "tops", of_spreads)
    plain = report().plain
    assert not [v for v in plain["sensitivity"] if NEW["label"] in v["variant"]]
    plain = report("--primary", "tops").plain
    others = {v["variant"] for v in plain["sensitivity"] if v["choice"] == "primary test"}
    assert others == {"Brown–Forsythe"}


def test_a_new_test_of_many_groups_is_in_every_part_of_a_report(report, monkeypatch):
    monkeypatch.setitem(OMNIBUS_TESTS, "tops", test_of(tops_of_all))
    made = report()
    found = made.plain["omnibus"][-1]
    assert (found["test"], found["statistic"], found["pvalue"]) == ("tops", 3.0, 0.0625)
    row = made.rows("omnibus.csv")[-1]
    assert (row["test"], row["label"], row["pvalue"]) == ("tops", NEW["label"], "0.0625")
    made.has(*NEW.values(), "T = 3")
    is_cited(made)


def test_a_new_effect_is_in_every_part_of_a_report(report, monkeypatch):
    monkeypatch.setitem(EFFECT_SIZES, "gap", effect_size(gap))
    made = report()
    for pair in made.plain["comparisons"]:
        (found,) = [effect for effect in pair["effects"] if effect["effect"] == "gap"]
        assert (found["estimate"], found["low"], found["high"]) == (0.625, 0.5, 0.75)
        assert (found["unit"], found["null_value"]) == ("steps", 0.25)
    rows = [row for row in made.rows("effects.csv") if row["effect"] == "gap"]
    assert {(row["group_b"], row["estimate"]) for row in rows} == {("b", "0.625"), ("c", "0.625")}
    made.has("Gap <between> (steps)", "[0.50, 0.75]", "by the gap")
    is_cited(made)


def test_a_new_effect_says_what_it_is_of_constant_groups(report, monkeypatch):
    monkeypatch.setitem(EFFECT_SIZES, "gap", effect_size(gap))
    made = report(table="".join(f"{m},{i},{j}\n" for j, m in enumerate("ab") for i in range(5)))
    (found,) = [e for e in made.plain["comparisons"][0]["effects"] if e["effect"] == "gap"]
    assert (found["estimate"], found["low"], found["high"]) == (2.0, 2.0, 2.0)
    made.has("both groups are constant")


def test_a_new_effect_within_pairs_is_in_every_part_of_a_report(report, monkeypatch):
    monkeypatch.setitem(PAIRED_EFFECT_SIZES, "gap", effect_size(gap_within_pairs))
    made = report("--paired", "seed")
    for pair in made.plain["comparisons"]:
        assert pair["matched"]["effects"][-1]["estimate"] == 0.625
    assert made.rows("matched-effects.csv")[-1]["label"] == "gap <between>"
    made.has("Gap <between> (steps)", "[0.50, 0.75]", "by the gap")
    is_cited(made)


def count(results: Results) -> list[Block]:
    return [Paragraph(text=f"There are {len(results.comparisons)} pairs & no more.", lead="Pairs")]


def test_a_new_section_is_in_every_page(report, monkeypatch):
    monkeypatch.setitem(SECTIONS, "count", Part(title="How many <pairs>?", build=count))
    made = report()
    made.has("How many <pairs>?", "There are 2 pairs & no more.")
    html, markdown = made.pages
    assert 'id="count"' in html
    assert re.search(r"^## \d+ How many <pairs>\?$", markdown, re.MULTILINE)


def test_a_new_section_without_blocks_is_left_out(report, monkeypatch):
    monkeypatch.setitem(SECTIONS, "count", Part(title="How many <pairs>?", build=lambda _: []))
    assert not [page for page in report().pages if "How many <pairs>?" in page]


def test_a_new_test_is_counted_on_the_terminal(report, monkeypatch):
    two = ("--where", "method != 'c'")
    (before,) = re.findall(r"(\d+) more in the report", report(*two).printed)
    monkeypatch.setitem(TWO_SAMPLE_TESTS, "tops", test_of(tops))
    assert f"{int(before) + 1} more in the report" in report(*two).printed
    assert NEW["label"] in report(*two, "--primary", "tops").printed


def test_a_new_test_is_in_the_certificate_of_calibration(monkeypatch):
    monkeypatch.setitem(TWO_SAMPLE_TESTS, "tops", test_of(tops))
    sizes = realised_sizes([1, 2, 3], [2, 4, 5], seed=0, names=("a", "b"), n_draws=20, n_workers=1)
    assert (sizes[-1].test, sizes[-1].n_rejected) == ("tops", 0)
