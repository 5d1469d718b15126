"""Whatever lies in a run database: every command ends, with a documented code and lines that only show."""

import random
import sys

import hostile_segments as hostile
import numpy as np
import pytest
from made_rows import make_row

from collect.cli import main as command_line
from collect.running import interruption
from collect.store import database
from collect.store.local import LocalDirectory
from collect.text import MOST_LETTERS

CODES = {0, 1, 2, 3}
COMMANDS = {
    "status": ["status"],
    "verify": ["verify"],
    "compact": ["compact"],
    "csv": ["export", "out.csv", "--overwrite"],
    "parquet": ["export", "out.parquet", "--overwrite", "--all"],
    "import": ["import", "runs"],
    "collect": [
        *("--schedule", "joint", "--runs", "3", "--dry-run", "--workers", "1", "--dataset", "small.npz"),
        *("--train-first", "0", "--train-images", "50"),
    ],
}  # fmt: skip


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with a data set, a file that is not the database's, and no signals of our own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(interruption, "listen", lambda: None)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setenv("COLUMNS", "100")
    images = np.arange(50 * 64, dtype=np.uint8).reshape(50, 8, 8)
    labels = np.arange(50, dtype=np.uint8) % 10
    np.savez("small.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "mine.txt").write_text("mine")
    return tmp_path


@pytest.fixture
def run(here, monkeypatch, capsys):
    """Run a command in this process, and return its code and its lines, which are checked."""

    def run(*arguments, db="runs"):
        monkeypatch.setattr(sys, "argv", ["collect", *arguments, "--db", db])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
            sys.exit(0)
        told = capsys.readouterr()
        code = ended.value.code or 0
        assert code in CODES
        lines = told.out.splitlines(), told.err.splitlines()
        assert "".join(f"{line}\n" for part in lines for line in part) == told.out + told.err
        for line in (*lines[0], *lines[1]):
            assert line.isprintable()
            assert len(line) <= 10 * MOST_LETTERS
        if code in (1, 2):
            assert lines[1]
        if arguments[0] != "verify" and code == 3:
            assert lines[1]
        return code, lines

    return run


def fresh(here, number):
    """Return a database with two sound runs."""
    db = LocalDirectory(here / f"runs{number}")
    db.prepare()
    database.append(db, [make_row(0, schedule="sound"), make_row(1, schedule="sound")])
    return db


def check(run, here, db, draw, commands):
    """Run commands, then move away what is damaged: what was sound is there as before."""
    before = {path.name: path.read_bytes() for path in (here / "outside").iterdir()}
    for name in commands:
        arguments = [db.path.name if word == "runs" else word for word in COMMANDS[name]]
        run(*arguments, db=f"other{draw.random()}" if name == "import" else db.path.name)
    run("verify", "--quarantine", db=db.path.name)
    _, (lines, _) = run("verify", db=db.path.name)
    assert not any(line.startswith("damage") for line in lines)
    assert {path.name: path.read_bytes() for path in (here / "outside").iterdir()} == before
    _, (lines, _) = run("status", db=db.path.name)
    assert any(line.startswith("sound ") and " 2 ok " in line for line in lines)


@pytest.mark.slow
def test_a_segment_from_elsewhere_is_a_line_in_every_command(here, run, stress, report_counts):
    n = 4_000 if stress else 200
    for number in range(n):
        draw = random.Random(f"hostile {number}")
        db = fresh(here, number)
        (kind,) = draw.choices(hostile.KINDS, hostile.WEIGHTS)
        hostile.put(db.path, here / "outside", draw, kind)
        check(run, here, db, draw, draw.sample(sorted(COMMANDS), len(COMMANDS) if stress else 3))
    report_counts(f"{n} hostile segments: every command one line each, what was sound as before")
