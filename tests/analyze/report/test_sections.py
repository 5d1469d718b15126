"""The sections say what the numbers say, and no more."""

import copy
import re
import shlex
from dataclasses import replace
from typing import Any

import pytest
from plain_results import results_of

from analyze import results
from analyze.comparison.adjustment import METHODS
from analyze.figures.catalogue import FIGURES
from analyze.report.document import Block, Code, Document, Figure, Fold, Paragraph, Table, document
from analyze.report.formulas import methods
from analyze.report.sections.catalogue import SECTIONS

from .conftest import rendered


def built(model: dict[str, Any]) -> Document:
    return document(results_of(model), SECTIONS)


def blocks(model: dict[str, Any], *keys: str) -> list[Block]:
    """Return the blocks of some sections, or of all, what is folded away included."""
    found: list[Block] = []
    for section in built(model).sections:
        for block in section.blocks if not keys or section.key in keys else ():
            found += block.blocks if isinstance(block, Fold) else [block]
    return found


def words(model: dict[str, Any], key: str) -> str:
    """Return the paragraphs of a section; empty where there is no such section."""
    return " ".join(block.text for block in blocks(model, key) if isinstance(block, Paragraph))


def tables(model: dict[str, Any], key: str) -> list[Table]:
    return [block for block in blocks(model, key) if isinstance(block, Table)]


def test_every_row_has_every_cell_and_no_pvalue_is_zero(any_report: Any) -> None:
    for block in blocks(any_report.model):
        if not isinstance(block, Table):
            continue
        assert block.rows
        assert {len(row) for row in block.rows} == {len(block.columns)} == {len(block.numeric)}
        for row in block.rows:
            assert not {"nan", "inf", "None"} & set(re.findall(r"\w+", " ".join(row)))
            for column, cell in zip(block.columns, row, strict=True):
                if column == "p" or column.startswith(("p ", "p,", "adjusted p")):
                    assert not re.fullmatch(r"0(\.0*)?", cell)


def test_prose_never_calls_groups_the_same(any_report: Any) -> None:
    verdict = built(any_report.model).verdict
    text = " ".join(block.text for block in blocks(any_report.model) if isinstance(block, Paragraph))
    text += " ".join([verdict.headline, *verdict.further, verdict.where, verdict.caveat, verdict.scope])
    assert not re.search(r"\b(is|are) the same\b|\bidentical\b|\bno difference between\b", text)


def test_tables_have_labels_of_their_own_and_captions_begin_like_sentences(any_report: Any) -> None:
    found = [block for block in blocks(any_report.model) if isinstance(block, Table)]
    assert len({block.label for block in found}) == len(found)
    for block in found:
        assert not block.caption[0].islower(), block.caption
        assert block.caption.endswith(".")


def test_sections_are_there_when_they_have_something_to_say(any_report: Any) -> None:
    model = any_report.model
    keys = [section.key for section in built(model).sections]
    assert [key for key in SECTIONS if key in keys] == keys
    assert {"data", "effects", "tests", "methods", "reproduce", "references"} <= set(keys)
    assert ("failures" in keys) == any(c["failures"] for c in model["comparisons"])
    assert ("calibration" in keys) == bool(model["calibration"])
    assert ("pairs" in keys) == any(c["matched"] for c in model["comparisons"])
    assert ("many" in keys) == (len(model["groups"]) > 2)
    few_pairs = len(model["comparisons"]) <= 6 or len(model["groups"]) <= 7
    assert ("differ" in keys) == (few_pairs and max(g["n"] for g in model["groups"]) > 10)


@pytest.mark.parametrize(("adjust", "heading"), [("holm", "p (Holm)"), ("bh", "p (BH)")])
def test_the_adjustment_is_in_the_heading(model: dict[str, Any], adjust: str, heading: str) -> None:
    model["question"]["adjust"] = adjust
    assert heading in tables(model, "tests")[0].columns
    assert {"holm": "Holm 1979", "bh": "Benjamini & Hochberg 1995"}[adjust] in words(model, "methods")


