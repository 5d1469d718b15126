"""Damaged and foreign files are never read as other data, and do not hide the rows of others."""

import base64
import dataclasses
import itertools
import random
import re
import shutil
import string
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_rows import UNMEASURED, config_of, hash_of, make_row

from collect.errors import DataError
from collect.store import compaction, database, segment, verification
from collect.store.local import LocalDirectory
from collect.store.schema import SCHEMA, SCHEMA_VERSION

MADE = hash_of(config_of())
ALL = tuple(SCHEMA.names)
FEW = ("seed", "accuracy", "status")
ROOT = Path(__file__).parents[3]
OLD = ROOT / "tests" / "data" / "run_table_1.0.parquet"
BASE64 = (string.ascii_letters + string.digits + "+/").encode()
Reading = tuple[object, ...]


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> LocalDirectory:
    """A database with small segments and a compacted one, the same bytes each time."""
    place = LocalDirectory(tmp_path_factory.mktemp("damage") / "template")
    place.prepare()
    with pytest.MonkeyPatch.context() as patch:
        ids = itertools.count(1)
        patch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=next(ids)))
        for start in range(0, 200, 20):
            failed = make_row(1000 + start, status="failed", message="oh", **UNMEASURED)
            database.append(place, [*(make_row(seed) for seed in range(start, start + 20)), failed])
        compaction.compact(place, grace_s=0)
        diverged = make_row(300, status="diverged", message="nan", **UNMEASURED)
        database.append(place, [*(make_row(seed) for seed in range(200, 210)), diverged])
        database.append(place, [make_row(seed, schedule="other") for seed in range(5)])
    assert len(database.segments(place)) == 3
    return place


@pytest.fixture
def db(template, tmp_path) -> LocalDirectory:
    """A copy of that database, to be damaged."""
    return LocalDirectory(shutil.copytree(template.path, tmp_path / "runs"))


def with_a_changed_byte(content: bytes, draw: random.Random) -> bytes:
    """Return content with one byte changed."""
    place = draw.randrange(len(content))
    return content[:place] + bytes([content[place] ^ draw.randrange(1, 256)]) + content[place + 1 :]


def readings(db: LocalDirectory) -> Reading:
    """Return all columns, few columns, and the seeds; for each None if reading is refused."""
    return (
        _or_refused(lambda: database.read(db, ALL)),
        _or_refused(lambda: database.read(db, FEW)),
        _or_refused(lambda: database.present_seeds(db, MADE, without_failed=True)),
    )


def _or_refused(read: Callable[[], object]) -> object:
    try:
        return read()
    except DataError:
        return None


@dataclasses.dataclass(slots=True)
class Watch:
    """Puts bytes in the place of a segment's, and checks what is read then."""

    db: LocalDirectory
    sound: Reading = ()
    others: dict[str, Reading] = dataclasses.field(default_factory=dict)
    contents: dict[str, bytes] = dataclasses.field(default_factory=dict)
    n_read: int = 0
    n_refused: int = 0

    def __post_init__(self) -> None:
        self.sound = readings(self.db)
        for name in database.segments(self.db):
            self.contents[name] = (self.db.path / name).read_bytes()
            (self.db.path / name).unlink()
            self.others[name] = readings(self.db)
            self.restore(name)

    def restore(self, name: str) -> None:
        (self.db.path / name).write_bytes(self.contents[name])

    def check(self, name: str, content: bytes) -> None:
        """Check that all is read as it was or refused, that all others are read, and that it is found."""
        (self.db.path / name).write_bytes(content)
        found = readings(self.db)
        for got, wanted in zip(found, self.sound, strict=True):
            assert got is None or got == wanted
        for columns, sound, others in zip((ALL, FEW), self.sound, self.others[name], strict=False):
            refused: list[DataError] = []
            assert database.read(self.db, columns, unreadable=refused) == (others if refused else sound)
            assert all(name in str(error) for error in refused)
        assert segment.is_intact(name, content) is False
        (problem,) = verification.verify(self.db).problems
        assert (problem.segment, problem.is_damage) == (name, True)
        self.n_read += len(found)
        self.n_refused += sum(got is None for got in found)
        self.restore(name)


@pytest.fixture
def watch(db) -> Iterator[Watch]:
    watch = Watch(db)
    yield watch
    assert readings(db) == watch.sound
    assert not verification.verify(db).problems


@pytest.mark.slow
def test_a_changed_byte_is_never_read_as_other_data(watch, stress, report_counts):
    draw, n_changes = random.Random(3), 2000 if stress else 200
    for name, _ in zip(itertools.cycle(sorted(watch.contents)), range(n_changes), strict=False):
        watch.check(name, with_a_changed_byte(watch.contents[name], draw))
    report_counts(
        f"{n_changes} changed bytes: all found by verify, {watch.n_refused} of {watch.n_read} readings "
        "refused, the others the same as before"
    )
    assert watch.n_refused


def test_a_truncated_segment_is_never_read(watch, stress, report_counts):
    draw, n_cuts = random.Random(4), 500 if stress else 50
    for name, _ in zip(itertools.cycle(sorted(watch.contents)), range(n_cuts), strict=False):
        content = watch.contents[name]
        watch.check(name, content[: draw.randrange(len(content))])
    assert watch.n_refused == watch.n_read == 3 * n_cuts
    report_counts(f"{n_cuts} truncations: all found by verify, all {watch.n_read} readings refused")


def test_a_lost_content_is_never_read(watch):
    """Empty, zeroed, without its start, and a text."""
    first, *_ = sorted(watch.contents)
    content = watch.contents[first]
    for other in (b"", bytes(len(content)), content[100:], b"dear diary"):
        watch.check(first, other)
    assert watch.n_refused == watch.n_read


