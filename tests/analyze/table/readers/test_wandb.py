"""Tables of Weights & Biases: the run table, histories, and the table that its guide to the API makes."""

import pandas as pd
import pytest

from analyze.errors import DataError

RUNS = """"Name","State","Notes","User","Tags","Created","Runtime","Sweep","lr","val_acc"
"base-0","finished","-","me","","2026-03-01T10:00:00.000Z","61","","0.1","0.91"
"base-1","crashed","-","me","","2026-03-01T10:05:00.000Z","12","","0.1","0.13"
"wide-0","running","-","me","","2026-03-01T10:10:00.000Z","30","","0.1",""
"""


def test_run_table_tells_state_and_name(tmp_path, read):
    (tmp_path / "wandb.csv").write_text(RUNS)
    tool, reading = read(tmp_path / "wandb.csv")
    assert (tool, reading.unit, reading.status, reading.step) == ("wandb-runs", "Name", "State", None)
    assert list(reading.frame["State"]) == ["finished", "crashed", "running"]


@pytest.mark.parametrize(
    "header",
    [
        '"ID","Name","State","User","lr","val_acc"',
        '"NAME","STATE","USER","CREATED","lr","val_acc"',
        '"Name","Runtime","Created","User","lr","val_acc"',
    ],
)
def test_run_table_is_known_with_other_columns(tmp_path, read, header):
    cells = {"ID": "x1", "NAME": "a", "STATE": "Finished", "LR": "0.1"}
    row = ",".join(cells.get(name.strip('"').upper(), "1") for name in header.split(","))
    (tmp_path / "export.csv").write_text(f"{header}\n{row}\n")
    assert read(tmp_path / "export.csv")[0] == "wandb-runs"


def test_names_that_repeat_are_no_unit_but_ids_are(tmp_path, read):
    repeated = RUNS.replace("base-1", "base-0")
    (tmp_path / "a.csv").write_text(repeated)
    reading = read(tmp_path / "a.csv")[1]
    assert reading.unit is None
    assert "each row is a run" in reading.remarks[-1]
    lines = repeated.splitlines()
    with_ids = [f'"ID",{lines[0]}', *(f'"r{i}",{line}' for i, line in enumerate(lines[1:]))]
    (tmp_path / "b.csv").write_text("\n".join(with_ids))
    assert read(tmp_path / "b.csv")[1].unit == "ID"


def test_table_of_people_is_no_run_table(tmp_path, found_at):
    from analyze.table.readers.catalogue import TOOLS

    (tmp_path / "people.csv").write_text("Name,State,User,score\nAnn,CA,ann,1\nBob,TX,bob,2\n")
    assert not any(reader.recognises(found_at(tmp_path / "people.csv")) for reader in TOOLS.values())


def test_history_counts_by_its_step(tmp_path, read):
    (tmp_path / "history.csv").write_text("_step,_runtime,_timestamp,loss\n0,1.0,2.0,0.5\n1,2.0,3.0,0.4\n")
    tool, reading = read(tmp_path / "history.csv")
    assert (tool, reading.step, reading.unit) == ("wandb-history", "_step", None)


def test_dictionaries_of_the_api_become_columns(tmp_path, read):
    table = pd.DataFrame(
        {
            "summary": [
                str({"_step": 9, "acc": 0.9, "loss": float("nan"), "top": {"k": 5}}),
                str({"_step": 9, "acc": 0.8, "loss": float("-inf")}),
            ],
            "config": [
                str({"lr": 0.1, "opt": "adam", "nan": None}),
                '{"lr": 0.2, "opt": "sgd", "nan": true}',
            ],
            "name": ["a", "b"],
        }
    )
    table.to_csv(tmp_path / "project.csv", index=False)
    tool, reading = read(tmp_path / "project.csv")
    assert (tool, reading.unit) == ("wandb-api", "name")
    frame = reading.frame
    assert list(frame["summary.acc"]) == [0.9, 0.8]
    assert list(frame["summary.loss"]) == ["NaN", float("-inf")]
    assert list(frame["config.opt"]) == ["adam", "sgd"]
    assert frame["summary.top.k"][0] == 5


def test_torn_dictionary_is_one_line(tmp_path, read):
    pd.DataFrame({"summary": ["{'a': 1", "{'a': 2}"], "config": "{}", "name": ["a", "b"]}).to_csv(
        tmp_path / "project.csv", index=False
    )
    with pytest.raises(DataError, match="row 1 of the column 'summary' is no whole dictionary") as error:
        read(tmp_path / "project.csv")
    assert "\n" not in str(error.value)


def test_a_dictionary_is_never_run(tmp_path, read):
    cell = "{'a': __import__('os').mkdir('made')}"
    pd.DataFrame({"summary": [cell], "config": "{}", "name": ["a"]}).to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(DataError):
        read(tmp_path / "p.csv")
