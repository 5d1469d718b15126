"""The CSV of a chart of Weights & Biases."""

import pytest


def chart(runs, metric="val_loss", step="Step", ends=("", "__MIN", "__MAX"), rows=3):
    header = ",".join(f'"{name}"' for name in [step, *(f"{r} - {metric}{end}" for r in runs for end in ends)])
    lines = [
        ",".join([str(i), *(str(10 * k + i) for k in range(len(runs)) for _ in ends)]) for i in range(rows)
    ]
    return "\n".join([header, *lines]) + "\n"


def test_each_line_of_a_chart_is_a_run(tmp_path, read):
    (tmp_path / "wandb_export.csv").write_text(chart(["base_seed0", "base_seed1", "wide_seed0"]))
    tool, reading = read(tmp_path / "wandb_export.csv")
    frame = reading.frame
    assert (tool, reading.unit, reading.step, len(frame)) == ("wandb-chart", "run", "Step", 9)
    assert list(frame.columns) == [
        "run", "Step", "val_loss", "val_loss__MIN", "val_loss__MAX", "name", "seed",
    ]  # fmt: skip
    last = frame[frame["Step"] == 2].set_index("run")["val_loss"]
    assert last.to_dict() == {"base_seed0": 2, "base_seed1": 12, "wide_seed0": 22}
    assert frame.groupby("name")["seed"].unique().map(list).to_dict() == {"base": [0, 1], "wide": [0]}
    assert "name (base) and seed (0)" in reading.remarks[0]


@pytest.mark.parametrize(
    "step", ["_step", "epoch", "train/global_step", "Relative Time (Process)", "Wall Time"]
)
@pytest.mark.parametrize("ends", [("", "__MIN", "__MAX"), ("",)])
def test_charts_over_other_axes_are_known(tmp_path, read, step, ends):
    (tmp_path / "x.csv").write_text(chart(["a", "b"], step=step, ends=ends))
    tool, reading = read(tmp_path / "x.csv")
    assert (tool, reading.step, set(reading.frame["run"])) == ("wandb-chart", step, {"a", "b"})


def test_names_of_runs_may_hold_the_separator(tmp_path, read):
    (tmp_path / "x.csv").write_text(chart(["cnn - wide", "cnn - deep"], metric="acc"))
    assert set(read(tmp_path / "x.csv")[1].frame["run"]) == {"cnn - wide", "cnn - deep"}


def test_several_metrics_are_several_columns(tmp_path, read):
    (tmp_path / "x.csv").write_text('"Step","a - loss","a - acc","b - loss","b - acc"\n1,0.5,0.6,0.7,0.8\n')
    frame = read(tmp_path / "x.csv")[1].frame
    assert frame[["run", "loss", "acc"]].to_numpy().tolist() == [["a", 0.5, 0.6], ["b", 0.7, 0.8]]


def test_empty_cells_are_other_runs_steps_and_an_empty_run_stays(tmp_path, read):
    (tmp_path / "x.csv").write_text('"Step","a - loss","b - loss","c - loss"\n1,0.5,,\n2,,0.7,\n3,0.4,0.6,\n')
    reading = read(tmp_path / "x.csv")[1]
    counts = reading.frame.groupby("run")["loss"].agg(["size", "count"])
    assert counts.loc["a"].tolist() == [2, 2]
    assert counts.loc["b"].tolist() == [2, 2]
    assert counts.loc["c"].tolist() == [1, 0]
    assert any("1 of the chart's runs have no value" in remark for remark in reading.remarks)


def test_means_of_groups_are_said_to_be_no_runs(tmp_path, read):
    (tmp_path / "x.csv").write_text(chart(["optimizer: adam", "optimizer: sgd"]))
    reading = read(tmp_path / "x.csv")[1]
    assert reading.kind == "W&B chart of grouped runs"
    assert set(reading.frame["optimizer"]) == {"adam", "sgd"}
    assert "it is no run" in reading.remarks[0]


def test_a_table_of_differences_is_no_chart(tmp_path, found_at):
    from analyze.table.readers.wandb_charts import READER

    (tmp_path / "x.csv").write_text("model,test - train,best - last\na,1,2\n")
    assert not READER.recognises(found_at(tmp_path / "x.csv"))