def changed_words(content: bytes, word: bytes) -> Iterator[bytes]:
    """Yield content with a changed character where it says a word, in plain or in Arrow's own schema.

    Arrow keeps that in base64, so that a byte there is six bits of the word.
    """
    for found in re.finditer(re.escape(word), content):
        yield from _changed(content, range(*found.span()), string.printable.encode())
    schema = re.search(rb"[A-Za-z0-9+/]{1000,}=*", content)
    for found in re.finditer(re.escape(word), base64.b64decode(schema.group())):
        first, last = (schema.start() + place * 4 // 3 for place in (found.start(), found.end() - 1))
        yield from _changed(content, range(first, last + 2), BASE64)


def _changed(content: bytes, places: Iterable[int], values: bytes) -> Iterator[bytes]:
    for place, value in itertools.product(places, values):
        if content[place] != value:
            yield content[:place] + bytes([value]) + content[place + 1 :]


VERSION = ".".join(map(str, SCHEMA_VERSION))


@pytest.mark.parametrize("word", [VERSION, "minima_census.schema_version", "accuracy_head1", "column_d"])
def test_changed_words_in_the_footer_are_never_read_as_other_data(db, stress, report_counts, word):
    """What tells how to read the rest: a random byte seldom hits it."""
    name = min(database.segments(db), key=lambda one: db.sizes()[one])
    content = (db.path / name).read_bytes()
    changes = list(changed_words(content, word.encode()))
    if not stress and word != VERSION:
        changes = random.Random(5).sample(changes, 150)
    readings = [("accuracy_head2", "n_test"), FEW]
    sound = [database.read_segment(db, name, columns) for columns in readings]
    n_refused = 0
    for changed in changes:
        (db.path / name).write_bytes(changed)
        for columns, wanted in zip(readings, sound, strict=True):
            got = _or_refused(lambda columns=columns: database.read_segment(db, name, columns))
            assert got is None or got == wanted
            n_refused += got is None
    assert n_refused
    report_counts(
        f"{len(changes)} changes of '{word}' in a footer: {n_refused} readings refused, 0 different"
    )


def test_two_columns_of_one_name_are_never_confused(db):
    """One byte tells the names of the heads' accuracies apart."""
    name = min(database.segments(db), key=lambda one: db.sizes()[one])
    content = (db.path / name).read_bytes()
    columns = ("accuracy_head1", "accuracy_head2")
    sound = [database.read_segment(db, name, [column]) for column in columns]
    places = [found.end() - 1 for found in re.finditer(b"accuracy_head[12]", content)]
    for changed in itertools.chain.from_iterable(_changed(content, [place], b"12") for place in places):
        (db.path / name).write_bytes(changed)
        for column, wanted in zip(columns, sound, strict=True):
            got = _or_refused(lambda column=column: database.read_segment(db, name, [column]))
            assert got is None or got == wanted


def foreign_files(folder: Path) -> Iterator[Path]:
    """Make files with a segment's ending that are none; yield each while it is there."""
    path = folder / "a.parquet"
    pq.write_table(pa.table({"seed": [1], "accuracy": [0.5]}), path)
    yield path
    path.write_text("dear diary")
    yield path
    path.write_bytes(b"")
    yield path
    path.unlink()
    path.mkdir()
    yield path
    path.rmdir()


def test_foreign_files_are_refused_by_name_and_hide_no_rows(db, report_counts):
    sound, n_files = readings(db), 0
    for path in foreign_files(db.path):
        with pytest.raises(DataError, match=r"a\.parquet"):
            database.read(db)
        assert set(readings(db)) == {None}
        refused: list[DataError] = []
        assert database.read(db, unreadable=refused) == sound[0]
        assert [path.name in str(error) for error in refused] == [True]
        (problem,) = verification.verify(db).problems
        assert (problem.segment, problem.is_damage) == (path.name, False)
        n_files += 1
    report_counts(f"{n_files} foreign files: all found by verify, none read, all other rows read")
    assert readings(db) == sound


def test_files_of_other_kinds_are_passed_over(db):
    sound = readings(db)
    (db.path / "notes.txt").write_text("dear diary")
    (db.path / "plots").mkdir()
    assert readings(db) == sound


def test_a_segment_of_the_first_version_is_read(tmp_path):
    """It has no digests of columns, and another form of name."""
    db = LocalDirectory(tmp_path)
    shutil.copy(OLD, tmp_path / f"runs-{'0' * 32}.parquet")
    plain = pq.read_table(OLD)
    found = database.read(db)
    assert found.num_rows == plain.num_rows > 0
    key = [("config_hash", "ascending"), ("seed", "ascending")]
    assert found.select(plain.column_names).to_pylist() == plain.sort_by(key).to_pylist()
    assert not verification.verify(db).problems


DECODE = """
import io, random, sys
from pathlib import Path
from collect.errors import DataError
from collect.store import segment

content, names, draw = Path(sys.argv[1]).read_bytes(), segment.SCHEMA.names, random.Random(4)
footer = int.from_bytes(content[-8:-4], "little") + 8
for _ in range(2500):
    changed = bytearray(content)
    changed[-draw.randrange(1, footer + 1)] ^= 1 << draw.randrange(8)
    try:
        segment.decode(io.BytesIO(changed), names, where="here")
    except DataError:
        pass
"""


def test_no_changed_footer_ends_the_process(tmp_path):
    """Asked for some of what a damaged footer states, Arrow aborts instead of raising an error."""
    _, content = segment.encode(segment.as_table([make_row(seed) for seed in range(20)]))
    (tmp_path / "segment").write_bytes(content)
    program = [sys.executable, "-c", DECODE, str(tmp_path / "segment")]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
