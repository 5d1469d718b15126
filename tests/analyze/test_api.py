"""Any DataFrame gives the numbers of the command line, and a report that is safe to show."""

import html.parser
import inspect
import json
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import plotnine
import polars as pl
import pyarrow as pa
import pytest
from click.testing import CliRunner

import analyze
from analyze import cli
from analyze import question as options
from analyze.errors import AnalyzeError, DataError, UsageError
from analyze.results import to_json

ASKED = {"value": "score", "by": "method", "resamples": 99}
PUBLIC = {"Report", "columns", "compare", "describe", "functions", "load", "power"}


def runs(n: int = 30) -> pd.DataFrame:
    """Return two groups of runs with equal seeds, one of which failed in words and one without a value."""
    rng = np.random.default_rng(3)
    scores = np.round(np.r_[rng.normal(0.88, 0.01, n), rng.normal(0.87, 0.01, n)], 3)
    table = pd.DataFrame({"method": ["plain"] * n + ["staged"] * n, "seed": [*range(n)] * 2, "score": scores})
    table["state"] = "ok"
    table.loc[3, "state"] = "diverged"
    table.loc[40, "score"] = np.nan
    return table


@pytest.fixture(scope="module")
def report():
    return analyze.compare(runs(), paired="seed", margin=0.001, **ASKED)


def found(report):
    """Return the results without what tells where they come from."""
    plain = json.loads(to_json(report.results))
    del plain["provenance"], plain["question"]["table"], plain["question"]["tables"]
    del plain["read_as"]["kind"]
    return plain


