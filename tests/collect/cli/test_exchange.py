"""`collect export` and `collect import`: what they say, and one line for what they refuse."""

import subprocess
import sys

import pandas as pd
import pytest
from made_rows import make_row

from collect.store import database
from collect.store.local import LocalDirectory


def collect(*arguments, cwd):
    command = [sys.executable, "-m", "collect", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=1200)


@pytest.fixture
def folder(tmp_path):
    db = LocalDirectory(tmp_path / "db")
    db.prepare()
    database.append(db, [make_row(seed, schedule) for seed in range(5) for schedule in ("joint", "staged")])
    database.append(db, [make_row(0, "joint")])
    frame = pd.DataFrame(
        {
            "run": [0, 1, 0, 1],
            "method": ["adam", "adam", "sgd", "sgd"],
            "acc": [93.4, 92.8, 91.5, None],
            "host": ["a", "b", "a", "b"],
        }
    )
    frame.to_csv(tmp_path / "theirs.csv", index=False)
    return tmp_path


MAP = (
    "--column",
    "seed=run",
    "--column",
    "schedule=method",
    "--column",
    "accuracy=acc",
    "--percent",
    "accuracy",
)


def test_help_of_both_imports_no_numerics():
    code = (
        "import sys\nfrom collect.cli.exchange import export_command, import_command\n"
        "for command in (export_command, import_command):\n"
        "    try: command(['--help'])\n    except SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m in ('numpy', 'pandas', 'tensorflow', 'pyarrow')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_neither_imports_tensorflow(folder):
    code = (
        "import sys\nfrom collect.cli.main import collect\n"
        "collect(['export', 'all.parquet', '--db', 'db'], standalone_mode=False)\n"
        "collect(['import', 'all.parquet', '--db', 'new'], standalone_mode=False)\n"
        "assert 'tensorflow' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_export_says_what_it_wrote_and_what_it_left_out(folder):
    done = collect("export", "runs.csv", "--db", "db", cwd=folder)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("10 runs of 2 configurations written to runs.csv (")
    assert lines[1:] == [
        "left out: 1 row of runs that are there more than once (--all writes them)",
        "left out: the binary column errors (Parquet holds it)",
    ]
    assert len(pd.read_csv(folder / "runs.csv")) == 10
    done = collect("export", "runs.parquet", "--db", "db", "--all", cwd=folder)
    assert done.stdout.startswith("11 rows of 2 configurations written to runs.parquet (")
    assert len(done.stdout.splitlines()) == 1


def test_import_says_what_it_found_and_what_it_did(folder):
    dry = collect("import", "theirs.csv", *MAP, "--db", "new", "--dry-run", cwd=folder)
    assert dry.returncode == 0, dry.stderr
    assert dry.stdout.splitlines() == [
        "theirs.csv: 4 runs of 2 configurations, 3 ok, 1 diverged",
        "  renamed        seed is run, schedule is method, accuracy is acc",
        "  passed over    host",
        "  accuracy       0.915 to 0.934 in 3 runs",
        "4 runs would be added to new; 0 were there already",
    ]
    assert not (folder / "new").exists()
    done = collect("import", "theirs.csv", *MAP, "--db", "new", cwd=folder)
    assert done.stdout.splitlines() == [
        *dry.stdout.splitlines()[:-1],
        "4 runs added to new; 0 were there already",
    ]
    again = collect("import", "theirs.csv", *MAP, "--db", "new", cwd=folder)
    assert again.stdout.splitlines()[-1] == "0 runs added to new; 4 were there already"
    assert len(list((folder / "new").iterdir())) == 1


def test_other_outcomes_are_pointed_out(folder):
    collect("import", "theirs.csv", *MAP, "--db", "new", cwd=folder)
    pd.read_csv(folder / "theirs.csv").assign(acc=91.5).to_csv(folder / "theirs.csv", index=False)
    done = collect("import", "theirs.csv", *MAP, "--db", "new", cwd=folder)
    assert done.stdout.splitlines()[-2:] == [
        "0 runs added to new; 4 were there already",
        "3 runs of those that were there have another outcome in the table; the database was left as it is",
    ]


@pytest.mark.parametrize("source", ["runs.csv", "runs.parquet", "db"])
def test_what_collect_wrote_is_imported_as_it_is(folder, source):
    if source != "db":
        collect("export", source, "--db", "db", "--all", cwd=folder)
    done = collect("import", source, "--db", "new", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{source}: 11 runs of 2 configurations, 11 ok",
        "11 runs added to new; 0 were there already",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["export", "theirs.csv", "--db", "db"], 2, "theirs.csv exists: add --overwrite"),
        (["export", "new.csv", "--db", "absent"], 2, "there is no run database absent"),
        (["import", "absent.csv"], 2, "there is no file or directory absent.csv"),
        (["import", "theirs.csv"], 2, "no column seed: add --column seed=COLUMN"),
        (["import", "theirs.csv", *MAP[:-2]], 3,
         "theirs.csv, row 1: accuracy (column acc) is '93.4': must be a fraction from 0 to 1; "
         "if it is in percent, add --percent accuracy"),
        (["import", "theirs.csv", "--column", "seed"], 2, "'seed' is not of the form NAME=VALUE"),
        (["import", "theirs.csv", *MAP, "--column", "seed=run"], 2, "--column seed is given twice"),
        (["import", "theirs.csv", "--set", "schedule=x", *MAP[:2], *MAP[4:]], 3,
         "rows 1 and 3 of theirs.csv are the same seed of the same configuration (2 such rows): "
         "add --config method"),
        (["import", "db", "--set", "schedule=x"], 2, "db was written by collect and is taken as it is"),
        (["import", "gs3://bucket/runs"], 2, "gs3://"),
    ],
)  # fmt: skip
def test_what_is_refused_is_one_line_and_changes_nothing(folder, arguments, code, message):
    before = sorted(folder.rglob("*"))
    done = collect(*arguments, *(["--db", "new"] if "--db" not in arguments else []), cwd=folder)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1 or done.stderr.startswith("Usage:")
    assert sorted(folder.rglob("*")) == before
