"""What Optuna writes: the schema is that of Optuna 5, the values those that `trials_dataframe` gives."""

import json
import sqlite3

import pandas as pd
import pytest

from analyze.table.readers.catalogue import TOOLS

TABLES = """
CREATE TABLE studies (study_id INTEGER NOT NULL, study_name VARCHAR(512) NOT NULL, PRIMARY KEY (study_id));
CREATE TABLE study_directions (study_direction_id INTEGER NOT NULL, direction VARCHAR(8) NOT NULL,
  study_id INTEGER NOT NULL, objective INTEGER NOT NULL, PRIMARY KEY (study_direction_id));
CREATE TABLE study_system_attributes (study_system_attribute_id INTEGER NOT NULL, study_id INTEGER,
  "key" VARCHAR(512), value_json TEXT, PRIMARY KEY (study_system_attribute_id));
CREATE TABLE trials (trial_id INTEGER NOT NULL, number INTEGER, study_id INTEGER, state VARCHAR(8) NOT NULL,
  datetime_start DATETIME, datetime_complete DATETIME, PRIMARY KEY (trial_id));
CREATE TABLE trial_user_attributes (trial_user_attribute_id INTEGER NOT NULL, trial_id INTEGER,
  "key" VARCHAR(512), value_json TEXT, PRIMARY KEY (trial_user_attribute_id));
CREATE TABLE trial_params (param_id INTEGER NOT NULL, trial_id INTEGER, param_name VARCHAR(512),
  param_value FLOAT, distribution_json TEXT, PRIMARY KEY (param_id));
CREATE TABLE trial_values (trial_value_id INTEGER NOT NULL, trial_id INTEGER NOT NULL,
  objective INTEGER NOT NULL, value FLOAT, value_type VARCHAR(7) NOT NULL, PRIMARY KEY (trial_value_id));
"""
CHOICES = json.dumps(
    {"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd", None, True]}}
)
WHOLE = json.dumps({"name": "IntDistribution", "attributes": {"low": 1, "high": 8, "log": False, "step": 1}})
FLOAT = json.dumps({"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0}})
# state, values (a word is the kind of an infinity), choice
TRIALS = [
    ("COMPLETE", [0.5], 0),
    ("PRUNED", [0.9], 1),
    ("FAIL", [], 2),
    ("COMPLETE", ["INF_POS"], 3),
    ("RUNNING", [], None),
]


class Study:
    """Writes a database as Optuna does, a study a call."""

    def __init__(self, path):
        self.database = sqlite3.connect(path)
        self.database.executescript(TABLES)

    def add(self, name, directions=("MINIMIZE",), trials=TRIALS, names=None):
        put = self.database.execute
        study = put("INSERT INTO studies (study_name) VALUES (?)", (name,)).lastrowid
        for k, direction in enumerate(directions):
            put(
                "INSERT INTO study_directions (direction, study_id, objective) VALUES (?, ?, ?)",
                (direction, study, k),
            )
        if names:
            put(
                "INSERT INTO study_system_attributes (study_id, key, value_json) VALUES (?, ?, ?)",
                (study, "study:metric_names", json.dumps(names)),
            )
        for number, (state, values, choice) in enumerate(trials):
            trial = put(
                "INSERT INTO trials (number, study_id, state, datetime_start) VALUES (?, ?, ?, ?)",
                (number, study, state, "2026-03-01 10:00:00.5"),
            ).lastrowid
            for k, value in enumerate(values):
                stored = (None, value) if isinstance(value, str) else (value, "FINITE")
                put(
                    "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, ?, ?, ?)",
                    (trial, k, *stored),
                )
            if choice is None:
                continue
            for param, value, kind in (("opt", choice, CHOICES), ("n", 3.0, WHOLE), ("x", 0.25, FLOAT)):
                put(
                    "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) "
                    "VALUES (?, ?, ?, ?)",
                    (trial, param, float(value), kind),
                )
            for key, value in (("seed", number), ("more", {"a": [1]})):
                put(
                    "INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?, ?, ?)",
                    (trial, key, json.dumps(value)),
                )
        self.database.commit()
        return self


def test_study_is_a_row_a_trial(tmp_path, read):
    Study(tmp_path / "study.db").add("one").database.close()
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
    assert frame["datetime_start"][0] == pd.Timestamp("2026-03-01 10:00:00.5")


def test_several_studies_are_told_apart(tmp_path, read):
    Study(tmp_path / "study.db").add("tpe").add("random").add("empty", trials=[]).database.close()
    reading = read(tmp_path / "study.db")[1]
    assert reading.frame["study"].value_counts().to_dict() == {"tpe": 5, "random": 5}
    assert reading.unit == "trial_id"
    assert reading.frame["trial_id"].is_unique
    assert "Studies without trials: empty." in reading.remarks


def test_objectives_have_columns_and_no_common_direction(tmp_path, read):
    trials = [("COMPLETE", [0.5, 10.0], 0), ("COMPLETE", [0.6, 20.0], 0)]
    both = ("MAXIMIZE", "MINIMIZE")
    Study(tmp_path / "a.db").add("one", both, trials).database.close()
    reading = read(tmp_path / "a.db")[1]
    assert reading.frame[["values_0", "values_1"]].to_numpy().tolist() == [[0.5, 10.0], [0.6, 20.0]]
    assert reading.better is None
    assert "in this order: maximize, minimize" in reading.remarks[0]
    Study(tmp_path / "b.db").add("one", both, trials, names=["acc", "time"]).database.close()
    assert {"values_acc", "values_time"} <= set(read(tmp_path / "b.db")[1].frame.columns)


def test_studies_that_differ_in_direction_say_so(tmp_path, read):
    Study(tmp_path / "a.db").add("a").add("b", ("MAXIMIZE",)).database.close()
    reading = read(tmp_path / "a.db")[1]
    assert reading.better is None
    assert "differ in whether lower or higher" in reading.remarks[0]


def test_broken_descriptions_of_parameters_leave_the_number(tmp_path, read):
    study = Study(tmp_path / "a.db").add("a")
    study.database.execute("UPDATE trial_params SET distribution_json = '{' WHERE param_name = 'opt'")
    study.database.execute("UPDATE trial_params SET distribution_json = '[]' WHERE param_name = 'n'")
    study.database.commit()
    frame = read(tmp_path / "a.db")[1].frame
    assert frame["params_opt"].tolist()[:4] == [0.0, 1.0, 2.0, 3.0]
    assert frame["params_n"].tolist()[:1] == [3.0]
    study.database.close()


def test_study_without_trials_is_an_empty_table(tmp_path, read):
    Study(tmp_path / "a.db").add("a", trials=[]).database.close()
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
