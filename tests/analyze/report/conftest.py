"""Report models as analyze/report/model.py builds them, from fabricated runs.

Some are put together here: the samples have the shape of the published experiment (its means and sds), and
the numbers of tests and effects are plausible and otherwise arbitrary: renderers must show them, not judge
them.
The others are computed from small tables: failures, pairs, tiny and constant groups.
"""

import copy
import functools
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from plain_results import results_of

from analyze.codec import to_plain
from analyze.comparison.compare import compare
from analyze.comparison.where import Where, compare_places
from analyze.figures.catalogue import entries
from analyze.figures.source import FigureSource
from analyze.question import make_question
from analyze.report import html, pdf, svg
from analyze.report import model as report
from analyze.stats.resampling import tabulate
from analyze.table.runs import read

MARKUP = '<b>λ=0.1 & "x"</b>'
TYPST = "#set $x$ _y_ *z* \\[ `raw` @ref"
LONG = "a-very-long-name-without-any-space-" * 4 + "and then some more words until it ends"

TESTS = (
    ("ks", "Kolmogorov–Smirnov", "both groups have the same distribution", "D", 0.354, 3.1e-28),
    ("mann_whitney", "Mann–Whitney", "F = G: no shift in either direction", "U", 68123.5, 1.2e-35),
    ("welch_t", "Welch t", "the means are equal", "t", -13.9, 2.0e-40),
    ("permutation_mean", "permutation of the mean", "the means are equal", "Δ", -0.00223, 0.0001),
    ("brown_forsythe", "Brown–Forsythe", "the spreads are equal", "F", 8.31, 0.00402),
)
EFFECTS = (
    ("mean_difference", "difference of means", -0.002231, -0.002547, -0.001915, 0.0, "accuracy"),
    ("median_difference", "difference of medians", -0.0024, -0.0028, -0.0019, 0.0, "accuracy"),
    ("sd_ratio", "ratio of standard deviations", 0.854, 0.781, 0.936, 1.0, None),
    ("probability_of_superiority", "P(b > a) + ½P(b = a)", 0.2725, 0.2425, 0.304, 0.5, None),
)

VARIANTS = (
    ("primary test", "Mann–Whitney", 1e-35, 0.05),
    ("level", "0.1 %", 1e-28, 0.001),
    ("outliers", "left out", 0.2, 0.05),
)


def samples(*shapes: tuple[str, float, float, int], seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: np.round(rng.normal(mean, sd, n), 4) for name, mean, sd, n in shapes}


def runs_table(values: Mapping[str, np.ndarray]) -> pd.DataFrame:
    parts = [pd.DataFrame({"group": g, "unit": np.arange(v.size), "value": v}) for g, v in values.items()]
    return pd.concat(parts, ignore_index=True)


def source(
    values: Mapping[str, np.ndarray], *, value: str = "accuracy", pairable: bool = True
) -> FigureSource:
    first, *others = values
    return FigureSource(
        runs=runs_table(values),
        groups=tuple(values),
        value=value,
        pairable=pairable,
        unit="seed",
        differences={other: where(first, other, values).ecdf for other in others},
    )


def where(a: str, b: str, values: Mapping[str, np.ndarray]) -> Where:
    return compare_places(
        tabulate(values[a]),
        tabulate(values[b]),
        names=(a, b),
        question=make_question(resamples=199),
        n_pairs=1,
    )


def build_model(values: Mapping[str, np.ndarray], *, pairable: bool = True) -> dict[str, Any]:
    names = list(values)
    comparisons = [_comparison(a, b, values, pairable) for i, a in enumerate(names) for b in names[i + 1 :]]
    first = comparisons[0]
    model = {
        "format_version": 2,
        "title": f"Do {names[0]} and {names[1]} runs reach different distributions of accuracy?",
        "question": _question(pairable),
        "answer": {
            "verdict": first["verdict"],
            "sentence": first["sentence"],
            "detail": first["detail"],
            "headlines": ["On average a run gets 22 fewer of 10,000 test examples right."],
            "where": "staged lies lower at all 13 quantiles.",
            "scope": "These runs and this test set of 10,000 images; other images may differ.",
            "caveats": ["Each network was tested on the same 10,000 images."],
        },
        "groups": [_group(g, v) for g, v in values.items()],
        "comparisons": comparisons,
        "omnibus": [_omnibus()] if len(names) > 2 else [],
        "checks": [
            {
                "check": "ties",
                "level": "note",
                "sentence": "500 runs fall on 112 distinct values.",
            },
            {"check": "drift", "level": "warning", "sentence": "Values drift along the seed order."},
        ],
        "sensitivity": [_variant(c, *row) for c in comparisons for row in VARIANTS],
        "drift": [],
        "accounting": [_account(g, v) for g, v in values.items()],
        "exclusions": [],
        "read_as": _read_as(pairable),
        "mixtures": [],
        "calibration": [],
        "figures": entries(source(values, pairable=pairable)),
        "provenance": _provenance(),
    }
    plain = to_plain(model)
    assert isinstance(plain, dict)
    return plain


