"""A run database in an object store keeps the same promises as one in a directory.

Against moto's server, a process of its own on this machine, over real connections; a proxy between
counts the requests and breaks some. What that does not prove: that a real S3 shows a new object to
every listing at once and keeps it (moto has one process and its memory), that it decides between two
conditional PUTs at the same moment (moto looks, then writes), how it throttles, and what its policies
permit; and nothing about Google's or Azure's stores, for which the same code runs over memory:// only.
"""

import io
import json
import os
import pickle
import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import fsspec
import made_rows
import pyarrow.parquet as pq
import pytest
import s3_server
from made_rows import config_of, hash_of, make_row, runs_of
from messages import told

from collect.errors import DataError, RunError, UsageError
from collect.store import compaction, database, object_file, objects, segment, verification
from collect.store.local import LocalDirectory
from collect.store.objects import ObjectStore
from collect.store.opening import open_place

MADE = hash_of(config_of())
WITHOUT_DELAY = (0.0,)


@pytest.fixture(scope="module")
def server():
    with s3_server.moto_server() as address:
        yield address


@pytest.fixture
def s3(server, monkeypatch):
    """A proxy before the server, and an environment and a bucket to go with it."""
    with s3_server.proxy(server) as (address, proxy):
        for name, value in s3_server.environment(address).items():
            monkeypatch.setenv(name, value)
        proxy.bucket = s3_server.make_bucket(server)
        yield proxy
        objects._file_system.cache_clear()


@pytest.fixture
def db(s3):
    return open_place(f"s3://{s3.bucket}/runs")


@pytest.fixture(params=["s3", "memory"])
def place(request):
    """Each kind of store that is at hand."""
    if request.param == "s3":
        return request.getfixturevalue("db")
    return open_place(f"memory://{request.node.originalname}/runs")


def rows(first, n=100):
    return [make_row(seed) for seed in range(first, first + n)]


def seeds(db):
    return database.read(db)["seed"].to_pylist()


def content_at(db, url):
    """Read an object as anybody could, past `ObjectStore`."""
    return objects._file_system(str(db))[0].cat_file(url)


def overwrite(db, name, content):
    """Write an object as anybody could, past `ObjectStore`."""
    fs, root = objects._file_system(str(db))
    fs.pipe_file(f"{root}/{name}", content)


def once(fault):
    """Break the first request of a kind, no other."""
    left = [fault]
    return lambda method, path: left.pop() if method == "PUT" and left else None


# --- what every store does


def test_what_is_appended_is_read_and_compacted(place):
    place.prepare()
    written = [row for first in (0, 100, 200) for row in rows(first)]
    for first in (0, 100, 200):
        database.append(place, written[first : first + 100])
    assert len(database.segments(place)) == 3
    assert runs_of(database.read(place)) == written
    assert database.present_seeds(place, MADE) == set(range(300))
    done = compaction.compact(place, grace_s=0)
    assert (done.n_before, done.n_after, done.n_rows) == (3, 1, 300)
    assert len(database.segments(place)) == 1
    assert runs_of(database.read(place)) == written
    assert not verification.verify(place).problems


def test_a_place_shows_its_own_visible_objects_and_their_sizes(place):
    assert (place.names(), place.sizes()) == ([], {})
    place.publish("b.parquet", b"12")
    place.publish("a.parquet", b"")
    place.publish(".hidden", b"1")
    place.publish("_quarantine/c.parquet", b"1")
    place.publish("below/d.parquet", b"1")
    assert place.names() == ["a.parquet", "b.parquet"]
    assert place.sizes() == {"a.parquet": 0, "b.parquet": 2}
    assert place.open("a.parquet").read() == b""
    assert place.sweep() == 0
    with pytest.raises(FileNotFoundError):
        place.open("c.parquet")


def test_the_same_content_may_come_twice_and_other_content_is_refused(place):
    place.publish("a.parquet", b"content")
    place.publish("a.parquet", b"content")
    with told(RunError, "a damaged object has its name"):
        place.publish("a.parquet", b"another")
    assert place.open("a.parquet").read() == b"content"