def fresh(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_loads_nothing_and_asking_loads_the_door():
    told = fresh(
        "import sys, time\nstarted = time.process_time()\nimport analyze\n"
        "took = time.process_time() - started\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'scipy', 'matplotlib', 'click', 'analyze.api'}\n"
        "print(took < 0.1, sorted(heavy & set(sys.modules)))\n"
        "print(analyze.compare.__module__, 'pandas' in sys.modules)"
    )
    assert told.splitlines() == ["True []", "analyze.api True"]


def test_public_names_are_listed_and_no_module_hides_one():
    assert set(analyze.__all__) == PUBLIC <= set(dir(analyze))
    modules = {path.stem for path in Path(analyze.__file__).parent.iterdir()}
    assert PUBLIC & modules == set()
    with pytest.raises(AttributeError, match="has no attribute 'compaer'"):
        analyze.compaer  # noqa: B018


@pytest.mark.parametrize("name", ["compare", "functions", "describe", "power"])
def test_a_call_shows_the_declared_arguments(name):
    call = getattr(analyze, name)
    shown = inspect.signature(call).parameters
    own = {"table", "calibrate"}
    assert {key: one.default for key, one in shown.items() if key not in own} == {
        key: option.default for key, option in options.options(name).items()
    }
    assert all(option.help in inspect.getdoc(call) for option in options.options(name).values())


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_dataframe_gives_what_the_command_line_gives_of_its_file(report, tmp_path, monkeypatch, suffix):
    monkeypatch.chdir(tmp_path)
    getattr(runs(), f"to_{suffix}")(f"runs.{suffix}", index=False)
    words = ["compare", f"runs.{suffix}", "--value", "score", "--by", "method", "--resamples", "99"]
    words += ["--paired", "seed", "--margin", "0.001", "--format", "json", "--out", "report"]
    assert CliRunner().invoke(cli.analyze, words, catch_exceptions=False).exit_code == 0
    assert found(analyze.load("report")) == found(report)
    assert found(analyze.compare(f"runs.{suffix}", paired="seed", margin=0.001, **ASKED)) == found(report)


OTHERS = {
    "polars": lambda df: pl.from_pandas(df),
    "polars categories": lambda df: pl.from_pandas(df).with_columns(pl.col("method").cast(pl.Categorical)),
    "polars decimals": lambda df: pl.from_pandas(df).with_columns(pl.col("score").cast(pl.Decimal(9, 3))),
    "pyarrow": lambda df: pa.Table.from_pandas(df),
    "pyarrow dictionary": lambda df: pa.Table.from_pandas(df.astype({"method": "category"})),
    "pyarrow batches": lambda df: pa.Table.from_pandas(df).to_reader(max_chunksize=7),
    "dictionaries": lambda df: df.to_dict("records"),
    "pandas index": lambda df: df.set_index(["method", "seed"]),
    "pandas index kept": lambda df: df.set_index("seed", drop=False),
    "pandas odd index": lambda df: df.set_axis(np.repeat(7, len(df))),
    "pandas categories": lambda df: df.astype({"method": "category", "state": "category"}),
    "pandas ordered": lambda df: df.astype(
        {"method": pd.CategoricalDtype(["staged", "plain"], ordered=True)}
    ),
    "pandas nullable": lambda df: df.convert_dtypes(),
    "pandas pyarrow": lambda df: df.convert_dtypes(dtype_backend="pyarrow"),
    "pandas objects": lambda df: df.astype(object),
    "pandas more": lambda df: df.assign(none=None, period=pd.Period("2026-01"), z=1j, half=np.float16(1)),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_every_kind_of_table_gives_the_same_results(report, kind):
    assert found(analyze.compare(OTHERS[kind](runs()), paired="seed", margin=0.001, **ASKED)) == found(report)


def test_the_table_is_named_by_its_size_and_its_content_by_a_digest(report):
    assert report.question.table == "DataFrame, 60 rows"
    source = report.results.provenance.source
    assert (source.path, source.n_rows, source.n_files) == ("DataFrame, 60 rows", 60, 0)
    shuffled = analyze.compare(runs().sample(frac=1, random_state=1), paired="seed", **ASKED)
    assert shuffled.results.provenance.source.digest == source.digest
    other = runs().assign(score=lambda df: df["score"] + 0.001)
    assert analyze.compare(other, paired="seed", **ASKED).results.provenance.source.digest != source.digest


def test_the_call_is_told_as_it_can_be_repeated(report):
    assert report.results.provenance.command == (
        "analyze.compare(\n    df,\n    paired='seed',\n    margin=0.001,\n    value='score',\n"
        "    by='method',\n    resamples=99,\n)"
    )
    short = analyze.compare(runs(), **ASKED).results.provenance.command
    assert short == "analyze.compare(df, value='score', by='method', resamples=99)"


@pytest.mark.parametrize("kind", ["pandas", "nullable", "polars"])
def test_nothing_of_the_callers_table_is_changed(kind):
    table = runs().astype({"method": "category"}).set_index("seed")
    table = {"pandas": table, "nullable": table.convert_dtypes(), "polars": pl.from_pandas(runs())}[kind]
    before = table.clone() if kind == "polars" else table.copy(deep=True)
    analyze.compare(table, **ASKED)
    assert before.equals(table)
    if kind != "polars":
        pd.testing.assert_frame_equal(table, before)


def test_words_nan_and_null_are_counted_as_in_a_file():
    table = runs().drop(columns="state")
    words = table.astype({"score": object})
    words.loc[5, "score"] = "diverged"
    told = analyze.compare(words, **ASKED).results
    assert [(e.group, e.reason, e.n) for e in told.exclusions] == [
        ("plain", "score is diverged", 1),
        ("staged", "score is missing", 1),
    ]
    # polars tells a NaN, which came out of a computation, from a cell without a value
    nan = pl.from_pandas(table).with_columns(
        pl.when(pl.col("seed") == 5).then(float("nan")).otherwise(pl.col("score")).alias("score")
    )
    reasons = {(e.group, e.reason): e.n for e in analyze.compare(nan, **ASKED).results.exclusions}
    assert reasons == {
        ("plain", "score is not a number"): 1,
        ("staged", "score is not a number"): 1,
        ("staged", "score is missing"): 1,
    }


def test_columns_may_be_called_by_numbers_and_by_levels():
    table = runs().drop(columns="state").set_axis([0, 1, 2], axis=1)
    assert analyze.describe(table, value=2, by=0)["n"].tolist() == [30, 29]
    levels = runs()[["method", "score"]].set_axis([("run", ""), ("score", "final")], axis=1)
    assert analyze.describe(levels, value="score.final", by="run")["n"].tolist() == [30, 29]


@pytest.mark.parametrize(
    ("table", "kind", "message"),
    [
        (lambda: 3, UsageError, "the table is of type int: give a DataFrame"),
        (lambda: np.zeros((2, 2)), UsageError, "the table is of type ndarray: give a DataFrame"),
        (lambda: [runs()], UsageError, "the table is of type list"),
        (lambda: None, UsageError, "the table is of type NoneType"),
        (lambda: runs()["score"], DataError, "this Series is no table with columns"),
        (lambda: pd.DataFrame(), DataError, "the DataFrame has no columns to read"),
        (lambda: runs().iloc[:0], DataError, "the table 'DataFrame, 0 rows' has no rows"),
        (lambda: runs().set_axis(["a", "b", "a", "c"], axis=1), DataError, "more than one column named 'a'"),
        (lambda: runs().set_axis(["a", "b", " a", "c"], axis=1), DataError, "more than one column named 'a'"),
        (lambda: runs().rename_axis("score"), DataError, "more than one column named 'score'"),
        (lambda: runs().assign(score=b"x"), UsageError, "value='score': there is no such column"),
        (lambda: "absent.csv", UsageError, "there is no file or directory 'absent.csv'"),
        (lambda: Path("absent.csv"), UsageError, "there is no file or directory 'absent.csv'"),
    ],
)
def test_what_is_no_table_is_one_clear_line(table, kind, message):
    with pytest.raises(kind) as error:
        analyze.compare(table(), **ASKED)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda r: analyze.compare(runs(), by="methd", value="score"),
            "by='methd': there is no such column; did",
        ),
        (lambda r: analyze.compare(runs(), confidence=95, **ASKED), "confidence is 95; it must lie between"),
        (lambda r: analyze.compare(runs(), marign=1, **ASKED), "no argument marign; did you mean margin?"),
        (lambda r: analyze.compare(runs(), primary="kss", **ASKED), "primary is 'kss'; did you mean 'ks'?"),
        (lambda r: analyze.describe(runs(), margin=1), "there is no argument margin; there are value, by,"),
        (
            lambda r: analyze.power(runs(), value="score", by="method"),
            "give difference=X (to be found) or width=X",
        ),
        (lambda r: r.pair("staged", "plain"), "are no pair in this order; there are 'plain' and 'staged'"),
        (lambda r: r.figure("histogram"), "there is no figure 'histogram' here; there are distributions, "),
        (lambda r: r.save("x", formats="docx"), "formats is 'docx'; give one or more of html, pdf, md"),
        (lambda r: r.save("x", formats=()), "formats is (); give one or more of html"),
        (lambda r: r.save("s3://bucket/x"), "out='s3://bucket/x' is a URL, and reports are written on this"),
        (lambda r: analyze.load("absent"), "no file 'absent'; give a results.json"),
    ],
)
def test_errors_name_the_argument(report, call, message):
    with pytest.raises(AnalyzeError) as error:
        call(report)
    assert message in str(error.value)
    assert "--" not in str(error.value)


