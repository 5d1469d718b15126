"""Tests of the verdict rule and of every sentence that can come of it."""

import itertools
import math
import re

import pytest

from analyze.comparison import overall as o
from analyze.comparison import verdict as v

HOSTILE = ("<b>&amp;", "{0}%s$x$`rm`", "a\\n\"'")


def evidence(**changes):
    fields = {
        "value": "accuracy",
        "group_a": "joint",
        "group_b": "staged",
        "n_a": 500,
        "n_b": 480,
        "n_pairs": 1,
        "family": "Holm",
        "test": "Kolmogorov–Smirnov D",
        "statistic": 0.123456,
        "pvalue": 0.2,
        "minimum_pvalue": 1e-300,
        "confidence": 0.95,
        "alpha": 0.05,
        "margin": None,
        "margin_pvalue": None,
        "detectable_difference": 0.00047,
        "mean_difference": (-0.0002, -0.0005, 0.0001),
        "sd_ratio": (1.0, 0.9, 1.1),
        "superiority": (0.49, 0.45, 0.53),
        "n_test": 10_000,
    }
    return v.Evidence(**fields | changes)


CASES = {
    "differs": {"pvalue": 1e-30},
    "equivalent": {"margin": 0.001, "margin_pvalue": 0.003},
    "no difference shown": {},
    "inconclusive": {"pvalue": 0.1, "minimum_pvalue": 0.1},
}
EFFECTS = [(-0.002, -0.003, -0.001), (0.002, 0.001, 0.003), (0.0, -0.001, 0.001), (0.0, 0.0, 0.0)]
ALL = [
    evidence(**case, mean_difference=effect, n_pairs=n, group_a=name, n_test=n_test)
    for case, effect, n, name, n_test in itertools.product(
        CASES.values(), EFFECTS, (1, 3, 28), ("joint", *HOSTILE), (None, 10_000)
    )
]


class TestDecide:
    @pytest.mark.parametrize(
        ("pvalue", "minimum", "margin", "expected"),
        [
            (0.05, 1e-9, None, "differs"),
            (0.0500001, 1e-9, None, "no difference shown"),
            (0.06, 0.05, None, "no difference shown"),
            (0.06, 0.0500001, None, "inconclusive"),
            (0.06, 1e-9, 0.05, "equivalent"),
            (0.06, 1e-9, 0.0500001, "no difference shown"),
            (0.01, 1e-9, 0.01, "differs"),  # a margin does not undo a shown difference
            (0.5, 0.1, 0.01, "inconclusive"),
        ],
    )
    def test_borders(self, pvalue, minimum, margin, expected):
        assert v.decide(pvalue=pvalue, minimum_pvalue=minimum, alpha=0.05, margin_pvalue=margin) == expected

    @pytest.mark.parametrize(("expected", "case"), CASES.items())
    def test_evidence_gives_the_same(self, expected, case):
        assert v.pair_verdict(evidence(**case)) == expected


