"""`pip install minima-census` is enough for `analyze`; `collect` says what else training needs."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
WITHOUT = "import sys\nfor name in ('tensorflow', 'keras'):\n    sys.modules[name] = None\n"


def without_tensorflow(program, *arguments, cwd):
    """Run a program in an interpreter that has no TensorFlow."""
    code = f"{WITHOUT}sys.argv[0] = {program!r}\nfrom {program} import main\nmain()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)


def test_analyze_reads_compares_and_writes_without_it(tmp_path):
    rows = pd.DataFrame({"method": list("ab") * 8, "score": [0.5 + i / 100 for i in range(16)]})
    rows.to_csv(tmp_path / "runs.csv", index=False)
    words = (
        "compare",
        "runs.csv",
        "--value",
        "score",
        "--by",
        "method",
        "--resamples",
        "99",
        "--out",
        "report",
    )
    done = without_tensorflow("analyze.cli", *words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "report" / "report.pdf").is_file()


@pytest.mark.parametrize(
    "words",
    [
        ("--schedule", "joint", "--runs", "2", "--db", "db"),
        ("--schedule", "joint", "--runs", "2", "--db", "db", "--dataset", "fashion_mnist"),
    ],
)
def test_collect_says_in_one_line_what_to_install_and_makes_nothing(tmp_path, monkeypatch, words):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    done = without_tensorflow("collect.cli.main", *words, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "collect: training needs TensorFlow, which is not installed: pip install 'minima-census[collect]' "
        "(Python 3.11 to 3.13)\n"
    )
    assert not (tmp_path / "db").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--help",), "Train networks from many seeds"),
        (("list",), "data sets (--dataset)"),
        (("--schedule", "joint", "--runs", "2", "--db", "db", "--dry-run"), "2 to train"),
        (("status", "--db", ROOT / "data" / "reference"), "joint"),
        (("verify", "--db", ROOT / "data" / "reference"), "1500"),
    ],
)
def test_what_trains_nothing_works(tmp_path, words, told):
    done = without_tensorflow("collect.cli.main", *words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert told in done.stdout.replace(",", "")


def test_tensorflow_is_an_extra_that_make_setup_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert not any("tensorflow" in need for need in project["dependencies"])
    assert [need.partition(">")[0] for need in project["optional-dependencies"]["collect"]] == ["tensorflow"]
    assert "--editable '.[collect]'" in (ROOT / "Makefile").read_text()