def test_a_path_a_list_of_paths_and_text_are_read_as_on_the_command_line(tmp_path):
    for method, part in runs().drop(columns="method").groupby(np.repeat(["plain", "staged"], 30)):
        part.to_csv(tmp_path / f"{method}.csv", index=False)
    paths = [tmp_path / "plain.csv", str(tmp_path / "staged.csv")]
    told = analyze.describe(paths, value="score")
    assert told["n"].tolist() == [29, 29]
    assert analyze.describe(str(tmp_path / "*.csv"), value="score")["mean"].tolist() == told["mean"].tolist()


def test_tables_have_the_fields_of_the_records(report):
    numbers = runs()
    plain = numbers[(numbers["method"] == "plain") & (numbers["state"] == "ok")]["score"]
    group = report.groups.set_index("group").loc["plain"]
    assert group["mean"] == pytest.approx(plain.mean())
    assert (group["n"], group["n_failed"]) == (29, 1)
    row = report.effects.set_index("effect").loc["mean_difference"]
    effect = report.pair("plain", "staged").effect("mean_difference")
    assert (row["estimate"], row["low"], row["high"]) == (effect.estimate, effect.low, effect.high)
    assert (row["group_a"], row["group_b"]) == ("plain", "staged")
    assert "paired_mean_difference" in report.effects["effect"].tolist()
    assert report.tests["primary"].sum() == 1
    assert report.tests["pvalue"].dtype == float
    assert set(report.checks["level"]) <= {"warning", "note", "passed"}
    assert report.verdict == report.results.answer.verdict
    assert report.sentence == report.results.answer.sentence


