"""SQLite databases of other programs, opened so that nothing in or beside them changes."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from analyze.errors import DataError
from analyze.table.readers.found import Found, Reader, Reading

_MAGIC = b"SQLite format 3\0"
# Beside a database: changes that are not in its file yet, or that are to be taken back.
_BESIDE = ("-wal", "-journal")


def columns_by_table(found: Found) -> dict[str, frozenset[str]]:
    """Return the columns of each table of a database; none where it is no database. Never raises."""
    if not found.head.startswith(_MAGIC):
        return {}
    try:
        with opened(found) as database:
            return tables_of(database)
    except (DataError, OSError):
        return {}


def tables_of(database: sqlite3.Connection) -> dict[str, frozenset[str]]:
    """Return the columns of each table."""
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    query = "SELECT name FROM pragma_table_info(?)"
    return {name: frozenset(one for (one,) in database.execute(query, (name,))) for name in names}


@contextmanager
def opened(found: Found) -> Iterator[sqlite3.Connection]:
    """Open a database for reading.

    A file of this machine is read where it is, under its own locks. What is packed or remote, and a
    database with changes beside it (reading those could write), is copied first.

    Raises
    ------
    DataError
        It is damaged, or locked by somebody who writes.
    """
    try:
        if found.place.is_local and _is_whole(found):
            with closing(_connected(found.place.root)) as database:
                yield database
            return
        with tempfile.TemporaryDirectory(prefix="analyze-") as folder:
            copy = Path(folder) / "copy.db"
            copy.write_bytes(found.content)
            for end in _BESIDE if found.place.is_local else ():
                beside = Path(found.place.root + end)
                if beside.is_file():
                    Path(f"{copy}{end}").write_bytes(beside.read_bytes())
            with closing(_connected(str(copy), mode="rw")) as database:
                yield database
    except (sqlite3.Error, UnicodeDecodeError) as error:  # a message may quote what is damaged
        reason = " ".join(str(error).split())[:200]
        if "locked" in reason or "busy" in reason:
            raise DataError(
                f"{found.shown!r} is being written ({reason}): repeat the command when that is done"
            ) from error
        raise DataError(
            f"{found.shown!r} cannot be read as an SQLite database ({reason}): it may be torn; "
            "restore or copy it again"
        ) from error


def query(database: sqlite3.Connection, sql: str) -> pd.DataFrame:
    """Return the rows of a query."""
    cursor = database.execute(sql)
    names = [column[0] for column in cursor.description]
    return pd.DataFrame.from_records(cursor.fetchall(), columns=names)


def _is_whole(found: Found) -> bool:
    """Whether the file is the database: not packed, and no changes beside it."""
    in_wal_mode = found.head[18:20] == b"\2\2"
    return not found.is_packed and not in_wal_mode and not Path(found.place.root + "-journal").exists()


def _connected(path: str, mode: str = "ro") -> sqlite3.Connection:
    database = sqlite3.connect(f"file:{quote(str(Path(path).absolute()))}?mode={mode}", uri=True)
    # Bytes that are no UTF-8 are shown as such, not refused with the whole table.
    database.text_factory = lambda text: text.decode(errors="replace")
    database.execute("PRAGMA query_only = ON")
    return database


def _read_unknown(found: Found) -> Reading:
    with opened(found) as database:
        names = sorted(tables_of(database))
    holds = f"holds the tables {', '.join(names[:8])}" if names else "holds no tables"
    raise DataError(
        f"{found.shown!r} is an SQLite database that {holds}; those of MLflow and Optuna are known: "
        "export a table of it as CSV"
    )


# Comes after the tools whose databases are known: nobody else should take a database for text.
READER = Reader(
    name="sqlite",
    label="SQLite database",
    recognises=lambda found: found.head.startswith(_MAGIC),
    read=_read_unknown,
)