def _variant(
    pair: Mapping[str, Any], choice: str, variant: str, pvalue: float, alpha: float
) -> dict[str, Any]:
    differs = pvalue <= alpha
    made = {"choice": choice, "variant": variant, "pvalue": pvalue, "alpha": alpha, "differs": differs}
    return {"group_a": pair["group_a"], "group_b": pair["group_b"], **made, "holds": differs}


def _account(name: str, v: np.ndarray) -> dict[str, Any]:
    n = int(v.size)
    rows = {"group": name, "n_rows": n, "n": n, "n_failed": 0, "n_left_out": 0}
    return {**rows, "unit_first": 0, "unit_last": n - 1, "n_units_absent": 0}


def _question(pairable: bool) -> dict[str, Any]:
    question = make_question("data/runs", unit="seed" if pairable else None, better="higher")
    return asdict(question)


def _read_as(pairable: bool) -> dict[str, Any]:
    unknown = dict.fromkeys(("step", "at"))
    return {
        "kind": "run database", "unit": "seed" if pairable else None, "unit_assumed": False,
        "better_assumed": False, "value_unit": "", "told": [], **unknown,
    }  # fmt: skip


def _group(name: str, v: np.ndarray) -> dict[str, Any]:
    q25, median, q75 = (float(q) for q in np.quantile(v, [0.25, 0.5, 0.75]))
    sd = float(v.std(ddof=1))
    return {
        "group": name,
        "n": int(v.size),
        "n_failed": 0,
        "n_distinct": int(np.unique(v).size),
        "mean": float(v.mean()),
        "sd": sd,
        "se": sd / math.sqrt(v.size),
        "median": median,
        "q25": q25,
        "q75": q75,
        "iqr": q75 - q25,
        "low": float(v.mean()) - 2 * sd / math.sqrt(v.size),
        "high": float(v.mean()) + 2 * sd / math.sqrt(v.size),
        "min": float(v.min()),
        "max": float(v.max()),
    }


def _comparison(a: str, b: str, values: Mapping[str, np.ndarray], pairable: bool) -> dict[str, Any]:
    matched = {
        "n_pairs": min(values[a].size, values[b].size),
        "n_unmatched_a": 0,
        "n_unmatched_b": 0,
        "correlation": 0.031,
        "low": -0.057,
        "high": 0.118,
        "mean_difference": -0.002231,
        "mean_difference_low": -0.002547,
        "mean_difference_high": -0.001915,
        "precision_gain": 1.032,
        "effects": [_effect("paired_hedges_g", "Hedges' g of differences", -0.62, -0.72, -0.53, 0.0, None)],
    }
    return {
        "group_a": a,
        "group_b": b,
        "n_a": int(values[a].size),
        "n_b": int(values[b].size),
        "paired": False,
        "verdict": "differs",
        "sentence": f"The distributions of accuracy differ: {b} is lower than {a} in the typical run.",
        "detail": "Mean difference −0.0022 [−0.0025, −0.0019], 22 of 10,000 test images.",
        "minimum_pvalue": 1e-200,
        "separated": False,
        "margin_pvalue": None,
        "detectable_difference": 0.00045,
        "tests": [_test(i, *row) for i, row in enumerate(TESTS)],
        "effects": [_effect(*row) for row in EFFECTS],
        "where": asdict(where(a, b, values)),
        "matched": matched if pairable else None,
        "failures": None,
        "worst_ranked": None,
    }


