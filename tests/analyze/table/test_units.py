"""What is a run: repeated names stop and ask, and --at chooses one row of each."""

import re

import pytest

from analyze import text as fmt
from analyze.errors import DataError, UsageError
from analyze.question import make_question
from analyze.table.runs import read


def ask(tmp_path, text, **options):
    path = tmp_path / "runs.csv"
    path.write_text(text)
    return read(make_question(str(path), value="acc", by="m", **options))


def table(header, rows):
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


EPOCHS = {
    (m, s): [0.5 + 0.01 * e + 0.001 * s + (0.05 if m == "b" else 0) for e in range(5)]
    for m in "ab"
    for s in range(3)
}


def long_table(step="epoch", unit="seed"):
    rows = [(m, s, e, x) for (m, s), values in EPOCHS.items() for e, x in enumerate(values)]
    return table(f"m,{unit},{step},acc", rows)


@pytest.mark.parametrize(
    "step", ["epoch", "step", "_step", "global_step", "Iteration", "trainer/global_step"]
)
@pytest.mark.parametrize("unit", ["seed", "run_id", "Run Name", "trial", "params.seed"])
def test_rows_of_epochs_are_no_runs(tmp_path, step, unit):
    with pytest.raises(DataError) as error:
        ask(tmp_path, long_table(step, unit))
    text = str(error.value)
    assert text.startswith(f"{unit} 0 occurs 5 times in a; `{step}` tells the rows apart: one row a")
    for way in ("at='last'", "at='best'", "at='first'", "=4'", "rows_are_runs=True"):
        assert way in text
    assert "== 0" not in text


@pytest.mark.parametrize(("at", "chosen"), [("last", 4), ("best", 4), ("first", 0), ("epoch=2", 2)])
def test_one_row_a_run(tmp_path, at, chosen):
    found = ask(tmp_path, long_table(), at=at)
    assert found.runs["value"].tolist() == [EPOCHS[m, s][chosen] for m in "ab" for s in range(3)]
    assert found.exclusions["n"].sum() == 24
    assert sum(found.n_failed.values()) == 0


def test_the_last_row_is_the_last_that_holds_a_value(tmp_path):
    rows = [
        "a,0,1,0.1",
        "a,0,2,0.2",
        "a,0,3,",
        "a,1,1,0.3",
        "a,1,2,NaN",
        "a,2,7,0.25",
        "b,0,9,0.5",
        "b,0,2,0.4",
        "b,1,1,0.6",
    ]
    text = "\n".join(["m,seed,step,acc", *rows])
    found = ask(tmp_path, text, at="last")
    assert found.runs["value"].tolist() == [0.2, 0.25, 0.5, 0.6]
    assert found.n_failed == {"a": 1, "b": 0}
    assert any(remark.startswith("The last step is not the same in all runs") for remark in found.remarks)


def test_best_is_the_lowest_loss_and_is_said_to_flatter(tmp_path):
    found = ask(tmp_path, long_table(), at="best", better="lower")
    assert found.runs["value"].tolist() == [EPOCHS[m, s][0] for m in "ab" for s in range(3)]
    assert any("flatters" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    ("at", "kind", "words"),
    [
        ("end", UsageError, "give last, best, first or COLUMN=VALUE"),
        ("epok=2", UsageError, "there is no column 'epok'"),
        ("epoch=two", UsageError, "epoch holds numbers, and 'two' is none"),
        ("epoch=77", DataError, "no row has epoch = 77; there are 0, 1, 2, 3, 4"),
    ],
)
def test_at_is_refused_in_one_line(tmp_path, at, kind, words):
    with pytest.raises(kind, match=re.escape(words)):
        ask(tmp_path, long_table(), at=at)


def test_rows_may_be_insisted_on(tmp_path):
    assert len(ask(tmp_path, long_table(), rows_are_runs=True).runs) == 30


def test_steps_without_named_runs(tmp_path):
    text = table("m,epoch,acc", [(m, e, 0.1 * e + (m == "b")) for m in "ab" for e in range(40)])
    with pytest.raises(
        DataError, match="`epoch` counts up through the 40 rows of a, and no column names a run"
    ):
        ask(tmp_path, text)


