"""Places that a command refuses: databases that would be gone at its end, URLs where it writes a file."""

import fsspec
import pytest
from click.testing import CliRunner

from collect.cli.main import collect
from collect.errors import UsageError
from collect.store.opening import FLEETING, lasting

COMMANDS = [
    ["--schedule", "joint", "--runs", "1", "--db", "{}"],
    ["--db", "{}", "status"],
    ["status", "--db", "{}"],
    ["verify", "--db", "{}"],
    ["verify", "--quarantine", "--db", "{}"],
    ["compact", "--db", "{}"],
    ["export", "out.csv", "--db", "{}"],
    ["import", "runs.csv", "--db", "{}"],
    ["import", "{}"],
    ["study", "study.toml", "--db", "{}"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    "url", ["memory://runs", "MEMORY://runs", "simplecache::memory://runs", "dask://runs"]
)
def test_a_database_that_would_be_gone_is_refused(command, url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(collect, [word.format(url) for word in command])
    assert isinstance(done.exception, UsageError), done.output
    assert str(done.exception).startswith(f"{url} is gone when this command ends")
    assert "\n" not in str(done.exception)
    assert not list(tmp_path.iterdir())
    assert not fsspec.filesystem("memory").find("/runs")


def test_what_is_refused_are_places_that_fsspec_knows():
    assert set(fsspec.available_protocols()) >= FLEETING


@pytest.mark.parametrize(
    "place", ["data/runs", "memory", "s3://memory/data", "file:///memory", "/a::b", "data"]
)
def test_other_places_are_left_alone(place):
    assert lasting(place) == place


@pytest.mark.parametrize("out", ["s3://bucket/out.csv", "file:///out.csv", "memory://out.csv"])
def test_a_table_is_not_exported_to_a_url(out, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(collect, ["export", out, "--db", str(tmp_path / "db")])
    assert isinstance(done.exception, UsageError), done.output
    assert f"{out} is a URL" in str(done.exception)
    assert not list(tmp_path.iterdir())
