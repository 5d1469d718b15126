"""Which axis values are drawn on, and that a logarithmic one shows the same runs."""

import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from analyze.cli import analyze
from analyze.comparison.kinds import is_logarithmic
from analyze.errors import UsageError
from analyze.figures.binning import MAX_BINS
from analyze.figures.catalogue import FIGURES
from analyze.report import svg
from tests.support.figure_sources import as_read, compared

RNG = np.random.default_rng(0)
# Losses of three optimizers, seven orders of magnitude apart
LOSSES = {name: RNG.lognormal(mean, 0.5, 80) for name, mean in (("sgd", -2), ("adam", -9), ("rmsprop", -17))}


def chosen(samples, asked="auto", better="lower"):
    return is_logarithmic(samples, asked=asked, better=better, value="loss")


def test_losses_that_span_magnitudes_are_logarithmic():
    assert chosen(LOSSES)
    assert not chosen(LOSSES, better="higher")
    assert not chosen(LOSSES, asked="linear")
    assert not chosen({"sgd": LOSSES["sgd"]})
    assert chosen({"sgd": LOSSES["sgd"]}, asked="log")
    assert chosen({"sgd": LOSSES["sgd"]}, asked="log", better="higher")
    assert not chosen({**LOSSES, "zero": np.array([0.0, 1.0])})


def test_a_few_far_runs_do_not_decide():
    assert not chosen({"a": np.r_[RNG.normal(1, 0.1, 99), 1e9]})


def test_a_logarithmic_axis_of_values_below_zero_is_an_error():
    with pytest.raises(UsageError, match=r"axis='log' needs positive values, .* loss of b is −1; give"):
        chosen({"a": np.array([1.0, 2.0]), "b": np.array([3.0, -1.0])}, asked="log")


# Of few groups there is no ranking
ON_THE_AXIS = {name for name, figure in FIGURES.items() if figure.log} - {"ranking"}


def drawn(**options):
    return as_read(compared(LOSSES, **options))


@pytest.fixture(scope="module")
def entries():
    return drawn(pairs=True)


def table(entry, name):
    return pd.DataFrame(entry.tables[name])


def test_figures_of_values_say_that_they_are_logarithmic(entries):
    assert {figure for figure, entry in entries.items() if entry.log} == ON_THE_AXIS
    for figure, text in svg.figures(entries.values()).items():
        assert ("log scale" in text) == (figure in ON_THE_AXIS)
        assert not re.search(r"\bnan\b|\binf\b", text)
    assert "in bins of a factor of" in entries["distributions"].caption


def test_every_run_is_in_a_bin_and_every_mark_at_its_value(entries):
    bins = table(entries["distributions"], "bins")
    for group, part in bins.groupby("group"):
        assert part["n"].sum() == 80
        counts = np.histogram(LOSSES[group], bins=[*part["low"], part["high"].iloc[-1]])[0]
        assert counts.tolist() == part["n"].tolist()
    assert len(part) <= MAX_BINS
    assert np.ptp(np.log10(part["high"] / part["low"])) < 1e-9
    curves = table(entries["ridgelines"], "density")
    peaks = curves.loc[curves.groupby("group")["density"].idxmax()].set_index("group")["x"]
    for group, values in LOSSES.items():
        assert peaks[group] == pytest.approx(np.median(values), rel=0.6)
    steps = table(entries["ecdf"], "steps")
    points = table(entries["matched_pairs"], "points")
    for group, values in LOSSES.items():
        assert set(values) <= {float(x) for x in steps.loc[steps["group"] == group, "x"]}
    others = np.concatenate([LOSSES[group] for group in entries["matched_pairs"].groups[1:]])
    assert np.sort(points["y"]) == pytest.approx(np.sort(others))


def test_the_terminal_says_that_its_bars_are_logarithmic(tmp_path):
    frames = [pd.DataFrame({"method": g, "seed": range(80), "loss": x}) for g, x in LOSSES.items()]
    pd.concat(frames).to_csv(tmp_path / "runs.csv", index=False)
    for axis, words in (("auto", "log scale"), ("linear", "distribution")):
        command = ["compare", str(tmp_path / "runs.csv"), "--value", "loss", "--by", "method", "--axis", axis]
        asked = [*command, "--resamples", "99", "--format", "json", "--out", str(tmp_path / axis)]
        done = CliRunner().invoke(analyze, asked)
        assert done.exit_code == 0
        assert words in next(line for line in done.output.splitlines() if line.startswith("group"))


def test_the_option_changes_figures_only():
    linear, log = drawn(axis="linear"), drawn(axis="log")
    assert not any(entry.log for entry in linear.values())
    for figure in set(linear) - ON_THE_AXIS:
        assert linear[figure] == log[figure]
    assert linear["ecdf"].caption == log["ecdf"].caption
