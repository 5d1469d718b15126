import pytest

NAMES = ["epoch", "train/box_loss", "metrics/mAP50-95(B)", "val/box_loss", "lr/pg0"]


@pytest.mark.parametrize("width", [0, 23])
def test_padded_names_are_known(tmp_path, read, width):
    rows = [NAMES, ["1", "0.9", "0.18", "inf", "0.01"], ["2", "0.8", "0.19", "0.75", "0.01"]]
    (tmp_path / "results.csv").write_text(
        "\n".join(",".join(cell.rjust(width) for cell in row) for row in rows)
    )
    tool, reading = read(tmp_path / "results.csv")
    assert (tool, reading.step, reading.unit) == ("ultralytics", "epoch", None)
    assert reading.frame["metrics/mAP50-95(B)"].tolist() == [0.18, 0.19]


def test_last_epochs_of_many_runs_are_no_steps(tmp_path, read):
    (tmp_path / "last.csv").write_text(
        "model,seed,epoch,metrics/mAP50(B),val/box_loss\nn,0,30,0.5,1\nn,1,30,0.6,1\n"
    )
    tool, reading = read(tmp_path / "last.csv")
    assert (tool, reading.step) == ("ultralytics", None)
