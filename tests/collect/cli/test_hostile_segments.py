"""Whatever lies in a run database: every command ends, with a documented code and lines that only show."""

import random
import sys

import hostile_segments as hostile
import numpy as np
import pytest
from made_rows import make_row

from collect.cli import main as command_line
from collect.running import interruption
from collect.store import database, segment
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
        code = 0
        try:
            command_line.main()
        except SystemExit as ended:
            code = ended.code
        told = capsys.readouterr()
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
    n = 1_000 if stress else 200
    for number in range(n):
        draw = random.Random(f"hostile {number}")
        db = fresh(here, number)
        (kind,) = draw.choices(hostile.KINDS, hostile.WEIGHTS)
        hostile.put(db.path, here / "outside", draw, kind)
        check(run, here, db, draw, draw.sample(sorted(COMMANDS), len(COMMANDS) if stress else 3))
    report_counts(f"{n} hostile segments: every command one line each, what was sound as before")


EVERY = pytest.mark.parametrize(
    "command", ["status", "verify", "compact", "csv", "parquet", "import", "collect"]
)


def told_by(run, command, db):
    code, (out, err) = run(
        *(db.path.name if word == "runs" else word for word in COMMANDS[command]),
        db="other" if command == "import" else db.path.name,
    )
    return code, "\n".join([*out, *err])


@EVERY
@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("pipe", "a named pipe"), ("socket", "a socket"), ("folder", "a directory"), ("device", "a device"),
    ],
)  # fmt: skip
def test_what_is_no_file_is_refused_before_it_is_read(here, run, command, kind, what):
    db = fresh(here, 0)
    path = hostile.put(db.path, here / "outside", random.Random(0), kind)
    code, told = told_by(run, command, db)
    assert (code, f"is {what}, not a segment: move it away" in told) == (3, True)
    run("verify", "--quarantine", db=db.path.name)
    assert path.lstat() if not segment.parse_name(path.name) else not path.exists()
    assert told_by(run, "verify", db)[0] == 0


@EVERY
@pytest.mark.parametrize(
    ("make", "what"),
    [
        (hostile.many_rows, "it states 1,000,000 rows in "),
        (hostile.long_texts, "schedule takes 4,500,000,000 bytes of memory"),
    ],
)
def test_what_no_memory_holds_is_refused(here, run, command, make, what):
    db = fresh(here, 0)
    content = make()
    name = hostile.name_of(content, random.Random(0))
    (db.path / name).write_bytes(content)
    assert len(content) < 300_000
    code, told = told_by(run, command, db)
    # Of the long texts, those who read few columns see the digests first.
    assert (code, name in told) == (3, True)
    assert what in told or "not those that were written" in told
    assert what in told_by(run, "verify", db)[1]
    run("verify", "--quarantine", db=db.path.name)
    assert told_by(run, "verify", db)[0] == 0


def test_a_file_larger_than_any_segment_is_not_read(here, run):
    db = fresh(here, 0)
    with (db.path / "a.parquet").open("wb") as file:
        file.truncate(2**40)  # which takes no place on the disk
    code, told = told_by(run, "verify", db)
    assert (code, "has 1,099,511,627,776 bytes, more than any segment: move it away" in told) == (3, True)
    for command in ("status", "csv", "collect"):
        code, told = told_by(run, command, db)
        assert (code, "a.parquet is damaged" in told) == (3, True)


def test_nothing_is_moved_out_of_the_database_through_a_link(here, run):
    db = fresh(here, 0)
    (db.path / "_quarantine").symlink_to(here / "outside")
    torn = database.append(db, [make_row(5)])
    (db.path / torn).write_bytes(b"")
    code, (_, err) = run("verify", "--quarantine", db=db.path.name)
    assert code == 3
    assert err == [
        "collect: runs0/_quarantine is a link, and nothing is moved out of a run database: remove it"
    ]
    assert [path.name for path in (here / "outside").iterdir()] == ["mine.txt"]


def test_names_in_a_database_are_shown_and_do_not_steer(here, run):
    db = fresh(here, 0)
    database.append(db, [make_row(7, schedule="\x1b[31mred\x1b[0m\n‮", dataset="[bold]x" + "y" * 9_999)])
    (db.path / "\x1b]0;title\x07.txt").touch()
    _, (lines, _) = run("status", db=db.path.name)
    told = "".join(lines)
    assert r"\x1b[31mred\x1b[0m\x0a\u202e" in told
    assert "[bold]xyyy" in told
    assert len(told) < 2_000
    _, (lines, _) = run("verify", db=db.path.name)
    assert lines[0] == r"note: 1 other file beside the segments: \x1b]0;title\x07.txt"
