import pytest

from analyze.table.readers.catalogue import TOOLS

LOG = "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.0,0.4,1.1\n1,0.6,0.9,0.5,1.0\n"


def test_log_counts_epochs(tmp_path, read):
    (tmp_path / "training.log").write_text(LOG)
    tool, reading = read(tmp_path / "training.log")
    assert (tool, reading.step, reading.unit, len(reading.frame)) == ("keras", "epoch", None, 2)
    assert reading.remarks == ()


def test_trainings_appended_to_a_log_are_counted(tmp_path, read):
    (tmp_path / "log.csv").write_text(LOG + LOG.partition("\n")[2])
    reading = read(tmp_path / "log.csv")[1]
    assert reading.frame["training"].tolist() == [1, 1, 2, 2]
    assert "Epoch 0 occurs 2 times" in reading.remarks[0]


@pytest.mark.parametrize(
    "text",
    [
        "epoch,seed,accuracy\n0,1,0.5\n1,1,0.6\n",
        "epoch,loss\n3,0.5\n7,0.6\n",
        "epoch,loss\n1,0.5\n2,0.6\n",
        "epoch,loss\nfirst,0.5\nlast,0.6\n",
        "seed,epoch,loss,val_loss\n0,0,1,1\n",
    ],
)
def test_other_tables_with_epochs_are_left_alone(tmp_path, found_at, text):
    (tmp_path / "x.csv").write_text(text)
    assert not any(reader.recognises(found_at(tmp_path / "x.csv")) for reader in TOOLS.values())
