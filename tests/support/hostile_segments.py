"""Segments from elsewhere: sound ones with something changed, in bytes, metadata, values, schema or kind.

What is changed is consistent otherwise: its digests and its name are those of what it holds, so that nothing
but the change itself can be what is refused.
"""

import functools
import hashlib
import json
import os
import random
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from made_rows import hash_of, make_row

from collect.store import segment
from collect.store.schema import DIGESTS_KEY, READ_WITH_KEY, SCHEMA, VERSION_KEY

DEEP = "[" * 100_000 + "]" * 100_000
TEXTS = (
    "", "\x1b[31mred\x1b]0;title\x07", "two\nlines", "nul\x00", "‮reversed", "a" + "́" * 500, "\ufffe", "é😀",
    "=1+1", "[red]markup[/red]", "x" * 100_000, "x" * (2**20 + 1), "../../outside", "{}", DEEP,
    '{"schedule": ' + '{"a": ' * 500 + "1" + "}" * 501, '{"hidden_units": ' + "[" * 900 + "]" * 900 + "}",
    '{"n_train": ' + "9" * 5_000 + "}", '{"schedule": {"stages": [{"steps": "a"}, {"steps": 1e400}]}}',
    '[["a", 1]]', '{"a": NaN}', "null",
)  # fmt: skip
NUMBERS = (0, -1, 1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 253402300800 * 10**6, 10**17)
FLOATS = (0.0, -0.0, -1.0, 1.5, 1e308, -1e308, 5e-324, float("nan"), float("inf"), float("-inf"))
TYPES = (
    pa.null(), pa.int8(), pa.int64(), pa.float16(), pa.float64(), pa.string(), pa.large_string(), pa.binary(),
    pa.bool_(), pa.date32(), pa.timestamp("ns"), pa.timestamp("us", tz="UTC"), pa.decimal128(10, 2),
    pa.list_(pa.int64()), pa.struct([("a", pa.int64())]), pa.dictionary(pa.int32(), pa.string()),
    pa.map_(pa.string(), pa.int64()),
)  # fmt: skip
# What commands count with, show or sort by
MATTERING = [
    "config_hash", "seed", "schedule", "config", "status", "run_id", "committed_at", "accuracy",
    "learning_rate", "env_hash", "errors",
]  # fmt: skip
VERSIONS = (
    b"", b"1", b"1.0", b"1.1", b"1.2", b"1.99", b"0.9", b"2.0", b"9" * 5_000, b"-1", b"1.2.3", b"\xff\xfe",
    b"\x1b[31m", "१".encode(),
)  # fmt: skip
DIGESTS = (
    b"", b"{", b"null", b"[]", b"1", b"{}", b'{"seed": 1}', b'{"seed": null}', b"\xff", DEEP.encode(), b'"a"',
    b'{"a": ' * 100_000, b"9" * 5_000, b"NaN",
)  # fmt: skip


def sound_rows(n: int = 3) -> pa.Table:
    return segment.as_table([make_row(seed) for seed in range(100, 100 + n)])


def as_bytes(table: pa.Table, metadata: dict[bytes, bytes] | None = None, **options) -> bytes:
    """Return a table as a segment, with digests of what it holds unless others are given."""
    digests = {}
    for name in set(table.column_names) & set(SCHEMA.names):
        try:
            digests[name] = segment.column_digest(name, table[name])
        except Exception:  # of a type that has none
            digests[name] = "0" * 16
    stated = {VERSION_KEY: b"1.2", READ_WITH_KEY: b"0.1.0", DIGESTS_KEY: json.dumps(digests).encode()}
    sink = pa.BufferOutputStream()
    told = {key: value for key, value in {**stated, **(metadata or {})}.items() if value is not None}
    pq.write_table(
        table.replace_schema_metadata(told), sink, compression="zstd", write_page_checksum=True, **options
    )
    return sink.getvalue().to_pybytes()


def name_of(content: bytes, draw: random.Random) -> str:
    """Return a name that its digest fits, or one of other kinds."""
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    ours = f"runs-{hash_of('made')[:12]}-100-102-3-{digest}.parquet"
    others = (
        "a.parquet",
        f"runs-{'0' * 32}.parquet",
        "\x1b[31mred\n.parquet",
        f"runs-mixed-9-1-0-{digest}.parquet",
    )
    return draw.choice([ours, ours, ours, *others])


def _flipped(draw: random.Random) -> bytes:
    content = bytearray(as_bytes(sound_rows()))
    footer = len(content) - draw.choice([8, 100, 2_000, len(content)])
    for _ in range(draw.choice([1, 1, 2, 8])):
        content[draw.randrange(footer, len(content))] = draw.randrange(256)
    return bytes(content[: draw.choice([len(content)] * 4 + [draw.randrange(len(content))])])


def _stated(draw: random.Random) -> bytes:
    key, values = draw.choice([(VERSION_KEY, VERSIONS), (DIGESTS_KEY, DIGESTS), (READ_WITH_KEY, VERSIONS)])
    metadata = {key: draw.choice([*values, None])}
    if draw.random() < 0.3:
        metadata |= {VERSION_KEY: draw.choice([b"1.0", b"2.0", b"1.3"])}
    return as_bytes(sound_rows(), metadata)


