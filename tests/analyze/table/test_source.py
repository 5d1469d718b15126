"""Tables are read from directories and stores, whole, while others write; damage is never data."""

import gzip
import json
import random
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import s3_server
from made_rows import make_row
from messages import told

from analyze.errors import DataError, RunError, UsageError
from analyze.question import make_question
from analyze.table import parquet, segments
from analyze.table.runs import read
from analyze.table.source import read_source
from collect.store import compaction, database, schema, segment
from collect.store.local import LocalDirectory
from collect.store.objects import ObjectStore

GOLDEN = Path(__file__).parents[2] / "data" / "run_table_1.0.parquet"


@pytest.fixture
def db(tmp_path):
    return LocalDirectory(tmp_path / "runs")


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


def rows(first, n=50, **changes):
    return [make_row(seed, ("joint", "staged")[seed % 2], **changes) for seed in range(first, first + n)]


def fill(db, n_segments=3, **changes):
    db.prepare()
    return [database.append(db, rows(50 * i, **changes)) for i in range(n_segments)]


def seeds(source):
    return sorted(source.frame["seed"])


def small(n=40):
    rng = np.random.default_rng(0)
    return pd.DataFrame({"g": np.repeat(["a", "b"], n // 2), "x": rng.normal(size=n)})


# --- the reader's digests are those of the writer


@pytest.mark.parametrize("field", list(schema.SCHEMA), ids=lambda field: field.name)
@pytest.mark.parametrize("n_nulls", [0, 3, 20])
def test_both_programs_agree(field, n_nulls):
    draw = random.Random(f"{field.name} {n_nulls}")
    values = [_value(field.type, draw) for _ in range(20)]
    for place in draw.sample(range(20), n_nulls):
        values[place] = None
    whole = pa.array(values, field.type)
    padded = pa.concat_arrays([whole.slice(0, 3), whole, whole.slice(0, 5)])
    same = [
        pa.chunked_array([whole]),
        pa.chunked_array([padded.slice(3, 20)]),
        pa.chunked_array([whole.slice(0, 7), padded.slice(10, 1), whole.slice(8)]),
    ]
    expected = segment.column_digest(field.name, same[0])
    assert [segments.column_digest(field.name, column) for column in same] == [expected] * 3
    assert segments.column_digest("another", same[0]) != expected
    if n_nulls < 20:
        assert segments.column_digest(field.name, pa.chunked_array([whole[1:], whole[:1]])) != expected


def test_nothing_and_empty_are_told_apart():
    texts = [["a", ""], ["a", None], ["", "a"], [None, "a"], ["a"], ["a", "", ""]]
    digests = {segments.column_digest("c", pa.chunked_array([t], pa.string())) for t in texts}
    assert len(digests) == len(texts)


def test_the_names_of_the_format_are_those_of_the_writer():
    assert segments.VERSION_KEY == schema.VERSION_KEY
    assert segments.READ_WITH_KEY == schema.READ_WITH_KEY
    assert segments.DIGESTS_KEY == schema.DIGESTS_KEY
    assert schema.SCHEMA_VERSION[0] == segments.MAJOR
    assert segments.WITH_DIGESTS == segment.WITH_DIGESTS
    assert {segments.ROW, segments.LONG} <= set(schema.SCHEMA.names)
    name, content = segment.encode(segment.as_table(rows(0)))
    assert segments.is_intact(name, content) is True
    assert segments.is_intact(name, content + b"x") is False
    assert segments.is_intact("runs.parquet", content) is None


def _value(kind, draw):
    if pa.types.is_string(kind):
        return draw.choice(["", "a", "λ = 0.1", "x" * 300])
    if pa.types.is_binary(kind):
        return draw.randbytes(draw.choice([0, 1, 50]))
    if pa.types.is_boolean(kind):
        return draw.random() < 0.5
    if pa.types.is_floating(kind):
        return draw.choice([draw.random(), -0.0, float("nan"), float("inf")])
    if pa.types.is_timestamp(kind):
        return datetime(2026, 1, 1, microsecond=draw.randrange(10**6), tzinfo=UTC)
    return draw.randrange(2**31)


# --- run databases


def test_every_row_is_there_once_while_a_compaction_replaces_segments(db, monkeypatch):
    fill(db)
    read_part, compacted = parquet.read_part, []

    def compact_first(place, size, wanted):
        if not compacted:
            compacted.append(compaction.compact(db, grace_s=0))
        return read_part(place, size, wanted)

    monkeypatch.setattr(parquet, "read_part", compact_first)
    source = read_source(str(db))
    assert compacted[0].n_rows == 150
    assert seeds(source) == list(range(150))
    assert source.n_files == len(database.segments(db)) < 3


def test_rows_that_two_segments_hold_count_once_and_silently(db):
    names = fill(db)
    old = {name: (db.path / name).read_bytes() for name in names}
    compaction.compact(db, grace_s=0)
    for name, content in old.items():
        (db.path / name).write_bytes(content)
    table = read(make_question(str(db), resamples=99))
    assert (len(table.runs), table.source["n_rows"], table.source["n_files"]) == (150, 150, 4)
    assert table.exclusions.empty


def test_only_our_own_rows_count_once(tmp_path):
    pd.DataFrame({"run_id": ["a", "a"], "epoch": [1, 2]}).to_parquet(tmp_path / "epochs.parquet")
    assert len(read_source(str(tmp_path)).frame) == 2


def test_only_what_a_question_may_need_is_read(db):
    fill(db)
    question = make_question(str(db), where="seed < 100 and config != 'none'", by="optimizer")
    with told(DataError, "all runs are in one group, optimizer = sgd"):
        read(question)
    source = read_source(str(db), wanted={"seed", "config"})
    assert source.frame.columns.tolist() == ["seed", "config"]
    assert source.columns == tuple(n for n in schema.SCHEMA.names if n != "errors")
    with told(UsageError, "value='cpuu':", "did you mean 'cpu'"):
        read(make_question(str(db), value="cpuu"))
    with told(UsageError, "the columns are config_hash,", ", cpu, device, env_hash"):
        read(make_question(str(db), where="cpuu == 'made'"))
    assert len(read(make_question(str(db), where="cpu == 'made' and seed < 100")).runs) == 100


def test_texts_are_the_same_however_they_are_held(db):
    fill(db, message=None)
    database.append(db, rows(200, status="failed", message="broken", git_commit="c" * 40))
    frame = read_source(str(db)).frame.sort_values("seed", ignore_index=True)
    table = database.read(db, [n for n in schema.SCHEMA.names if n != "errors"])
    expected = table.to_pandas().sort_values("seed", ignore_index=True)
    assert ((frame.dtypes == "str") == (expected.dtypes == "str")).all()
    pd.testing.assert_frame_equal(frame, expected.astype(frame.dtypes.to_dict()))


def test_every_version_is_read(db):
    golden = read_source(str(GOLDEN))
    assert golden.schema_version == "1"
    expected = pq.read_table(GOLDEN, columns=["seed", "accuracy"]).to_pandas()
    pd.testing.assert_frame_equal(golden.frame[["seed", "accuracy"]], expected)
    fill(db, 1)
    (db.path / "old.parquet").write_bytes(GOLDEN.read_bytes())
    both = read_source(str(db))
    assert both.schema_version == f"1, {'.'.join(map(str, schema.SCHEMA_VERSION))}"
    assert len(both.frame) == 50 + len(golden.frame)


def test_a_later_minor_version_is_read_and_a_major_one_is_not(db):
    fill(db, 1)
    _write_version(db, "1.7", since="later")
    source = read_source(str(db), wanted={"seed", "later"})
    assert source.frame["later"].notna().sum() == 50
    assert len(source.frame) == 100
    _write_version(db, "2.0")
    with told(DataError, "has version 2.0", "update to minima-census 9.1 or later"):
        read_source(str(db))


def test_a_version_that_is_none_is_damage(db):
    fill(db, 1)
    _write_version(db, "one")
    with told(DataError, "is damaged (its version is 'one')"):
        read_source(str(db))


def _write_version(db, version, since=None):
    """Write a segment as a later program would."""
    table = segment.as_table(rows(1000))
    if since:
        table = table.append_column(since, pa.array(range(50)))
    digests = {name: segments.column_digest(name, table[name]) for name in table.column_names}
    metadata = {
        schema.VERSION_KEY: version,
        schema.READ_WITH_KEY: "9.1",
        schema.DIGESTS_KEY: json.dumps(digests),
    }
    pq.write_table(table.replace_schema_metadata(metadata), db.path / f"{version}.parquet")


# --- damage


@pytest.mark.parametrize("named", [True, False], ids=["with its name", "renamed"])
def test_a_flipped_byte_is_an_error_or_changes_nothing(db, named, report_counts):
    (name,) = fill(db, 1, errors=None)
    expected = read_source(str(db)).frame
    content = (db.path / name).read_bytes()
    path = db.path / (name if named else "renamed.parquet")
    (db.path / name).unlink()
    n_errors = n_harmless = 0
    places = range(0, len(content), max(1, len(content) // 200))
    for place in places:
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            frame = read_source(str(db)).frame
        except DataError as error:
            n_errors += path.name in str(error)
        else:
            pd.testing.assert_frame_equal(frame, expected)
            n_harmless += 1
    assert n_errors + n_harmless == len(places)
    assert n_harmless == 0 if named else n_errors > n_harmless
    report_counts(f"analyze: {n_errors} of {len(places)} flipped bytes refused, 0 read as other data")


def test_a_flipped_byte_of_version_1_0_changes_nothing_either(tmp_path):
    """That version has no digests: the page checksums find it."""
    expected, content = read_source(str(GOLDEN)).frame, GOLDEN.read_bytes()
    metadata = pq.ParquetFile(GOLDEN).metadata.row_group(0)
    chunks = [metadata.column(i) for i in range(metadata.num_columns)]
    places = [
        c.data_page_offset + c.total_compressed_size // 2 for c in chunks if c.physical_type == "DOUBLE"
    ]
    for place in places:
        damaged = bytearray(content)
        damaged[min(place, len(content) - 1)] ^= 4
        (tmp_path / "old.parquet").write_bytes(damaged)
        try:
            frame = read_source(str(tmp_path)).frame
        except DataError:
            continue
        pd.testing.assert_frame_equal(frame, expected)


@pytest.mark.parametrize("damage", ["truncated", "empty", "text"])
def test_a_torn_segment_is_named_with_what_to_do(db, damage):
    name = fill(db)[1]
    content = (db.path / name).read_bytes()
    torn = {"truncated": content[: len(content) // 2], "empty": b"", "text": b"hello" * 100}[damage]
    (db.path / name).write_bytes(torn)
    with told(DataError, f"'{db}/{name}' is damaged (", f"`collect verify --quarantine --db {db}` moves it"):
        read_source(str(db))


def test_values_exchanged_for_others_are_found_by_the_digests(db):
    """As a program would that opens a segment and writes it again with another accuracy."""
    (name,) = fill(db, 1)
    table = pq.read_table(db.path / name)
    other = pa.array(table["accuracy"].to_pylist()[::-1])
    table = table.set_column(table.column_names.index("accuracy"), "accuracy", other)
    (db.path / name).unlink()
    pq.write_table(table, db.path / "again.parquet")
    with told(DataError, "again.parquet' is damaged (the values of accuracy are not those"):
        read_source(str(db))
    assert len(read_source(str(db), wanted={"seed"}).frame) == 50


def test_anybodys_torn_file_is_named_too(tmp_path):
    small().to_parquet(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-9])
    with told(DataError, "b.parquet' cannot be read:", "move it away or restore it"):
        read_source(str(tmp_path))


# --- stores


@pytest.fixture(params=["s3", "memory", "file"])
def base(request, tmp_path):
    if request.param == "s3":
        return f"s3://{request.getfixturevalue('s3').bucket}/some"
    if request.param == "memory":
        return f"memory://{request.node.originalname}/some"
    return f"file://{tmp_path}/some%20where"


def put(base, name, content):
    # not one that fsspec has kept from an earlier test, with that one's server
    options = {"auto_mkdir": True} if base.startswith("file") else {}
    url = f"{base}/{name}".replace("%20", " ")
    fs, path = fsspec.url_to_fs(url, skip_instance_cache=True, **options)
    fs.pipe_file(path, content)


def test_tables_of_each_kind(base):
    frame = small()
    text = frame.to_csv(index=False).encode()
    put(base, "one.parquet", frame.to_parquet())
    put(base, "one.csv", text)
    put(base, "one.csv.gz", gzip.compress(text))
    put(base, "one.tsv", text.replace(b",", b"\t"))
    put(base, "unnamed", frame.to_parquet())
    for name in ("one.parquet", "one.csv", "one.csv.gz", "one.tsv", "unnamed"):
        source = read_source(f"{base}/{name}")
        pd.testing.assert_frame_equal(source.frame, frame)
        assert (source.n_files, source.path) == (1, f"{base}/{name}")


def test_a_prefix_of_tables(base):
    for name in ("a.parquet", "b.parquet", ".hidden.parquet", "below/c.parquet", "_quarantine/d.parquet"):
        put(base, name, small().to_parquet())
    source = read_source(base)
    assert (len(source.frame), source.n_files) == (80, 2)
    assert len(read_source(base + "/").frame) == 80


def test_what_is_not_there_is_told(base):
    with told(UsageError, "there is no file or directory", "collect runs first"):
        read_source(f"{base}/nowhere")
    put(base, "notes.md", b"hello, world")
    with told(DataError, "holds no tables that can be read (it holds notes.md)"):
        read_source(base)
    with told(DataError, "is not a table that can be read; what can be read: Parquet"):
        read_source(f"{base}/notes.md")
    put(base, "torn.csv.gz", b"\x1f\x8btorn")
    with told(DataError, "torn.csv.gz' cannot be unpacked as .gz", "it may be torn"):
        read_source(f"{base}/torn.csv.gz")


def test_a_run_database_in_a_bucket_while_it_is_compacted(s3):
    db = ObjectStore(f"s3://{s3.bucket}/runs")
    fill(db)
    compacted = []

    def compact_before_the_first_read(method, path):
        if method == "GET" and ".parquet" in path and not compacted:
            compacted.append(path)
            compaction.compact(db, grace_s=0)

    s3.fault = compact_before_the_first_read
    source = read_source(str(db))
    assert seeds(source) == list(range(150))
    assert 404 in [request.status for request in s3.requests]


def test_a_small_segment_is_one_request_and_of_a_large_one_little_is_fetched(s3):
    db = ObjectStore(f"s3://{s3.bucket}/runs")
    fill(db)
    s3.requests.clear()
    read_source(str(db))
    assert s3.kinds().count("get") == 3
    draw = random.Random(0)
    large = ObjectStore(f"s3://{s3.bucket}/large")
    database.append(large, [make_row(seed, errors=draw.randbytes(50_000)) for seed in range(100)])
    s3.requests.clear()
    assert seeds(read_source(str(large), wanted=set(schema.SCHEMA.names) - {"errors"})) == list(range(100))
    ranges = [r.headers["Range"].removeprefix("bytes=").split("-") for r in s3.requests if r.kind == "get"]
    fetched = sum(int(last) + 1 - int(first) for first, last in ranges)
    assert fetched < 500_000 < large.sizes()[large.names()[0]]
    assert len(ranges) <= 5


def test_errors_of_the_way_to_a_store_are_one_line(s3, monkeypatch):
    url = f"s3://{s3.bucket}/runs"
    fill(ObjectStore(url))
    for fault, message in [("before", "check the network"), (403, "check the credentials")]:
        for kind in ("list", "get"):
            s3.fault = _at(kind, fault)
            with told(RunError, s3.bucket, message):
                read_source(url)
    s3.fault = None
    with told(UsageError, "there is no file or directory 's3://made-but-never/runs'"):
        read_source("s3://made-but-never/runs")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with told(RunError, "Unable to locate credentials): check the credentials"):
        read_source(url)


def test_kinds_that_are_not_known_or_not_installed(monkeypatch):
    with told(UsageError, "places of the kind 's4' are not known"):
        read_source("s4://a/b")

    def refuse(url, **options):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec, "url_to_fs", refuse)
    with told(UsageError, "not installed: pip install 'minima-census[s3]'"):
        read_source("s3://a/b")


def _at(kind, fault):
    """Break listings, or all else that reads."""

    def broken(method, path):
        listing = "list-type" in path
        return fault if method in ("GET", "HEAD") and listing == (kind == "list") else None

    return broken
