"""Check every segment of a run database: its bytes, its digests, and its rows against all others.

What no run can have is refused before it is committed; see `segment.as_table`.

One segment is in memory at a time. What others write or compact meanwhile does no harm.
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from collect.errors import CollectError, DataError
from collect.store import database, seeds, segment
from collect.store.agreement import MOST_PAIRS, Disagreement, Distance, Ledger, distance
from collect.store.local import STALE_S, LocalDirectory
from collect.store.place import Place
from collect.store.schema import VERSION_KEY
from collect.store.segment import DamagedError

# A segment that is not what was written: `--quarantine` moves it away.
DAMAGE = "damage"
# Readers refuse it, but it may be sound: of a later version, foreign, or out of reach. It stays.
UNREADABLE = "unreadable"
# Sound rows that do not agree: a person has to look.
ALARM = "alarm"
# Nothing wrong, but worth knowing.
NOTE = "note"

# Names of version 1.0 tell nothing; segments of later versions have other names.
_NAME_1_0 = re.compile(rf"runs-[0-9a-f]{{32}}\{segment.ENDING}")
_MAX_NAMES = 5
_DESCRIPTION = ("config_hash", "schedule", "optimizer", "learning_rate", "dataset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that verification found.

    Attributes
    ----------
    segment
        Name of the file; of one of them, where a finding is about several.
    kind
        `damage`, `unreadable`, `alarm` or `note`.
    message
        What was found, in one line.
    """

    segment: str
    kind: str
    message: str

    @property
    def is_damage(self) -> bool:
        """Whether the segment is to be moved away."""
        return self.kind == DAMAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a verification found.

    Attributes
    ----------
    n_segments
        Segments that were looked at, the damaged ones included.
    n_rows
        Rows of those that could be read; a row that is there twice is one row.
    findings
        In the order of segments; then what concerns several.
    """

    n_segments: int
    n_rows: int
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> tuple[Finding, ...]:
        """All findings but notes."""
        return tuple(finding for finding in self.findings if finding.kind != NOTE)

    @property
    def damaged(self) -> tuple[str, ...]:
        """Names of the segments that are to be moved away, sorted."""
        return tuple(sorted({finding.segment for finding in self.findings if finding.is_damage}))


def verify(db: Place) -> Verification:
    """Check all segments of a database; nothing is changed.

    Raises
    ------
    DataError, RunError
        The place cannot be listed.
    """
    findings: list[Finding] = []
    ledger = Ledger()
    n_segments = 0
    for name, content in database.contents(db):
        n_segments += 1
        if isinstance(content, CollectError):
            message = f"it {str(content).removeprefix(f'{db}/{name} ')}"
            # What cannot be a segment and has the name of one stands where one was.
            is_none = isinstance(content, DataError) and _is_name(name)
            findings.append(Finding(segment=name, kind=DAMAGE if is_none else UNREADABLE, message=message))
        else:
            findings += _examined(name, content, ledger)
    findings += [_told(one, distance(db, one.pairs)) for one in ledger.disagreements()]
    findings += [*_without_digest(ledger.segments), *_foreign(db), *_leftovers(db)]
    return Verification(n_segments=n_segments, n_rows=ledger.n_distinct(), findings=tuple(findings))


def held(db: Place, name: str) -> str:
    """Return what a damaged segment held, as far as its name, its columns and other segments tell."""
    label = segment.parse_name(name)
    if label is None:
        return "runs that its name does not tell"
    runs = f"{label.n_rows:,} run{'s' * (label.n_rows != 1)}"
    spread = label.last_seed - label.first_seed
    which = f"{'among ' * (spread + 1 != label.n_rows)}seed{'s' * (spread > 0)} "
    which += seeds.shown_ranges([(label.first_seed, label.last_seed)])
    if label.config == segment.MIXED:
        return f"{runs} of several configurations, {which}"
    described = _described(db, name, label.config)
    return f"{runs}, {which} of configuration {label.config}{f' ({described})' if described else ''}"


def _described(db: Place, name: str, config: str) -> str | None:
    """Return what a person calls a configuration, from the damaged segment itself or from another one."""
    told: list[pa.Table] = []
    with suppress(FileNotFoundError, CollectError):
        told.append(database.read_segment(db, name, _DESCRIPTION))
    for table in chain(told, (table for _, table in database.scan(db, _DESCRIPTION, unreadable=[]))):
        rows = table.filter(pc.starts_with(table["config_hash"], config))
        if rows.num_rows:
            row = rows.slice(0, 1).to_pylist()[0]
            rate = None if row["learning_rate"] is None else f"learning rate {row['learning_rate']:g}"
            parts = (row["schedule"], row["optimizer"], rate, row["dataset"])
            return ", ".join(part for part in parts if part)
    return None


def _examined(name: str, content: bytes, ledger: Ledger) -> list[Finding]:
    """Return what is wrong with a segment; its rows, if they are sound, go into the ledger."""
    rows = _sound_rows(name, content)
    if not isinstance(rows, pa.Table):
        return rows
    ledger.add(name, rows)
    return _misnamed(name, rows)


def _sound_rows(name: str, content: bytes) -> pa.Table | list[Finding]:
    """Return a segment's rows, or what is wrong with it."""

    def found(kind: str, message: str) -> list[Finding]:
        return [Finding(segment=name, kind=kind, message=message)]

    # Broken bytes are a segment's if their name or what is left of them says so; others stay where they are.
    is_ours = _is_name(name) or VERSION_KEY in content
    try:
        return segment.whole(name, content, where=name)
    except (DamagedError, OSError) as error:  # an OSError is Arrow's: the bytes are in memory already
        reason = " ".join(str(getattr(error, "reason", error)).split())
        if segment.is_intact(name, content) is False:
            return found(DAMAGE, reason)
        if is_ours:
            return found(DAMAGE, f"it cannot be read ({reason})")
        return found(UNREADABLE, f"it is no segment and cannot be read ({reason}): move it away")
    except DataError as error:
        # Only version 1.0 gave such names: its version is misread.
        kind = DAMAGE if _NAME_1_0.fullmatch(name) else UNREADABLE
        return found(kind, f"it {str(error).removeprefix(f'{name} ')}")


