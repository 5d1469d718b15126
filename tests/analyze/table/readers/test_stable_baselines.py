import pytest

from analyze.table.readers.catalogue import TOOLS

MONITOR = '#{"t_start": 1700000000.5, "env_id": "CartPole-v1"}\nr,l,t\n22.0,22,0.5\n15.0,15,0.9\n'


@pytest.mark.parametrize("name", ["monitor.csv", "0.monitor.csv", "seed1.csv"])
def test_each_row_is_an_episode(tmp_path, read, name):
    (tmp_path / name).write_text(MONITOR)
    tool, reading = read(tmp_path / name)
    assert (tool, reading.step, reading.unit) == ("stable-baselines3", "episode", None)
    assert reading.frame["episode"].tolist() == [1, 2]
    assert reading.frame["r"].tolist() == [22.0, 15.0]
    assert set(reading.frame["env_id"]) == {"CartPole-v1"}


def test_environments_side_by_side_are_said_to_be_of_one_run(tmp_path, read):
    (tmp_path / "3.monitor.csv").write_text(MONITOR)
    reading = read(tmp_path / "3.monitor.csv")[1]
    assert set(reading.frame["env"]) == {3}
    assert "environments of one run are no repetitions" in reading.remarks[-1]


def test_first_line_may_be_damaged(tmp_path, read):
    (tmp_path / "monitor.csv").write_text(MONITOR.replace('"env_id"', '"env'))
    assert read(tmp_path / "monitor.csv")[1].frame["r"].tolist() == [22.0, 15.0]


def test_columns_alone_are_no_mark(tmp_path, found_at):
    (tmp_path / "x.csv").write_text("r,l,t\n1,2,3\n")
    assert not any(reader.recognises(found_at(tmp_path / "x.csv")) for reader in TOOLS.values())
