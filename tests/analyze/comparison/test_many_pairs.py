"""Of many pairs, or where asked, only the primary test is made, and every report says so."""

import numpy as np
import pandas as pd
import pytest

import analyze


def table(n_groups, n=6):
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "method": [f"m{g:02d}" for g in range(n_groups) for _ in range(n)],
            "seed": [seed for _ in range(n_groups) for seed in range(n)],
            "accuracy": [
                0.8 + 0.01 * (g % 5) + 0.004 * rng.normal() for g in range(n_groups) for _ in range(n)
            ],
        }
    )


@pytest.fixture(scope="module")
def few():
    asked = {"value": "accuracy", "by": "method", "resamples": 199}
    return {tests: analyze.compare(table(4), tests=tests, **asked) for tests in ("auto", "all", "primary")}


def test_the_verdicts_are_the_same(few):
    primary, every = few["primary"].results, few["all"].results
    assert few["auto"].results.comparisons == every.comparisons
    for one, other in zip(primary.comparisons, every.comparisons, strict=True):
        assert (one.verdict, one.sentence) == (other.verdict, other.sentence)
        assert one.primary.pvalue_adjusted == other.primary.pvalue_adjusted
        assert one.effects == other.effects
        assert [test.test for test in one.tests] == ["ks"]
        assert one.where is None
        assert other.where is not None
    assert primary.ranking == every.ranking


def test_a_place_that_was_not_looked_at_is_said(few):
    with pytest.raises(LookupError, match="only the primary test of m01 − m00 was made"):
        few["primary"].results.comparisons[0].places  # noqa: B018


def test_every_report_is_made_without_them(few, tmp_path):
    formats = ("html", "pdf", "md", "latex", "csv", "summary")
    few["primary"].save(tmp_path / "primary", formats)
    few["all"].save(tmp_path / "all", ("md", "csv"))
    primary, every = ((tmp_path / name / "report.md").read_text() for name in ("primary", "all"))
    assert "Of 6 pairs only the primary test was made" in primary
    assert "Expected best" not in primary
    assert "only the primary test was made" not in every
    assert not (tmp_path / "primary/tables/shift.csv").exists()
    assert (tmp_path / "all/tables/shift.csv").exists()


def test_more_than_a_hundred_pairs_have_one_test_each():
    report = analyze.compare(table(16), value="accuracy", by="method", resamples=99)
    assert len(report.results.comparisons) == 120
    assert all(pair.where is None and len(pair.tests) == 1 for pair in report.results.comparisons)
    assert len(report.ranks) == 16
    assert report.ranks["rank"].tolist() == list(range(1, 17))
    assert (report.ranks["low"] <= report.ranks["rank"]).all()
    best = set(report.ranks.loc[report.ranks["low"] == 1, "group"])
    assert all(group in report.results.ranking.sentence for group in best) or len(best) > 6
