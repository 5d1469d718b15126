import pytest

from analyze.table.readers.catalogue import TOOLS

# As Lightning 2.5 wrote it, with a learning rate's monitor.
METRICS = """epoch,lr-Adam,step,train_loss,val_acc
,0.001,49,,
0,,49,1.0,
,0.001,99,,
0,,99,0.9,
0,,99,,0.5
1,,149,0.8,
1,,199,,0.7
"""


@pytest.mark.parametrize("name", ["metrics.csv", "version_3.csv"])
def test_rows_of_a_step_are_put_together(tmp_path, read, name):
    (tmp_path / name).write_text(METRICS)
    tool, reading = read(tmp_path / name)
    frame = reading.frame
    assert (tool, reading.step, reading.unit) == ("lightning", "step", None)
    assert frame["step"].tolist() == [49, 99, 149, 199]
    assert frame["epoch"].tolist() == [0, 0, 1, 1]
    assert frame["train_loss"].dropna().tolist() == [1.0, 0.9, 0.8]
    assert frame["val_acc"].dropna().tolist() == [0.5, 0.7]
    assert frame["lr-Adam"].dropna().tolist() == [0.001, 0.001]
    assert "7 rows, 4 steps" in reading.remarks[-1]


def test_a_step_at_the_end_of_an_epoch_is_one_row(tmp_path, read):
    # What `trainer.test` logs after the last epoch is of the next one.
    lines = [f"{line},{'test_acc' if i == 0 else ''}" for i, line in enumerate(METRICS.splitlines())]
    (tmp_path / "metrics.csv").write_text("\n".join([*lines, "2,,199,,,0.65"]) + "\n")
    frame = read(tmp_path / "metrics.csv")[1].frame
    assert frame["step"].tolist() == [49, 99, 149, 199]
    assert frame["epoch"].tolist() == [0, 0, 1, 2]
    assert frame[["val_acc", "test_acc"]].iloc[-1].tolist() == [0.7, 0.65]


def test_logs_of_several_runs_below_each_other_stay_apart(tmp_path, read):
    lines = METRICS.splitlines()
    both = [f"seed,{lines[0]}", *(f"{seed},{line}" for seed in (0, 1) for line in lines[1:])]
    (tmp_path / "all.csv").write_text("\n".join(both))
    frame = read(tmp_path / "all.csv")[1].frame
    assert frame.groupby("seed")["step"].apply(list).to_dict() == {
        0: [49, 99, 149, 199],
        1: [49, 99, 149, 199],
    }


def test_a_table_of_runs_with_epoch_and_step_is_left_alone(tmp_path, found_at):
    (tmp_path / "runs.csv").write_text("seed,epoch,step,acc\n0,9,900,0.5\n1,9,900,0.6\n")
    assert not any(reader.recognises(found_at(tmp_path / "runs.csv")) for reader in TOOLS.values())
