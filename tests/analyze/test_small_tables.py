"""Tables of few runs a group, from the file to the sentences."""

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from analyze.cli import analyze
from analyze.comparison.compare import compare
from analyze.errors import DataError
from analyze.figures.catalogue import FIGURES
from analyze.question import make_question
from analyze.report.build import Origin, build
from analyze.table.runs import read


@pytest.fixture
def ask(tmp_path):
    def run(table, **options):
        pd.DataFrame(table).to_csv(tmp_path / "runs.csv", index=False)
        options = {"value": "v", "by": "g", "resamples": 199} | options
        return compare(read(make_question(str(tmp_path / "runs.csv"), **options)))

    return run


def rows(groups):
    return [{"g": g, "u": i, "v": v} for g, values in groups.items() for i, v in enumerate(values)]


MATCHERS = {"base": [75.74, 74.59, 75.41, 75.61, 77.90], "lomsac": [79.79, 76.44, 77.60, 77.05, 79.16]}


def sentences(result, check):
    return result.checks.loc[result.checks["check"] == check, "sentence"].tolist()


class TestLoneGroups:
    def test_one_run_is_listed_and_left_out(self, ask):
        result = ask(rows(MATCHERS | {"msac": [79.37]}))
        assert [(p.group_a, p.group_b) for p in result.pairs] == [("base", "lomsac")]
        assert sentences(result, "left out") == [
            "msac has 1 run, 79.37: no spread, not tested. It lies above 5 of the 5 runs of base."
        ]
        assert result.groups["group"].tolist() == ["base", "lomsac", "msac"]
        assert result.groups["n"].tolist() == [5, 5, 1]

    def test_no_finished_run(self, ask):
        table = [*rows(MATCHERS), {"g": "x", "u": 0, "v": "nan"}]
        result = ask(table)
        assert sentences(result, "left out") == ["x has no finished run (1 failed run): not tested."]

    def test_every_row_has_a_place(self, tmp_path):
        pd.DataFrame(rows(MATCHERS | {"msac": [79.37]})).to_csv(tmp_path / "r.csv", index=False)
        table = read(make_question(str(tmp_path / "r.csv"), value="v", by="g"))
        assert len(table.runs) + table.exclusions["n"].sum() == 11
        assert table.exclusions.to_dict("records") == [
            {"group": "msac", "reason": "the only run of its group", "n": 1}
        ]

    def test_the_baseline_needs_two_runs(self, ask):
        with pytest.raises(DataError, match="'msac' has 1 finished run"):
            ask(rows(MATCHERS | {"msac": [79.37]}), baseline="msac")

    def test_two_groups_have_to_be_left(self, ask):
        with pytest.raises(DataError, match="'msac' has 1 finished run"):
            ask(rows({"base": MATCHERS["base"], "msac": [79.37]}))

    def test_a_report_is_written(self, tmp_path):
        pd.DataFrame(rows(MATCHERS | {"msac": [79.37]})).to_csv(tmp_path / "r.csv", index=False)
        out = tmp_path / "out"
        arguments = ["--value", "v", "--by", "g", "--resamples", "199", "--format", "md", "--out", str(out)]
        result = CliRunner().invoke(analyze, ["compare", str(tmp_path / "r.csv"), *arguments])
        assert result.exit_code == 0, result.output
        accounting = json.loads((out / "results.json").read_text())["accounting"]
        assert [(g["group"], g["n"], g["n_left_out"]) for g in accounting][-1] == ("msac", 0, 1)


class TestCopies:
    def test_equal_values_for_equal_units(self, ask):
        table = rows(MATCHERS | {"copy": MATCHERS["base"]})
        assert sentences(ask(table, unit="u"), "copies") == [
            "base and copy hold the same values for the same u: a copied or mislabelled group?"
        ]

    def test_no_copy(self, ask):
        shuffled = MATCHERS["base"][::-1]
        assert not sentences(ask(rows(MATCHERS | {"other": shuffled}), unit="u"), "copies")
        assert not sentences(ask(rows(MATCHERS | {"copy": MATCHERS["base"]})), "copies")  # no unit
        two = {"a": [1.0, 2.0], "b": [1.0, 2.0], "c": [3.0, 4.0]}
        assert not sentences(ask(rows(two), unit="u"), "copies")
        ones = {"a": [1.0] * 4, "b": [1.0] * 4, "c": [3.0, 4.0]}
        assert not sentences(ask(rows(ones), unit="u"), "copies")


