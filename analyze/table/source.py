"""Read files, directories, URLs or standard input into one DataFrame, with errors that name the file."""

import os
import re
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace

import pandas as pd
import pyarrow as pa

from analyze import text as fmt
from analyze.errors import DataError, UsageError
from analyze.question import DEFAULT_TABLE
from analyze.table import parquet, segments
from analyze.table.parquet import Asked, Part
from analyze.table.places import Place, find_places
from analyze.table.readers import tree
from analyze.table.readers.catalogue import is_known, read_found
from analyze.table.readers.found import Found, Reading
from analyze.table.readers.plain import read_plain
from analyze.table.visible import distinctly, visible_cells

COLLECT_HINT = "collect runs first: collect --schedule joint --runs 500 --db {}"
_THREADS, _REMOTE_THREADS = min(4, os.cpu_count() or 1), 16
# How often a directory is listed that nothing vanishes from: while it changes, a listing may hide a file.
_LISTINGS = 2


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
    answered : tuple of Place
        Run databases, and segments, that hold the answer of each run to every test example.
    kind, unit, step, status, better, units, remarks, is_summary
        As of `analyze.table.readers.found.Reading`.
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
    is_summary: bool = False
    answered: tuple[Place, ...] = ()


def read_source(
    paths: str | Sequence[str],
    *,
    text_columns: Sequence[str] = (),
    wanted: Collection[str] | None = None,
    answers: str | None = None,
) -> Source:
    """Read every row of a table: a file, several, a directory, a URL, or standard input.

    Names and texts are visible, see `analyze.text.visible`, whoever wrote them.

    Binary and nested columns are skipped: no question is about them, and they are most of the bytes.
    A directory of Parquet files is not read recursively, and hidden files (a writer's temporary ones) are
    ignored. A run database is read while others write and compact it: all its rows, each once.

    Parameters
    ----------
    paths : str or sequence of str
        Files, directories, URLs or patterns such as ``runs/*/metrics.csv``; ``-`` is standard input. Of
        several, the column ``file`` tells which one a row is from.
    text_columns : sequence of str
        Columns of a CSV file in which words such as "None" and "NA" are names, not missing values.
    wanted : collection of str, optional
        Columns to read of our own run tables; by default all. Of other tables all are read.
    answers : str, optional
        A column to read though it is binary or nested; its cells are bytes, one for each test example.

    Raises
    ------
    UsageError
        If nothing is at a path, or a path is given twice.
    DataError
        If it holds no table, or a file is unreadable.
    RunError
        If the device or the network failed.
    """
    asked = Asked(names=wanted, answers=answers)
    return as_shown(_read([paths] if isinstance(paths, str) else list(paths), text_columns, asked))


def read_answers(source: Source, runs: pa.Array) -> Iterator[pa.Table]:
    """Read again what our own runs answered to the test examples, of some runs only.

    Parameters
    ----------
    source : Source
        With places that are ``answered``.
    runs : Array
        Their identifiers, see `analyze.table.segments.ROW`.

    Yields
    ------
    Table
        Identifiers and answers of some runs; a run may come twice while a compaction is going on.
    """
    asked = Asked(names={segments.ROW, segments.ANSWERS}, answers=segments.ANSWERS, rows=runs)
    for place in source.answered:
        if place.kind() == "file" and _is_parquet(place):
            part = parquet.read_part(place, place.size(), asked)
            yield from () if part is None else (part.table,)
        else:
            yield from (part.table for part in _read_directory(place, asked))


def as_shown(source: Source) -> Source:
    """Return a table with visible names and texts, and what is said of its columns with these names."""
    names = distinctly({*source.columns, *map(str, source.frame.columns)})

    def shown(name: str | None) -> str | None:
        return None if name is None else names.get(name, fmt.visible(name))

    return replace(
        source,
        frame=visible_cells(source.frame.rename(columns=names)),
        columns=tuple(names[name] for name in source.columns),
        path=fmt.visible(source.path),
        unit=shown(source.unit),
        step=shown(source.step),
        status=shown(source.status),
        units={names.get(name, name): fmt.visible(unit) for name, unit in source.units.items()},
        remarks=tuple(map(fmt.visible, source.remarks)),
    )


def _read(given: list[str], text_columns: Sequence[str], asked: Asked) -> Source:
    founds = [_found(place) for path in given for place in find_places(path)]
    ways = _Ways(text_columns=text_columns, asked=asked)
    if len(founds) == 1:
        return _read_one(founds[0], ways)
    roots = [found.place.root.rstrip("/") for found in founds]
    if doubled := next((r for r in roots if roots.count(r) > 1), None):
        raise UsageError(f"{doubled!r} is given twice; each of its runs would count twice: give it once")
    strict = len(founds) == len(given) and all(found.is_file for found in founds)
    return _read_several(founds, ways, shown=" ".join(given), strict=strict)