def test_removing_does_not_mind_what_is_gone(place):
    for name in "abc":
        place.publish(f"{name}.parquet", b"1")
    place.remove(["a.parquet", "gone.parquet", "c.parquet"])
    place.remove([])
    assert place.names() == ["b.parquet"]


def test_quarantine_keeps_the_bytes_under_a_name_of_their_own(place):
    moved = []
    for content in (b"one", b"two"):
        place.publish("a.parquet", content)
        moved.append(place.quarantine("a.parquet"))
    assert place.names() == []
    assert len(set(moved)) == 2
    assert [content_at(place, url) for url in moved] == [b"one", b"two"]
    with told(RunError, "a.parquet cannot be moved away (it is not there any more)"):
        place.quarantine("a.parquet")


def test_prepare_leaves_nothing_and_refuses_a_foreign_prefix(place):
    place.prepare()
    assert place.names() == []
    place.publish("thesis.tex", b"dear")
    with told(DataError, "is not a run database (it holds thesis.tex)"):
        place.prepare()
    with told(DataError, "give an empty or new prefix"):
        open_place(str(place).removesuffix("/runs")).prepare()
    with told(DataError, "is an object, not a run database"):
        open_place(f"{place}/thesis.tex").names()


def test_a_place_goes_to_another_process(place):
    copy = pickle.loads(pickle.dumps(place))
    assert copy == place
    assert len(pickle.dumps(place)) < 200
    place.publish("a.parquet", b"1")
    assert copy.names() == ["a.parquet"]


# --- one conditional PUT


def test_an_append_is_one_conditional_put_and_nothing_else(db, s3, report_counts):
    n = 20
    for first in range(n):
        database.append(db, rows(first, 1))
    assert Counter(s3.kinds()) == {"put": n}
    assert all(request.headers["If-None-Match"] == "*" for request in s3.requests)
    assert len({request.path for request in s3.requests}) == n
    report_counts(f"object store: {n} appends, {len(s3.requests)} requests, all conditional PUTs")


def test_no_segment_is_uploaded_in_parts(db, s3):
    """s3fs by itself goes over to parts at 100 MiB."""
    db.publish("large.parquet", bytes(101 * 2**20))
    assert s3.kinds() == ["put"]
    assert db.sizes() == {"large.parquet": 101 * 2**20}


def test_compaction_copies_and_renames_nothing(db, s3):
    for first in (0, 100, 200):
        database.append(db, rows(first))
    s3.requests.clear()
    compaction.compact(db, grace_s=0)
    assert set(s3.kinds()) == {"list", "get", "put", "delete many"}


@pytest.mark.parametrize("fault", ["before", "after", 500, 503, 409])
def test_a_put_that_fails_once_is_tried_again_and_counted_once(db, s3, monkeypatch, fault):
    monkeypatch.setattr(objects, "DELAYS_S", WITHOUT_DELAY)
    s3.fault = once(fault)
    database.append(db, rows(0))
    assert seeds(db) == list(range(100))
    assert s3.kinds().count("put") == 2
    if fault == "after":  # the second PUT finds the first
        assert [request.status for request in s3.requests if request.kind == "put"] == [200, 412]


def test_a_store_that_knows_no_condition_is_served_without(db, s3):
    s3.fault = lambda method, path: 501 if method == "PUT" and "If-None-Match" in s3.headers else None
    database.append(db, rows(0))
    assert seeds(db) == list(range(100))
    before = database.segments(db)
    with told(RunError, "a damaged object has its name"):
        db.publish(before[0], b"another")
    assert seeds(db) == list(range(100))


@pytest.mark.parametrize("fault", ["before", 503])
def test_what_cannot_be_sent_is_not_acknowledged_and_not_there(db, s3, monkeypatch, fault):
    monkeypatch.setattr(objects, "DELAYS_S", WITHOUT_DELAY)
    database.append(db, rows(0, 1))
    s3.fault = lambda method, path: fault
    with pytest.raises(RunError, match=r"runs: a commit was not confirmed \(.+\): check the network"):
        database.append(db, rows(1, 1))
    s3.fault = None
    assert seeds(db) == [0]


