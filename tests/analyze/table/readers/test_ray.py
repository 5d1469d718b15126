import json

import pytest


@pytest.mark.parametrize(
    "header",
    [
        "mean_accuracy,training_iteration,trial_id,done,config/lr",
        "mean_accuracy,training_iteration,time_total_s,config/lr",
    ],
)
def test_progress_counts_iterations_of_trials(tmp_path, read, header):
    rows = [["0.5", "1", "a", "False", "0.1"], ["0.6", "2", "a", "True", "0.1"]]
    n = header.count(",") + 1
    (tmp_path / "progress.csv").write_text(
        "\n".join([header, *(",".join(row[:2] + row[-n + 2 :]) for row in rows)])
    )
    tool, reading = read(tmp_path / "progress.csv")
    assert (tool, reading.step) == ("ray", "training_iteration")
    assert reading.unit == ("trial_id" if "trial_id" in header else None)


def test_lines_of_json_are_known(tmp_path, read):
    lines = [
        {"acc": 0.5 + i, "training_iteration": i + 1, "trial_id": "a", "config": {"lr": 0.1}}
        for i in range(2)
    ]
    (tmp_path / "result.json").write_text("\n".join(map(json.dumps, lines)))
    tool, reading = read(tmp_path / "result.json")
    assert (tool, reading.step, reading.unit) == ("ray", "training_iteration", "trial_id")
    assert reading.frame["config.lr"].tolist() == [0.1, 0.1]


def test_last_results_of_trials_are_no_steps(tmp_path, read):
    (tmp_path / "x.csv").write_text("acc,training_iteration,trial_id\n0.5,10,a\n0.6,10,b\n")
    assert read(tmp_path / "x.csv")[1].step is None