class TestPairs:
    def test_declared_pairs_share_no_weights(self, ask):
        result = ask(rows(MATCHERS), paired="u")
        (sentence,) = sentences(result, "matched pairs")
        assert "weights" not in sentence
        assert (
            "with equal u are taken as pairs, as --paired u says" in sentence
            or "show a difference" in sentence
        )

    def test_independent_samples_are_spoken_of_only_by_tests_that_take_them(self, ask):
        (sentence,) = sentences(ask(rows(MATCHERS), paired="u"), "matched pairs")
        assert "independent" in sentence
        (sentence,) = sentences(ask(rows(MATCHERS), paired="u", primary="wilcoxon"), "matched pairs")
        assert "independent" not in sentence

    def test_the_headline_is_that_of_the_pairs(self, ask):
        """Differences 2, 3, 2.5, 3.5, 3: mean 2.8, t interval ± 2.776 · 0.5701 / √5."""
        groups = {"a": [10.0, 20.0, 30.0, 40.0, 50.0], "b": [12.0, 23.0, 32.5, 43.5, 53.0]}
        assert ask(rows(groups), paired="u").headline == (
            "No difference of the distributions shown, though of the means: "
            "v 2.8 higher on average (2.1 to 3.5, matched pairs)."
        )
        assert "if there is one, it is below 27" in ask(rows(groups)).headline

    def test_runs_without_partner_are_told(self, ask):
        groups = {"a": [10.0, 20.0, 30.0, 40.0], "b": [12.0, 23.0, 32.5, 43.5, 53.0]}
        headline = ask(rows(groups), paired="u").headline
        assert "matched pairs, 1 run without a partner left out)" in headline


class TestFewRuns:
    def test_five_of_five_says_little(self, ask):
        """R: permutation p 0.585; Agresti and Caffo's −0.325 to 0.205; shares end at 1: −0.256."""
        result = ask(rows({"a": [1] * 5, "b": [0] * 40 + [1] * 160}), margin=0.1)
        (pair,) = result.pairs
        assert pair.margin_pvalue > 0.05
        assert result.headline == (
            "a has v = 1 in 100 %, b 80 %: −20 points (−26 to 20), no difference shown."
        )
        welch = pair.tests.set_index("test").loc["welch_t"]
        assert welch["pvalue"] == pytest.approx(0.585, abs=5e-4)

    def test_eight_pairs_of_five(self, ask):
        rng = np.random.default_rng(0)
        groups = {f"m{i}": (i + rng.random(5) / 10).tolist() for i in range(9)}
        result = ask(rows(groups), baseline="m0")
        assert result.verdict == "inconclusive"
        assert "In all 8 pairs with too few runs the groups do not overlap." in result.sentence
        assert "6 runs a group without ties could decide" in result.sentence
        assert "--primary welch_t" in result.sentence
        assert ask(rows(groups), baseline="m0", primary="welch_t").verdict == "differs"

    def test_the_warning_says_what_is_so(self, ask):
        (five,) = sentences(ask(rows(MATCHERS)), "small groups")
        assert "narrow" not in five
        (three,) = sentences(ask(rows({g: v[:3] for g, v in MATCHERS.items()})), "small groups")
        assert "intervals of medians tend to be too narrow" in three

    def test_equal_groups_are_not_too_few(self, ask):
        result = ask(rows({"a": [0.1] * 30, "b": [0.1] * 30, "c": [0.1] * 29 + [0.2]}))
        assert [p.verdict for p in result.pairs] == ["no difference shown"] + ["inconclusive"] * 2
        assert result.pairs[0].sentence.startswith("All 30 v 30 runs of a and b have the same value")


@pytest.mark.parametrize("n_runs", [2, 3, 4])
@pytest.mark.filterwarnings("error")
def test_many_groups_of_few_runs_are_drawn(tmp_path, n_runs):
    rng = np.random.default_rng(0)
    table = rows({f"g{i}": np.round(rng.normal(97, 1, n_runs), 2).tolist() for i in range(7)})
    pd.DataFrame(table).to_csv(tmp_path / "runs.csv", index=False)
    question = make_question(str(tmp_path / "runs.csv"), value="v", by="g", resamples=99, baseline="g0")
    read_table = read(question)
    origin = Origin(created_at=datetime(2026, 1, 1, tzinfo=UTC), command="analyze", duration_s=0.0)
    model = build(compare(read_table), read_table, origin)
    for entry in model.figures:
        FIGURES[entry.figure].draw(entry).draw()
    assert {entry.figure for entry in model.figures} == {"ranking", "forest"}