# What a reading and a source say in the same words
_SHARED = tuple({one.name for one in fields(Reading)} & {one.name for one in fields(Source)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ways:
    """How files are read, as asked for."""

    text_columns: Sequence[str]
    asked: Asked


def _found(place: Place) -> Found:
    kind = place.kind()
    if kind is None:
        raise UsageError(f"there is no file or directory {place.shown!r}; {_advice(place)}")
    return Found(place, kind)


def _advice(place: Place) -> str:
    """Say what to do where nothing is; collecting helps only where a database may have been meant."""
    if place.shown == DEFAULT_TABLE:
        see = "or give another table (analyze compare runs.csv), or see one (analyze demo)"
        return f"{COLLECT_HINT.format(place.shown)}, {see}"
    near = place.alike()
    if near is not None:
        return f"did you mean {near!r}?"
    has_ending = re.search(r"\.\w{1,8}$", place.root) is not None
    return "check the path" if has_ending else f"check the path, or {COLLECT_HINT.format(place.shown)}"


def _read_one(found: Found, ways: _Ways) -> Source:
    place = found.place
    if found.is_file:
        if _is_parquet(place):
            part = parquet.read_part(place, place.size(), ways.asked)
            if part is None:
                raise DataError(f"{place.shown!r} was removed while it was read; repeat the command")
            return _as_source([part], place, ways.asked)
        return _as_read(_read_file(found), place.shown, 1, ways.text_columns)
    if _tables(place):
        return _as_source(_read_directory(place, ways.asked), place, ways.asked)
    reading = read_found(found)
    if reading is not None:
        return _as_read(reading, place.shown, 1, ways.text_columns)
    choice = tree.files_of(place, hint=COLLECT_HINT.format(place.shown))
    source = _read_several(choice.files, ways, shown=place.shown, strict=False)
    return replace(source, remarks=(*choice.remarks, *source.remarks))


def _read_several(founds: Sequence[Found], ways: _Ways, *, shown: str, strict: bool) -> Source:
    """Read files, and directories each as the table that it is; a directory of logs is its files."""
    files: list[Found] = []
    remarks: list[str] = []
    for found in founds:
        if found.is_file or _tables(found.place) or is_known(found):
            files.append(found)
        else:
            choice = tree.files_of(found.place)
            files.extend(choice.files)
            remarks.extend(choice.remarks)
    sources: dict[Found, Source] = {}

    def read(found: Found) -> Reading:
        sources[found] = source = _read_one(found, ways)
        return Reading(**{name: getattr(source, name) for name in _SHARED})

    reading = tree.read_together(files, read, strict=strict)
    versions = sorted({s.schema_version for s in sources.values() if s.schema_version is not None})
    source = _as_read(reading, shown, sum(source.n_files for source in sources.values()))
    columns = dict.fromkeys((*source.columns, *(c for s in sources.values() for c in s.columns)))
    return replace(
        source,
        columns=tuple(columns),
        schema_version=", ".join(versions) or None,
        remarks=(*dict.fromkeys(remarks), *source.remarks),
        answered=tuple(place for s in sources.values() for place in s.answered),
    )


def _read_file(found: Found) -> Reading:
    """Read one file that is no Parquet."""
    try:
        reading = read_found(found)
        return read_plain(found) if reading is None else reading
    except FileNotFoundError as error:
        raise DataError(f"{found.shown!r} was removed while it was read; repeat the command") from error


def _as_read(reading: Reading, shown: str, n_files: int, text_columns: Sequence[str] = ()) -> Source:
    given = {name: getattr(reading, name) for name in _SHARED}
    names = {name: texts for name, texts in (reading.names or {}).items() if name in text_columns}
    return Source(
        **given | {"frame": reading.frame.assign(**names), "units": reading.units or {}},
        columns=tuple(map(str, reading.frame.columns)),
        path=shown,
        n_files=n_files,
        schema_version=None,
    )


def _read_directory(place: Place, asked: Asked) -> list[Part]:
    """Read what is there, then what is new: once, and again as long as files vanish.

    Once, for a directory that changes while it is listed may hide some. What vanishes meanwhile was replaced
    by a segment that holds the same rows. What only comes meanwhile is left to the next command: beside fast
    writers something always does.
    """
    parts: list[Part] = []
    seen: set[str] = set()
    n_left = _LISTINGS
    with ThreadPoolExecutor(_THREADS if place.is_local else _REMOTE_THREADS) as pool:
        while n_left and (new := {name: n for name, n in _tables(place).items() if name not in seen}):
            seen.update(new)
            read = list(
                pool.map(lambda one: parquet.read_part(place.child(one[0]), one[1], asked), new.items())
            )
            parts.extend(part for part in read if part is not None)
            n_left = _LISTINGS if None in read else n_left - 1
    return parts


def _tables(place: Place) -> dict[str, int]:
    """Return the names and sizes of the Parquet files in a directory."""
    return {n: size for n, size in place.files().items() if n.lower().endswith(parquet.SUFFIXES)}


def _is_parquet(place: Place) -> bool:
    return place.root.lower().endswith(parquet.SUFFIXES) or (place.size() > 4 and place.read(4) == b"PAR1")


def _as_source(parts: list[Part], place: Place, asked: Asked) -> Source:
    """Put the rows of all files together."""
    columns = [field.name for field in _unify(parts) if asked.is_readable(field)]
    has_answers = any(p.version is not None and segments.ANSWERS in p.schema.names for p in parts)
    ours = [part.table for part in parts if part.version is not None]
    others = [part.table for part in parts if part.version is None]
    versions = sorted({part.version for part in parts if part.version is not None})
    n_files = len(parts)
    parts.clear()  # what is converted need not be held twice
    if ours:
        others.append(segments.without_repeats(_concatenated(ours, place)))
        ours.clear()
    return Source(
        frame=parquet.as_frame(_concatenated(others, place), ours=bool(versions)),
        columns=tuple(columns),
        path=place.shown,
        n_files=n_files,
        schema_version=", ".join(versions) or None,
        kind="run database" if versions else "Parquet",
        answered=(place,) if has_answers else (),
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