def test_omnibus_statistics_are_named(computed_models: dict[str, Any]) -> None:
    (omnibus,) = tables(computed_models["five_groups"], "many")
    assert [row[2].split(" = ")[0] for row in omnibus.rows] == ["H", "F", "A²"]


def test_many_pairs_show_those_with_the_baseline(computed_models: dict[str, Any]) -> None:
    (groups, pairs) = tables(computed_models["five_groups"], "retrain")
    assert [row[0] for row in groups.rows] == ["g0", "g1", "g2", "g3", "g4"]
    assert list(dict.fromkeys(row[0] for row in pairs.rows)) == ["g1 − g0", "g2 − g0", "g3 − g0", "g4 − g0"]


SHIFT = {"level": 0.5, "quantile_a": 1.0, "quantile_b": 2.0, "confidence_level": 0.95, "method": "m"}
SHIFT |= {"low_pointwise": None, "high_pointwise": None}


def shifted(model: dict[str, Any], differences: dict[float, float]) -> str:
    """Return the sentence for quantiles whose band is 0.5 wide to either side."""
    model["comparisons"][0]["where"]["shift"] = [
        SHIFT
        | {"level": level, "difference": d, "low": d - 0.5, "high": d + 0.5, "excludes_zero": abs(d) > 0.5}
        for level, d in differences.items()
    ]
    return words(model, "differ")


@pytest.mark.parametrize(
    ("differences", "sentence"),
    [
        (
            {0.5: 1.0},
            "The 95 % interval of the difference excludes 0 at the 50 % quantile, the only one shown.",
        ),
        (
            {0.5: 0.1},
            "The 95 % interval of the difference does not exclude 0 at the 50 % quantile, the only one",
        ),
        (
            {0.4: 0.1, 0.5: 0.0},
            "excludes 0 at none of the 2 quantiles shown. Differences inside it may be",
        ),
        (
            {0.4: -1.0, 0.5: 0.0, 0.6: 1.0},
            "excludes 0 at 2 of the 3 quantiles shown: staged lies lower at 40 % and",
        ),
        (
            {0.4: 1.0, 0.5: 1.0, 0.6: 1.0},
            "excludes 0 at all 3 quantiles shown: staged lies higher at 40 to 60 %.",
        ),
        (
            {0.4: 1, 0.5: 0, 0.6: 1, 0.7: 1},
            "at 3 of the 4 quantiles shown: staged lies higher at 40, 60 and 70 %.",
        ),
    ],
)
def test_quantiles_that_differ(model: dict[str, Any], differences: dict[float, float], sentence: str) -> None:
    assert sentence in shifted(model, differences)


def test_quantiles_of_few_runs_decide_nothing(model: dict[str, Any]) -> None:
    model["comparisons"][0] |= {"n_a": 500, "n_b": 4}
    said = shifted(model, {0.5: 1.0})
    assert "Fewer than 5 runs in a group" in said
    assert "excludes 0 at the 50 %" not in said


def crossed(model: dict[str, Any], **crossing: Any) -> str:
    of = {
        "n": None,
        "low": None,
        "high": None,
        "share_crossing": 0.0,
        "better_before": "a",
        "determined": False,
        "confidence_level": 0.95,
        "method": "m",
    }
    model["comparisons"][0]["where"]["best"]["crossing"] = of | crossing
    return words(model, "retrain")


@pytest.mark.parametrize(
    ("crossing", "sentence"),
    [
        (
            {},
            "The estimated expected bests do not cross between 1 and 50 runs, as far as there is a band; "
            "that",
        ),
        (
            {"share_crossing": 0.25},
            "as far as there is a band, though they do in 25 % of the resamples; that of",
        ),
        (
            {"better_before": None},
            "Up to 50 runs the expected bests do not differ in these runs, so no crossing",
        ),
        (
            {"n": 12.3, "low": 4.4, "high": 29.6, "determined": True, "better_before": "b"},
            "cross at about 12 runs (95 % interval [4.4, 30]): with fewer staged has the better one, with "
            "more joint.",
        ),
        (
            {"n": 12.3, "share_crossing": 0.4},
            "cross at about 12 runs, from joint to staged as the better one, but this point is not "
            "determined: only 40 % of the resamples",
        ),
    ],
)
def test_crossings(model: dict[str, Any], crossing: dict[str, Any], sentence: str) -> None:
    assert sentence in crossed(model, **crossing)


