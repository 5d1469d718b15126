"""The maintenance commands as a person sees them: what they print, and their exit codes."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from made_rows import UNMEASURED, make_row

from collect.cli.main import collect
from collect.store import database
from collect.store.local import LocalDirectory
from collect.strategy.schedules import JOINT, STAGED

NOW = datetime.now(UTC)


@pytest.fixture
def db(tmp_path, monkeypatch):
    """A database in the directory `runs` of the working directory."""
    monkeypatch.chdir(tmp_path)
    place = LocalDirectory(tmp_path / "runs")
    place.prepare()
    return place


def run(*arguments, width=80):
    return CliRunner().invoke(collect, [*arguments, "--db", "runs"], env={"COLUMNS": str(width)})


def rows(config, seeds, **changes):
    told = {
        "config": config.canonical(),
        "config_hash": config.hash(),
        "schedule": config.schedule.name,
        "learning_rate": config.learning_rate,
        "steps": config.schedule.steps,
    }
    return [make_row(seed, **told | changes) for seed in seeds]


def test_status_shows_every_configuration_at_80_columns(db, config_of):
    now = datetime.now(UTC)
    accuracies = [(0, 0.8), (1, 0.81), (2, 0.82), (5, 0.83)]
    for seed, accuracy in accuracies:
        database.append(
            db, [make_row(seed, accuracy=accuracy, errors=None, committed_at=now - timedelta(minutes=5))]
        )
    others = {"schedule": "other", "committed_at": now - timedelta(days=9)}
    database.append(db, [make_row(seed, accuracy=0.5, errors=None, **others) for seed in range(12)])
    database.append(db, [make_row(12, status="diverged", **others, **UNMEASURED)])
    database.append(db, [make_row(s, status="failed", **others, **UNMEASURED) for s in (20, 21)])
    shown = run("status")
    assert shown.exit_code == 0
    n_bytes = sum(path.stat().st_size for path in db.path.iterdir())
    # sd of 0.80, 0.81, 0.82, 0.83: sqrt(0.0005 / 3) = 0.01291
    assert shown.stdout.splitlines() == [
        "schedule  trained with           runs  seeds        accuracy              last",
        "made      sgd 0.01, mnist        4 ok  0–2, 5       0.8150 ± 0.0129  5 min ago",
        "other     sgd 0.01, mnist       12 ok  0–12, 20–21  0.5000 ± 0         9 d ago",
        "                           1 diverged",
        "                             2 failed",
        f"19 runs, 7 segments of {n_bytes / 1e3:.1f} kB; last commit {now - timedelta(minutes=5):%F %T} UTC",
    ]


def test_status_wraps_at_80_columns_and_not_in_a_pipe(db, config_of):
    settings = [
        {"schedule": "a-schedule-of-a-long-name", "dataset": "fashion_mnist", "optimizer": "momentum"}
    ]
    settings += [{"schedule": f"s{n}", "learning_rate": 10.0**-n} for n in range(9)]
    for setting in settings:
        seeds = (1, 2, 5, 7, 8, 100, 200, 300_000, 400_000)
        database.append(db, [make_row(seed, committed_at=NOW, **setting) for seed in seeds])
    narrow = run("status").stdout.splitlines()
    assert max(map(len, narrow)) <= 80
    wide = run("status", width=150).stdout.splitlines()
    assert len(wide) == 12
    assert "a-schedule-of-a-long-name  momentum 0.01, fashion_mnist  9 ok" in wide[1]
    assert "1–2, 5, 7–8, 100, 200, …, 400000" in wide[1]
    assert not any("\x1b" in line or line != line.rstrip() for line in (*narrow, *wide))


def test_status_counts_repeats_and_advises_to_compact(db):
    for seed in range(51):
        database.append(db, [make_row(seed % 49)])
    lines = run("status").stdout.splitlines()
    assert lines[-2].startswith("49 runs, 2 rows that repeat a run, 51 segments of ")
    assert lines[-1] == "many small segments: `collect compact --db runs` makes reading faster"


def test_status_names_what_it_cannot_read_and_goes_on(db):
    torn = database.append(db, [make_row(1)])
    (db.path / torn).write_bytes(b"")
    alone = run("status")
    assert (alone.exit_code, alone.stdout) == (3, "")
    assert alone.stderr.startswith(f"UNREADABLE: runs/{torn} is damaged")
    database.append(db, [make_row(0)])
    shown = run("status")
    assert (shown.exit_code, shown.stderr) == (3, alone.stderr)
    assert "1 run, 2 segments of " in shown.stdout


@pytest.mark.parametrize("command", ["status", "verify", "compact"])
def test_an_empty_database_is_one_line(db, command):
    shown = run(command)
    assert (shown.exit_code, shown.output) == (0, "runs holds no runs yet\n")


@pytest.mark.parametrize("command", ["status", "compact"])
def test_a_directory_of_other_things_is_one_line(db, command):
    for name in ("thesis.tex", "thesis.txt"):
        (db.path / name).write_text("dear")
    shown = run(command)
    assert (shown.exit_code, shown.output) == (
        0,
        "runs holds no runs, but other files (thesis.tex, …): is another --db meant?\n",
    )


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("status", 0, "runs does not exist yet: `collect --schedule joint --runs 500 --db runs` makes it"),
        ("verify", 3, "collect: runs does not exist: give the directory or URL of a run database as --db"),
        ("compact", 3, "collect: runs does not exist: give the directory or URL of a run database as --db"),
    ],
)
def test_a_path_that_does_not_exist_is_one_line_and_not_made(tmp_path, command, code, message):
    done = as_a_process(tmp_path, command, "--db", "runs")
    assert (done.returncode, (done.stdout + done.stderr).splitlines()) == (code, [message])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["status", "verify", "compact"])
def test_a_file_is_refused_in_one_line(tmp_path, command):
    (tmp_path / "runs").write_text("dear")
    done = as_a_process(tmp_path, command, "--db", "runs")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "collect: runs is a file, not a run database: give a directory as --db\n"


def as_a_process(folder, *arguments):
    command = [sys.executable, "-m", "collect", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=1200)


def test_verify_says_that_nothing_is_wrong(db):
    for start in (0, 1000):
        database.append(db, [make_row(start + seed) for seed in range(600)])
    shown = run("verify")
    assert (shown.exit_code, shown.output) == (0, "2 segments, 1,200 rows: nothing wrong\n")


def test_verify_shows_problems_and_what_to_do(db):
    database.append(db, [make_row(0)])
    torn = database.append(db, [make_row(1)])
    (db.path / torn).write_bytes(b"torn")
    (db.path / "notes.txt").write_text("mine")
    shown = run("verify")
    assert shown.exit_code == 3
    assert shown.stdout.splitlines() == [
        f"damage: {torn}: its bytes are not those that its name tells",
        "note: 1 other file beside the segments: notes.txt",
        "2 segments, 1 row: 1 problem",
        "`collect verify --quarantine --db runs` moves the damaged segment away and says what was in it",
    ]
    assert (db.path / torn).exists()


def test_quarantine_moves_damage_away_and_says_what_it_held(db, config_of):
    joint, staged = config_of(JOINT), config_of(STAGED, 0.003)
    torn = [
        database.append(db, rows(joint, range(20, 40))),
        database.append(db, rows(staged, [0, 4])),
        database.append(db, [*rows(joint, [5, 6]), *rows(staged, [6])]),
        database.append(db, [make_row(3)]),
    ]
    database.append(db, rows(joint, [30]))
    content = {name: (db.path / name).read_bytes()[:-1] for name in torn}
    flipped = content[torn[1]].replace(b"parquet-cpp-arrow", b"parquet-cpp-arroW") + b"1"
    content |= {
        torn[1]: flipped,
        f"runs-{'0' * 32}.parquet": b"",
    }  # whose columns can be read; of version 1.0
    for name, damaged in content.items():
        (db.path / name).write_bytes(damaged)
    shown = run("verify", "--quarantine")
    assert shown.exit_code == 3
    *told, last = shown.stdout.splitlines()[6:]
    assert sorted(told) == sorted(
        f"moved to runs/_quarantine/{name}: it held {what}"
        for name, what in {
            torn[0]: f"20 runs, seeds 20–39 of configuration {joint.hash()[:12]} "
            "(joint, sgd, learning rate 0.01, mnist)",
            torn[1]: f"2 runs, among seeds 0–4 of configuration {staged.hash()[:12]} "
            "(staged, sgd, learning rate 0.003, mnist)",
            torn[2]: "3 runs of several configurations, among seeds 5–6",
            torn[3]: f"1 run, seed 3 of configuration {torn[3][5:17]}",
            f"runs-{'0' * 32}.parquet": "runs that its name does not tell",
        }.items()
    )
    assert last == "repeat the commands that filled this database: each trains what is missing"
    assert {name: (db.path / "_quarantine" / name).read_bytes() for name in content} == content
    again = run("verify", "--quarantine")
    assert (again.exit_code, again.output) == (0, "1 segment, 1 row: nothing wrong\n")


def test_quarantine_leaves_alarms_and_foreign_files_where_they_are(db):
    row = make_row(0)
    database.append(db, [row])
    database.append(db, [replace(row, run_id="other", test_loss=0.5)])
    (db.path / "a.parquet").write_text("mine")
    before = sorted(db.path.iterdir())
    shown = run("verify", "--quarantine")
    assert shown.exit_code == 3
    assert [line.split(":")[0] for line in shown.stdout.splitlines()] == [
        "unreadable",
        "alarm",
        "3 segments, 2 rows",
    ]
    assert sorted(db.path.iterdir()) == before


def test_compact_says_what_it_did_and_left(db, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    for seed in range(5):
        database.append(db, [make_row(seed)])
    shown = run("compact")
    assert (shown.exit_code, shown.output) == (0, "5 segments → 1, 5 rows merged\n")
    assert run("compact").output == "1 segment: nothing to merge\n"
    database.append(db, [make_row(5)])
    torn = database.append(db, [make_row(6)])
    (db.path / torn).write_bytes(b"")
    shown = run("compact")
    assert (shown.exit_code, shown.stdout) == (3, "3 segments → 2, 6 rows merged\n")
    assert shown.stderr.startswith(f"left as it is: runs/{torn} is damaged")


def test_the_commands_import_numerics_only_when_they_run():
    code = (
        "import sys\nfrom collect.cli.main import collect\n"
        "try:\n    collect(['verify', '--help'])\nexcept SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m in ('numpy', 'tensorflow', 'keras', 'pyarrow', 'rich')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
