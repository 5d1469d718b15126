"""Tests of the whole comparison, on tables of the shape of real ones."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analyze.comparison.adjustment import adjust
from analyze.comparison.compare import compare
from analyze.question import make_question
from analyze.stats.omnibus import OMNIBUS_TESTS
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.two_sample import TWO_SAMPLE_TESTS
from analyze.table.runs import read


def samples(n=60, **shifts):
    """Accuracies k/10,000 of matched runs; groups differ by a shift in test examples."""
    rng = np.random.default_rng(0)
    shifts = shifts or {"joint": 0, "staged": -40}
    common = rng.normal(0, 10, n)
    return {g: (8780 + s + common + rng.normal(0, 25, n)).round() / 10_000 for g, s in shifts.items()}


def frame(groups, **columns):
    parts = [
        pd.DataFrame({"schedule": g, "seed": np.arange(len(x)), "accuracy": x}) for g, x in groups.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(config_hash=table["schedule"], status="ok", n_test=10_000, **columns)


@pytest.fixture
def ask(tmp_path):
    def run(table, **options):
        table = frame(table) if isinstance(table, dict) else table
        table.to_parquet(tmp_path / "runs.parquet", index=False)
        question = make_question(str(tmp_path / "runs.parquet"), **{"resamples": 999} | options)
        return compare(read(question))

    return run


def test_two_groups(ask):
    result = ask(samples(), primary="ks")
    (pair,) = result.pairs
    assert result.verdict == pair.verdict == "differs"
    assert (result.sentence, result.detail) == (pair.sentence, pair.detail)
    assert len(result.omnibus) == 0
    assert pair.tests["test"].iloc[0] == "ks"
    assert pair.tests["test"].tolist() == [*TWO_SAMPLE_TESTS, *PAIRED_TESTS]
    assert pair.tests["primary"].tolist() == [True] + [False] * 9
    assert (pair.tests["pvalue"] > 0).all()
    # one pair: the primary test stands as it is
    assert pair.tests["pvalue_adjusted"].iloc[0] == pair.tests["pvalue"].iloc[0]
    ends = pair.effects.set_index("effect").drop("ks_distance")[["low", "high"]]
    assert (ends["low"] <= ends["high"]).all()
    x = samples()
    assert pair.effects["estimate"].iloc[0] == pytest.approx(x["staged"].mean() - x["joint"].mean())
    assert result.groups["sd"].iloc[0] == pytest.approx(x["joint"].std(ddof=1))


def test_three_groups_and_baseline(ask):
    groups = samples(a=0, b=-40, c=0)
    result = ask(groups, primary="ks")
    assert [(p.group_a, p.group_b) for p in result.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert result.omnibus["test"].tolist() == list(OMNIBUS_TESTS)
    assert result.sentence.startswith("2 of 3 pairs differ: a and b; b and c.")
    based = ask(groups, baseline="c", primary="ks")
    assert [(p.group_a, p.group_b) for p in based.pairs] == [("c", "a"), ("c", "b")]
    primary = [p.tests["pvalue"].iloc[0] for p in result.pairs]
    assert [p.tests["pvalue_adjusted"].iloc[0] for p in result.pairs] == adjust(primary).tolist()


def test_third_group_changes_no_unadjusted_number(ask):
    groups = samples(a=0, b=-40, c=5)
    alone = ask({g: groups[g] for g in "ab"}).pairs[0]
    among = ask(groups).pairs[0]
    pd.testing.assert_frame_equal(alone.effects, among.effects)
    unadjusted = ["statistic", "pvalue", "pvalue_error"]
    pd.testing.assert_frame_equal(alone.tests[unadjusted], among.tests[unadjusted])
    assert (among.tests["pvalue_adjusted"] >= alone.tests["pvalue_adjusted"]).all()
    # the family is larger, so less can be shown at the same numbers of runs
    assert alone.detectable_difference is None  # it differs
    equal = ask({g: groups[g] for g in "ac"}).pairs[0]
    in_family = next(p for p in ask(groups).pairs if (p.group_a, p.group_b) == ("a", "c"))
    assert in_family.verdict == equal.verdict == "no difference shown"
    assert in_family.detectable_difference > equal.detectable_difference


def test_what_is_said_of_places_and_spreads_holds_for_all_pairs(ask):
    groups = samples(a=0, b=-40, c=5)
    alone = ask({g: groups[g] for g in "ab"}).pairs[0]
    among = ask(groups).pairs[0]
    for one, three in zip(alone.where.shift, among.where.shift, strict=True):
        assert three.low < one.low < one.difference == three.difference < one.high < three.high
        assert (three.low_pointwise, three.high_pointwise) == (one.low_pointwise, one.high_pointwise)
        assert "and 3 pairs" in three.method
    best = zip(alone.where.best.difference, among.where.best.difference, strict=True)
    assert all(three.low < one.low and one.high < three.high for one, three in best if not one.extrapolated)
    assert among.where.ecdf.half_width > alone.where.ecdf.half_width


def test_a_group_a_hundred_sd_away_differs_whatever_the_draws(ask):
    """55 pairs of 12 runs: 999 splits could show no p below 55 / 1000."""
    rng = np.random.default_rng(5)
    groups = {f"s{i:02}": rng.normal(size=12).round(2) + 100 * (i == 5) for i in range(11)}
    result = ask(groups, primary="permutation_mean", resamples=199)
    far = ["s05" in (p.group_a, p.group_b) for p in result.pairs]
    assert [p.verdict == "differs" for p in result.pairs] == far
    first = result.pairs[far.index(True)].tests.set_index("test").loc["permutation_mean"]
    assert first["method"] == "permutation, 5,500 random splits"


def test_equivalence_is_adjusted_over_the_pairs(ask):
    groups = samples(n=400, a=0, b=1, c=2)
    alone = {
        (a, b): ask({g: groups[g] for g in (a, b)}, margin=0.0006).pairs[0].margin_pvalue
        for a, b in (("a", "b"), ("a", "c"), ("b", "c"))
    }
    among = ask(groups, margin=0.0006)
    assert [p.margin_pvalue for p in among.pairs] == pytest.approx(adjust(list(alone.values())))
    told = [p.sentence for p in among.pairs if p.verdict == "equivalent"]
    assert told
    assert all("tests, p" in sentence and "Holm over 3 pairs)" in sentence for sentence in told)


def test_a_difference_within_pairs_is_that_of_the_table(ask):
    """Pairs move together and by little: only tests of pairs see it, and the warning is theirs."""
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, 30).round(2)
    result = ask({"a": x, "b": x + 0.1 + rng.normal(0, 0.05, 30).round(2)}, paired="seed", primary="ks")
    (pair,) = result.pairs
    row = pair.tests.set_index("test").loc["wilcoxon"]
    assert pair.verdict == "no difference shown"
    assert row["rejected"]
    warning = result.checks.set_index("check").loc["matched pairs", "sentence"]
    assert "a secondary test finds a difference" in warning
    assert "Holm over 10 tests of all pairs) that the primary test does not" in warning
    none = ask({"a": x, "b": rng.permutation(x)}, paired="seed", primary="ks")
    assert none.checks.set_index("check").loc["matched pairs", "level"] == "note"


def test_row_order_does_not_matter(ask):
    table = frame(samples())
    first, shuffled = ask(table), ask(table.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(first.pairs[0].effects, shuffled.pairs[0].effects)
    pd.testing.assert_frame_equal(first.pairs[0].tests, shuffled.pairs[0].tests)
    assert first.sentence == shuffled.sentence


def test_swapping_groups_changes_signs_only(ask):
    first = ask(samples()).pairs[0]
    swapped = ask(samples(), baseline="staged").pairs[0]
    one, other = (p.effects.set_index("effect") for p in (first, swapped))
    for name in ("mean_difference", "median_difference"):
        assert other.loc[name, "estimate"] == pytest.approx(-one.loc[name, "estimate"])
        assert other.loc[name, "low"] == pytest.approx(-one.loc[name, "high"], rel=1e-3)
    assert other.loc["sd_ratio", "estimate"] == pytest.approx(1 / one.loc["sd_ratio", "estimate"])
    exact = first.tests["pvalue_error"] == 0
    assert first.tests["pvalue"][exact].to_numpy() == pytest.approx(swapped.tests["pvalue"][exact].to_numpy())


def test_seed(ask):
    one, again, other = (ask(samples(), seed=s).pairs[0] for s in (0, 0, 1))
    pd.testing.assert_frame_equal(one.effects, again.effects)
    pd.testing.assert_frame_equal(one.tests, again.tests)
    assert one.effects["estimate"].tolist() == other.effects["estimate"].tolist()
    assert one.effects["low"].dropna().tolist() != other.effects["low"].dropna().tolist()


def test_margin(ask):
    groups = samples(n=400, a=0, b=0)
    assert ask(groups).verdict == "no difference shown"
    wide, narrow = ask(groups, margin=0.005), ask(groups, margin=1e-6)
    assert wide.verdict == "equivalent"
    assert wide.pairs[0].margin_pvalue < 0.05 < narrow.pairs[0].margin_pvalue
    assert narrow.verdict == "no difference shown"


def test_too_few_runs_are_inconclusive(ask):
    result = ask({"a": [0.1, 0.2, 0.3], "b": [0.7, 0.8, 0.9]})
    assert result.verdict == "inconclusive"
    assert result.pairs[0].minimum_pvalue == pytest.approx(0.1)  # 2 of 20 splits


def test_several_pairs_can_be_too_few_runs(ask):
    # 2 of choose(8, 4) = 70 splits: 0.029 for one pair, but 0.086 after Holm over three
    groups = {g: np.arange(4) / 100 + i / 10 for i, g in enumerate("abc")}
    assert [p.verdict for p in ask(groups).pairs] == ["inconclusive"] * 3
    assert ask({g: groups[g] for g in "ab"}).verdict == "differs"


def test_each_group_has_its_own_stream(ask):
    # one group is constant, so only the other's resamples move the band
    varying = np.random.default_rng(0).normal(size=40)
    for groups in ({"a": varying, "b": np.ones(40)}, {"a": np.ones(40), "b": varying}):
        one, other = ([row.low for row in ask(groups, seed=s).pairs[0].where.shift] for s in (0, 1))
        assert one != other


def test_correlation_interval_as_scipy(ask):
    groups = samples()
    matched = ask(groups).pairs[0].matched
    interval = stats.pearsonr(groups["joint"], groups["staged"]).confidence_interval(0.95)
    assert (matched.low, matched.high) == pytest.approx((interval.low, interval.high))


def test_constant_pairs_have_no_correlation(ask):
    matched = ask({"a": np.ones(30), "b": np.arange(30) / 100}).pairs[0].matched
    assert (matched.correlation, matched.low, matched.high) == (None, None, None)


def test_one_huge_and_one_tiny_group(ask):
    rng = np.random.default_rng(0)
    pair = ask({"a": rng.normal(0.87, 0.003, 50_000).round(4), "b": rng.random(3)}).pairs[0]
    assert np.isfinite(pair.tests["pvalue"]).all()
    # three runs bound no standard deviation
    bounded = pair.effects.set_index("effect").drop(["sd_ratio", "ks_distance"])
    assert np.isfinite(bounded[["estimate", "low", "high"]]).all(axis=None)


def test_matched_pairs_are_counted(ask):
    groups = samples()
    groups["staged"] = groups["staged"][:50]
    result = ask(groups)
    matched = result.pairs[0].matched
    assert (matched.n_pairs, matched.n_unmatched_a, matched.n_unmatched_b) == (50, 10, 0)
    a, b = groups["joint"][:50], groups["staged"]
    assert matched.correlation == pytest.approx(np.corrcoef(a, b)[0, 1])
    # by hand: mean ± t(0.975, 49)·s/√50, R: qt(0.975, 49) = 2.009575
    reach = 2.009575 * (b - a).std(ddof=1) / 50**0.5
    assert matched.mean_difference_low == pytest.approx((b - a).mean() - reach, rel=1e-6)
    assert matched.mean_difference_high == pytest.approx((b - a).mean() + reach, rel=1e-6)
    assert "10 runs without a partner" in found(result, "matched pairs")


def test_pairs_that_show_what_the_verdict_does_not_see_are_a_warning(ask):
    start = np.random.default_rng(1).normal(8780, 27, 60).round()
    groups = {"joint": start / 10_000, "longer": (start + 1 + np.arange(60) % 2) / 10_000}
    assert ask(groups).verdict == "differs", "the pairs decide, unless another test is asked for"
    result = ask(groups, primary="ks")
    assert result.verdict == "no difference shown"
    checks = result.checks.set_index("check")
    assert checks.loc["matched pairs", "level"] == "warning"
    assert "a secondary test finds a difference" in checks.loc["matched pairs", "sentence"]


def found(result, check):
    return " ".join(result.checks.loc[result.checks["check"] == check, "sentence"])


class TestChecks:
    def test_quiet_on_clean_data(self, ask):
        rng = np.random.default_rng(0)
        result = ask({"a": rng.random(30), "b": rng.random(30)})
        assert result.checks[["check", "level"]].to_numpy().tolist() == [
            ["matched pairs", "note"],
            ["outliers", "passed"],
            ["modes", "passed"],
            ["drift", "passed"],
        ]

    def test_failures(self, ask):
        table = frame(samples())
        table.loc[:1, "status"] = "diverged"
        note = ask(table)
        assert "2 of 60 in joint, 0 of 60 in staged" in found(note, "failures")
        assert set(note.checks.loc[note.checks["check"] == "failures", "level"]) == {"note"}
        table.loc[:20, "status"] = "diverged"
        warned = ask(table)
        assert warned.checks["level"].iloc[0] == "warning"
        assert "The rates differ (Fisher's exact test, p < 0.0001)" in found(warned, "failures")

    def test_two_failures_of_many_runs_are_no_caveat(self, ask):
        """Both in one of 24 groups of 10: p = 9 / 239 = 0.038, but what is left out is next to nothing."""
        values = np.random.default_rng(0).normal(0.8, 0.01, (24, 10))
        table = frame({f"{i:02}": x for i, x in enumerate(values)})
        lost = (table["schedule"] == "03") & (table["seed"] < 2)
        failed = table.assign(status=np.where(lost, "failed", "ok"))
        result = ask(failed, baseline="00", resamples=99)
        checks = result.checks.set_index("check")
        assert checks.loc["failures", "level"] == "note"
        assert "2 of 10 in 03, none in 23 other groups (so few" in checks.loc["failures", "sentence"]
        assert "p = 0.038)" in checks.loc["failures", "sentence"]

    def test_of_many_groups_only_those_with_failures_are_named(self, ask):
        rng = np.random.default_rng(3)
        table = frame({name: rng.normal(size=30).round(2) for name in "abcdefgh"})
        table.loc[table.index[-1], "status"] = "diverged"
        assert "1 of 30 in h, none in 7 other groups" in found(ask(table), "failures")

    def test_small_and_constant_groups_and_ties(self, ask):
        result = ask({"a": np.full(12, 0.5), "b": np.arange(30) / 100})
        assert "a (12)" in found(result, "small groups")
        assert "All runs of a have the same value" in found(result, "constant group")
        assert "1 distinct values in 12 runs of a" in found(result, "ties")
        assert result.verdict == "differs"
        assert np.isfinite(result.pairs[0].tests["pvalue"]).all()
        assert "nan" not in result.detail

    def test_mixtures_and_advice_that_works(self, ask, tmp_path):
        table = frame(samples(), learning_rate=np.tile([0.1, 0.01], 60))
        text = found(ask(table), "mixtures")
        assert "learning_rate varies within joint (2 values), staged (2 values)" in text
        assert '--where "learning_rate == 0.01"' in text
        assert len(found(ask(table, where="learning_rate == 0.01"), "mixtures")) == 0

    def test_no_filter_is_advised_that_leaves_one_group(self, ask):
        rates = np.concatenate([np.tile([0.1, 0.2], 30), np.tile([0.3, 0.4], 30)])
        text = found(ask(frame(samples(), learning_rate=rates)), "mixtures")
        assert "--where" not in text
        assert "--by schedule,learning_rate" in text
        # one run of a group is no group: the filter would end in an error
        rates = np.concatenate([np.tile([0.1, 0.2], 30), [0.1, *np.full(59, 0.3)]])
        text = found(ask(frame(samples(), learning_rate=rates)), "mixtures")
        assert "--where" not in text
        assert "--by" not in text

    def test_hostile_names_stay_literal(self, ask):
        a, b = "<script>{0}%s", '`$(x)` & "q"\n\''
        result = ask(dict(zip((a, b), samples().values(), strict=True)))
        assert a in result.sentence
        assert b.replace("\n", r"\n") in result.sentence  # a line break is shown, not made


class TestHolm:
    @pytest.mark.parametrize(
        ("p", "adjusted"),
        [
            # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
            ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),
            # R: p.adjust(c(0.5, 0.001, 0.9, 0.02), "holm")
            ([0.5, 0.001, 0.9, 0.02], [1.0, 0.004, 1.0, 0.06]),
            # R: p.adjust(c(0.2, 0.2), "holm")
            ([0.2, 0.2], [0.4, 0.4]),
            # R: p.adjust(0.3, "holm")
            ([0.3], [0.3]),
        ],
    )
    def test_against_r(self, p, adjusted):
        assert adjust(p) == pytest.approx(adjusted)

    def test_more_comparisons_are_never_less_strict(self):
        # deepsig's Bonferroni went the wrong way
        p = [0.01, 0.02]
        assert (adjust([*p, 0.5])[:2] >= adjust(p)).all()


def test_import_is_light():
    code = (
        "import sys, analyze.comparison.compare; "
        "print([m for m in ('tensorflow', 'keras', 'matplotlib', 'plotnine', 'collect') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class TestWords:
    @pytest.mark.parametrize("value", ["accuracy_drop", "accuracy_gap", "inaccuracy"])
    def test_what_is_no_accuracy_is_not_told_in_test_examples(self, tmp_path, value):
        table = frame(samples()).rename(columns={"accuracy": value})
        table[value] = 1 - table[value]
        table.to_parquet(tmp_path / "runs.parquet")
        question = make_question(str(tmp_path / "runs.parquet"), value=value, resamples=199)
        result = compare(read(question))
        assert question.better == "lower"
        told = " ".join([result.sentence, result.detail, *result.headlines, result.scope])
        assert "examples" not in told
        assert "An accuracy" not in told

    def test_equal_means_of_decimals_are_equal(self, ask):
        values = [0.7, 0.1, 0.2, 0.6, 0.3] * 4
        result = ask({"a": np.array(values), "b": np.sort(values)})
        assert result.headline.startswith("No difference shown; if there is one, it is below ")
        assert "e−" not in " ".join([result.headline, result.detail])

    def test_ties_are_told_beside_the_larger_value(self, ask):
        """Nine of ten runs of a are equal to eight of ten of b."""
        result = ask({"a": np.array([0.5] * 9 + [0.6]), "b": np.array([0.5] * 8 + [0.6, 0.7])})
        # b > a: 9 · 2 + 1; equal: 9 · 8 + 1, of 100
        told = "larger value with probability 0.19, an equal one with 0.73: with half the ties 0.56"
        assert told in result.detail

    def test_no_fences_where_the_middle_half_is_one_value(self, ask):
        result = ask({"a": np.array([0.5] * 9 + [0.9]), "b": np.array([0.5] * 8 + [0.1, 0.9])})
        (told,) = result.checks.loc[result.checks["check"] == "outliers", "sentence"]
        assert told == "Outliers are not looked for in a and b: the middle half is a single value."

    def test_two_constant_groups_are_not_certain(self, ask):
        (pair,) = ask({"a": np.full(9, 0.5), "b": np.full(12, 0.6)}).pairs
        row = pair.effects.set_index("effect").loc["probability_of_superiority"]
        # nine disjoint pairs of nine: Clopper–Pearson
        assert (row["estimate"], row["high"]) == (1, 1)
        assert row["low"] == pytest.approx(stats.binomtest(9, 9).proportion_ci(0.95).low)
        assert "complete separation" in row["method"]


def test_how_many_pairs_are_done_is_told_to_whoever_asks(tmp_path):
    frame(samples(a=0, b=-40, c=0)).to_parquet(tmp_path / "runs.parquet", index=False)
    table = read(make_question(str(tmp_path / "runs.parquet"), resamples=99))
    told = []
    with_progress = compare(table, progress=lambda *words: told.append(words))
    assert [(what, n_done, n) for what, n_done, n, _ in told] == [
        *(("testing pair", i, 3) for i in range(3)),
        *(("comparing pair", i, 3) for i in range(3)),
        ("looking for what would change the verdict", 0, 1),
    ]
    assert with_progress.sentence == compare(table).sentence
