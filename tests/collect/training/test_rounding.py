"""Machines that round differently are told apart, and rows of two of them are no alarm."""

import os
import platform
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from made_rows import runs_of

from collect.store import database, verification
from collect.store.local import LocalDirectory
from collect.store.verification import ALARM, NOTE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the instruction sets are those of x86-64"),
]

# Two machines in one: XLA's own code and oneDNN's kernels for processors of different ages.
OLD = {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2", "ONEDNN_MAX_CPU_ISA": "SSE41"}
NEW = {"XLA_FLAGS": "--xla_cpu_max_isa=AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
DIGEST = re.compile(
    r"CPU:0; products ([0-9a-f]{16}); 1 thread; oneDNN off; ONEDNN_MAX_CPU_ISA=\w+; XLA_FLAGS="
)


def collected(db, settings):
    options = ("--schedule", "joint", "--steps", "40", "--runs", "4", "--workers", "1", "--db", str(db))
    subprocess.run(
        [sys.executable, "-m", "collect", *options],
        env={**os.environ, **settings},
        check=True,
        capture_output=True,
    )
    return runs_of(database.read(LocalDirectory(db)))


def findings(folder, *many_rows):
    db = LocalDirectory(folder)
    db.prepare()
    for rows in many_rows:
        database.append(db, rows)
    return [(one.kind, one.message) for one in verification.verify(db).findings]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    return {name: collected(folder / name, OLD if name == "old" else NEW) for name in ("old", "new", "again")}


def only(rows, column):
    (value,) = {getattr(row, column) for row in rows}
    return value


def test_equal_machines_have_one_env_hash_and_equal_bits(trained, tmp_path):
    assert only(trained["new"], "env_hash") == only(trained["again"], "env_hash")
    assert findings(tmp_path / "db", trained["new"], trained["again"]) == []


def test_machines_that_round_differently_have_another_digest(trained):
    old, new = (DIGEST.match(only(trained[name], "device"))[1] for name in ("old", "new"))
    assert old != new
    assert only(trained["old"], "env_hash") != only(trained["new"], "env_hash")


def test_rows_of_two_machines_are_no_alarm_and_it_is_told_how_far_they_differ(trained, tmp_path):
    ((kind, message),) = findings(tmp_path / "db", trained["old"], trained["new"])
    assert kind == NOTE
    told = re.search(
        r"by at most (\S+) of (\w+) and on at most (\d+) of 10,000 test images, and the", message
    )
    pairs = list(zip(trained["old"], trained["new"], strict=True))
    assert [old.seed for old, _ in pairs] == [new.seed for _, new in pairs]
    values = [(getattr(old, told[2]), getattr(new, told[2])) for old, new in pairs]
    far = max(abs(a - b) / max(a, b) for a, b in values)
    assert told[1] == f"{far:.1e}"
    assert 0 < far < 1e-5
    images = max(sum(a != b for a, b in zip(old.errors, new.errors, strict=True)) for old, new in pairs)
    assert int(told[3]) == images <= 2


def test_other_bits_of_one_machine_are_an_alarm(trained, tmp_path):
    new = trained["new"][0]
    pretended = [replace(row, device=new.device, env_hash=new.env_hash) for row in trained["old"]]
    ((kind, message),) = findings(tmp_path / "db", trained["new"], pretended)
    assert kind == ALARM
    assert message.startswith("not reproducible, ")