def _is_name(name: str) -> bool:
    return bool(segment.parse_name(name) or _NAME_1_0.fullmatch(name))


def _misnamed(name: str, table: pa.Table) -> list[Finding]:
    """Find a sound segment that somebody has renamed: its name misleads once its bytes are lost."""
    told = segment.parse_name(name)
    if told is None or (held := segment.label(table, told.digest)) == told:
        return []
    message = f"it holds other rows than its name tells: rename it to {held.name()}"
    return [Finding(segment=name, kind=ALARM, message=message)]


def _told(one: Disagreement, far: Distance | None) -> Finding:
    """Return what rows that do not agree mean, and how far they differ."""
    runs = f"configuration {one.config_hash[:12]}, seed{'s' * (len(one.seeds) != 1)} {seeds.shown(one.seeds)}"
    here, there = (found.segment for found in one.pairs[0])
    where = f"seed {one.seeds[0]} here" + (" twice" if here == there else f" and in {there}")
    kind, message = _DISAGREEMENTS[one.kind]
    how_far = "" if far is None else f", {far}"
    if len(one.pairs) == MOST_PAIRS:
        how_far += f" (of the first {MOST_PAIRS:,} pairs)"
    text = f"{message.format(far=how_far)}: {runs} ({where})"
    return Finding(segment=here, kind=kind, message=text)


_DISAGREEMENTS = {
    "same row": (ALARM, "rows with the same run_id differ"),
    "same environment": (
        ALARM,
        "not reproducible, the same seed gave different results with the same software and hardware{far}",
    ),
    "other environment": (
        NOTE,
        "the same seed gave different results with other software or hardware{far}, and the first counts",
    ),
    "unknown machine": (
        NOTE,
        "the same seed gave different results on what may be another machine{far}, and the first counts",
    ),
}


def _without_digest(names: Sequence[str]) -> Iterator[Finding]:
    """Note segments that only their page checksums guard."""
    bare = [name for name in names if segment.parse_name(name) is None]
    if bare:
        many = f"{len(bare):,} segments have" if len(bare) > 1 else "1 segment has"
        message = f"{many} no digest in the name (version 1.0): a flip outside the values may go unseen"
        yield Finding(segment=bare[0], kind=NOTE, message=message)


def _foreign(db: Place) -> Iterator[Finding]:
    """Note visible files that are no segments; readers pass over them."""
    names = [name for name in db.names() if not name.endswith(segment.ENDING)]
    if names:
        listed = ", ".join([*names[:_MAX_NAMES], *["…"] * (len(names) > _MAX_NAMES)])
        many = f"{len(names):,} other files" if len(names) > 1 else "1 other file"
        yield Finding(segment=names[0], kind=NOTE, message=f"{many} beside the segments: {listed}")


def _leftovers(db: Place) -> Iterator[Finding]:
    """Note what killed writers have left in a directory; an object store shows nothing of it."""
    if not isinstance(db, LocalDirectory) or not db.path.is_dir():
        return
    stale = []
    for path in db.path.glob(".*.tmp"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > STALE_S:
                stale.append(path.name)
    if stale:
        many = f"{len(stale):,} hidden files" if len(stale) > 1 else "1 hidden file"
        message = f"{many} of interrupted commits: `collect compact` removes what is older than an hour"
        yield Finding(segment=min(stale), kind=NOTE, message=message)
