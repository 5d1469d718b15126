"""An error of the system at any call: never acknowledged when not durable, never half visible."""

import errno
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from faulty_os import FaultyOs, failing, run_over
from made_rows import make_row, runs_of

from collect.errors import RunError
from collect.store import compaction, database, local
from collect.store.local import LocalDirectory
from collect.store.place import Place
from collect.store.schema import Run

NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CODES = (errno.ENOSPC, errno.EIO, errno.EDQUOT)
# What a call that fails does: nothing; its work, but the answer is lost; nothing from then on.
FORMS = ({}, {"done": True}, {"lasting": True})
# Calls whose failure need not be told: that removes a hidden file, or (no call) nothing failed.
HARMLESS = ("unlink", "")
SUPPORT = Path(__file__).parents[2] / "support"


def faults(stress: bool, n_good: int) -> list[FaultyOs]:
    """Return what fails at one call: every error in every form, or each in one form, taking turns."""
    pairs = list(itertools.product(CODES, FORMS))
    if not stress:
        pairs = [(code, FORMS[(n_good + i) % len(FORMS)]) for i, code in enumerate(CODES)]
    return [failing(n_good, code, **form) for code, form in pairs]


def rows_of(db: Place) -> list[Run]:
    return runs_of(database.read(db))


def check_message(error: RunError, db: Place) -> None:
    message = str(error)
    assert str(db) in message
    assert "\n" not in message
    cause = error.__cause__
    assert isinstance(cause, OSError)
    assert os.strerror(cause.errno) in message
    if cause.errno in NO_SPACE and "cannot be listed" not in message:
        assert "MB are free there" in message or "its free space is unknown" in message


