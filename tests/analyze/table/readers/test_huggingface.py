import json

import pytest

from analyze.errors import DataError

STATE = {
    "best_metric": 0.4,
    "epoch": 2.0,
    "global_step": 1000,
    "log_history": [
        {"epoch": 0.5, "loss": 0.5, "learning_rate": 3e-5, "step": 500},
        {"epoch": 1.0, "eval_loss": 0.4, "eval_accuracy": 0.88, "step": 500},
        {"epoch": 1.5, "loss": float("nan"), "step": 1000},
        {
            "epoch": 2.0,
            "eval_loss": 0.3,
            "eval_per_class": [0.1, 0.2],
            "eval_more": {"f1": 0.7},
            "step": 1000,
        },
        {"epoch": 2.0, "train_runtime": 9.5, "train_loss": 0.45, "step": 1000},
    ],
    "trial_params": {"lr": 0.1},
}


@pytest.mark.parametrize("name", ["trainer_state.json", "adamw-seed0.json"])
def test_entries_of_a_step_are_a_row(tmp_path, read, name):
    (tmp_path / name).write_text(json.dumps(STATE, indent=2))
    tool, reading = read(tmp_path / name)
    frame = reading.frame
    assert (tool, reading.step, reading.unit) == ("huggingface-state", "step", None)
    assert frame["step"].tolist() == [500, 1000]
    assert frame["epoch"].tolist() == [1.0, 2.0]
    assert frame["loss"].tolist() == [0.5, "NaN"]
    assert frame["eval_loss"].tolist() == [0.4, 0.3]
    assert frame["eval_more.f1"][1] == 0.7
    assert frame["eval_per_class"][1] == "[0.1, 0.2]"
    assert set(frame["trial_params.lr"]) == {0.1}
    assert "best_metric" not in frame
    assert "5 entries, 2 rows" in reading.remarks[0]


def test_a_second_evaluation_of_a_step_keeps_its_row(tmp_path, read):
    again = STATE | {"log_history": [*STATE["log_history"], {"epoch": 2.0, "eval_loss": 0.25, "step": 1000}]}
    (tmp_path / "trainer_state.json").write_text(json.dumps(again))
    reading = read(tmp_path / "trainer_state.json")[1]
    assert reading.frame["eval_loss"].tolist() == [0.4, 0.3, 0.25]
    assert "1 steps were evaluated more than once" in reading.remarks[1]


@pytest.mark.parametrize("name", ["all_results.json", "eval_results.json"])
def test_results_are_one_row(tmp_path, read, name):
    (tmp_path / name).write_text('{"epoch": 3.0, "eval_accuracy": 0.9}')
    tool, reading = read(tmp_path / name)
    assert (tool, reading.step, reading.frame["eval_accuracy"].tolist()) == (
        "huggingface-results",
        None,
        [0.9],
    )


TORN = ["", '{"log_history": [{"step": 1', "[]", "{}", "\x00\xff"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("trainer_state.json", content) for content in [*TORN, '{"log_history": []}']),
        *(("all_results.json", content) for content in TORN),
    ],
)
def test_torn_files_are_one_line(tmp_path, read, name, content):
    (tmp_path / name).write_text(content, encoding="latin-1")
    with pytest.raises(DataError) as error:
        read(tmp_path / name)
    assert "\n" not in str(error.value)
