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
    (tmp_path / "theirs.csv").write_text("seed,accuracy\n1,0.5\n")
    return tmp_path


def test_help_of_both_imports_no_numerics():
    code = (
        "import sys\nfrom collect.cli.database import export_command, import_command\n"
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
        "collect(['import', 'db', '--db', 'new'], standalone_mode=False)\n"
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


def test_import_says_what_it_copied(folder):
    dry = collect("import", "db", "--db", "new", "--dry-run", cwd=folder)
    assert dry.stdout == "11 rows in 2 segments would be copied from db to new; 0 were there already\n"
    assert not (folder / "new").exists()
    done = collect("import", "db", "--db", "new", cwd=folder)
    assert done.stdout == "11 rows in 2 segments copied from db to new; 0 were there already\n"
    again = collect("import", "db", "--db", "new", cwd=folder)
    assert again.stdout == "0 rows in 0 segments copied from db to new; 11 were there already\n"
    assert (dry.returncode, done.returncode, again.returncode) == (0, 0, 0)


def test_import_names_what_is_damaged_and_copies_the_rest(folder):
    torn = min((folder / "db").iterdir(), key=lambda path: path.stat().st_size)
    torn.write_bytes(torn.read_bytes()[:-1])
    done = collect("import", "db", "--db", "new", cwd=folder)
    assert (done.returncode, done.stdout.split(" copied")[0]) == (3, "10 rows in 1 segment")
    assert done.stderr.startswith(f"not copied: db/{torn.name} is damaged")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["export", "theirs.csv", "--db", "db"], 2, "theirs.csv exists: add --overwrite"),
        (["export", "new.csv", "--db", "absent"], 2, "there is no run database absent"),
        (["import", "absent"], 2, "there is no run database absent"),
        (["import", "theirs.csv"], 2, "theirs.csv is a file, not a run database"),
        (["import", "memory://runs"], 2, "memory://runs is gone when this command ends"),
        (["import", "gs3://bucket/runs"], 2, "gs3://"),
    ],
)
def test_what_is_refused_is_one_line_and_changes_nothing(folder, arguments, code, message):
    before = sorted(folder.rglob("*"))
    done = collect(*arguments, *(["--db", "new"] if "--db" not in arguments else []), cwd=folder)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(folder.rglob("*")) == before
