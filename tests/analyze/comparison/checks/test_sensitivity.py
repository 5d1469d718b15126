"""Variants of the analysis: what they decide is what a run with that choice decides."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analyze.comparison.checks.drift import drift
from analyze.comparison.checks.outliers import outer_fences, without_common_outliers, without_outliers
from analyze.comparison.compare import compare
from analyze.question import make_question
from analyze.stats.resampling import tabulate
from analyze.stats.two_sample.distribution_tests import ks
from analyze.table.runs import read


def compare_groups(folder, groups, **options):
    parts = [
        pd.DataFrame({"method": name, "seed": range(len(values)), "score": values})
        for name, values in groups.items()
    ]
    pd.concat(parts).to_csv(folder / "runs.csv", index=False, na_rep="nan")
    question = make_question(str(folder / "runs.csv"), value="score", by="method", resamples=199, **options)
    return compare(read(question))


@pytest.fixture
def ask(tmp_path):
    return partial(compare_groups, tmp_path)


@pytest.fixture(scope="module")
def asked_first(tmp_path_factory):
    return compare_groups(tmp_path_factory.mktemp("first"), groups(), paired="seed", primary="ks")


def groups(shift=0.006, n=40):
    rng = np.random.default_rng(11)
    return {
        "a": rng.normal(0.8, 0.01, n).round(4),
        "b": rng.normal(0.8 + shift, 0.01, n).round(4),
        "c": rng.normal(0.8, 0.01, n).round(4),
    }


def variant(result, choice, name):
    rows = result.sensitivity
    return rows[(rows["choice"] == choice) & (rows["variant"] == name)].set_index(["group_a", "group_b"])


OTHERWISE = [
    ({"primary": "mann_whitney"}, "primary test", "Mann–Whitney"),
    ({"primary": "welch_t"}, "primary test", "Welch t"),
    ({"primary": "wilcoxon", "paired": "seed"}, "matched pairs", "Wilcoxon signed rank"),
    ({"adjust": "bh"}, "adjustment", "Benjamini–Hochberg"),
    ({"confidence": 0.99}, "level", "1 %"),
]


@pytest.mark.parametrize(("options", "choice", "name"), OTHERWISE)
def test_a_variant_is_what_asking_otherwise_gives(ask, asked_first, options, choice, name):
    found = variant(asked_first, choice, name)
    asked = ask(groups(), **({"paired": "seed", "primary": "ks"} | options))
    assert len(found) == len(asked.pairs) == 3
    for pair in asked.pairs:
        row = found.loc[(pair.group_a, pair.group_b)]
        primary = pair.tests[pair.tests["primary"]].iloc[0]
        assert row["pvalue"] == pytest.approx(primary["pvalue_adjusted"], rel=1e-12)
        assert row["differs"] == (pair.verdict == "differs")


OUTLIERS = "left out, beyond 3 widths of the middle half of both groups"


def test_outliers_are_left_out(ask):
    table = groups(shift=0.0)
    far = {**table, "b": np.append(table["b"], [0.2, 1.4])}
    row = variant(ask(far), "outliers", OUTLIERS)
    clean = ask(table)
    for pair in clean.pairs:
        pvalue = pair.tests[pair.tests["primary"]].iloc[0]["pvalue_adjusted"]
        assert row.loc[(pair.group_a, pair.group_b)]["pvalue"] == pytest.approx(pvalue)
    assert "outliers" not in set(clean.sensitivity["choice"])


def test_trimming_keeps_the_level():
    # a long tail and a middle that wanders: each group's own fences give 0.10
    rng, rejected, n = np.random.default_rng(0), 0, 0
    for _ in range(400):
        x, y = np.exp(2.5 * rng.normal(size=(2, 20)))
        a, b = without_common_outliers(tabulate(x), tabulate(y))
        rejected += ks(a, b, rng=rng, n_resamples=99).pvalue <= 0.05
        n += 1
    assert stats.binomtest(rejected, n, 0.05, alternative="greater").pvalue > 0.01


def test_equivalence_is_tested_again_as_equivalence(ask):
    # 40 v 40 runs whose two one-sided tests give p between 0.01 and 0.05
    x = stats.norm.ppf((np.arange(40) + 0.5) / 40)
    margin = 0.4
    result = ask({"a": x, "b": x + 0.005}, margin=margin)
    (pair,) = result.pairs
    assert pair.verdict == "equivalent"
    se = np.sqrt(2 * x.var(ddof=1) / 40)
    tost = stats.t.sf((margin - 0.005) / se, 78)
    assert 0.01 < tost < 0.05
    levels = result.sensitivity[result.sensitivity["choice"] == "level"].set_index("variant")
    assert levels["pvalue"].to_numpy() == pytest.approx(tost)
    assert levels["holds"].to_dict() == {"10 %": True, "1 %": False, "0.1 %": False}


def test_a_spread_test_has_no_say_in_a_verdict_on_location(ask, asked_first):
    assert "Brown–Forsythe" not in set(asked_first.sensitivity["variant"])
    of_spread = ask(groups(), primary="brown_forsythe")
    assert "primary test" not in set(of_spread.sensitivity["choice"])


def test_equivalent_means_of_unlike_spreads_are_said_to_be_unlike(ask):
    x = stats.norm.ppf((np.arange(30) + 0.5) / 30)
    (pair,) = ask({"a": x, "b": 5 * x}, margin=4.0).pairs
    assert pair.verdict == "equivalent"
    assert "Yet the distributions are not alike: the standard deviation of b is 5.0 times" in pair.sentence
    result = ask({"a": x, "b": 5 * x, "c": x + 0.01}, margin=4.0)
    assert "Yet of 2 pairs with equivalent means: the standard deviation of b is" in result.sentence


def test_failures_ranked_worst_are_a_variant(ask):
    table = groups(shift=0.0)
    table["b"] = np.append(table["b"], [np.nan] * 30)
    row = variant(ask(table), "failed runs", "ranked worst").loc[("a", "b")]
    assert row["differs"]
    assert not row["holds"]


def test_the_order_of_variants_is_that_of_the_pairs(ask):
    result = ask(groups())
    order = list(
        dict.fromkeys(zip(result.sensitivity["group_a"], result.sensitivity["group_b"], strict=True))
    )
    assert order == [(pair.group_a, pair.group_b) for pair in result.pairs]


def test_fences():
    # R: quantile(c(1:8, 40), c(.25, .75), type = 1) is 3 and 7
    assert outer_fences(tabulate([*range(1, 9), 40])) == (-9, 19)
    assert without_outliers(tabulate([*range(1, 9), 40])).n == 8
    assert outer_fences(tabulate([1, 1, 1, 1, 9])) == (-np.inf, np.inf)


class TestDrift:
    def read(self, tmp_path, values, seeds=None):
        parts = [
            pd.DataFrame({"method": g, "seed": range(len(v)) if seeds is None else seeds, "score": v})
            for g, v in values.items()
        ]
        pd.concat(parts).to_csv(tmp_path / "runs.csv", index=False)
        path = str(tmp_path / "runs.csv")
        return read(make_question(path, value="score", by="method", rows_are_runs=seeds is not None))

    def test_agrees_with_scipy(self, tmp_path):
        rng = np.random.default_rng(2)
        values = {"a": rng.random(30), "b": rng.random(30) + np.arange(30) / 10}
        found = drift(self.read(tmp_path, values)).set_index("group")
        for group, v in values.items():
            expected = stats.spearmanr(np.arange(30), v)
            assert found.loc[group, "correlation"] == pytest.approx(expected.statistic)
            assert found.loc[group, "pvalue"] == pytest.approx(expected.pvalue)
        assert found.loc["b", "pvalue_adjusted"] < 0.001 < found.loc["a", "pvalue_adjusted"]

    def test_a_drift_is_a_warning(self, ask):
        result = ask({"a": np.arange(30) / 30, "b": np.random.default_rng(0).random(30)})
        checks = result.checks.set_index("check")
        assert checks.loc["drift", "level"] == "warning"
        assert "Values drift along seed in a (rank correlation 1" in checks.loc["drift", "sentence"]

    @pytest.mark.parametrize("seeds", [list("abcdefghijkl"), [3] * 12])
    def test_units_without_an_order_are_not_judged(self, tmp_path, seeds):
        values = {"a": np.arange(12.0), "b": np.arange(12.0) + 1}
        assert drift(self.read(tmp_path, values, seeds)).empty

    def test_constant_and_small_groups_are_not_judged(self, tmp_path):
        found = drift(self.read(tmp_path, {"a": np.ones(12), "b": np.arange(5.0), "c": np.arange(12.0)}))
        assert found["group"].tolist() == ["c"]
