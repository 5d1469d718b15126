"""Histograms: every run is in a bin once, and what is not drawn is counted."""

import numpy as np
import pytest
from scipy import stats

from analyze.figures import binning
from tests.support.figure_sources import N_TEST, SHAPES, made, sampled, tables


@pytest.mark.parametrize("name", SHAPES)
def test_bins_hold_every_run_once(name: str) -> None:
    a, b = SHAPES[name]
    drawn = tables("distributions", sampled(a=a, b=b))
    for table in (drawn["bins"], drawn["bars"]):
        assert table.groupby("group")["n"].sum().to_dict() == {"a": len(a), "b": len(b)}
        assert table.groupby("group")["share"].sum().to_numpy() == pytest.approx([1, 1])
    bins = drawn["bins"].query("group == 'a'")
    assert len(bins) <= binning.MAX_BINS
    assert np.array_equal(bins["high"][:-1], bins["low"][1:])
    assert bins["low"].min() <= min(*a, *b)
    assert max(*a, *b) <= bins["high"].max()


def test_bins_are_whole_steps_of_the_measurement_grid() -> None:
    bins = tables("distributions", sampled(a=SHAPES["grid"][0], b=SHAPES["grid"][1]))["bins"]
    halves = bins["low"].to_numpy() * N_TEST - 0.5
    assert halves == pytest.approx(np.rint(halves), abs=1e-6)
    assert np.ptp(np.rint((bins["high"] - bins["low"]) * N_TEST)) == 0


def test_density_lies_on_the_bars() -> None:
    drawn = tables("distributions", sampled(a=SHAPES["grid"][0], b=SHAPES["grid"][1]))
    for _, curve in drawn["density"].groupby("group"):
        assert np.trapezoid(curve["density"], curve["x"]) == pytest.approx(1, abs=0.01)
        width = (drawn["bins"]["high"] - drawn["bins"]["low"]).iloc[0]
        assert curve["share"].to_numpy() == pytest.approx(curve["density"].to_numpy() * width)


def test_few_runs_get_no_density_and_near_ties_no_tower() -> None:
    few = sampled(a=[0.1, 0.2, 0.4], b=[0.1, 0.3, 0.35])
    assert "density" not in tables("distributions", few)
    entry = made("distributions", few)
    assert "density" not in entry.caption
    near = tables("distributions", sampled(a=np.r_[1e-9 * np.arange(30), 1.0, 2.1], b=np.linspace(0, 2, 32)))
    assert near["density"]["share"].max() < 1.2


def test_constant_groups_are_spikes() -> None:
    one = tables("distributions", sampled(a=[0.5] * 4, b=[0.1, 0.2, 0.4]))
    assert one["spikes"][["group", "x", "n"]].to_numpy().tolist() == [["a", 0.5, 4]]
    assert set(one["bins"]["group"]) == {"b"}
    both = tables("distributions", sampled(a=[0.5] * 4, b=[0.5] * 2))
    assert both["spikes"]["n"].tolist() == [4, 2]
    assert both["bars"].groupby("group")["n"].sum().tolist() == [4, 2]
    assert "bins" not in both


def test_far_outliers_are_counted_not_drawn() -> None:
    a = np.r_[SHAPES["grid"][0], -1e6, 50.0, 60.0]
    of = sampled(a=a, b=SHAPES["grid"][1])
    drawn = tables("distributions", of)
    assert drawn["outside"].to_numpy().tolist() == [["a", 1, 2]]
    assert drawn["bins"].groupby("group")["n"].sum().to_dict() == {"a": 500, "b": 300}
    assert drawn["bins"]["high"].max() < 1
    entry = made("distributions", of)
    assert "Not drawn, because far away: a 1 below and 2 above." in entry.caption
    assert tables("ecdf", of)["largest"]["difference"].abs().item() == stats.ks_2samp(a, of.samples()["b"])[0]


def test_a_third_of_diverged_runs_does_not_flatten_the_rest() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, 90), np.r_[rng.normal(0, 1, 60), 1e29 * rng.uniform(1, 2, 30)]
    assert max(map(abs, binning.window([np.sort(a), np.sort(b)]))) < 10
    near = np.r_[rng.normal(0, 1, 60), rng.uniform(100, 200, 30)]
    assert binning.window([np.sort(a), np.sort(near)])[1] == near.max()
    assert "Not drawn, because far away: b 30 above." in made("distributions", sampled(a=a, b=b)).caption
