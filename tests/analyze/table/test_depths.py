"""Accuracies behind each hidden layer are summarised by group, for finished runs of our own tables."""

import numpy as np
import pandas as pd
import pytest

from analyze.question import make_question
from analyze.table.depths import HEADS, summarise_depths
from analyze.table.runs import read


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    heads = {head: rng.uniform(size=40) for head in HEADS}
    return pd.DataFrame({"group": ["b", "a"] * 20, "reason": None, **heads})


def test_means_and_quantiles_are_those_of_each_group_and_head() -> None:
    runs = frame()
    found = summarise_depths(runs, runs[["group", "reason"]], ("b", "a"))
    assert found["group"].tolist() == ["b"] * 3 + ["a"] * 3
    assert found["layers"].tolist() == [1, 2, 3] * 2
    for row in found.itertuples():
        x = runs.loc[runs["group"] == row.group, HEADS[int(row.layers) - 1]]
        assert row.n == 20
        assert row.mean == pytest.approx(x.mean())
        assert [row.q05, row.q95] == pytest.approx(np.quantile(x, [0.05, 0.95]))


def test_unfinished_runs_and_missing_accuracies_are_left_out() -> None:
    runs = frame()
    runs.loc[0, "reason"] = "diverged"
    runs.loc[2, "accuracy_head1"] = np.nan
    found = summarise_depths(runs, runs[["group", "reason"]], ("b", "a")).set_index(["group", "layers"])["n"]
    assert found.to_dict() == {("b", 1): 18, ("b", 2): 19, ("b", 3): 19, **{("a", k): 20 for k in (1, 2, 3)}}


def test_without_heads_there_is_nothing() -> None:
    runs = frame().drop(columns="accuracy_head2")
    assert summarise_depths(runs, runs[["group", "reason"]], ("b", "a")).empty


def test_tables_of_others_have_no_depths(tmp_path) -> None:
    path = tmp_path / "runs.parquet"
    frame().drop(columns="reason").to_parquet(path)
    assert read(make_question(str(path), by="group")).depths.empty
    assert len(read(make_question("data/reference")).depths) == 9
