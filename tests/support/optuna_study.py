"""A study's database as Optuna 5 writes it."""

import json
import sqlite3

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


class Study:
    """Writes a database as Optuna does, a study a call."""

    def __init__(self, path):
        self.database = sqlite3.connect(path)
        self.database.executescript(TABLES)

    def add(self, name, trials, directions=("MINIMIZE",), names=None):
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
                "INSERT INTO trials (number, study_id, state, datetime_start, datetime_complete) "
                "VALUES (?, ?, ?, ?, ?)",
                (number, study, state, "2026-03-01 10:00:00.5", "2026-03-01 10:00:26"),
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