class TestSentences:
    @pytest.mark.parametrize("e", ALL)
    def test_no_claim_too_much(self, e):
        text = f"{v.pair_sentence(e)} {v.pair_detail(e)}"
        # a name may hold anything; what we write about it may not
        ours = text.replace(e.group_a, "A")
        assert e.group_a in text
        assert not re.search(r"\bsame\b|identical|no difference between|proves?\b|\bnan\b|None|inf\b", ours)
        assert not re.search(r"p = 0(\.0*)?(?![.\d])", ours)
        assert ("differ between" in ours) == (v.pair_verdict(e) == "differs")
        assert ("are equivalent" in ours) == (v.pair_verdict(e) == "equivalent")
        assert ("Holm over" in ours) == (e.n_pairs > 1)
        assert ("test examples" in ours) == (e.n_test is not None and e.mean_difference[0] != 0)
        assert ours.endswith(".")
        assert ".." not in ours

    @pytest.mark.parametrize("e", [e for e in ALL if e.mean_difference[0]])
    def test_direction_follows_the_sign(self, e):
        lower = e.mean_difference[0] < 0
        assert (" lower than that of" in v.pair_detail(e)) == lower
        assert (" higher than that of" in v.pair_detail(e)) == (not lower)

    def test_differs_word_for_word(self):
        assert v.pair_sentence(evidence(pvalue=1e-30)) == (
            "The distributions of accuracy differ between joint and staged "
            "(Kolmogorov–Smirnov D = 0.1235, p < 0.0001; 500 v 480 runs)."
        )

    def test_no_difference_tells_what_could_have_been_found(self):
        text = v.pair_sentence(evidence(n_pairs=5))
        assert "the Kolmogorov–Smirnov test at level 0.01 finds a shift of 0.00047 with 80 % power" in text
        of_means = v.pair_sentence(evidence(test="Welch t t"))
        assert "Welch's t test at level 0.05 finds a difference of means of 0.00047" in of_means
        assert "may be there" in v.pair_sentence(evidence(detectable_difference=None))
        assert "smaller ones may be there" in text

    def test_equivalence_names_its_margin(self):
        assert "within ±0.001 (two one-sided Welch tests, p = 0.0030)" in v.pair_sentence(
            evidence(**CASES["equivalent"])
        )

    def test_failed_margin_is_said(self):
        assert "was not shown to lie inside the margin" in v.pair_sentence(
            evidence(margin=0.001, margin_pvalue=0.3)
        )

    def test_different_but_close_means_are_said(self):
        e = evidence(pvalue=0.001, margin=0.001, margin_pvalue=0.003)
        assert "Yet the means are close" in v.pair_detail(e)

    def test_interval_against_the_verdict_is_explained(self):
        excluding = {"mean_difference": (0.002, 0.001, 0.003), "means_apart": True}
        assert "not a finding" in v.pair_detail(evidence(**excluding))
        assert "not a finding" in v.pair_detail(
            evidence(mean_difference=(-0.002, -0.003, -0.001), means_apart=True)
        )
        assert "not a finding" not in v.pair_detail(evidence(**excluding, pvalue=0.001))
        assert "not a finding" not in v.pair_detail(evidence())

    def test_spread_only_where_the_interval_excludes_1(self):
        assert "standard deviation" not in v.pair_detail(evidence())
        assert "is 2.0 times" in v.pair_detail(evidence(sd_ratio=(2.0, 1.5, 2.5)))
        assert "standard deviation" not in v.pair_detail(evidence(sd_ratio=(math.inf, math.inf, math.inf)))

    def test_small_numbers_do_not_print_as_0_or_1(self):
        e = evidence(mean_difference=(0.001, -1.0, 1.0), superiority=(0.999, 0.001, 1.0))
        assert "is 0.001 higher" in v.pair_detail(e)
        assert "probability > 0.99 (< 0.01 to 1)" in v.pair_detail(e)

    def test_scope(self):
        # sqrt(0.88·0.12/10,000) = 0.00325
        assert "0.0032" in o.scope_sentence(n_test=10_000, mean=0.88, value="accuracy")
        assert "test set" not in o.scope_sentence(n_test=None, mean=3.0, value="loss")


class TestOverall:
    @pytest.mark.parametrize(
        "verdicts", [c for n in (2, 3) for c in itertools.product(CASES, repeat=n)], ids="-".join
    )
    def test_every_combination(self, verdicts):
        pairs = [(f"a{i}", f"b{i}", verdict) for i, verdict in enumerate(verdicts)]
        word, text = o.overall(pairs)
        assert word in CASES
        assert (word == "differs") == ("differs" in verdicts)
        assert word == verdicts[0] or len(set(verdicts)) > 1
        assert ("equivalent" in text) == ("equivalent" in verdicts)
        assert ("Too few runs" in text) == ("inconclusive" in verdicts)
        assert not re.search(r"\bsame\b|identical", text)


class TestFewRuns:
    def test_what_could_decide_is_said(self):
        sentence = v.pair_sentence(evidence(**CASES["inconclusive"], reachable="6 runs a group could decide"))
        assert "smallest possible p of the Kolmogorov–Smirnov test is 0.10, above 0.05." in sentence
        assert sentence.endswith("6 runs a group could decide.")

    @pytest.mark.parametrize(("superiority", "side"), [(1.0, "above"), (0.0, "below")])
    def test_complete_separation_is_said(self, superiority, side):
        e = evidence(**CASES["inconclusive"], superiority=(superiority, superiority, superiority))
        assert f"do not overlap: all runs of staged lie {side} all of joint." in v.pair_sentence(e)
        assert e.separated

    def test_overlapping_groups_are_not_called_separated(self):
        assert "overlap" not in v.pair_sentence(evidence(**CASES["inconclusive"]))

    def test_equal_runs_are_not_too_few(self):
        e = evidence(all_equal=True, pvalue=1.0, minimum_pvalue=1.0)
        assert v.pair_verdict(e) == "no difference shown"
        assert "too few" not in v.pair_sentence(e)
        assert "All 500 v 480 runs of joint and staged have the same value" in v.pair_sentence(e)

    def test_pairs_are_named_beside_their_interval(self):
        assert "within 480 matched pairs" in v.pair_detail(evidence(n_matched=480))
        assert "matched" not in v.pair_detail(evidence())


def test_one_pair_among_many_is_told_in_the_singular():
    pairs = [("a", f"b{i}", "differs") for i in range(8)] + [("a", "c", "inconclusive")]
    assert o.overall(pairs)[1] == "8 of 9 pairs differ; 1 has too few runs to tell."
