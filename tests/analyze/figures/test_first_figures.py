"""The figure that opens a report shows what the headline says: ranks, shares, ratios, matched differences."""

import numpy as np
import pytest
from scipy import stats

from analyze.figures.catalogue import FIGURES
from analyze.figures.source import FigureSource
from tests.support.figure_sources import compared, made, table

RNG = np.random.default_rng(11)
MANY = {f"m{i:02d}": RNG.normal(0.01 * ((7 * i) % 30), 0.004, 20) for i in range(30)}
BY_MEAN = sorted(MANY, key=lambda group: MANY[group].mean())


@pytest.fixture(scope="module")
def against_one() -> FigureSource:
    return compared(MANY, baseline="m02")


@pytest.fixture(scope="module")
def all_pairs() -> FigureSource:
    return compared({f"m{i}": RNG.normal(0.003 * ((5 * i) % 9), 0.004, 20) for i in range(9)})


def test_many_groups_stand_in_the_order_of_their_means(against_one: FigureSource) -> None:
    rows = table("ranking", against_one, "groups")
    shown = rows["group"].tolist()
    assert BY_MEAN.index("m02") == 14
    assert shown == [*BY_MEAN[:12], "m02", *BY_MEAN[-11:]]
    assert rows["rank"].tolist() == [BY_MEAN.index(group) + 1 for group in shown]
    assert "6 are in the table only" in made("ranking", against_one).caption


def test_a_row_is_free_where_groups_are_left_out(against_one: FigureSource) -> None:
    rows = table("ranking", against_one, "groups")
    free = [after - before > 1 for before, after in zip(rows["row"], rows["row"][1:], strict=False)]
    skipped = [after - before > 1 for before, after in zip(rows["rank"], rows["rank"][1:], strict=False)]
    assert free == skipped
    assert any(free)


def test_a_ranking_says_what_was_told_apart_from_the_baseline(against_one: FigureSource) -> None:
    verdicts = {pair.group_b: pair.verdict for pair in against_one.pairs}
    for row in table("ranking", against_one, "groups").itertuples():
        mean = MANY[row.group].mean()
        assert row.centre == pytest.approx(mean)
        interval = stats.ttest_1samp(MANY[row.group], 0).confidence_interval(0.95)
        assert (row.low, row.high) == pytest.approx(tuple(interval))
        if row.group == "m02":
            assert row.told == "baseline"
        elif verdicts[row.group] == "differs":
            assert row.told == ("higher" if mean > MANY["m02"].mean() else "lower")
        else:
            assert row.told == "same"


def test_higher_is_first_where_higher_is_better() -> None:
    source = compared({group: MANY[group] for group in BY_MEAN[:8]}, better="higher")
    assert table("ranking", source, "groups")["group"].tolist() == BY_MEAN[:8][::-1]


def test_brackets_are_the_longest_runs_of_ranks_without_a_difference(all_pairs: FigureSource) -> None:
    rows = table("ranking", all_pairs, "groups")
    order = rows["group"].tolist()
    differ = {frozenset((p.group_a, p.group_b)) for p in all_pairs.pairs if p.verdict == "differs"}

    def alike(first: int, last: int) -> bool:
        part = order[first : last + 1]
        return not any(frozenset((a, b)) in differ for a in part for b in part)

    n = len(order)
    spans = {(i, j) for i in range(n) for j in range(i + 1, n) if alike(i, j)}
    longest = {(i, j) for i, j in spans if (i - 1, j) not in spans and (i, j + 1) not in spans}
    found = table("ranking", all_pairs, "brackets")
    assert set(zip(found["first"], found["last"], strict=True)) == longest
    for _, lane in found.groupby("lane"):
        assert (lane["first"].to_numpy()[1:] > lane["last"].to_numpy()[:-1]).all()
    assert "baseline" not in set(rows["told"])


def test_shares_of_0_and_1_are_drawn_with_their_intervals() -> None:
    samples = {"beam": [1.0] * 280 + [0.0] * 120, "greedy": [1.0] * 252 + [0.0] * 148}
    source = compared(samples, better="higher")
    rows = table("shares", source, "shares")
    for row, hits in zip(rows.itertuples(), (280, 252), strict=True):
        interval = stats.binomtest(hits, 400).proportion_ci(method="wilson")
        found = (row.n_counted, row.share, row.low, row.high)
        assert found == pytest.approx((hits, hits / 4, 100 * interval.low, 100 * interval.high))
        assert 0 <= row.low < row.high <= 100
    difference = table("shares", source, "differences").iloc[0]
    told = source.pairs[0].effects.set_index("effect").loc["mean_difference"]
    assert difference[["estimate", "low", "high"]].tolist() == pytest.approx(
        [100 * told[end] for end in ("estimate", "low", "high")]
    )