def _valued(draw: random.Random) -> bytes:
    table = sound_rows()
    names = {draw.choice([*SCHEMA.names, *4 * MATTERING]) for _ in range(draw.choice([1, 1, 3]))}
    for field in map(SCHEMA.field, sorted(names)):
        values = table[field.name].to_pylist()
        for row in draw.choice([[0], [1], range(len(values))]):
            values[row] = draw.choice(_values_of(field.type, draw))
        at = SCHEMA.get_field_index(field.name)
        table = table.set_column(at, pa.field(field.name, field.type), [_array(values, field.type)])
    return as_bytes(table)


def _values_of(kind: pa.DataType, draw: random.Random) -> tuple[object, ...]:
    if pa.types.is_string(kind):
        return (None, *TEXTS, b"\xff\xfe invalid", b"\xed\xa0\x80")
    if pa.types.is_binary(kind):
        return (None, b"", b"\0", b"\xff" * 100_000)
    if pa.types.is_boolean(kind):
        return (None, True, False)
    if pa.types.is_floating(kind):
        return (None, *FLOATS)
    bits = 32 if kind == pa.int32() else 64
    return (None, *(n for n in NUMBERS if -(2 ** (bits - 1)) <= n < 2 ** (bits - 1)))


def _array(values: list[object], kind: pa.DataType) -> pa.Array:
    """Return values as an array, texts that are no UTF-8 and times that no calendar has included."""
    if pa.types.is_string(kind):
        raw = pa.array([v.encode() if isinstance(v, str) else v for v in values], pa.binary())
        return pa.Array.from_buffers(kind, len(raw), raw.buffers(), raw.null_count)
    if pa.types.is_timestamp(kind):
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        whole = [int((v - epoch).total_seconds() * 1e6) if isinstance(v, datetime) else v for v in values]
        return pa.array(whole, pa.int64()).cast(kind)
    return pa.array(values, kind)


def _of_type(kind: pa.DataType, n: int) -> pa.Array:
    """Return numbers as another type, or nothing where it has none."""
    try:
        return pa.array(range(n), pa.int64()).cast(kind)
    except pa.ArrowException:
        return pa.nulls(n, kind)


def _shaped(draw: random.Random) -> bytes:
    table, at = sound_rows(), draw.randrange(len(SCHEMA))
    name = SCHEMA.names[at]
    how = draw.choice(["drop", "twice", "rename", "type", "type", "type", "shuffle", "empty", "more"])
    if how == "drop":
        table = table.drop_columns([name])
    elif how == "twice":
        table = table.append_column(name, table[name])
    elif how == "rename":
        table = table.rename_columns([draw.choice(TEXTS[:9]) if n == name else n for n in table.column_names])
    elif how == "type":
        table = table.set_column(at, name, _of_type(draw.choice(TYPES), len(table)))
    elif how == "shuffle":
        table = table.select(draw.sample(table.column_names, len(table.column_names)))
    elif how == "empty":
        table = table.slice(0, 0)
    else:
        table = table.append_column(draw.choice(TEXTS[:9]), pa.nulls(len(table), draw.choice(TYPES)))
    return as_bytes(table)


@functools.cache
def many_rows() -> bytes:
    """Return a million rows in some kB."""
    row, n_rows = sound_rows(1).combine_chunks(), 10**6
    same = {
        name: pa.nulls(n_rows, column.type) if column.null_count else _repeated(column.chunk(0), n_rows)
        for name, column in zip(SCHEMA.names, row.columns, strict=True)
    }
    return _without_arrows_schema(pa.table(same))


@functools.cache
def long_texts() -> bytes:
    """Return rows that take 4.5 GB of memory and some kB of the disk: each has the same long text."""
    row, n_rows = sound_rows(1).combine_chunks(), 5_000
    table = pa.table({name: pa.repeat(row[name][0], n_rows) for name in SCHEMA.names})
    texts = _repeated(pa.array(["x" * 900_000]), n_rows)
    return _without_arrows_schema(table.set_column(SCHEMA.get_field_index("schedule"), "schedule", texts))


def _repeated(value: pa.Array, n: int) -> pa.Array:
    """Return a value many times, held once."""
    return pa.DictionaryArray.from_arrays(np.zeros(n, np.int32), value)


def _without_arrows_schema(table: pa.Table) -> bytes:
    """Return a table whose dictionaries are read as what they are of, without digests."""
    sink = pa.BufferOutputStream()
    options = {"store_schema": False, "compression": "zstd", "write_page_checksum": True}
    with pq.ParquetWriter(sink, table.schema, dictionary_pagesize_limit=2**30, **options) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({VERSION_KEY: b"1.2", DIGESTS_KEY: b"{}"})
    return sink.getvalue().to_pybytes()


CONTENTS: dict[str, Callable[[random.Random], bytes]] = {
    "bytes": _flipped,
    "metadata": _stated,
    "values": _valued,
    "schema": _shaped,
}


def put(folder: Path, outside: Path, draw: random.Random, kind: str) -> Path:
    """Put something hostile into a folder, and return its path."""
    if kind in CONTENTS:
        content = CONTENTS[kind](draw)
        path = folder / name_of(content, draw)
        path.write_bytes(content)
        return path
    path = folder / name_of(kind.encode(), draw)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("socket")  # the paths of sockets must be short
        Path("socket").rename(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to({"device": "/dev/zero", "link": outside / "mine.txt", "nowhere": "nowhere"}[kind])
    return path


KINDS = (*CONTENTS, "pipe", "socket", "folder", "device", "link", "nowhere")
# So many of each among so many as there are in all
WEIGHTS = (4, 5, 15, 5, 1, 1, 1, 1, 1, 1)
