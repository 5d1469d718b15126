"""What Optuna writes: the schema is that of Optuna 5, the values those that `trials_dataframe` gives."""

import pandas as pd
import pytest
from optuna_study import Study

from analyze.table.readers.catalogue import TOOLS

# state, values (a word is the kind of an infinity), choice
TRIALS = [
    ("COMPLETE", [0.5], 0),
    ("PRUNED", [0.9], 1),
    ("FAIL", [], 2),
    ("COMPLETE", ["INF_POS"], 3),
    ("RUNNING", [], None),
]


def test_study_is_a_row_a_trial(tmp_path, read):
    Study(tmp_path / "study.db").add("one", TRIALS).database.close()
    tool, reading = read(tmp_path / "study.db")
    frame = reading.frame
    assert (tool, reading.unit, reading.status, reading.better) == (
        "optuna-database",
        "number",
        "state",
        "lower",
    )
    assert list(frame["state"]) == [state for state, _, _ in TRIALS]
    assert frame["value"].tolist()[:2] == [0.5, 0.9]
    assert frame["value"][3] == float("inf")
    assert frame["value"].isna().tolist() == [False, False, True, False, True]
    assert frame["params_opt"].tolist()[:4] == ["adam", "sgd", "None", True]
    assert frame["params_n"].tolist()[:4] == [3, 3, 3, 3]
    assert frame["params_n"].dtype == "Int64"
    assert frame["params_x"].tolist()[:4] == [0.25] * 4
    assert frame["user_attrs_seed"].tolist()[:4] == [0, 1, 2, 3]
    assert frame["user_attrs_more"][0] == '{"a": [1]}'
    assert frame["duration_s"].tolist()[0] == 25.5
    assert frame["datetime_start"][0] == pd.Timestamp("2026-03-01 10:00:00.5")


def test_several_studies_are_told_apart(tmp_path, read):
    Study(tmp_path / "study.db").add("tpe", TRIALS).add("random", TRIALS).add("empty", []).database.close()
    reading = read(tmp_path / "study.db")[1]
    assert reading.frame["study"].value_counts().to_dict() == {"tpe": 5, "random": 5}
    assert reading.unit == "trial_id"
    assert reading.frame["trial_id"].is_unique
    assert "Studies without trials: empty." in reading.remarks


def test_objectives_have_columns_and_no_common_direction(tmp_path, read):
    trials = [("COMPLETE", [0.5, 10.0], 0), ("COMPLETE", [0.6, 20.0], 0)]
    both = ("MAXIMIZE", "MINIMIZE")
    Study(tmp_path / "a.db").add("one", trials, both).database.close()
    reading = read(tmp_path / "a.db")[1]
    assert reading.frame[["values_0", "values_1"]].to_numpy().tolist() == [[0.5, 10.0], [0.6, 20.0]]
    assert reading.better is None
    assert "in this order: maximize, minimize" in reading.remarks[0]
    Study(tmp_path / "b.db").add("one", trials, both, names=["acc", "time"]).database.close()
    assert {"values_acc", "values_time"} <= set(read(tmp_path / "b.db")[1].frame.columns)


def test_studies_that_differ_in_direction_say_so(tmp_path, read):
    Study(tmp_path / "a.db").add("a", TRIALS).add("b", TRIALS, ("MAXIMIZE",)).database.close()
    reading = read(tmp_path / "a.db")[1]
    assert reading.better is None
    assert "differ in whether lower or higher" in reading.remarks[0]


def test_broken_descriptions_of_parameters_leave_the_number(tmp_path, read):
    study = Study(tmp_path / "a.db").add("a", TRIALS)
    study.database.execute("UPDATE trial_params SET distribution_json = '{' WHERE param_name = 'opt'")
    study.database.execute("UPDATE trial_params SET distribution_json = '[]' WHERE param_name = 'n'")
    study.database.commit()
    frame = read(tmp_path / "a.db")[1].frame
    assert frame["params_opt"].tolist()[:4] == [0.0, 1.0, 2.0, 3.0]
    assert frame["params_n"].tolist()[:1] == [3.0]
    study.database.close()


def test_study_without_trials_is_an_empty_table(tmp_path, read):
    Study(tmp_path / "a.db").add("a", []).database.close()
    assert read(tmp_path / "a.db")[1].frame.empty


@pytest.mark.parametrize(
    "header",
    ["number,value,datetime_start,params_x,state", "Number,values_0,values_1,State", "number,params_x,state"],
)
def test_table_of_trials_is_known(tmp_path, read, header):
    row = ",".join("COMPLETE" if name.lower() == "state" else "1" for name in header.split(","))
    (tmp_path / "trials.csv").write_text(f"{header}\n{row}\n")
    tool, reading = read(tmp_path / "trials.csv")
    assert (tool, reading.unit, reading.status) == (
        "optuna-table",
        header.split(",")[0],
        header.split(",")[-1],
    )


def test_numbers_that_repeat_are_said(tmp_path, read):
    (tmp_path / "trials.csv").write_text("number,value,state\n0,1,COMPLETE\n0,2,COMPLETE\n")
    assert "holds several studies" in read(tmp_path / "trials.csv")[1].remarks[0]


def test_states_of_a_country_are_no_trials(tmp_path, found_at):
    (tmp_path / "x.csv").write_text("number,state,population\n1,Ohio,3\n")
    assert not any(reader.recognises(found_at(tmp_path / "x.csv")) for reader in TOOLS.values())