def _test(
    i: int, key: str, label: str, hypothesis: str, name: str, statistic: float, p: float
) -> dict[str, Any]:
    return {
        "test": key,
        "label": label,
        "hypothesis": hypothesis,
        "statistic_name": name,
        "statistic": statistic,
        "pvalue": p,
        "pvalue_adjusted": min(1.0, p * (5 - i)),
        "pvalue_error": 0.0001 if key == "permutation_mean" else None,
        "method": "exact, conditional on the ties" if key == "ks" else "asymptotic, tie-corrected",
        "family": "Holm over 10 tests",
        "primary": key == "ks",
        "rejected": True,
    }


def _effect(
    key: str, label: str, estimate: float, low: float, high: float, null: float, unit: str | None
) -> dict[str, Any]:
    return {
        "effect": key,
        "label": label,
        "estimate": estimate,
        "low": low,
        "high": high,
        "confidence_level": 0.95,
        "method": "Welch" if key == "mean_difference" else "studentised bootstrap",
        "null_value": null,
        "unit": unit,
    }


def _omnibus() -> dict[str, Any]:
    return {
        "test": "kruskal_wallis",
        "label": "Kruskal–Wallis",
        "hypothesis": "all groups have the same distribution",
        "statistic_name": "H",
        "statistic": 210.4,
        "pvalue": 1e-40,
        "pvalue_error": 0.0,
        "method": "asymptotic, tie-corrected",
    }


def _provenance() -> dict[str, Any]:
    return {
        "created_at": "2026-01-02T03:04:05+00:00",
        "command": "analyze compare data/runs --value accuracy --by schedule --resamples 9999 --seed 0",
        "package_version": "0.1.0",
        "python": "3.11.9",
        "numpy": "2.4.6",
        "scipy": "1.17.0",
        "platform": "Linux x86_64",
        "git_commit": "0123456789abcdef0123456789abcdef01234567-dirty",
        "source": {
            "path": "data/runs",
            "n_rows": 1000,
            "n_selected": 1000,
            "n_files": 20,
            "digest": "9f86d081884c7d659a2feaa0c55ad015",
            "package_versions": ["0.1.0"],
        },
        "duration_s": 2.34,
    }


def two_groups() -> dict[str, Any]:
    return build_model(samples(("joint", 0.87867, 0.00274, 500), ("staged", 0.876439, 0.00234, 500)))


def three_groups() -> dict[str, Any]:
    shapes = [
        ("joint", 0.87867, 0.00274, 200),
        ("staged", 0.876439, 0.00234, 150),
        ("long", 0.879, 0.002, 90),
    ]
    model = build_model(samples(*shapes))
    model["comparisons"][2] |= {"verdict": "no difference shown"}
    return model


def twelve_groups() -> dict[str, Any]:
    return build_model(samples(*((f"sgd · {i}", 0.87 + 0.001 * i, 0.003, 30 + i) for i in range(12))))


def awkward_names() -> dict[str, Any]:
    """Markup of three languages in names, failed runs, exclusions and mixed configurations."""
    shapes = [(MARKUP, 0.87867, 0.00274, 60), (TYPST, 0.876439, 0.00234, 50), (LONG, 0.879, 0.002, 40)]
    model = build_model(samples(*shapes))
    model["groups"][0]["n_failed"] = 7
    model["exclusions"] = [
        {"group": MARKUP, "reason": "diverged", "n": 6},
        {"group": MARKUP, "reason": "accuracy is missing or not a number", "n": 1},
        {"group": LONG, "reason": "duplicate of (config_hash, seed)", "n": 1200},
    ]
    apart = {"where": "", "separable": True}
    model["mixtures"] = [
        {"group": MARKUP, "column": "learning_rate", "n_values": 3, "examples": "0.01, 0.1, 1", **apart},
        {"group": TYPST, "column": "learning_rate", "n_values": 2, "examples": "0.01, 0.1", **apart},
    ]
    return model


def foreign_nulls() -> dict[str, Any]:
    """A foreign table: no unit, no pairs, few runs, numbers that could not be computed."""
    model = build_model(samples(("Adam", 0.83, 0.01, 3), ("SGD", 0.82, 0.02, 3)), pairable=False)
    comparison = model["comparisons"][0]
    comparison |= {"verdict": "inconclusive", "minimum_pvalue": 0.1, "detectable_difference": None}
    for test in comparison["tests"]:
        nothing = dict.fromkeys(("statistic", "pvalue", "pvalue_adjusted", "rejected"))
        test |= nothing | {"reason": "too few runs"}
    for effect in comparison["effects"]:
        effect |= {"low": None, "high": None, "reason": "too few runs"}
    model["groups"][0] |= {"sd": None, "se": None}
    model["answer"] |= {
        "verdict": "inconclusive",
        "sentence": "Too few runs to tell.",
        "detail": "",
        "caveats": [],
    }
    model["provenance"] |= {"git_commit": None}
    model["question"]["where"] = "problem == 'cifar10'"
    return model


