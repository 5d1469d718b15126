"""The headline of each kind of table says what a friend who knows statistics would say."""

import numpy as np
import pandas as pd
import pytest

import analyze
from analyze import text as fmt
from analyze.comparison.compare import compare
from analyze.comparison.kinds import recognise
from analyze.question import make_question
from analyze.stats.resampling import tabulate
from analyze.table.frames import read_frame
from analyze.table.runs import read_runs


def spread(n, mean, sd):
    """Return the same n values each time: those of a normal distribution at equal steps."""
    return mean + sd * np.asarray(pd.Series(np.arange(n)).add(0.5).div(n).map(_normal))


def _normal(u):
    from scipy.special import ndtri

    return float(ndtri(u))


def answer(groups, *, value="accuracy", more=None, **asked):
    frame = pd.concat([pd.DataFrame({"group": g, value: v}) for g, v in groups.items()], ignore_index=True)
    ended = {"status": np.where(frame[value].isna(), "diverged", "ok")} if frame[value].isna().any() else {}
    frame = frame.assign(**ended, **(more or {}))
    question = make_question("", value=value, by="group", resamples=999, **asked)
    return compare(read_runs(read_frame(frame), question))


NAN = float("nan")
LOSSES = spread(120, 0.5, 0.05)
FAILING = np.r_[np.full(33, NAN), spread(87, 0.5, 0.05)]
HEADLINES = {
    "a pair that differs": (
        lambda: answer({"joint": spread(100, 0.880, 0.003), "staged": spread(100, 0.878, 0.003)}),
        "Staged is worse: accuracy 0.0020 lower on average (0.0012 to 0.0028). "
        "A staged run beats a joint one 32 % of the time.",
    ),
    "three groups": (
        lambda: answer(
            {
                "joint": spread(200, 0.880, 0.003),
                "joint-long": spread(200, 0.8801, 0.003),
                "staged": spread(200, 0.877, 0.003),
            },
            baseline="joint",
        ),
        "Staged is worse than joint: accuracy 0.0030 lower on average (0.0024 to 0.0036). No difference "
        "shown between joint and joint-long; if there is one, it is below 0.0007 (95 % interval).",
    ),
    "many groups": (
        lambda: answer({f"m{i}": spread(60, 0.9 + 0.003 * (i % 4), 0.003) for i in range(8)}, baseline="m0"),
        "Best: m3, accuracy 0.009 higher on average than m0 (0.008 to 0.010). "
        "Of 7 groups, 6 are better than m0, 0 worse, 1 not told apart.",
    ),
    "one group fails": (
        lambda: answer({"fp16": FAILING, "fp32": LOSSES}, value="loss"),
        "fp16 fails in 33 of 120 runs (28 %; fp32: none). "
        "Among runs that finish, no difference in loss was shown.",
    ),
    "all groups fail": (
        lambda: answer(
            {
                "adam": np.r_[np.full(2, NAN), spread(43, 0.82, 0.005)],
                "momentum": np.r_[np.full(19, NAN), spread(26, 0.825, 0.005)],
                "sgd": np.r_[np.full(15, NAN), spread(30, 0.81, 0.005)],
            }
        ),
        "Adam finishes 43 of 45 runs, sgd 30, Momentum 26. "
        "Among finished runs Momentum is highest; counting failures it is not.",
    ),
    "collapsed runs": (
        lambda: answer(
            {
                "Kaiming": np.r_[spread(21, 0.1, 0.001), spread(279, 0.930, 0.004)],
                "Xavier": np.r_[spread(64, 0.1, 0.001), spread(236, 0.9295, 0.004)],
            }
        ),
        "Xavier collapses to 0.10 in 64 of 300 runs, Kaiming in 21; "
        "runs that train are alike (0.929 and 0.930).",
    ),
    "rates": (
        lambda: answer(
            {"beam": np.repeat([1, 0], [280, 120]), "greedy": np.repeat([1, 0], [252, 148])}, value="solved"
        ),
        "Beam solves 70 %, greedy 63 %: −7 points (−13.5 to −0.5).",
    ),
    "decades": (
        lambda: answer(
            {"muon": 10 ** spread(60, -3, 0.5), "sgd": 10 ** spread(60, -1.72, 0.7)}, value="loss"
        ),
        "sgd's median loss is 19 times muon's (10 to 37).",
    ),
    "nothing": (
        lambda: answer({"a": spread(60, 0.91, 0.0015), "b": spread(60, 0.9101, 0.0015)}),
        "No difference shown; if there is one, it is below 0.00065 (95 % interval).",
    ),
    "six runs": (
        lambda: answer({"new": [0.92, 0.921, 0.9215], "old": [0.91, 0.911, 0.912]}),
        "Six runs cannot tell. 4 + 4 could, for so large a difference; `analyze power` says how many.",
    ),
    "spread": (
        lambda: answer({"a": spread(200, 0, 1), "b": spread(200, 0, 3)}, value="score"),
        "a and b differ in spread: the standard deviation of b is 3 times that of a (2.6 to 3.4); "
        "score equal on average for b (0.4 lower to 0.4 higher). A b run beats an a one 50 % of the time.",
    ),
    "no better direction": (
        lambda: answer({"a": spread(200, 0, 1), "b": spread(200, 1, 1)}, value="zeta"),
        "b is higher: zeta 1 higher on average (0.8 to 1.2). A b run lies above an a one 76 % of the time.",
    ),
}


