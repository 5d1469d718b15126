"""The command line: help is immediate, bad input is one clear line, nothing collected is touched."""

import os
import subprocess
import sys

import pytest

from collect.store import database
from collect.store.local import LocalDirectory
from collect.strategy.optimizers import OPTIMIZERS
from collect.strategy.schedules import SCHEDULES


def collect(*arguments, cwd=None):
    command = [sys.executable, "-m", "collect", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=1200)


def test_help_imports_no_numerics():
    code = (
        "import sys\nfrom collect.cli.main import collect\n"
        "try:\n    collect(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m in ('numpy', 'tensorflow', 'keras', 'pyarrow', 'rich')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_planning_does_not_import_tensorflow(tmp_path):
    code = (
        "import sys\nfrom collect.cli.main import collect\n"
        f"collect(['--schedule', 'joint', '--runs', '2', '--dry-run', '--db', {str(tmp_path / 'db')!r}],"
        " standalone_mode=False)\nassert 'tensorflow' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "0 of 2 runs are in" in done.stdout
    assert not (tmp_path / "db").exists(), "a dry run makes nothing"


def test_list_names_everything():
    listed = collect("list")
    assert listed.returncode == 0
    for name in (*SCHEDULES, *OPTIMIZERS, "mnist", "fashion_mnist"):
        assert f"\n  {name} " in listed.stdout
    assert max(map(len, listed.stdout.splitlines())) <= 80


GOOD = {"--schedule": "joint", "--runs": "2"}


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"--schedule": "jiont"}, 2, "unknown schedule 'jiont': choose one of joint, staged, joint-long"),
        ({"--schedule": "absent.toml"}, 3, "schedule file absent.toml: no such file"),
        ({"--optimizer": "sgdd"}, 2, "unknown optimizer 'sgdd': choose one of sgd, momentum"),
        ({"--momentum": "0.5"}, 2, "sgd has no momentum to choose: leave --momentum out, or choose"),
        ({"--momentum": "1"}, 2, "1.0 is not in the range 0<=x<1"),
        ({"--weight-decay": "-1"}, 2, "-1.0 is not in the range x>=0"),
        ({"--hidden-units": "100-100"}, 2, "are to be 3 whole numbers joined by hyphens"),
        ({"--steps": "0"}, 2, "0 is not in the range 1<=x<=1000000000"),
        ({"--steps": str(2**31)}, 2, "2147483648 is not in the range 1<=x<=1000000000"),
        ({"--schedule": "staged", "--steps": str(10**9)}, 2, "has 1,000,000,400 steps in all: give at most"),
        ({"--hidden-units": "1-1-" + "9" * 5000}, 2, "whole numbers joined by hyphens, each from 1 to 10000"),
        ({"--dataset": "emnist"}, 2, "unknown data set 'emnist': choose one of mnist, fashion_mnist"),
        ({"--dataset": "absent.npz"}, 3, "absent.npz: no such file"),
        ({"--dataset": "x" * 5000}, 1, "File name too long"),
        (
            {"--schedule": "pipe.toml"},
            3,
            "schedule file pipe.toml is to be a file of at most 1,000,000 bytes",
        ),
        ({"--dataset": "torn.npz"}, 3, "torn.npz cannot be read"),
        ({"--runs": "0"}, 2, "0 is not in the range 1<=x<=10000000"),
        ({"--runs": "9" * 5000}, 2, "is not a valid integer"),
        ({"--runs": "\x1b[31m1"}, 2, r"'\x1b[31m1' is not a valid integer"),
        ({"--runs": "many"}, 2, "'many' is not a valid integer"),
        ({"--learning-rate": "nan"}, 2, "'nan' is not a finite number"),
        ({"--learning-rate": "inf"}, 2, "'inf' is not a finite number"),
        ({"--learning-rate": "fast"}, 2, "'fast' is not a valid float"),
        ({"--learning-rate": "-1"}, 2, "-1.0 is not in the range x>0"),
        ({"--first-seed": "-1"}, 2, "-1 is not in the range 0<=x<=9007199254740992"),
        ({"--first-seed": str(2**63 - 1)}, 2, "is not in the range 0<=x<=9007199254740992"),
        ({"--workers": "0"}, 2, "0 is not in the range 1<=x<=1024"),
        ({"--shard": "0/4"}, 2, "counted from 1, so 1/4 to 4/4 (Slurm: --array=1-4)"),
        ({"--shard": "5/4"}, 2, "'5/4' is no shard: they are counted from 1, so 1/4 to 4/4"),
        ({"--shard": "1/0"}, 2, "'1/0' is no shard"),
        ({"--shard": "1/99999999999999"}, 2, "(n has at most seven digits)"),
        ({"--shard": "/4"}, 2, "'/4' is no shard: give i/n, such as 1/4 for the first of four"),
        (
            {"--cluster": "host"},
            2,
            "'host' is no address of a Dask scheduler: give one such as tcp://host:8786",
        ),
        ({"--cluster": "http://host:80"}, 2, "'http://host:80' is no address of a Dask scheduler"),
        ({"--cluster": "tcp://host:8786", "--workers": "2"}, 2, "--workers is for this machine"),
        ({"--train-first": "59500"}, 2, "has 60000 training images, but images 59500 to 60499 are asked for"),
        ({"--train-images": "55"}, 2, "not a multiple of the batch size"),
        ({"--db": "foreign"}, 3, "foreign is not a run database (it holds notes.txt)"),
        ({"--db": "notes/runs"}, 1, "cannot be written"),
        ({"--db": "torn"}, 3, "is damaged"),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else "",
)
def test_bad_input_is_one_line_with_its_exit_code(tmp_path, mnist, changes, code, message):
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "notes.txt").write_text("mine")
    (tmp_path / "notes").write_text("mine")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "runs-1.parquet").write_bytes(b"PAR1 torn")
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "torn.npz").write_bytes(mnist.path.read_bytes()[:100_000])
    before = sorted(tmp_path.rglob("*"))
    options = {"--db": "new", **GOOD, **changes}
    done = collect(*(word for pair in options.items() for word in pair), cwd=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert len(done.stderr.splitlines()[-1]) > 20
    assert all(line.isprintable() and len(line) < 9_000 for line in done.stderr.splitlines())
    assert "Traceback" not in done.stderr
    assert sorted(p for p in tmp_path.rglob("*") if p.name != "new") == before


@pytest.mark.parametrize("given", [["--schedule", "joint"], ["--runs", "3"]])
def test_what_is_missing_is_named(given):
    done = collect(*given)
    assert done.returncode == 2
    assert "is missing: for example `collect --schedule joint --runs 500`" in done.stderr


@pytest.mark.slow
def test_the_same_command_again_trains_only_what_is_missing(tmp_path):
    arguments = ("--schedule", "joint", "--db", tmp_path / "runs")
    first = collect(*arguments, "--runs", 2)
    assert first.returncode == 0, first.stderr
    assert "0 of 2 runs are in" in first.stdout
    assert "2 runs added" in first.stdout
    before = database.segments(LocalDirectory(tmp_path / "runs"))
    again = collect(*arguments, "--runs", 2)
    assert "2 of 2 runs are in" in again.stdout
    assert "nothing to do" in again.stdout
    assert database.segments(LocalDirectory(tmp_path / "runs")) == before
    more = collect(*arguments, "--runs", 3, "--quiet")
    assert "1 to train with 1 worker\n" in more.stdout
    assert more.stderr == ""
    assert database.read(LocalDirectory(tmp_path / "runs"))["seed"].to_pylist() == [0, 1, 2]
