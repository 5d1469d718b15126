"""A writer killed at any moment loses no acknowledged row, and leaves no torn file and no part of a batch."""

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from killing_os import Point, points
from made_rows import config_of, hash_of, make_row
from writers import (
    ACKNOWLEDGED,
    BATCH,
    BEGUN,
    DONE,
    LARGE,
    Child,
    append_over_killing_os,
    append_without_end,
    batch_of,
    compact_over_killing_os,
    seeds_of,
)

from collect.store import compaction, database, local, segment
from collect.store.local import LocalDirectory
from collect.store.schema import SCHEMA

CONFIG = hash_of(config_of())
KILLED = -signal.SIGKILL
# About how long an append takes.
LONGEST_S = 0.02
KILLS_EACH = 25
# Everything but where and when the row was made.
SAME = SCHEMA.names[: SCHEMA.names.index("run_id")]


def visible(db: Path) -> list[Path]:
    return sorted(p for p in db.glob("*") if not p.name.startswith("."))


def hidden(db: Path) -> list[Path]:
    return [p for p in db.glob(".*") if p.name.endswith(".tmp")]


def faults(db: Path, acknowledged: set[int]) -> Counter[str]:
    """Read every visible file with pyarrow alone, and count what must not be."""
    found, seen = Counter(), set()
    for path in visible(db):
        try:
            seeds = pq.read_table(path, columns=["seed"])["seed"].to_pylist()
            pq.read_table(path, columns=["errors"])
        except (pa.ArrowException, OSError):
            found["unreadable"] += 1
            continue
        seen.update(seeds)
        found["partial"] += sorted(seeds) != [*seeds_of(min(seeds) // BATCH)]
    found["lost"] = sum(seed not in seen for n in acknowledged for seed in seeds_of(n))
    return +found


def kill_at_random(db: Path, rng: random.Random, *, naively: bool) -> tuple[Counter[str], set[int]]:
    """Start a writer and kill it, again and again; return what was counted and what was acknowledged."""
    count: Counter[str] = Counter()
    acknowledged: set[int] = set()
    for _ in range(KILLS_EACH):
        n_visible, n_hidden, n_acknowledged = len(visible(db)), len(hidden(db)), len(acknowledged)
        child = Child(append_without_end, db, len(acknowledged), naively)
        child.wait_for(BEGUN, 1 + rng.randrange(10))
        time.sleep(rng.uniform(0, LONGEST_S))
        child.kill()
        assert child.process.exitcode == KILLED
        acknowledged.update(child.all_said(ACKNOWLEDGED))
        count["kills"] += 1
        count["inside an append"] += child.said[-1][0] == BEGUN
        count["hidden file left"] += len(hidden(db)) > n_hidden
        n_new = len(visible(db)) - n_visible
        count["visible, not acknowledged"] += n_new > len(acknowledged) - n_acknowledged
        count.update(faults(db, acknowledged))
    return count, acknowledged


@pytest.mark.slow
def test_no_random_kill_loses_or_tears_anything(tmp_path, stress, report_counts):
    total: Counter[str] = Counter()
    for part in range(8 if stress else 1):
        db = tmp_path / str(part)
        count, acknowledged = kill_at_random(db, random.Random(part), naively=False)
        table = database.first_successes(database.read(LocalDirectory(db)))
        seeds = table["seed"].to_pylist()
        count["duplicate keys"] = len(seeds) - len(set(seeds))
        expected = segment.as_table(row for n in sorted(acknowledged) for row in batch_of(n))
        known = [seed in set(expected["seed"].to_pylist()) for seed in seeds]
        assert table.filter(pa.array(known)).select(SAME).equals(expected.select(SAME))
        count["batches"] = len(acknowledged)
        total += count
    report_counts(
        f"random kills: {total['kills']} kills, {total['inside an append']} of them inside an append "
        f"(left a hidden file: {total['hidden file left']}, "
        f"a visible segment not acknowledged: {total['visible, not acknowledged']}); "
        f"{total['batches']} batches acknowledged, {total['lost']} rows lost, {total['partial']} partial "
        f"batches, {total['duplicate keys']} duplicate keys, {total['unreadable']} unreadable files"
    )
    assert total["inside an append"]
    assert not {key: total[key] for key in ("lost", "partial", "duplicate keys", "unreadable") if total[key]}


def test_the_same_kills_tear_files_of_a_naive_writer(tmp_path, report_counts):
    for part in range(20):
        db = tmp_path / str(part)
        db.mkdir()
        count, acknowledged = kill_at_random(db, random.Random(part), naively=True)
        if count["unreadable"]:
            break
    report_counts(
        f"random kills of a naive writer (pq.write_table): {count['kills']} kills, "
        f"{len(acknowledged)} batches acknowledged, {count['unreadable']} unreadable files"
    )
    assert count["unreadable"], "kills that tear no file prove nothing"


@pytest.fixture
def resumed(monkeypatch):
    """Collect what is missing, as `collect` would, compact, and check that all is well."""
    # What a killed writer has left is swept at once.
    monkeypatch.setattr(local, "STALE_S", -1.0)

    def resume(db: Path, wanted: set[int], name: str) -> None:
        place = LocalDirectory(db)
        place.prepare()
        present = database.present_seeds(place, CONFIG)
        assert present == durable_seeds(db), name
        if missing := sorted(wanted - present):
            database.append(place, [make_row(seed) for seed in missing])
        complete = database.read(place)
        assert database.present_seeds(place, CONFIG) == wanted, name
        assert database.first_successes(complete).num_rows == complete.num_rows, f"{name}: trained twice"
        compaction.compact(place, grace_s=0)
        assert database.read(place).equals(complete), f"{name}: the next compaction changed the contents"
        assert not hidden(db), f"{name}: the next compaction left hidden files"

    return resume


def durable_seeds(db: Path) -> set[int]:
    """Return the seeds of the configuration in all visible files, by pyarrow alone."""
    tables = [pq.read_table(path, columns=["config_hash", "seed"]) for path in visible(db)]
    keys = [key for table in tables for key in zip(*table.to_pydict().values(), strict=True)]
    return {seed for config, seed in keys if config == CONFIG}


def steps_of(child: Child) -> list[str]:
    """Return the steps of a child that was left alive."""
    assert child.end() == 0
    return child.all_said(DONE)[0]


def kill_at(point: Point, work: Callable[..., None], *args: object) -> Child:
    child = Child(work, *args, point)
    assert child.end() == KILLED, f"{work.__name__} did not reach {point}"
    return child


def test_a_kill_at_any_step_of_an_append_leaves_the_batch_whole_or_absent(
    tmp_path, stress, report_counts, resumed
):
    count: Counter[str] = Counter()
    for repeat in range(5 if stress else 1):
        batches = [2 * repeat, 2 * repeat + 1]
        wanted = {seed for n in batches for seed in seeds_of(n)}
        steps = steps_of(Child(append_over_killing_os, tmp_path / f"whole {repeat}", batches, None))
        for point in points(steps, both_sides=stress):
            name = f"append: {point}"
            db = tmp_path / f"{repeat} {point}"
            child = kill_at(point, append_over_killing_os, db, batches)
            acknowledged = set(child.all_said(ACKNOWLEDGED))
            assert not faults(db, acknowledged), name
            n_whole = len(visible(db))
            assert n_whole - len(acknowledged) in (0, 1), name
            count["kills"] += 1
            count["hidden"] += len(hidden(db))
            count["visible"] += n_whole > len(acknowledged)
            resumed(db, wanted, name)
        count["steps"] = max(count["steps"], len(steps))
    report_counts(
        f"kill points of append: {count['steps']} steps, {count['kills']} kills "
        f"({count['hidden']} left a hidden file, {count['visible']} a visible segment not acknowledged); "
        "nothing lost or torn, every resume complete"
    )
    assert count["hidden"] > 0
    assert count["visible"] > 0


@pytest.mark.slow
def test_a_kill_at_any_step_of_a_compaction_changes_no_result(tmp_path, stress, report_counts, resumed):
    count: Counter[str] = Counter()
    for repeat in range(5 if stress else 1):
        template = tmp_path / f"before {repeat}"
        before, wanted = make_segments(template, random.Random(repeat))
        whole = shutil.copytree(template, tmp_path / f"whole {repeat}")
        steps = steps_of(Child(compact_over_killing_os, whole, None))
        for point in points(steps, both_sides=stress):
            name = f"compact: {point}"
            db = shutil.copytree(template, tmp_path / f"{repeat} {point}")
            kill_at(point, compact_over_killing_os, db)
            assert database.read(LocalDirectory(db)).equals(before), name
            n_rows = sum(pq.read_table(path).num_rows for path in visible(db))
            count["kills"] += 1
            count["twice"] += n_rows > before.num_rows
            resumed(db, wanted, name)
        count["steps"] = max(count["steps"], len(steps))
    report_counts(
        f"kill points of compact: {count['steps']} steps, {count['kills']} kills "
        f"({count['twice']} left rows that were there twice); no result changed, every resume complete"
    )
    assert count["twice"] > 0


def make_segments(db: Path, rng: random.Random) -> tuple[pa.Table, set[int]]:
    """Fill a database of several configurations; return its rows, and seeds some of which are missing."""
    place = LocalDirectory(db)
    place.prepare()
    for first in (0, 100, 200):
        n_rows = rng.randint(34, 60)
        database.append(place, [make_row(first + i) for i in range(n_rows)])
    for schedule in ("few", "rare"):
        n_rows = rng.randint(1, 9)
        database.append(place, [make_row(i, schedule, errors=rng.randbytes(LARGE)) for i in range(n_rows)])
    stale = db / ".left-by-a-writer.tmp"
    stale.write_bytes(b"half a segm")
    os.utime(stale, (0, 0))
    return database.read(place), {*durable_seeds(db), *range(300, 304), 99}
