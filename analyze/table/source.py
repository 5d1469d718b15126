"""Read a file, a directory or a URL into one DataFrame, with errors that name the file."""

import os
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from analyze.errors import DataError, UsageError
from analyze.table import parquet, segments
from analyze.table.parquet import Part
from analyze.table.places import Place, find_place
from analyze.table.readers.catalogue import TOOLS, read_found
from analyze.table.readers.found import Found
from analyze.table.readers.plain import PLAIN

COLLECT_HINT = "collect runs first: collect --schedule joint --runs 500 --db {}"
PARQUET_SUFFIXES = (".parquet", ".pq")
_THREADS, _REMOTE_THREADS = min(4, os.cpu_count() or 1), 16
# A text column whose first rows are half repeats or more is held as references to few texts.
_FIRST_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All rows of a table, and what is known about the files they came from.

    Attributes
    ----------
    frame : DataFrame
        The columns that were read.
    columns : tuple of str
        All columns that the table has, read or not.
    path : str
        What was given.
    n_files : int
        Files that were read.
    schema_version : str or None
        Version(s) of the run table, if it is one of ours.
    kind, unit, step, status, better, units, remarks
        Of other people's files, see `analyze.table.readers.found.Reading`.
    """

    frame: pd.DataFrame
    columns: tuple[str, ...]
    path: str
    n_files: int
    schema_version: str | None
    kind: str = ""
    unit: str | None = None
    step: str | None = None
    status: str | None = None
    better: str | None = None
    units: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def read_source(
    path: str, *, text_columns: Sequence[str] = (), wanted: Collection[str] | None = None
) -> Source:
    """Read every row of a Parquet file, a directory of Parquet files, or of a file of another kind.

    Binary and nested columns are skipped: no question is about them, and they are most of the bytes.
    A directory is not read recursively, and hidden files (a writer's temporary ones) are ignored. A run
    database is read while others write and compact it: all its rows, each once.

    Parameters
    ----------
    path : str
        File, directory or URL.
    text_columns : sequence of str
        Columns in which words such as "None" and "NA" are names, not missing values.
    wanted : collection of str, optional
        Columns to read of our own run tables; by default all. Of other tables all are read.

    Raises
    ------
    UsageError
        If nothing is at ``path``.
    DataError
        If it holds no table, or a file is unreadable.
    RunError
        If the device or the network failed.
    """
    place = find_place(path)
    kind = place.kind()
    if kind is None:
        raise UsageError(f"there is no file or directory {path!r}; {COLLECT_HINT.format(path)}")
    if kind == "directory":
        return _as_source(_read_directory(place, wanted), place)
    if _is_parquet(place):
        part = parquet.read_part(place, place.size(), wanted)
        if part is None:
            raise DataError(f"{path!r} was removed while it was read; repeat the command")
        return _as_source([part], place)
    return _read_foreign(place, kind, text_columns)


def _read_directory(place: Place, wanted: Collection[str] | None) -> list[Part]:
    """Read what is there, then what is new, until nothing is new.

    What vanishes meanwhile was replaced by a segment that holds the same rows.
    """
    parts: list[Part] = []
    seen: set[str] = set()
    with ThreadPoolExecutor(_THREADS if place.is_local else _REMOTE_THREADS) as pool:
        while new := {name: size for name, size in _tables(place).items() if name not in seen}:
            seen.update(new)
            read = pool.map(lambda one: parquet.read_part(place.child(one[0]), one[1], wanted), new.items())
            parts.extend(part for part in read if part is not None)
    return parts


def _tables(place: Place) -> dict[str, int]:
    """Return the names and sizes of the Parquet files in a directory."""
    visible = place.files()
    files = {name: size for name, size in visible.items() if name.lower().endswith(PARQUET_SUFFIXES)}
    if files:
        return files
    if not visible:
        raise DataError(f"the directory {place.shown!r} holds no runs; {COLLECT_HINT.format(place.shown)}")
    names = ", ".join(list(visible)[:3])
    raise DataError(
        f"the directory {place.shown!r} holds no Parquet files (it holds {names}); "
        "give a directory of .parquet files, or one .csv file by its name"
    )


def _is_parquet(place: Place) -> bool:
    return place.root.lower().endswith(PARQUET_SUFFIXES) or (place.size() > 4 and place.read(4) == b"PAR1")


def _as_source(parts: list[Part], place: Place) -> Source:
    """Put the rows of all files together."""
    columns = [field.name for field in _unify(parts) if parquet.is_readable(field.type)]
    ours = [part.table for part in parts if part.version is not None]
    others = [part.table for part in parts if part.version is None]
    versions = sorted({part.version for part in parts if part.version is not None})
    n_files = len(parts)
    parts.clear()  # what is converted need not be held twice
    if ours:
        others.append(segments.without_repeats(_concatenated(ours, place)))
        ours.clear()
    return Source(
        frame=_as_frame(_concatenated(others, place)),
        columns=tuple(columns),
        path=place.shown,
        n_files=n_files,
        schema_version=", ".join(versions) or None,
    )


def _unify(parts: list[Part]) -> pa.Schema:
    """Merge the schemas of all files, so that columns that only later files have do not vanish."""
    schema = parts[0].schema
    known = [schema]
    for part in parts:
        if any(part.schema.equals(one) for one in known):
            continue
        known.append(part.schema)
        try:
            schema = pa.unify_schemas([schema, part.schema], promote_options="permissive")
        except pa.ArrowException as error:
            reason = parquet.one_line(error)
            raise DataError(f"{part.shown!r} does not fit the files before it: {reason}") from error
    return schema


def _concatenated(tables: list[pa.Table], place: Place) -> pa.Table:
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        reason = parquet.one_line(error)
        raise DataError(f"the files of {place.shown!r} cannot be read together: {reason}") from error


def _as_frame(table: pa.Table) -> pd.DataFrame:
    """Convert to pandas; a text that recurs, such as a configuration, is held once."""
    recurring = [name for name in table.column_names if _recurs(table[name])]
    texts = {name: _texts(table[name]) for name in recurring}
    frame: pd.DataFrame = table.drop_columns(recurring).to_pandas()
    if not recurring:
        return frame
    columns = {name: texts[name] if name in texts else frame[name] for name in table.column_names}
    return pd.DataFrame(columns, copy=False)


def _recurs(column: pa.ChunkedArray) -> bool:
    if pa.types.is_dictionary(column.type):
        return bool(pa.types.is_string(column.type.value_type) and not column.type.ordered)
    if not pa.types.is_string(column.type):
        return False
    first = column.slice(0, _FIRST_ROWS)
    return len(first.unique()) <= len(first) / 2


def _texts(column: pa.ChunkedArray) -> pd.Series:
    """Return a column of texts as references to its distinct texts."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    encoded = column.unify_dictionaries().combine_chunks()
    distinct = encoded.dictionary.to_numpy(zero_copy_only=False)
    codes = encoded.indices.fill_null(len(distinct)).to_numpy()
    values = np.append(distinct.astype(object), np.nan)[codes]
    return pd.Series(pd.array(values, dtype=pd.StringDtype("python", na_value=np.nan), copy=False))


def _read_foreign(place: Place, kind: str, text_columns: Sequence[str]) -> Source:
    """Read a file or folder of somebody's tool."""
    try:
        reading = read_found(Found(place, kind))
    except FileNotFoundError as error:
        raise DataError(f"{place.shown!r} was removed while it was read; repeat the command") from error
    if reading is None:
        known = ", ".join(reader.label for reader in (*TOOLS.values(), *PLAIN.values()))
        raise DataError(
            f"{place.shown!r} is not a table that can be read; what can be read: Parquet, {known}"
        )
    names = reading.names or {}
    return Source(
        frame=reading.frame.assign(**{column: names[column] for column in text_columns if column in names}),
        columns=tuple(map(str, reading.frame.columns)),
        path=place.shown,
        n_files=1,
        schema_version=None,
        kind=reading.kind,
        unit=reading.unit,
        step=reading.step,
        status=reading.status,
        better=reading.better,
        units=reading.units or {},
        remarks=reading.remarks,
    )