def test_a_put_whose_answer_is_lost_for_good_is_not_acknowledged_but_whole(db, s3, monkeypatch):
    monkeypatch.setattr(objects, "DELAYS_S", WITHOUT_DELAY)
    s3.fault = lambda method, path: "after" if method == "PUT" else "before"
    name, content = segment.encode(segment.as_table(rows(0)))
    with told(RunError, "a commit was not confirmed"):
        db.publish(name, content)
    s3.fault = None
    assert seeds(db) == list(range(100))
    db.publish(name, content)
    assert seeds(db) == list(range(100))


def test_every_kind_of_request_may_fail_at_any_time(db, s3, monkeypatch, report_counts):
    """A random tenth of all requests breaks: nothing acknowledged is lost, nothing is there twice."""
    monkeypatch.setattr(objects, "DELAYS_S", WITHOUT_DELAY)
    draw = random.Random(0)
    s3.fault = lambda method, path: draw.choice(["before", "after", 503]) if draw.random() < 0.1 else None
    acknowledged = []
    for first in range(60):
        try:
            database.append(db, rows(first, 1))
        except RunError:
            continue
        acknowledged.append(first)
    with suppress(RunError):
        compaction.compact(db, grace_s=0)
    s3.fault = None
    found = seeds(db)
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found))
    broken = sum(request.status in (0, 503) for request in s3.requests)
    report_counts(
        f"object store: {broken} of {len(s3.requests)} requests broken, "
        f"{len(acknowledged)} of 60 commits acknowledged, {len(set(acknowledged) - set(found))} lost"
    )


# --- others at the same time


APPENDING = """
import sys
from made_rows import make_row, runs_of
from collect.store import database
from collect.store.opening import open_place
db = open_place(sys.argv[1])
for first in range(int(sys.argv[2]), int(sys.argv[2]) + 200, 10):
    database.append(db, [make_row(seed) for seed in range(first, first + 10)])
"""


def test_processes_that_append_at_once_lose_nothing(db):
    started = [
        subprocess.Popen(
            [sys.executable, "-c", APPENDING, str(db), first],
            env={**os.environ, "PYTHONPATH": str(Path(made_rows.__file__).parent)},
            stderr=subprocess.PIPE,
        )
        for first in ("0", "1000")
    ]
    errors = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], errors
    assert seeds(db) == [*range(200), *range(1000, 1200)]
    assert len(database.segments(db)) == 40


def test_the_same_commit_from_many_at_once_is_there_once(db):
    name, content = segment.encode(segment.as_table(rows(0)))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: db.publish(name, content), range(16)))
    assert seeds(db) == list(range(100))


def test_a_listing_is_never_an_old_one(db):
    other = ObjectStore(str(db) + "/")  # another file system, as of another process
    for first in range(3):
        database.append(other, rows(first, 1))
        assert seeds(db) == list(range(first + 1))
    db.remove(db.names())
    assert other.names() == []


def test_a_reader_survives_compaction_between_listing_and_reading(db, s3):
    for first in (0, 100, 200):
        database.append(db, rows(first))
    compacted = []

    def compact_before_the_first_read(method, path):
        if method == "GET" and ".parquet" in path and not compacted:
            compacted.append(path)
            compaction.compact(ObjectStore(str(db) + "/"), grace_s=0)

    s3.fault = compact_before_the_first_read
    assert seeds(db) == list(range(300))
    assert compacted
    assert 404 in [request.status for request in s3.requests]


# --- reading large objects


@pytest.fixture
def large(db, monkeypatch):
    """A segment of many blocks, most of them `errors`."""
    monkeypatch.setattr(object_file, "BLOCK", 2**12)
    monkeypatch.setattr(objects, "BLOCK", 2**12)
    draw = random.Random(0)
    return database.append(db, [make_row(seed, errors=draw.randbytes(5000)) for seed in range(100)])


def test_of_a_large_segment_only_what_is_needed_is_fetched(db, s3, large):
    s3.requests.clear()
    assert database.read(db, ["seed"])["seed"].to_pylist() == list(range(100))
    fetched = sum(_n_bytes(request) for request in s3.requests if request.kind == "get")
    assert fetched < db.sizes()[large] / 4
    s3.requests.clear()
    assert database.read(db).num_rows == 100
    assert max(_n_bytes(request) for request in s3.requests if request.kind == "get") > 400_000


