"""Groups over tasks, from a table to every report: cells, scales, words, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analyze
from analyze.errors import AnalyzeError
from analyze.results import from_json, to_json

ASKED = {"value": "score", "by": "agent", "task": "game", "resamples": 299}
GAMES = [f"g{i}" for i in range(8)]


def table(*, agents=("a", "b"), shift=0.5, n=6, scale=True, seed=0):
    """Runs of agents at games whose scales differ a thousandfold; an agent is better than the one before."""
    rng = np.random.default_rng(seed)
    rows = []
    for place, agent in enumerate(agents):
        for i, game in enumerate(GAMES):
            for run in range(n):
                value = rng.normal(shift * place + 0.3 * np.sin(i), 1)
                rows.append((agent, game, run, value * 10.0 ** (i % 4) if scale else value))
    return pd.DataFrame(rows, columns=["agent", "game", "run", "score"])


@pytest.fixture(scope="module")
def two():
    return analyze.compare(table(), **ASKED)


@pytest.fixture(scope="module")
def four():
    return analyze.compare(table(agents="abcd", shift=1.0), **ASKED)


def scored(runs):
    """Scale each game to the range of its runs, by hand."""
    ends = runs.groupby("game")["score"].agg(["min", "max"]).loc[runs["game"]].to_numpy()
    return runs.assign(score=(runs["score"].to_numpy() - ends[:, 0]) / (ends[:, 1] - ends[:, 0]))


def test_effects_are_those_of_scaled_runs(two):
    runs = scored(table())
    cells = {cell: part["score"].to_numpy() for cell, part in runs.groupby(["agent", "game"])}
    pair = two.pair("a", "b")
    above = [stats.mannwhitneyu(cells["b", g], cells["a", g]).statistic / 36 for g in GAMES]
    assert pair.effect("probability_of_superiority").estimate == pytest.approx(np.mean(above))
    means = [cells["b", g].mean() - cells["a", g].mean() for g in GAMES]
    assert pair.effect("mean_difference").estimate == pytest.approx(np.mean(means))
    trimmed = [stats.trim_mean(np.concatenate([cells[x, g] for g in GAMES]), 0.25) for x in "ab"]
    assert pair.effect("iqm_difference").estimate == pytest.approx(trimmed[1] - trimmed[0])
    for effect in pair.effects:
        assert effect.low <= effect.estimate <= effect.high
    assert pair.tasks.n_above == sum(np.array(means) > 0)
    assert [one.task for one in pair.tasks.results] == GAMES


def test_the_verdict_is_that_of_the_test_within_tasks(two):
    pair = two.pair("a", "b")
    assert [test.test for test in pair.tests] == ["van_elteren"]
    assert pair.verdict == "differs"
    assert two.results.answer.headline.startswith("b is better: a run of it beats one of a in 6")
    assert two.results.answer.kind == "tasks"
    assert two.results.tasks.normalise == "minmax"
    pooled = analyze.compare(
        table(), value="score", by="agent", rows_are_runs=True, primary="welch_t", resamples=99
    )
    assert pooled.verdict == "no difference shown"  # the largest scales drown the others


@pytest.mark.parametrize("how", ["minmax", "ranks"])
def test_the_scale_of_a_task_does_not_matter(how):
    runs = table()
    other = runs.assign(score=runs["score"] * runs["game"].map({g: 3.0**i for i, g in enumerate(GAMES)}) + 5)
    first, second = (analyze.compare(r, **ASKED, normalise=how).pair("a", "b") for r in (runs, other))
    for one, two in zip(first.effects, second.effects, strict=True):
        assert (one.estimate, one.low, one.high) == pytest.approx((two.estimate, two.low, two.high))
    assert first.primary.pvalue == pytest.approx(second.primary.pvalue)


def test_the_order_of_rows_and_better_or_worse(two):
    shuffled = table().sample(frac=1, random_state=1)
    again = analyze.compare(shuffled, **ASKED)
    assert again.results.comparisons == two.results.comparisons
    turned = analyze.compare(table().assign(score=lambda t: -t["score"]), **ASKED, better="lower")
    pair, other = two.pair("a", "b"), turned.pair("a", "b")
    assert other.effect("mean_difference").estimate == pytest.approx(pair.effect("mean_difference").estimate)
    assert other.tasks.n_above == pair.tasks.n_above
    assert turned.results.answer.headline == two.results.answer.headline


def test_values_from_0_to_1_stay_and_lower_ones_may_be_better():
    runs = table(scale=False).assign(score=lambda t: 1 / (1 + np.exp(-t["score"])))
    higher = analyze.compare(runs, **ASKED)
    assert higher.results.tasks.normalise == "none"
    lower = analyze.compare(runs, **ASKED, better="lower")
    assert "b is worse" in lower.results.answer.headline
    assert lower.pair("a", "b").tasks.n_below == higher.pair("a", "b").tasks.n_above
    share = higher.pair("a", "b").tasks.further.share
    assert lower.pair("a", "b").tasks.further.share == pytest.approx(1 - share)


def test_scores_of_a_file_and_of_the_baseline(tmp_path):
    runs = table().assign(score=lambda t: t["score"].abs() + 1)
    human = tmp_path / "human.csv"
    ends = [(game, float(i), 2.0 * i + 1) for i, game in enumerate(GAMES)]
    pd.DataFrame(ends, columns=["game", "random", "human"]).to_csv(human, index=False)
    found = analyze.compare(runs, **ASKED, normalise=str(human)).pair("a", "b")
    scale = {game: (low, high) for game, low, high in ends}
    scored = runs.assign(
        score=[
            (v - scale[g][0]) / (scale[g][1] - scale[g][0])
            for g, v in zip(runs["game"], runs["score"], strict=True)
        ]
    )
    means = scored.groupby(["agent", "game"])["score"].mean()
    expected = (means["b"] - means["a"]).mean()
    assert found.effect("mean_difference").estimate == pytest.approx(expected)
    found = analyze.compare(runs, **ASKED, normalise="baseline", baseline="a").pair("a", "b")
    means = runs.groupby(["agent", "game"])["score"].mean()
    assert found.effect("mean_difference").estimate == pytest.approx((means["b"] / means["a"]).mean() - 1)


def test_cells_that_are_missing_are_told_and_others_used():
    runs = table(agents="abc")
    gone = (runs["agent"] == "c") & (runs["game"] == "g3")
    single = (runs["agent"] == "b") & (runs["game"] == "g5") & (runs["run"] > 0)
    report = analyze.compare(runs[~gone & ~single], **ASKED)
    assert report.results.tasks.missing == (("c", "g3"),)
    assert report.results.tasks.few == (("b", "g5"),)
    assert len(report.results.tasks.tasks) == 6
    assert report.pair("a", "b").tasks.n_tasks == 7
    assert report.pair("a", "c").tasks.n_tasks == 7
    told = report.checks.loc[report.checks["check"] == "tasks", "sentence"].tolist()
    assert told[0].startswith("There is no finished run of c in g3 (1 cell).")
    assert told[1].startswith("There is a single run of b in g5")


def test_failed_runs_are_counted_and_left_out():
    runs = table()
    runs.loc[[0, 1], "score"] = np.inf
    report = analyze.compare(runs, **ASKED)
    assert report.groups["n_failed"].tolist() == [2, 0]
    assert report.pair("a", "b").n_a == 46
    told = {one.label: one.text for one in report.results.answer.numbers}
    assert told["Failed runs"] == "2 of 96"


def test_many_groups_are_ranked(four):
    ranks = four.ranks
    assert ranks["group"].tolist() == ["d", "c", "b", "a"]
    assert four.results.ranking.centre == "interquartile mean"
    assert "Best over 8 games: d (interquartile mean" in four.results.answer.headline
    tasks = four.results.tasks
    runs = table(agents="abcd", shift=1.0)
    cells = runs.pivot_table(index="game", columns="agent", values="score").to_numpy()
    expected = stats.friedmanchisquare(*cells.T)
    assert (tasks.friedman, tasks.friedman_pvalue) == pytest.approx((expected.statistic, expected.pvalue))
    assert tasks.critical_difference == pytest.approx(2.569 * np.sqrt(4 * 5 / (6 * 8)), rel=1e-3)
    places = stats.rankdata(-cells, axis=1).mean(axis=0)
    assert [g.tasks.rank for g in four.results.groups] == pytest.approx(places)


@pytest.mark.parametrize("which", ["two", "four"])
def test_reports_of_every_kind(which, request, tmp_path):
    report = request.getfixturevalue(which)
    report.save(tmp_path, ("html", "pdf", "md", "latex", "csv", "summary"))
    text = (tmp_path / "report.md").read_text()
    assert "## 2. Over tasks" in text or "Over tasks" in text
    assert "In a further game" in text or which == "four"
    written = (tmp_path / "results.json").read_text()
    assert from_json(written) == report.results
    assert json.loads(to_json(from_json(written))) == json.loads(written)
    figures = {entry.figure for entry in report.results.figures}
    assert (
        figures
        == {
            "two": {"task_forest", "aggregates", "profiles"},
            "four": {"aggregates", "profiles", "task_ranks"},
        }[which]
    )


def test_one_run_a_cell_is_a_matched_pair_as_before():
    report = analyze.compare(table(n=1), value="score", by="agent", task="game", resamples=99)
    assert report.results.tasks is None
    assert report.pair("a", "b").paired


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"primary": "ks"}, "does not look within tasks"),
        ({"normalise": "baseline"}, "name it by baseline=GROUP"),
        ({"normalise": "baseline", "baseline": "a"}, "not all are above 0"),
        ({"normalise": "nosuch.csv"}, "not one of none, baseline, minmax, ranks"),
        ({"task": "agent"}, "is both"),
        ({"task": "gme"}, "did you mean 'game'?"),
    ],
)
def test_what_is_wrong_is_one_line(changed, said):
    with pytest.raises(AnalyzeError) as told:
        analyze.compare(table(), **(ASKED | changed))
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def test_groups_without_a_common_task_are_refused():
    runs = table()
    runs.loc[runs["agent"] == "b", "game"] += "x"
    with pytest.raises(AnalyzeError, match="a and b have no game in common"):
        analyze.compare(runs, **ASKED)


def test_rows_without_a_task_are_left_out_and_counted():
    runs = table()
    runs.loc[runs["game"] == "g2", "game"] = None
    report = analyze.compare(runs, **ASKED)
    assert report.pair("a", "b").tasks.n_tasks == 7
    assert report.groups["n"].tolist() == [42, 42]
    assert {(e.reason, e.n) for e in report.results.exclusions} == {("game is missing", 6)}


def test_several_runs_of_one_group_alone_are_refused():
    runs = table()
    with pytest.raises(AnalyzeError, match="no game in common of which both have two runs or more"):
        analyze.compare(runs[(runs["agent"] == "a") | (runs["run"] == 0)], **ASKED)


def test_describe_has_a_row_a_cell():
    cells = analyze.describe(table(), value="score", by="agent", task="game")
    assert len(cells) == 16
    assert cells["n"].eq(6).all()