def test_a_saved_report_is_loaded_as_it_was(report, tmp_path):
    written = report.save(tmp_path / "report", formats=("html", "csv"))
    assert [path.name for path in written] == ["figures", "tables", "report.html", "results.json"]
    assert analyze.load(tmp_path / "report") == report
    assert analyze.load(str(tmp_path / "report" / "results.json")) == report
    assert analyze.compare(runs(), **ASKED) != report
    report.save(tmp_path / "report", formats="json")


def test_power_has_a_row_a_group_and_test():
    told = analyze.power(runs(), value="score", by="method", difference=0.01, width=0.01)
    assert told.groupby("group")["aim"].value_counts()["plain"].to_dict() == {"difference": 3, "width": 1}
    assert told["n_runs"].notna().all()


def test_columns_say_what_each_could_be():
    roles = analyze.columns(runs()).set_index("column")["role"].to_dict()
    assert roles == {"method": "group", "seed": "unit", "score": "value", "state": "status"}


def test_a_figure_can_be_shown_and_saved(report, tmp_path):
    report.figure("ecdf").save(tmp_path / "ecdf.png", verbose=False)
    assert (tmp_path / "ecdf.png").read_bytes().startswith(b"\x89PNG")


def test_names_in_figures_are_no_formulas(tmp_path):
    name = r"$\foo$"  # which matplotlib could not set as a formula
    plot = analyze.compare(runs().replace({"method": {"plain": name}}), **ASKED).figure("distributions")
    with mpl.rc_context({"svg.fonttype": "none"}):
        (plot + plotnine.theme(figure_size=(4, 3))).save(tmp_path / "plot.svg", verbose=False)
    assert f">{name}<" in (tmp_path / "plot.svg").read_text()


def test_the_text_of_a_report_has_verdict_sentence_and_groups(report):
    lines = repr(report).splitlines()
    assert lines[0] == "Do plain and staged reach different distributions of score?"
    assert lines[1] == f"{report.verdict}: {report.headline}"
    assert [line.split()[0] for line in lines[2:]] == ["Group", "plain", "staged"]


HOSTILE = [
    '<script>alert("x")</script>',
    "\"'><img src=x onerror=alert(1)>",
    "two\nlines & &amp; <b>",
    "$x$ `a` {{7}}",
]


class Elements(html.parser.HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("n_groups", [2, 4])
def test_no_name_leaves_its_cell(n_groups):
    rng = np.random.default_rng(0)
    names = HOSTILE[:n_groups] if n_groups == 4 else HOSTILE[1:3]
    table = pd.DataFrame({"<i>by": np.repeat(names, 8), "<u>value": rng.normal(size=8 * n_groups)})
    report = analyze.compare(table, value="<u>value", by="<i>by", resamples=99)
    seen = Elements()
    seen.feed(report._repr_html_())
    assert seen.tags == {"div", "b", "p", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert seen.attributes == {"style"}
    flat = " ".join(seen.text.split())
    shown = [" ".join(name.replace("\n", r"\n").split()) for name in names]
    assert all(name in flat for name in shown)
    assert report.verdict in flat
    assert all(name in " ".join(repr(report).split()) for name in shown)
