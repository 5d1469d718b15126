import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyze.errors import DataError, UsageError
from analyze.question import make_question
from analyze.table.runs import read


def ours(n=6, schedules=("joint", "staged"), **columns):
    """A small table with the columns of our own run tables."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "config_hash": np.repeat([f"hash-{s}" for s in schedules], n),
            "seed": np.tile(np.arange(n), len(schedules)),
            "schedule": np.repeat(schedules, n),
            "optimizer": "sgd",
            "learning_rate": 0.01,
            "status": "ok",
            "accuracy": rng.integers(8700, 8900, n * len(schedules)) / 10_000,
            "n_test": 10_000,
            "errors": [b"\x00\x01"] * (n * len(schedules)),
            "run_id": [f"run-{i}" for i in range(n * len(schedules))],
            "committed_at": pd.Timestamp("2026-01-01", tz="UTC"),
            "package_version": "0.1.0",
        }
    )
    return frame.assign(**columns)


def write(frame, path):
    frame.to_parquet(path, index=False)
    return str(path)


def ask(path, **options):
    return read(make_question(str(path), **options))


def csv(tmp_path, text):
    path = tmp_path / "runs.csv"
    path.write_text(text, encoding="utf-8")
    return path


def accounted(table):
    return len(table.runs) + int(table.exclusions["n"].sum())


class TestOurTables:
    def test_groups_units_and_values(self, tmp_path):
        table = ask(write(ours(), tmp_path / "runs.parquet"))
        assert table.groups == ("joint", "staged")
        assert table.question.unit == "seed"
        assert table.runs.columns.tolist() == ["group", "unit", "value"]
        assert table.runs["unit"].tolist() == [*range(6), *range(6)]
        assert table.n_failed == {"joint": 0, "staged": 0}
        assert table.pairable
        assert table.n_test == 10_000
        assert table.source["package_versions"] == ["0.1.0"]

    def test_baseline_comes_first(self, tmp_path):
        table = ask(write(ours(), tmp_path / "runs.parquet"), baseline="staged")
        assert table.groups == ("staged", "joint")
        assert table.runs["group"].iloc[0] == "staged"

    def test_failures_are_counted_with_their_reason(self, tmp_path):
        frame = ours()
        frame.loc[[0, 1], "status"] = ["diverged", "failed"]
        frame.loc[[7, 8], "accuracy"] = [np.nan, np.inf]
        table = ask(write(frame, tmp_path / "runs.parquet"))
        assert table.n_failed == {"joint": 2, "staged": 2}
        assert list(table.exclusions.itertuples(index=False, name=None)) == [
            ("joint", "diverged", 1),
            ("joint", "failed", 1),
            ("staged", "accuracy is infinite", 1),
            ("staged", "accuracy is missing", 1),
        ]
        assert accounted(table) == len(frame)

    def test_duplicates_first_success_wins_in_any_order(self, tmp_path):
        frame = ours()
        late = frame.iloc[[0]].assign(accuracy=0.5, committed_at=pd.Timestamp("2026-02-01", tz="UTC"))
        broken = frame.iloc[[1]].assign(
            status="failed", accuracy=0.1, committed_at=pd.Timestamp("2025-01-01", tz="UTC")
        )
        everything = pd.concat([late, broken, frame], ignore_index=True)
        expected = ask(write(frame, tmp_path / "clean.parquet"))
        for seed in range(5):
            shuffled = everything.sample(frac=1, random_state=seed)
            table = ask(write(shuffled, tmp_path / "runs.parquet"))
            pd.testing.assert_frame_equal(table.runs, expected.runs)
            assert table.n_failed == {"joint": 0, "staged": 0}
            assert table.exclusions["n"].tolist() == [2]
            assert table.exclusions["reason"].tolist() == ["duplicate of (config_hash, seed)"]

    def test_a_repeated_run_in_another_group_is_no_duplicate(self, tmp_path):
        frame = ours(schedules=("joint",))
        both = pd.concat([frame.assign(tensorflow="2.20"), frame.assign(tensorflow="2.21")])
        table = ask(write(both, tmp_path / "runs.parquet"), by="tensorflow")
        assert table.runs.groupby("group").size().to_dict() == {"2.20": 6, "2.21": 6}

    def test_mixtures_are_named(self, tmp_path):
        frame = pd.concat([ours(), ours(learning_rate=0.1).assign(config_hash=lambda d: d.config_hash + "x")])
        table = ask(write(frame, tmp_path / "runs.parquet"))
        assert table.mixtures[["group", "column", "n_values"]].to_numpy().tolist() == [
            ["joint", "learning_rate", 2],
            ["staged", "learning_rate", 2],
        ]
        assert table.mixtures["where"].iloc[0] == "learning_rate == 0.01"
        assert table.mixtures["separable"].all()
        assert not table.pairable
        assert len(ask(tmp_path / "runs.parquet", where=table.mixtures["where"].iloc[0]).mixtures) == 0

    def test_words_of_a_status_that_are_not_known_stop(self, tmp_path):
        with pytest.raises(DataError, match=r"status holds words whose meaning is not known: 'odd' \("):
            ask(write(ours(status="odd"), tmp_path / "runs.parquet"))

    def test_training_accuracy_has_no_test_examples(self, tmp_path):
        frame = ours().assign(train_accuracy=lambda d: d["accuracy"])
        assert ask(write(frame, tmp_path / "r.parquet"), value="train_accuracy").n_test is None

    def test_percentages_have_no_test_examples(self, tmp_path):
        frame = ours().assign(accuracy=lambda d: 100 * d["accuracy"])
        assert ask(write(frame, tmp_path / "r.parquet")).n_test is None


class TestFiles:
    def test_directory_is_independent_of_files_and_order(self, tmp_path):
        frame = ours(n=9)
        one = ask(write(frame, tmp_path / "runs.parquet"))
        directory = tmp_path / "db"
        directory.mkdir()
        shuffled = frame.sample(frac=1, random_state=3)
        for i in range(3):
            write(shuffled.iloc[6 * i : 6 * i + 6], directory / f"{9 - i}.parquet")
        (directory / ".tmp.parquet").write_bytes(b"half a file")
        many = ask(directory)
        pd.testing.assert_frame_equal(one.runs, many.runs)
        assert one.source["digest"] == many.source["digest"]
        assert many.source["n_files"] == 3

    def test_columns_of_later_files_do_not_vanish(self, tmp_path):
        write(ours(schedules=("joint",)), tmp_path / "1.parquet")
        write(ours(schedules=("staged",)).assign(extra=1.5), tmp_path / "2.parquet")
        with pytest.raises(DataError, match="6 × extra is missing"):
            ask(tmp_path, value="extra")

    def test_schema_version_from_metadata(self, tmp_path):
        arrow = pa.Table.from_pandas(ours(), preserve_index=False)
        arrow = arrow.replace_schema_metadata({b"minima_census.schema_version": b"1"})
        pq.write_table(arrow, tmp_path / "runs.parquet")
        assert ask(tmp_path / "runs.parquet").source["schema_version"] == "1"

    def test_csv_keeps_none_and_na_as_names(self, tmp_path):
        path = csv(tmp_path, "aug,loss\nNone,1\nNone,2\nNA,3\nNA,nan\nNA,4\n")
        table = ask(path, value="loss", by="aug")
        assert table.groups == ("NA", "None")
        assert table.n_failed == {"NA": 1, "None": 0}

    def test_csv_failure_flags_as_text_or_numbers(self, tmp_path):
        for yes, no in [("True", "False"), ("1", "0")]:
            path = csv(tmp_path, f"g,x,diverged\na,1,{no}\na,2,{no}\nb,1,{no}\nb,3,{no}\nb,9,{yes}\n")
            table = ask(path, value="x", by="g")
            assert table.n_failed == {"a": 0, "b": 1}
            assert table.exclusions["reason"].tolist() == ["diverged"]

    def test_flag_with_other_values_is_remarked(self, tmp_path):
        path = csv(tmp_path, "g,x,failed\na,1,3\na,2,0\nb,1,0\nb,3,7\n")
        table = ask(path, value="x", by="g")
        assert table.n_failed == {"a": 0, "b": 0}
        assert "failed" in table.remarks[0]


class TestForeign:
    def test_missing_group_is_excluded(self, tmp_path):
        path = csv(tmp_path, "g,x\na,1\na,2\nb,1\nb,3\n,9\n")
        table = ask(path, value="x", by="g")
        assert table.exclusions.to_numpy().tolist() == [["—", "g is missing", 1]]
        assert table.question.unit is None
        assert table.runs["unit"].isna().all()

    def test_where_counts_what_it_leaves_out(self, tmp_path):
        path = csv(tmp_path, "g,x,k\na,1,1\na,2,1\nb,1,1\nb,3,1\nb,9,2\n")
        table = ask(path, value="x", by="g", where="k == 1")
        assert accounted(table) == 5
        assert table.exclusions["reason"].tolist() == ["not selected by --where k == 1"]

    def test_a_stored_nan_is_a_failed_run_and_null_a_missing_value(self, tmp_path):
        arrow = pa.table({"g": list("aaabbb"), "x": [1.0, 2.0, float("nan"), 3.0, 4.0, None]})
        pq.write_table(arrow, tmp_path / "r.parquet")
        table = ask(tmp_path / "r.parquet", value="x", by="g", where="x != 99")
        assert table.n_failed == {"a": 1, "b": 0}
        assert table.exclusions.to_numpy().tolist() == [
            ["a", "x is not a number", 1],
            ["b", "x is missing", 1],
        ]

    def test_several_columns_and_numeric_order(self, tmp_path):
        path = csv(tmp_path, "g,h,x\n" + "".join(f"a,{h},{x}\n" for h in (10, 2) for x in (1, 2)))
        assert ask(path, value="x", by="g,h").groups == ("a · 2", "a · 10")

    def test_names_that_would_collide_are_kept_apart(self, tmp_path):
        path = csv(tmp_path, "g,h,x\na · b,c,1\na · b,c,2\na,b · c,1\na,b · c,3\n")
        assert len(ask(path, value="x", by="g,h").groups) == 2

    def test_unicode_group_names(self, tmp_path):
        names = ['<b>λ=0.1 & "x"</b>', "#set", "$x$", "汉字"]
        frame = pd.DataFrame({"g": np.repeat(names, 3), "x": np.arange(12.0)})
        table = ask(write(frame, tmp_path / "r.parquet"), value="x", by="g")
        assert set(table.groups) == set(names)

    def test_boolean_value_is_remarked(self, tmp_path):
        path = csv(tmp_path, "g,x\na,True\na,False\nb,True\nb,True\n")
        table = ask(path, value="x", by="g")
        assert table.runs["value"].tolist() == [0.0, 1.0, 1.0, 1.0]
        assert "1 or 0" in table.remarks[0]

    def test_mixtures_by_structure(self, tmp_path):
        rng = np.random.default_rng(0)
        n = 40
        frame = pd.DataFrame(
            {
                "g": np.repeat(["a", "b"], n),
                "x": rng.normal(size=2 * n),
                "other_loss": rng.normal(size=2 * n),
                "rate": np.tile([0.1, 0.1 + 1e-12, 0.01, 0.001], n // 2),
                "rate_text": np.tile(["0.1", "0.1", "0.01", "0.001"], n // 2),
                "layers": np.tile([2, 2, 3, 3], n // 2),
                "seed": np.tile(np.arange(n), 2),
                "source": [f"file {i}" for i in range(2 * n)],
                "constant": "c",
            }
        )
        table = ask(write(frame, tmp_path / "r.parquet"), value="x", by="g")
        found = table.mixtures[["group", "column", "n_values"]].to_numpy().tolist()
        # layers is fixed by the rate, rate_text is the same thing again
        assert found == [["a", "rate", 3], ["b", "rate", 3]]
        assert not table.pairable

    def test_a_setting_on_two_scales_is_named_once(self, tmp_path):
        rates = np.tile(10.0 ** -np.linspace(0, 3, 30), 2)
        frame = pd.DataFrame({"g": np.repeat(["a", "b"], 30), "x": np.arange(60.0), "rate": rates})
        table = ask(write(frame.assign(log_rate=np.log(rates)), tmp_path / "r.parquet"), value="x", by="g")
        assert table.mixtures["column"].tolist() == ["rate", "rate"]
        # grouping by the rate too would leave single runs
        assert not table.mixtures["separable"].any()

    @settings(max_examples=25, deadline=None)
    @given(order=st.permutations(range(12)))
    def test_row_order_does_not_matter(self, tmp_path_factory, order):
        frame = pd.DataFrame({"g": ["a", "b", "c"] * 4, "x": [1.0, 2, 2, 5, np.nan, 6, 7, 8, 9, 9, 9, 1]})
        path = tmp_path_factory.mktemp("t") / "r.parquet"
        expected = ask(write(frame, path), value="x", by="g")
        table = ask(write(frame.iloc[order], path), value="x", by="g")
        pd.testing.assert_frame_equal(table.runs, expected.runs)
        pd.testing.assert_frame_equal(table.exclusions, expected.exclusions)
        assert table.source == expected.source


GOOD = "g,x,seed,text,flat,empty\na,1,1,u,3,\na,2,2,v,3,\nb,1,1,w,3,\nb,3,2,z,3,\n"


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"value": "y", "by": "g"}, UsageError, "value='y': there is no such column; the table has g, x"),
            ({"value": "flatt", "by": "g"}, UsageError, "did you mean 'flat'"),
            ({"value": "x", "by": "h"}, UsageError, "by='h': there is no such column"),
            ({"value": "x", "by": "g,x"}, UsageError, "'x' is both value and by"),
            ({"value": "x", "by": "g", "unit": "run"}, UsageError, "unit='run': there is no such column"),
            ({"value": "x", "by": "g", "baseline": "c"}, UsageError, "no such group; the groups are a, b"),
            ({"value": "x", "by": "g", "where": "q == 1"}, UsageError, "the columns are g, x"),
            ({"value": "x", "by": "g", "where": "x + 1"}, UsageError, "not true or false for each row"),
            ({"value": "x", "by": "g", "where": "x ="}, UsageError, "failed"),
            ({"value": "x", "by": "g", "where": "x = 3"}, UsageError, "compare with '=='"),
            ({"value": "x", "by": "g", "where": "@pd"}, UsageError, "may not hold '@'"),
            ({"value": "x", "by": "g", "where": "x.__class__"}, UsageError, "may not hold"),
            ({"value": "x", "by": "g", "where": "x > 99"}, DataError, "selects none of the 4 rows"),
            ({"value": "text", "by": "g"}, DataError, "not numeric .it holds 'u'"),
            ({"value": "empty", "by": "g"}, DataError, "holds no value at all"),
            ({"value": "x", "by": "empty"}, DataError, "no row has a value of empty"),
            ({"value": "flat", "by": "g"}, DataError, "flat is 3 in all 4 runs: nothing to compare"),
            ({"value": "x", "by": "flat"}, DataError, "all runs are in one group, flat = 3"),
            ({"value": "x", "by": "text"}, DataError, "'u' has 1 finished run .*and 3 other groups"),
        ],
    )
    def test_one_line_each(self, tmp_path, options, error, message):
        path = csv(tmp_path, GOOD)
        with pytest.raises(error, match=message) as caught:
            ask(path, **options)
        assert "\n" not in str(caught.value)

    def test_failures_are_named_when_a_group_is_too_small(self, tmp_path):
        frame = ours()
        frame.loc[frame.index[7:], "status"] = "diverged"
        with pytest.raises(DataError, match=r"'staged' has 1 finished run \(5 × diverged\)"):
            ask(write(frame, tmp_path / "r.parquet"))

    def test_no_finite_value(self, tmp_path):
        frame = ours(accuracy=np.nan)
        frame.loc[0, "accuracy"] = np.inf
        with pytest.raises(DataError, match="no run has a finite accuracy"):
            ask(write(frame, tmp_path / "r.parquet"))

    def test_paths(self, tmp_path):
        with pytest.raises(UsageError, match="collect --schedule joint --runs 500 --db"):
            ask(tmp_path / "nowhere")
        with pytest.raises(DataError, match="collect runs first"):
            ask(tmp_path)
        (tmp_path / "notes.md").write_text("hello")
        with pytest.raises(DataError, match=r"holds no tables that can be read \(it holds notes.md\)"):
            ask(tmp_path)
        with pytest.raises(DataError, match="is not a table"):
            ask(tmp_path / "notes.md")

    def test_torn_file_is_named(self, tmp_path):
        write(ours(), tmp_path / "good.parquet")
        whole = (tmp_path / "good.parquet").read_bytes()
        (tmp_path / "torn.parquet").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DataError, match=r"torn\.parquet' cannot be read"):
            ask(tmp_path)

    def test_flipped_bit_is_found(self, tmp_path):
        arrow = pa.table({"g": ["a", "b"] * 500, "x": np.random.default_rng(0).normal(size=1000)})
        pq.write_table(arrow, tmp_path / "1.parquet", write_page_checksum=True, compression="none")
        pq.write_table(arrow, tmp_path / "2.parquet", write_page_checksum=True, compression="none")
        data = bytearray((tmp_path / "2.parquet").read_bytes())
        position = data.index(np.float64(arrow["x"][400].as_py()).tobytes())
        data[position] ^= 1
        (tmp_path / "2.parquet").write_bytes(bytes(data))
        with pytest.raises(DataError, match=r"2\.parquet' cannot be read"):
            ask(tmp_path, value="x", by="g")

    def test_files_that_do_not_fit(self, tmp_path):
        write(ours(), tmp_path / "1.parquet")
        write(ours(accuracy="high"), tmp_path / "2.parquet")
        with pytest.raises(DataError, match=r"2\.parquet' does not fit"):
            ask(tmp_path)

    def test_empty_and_broken_csv(self, tmp_path):
        with pytest.raises(DataError, match="is empty"):
            ask(csv(tmp_path, ""), value="x", by="g")
        with pytest.raises(DataError, match="has no rows"):
            ask(csv(tmp_path, "g,x\n"), value="x", by="g")
        (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00" * 9)
        with pytest.raises(DataError, match="cannot be read"):
            ask(tmp_path / "binary.csv", value="x", by="g")


@pytest.mark.parametrize(
    "options",
    [
        {"confidence": 0.0},
        {"confidence": 1.0},
        {"confidence": float("nan")},
        {"resamples": 98},
        {"margin": 0.0},
        {"margin": -1.0},
        {"margin": float("inf")},
        {"seed": -1},
        {"by": ""},
    ],
)
def test_question_refuses(options):
    with pytest.raises(UsageError):
        make_question("runs.parquet", **options)


def test_alpha_has_no_rounding_error():
    assert make_question(confidence=0.95).alpha == 0.05


class TestWhatDoublesCannotHold:
    def lines(self, tmp_path, a, b):
        rows = [f"{g},{v}" for g, values in (("a", a), ("b", b)) for v in values]
        return csv(tmp_path, "\n".join(["g,v", *rows]))

    def test_whole_numbers_that_doubles_merge_are_refused(self, tmp_path):
        path = self.lines(tmp_path, [2**53 + 1, 2**53 + 3], [2**53, 2**53 + 2])
        with pytest.raises(DataError, match=r"as 9007199254740993: .* take off a common offset first"):
            ask(path, value="v", by="g", rows_are_runs=True)

    def test_large_ones_that_they_hold_are_read(self, tmp_path):
        path = self.lines(tmp_path, [2**60, 2**61], [2**62, 2**60 + 2**12])
        table = ask(path, value="v", by="g", rows_are_runs=True)
        assert sorted(table.runs["value"]) == sorted([2**60, 2**61, 2**62, 2**60 + 2**12])

    @pytest.mark.parametrize(
        ("numbers", "trouble"),
        [
            ((["5e-324", "1e-323"], ["2e-323", "3.5e-323"]), "nothing to compare"),
            ((["1e300", "2e300"], ["2.5e300", "5e300"]), "squares of numbers beyond"),
        ],
    )
    def test_extreme_numbers_are_refused_in_one_line(self, tmp_path, numbers, trouble):
        path = self.lines(tmp_path, *numbers)
        with pytest.raises(DataError, match=trouble) as error:
            ask(path, value="v", by="g", rows_are_runs=True)
        assert "\n" not in str(error.value)

    def test_equal_zeros_are_no_trouble(self, tmp_path):
        path = self.lines(tmp_path, [0, 0], [0, 1e-9])
        assert ask(path, value="v", by="g", rows_are_runs=True).groups == ("a", "b")