@pytest.mark.parametrize("column", ["best_epoch", "selected_epoch", "epochs", "n_steps"])
def test_where_a_run_stopped_is_no_step(tmp_path, column):
    text = table(f"m,seed,{column},acc", [(m, s, 3 + s, s / 10) for m in "ab" for s in range(5)])
    found = ask(tmp_path, text)
    assert len(found.runs) == 10
    assert found.mixtures.empty


def test_times_names_and_notes_are_no_settings(tmp_path):
    text = table(
        "m,seed,created_at,run_name,notes,host,acc",
        [
            (m, s, f"2026-01-0{s + 1}T10:00:00", f"{m}-{s}", "fine", f"gpu{s % 2}", s / 10)
            for m in "ab"
            for s in range(6)
        ],
    )
    assert ask(tmp_path, text).mixtures.empty


@pytest.mark.parametrize("task", ["task", "dataset", "problem", "env", "game"])
def test_tasks_are_no_repetitions(tmp_path, task):
    rows = [(m, t, s, s / 10 + (t == "x")) for m in "ab" for t in "xy" for s in range(4)]
    text = table(f"m,{task},seed,acc", rows)
    with pytest.raises(DataError, match=rf"`{task}` tells the rows apart: .* no repetitions.*task='{task}'"):
        ask(tmp_path, text)
    for options in ({"paired": f"{task},seed"}, {"task": task}):
        found = ask(tmp_path, text, **options)
        assert found.pairable == ("paired" in options)
        assert ("task" in found.runs) == ("task" in options)
        assert len(found.runs) == 16
        assert found.mixtures.empty
    assert len(ask(tmp_path, text, where=f"{task} == 'x'").runs) == 8


def test_tasks_without_a_named_run_are_no_repetitions(tmp_path):
    text = table("m,task,acc", [(m, f"t{t}", t / 10) for m in "ab" for t in range(5)])
    with pytest.raises(
        DataError, match=r"task has 5 values in a, and different ones are no repetitions.*task='task'"
    ):
        ask(tmp_path, text)
    assert ask(tmp_path, text, paired="task").pairable


def test_settings_are_told_apart(tmp_path):
    rows = [(m, lr, s, s / 10) for m in "ab" for lr in (0.1, 0.01) for s in range(4)]
    with pytest.raises(
        DataError, match=r"`lr` tells the rows apart: several settings.*by='m,lr'.*where='lr == 0.1'"
    ):
        ask(tmp_path, table("m,lr,seed,acc", rows))


def test_rows_that_are_there_twice(tmp_path):
    rows = [(m, s, s / 10) for m in "ab" for s in range(4)] * 2
    with pytest.raises(DataError, match="no column tells the rows apart: are rows there twice"):
        ask(tmp_path, table("m,seed,acc", rows))


def test_an_identity_beside_repeated_seeds_proves_runs(tmp_path):
    rows = [(m, f"id{m}{lr}{s}", lr, s, s / 10) for m in "ab" for lr in (0.1, 0.01) for s in range(4)]
    found = ask(tmp_path, table("m,run_id,lr,seed,acc", rows))
    assert len(found.runs) == 16
    assert set(found.mixtures["column"]) == {"lr"}


def test_the_run_is_in_the_label(tmp_path):
    rows = [(f"{m} (Seed {s})", s / 10 + 0.01 * (m == "Wide")) for m in ("Base", "Wide") for s in range(1, 5)]
    text = table("m,acc", rows)
    with pytest.raises(DataError) as error:
        ask(tmp_path, text)
    assert r"--by 'm~(.*) \(Seed '" in error.value.spelled(fmt.option)
    path = tmp_path / "runs.csv"
    found = read(make_question(str(path), value="acc", by=r"m~(.*) \(Seed "))
    assert found.groups == ("Base", "Wide")
    assert len(found.runs) == 8


def test_fractions_and_percentages_stop(tmp_path):
    rows = [("a", s, 0.84 + s / 1000) for s in range(5)] + [("b", s, 85 + s / 10) for s in range(5)]
    with pytest.raises(
        DataError, match=r"acc mixes two units: 5 values .* 5 are about a hundred times as large"
    ):
        ask(tmp_path, table("m,seed,acc", rows))
    losses = [("a", s, 0.5 + s / 10) for s in range(5)] + [("b", s, 50.0 + s) for s in range(5)]
    path = tmp_path / "losses.csv"
    path.write_text(table("m,seed,loss", losses))
    assert len(read(make_question(str(path), value="loss", by="m")).runs) == 10