def _n_bytes(request):
    first, last = request.headers["Range"].removeprefix("bytes=").split("-")
    return int(last) + 1 - int(first)


def test_a_large_object_is_a_file_like_any_other(db, large):
    content = db._fetch(large, 0, db.sizes()[large])
    expected = io.BytesIO(content)
    draw = random.Random(1)
    with db.open(large) as file:
        for _ in range(200):
            whence = draw.choice([io.SEEK_SET, io.SEEK_END])
            offset = draw.randrange(len(content)) * (1 if whence == io.SEEK_SET else -1)
            assert file.seek(offset, whence) == expected.seek(offset, whence)
            n_bytes = draw.choice([0, 1, 100, 4096, 9999, -1])
            assert file.read(n_bytes) == expected.read(n_bytes)
            assert file.tell() == expected.tell()


def test_a_large_object_that_vanishes_while_it_is_read_is_a_missing_file(db, large):
    file = db.open(large)
    file.seek(200_000)
    db.remove([large])
    with pytest.raises(FileNotFoundError):
        file.read(100_000)
    with pytest.raises(FileNotFoundError):
        pq.ParquetFile(file)


def test_a_damaged_object_is_found_and_moved_away(db, s3):
    database.append(db, rows(0))
    name = database.append(db, rows(100))
    content = bytearray(db.open(name).read())
    content[len(content) // 3] ^= 4
    overwrite(db, name, bytes(content))
    found = verification.verify(db)
    assert found.damaged == (name,)
    moved = db.quarantine(name)
    assert moved == f"{db}/_quarantine/{name}"
    assert "copy" in s3.kinds(), "the copy is the store's work"
    assert seeds(db) == list(range(100))
    assert content_at(db, moved) == content


# --- errors are one line, and come soon


def test_a_missing_bucket_says_so(s3):
    missing = open_place("s3://made-but-never/runs")
    for action in (missing.prepare, missing.names, lambda: missing.publish("a", b"1")):
        with told(RunError, str(missing), "bucket does not exist", "make the bucket, or correct --db"):
            action()


def test_wrong_and_missing_credentials_say_so(monkeypatch):
    with s3_server.moto_server(INITIAL_NO_AUTH_ACTION_COUNT="0") as address:
        for name, value in s3_server.environment(address).items():
            monkeypatch.setenv(name, value)
        wrong = open_place("s3://made/wrong")
        for action in (wrong.prepare, wrong.names, lambda: wrong.publish("a", b"1")):
            with told(RunError, "Access Key Id you provided", "check the credentials"):
                action()
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        none = open_place("s3://made/none")
        for action in (none.prepare, none.names, lambda: none.publish("a", b"1")):
            with told(RunError, "Unable to locate credentials", "check the credentials"):
                action()
    objects._file_system.cache_clear()


def test_refusals_are_told(db, s3):
    database.append(db, rows(0))
    for method, action in [
        ("PUT", lambda: db.prepare()),
        ("PUT", lambda: db.publish("a.parquet", b"1")),
        ("GET", lambda: db.names()),
        ("PUT", lambda: db.quarantine(db.names()[0])),
    ]:
        s3.requests.clear()
        s3.fault = lambda given, path, method=method: 403 if given == method else None
        with told(RunError, "check the credentials and what they permit"):
            action()
        assert [request.status for request in s3.requests].count(403) == 1, "another try would end the same"
    s3.fault = None
    assert seeds(db) == list(range(100))


def test_a_refused_removal_is_told_though_s3fs_passes_over_it(db, s3, monkeypatch):
    database.append(db, rows(0))
    monkeypatch.setattr(objects._file_system(str(db))[0], "rm", lambda paths: None)
    with told(RunError, "1 objects cannot be removed, such as runs-", "permit deleting"):
        db.remove(db.names())


def test_an_endpoint_that_does_not_answer_is_told_after_few_tries(s3, monkeypatch):
    db = open_place(f"s3://{s3.bucket}/away")
    s3.fault = lambda method, path: "before"
    for action in (db.names, lambda: db.open("a")):
        s3.requests.clear()
        with told(RunError, "check the network, the endpoint"):
            action()
        assert len(s3.requests) <= 24  # 3 by botocore, times 2 and 2 by s3fs, times 2 by aiohttp
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{s3_server.free_port()}")
    with told(RunError, "Could not connect to the endpoint"):
        open_place(f"s3://{s3.bucket}/nowhere").prepare()


# --- what a URL means


def test_urls_that_name_no_place_are_refused():
    for url, message in {
        "s4://a/b": "places of the kind 's4' are not known",
        "simplecache::s3://a/b": "not known",
        "s3://": "names no place",
        "memory:///": "names no place",
        "s3://bucket/run*": "names no place",
        "file://host/runs": "names the machine 'host'",
    }.items():
        with told(UsageError, url, message):
            open_place(url)


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    def refuse(kind):
        raise ImportError("Install s3fs to access S3" if kind == "s3" else "Please install gcsfs")

    monkeypatch.setattr(fsspec, "get_filesystem_class", refuse)
    with told(UsageError, "not installed: pip install 'minima-census[s3]'"):
        open_place("s3://bucket/runs")
    with told(UsageError, "not installed: Please install gcsfs"):
        open_place("gs://bucket/runs")


def test_a_file_url_is_a_directory():
    assert open_place("file:///some%20where/runs%25") == LocalDirectory(Path("/some where/runs%"))
    assert open_place("file://localhost/runs") == LocalDirectory(Path("/runs"))
    assert open_place("local:///runs") == LocalDirectory(Path("/runs"))
    assert open_place("runs%20") == LocalDirectory(Path("runs%20"))


# --- from the command line


def command(program, *words):
    return subprocess.run(
        [sys.executable, "-m", program, *map(str, words)], capture_output=True, text=True, check=False
    )


def training(db, schedule="joint", runs=2):
    return ("collect", "--schedule", schedule, "--runs", runs, "--db", db, "--workers", 2, "--quiet")


@pytest.mark.slow
def test_collect_and_analyze_share_a_bucket(s3, tmp_path):
    db = f"s3://{s3.bucket}/census"
    for schedule in ("joint", "staged"):
        done = command(*training(db, schedule))
        assert done.returncode == 0, done.stderr
    again = command(*training(db))
    assert "2 of 2 runs are in s3://" in again.stdout
    assert "nothing to do" in again.stdout
    out = tmp_path / "report"
    done = command("analyze", "compare", db, "--format", "json", "--resamples", 99, "--out", out)
    assert done.returncode == 0, done.stderr
    groups = json.loads((out / "results.json").read_text())["groups"]
    assert {group["group"]: group["n"] for group in groups} == {"joint": 2, "staged": 2}
    assert {"part", "multipart", "copy"}.isdisjoint(s3.kinds())


@pytest.mark.slow
def test_a_store_that_goes_away_while_collecting_costs_no_acknowledged_run(s3):
    db = f"s3://{s3.bucket}/census"
    acknowledged = []

    def away_after_two_commits(method, path):
        if len(acknowledged) >= 2:
            return "before"
        if method == "PUT" and ".parquet" in path:
            acknowledged.append(path)
        return None

    s3.fault = away_after_two_commits
    stopped = command(*training(db, runs=40))
    assert stopped.returncode == 1
    assert len(stopped.stderr.strip().splitlines()) == 1, stopped.stderr
    assert stopped.stderr.startswith(f"collect: {db}")
    s3.fault = None
    kept = set(seeds(open_place(db)))
    assert len(kept) >= 2
    assert {path.rsplit("/", 1)[1] for path in acknowledged} <= set(open_place(db).names())
    resumed = command(*training(db, runs=40))
    assert resumed.returncode == 0, resumed.stderr
    assert f"{len(kept)} of 40 runs are in" in resumed.stdout
    assert seeds(open_place(db)) == list(range(40))


def test_known_errors_have_their_exit_codes(s3, db):
    overwrite(db, "thesis.tex", b"dear")
    for db, code, message in [
        ("s3://made-but-never/runs", 1, "make the bucket"),
        ("s4://made/runs", 2, "are not known"),
        (f"s3://{s3.bucket}/runs", 3, "is not a run database"),
    ]:
        done = command(*training(db))
        assert done.returncode == code, done.stderr
        assert message in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
