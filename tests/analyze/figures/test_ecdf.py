"""Distribution functions and their differences, against scipy and formulas."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.support.figure_sources import SHAPES, accuracies, difference, made, sampled, tables


@pytest.mark.parametrize("name", SHAPES)
def test_ecdf_is_scipys(name: str) -> None:
    samples = dict(zip("ab", map(np.asarray, SHAPES[name]), strict=True))
    for group, steps in tables("ecdf", sampled(a=samples["a"], b=samples["b"]))["steps"].groupby("group"):
        assert (steps["x"].diff().dropna() > 0).all()
        assert (steps["y"].diff().dropna() >= 0).all()
        expected = stats.ecdf(samples[str(group)]).cdf.evaluate(steps["x"])
        assert steps["y"].to_numpy() == pytest.approx(expected)
        assert steps["y"].iloc[-1] == 1


@pytest.mark.parametrize("name", SHAPES)
def test_largest_gap_is_the_ks_statistic(name: str) -> None:
    a, b = SHAPES[name]
    drawn = tables("ecdf", sampled(a=a, b=b))
    row, expected = drawn["largest"].iloc[0], stats.ks_2samp(a, b)
    assert abs(row["difference"]) == pytest.approx(expected.statistic)
    assert row["share_b"] - row["share_a"] == pytest.approx(row["difference"])
    assert drawn["difference"]["difference"].abs().max() == pytest.approx(expected.statistic)


def test_bands_of_the_curves_are_dkw() -> None:
    drawn = tables("ecdf", sampled(a=SHAPES["grid"][0], b=SHAPES["grid"][1]))
    steps = drawn["steps"].query("group == 'a'")
    # sqrt(log(2 / 0.05) / (2 * 500)), Massart 1990
    half = 0.0607361466
    assert steps["high"].to_numpy() == pytest.approx(np.minimum(steps["y"] + half, 1))
    assert steps["low"].to_numpy() == pytest.approx(np.maximum(steps["y"] - half, 0))


@pytest.mark.parametrize("name", SHAPES)
def test_band_of_the_difference_is_the_computed_one_cut_at_one(name: str) -> None:
    a, b = SHAPES[name]
    found, drawn = difference(a, b), tables("ecdf", sampled(a=a, b=b))
    steps = drawn["difference"].set_index("x").loc[found.x]
    assert steps["difference"].to_numpy() == pytest.approx(found.difference)
    assert steps["low"].to_numpy() == pytest.approx(np.maximum(found.low, -1))
    assert steps["high"].to_numpy() == pytest.approx(np.minimum(found.high, 1))
    assert drawn["difference"]["low"].min() >= -1
    assert drawn["difference"]["high"].max() <= 1


def test_caption_says_what_the_band_of_the_difference_is() -> None:
    of = sampled(a=SHAPES["grid"][0], b=SHAPES["grid"][1], c=SHAPES["grid"][0])
    entry = made("ecdf", of)
    steps = pd.DataFrame(entry.tables["difference"]).query("group == 'b'")
    outside = steps[(steps["low"] > 0) | (steps["high"] < 0)]["x"]
    assert (
        f"The band of b − a excludes zero from {outside.min():.4f} to {outside.max():.4f}." in entry.caption
    )
    assert "The band of c − a includes zero everywhere." in entry.caption
    assert (
        "Band of the difference: holds the whole true difference with 95 % confidence (bootstrap of the "
        "largest deviation, 99 resamples)."
    ) in entry.caption


def test_gaps_where_the_band_excludes_zero_are_said() -> None:
    a = np.repeat([0.0, 1.0, 2.0, 3.0], [400, 100, 100, 400])
    b = np.repeat([0.0, 1.0, 2.0, 3.0], [100, 400, 400, 100])
    entry = made("ecdf", sampled(a=a, b=b))
    assert "The band of b − a excludes zero in places from 0 to 2.00." in entry.caption


def test_without_a_computed_difference_there_is_no_panel() -> None:
    of = sampled(a=[1, 2], b=[2, 3], c=[2, 4])
    alone = dataclasses.replace(of, differences={})
    assert set(tables("ecdf", alone)) == {"steps", "window"}
    entry = made("ecdf", alone)
    assert "difference" not in entry.caption
    one = tables("ecdf", dataclasses.replace(of, differences={"c": of.differences["c"]}))
    assert one["largest"]["group"].tolist() == ["c"]


def test_caption_of_many_differences_tells_the_largest() -> None:
    groups = {name: accuracies(0.878 - 0.001 * i, 100, i) for i, name in enumerate("abcde")}
    text = made("ecdf", sampled(**groups)).caption
    assert "Of 4 groups against a: In" in text
    assert text.count("the largest gap") == 1
    assert "of the e runs" in text
    assert text.count("The band of") == 1
