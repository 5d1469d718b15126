"""TensorBoard's event files, written here as its own writer does, and its saved CSV files.

The shapes of messages are those that TensorBoard 2.21 and tensorboardX 2.6 wrote.
"""

import math
import struct

import pytest
from event_files import VERSION, crc32c, event, part, record, simple, tensor, varint, write

from analyze.errors import DataError
from analyze.table.readers.catalogue import TOOLS


def test_checksum_is_that_of_the_standard():
    assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C


def test_simple_values_are_a_column_a_tag(tmp_path, read):
    path = write(
        tmp_path / "events.out.tfevents.1.host",
        event(0, simple("train/loss", 1.0)),
        event(1, simple("train/loss", 0.5), simple("val/acc", 0.75)),
        event(2, simple("train/loss", math.nan)),
        event(3, simple("train/loss", math.inf)),
    )
    tool, reading = read(path)
    frame = reading.frame
    assert (tool, reading.step, reading.unit) == ("tensorboard-events", "step", None)
    assert list(frame["step"]) == [0, 1, 2, 3]
    assert list(frame["train/loss"]) == [1.0, 0.5, "NaN", math.inf]
    assert frame["val/acc"].dropna().tolist() == [0.75]


def test_tensors_are_scalars_where_the_plugin_says_so(tmp_path, read):
    path = write(
        tmp_path / "events.out.tfevents.1.host.v2",
        event(0, tensor("loss", 1.0), tensor("note", 7.0, plugin="text")),
        event(1, tensor("loss", 0.5, plugin=""), tensor("note", 8.0, plugin="")),
        event(-2, part(1, "eight") + part(8, part(1, 2) + part(6, struct.pack("<d", 0.1)))),
        event(5, part(1, "whole") + part(8, part(1, 9) + part(10, varint(-3)))),
        event(5, part(1, "many") + part(8, part(1, 1) + part(5, struct.pack("<ff", 1, 2)))),
    )
    frame = read(path)[1].frame.set_index("step")
    assert list(frame.index) == [-2, 0, 1, 5]
    assert set(frame.columns) == {"wall_time", "loss", "eight", "whole"}
    assert frame["loss"][[0, 1]].tolist() == [1.0, 0.5]
    assert (frame["eight"][-2], frame["whole"][5]) == (0.1, -3)


def test_later_values_of_a_step_count(tmp_path, read):
    path = write(tmp_path / "x.tfevents.1", event(3, simple("a", 1.0)), event(3, simple("a", 2.0)))
    reading = read(path)[1]
    assert reading.frame["a"].tolist() == [2.0]
    assert "1 values were logged again" in reading.remarks[0]


@pytest.mark.parametrize("cut", [1, 5, 17, 30])
def test_torn_end_is_left_out_and_said(tmp_path, read, cut):
    path = write(tmp_path / "x.tfevents.1", event(0, simple("a", 1.0)), event(1, simple("a", 2.0)))
    path.write_bytes(path.read_bytes()[:-cut])
    reading = read(path)[1]
    assert reading.frame["a"].tolist() == [1.0]
    assert "is torn and was left out" in reading.remarks[0]


def test_every_flipped_bit_is_found(tmp_path, read):
    whole = write(
        tmp_path / "x.tfevents.1", event(0, simple("a", 1.0)), event(1, simple("a", 2.0))
    ).read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        (tmp_path / "x.tfevents.1").write_bytes(damaged)
        with pytest.raises(
            DataError, match=r"damaged event file of TensorBoard \(the record at byte"
        ) as error:
            read(tmp_path / "x.tfevents.1")
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "message",
    [
        b"\xff" * 11,
        b"\x0d\x00",
        b"\x2a\x05\x0a\x7f",
        part(5, part(1, part(1, b"\xff\xfe") + part(2, ("<f", 1.0)))),
    ],
)
def test_messages_that_cannot_be_decoded_are_one_line(tmp_path, read, message):
    path = write(tmp_path / "x.tfevents.1", record(message))
    with pytest.raises(DataError, match="cannot be decoded"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"hello, world, this is no event file", VERSION])
def test_files_without_scalars_are_one_line(tmp_path, read, content):
    (tmp_path / "x.tfevents.1").write_bytes(content)
    with pytest.raises(DataError):
        read(tmp_path / "x.tfevents.1")


def test_folders_are_runs_and_their_files_one(tmp_path, read):
    for run in ("adam/seed0", "adam/seed1", "sgd/seed0"):
        write(tmp_path / "logs" / "exp" / run / "events.out.tfevents.1.h", event(0, simple("loss", 1.0)))
        write(tmp_path / "logs" / "exp" / run / "events.out.tfevents.2.h", event(1, simple("loss", 0.5)))
    tool, reading = read(tmp_path / "logs")
    frame = reading.frame
    assert (tool, reading.unit, reading.step) == ("tensorboard-folder", "run", "step")
    assert frame.groupby("run")["loss"].apply(list).to_dict() == {
        "adam/seed0": [1.0, 0.5],
        "adam/seed1": [1.0, 0.5],
        "sgd/seed0": [1.0, 0.5],
    }
    assert frame["path.1"].value_counts().to_dict() == {"adam": 4, "sgd": 2}
    assert "(3 of 3 folders hold several)" in reading.remarks[0]


