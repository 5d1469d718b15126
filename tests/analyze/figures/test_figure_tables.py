"""The numbers behind the figures, against scipy and formulas."""

import dataclasses
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analyze.figures import binning
from analyze.figures.catalogue import FIGURES
from analyze.figures.source import MAX_GROUPS, FigureSource
from analyze.figures.tables.catalogue import FIGURE_TABLES, figure_entries
from analyze.figures.tables.ecdf import MAX_STEPS
from analyze.figures.tables.names import ALWAYS_DRAWN, TABLES_OF
from analyze.stats.ecdf_difference import EcdfDifference, ecdf_difference

N_TEST = 10_000


def source(pairable: bool = False, **values: Any) -> FigureSource:
    parts = [
        pd.DataFrame({"group": g, "unit": np.arange(len(v)), "value": np.asarray(v, float)})
        for g, v in values.items()
    ]
    first, *others = values
    return FigureSource(
        runs=pd.concat(parts),
        groups=tuple(values),
        value="accuracy",
        pairable=pairable,
        unit="seed",
        differences={other: difference(values[first], values[other]) for other in others},
    )


def difference(a: Any, b: Any) -> EcdfDifference:
    rng_a, rng_b = np.random.default_rng(1), np.random.default_rng(2)
    return ecdf_difference(a, b, rng_x=rng_a, rng_y=rng_b, n_resamples=99, max_steps=MAX_STEPS)


def accuracies(mean: float, n: int, seed: int) -> np.ndarray:
    """Return accuracies k / N_TEST."""
    return np.rint(np.random.default_rng(seed).normal(mean, 0.003, n) * N_TEST) / N_TEST


def tables(figure: str, of: FigureSource) -> dict[str, pd.DataFrame]:
    entry = FIGURE_TABLES[figure](of)
    assert entry is not None
    return {name: pd.DataFrame(columns) for name, columns in entry["tables"].items()}


