"""Bring the runs of another run database into one: its segments are copied, byte for byte.

A segment's name holds the digest of its bytes, so what is there already is known by its name, or, after a
compaction here or there, by the run_ids of its rows.
"""

from dataclasses import dataclass, field

from collect.errors import CollectError
from collect.store import database, segment
from collect.store.place import Place


@dataclass(slots=True)
class Copied:
    """What a copy did, or would do.

    Attributes
    ----------
    n_segments, n_rows
        Segments that were copied, and their rows.
    n_present
        Rows of segments that were left out, because all their rows were there already.
    left
        Errors of the segments that cannot be read; they were not copied.
    """

    n_segments: int = 0
    n_rows: int = 0
    n_present: int = 0
    left: list[CollectError] = field(default_factory=list)


def copy(source: Place, db: Place, *, dry_run: bool = False) -> Copied:
    """Copy the segments of a database whose rows are not all in another one yet.

    What is damaged is not copied. A copy that was interrupted is completed by repeating it.

    Raises
    ------
    RunError
        A segment could not be made durable; those before it are kept.
    DataError
        The database that is copied into is damaged.
    """
    known = {run_id for _, table in database.scan(db, ["run_id"]) for run_id in table["run_id"].to_pylist()}
    if not dry_run:
        db.prepare()
    done = Copied()
    for name, content in database.contents(source):
        try:
            if isinstance(content, CollectError):
                raise content
            table = segment.whole(name, content, where=f"{source}/{name}")
        except CollectError as error:
            done.left.append(error)
            continue
        run_ids = set(table["run_id"].to_pylist())
        if run_ids <= known:
            done.n_present += table.num_rows
            continue
        known |= run_ids
        if not dry_run:
            db.publish(name if segment.parse_name(name) else segment.named(table, content), content)
        done.n_segments += 1
        done.n_rows += table.num_rows
    return done