def test_few_runs_make_no_claim_about_crossing(
    computed_models: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = computed_models["tiny_groups"]
    assert not any(section.key == "retrain" for section in built(model).sections)
    monkeypatch.setattr(results, "FEW_RUNS", 0)
    text = words(model, "retrain")
    assert (
        "So few runs give a band for a single run only: whether the expected bests cross is not known."
        in text
    )


def test_best_of_few_numbers_of_runs(
    model: dict[str, Any], computed_models: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (table,) = tables(model, "retrain")
    numbers = ["1 run", "2 runs", "5 runs", "10 runs", "20 runs", "50 runs", "100 runs (extrapolated)"]
    assert [row[0] for row in table.rows] == numbers
    assert table.columns[1:3] == ("joint", "staged")
    assert table.rows[-1][-1] == "—"
    assert "the largest accuracy" in table.caption
    monkeypatch.setattr(results, "FEW_RUNS", 0)
    (tiny,) = tables(computed_models["tiny_groups"], "retrain")
    assert [row[0] for row in tiny.rows] == ["1 run", "2 runs (extrapolated)"]
    assert "the smallest score" in tiny.caption


def test_constant_groups_have_tables_without_width(computed_models: dict[str, Any]) -> None:
    shift, *_ = tables(computed_models["constant_groups"], "differ")
    assert shift.rows[0][1:5] == ("0.7", "0.5", "−0.2", "[−0.2, −0.2]")


def test_matched_pairs_and_their_gain(computed_models: dict[str, Any]) -> None:
    model = computed_models["declared_pairs"]
    matched = model["comparisons"][0]["matched"]
    (effects,) = tables(model, "pairs")
    assert words(model, "pairs").startswith("22 pairs of runs with equal seed; 4 runs have no partner. The c")
    assert matched["precision_gain"] > 2
    assert f"as precise as {matched['precision_gain']:.3g} times as many unpaired runs" in words(
        model, "pairs"
    )
    assert len(effects.rows) == 5
    assert "Wilcoxon signed rank and Permutation of pairs compare matched pairs" in words(model, "methods")


def test_failures(computed_models: dict[str, Any]) -> None:
    model = computed_models["with_failures"]
    shares, ranked = tables(model, "failures")
    assert shares.rows[0][1:3] == ("0 of 30 (0 %)", "14 of 44 (31.8 %)")
    assert [row[0] for row in ranked.rows] == ["Kolmogorov–Smirnov", "Mann–Whitney"]
    assert "Failed runs are left out." in tables(model, "retrain")[0].caption


@pytest.mark.parametrize(
    ("pvalues", "sentence"),
    [
        ((0.01, 0.05), "the rank tests decide as they do among the finished runs. P(b > a) + ½ P(b = a) is"),
        ((0.2, 0.05), "Kolmogorov–Smirnov decides otherwise than among the finished runs."),
        ((0.2, 0.051), "Kolmogorov–Smirnov and Mann–Whitney decide otherwise than among the finished runs."),
    ],
)
def test_failures_say_whether_decisions_change(
    computed_models: dict[str, Any], pvalues: tuple[float, float], sentence: str
) -> None:
    model = copy.deepcopy(computed_models["with_failures"])
    (pair,) = model["comparisons"]
    for test in pair["tests"]:
        test["pvalue"] = 0.03
    for test, pvalue in zip(pair["worst_ranked"]["tests"], pvalues, strict=True):
        test["pvalue"] = pvalue
    text = words(model, "failures")
    assert text.startswith("With failed runs ranked worst, at 5 % and not adjusted,")
    assert sentence in text


def test_calibration(computed_models: dict[str, Any]) -> None:
    model = copy.deepcopy(computed_models["with_failures"])
    for size in model["calibration"]:
        size |= {"n_rejected": 1, "size": 0.05, "low": 0.0013, "high": 0.2487, "holds": True}
    (table,) = tables(model, "calibration")
    assert [row[0] for row in table.rows] == [t["label"] for t in model["comparisons"][0]["tests"]]
    assert table.rows[0][4:] == ("5.0 %", "[0.1 %, 24.9 %]", "yes")
    assert "No test was seen to reject more often than its level" in words(model, "calibration")
    model["calibration"][3]["holds"] = False
    assert "more often than their level reject: Welch t (sgd − adam)." in words(model, "calibration")


def test_the_verdict_box_has_every_part(any_report: Any) -> None:
    verdict, answer = built(any_report.model).verdict, any_report.model["answer"]
    assert verdict.word in (answer["verdict"], "failures differ")
    assert verdict.headline in (answer.get("headline"), answer["sentence"])
    assert (answer["sentence"] in verdict.further) == (verdict.headline == answer.get("headline"))
    assert len(verdict.numbers) in (0, 3)
    assert verdict.scope
    assert verdict.caveat.startswith((answer["caveats"] or [""])[0])


def test_few_pairs_stand_side_by_side_and_many_in_rows(computed_models: dict[str, Any]) -> None:
    model = rendered("three_groups").model
    pairs = ["staged − joint", "long − joint", "long − staged"]
    (shown, full) = tables(model, "tests")
    assert list(shown.columns) == ["Test", "Null hypothesis", *pairs]
    assert len(full.rows) == 3 * len(shown.rows)
    (many, _) = tables(computed_models["five_groups"], "tests")
    assert len(many.rows) == 10
    assert many.columns[-1] == "Secondary tests rejected"


def test_every_pair_is_in_the_overview(any_report: Any) -> None:
    model = any_report.model
    if len(model["comparisons"]) > 1:
        overview = tables(model, "effects")[0]
        assert [row[1] for row in overview.rows] == [pair["verdict"] for pair in model["comparisons"]]


def test_the_accounting_adds_up(computed_models: dict[str, Any]) -> None:
    _, accounting, *_ = tables(computed_models["with_failures"], "data")
    assert [row[1:5] for row in accounting.rows] == [("30", "0", "0", "30"), ("44", "0", "14", "30")]


def test_sensitivity_names_what_the_verdict_hangs_on(model: dict[str, Any]) -> None:
    text = words(model, "checks")
    assert "“differs” would change with outliers: left out (tried: primary test, level and outliers" in text


def test_commands_are_broken_as_a_shell_reads_them(model: dict[str, Any]) -> None:
    where = "schedule in ['joint', 'staged'] and seed < 500 and learning_rate == 0.01"
    command = shlex.join(["analyze", "compare", "data/runs", "--where", where, "--out", "reports/x y"])
    model["provenance"] |= {"command": command}
    (code,) = [block for block in blocks(model, "reproduce") if isinstance(block, Code)]
    assert "\\\n" in code.text
    shell = code.text.replace("\\\n", "")
    assert shlex.split(command) == shlex.split(shell.splitlines()[1])
    assert shell.splitlines()[0] == "git checkout 0123456789abcdef0123456789abcdef01234567"


def test_every_figure_says_how_to_read_it(any_report: Any) -> None:
    report = built(any_report.model)
    drawn = [*report.hero, *(block for section in report.sections for block in section.blocks)]
    reads = [block.reads for block in drawn if isinstance(block, Figure)]
    said = [FIGURES[figure["figure"]].reads for figure in any_report.model["figures"]]
    assert sorted(text.split(" Source: ")[0] for text in reads) == sorted(said)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_shows_every_figure_that_names_it(
    model: dict[str, Any], section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FIGURES, "new", replace(FIGURES["forest"], name="new", section=section))
    model["figures"].append(model["figures"][0] | {"figure": "new"})
    shown = [
        (part.key, block.figure)
        for part in built(model).sections
        for block in part.blocks
        if isinstance(block, Figure)
    ]
    assert (section, "new") in shown
    assert len(shown) == len(model["figures"])


def test_every_method_has_a_formula() -> None:
    assert METHODS.keys() <= methods().keys()
    assert {key for key, method in methods().items() if not method.formula} == {
        "ecdf difference", "outliers", "drift", "calibration",
    }  # fmt: skip