def test_collapsed_runs_are_counted_and_the_others_drawn_on_their_own_scale() -> None:
    train = np.linspace(0.92, 0.94, 279)
    samples = {"Kaiming": np.r_[train, [0.1] * 21], "Xavier": np.r_[train[:236], [0.1] * 64]}
    source = compared(samples, value="accuracy")
    assert table("shares", source, "shares")["n_counted"].tolist() == [21, 64]
    assert table("shares", source, "dots")["x"].between(0.92, 0.94).all()
    assert table("shares", source, "groups")["mean"].tolist() == pytest.approx(
        [train.mean(), train[:236].mean()]
    )
    difference = table("shares", source, "differences").iloc[0]
    assert difference["estimate"] == pytest.approx(100 * (64 - 21) / 300)
    assert difference["low"] > 0


def test_ratios_of_medians_are_drawn_where_values_span_decades() -> None:
    a, b = 10 ** RNG.normal(-3, 0.5, 61), 10 ** RNG.normal(-2, 0.5, 61)
    source = compared({"muon": a, "sgd": b, "third": a / 3})
    rows = table("ratios", source, "differences").set_index("group_b")
    assert 10 ** rows.loc["sgd", "estimate"] == pytest.approx(np.median(b) / np.median(a))
    assert 10 ** rows.loc["third", "estimate"] == pytest.approx(1 / 3)
    assert (rows["low"] < rows["estimate"]).all()
    assert (rows["estimate"] < rows["high"]).all()
    groups = table("ratios", source, "groups").set_index("group")
    assert 10 ** groups.loc["muon", "mean"] == pytest.approx(np.median(a))
    # Ranks 23 and 39 of 61: P(at most 22 of 61 below the median) = 0.0203, of 23 0.0363
    assert 10 ** groups.loc["muon", "low"] == pytest.approx(np.sort(a)[22])
    assert 10 ** groups.loc["muon", "high"] == pytest.approx(np.sort(a)[38])


def test_figures_of_matched_pairs_show_the_difference_within_them() -> None:
    base = RNG.normal(0, 1, 40)
    samples = {"a": base, "b": base + RNG.normal(0.1, 0.05, 40), "c": base + RNG.normal(0.0, 0.05, 40)}
    source = compared(samples, pairs=True)
    for figure, rows in (("estimation", "differences"), ("forest", "effects")):
        found = table(figure, source, rows).set_index(["group_a", "group_b"])
        for other in ("b", "c"):
            within = samples[other] - samples["a"]
            interval = stats.ttest_1samp(within, 0).confidence_interval(0.95)
            low, estimate, high = found.loc[("a", other), ["low", "estimate", "high"]].tolist()
            assert estimate == pytest.approx(within.mean())
            # A bootstrap of 99 resamples gives the interval; that of unpaired runs is twenty times as wide.
            assert (low, high) == pytest.approx(tuple(interval), abs=0.25 * (interval.high - interval.low))
    bars = table("estimation", source, "intervals").set_index("group")
    unpaired = stats.ttest_ind(samples["b"], samples["a"], equal_var=False).confidence_interval(0.95)
    assert bars.loc["b", "high"] - bars.loc["b", "low"] < (unpaired.high - unpaired.low) / 5


def test_failed_runs_open_a_report_where_groups_fail_unlike_each_other() -> None:
    finished = np.linspace(0.4, 0.6, 87)
    samples = {"fp16": np.r_[finished, [np.inf] * 33], "fp32": np.linspace(0.4, 0.6, 120)}
    source = compared(samples)
    assert table("shares", source, "shares")[["n_counted", "n"]].to_numpy().tolist() == [[33, 120], [0, 120]]
    assert len(table("shares", source, "dots")) == 100
    assert table("shares", source, "groups")["mean"].tolist() == pytest.approx([0.5, 0.5])
    difference = table("shares", source, "differences").iloc[0]
    assert difference["estimate"] == pytest.approx(-27.5)
    assert FIGURES["estimation"].content(source) is None
    rare = compared({"fp16": np.r_[finished, np.inf], "fp32": finished})
    assert FIGURES["shares"].content(rare) is None


def test_of_the_runs_that_did_not_collapse_one_is_a_dot_without_a_spread() -> None:
    groups = {name: np.array([*np.zeros(n), 8.98]) for name, n in (("q", 5), ("r", 2), ("t", 5))}
    source = compared({**groups, "f": np.zeros(5)}, better="higher")
    assert source.kind == "clusters"
    rows = table("shares", source, "groups")
    assert sorted(rows["group"]) == ["q", "r", "t"]
    assert rows["sd"].isna().all()
    assert rows["mean_drawn"].isna().all()
    assert len(table("shares", source, "dots")) == 3
    made("shares", source)
