"""Means and standard deviations are summaries, never runs."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analyze.comparison.summaries import compare_summaries
from analyze.errors import DataError
from analyze.question import make_question
from analyze.table.runs import read
from analyze.table.summaries import SummariesError


def summaries(tmp_path, text, **options):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    question = make_question(str(path), **options)
    with pytest.raises(SummariesError) as error:
        read(question)
    return error.value.summaries, question


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("model,mean_acc,std_acc,n_seeds", "acc"),
        ("model,acc_mean,acc_sd,n", "acc_mean"),
        ("model,acc.mean,acc.std,acc.count", "acc"),
        ("model,mean,sd,n", "accuracy"),
    ],
)
def test_welch_from_summaries_is_welch_of_the_runs(tmp_path, header, value):
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.8, 0.01, 5), rng.normal(0.82, 0.02, 8)
    rows = [f"{name},{x.mean():.15g},{x.std(ddof=1):.15g},{len(x)}" for name, x in (("a", a), ("b", b))]
    found, question = summaries(tmp_path, "\n".join([header, *rows]), value=value, by="model")
    row = compare_summaries(found, question).iloc[0]
    expected = stats.ttest_ind(b, a, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert row["pvalue"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_standard_errors_become_standard_deviations(tmp_path):
    found, _ = summaries(tmp_path, "m,mean_f1,sem_f1,n\na,1,0.1,4\nb,2,0.2,9\n", value="f1", by="m")
    assert found.groups["sd"].tolist() == pytest.approx([0.2, 0.6])


def test_cells_with_a_spread(tmp_path):
    text = "method,C10,n\na,95.26 ± 0.15,5\nb,96.10±0.11,5\nc,96.3 (0.2),5\nd,$94.1 \\pm 0.3$,5\n"
    found, _ = summaries(tmp_path, text, value="C10", by="method")
    assert found.groups[["mean", "sd"]].to_numpy().tolist() == [
        [95.26, 0.15],
        [96.1, 0.11],
        [96.3, 0.2],
        [94.1, 0.3],
    ]


def test_without_the_number_of_runs_nothing_is_tested(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("m,mean,std\na,1,0.1\nb,2,0.2\n")
    with pytest.raises(DataError, match="are summaries, not runs: no column says how many runs"):
        read(make_question(str(path), value="mean", by="m"))


def test_tasks_of_summaries_are_not_pooled(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("task,m,n,acc_mean,acc_std\nx,a,3,1,0.1\nx,b,3,2,0.1\ny,a,3,1,0.1\ny,b,3,2,0.1\n")
    with pytest.raises(DataError, match="a has several rows: choose one with where, or"):
        read(make_question(str(path), value="acc", by="m"))


def test_means_over_episodes_of_named_runs_are_runs(tmp_path):
    frame = pd.DataFrame(
        {"m": list("aaabbb"), "seed": [0, 1, 2] * 2, "mean_reward": [1.0, 2, 3, 4, 5, 6], "std_reward": 0.5}
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert len(read(make_question(str(tmp_path / "t.csv"), value="mean_reward", by="m")).runs) == 6