def test_train_and_validation_are_one_run(tmp_path, read):
    hparams = part(1, part(1, "lr") + part(2, part(2, ("<d", 0.1)))) + part(
        1, part(1, "bn") + part(2, part(4, 1))
    )
    start = part(1, "_hparams_/session_start_info") + part(
        9, part(1, part(1, "hparams") + part(2, part(1, 0) + part(3, hparams)))
    )
    for run in ("r0", "r1"):
        write(
            tmp_path / run / "train" / "events.out.tfevents.1.h",
            event(0, start),
            event(0, simple("loss", 1.0)),
        )
        write(tmp_path / run / "validation" / "events.out.tfevents.1.h", event(1, simple("loss", 2.0)))
    reading = read(tmp_path)[1]
    assert set(reading.frame["run"]) == {"r0", "r1"}
    assert reading.frame[["step", "train/loss", "validation/loss"]].fillna(-1).to_numpy().tolist() == [
        [0, 1, -1], [1, -1, 2], [0, 1, -1], [1, -1, 2],
    ]  # fmt: skip
    assert set(reading.frame["hparams.lr"]) == {0.1}
    assert set(reading.frame["hparams.bn"]) == {True}
    assert "train, validation are parts of one run" in reading.remarks[0]


def test_folder_of_add_hparams_belongs_to_its_run(tmp_path, read):
    write(tmp_path / "a" / "events.out.tfevents.1.h", event(1, simple("loss", 0.5)))
    write(tmp_path / "a" / "1795736084.33" / "events.out.tfevents.1.h", event(0, simple("acc", 0.9)))
    write(tmp_path / "b" / "events.out.tfevents.1.h", event(1, simple("loss", 0.6)))
    frame = read(tmp_path)[1].frame
    assert frame.groupby("run").size().to_dict() == {"a": 2, "b": 1}


def test_settings_beside_and_above_event_files_are_columns(tmp_path, read):
    for k, optimizer in enumerate(["adam", "sgd"]):
        version = tmp_path / f"version_{k}"
        write(
            version / "events.out.tfevents.1.h", event(0, simple("loss", 1.0)), event(1, simple("loss", 0.5))
        )
        (version / "hparams.yaml").write_text(f"optimizer: {optimizer}\nloss: mse\nlr: 1e-3\n")
    (tmp_path / "config.json").write_text('{"model": {"width": 64}}')
    (tmp_path / "version_1" / "args.json").write_text("{")
    reading = read(tmp_path)[1]
    frame = reading.frame
    assert frame["optimizer"].tolist() == ["adam", "adam", "sgd", "sgd"]
    assert set(frame["config.loss"]) == {"mse"}
    assert set(frame["lr"]) == {0.001}
    assert set(frame["model.width"]) == {64}
    assert any("could not be read" in remark and "args.json" in remark for remark in reading.remarks)


@pytest.mark.parametrize("beside", ["metrics.csv", "trainer_state.json"])
def test_tables_beside_event_files_come_first(tmp_path, found_at, beside):
    write(tmp_path / "v0" / "events.out.tfevents.1.h", event(0, simple("a", 1.0)))
    (tmp_path / "v0" / beside).write_text("{}")
    assert not any(reader.recognises(found_at(tmp_path)) for reader in TOOLS.values())


SAVED = "Wall time,Step,Value\n1.5,0,{}\n2.5,1,{}\n"


def test_saved_file_is_named_by_its_name(tmp_path, read):
    path = tmp_path / "run-Adam_seed0-tag-val_acc.csv"
    path.write_text(SAVED.format(0.5, 0.6))
    tool, reading = read(path)
    assert (tool, reading.step, reading.unit) == ("tensorboard-csv", "Step", "run")
    assert reading.frame["val_acc"].tolist() == [0.5, 0.6]
    assert set(reading.frame["run"]) == {"Adam_seed0"}
    other = tmp_path / "mine.csv"
    other.write_text(SAVED.format(0.5, 0.6))
    assert read(other)[1].frame["Value"].tolist() == [0.5, 0.6]


def test_folder_of_saved_files_is_put_together(tmp_path, read):
    for run, tag, values in (("a", "loss", (3, 2)), ("a", "acc", (0.5, 0.6)), ("b", "loss", (4, 1))):
        (tmp_path / f"run-{run}-tag-{tag}.csv").write_text(SAVED.format(*values))
    tool, reading = read(tmp_path)
    assert tool == "tensorboard-csv-folder"
    rows = reading.frame.set_index(["run", "Step"])
    assert rows["loss"].to_dict() == {("a", 0): 3, ("a", 1): 2, ("b", 0): 4, ("b", 1): 1}
    assert rows["acc"].dropna().to_dict() == {("a", 0): 0.5, ("a", 1): 0.6}