SHAPES = {
    "grid": (accuracies(0.878, 500, 1), accuracies(0.876, 300, 2)),
    "continuous": (
        np.random.default_rng(3).exponential(size=400),
        np.random.default_rng(4).exponential(size=90),
    ),
    "two values": ([0.0, 1.0, 1.0], [0.0, 0.0, 1.0]),
    "negative and tiny": (-1e-9 * np.arange(1, 40), -1e-9 * np.arange(3, 25) ** 1.5),
    "huge": (1e12 + np.arange(30.0), 1e12 + 3 * np.arange(20.0)),
    "two modes": (np.r_[accuracies(0.1, 40, 5), accuracies(0.9, 60, 6)], accuracies(0.9, 80, 7)),
    "two runs": ([0.25, 0.75], [0.1, 0.3]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_bins_hold_every_run_once(name: str) -> None:
    a, b = SHAPES[name]
    drawn = tables("distributions", source(a=a, b=b))
    for table in (drawn["bins"], drawn["bars"]):
        assert table.groupby("group")["n"].sum().to_dict() == {"a": len(a), "b": len(b)}
        assert table.groupby("group")["share"].sum().to_numpy() == pytest.approx([1, 1])
    bins = drawn["bins"].query("group == 'a'")
    assert len(bins) <= binning.MAX_BINS
    assert np.array_equal(bins["high"][:-1], bins["low"][1:])
    assert bins["low"].min() <= min(*a, *b)
    assert max(*a, *b) <= bins["high"].max()


def test_bins_are_whole_steps_of_the_measurement_grid() -> None:
    bins = tables("distributions", source(a=SHAPES["grid"][0], b=SHAPES["grid"][1]))["bins"]
    halves = bins["low"].to_numpy() * N_TEST - 0.5
    assert halves == pytest.approx(np.rint(halves), abs=1e-6)
    assert np.ptp(np.rint((bins["high"] - bins["low"]) * N_TEST)) == 0


def test_density_lies_on_the_bars() -> None:
    drawn = tables("distributions", source(a=SHAPES["grid"][0], b=SHAPES["grid"][1]))
    for _, curve in drawn["density"].groupby("group"):
        assert np.trapezoid(curve["density"], curve["x"]) == pytest.approx(1, abs=0.01)
        width = (drawn["bins"]["high"] - drawn["bins"]["low"]).iloc[0]
        assert curve["share"].to_numpy() == pytest.approx(curve["density"].to_numpy() * width)


def test_few_runs_get_no_density_and_near_ties_no_tower() -> None:
    few = source(a=[0.1, 0.2, 0.4], b=[0.1, 0.3, 0.35])
    assert "density" not in tables("distributions", few)
    entry = FIGURE_TABLES["distributions"](few)
    assert entry is not None
    assert "density" not in entry["caption"]
    near = tables("distributions", source(a=np.r_[1e-9 * np.arange(30), 1.0, 2.1], b=np.linspace(0, 2, 32)))
    assert near["density"]["share"].max() < 1.2


def test_constant_groups_are_spikes() -> None:
    one = tables("distributions", source(a=[0.5] * 4, b=[0.1, 0.2, 0.4]))
    assert one["spikes"][["group", "x", "n"]].to_numpy().tolist() == [["a", 0.5, 4]]
    assert set(one["bins"]["group"]) == {"b"}
    both = tables("distributions", source(a=[0.5] * 4, b=[0.5] * 2))
    assert both["spikes"]["n"].tolist() == [4, 2]
    assert both["bars"].groupby("group")["n"].sum().tolist() == [4, 2]
    assert "bins" not in both


def test_far_outliers_are_counted_not_drawn() -> None:
    a = np.r_[SHAPES["grid"][0], -1e6, 50.0, 60.0]
    of = source(a=a, b=SHAPES["grid"][1])
    drawn = tables("distributions", of)
    assert drawn["outside"].to_numpy().tolist() == [["a", 1, 2]]
    assert drawn["bins"].groupby("group")["n"].sum().to_dict() == {"a": 500, "b": 300}
    assert drawn["bins"]["high"].max() < 1
    entry = FIGURE_TABLES["distributions"](of)
    assert entry is not None
    assert "Not drawn, because far away: a 1 below and 2 above." in entry["caption"]
    assert tables("ecdf", of)["largest"]["difference"].abs().item() == stats.ks_2samp(a, of.samples()["b"])[0]


@pytest.mark.parametrize("name", SHAPES)
def test_ecdf_is_scipys(name: str) -> None:
    samples = dict(zip("ab", map(np.asarray, SHAPES[name]), strict=True))
    for group, steps in tables("ecdf", source(a=samples["a"], b=samples["b"]))["steps"].groupby("group"):
        assert (steps["x"].diff().dropna() > 0).all()
        assert (steps["y"].diff().dropna() >= 0).all()
        expected = stats.ecdf(samples[str(group)]).cdf.evaluate(steps["x"])
        assert steps["y"].to_numpy() == pytest.approx(expected)
        assert steps["y"].iloc[-1] == 1


@pytest.mark.parametrize("name", SHAPES)
def test_largest_gap_is_the_ks_statistic(name: str) -> None:
    a, b = SHAPES[name]
    drawn = tables("ecdf", source(a=a, b=b))
    row, expected = drawn["largest"].iloc[0], stats.ks_2samp(a, b)
    assert abs(row["difference"]) == pytest.approx(expected.statistic)
    assert row["share_b"] - row["share_a"] == pytest.approx(row["difference"])
    assert drawn["difference"]["difference"].abs().max() == pytest.approx(expected.statistic)


def test_bands_of_the_curves_are_dkw() -> None:
    drawn = tables("ecdf", source(a=SHAPES["grid"][0], b=SHAPES["grid"][1]))
    steps = drawn["steps"].query("group == 'a'")
    # sqrt(log(2 / 0.05) / (2 * 500)), Massart 1990
    half = 0.0607361466
    assert steps["high"].to_numpy() == pytest.approx(np.minimum(steps["y"] + half, 1))
    assert steps["low"].to_numpy() == pytest.approx(np.maximum(steps["y"] - half, 0))


@pytest.mark.parametrize("name", SHAPES)
def test_band_of_the_difference_is_the_computed_one_cut_at_one(name: str) -> None:
    a, b = SHAPES[name]
    found, drawn = difference(a, b), tables("ecdf", source(a=a, b=b))
    steps = drawn["difference"].set_index("x").loc[found.x]
    assert steps["difference"].to_numpy() == pytest.approx(found.difference)
    assert steps["low"].to_numpy() == pytest.approx(np.maximum(found.low, -1))
    assert steps["high"].to_numpy() == pytest.approx(np.minimum(found.high, 1))
    assert drawn["difference"]["low"].min() >= -1
    assert drawn["difference"]["high"].max() <= 1


def test_caption_says_what_the_band_of_the_difference_is() -> None:
    of = source(a=SHAPES["grid"][0], b=SHAPES["grid"][1], c=SHAPES["grid"][0])
    entry = FIGURE_TABLES["ecdf"](of)
    assert entry is not None
    steps = pd.DataFrame(entry["tables"]["difference"]).query("group == 'b'")
    outside = steps[(steps["low"] > 0) | (steps["high"] < 0)]["x"]
    assert (
        f"The band of b − a excludes zero from {outside.min():.4f} to {outside.max():.4f}."
        in entry["caption"]
    )
    assert "The band of c − a includes zero everywhere." in entry["caption"]
    assert (
        "Band of the difference: holds the whole true difference with 95 % confidence (bootstrap of the "
        "largest deviation, 99 resamples)."
    ) in entry["caption"]


def test_gaps_where_the_band_excludes_zero_are_said() -> None:
    a = np.repeat([0.0, 1.0, 2.0, 3.0], [400, 100, 100, 400])
    b = np.repeat([0.0, 1.0, 2.0, 3.0], [100, 400, 400, 100])
    entry = FIGURE_TABLES["ecdf"](source(a=a, b=b))
    assert entry is not None
    assert "The band of b − a excludes zero in places from 0 to 2.00." in entry["caption"]


def test_without_a_computed_difference_there_is_no_panel() -> None:
    of = source(a=[1, 2], b=[2, 3], c=[2, 4])
    alone = dataclasses.replace(of, differences={})
    assert set(tables("ecdf", alone)) == {"steps", "window"}
    entry = FIGURE_TABLES["ecdf"](alone)
    assert entry is not None
    assert "difference" not in entry["caption"]
    one = tables("ecdf", dataclasses.replace(of, differences={"c": of.differences["c"]}))
    assert one["largest"]["group"].tolist() == ["c"]


def test_pairs_are_matched_by_unit_and_counted() -> None:
    a, b = [0.1, 0.2, 0.3, 0.4], [0.2, 0.2, 0.1, 0.9, 0.5]
    of = source(pairable=True, a=a, b=b)
    shuffled = FigureSource(
        runs=of.runs.sample(frac=1, random_state=1), groups=of.groups, value="accuracy", pairable=True
    )
    for drawn in (tables("matched_pairs", of), tables("matched_pairs", shuffled)):
        row = drawn["counts"].iloc[0]
        assert row[["n", "n_above", "n_below", "n_equal"]].tolist() == [4, 2, 1, 1]
        assert row["correlation"] == pytest.approx(stats.pearsonr(a, b[:4])[0])
        assert drawn["points"]["n"].sum() == 4


def test_many_pairs_are_counted_in_cells() -> None:
    rng = np.random.default_rng(1)
    points = tables("matched_pairs", source(pairable=True, a=rng.normal(size=5000), b=rng.normal(size=5000)))[
        "points"
    ]
    assert points["n"].sum() == 5000
    assert len(points) <= 1600


def test_without_pairs_there_is_no_figure_of_pairs() -> None:
    assert FIGURE_TABLES["matched_pairs"](source(a=[1, 2], b=[2, 3])) is None
    apart = source(pairable=True, a=[1, 2], b=[2, 3])
    apart.runs.loc[apart.runs["group"] == "b", "unit"] += 100
    assert FIGURE_TABLES["matched_pairs"](apart) is None


def test_tables_stay_small_and_are_plain_json() -> None:
    rng = np.random.default_rng(1)
    entries = figure_entries(source(pairable=True, a=rng.normal(size=60_000), b=rng.normal(size=60_000)))
    assert {"distributions", "raincloud", "ecdf", "matched_pairs"} == {entry["figure"] for entry in entries}
    text = json.dumps(entries, allow_nan=False)
    assert len(text) < 500_000
    ecdf = next(entry for entry in entries if entry["figure"] == "ecdf")
    steps = pd.DataFrame(ecdf["tables"]["steps"]).groupby("group").size()
    assert steps.max() <= MAX_STEPS + 2


def test_groups_that_are_not_drawn_are_counted() -> None:
    of = source(**{f"g{i:02}": [i, i + 1.0, i + 2.0] for i in range(MAX_GROUPS + 3)})
    for entry in figure_entries(of):
        assert len(entry["groups"]) == MAX_GROUPS
        assert f"3 groups of {MAX_GROUPS + 3} not drawn" in entry["caption"]


def test_a_third_of_diverged_runs_does_not_flatten_the_rest() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, 90), np.r_[rng.normal(0, 1, 60), 1e29 * rng.uniform(1, 2, 30)]
    assert max(map(abs, binning.window([np.sort(a), np.sort(b)]))) < 10
    near = np.r_[rng.normal(0, 1, 60), rng.uniform(100, 200, 30)]
    assert binning.window([np.sort(a), np.sort(near)])[1] == near.max()
    assert (
        "Not drawn, because far away: b 30 above."
        in FIGURE_TABLES["distributions"](source(a=a, b=b))["caption"]
    )


def caption(figure: str, of: FigureSource) -> str:
    entry = FIGURE_TABLES[figure](of)
    assert entry is not None
    return str(entry["caption"])


def test_caption_of_many_differences_tells_the_largest() -> None:
    groups = {name: accuracies(0.878 - 0.001 * i, 100, i) for i, name in enumerate("abcde")}
    text = caption("ecdf", source(**groups))
    assert "Of 4 groups against a: In" in text
    assert text.count("the largest gap") == 1
    assert "of the e runs" in text
    assert text.count("The band of") == 1


def test_every_figure_and_table_has_a_name_in_the_catalogue():
    assert list(TABLES_OF) == list(FIGURE_TABLES) == list(FIGURES)
    for a, b in SHAPES.values():
        entries = {entry["figure"]: entry for entry in figure_entries(source(pairable=True, a=a, b=b))}
        assert set(ALWAYS_DRAWN) <= set(entries)
        for name, entry in entries.items():
            assert set(entry["tables"]) <= set(TABLES_OF[name])
