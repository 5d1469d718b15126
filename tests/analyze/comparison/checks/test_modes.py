"""Kinds of runs within a group: two clusters are told, ties of a value that is counted in steps are not."""

import numpy as np
import pandas as pd
import pytest

import analyze
from analyze.comparison.checks.modes import MAX_RUNS, modes
from analyze.question import make_question
from analyze.stats.resampling import tabulate

QUESTION = make_question(value="accuracy", by="method")


def drawn(rng, n, apart=0.0):
    return rng.normal(0.9, 0.01, n) - apart * (rng.random(n) < 0.4)


def test_two_clusters_are_told_of_the_group_that_has_them():
    rng = np.random.default_rng(1)
    found = modes({"one": tabulate(drawn(rng, 100)), "two": tabulate(drawn(rng, 100, 0.2))}, QUESTION)
    assert found["two"] <= 0.002 * (1 + 1e-9)
    assert found["one"] > 0.05


@pytest.mark.parametrize("steps", [8, 40, 10_000])
def test_ties_of_steps_are_no_modes(steps):
    """At most 5 % of samples of one mode, however coarse; give or take 2.5 standard errors of 100."""
    rng = np.random.default_rng(steps)
    rejected = 0
    for _ in range(100):
        values = np.round(rng.normal(0, 1, 200) * steps / 6) / steps
        rejected += modes({"one": tabulate(values)}, QUESTION)["one"] <= 0.05
    assert rejected <= 5 + 2.5 * np.sqrt(100 * 0.05 * 0.95)


def test_few_and_equal_runs_are_not_looked_at_and_of_many_some_are():
    rng = np.random.default_rng(2)
    assert modes({"few": tabulate(drawn(rng, 19)), "equal": tabulate(np.ones(50))}, QUESTION) == {}
    many = modes({"many": tabulate(drawn(rng, 10 * MAX_RUNS, 0.2))}, QUESTION)
    assert many["many"] <= 0.001 * (1 + 1e-9)


def test_a_report_says_it():
    rng = np.random.default_rng(3)
    runs = pd.DataFrame(
        {
            "method": np.repeat(["a", "b"], 60),
            "accuracy": np.concatenate([drawn(rng, 60), drawn(rng, 60, 0.1)]),
        }
    )
    checks = analyze.compare(runs, value="accuracy", by="method", resamples=99).checks
    (sentence,) = checks.loc[checks["check"] == "modes", "sentence"]
    assert sentence.startswith("Runs fall into two kinds or more in b (p = 0.00")
    rates = runs.assign(accuracy=(runs["accuracy"] > 0.9).astype(int))
    checks = analyze.compare(rates, value="accuracy", by="method", resamples=99).checks
    assert "modes" not in set(checks["check"])