@pytest.fixture(autouse=True)
def nobody_waits_for_the_device(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def attempt(monkeypatch):
    """Do something over a faulty `os` and return the error that the caller is told, if any."""

    def run(faulty: FaultyOs, db: Place, action: Callable[[], object]) -> RunError | None:
        try:
            run_over(monkeypatch, faulty, action)
        except RunError as error:
            check_message(error, db)
            return error
        return None

    return run


@pytest.fixture
def db(tmp_path):
    place = LocalDirectory(tmp_path / "runs")
    place.prepare()
    return place


def test_an_append_fails_whole_at_any_call_and_its_retry_succeeds(db, attempt, stress, report_counts):
    n_faults = n_told = 0
    kept = [make_row(0)]
    database.append(db, kept)
    for n_good in itertools.count():
        for faulty in faults(stress, n_good):
            batch = [make_row(seed) for seed in range(1, 4)]
            both = [*kept, *batch]
            error = attempt(faulty, db, lambda batch=batch: database.append(db, batch))
            if not faulty.failed:
                report_counts(
                    f"append: {n_faults} faults at {n_good} calls, {n_told} of them told, 0 rows lost"
                )
                assert n_good > 5
                return
            assert error or faulty.failed in HARMLESS
            # Where an answer was lost, all of a batch may be visible that was not acknowledged.
            assert rows_of(db) == both or (error and rows_of(db) == kept)
            name = database.append(db, batch)
            assert rows_of(db) == both
            db.remove([name])
            n_faults += 1
            n_told += error is not None


def test_a_fault_that_lost_nothing_but_the_call_leaves_nothing_visible(db, attempt):
    """Of a single call that did nothing, the error means: none of the runs was kept."""
    database.append(db, [make_row(0)])
    for n_good in itertools.count():
        faulty = failing(n_good, errno.EIO)
        before = db.names()
        error = attempt(faulty, db, lambda: database.append(db, [make_row(1)]))
        assert (db.names() == before) == (error is not None)
        if not faulty.failed:
            break


def test_a_compaction_keeps_every_row_at_any_error_and_its_retry_succeeds(
    tmp_path, attempt, stress, report_counts
):
    template = LocalDirectory(tmp_path / "template")
    template.prepare()
    batches = [[make_row(seed), make_row(seed + 1)] for seed in (0, 2, 4)]
    for batch in batches:
        database.append(template, batch)
    wanted = list(itertools.chain(*batches))
    n_faults = n_told = 0
    for n_good in itertools.count():
        for faulty in faults(stress, n_good):
            db = LocalDirectory(tmp_path / "runs")
            shutil.rmtree(db.path, ignore_errors=True)
            shutil.copytree(template.path, db.path)
            error = attempt(faulty, db, lambda db=db: compaction.compact(db, grace_s=0))
            assert rows_of(db) == wanted
            if not faulty.failed:
                report_counts(
                    f"compact: {n_faults} faults at {n_good} calls, {n_told} of them told, 0 rows lost"
                )
                assert n_good > 15
                return
            assert error or faulty.failed in HARMLESS
            done = compaction.compact(db, grace_s=0)
            assert (done.n_after, done.left) == (1, [])
            assert rows_of(db) == wanted
            n_faults += 1
            n_told += error is not None


def test_a_directory_is_prepared_or_the_error_is_told(tmp_path, attempt, stress, report_counts):
    n_faults = n_told = 0
    for n_good in itertools.count():
        for faulty in faults(stress, n_good):
            db = LocalDirectory(tmp_path / "new" / "runs")
            error = attempt(faulty, db, db.prepare)
            assert error or faulty.failed in HARMLESS
            db.prepare()
            database.append(db, [make_row(0)])
            assert database.read(db).num_rows == 1
            shutil.rmtree(tmp_path / "new")
            if not faulty.failed:
                report_counts(f"prepare: {n_faults} faults at {n_good} calls, {n_told} of them told")
                assert n_good > 8
                return
            n_faults += 1
            n_told += error is not None


@pytest.mark.parametrize("part", [0.5, 0.0])
def test_writes_that_write_less_than_asked_lose_nothing(db, monkeypatch, part):
    class ShortOs:
        n_writes = 0

        def __getattr__(self, name):
            return getattr(os, name)

        def write(self, descriptor, content):
            self.n_writes += 1
            return os.write(descriptor, content[: max(int(len(content) * part), min(500, len(content)))])

    short = ShortOs()
    monkeypatch.setattr(local, "os", short)
    rows = [make_row(seed) for seed in range(20)]
    database.append(db, rows)
    assert rows_of(db) == rows
    assert short.n_writes > 5


@pytest.mark.parametrize("code", CODES)
def test_a_device_that_cannot_be_read_is_named(db, monkeypatch, code):
    def fail(*arguments):
        raise OSError(code, os.strerror(code))

    database.append(db, [make_row(0)])
    database.append(db, [make_row(1)])
    before = db.names()
    with monkeypatch.context() as patch:
        patch.setattr(local, "open", fail, raising=False)
        with pytest.raises(RunError, match=f"{db}/.* cannot be read: {os.strerror(code)}"):
            database.read(db)
        done = compaction.compact(db, grace_s=0)
        assert [os.strerror(code) in str(error) for error in done.left] == [True, True]
    assert db.names() == before


# Appends rows where the system has no room, makes room, appends them again, and tells what happened.
CHILD = """
import json, resource, signal, sys
from contextlib import suppress
from pathlib import Path
from made_rows import make_row, runs_of
from collect.errors import RunError
from collect.store import database
from collect.store.local import LocalDirectory

kind, path = sys.argv[1:]
db = LocalDirectory(Path(path))
db.prepare()
kept = [make_row(0)]
database.append(db, kept)
batch = [make_row(seed) for seed in range(1, 2000)]
ballast = Path(path).with_name("ballast")
if kind == "limit":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
else:
    with open(ballast, "wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
try:
    database.append(db, batch)
    told = None
except RunError as error:
    told = str(error)
seen = runs_of(database.read(db)) == kept
files = sorted(str(p.name) for p in Path(path).iterdir())
if kind == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
else:
    ballast.unlink()
database.append(db, batch)
retried = runs_of(database.read(db)) == kept + batch
print(json.dumps({"told": told, "seen": seen, "n_files": len(files), "retried": retried}))
"""
MOUNT = 'mount -t tmpfs -o size=2m none "$0" && exec "$@"'


def child(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SUPPORT), *filter(None, sys.path)])}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=1200, check=False)


def check_told(output: str, db: Path, strerror: str) -> None:
    told = json.loads(output)
    assert told.pop("told").startswith(f"{db}: a commit failed ({strerror}), none of its runs was kept; ")
    assert told == {"seen": True, "n_files": 1, "retried": True}


def test_a_real_limit_of_the_file_size_is_told(tmp_path):
    db = tmp_path / "runs"
    done = child(sys.executable, "-c", CHILD, "limit", str(db))
    assert done.returncode == 0, done.stderr
    check_told(done.stdout, db, os.strerror(errno.EFBIG))


def test_a_real_full_file_system_is_told(tmp_path):
    """In a mount namespace of its own, which goes away with the process."""
    namespace = shutil.which("unshare")
    if not namespace:
        pytest.skip("no unshare: a small file system cannot be mounted")
    mount = (namespace, "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, str(tmp_path))
    if child(*mount, "true").returncode:
        pytest.skip("no permission to mount a small file system")
    db = tmp_path / "runs"
    done = child(*mount, sys.executable, "-c", CHILD, "full", str(db))
    assert done.returncode == 0, done.stderr
    check_told(done.stdout, db, os.strerror(errno.ENOSPC))