@pytest.mark.parametrize("name", HEADLINES)
def test_headline(name):
    made, expected = HEADLINES[name]
    assert made().headline == expected


def test_matched_pairs_give_the_verdict_on_means():
    seeds = np.tile(np.arange(60), 2)
    start = spread(60, 0.88, 0.003)
    small = np.where(np.arange(60) % 2, 0.0002, 0.0)
    found = answer({"joint": start, "long": start + small}, more={"seed": seeds}, paired="seed")
    assert found.question.primary == "paired_permutation"
    assert found.verdict == "differs"
    assert found.headline.startswith("Long is better, by next to nothing: accuracy 0.00010 higher on average")
    unpaired = answer(
        {"joint": start, "long": start + small}, more={"seed": seeds}, paired="seed", primary="ks"
    )
    assert unpaired.verdict == "no difference shown"
    # most runs without a partner: no pairs to decide by
    few = answer({"joint": start, "long": start + small}, more={"seed": np.r_[0:60, 50:110]}, paired="seed")
    assert few.question.primary == "ks"


@pytest.mark.parametrize(
    ("groups", "kind"),
    [
        ({"a": [0, 1] * 20, "b": [1] * 9}, "rates"),
        ({"a": [0.1] * 9 + [0.9] * 30, "b": [0.9] * 9}, "clusters"),
        ({"a": [0.1] * 9, "b": [0.9] * 30}, "plain"),  # the groups are apart, which is no cluster
        ({"a": list(spread(40, 0, 1)), "b": [9.0, *spread(39, 0, 1)]}, "plain"),  # one outlier
        ({"a": [1.0, 2, 3], "b": [2.0, 3]}, "few"),
    ],
)
def test_kinds(groups, kind):
    assert recognise({g: tabulate(v) for g, v in groups.items()}, better="higher")[0] == kind


def test_constant_groups_are_said_to_be_the_same():
    groups = {"a": np.full(30, 0.7), "b": np.full(30, 0.7), "c": spread(30, 0.9, 0.01)}
    assert answer(groups).headline.endswith("No difference between a and b: every run has the same accuracy.")


def test_what_is_said_to_lie_below_a_bound_does():
    for bound in np.random.default_rng(1).lognormal(0, 2, 2000).tolist():
        assert bound <= float(fmt.rounded_up(bound).replace(",", "")) <= 1.1 * bound + 1e-9


def test_losses_far_above_the_others_blow_up():
    low = spread(40, 0.4, 0.02)
    found = answer({"a": np.r_[low[:30], np.full(10, 2.3)], "b": low}, value="loss")
    assert found.headline.startswith("a blows up to 2.3 in 10 of 40 runs, b in none")
    assert found.numbers[0][0] == "Runs that blew up, b − a"
    assert found.numbers[1] == ("a v b", "10 of 40 v 0 of 40")


def test_the_chance_beside_the_headline_is_that_of_the_headline() -> None:
    runs = pd.DataFrame(
        {"g": ["a"] * 40 + ["b"] * 40, "score": [1.0] * 67 + [round(0.99 - 0.007 * i, 3) for i in range(13)]}
    )
    answer = analyze.compare(runs, value="score", by="g", resamples=99).results.answer
    assert "0 % of the time, and equals it 68 %" in answer.headline
    assert {one.label: one.text for one in answer.numbers}["Chance that b beats a"] == "0 %"