def computed(groups: Mapping[str, Sequence[float]], *, draws: int = 0, **options: Any) -> dict[str, Any]:
    """Build the model of real statistics of a table; nan is a failed run, units count from 0."""
    parts = [
        pd.DataFrame({"method": name, "seed": range(len(values)), "score": values})
        for name, values in groups.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.csv"
        pd.concat(parts).to_csv(path, index=False, na_rep="nan")
        table = read(make_question(str(path), value="score", by="method", resamples=199, **options))
    comparison = compare(table, n_calibration_draws=draws)
    created = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    origin = report.Origin(created_at=created, command="analyze compare runs.csv", duration_s=1.5)
    plain = to_plain(report.build(comparison, table, origin))
    assert isinstance(plain, dict)
    return plain


def scores(mean: float, n: int, seed: int, *, n_failed: int = 0) -> list[float]:
    drawn = np.round(np.random.default_rng(seed).normal(mean, 0.01, n), 3).tolist()
    return [*drawn, *[math.nan] * n_failed]


def with_failures() -> dict[str, Any]:
    """Failures that turn the decision of the rank tests, and a calibration certificate."""
    groups = {"adam": scores(0.8, 30, 1), "sgd": scores(0.81, 30, 2, n_failed=14)}
    return computed(groups, draws=20, margin=0.02)


def declared_pairs() -> dict[str, Any]:
    """Pairs with a strong correlation, and runs without a partner."""
    starts = np.array(scores(0.8, 26, 3))
    return computed(
        {"long": starts, "short": (starts + np.array(scores(0.01, 26, 4)) / 4)[:22]}, paired="seed"
    )


def five_groups() -> dict[str, Any]:
    """Ten pairs: full tables for those with the baseline only; one group is constant, one fails."""
    groups = {f"g{i}": scores(0.8 + 0.004 * i, 12 + i, i) for i in range(3)}
    return computed(groups | {"g3": [0.81] * 8, "g4": scores(0.7, 9, 9, n_failed=2)}, adjust="bh")


def tiny_groups() -> dict[str, Any]:
    return computed({"two": [0.1, 0.3], "three": [0.2, 0.5, 0.6]}, better="lower", paired="seed")


def constant_groups() -> dict[str, Any]:
    return computed({"low": [0.5] * 12, "high": [0.7] * 9})


MODELS = {
    "two_groups": two_groups,
    "three_groups": three_groups,
    "twelve_groups": twelve_groups,
    "awkward_names": awkward_names,
    "foreign_nulls": foreign_nulls,
    "with_failures": with_failures,
    "declared_pairs": declared_pairs,
    "five_groups": five_groups,
    "tiny_groups": tiny_groups,
    "constant_groups": constant_groups,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A model and what the renderers made of it, once for all tests."""

    model: dict[str, Any]
    figures: dict[str, str]
    html: str
    pdf: bytes


@functools.cache
def rendered(name: str) -> Rendered:
    model = MODELS[name]()
    results = results_of(model)
    figures = svg.figures(results.figures)
    return Rendered(
        model=model, figures=figures, html=html.render(results, figures), pdf=pdf.render(results, figures)
    )


@pytest.fixture
def model() -> dict[str, Any]:
    """The report of the original experiment, two groups of 500; the test may change it."""
    return copy.deepcopy(rendered("two_groups").model)


@pytest.fixture(params=MODELS)
def any_report(request: pytest.FixtureRequest) -> Rendered:
    """Every kind of report in turn."""
    return rendered(request.param)


@pytest.fixture(scope="session")
def computed_models() -> dict[str, dict[str, Any]]:
    """Return the models of real statistics by name; a test that changes one takes a copy."""
    names = ("with_failures", "declared_pairs", "five_groups", "tiny_groups", "constant_groups")
    return {name: rendered(name).model for name in names}


@pytest.fixture
def awkward() -> Rendered:
    """Names that are markup, or too long."""
    return rendered("awkward_names")


@pytest.fixture
def nulls() -> Rendered:
    """A report of numbers that could not be computed."""
    return rendered("foreign_nulls")
