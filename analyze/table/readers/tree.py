"""Several files as one table: those that were named, those of a folder, or those that fit a pattern.

Each row is told by the column ``file`` which file it is from; parts of the paths and the settings that lie
beside a file are columns too.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pandas as pd

from analyze.errors import DataError
from analyze.table.places import Place
from analyze.table.readers import settings
from analyze.table.readers.found import COMPRESSIONS, Found, Reading
from analyze.table.readers.seeds import with_seeds
from analyze.table.readers.values import column, free_name, typed_text
from analyze.table.units import find_step, find_unit

ENDINGS = (
    ".csv", ".tsv", ".txt", ".dat", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".feather", ".arrow",
    ".npz", ".xlsx", ".db", ".sqlite", ".sqlite3",
)  # fmt: skip
# Among kinds of files that are equally often there, these are the logs of runs.
_USUAL = ("metrics", "results", "progress", "history", "scores", "log", "trainer_state", "monitor")
_EVENTS = "tfevents"
_N_NAMED = 3
_THREADS, _REMOTE_THREADS = min(4, os.cpu_count() or 1), 16

Read = Callable[[Found], Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The files of a folder that are read together, and what is said about the others."""

    files: tuple[Found, ...]
    remarks: tuple[str, ...] = ()


def files_of(folder: Place, hint: str = "") -> Choice:
    """Choose the files of a folder that are one table: those of the most common name, or ending.

    Raises
    ------
    DataError
        There is none, or two kinds are equally often there.
    """
    names = [name for name in folder.tree() if not _is_settings(name)]
    tables = {name: kind for name in names if (kind := _kind(name)) is not None}
    if not tables:
        if not names:
            raise DataError(f"the directory {folder.shown!r} holds no runs; {hint or 'give another'}")
        raise DataError(
            f"the directory {folder.shown!r} holds no tables that can be read (it holds {_listed(names)})"
        )
    chosen = _without_packed_copies(_most_common(tables, folder))
    left = [name for name in tables if name not in chosen]
    remarks = [f"{len(chosen)} files of {folder.shown!r} were read as one table."] if len(chosen) > 1 else []
    if left:
        remarks.append(f"Not read: {_listed(left)}.")
    files = tuple(Found(folder.child(name), "file") for name in chosen)
    return Choice(files=files, remarks=tuple(remarks))


def read_together(files: Sequence[Found], read: Read, *, strict: bool) -> Reading:
    """Read several files and put their rows under each other.

    Parameters
    ----------
    files : sequence of Found
        Two or more, or the one of a folder.
    read : callable
        Reads one of them.
    strict : bool
        Whether a file that cannot be read is an error, as where it was named; else it is left out, and said.

    Raises
    ------
    DataError
        A file cannot be read, or files do not fit together.
    """
    readings, failures = _read_all(files, read)
    if failures and (strict or not readings):
        raise next(iter(failures.values()))
    kept = [file for file in files if file in readings]
    paths = _paths(kept)
    beside, damaged = _settings(kept)
    parts = [
        _placed(readings[file].frame, path, cells)
        for file, path, cells in zip(kept, paths, beside, strict=True)
    ]
    frame = _united(parts, [readings[file].frame for file in kept])
    remarks = _remarks(kept, readings, failures, damaged)
    reading = _agreed([readings[file] for file in kept], kept, remarks)
    is_run = all(_is_run(reading) for reading in readings.values())
    if not is_run or reading.unit is not None:
        return replace(reading, frame=frame)
    name = free_name("run", frame.columns)
    frame.insert(0, name, frame[frame.columns[0]])
    frame, told = with_seeds(frame, name)
    return replace(reading, frame=frame, unit=name, remarks=(*reading.remarks, *told))


def _is_run(reading: Reading) -> bool:
    """Whether a file is one run: a row, or rows that a column counts and no column names."""
    frame = reading.frame
    if len(frame) == 1:
        return True
    step = reading.step or find_step(frame, taken=())
    return step is not None and reading.unit is None and find_unit(frame, taken=(step,)) is None


def _kind(name: str) -> str | None:
    """Return the ending that tells what a file is; None where it is no table."""
    base = name.rpartition("/")[2].lower()
    if _EVENTS in base:
        return _EVENTS
    for ending in COMPRESSIONS:
        base = base.removesuffix(ending)
    return next((ending for ending in ENDINGS if base.endswith(ending)), None)


def _is_settings(name: str) -> bool:
    return any(name == known or name.endswith(f"/{known}") for known in settings.NAMES) or ".hydra/" in name


def _most_common(tables: dict[str, str], folder: Place) -> list[str]:
    """Return the names of the files of the most common ending; of these, those of a name that most have."""
    by_kind: dict[str, list[str]] = {}
    for name, kind in tables.items():
        by_kind.setdefault(kind, []).append(name)
    chosen = _largest(by_kind, folder)
    by_base: dict[str, list[str]] = {}
    for name in chosen:
        by_base.setdefault(name.rpartition("/")[2], []).append(name)
    common = [base for base, names in by_base.items() if len(names) > 1]
    if not common or tables[chosen[0]] == _EVENTS:
        return chosen
    repeated = {base: by_base[base] for base in common}
    if sum(map(len, repeated.values())) * 2 < len(chosen):
        return chosen
    return _largest(repeated, folder)


def _without_packed_copies(names: list[str]) -> list[str]:
    """Keep one of runs.csv, runs.csv.gz and runs.csv.zip: their runs would count three times."""
    first: dict[str, str] = {}
    for name in sorted(names, key=len):
        first.setdefault(name.rpartition("/")[0] + "/" + _stem(name), name)
    kept = set(first.values())
    return [name for name in names if name in kept]


def _largest(groups: dict[str, list[str]], folder: Place) -> list[str]:
    most = max(map(len, groups.values()))
    largest = {key: names for key, names in groups.items() if len(names) == most}
    if len(largest) == 1:
        return next(iter(largest.values()))
    for word in _USUAL:
        usual = [names for names in largest.values() if _stem(names[0]).lower() == word]
        if len(usual) == 1:
            return usual[0]
    kinds = " or ".join(f"{key} ({most})" for key in largest)
    first = next(iter(largest))
    pattern = first if not first.startswith(".") else f"*{first}"
    raise DataError(
        f"the directory {folder.shown!r} holds several kinds of tables, {kinds}; give one kind by a pattern, "
        f"e.g. '{folder.shown.rstrip('/')}/**/{pattern}'"
    )


def _read_all(files: Sequence[Found], read: Read) -> tuple[dict[Found, Reading], dict[Found, DataError]]:
    readings: dict[Found, Reading] = {}
    failures: dict[Found, DataError] = {}

    def attempt(file: Found) -> Reading | DataError:
        try:
            return read(file)
        except DataError as error:
            return error

    local = all(file.place.is_local for file in files)
    with ThreadPoolExecutor(_THREADS if local else _REMOTE_THREADS) as pool:
        for file, result in zip(files, pool.map(attempt, files), strict=True):
            if isinstance(result, DataError):
                failures[file] = result
            else:
                readings[file] = result
    return readings, failures


def _paths(files: Sequence[Found]) -> list[dict[str, object]]:
    """Return what the paths tell files apart by: ``file``, ``path.1`` … and the keys of hive folders."""
    roots = [_parts(file) for file in files]
    n_common = _n_common(roots)
    tails = [root[n_common:] for root in roots]
    bases = {tail[-1] for tail in tails}
    if len(bases) == 1 and len(tails) > 1:
        tails = [tail[:-1] or ["."] for tail in tails]
    else:
        tails = [[*tail[:-1], _stem(tail[-1])] for tail in tails]
    rows: list[dict[str, object]] = []
    for file, tail in zip(_distinct(tails), tails, strict=True):
        cells: dict[str, object] = {"file": file}
        for i, part in enumerate(tail, 1):
            key, is_hive, value = part.partition("=")
            if is_hive and key:
                cells[key] = typed_text(value)
            else:
                cells[f"path.{i}"] = part
        rows.append(cells)
    return _only_varying(rows)


def _parts(file: Found) -> list[str]:
    root = file.place.root.rstrip("/")
    return (os.path.normpath(root) if file.place.is_local else root).split("/")


def _n_common(roots: list[list[str]]) -> int:
    """Return how many folders all paths begin with; those that name a key and its value are not counted."""
    shortest = min(map(len, roots)) - 1
    n = 0
    while n < shortest and len({root[n] for root in roots}) == 1 and "=" not in roots[0][n]:
        n += 1
    return n


def _distinct(tails: list[list[str]]) -> list[str]:
    """Return the shortest names: the files' own where these differ, else with their folders."""
    last = [tail[-1] for tail in tails]
    if len(set(last)) == len(last):
        return last
    whole = ["/".join(tail) for tail in tails]
    return [
        f"{name} ({whole[:i].count(name) + 1})" if whole.count(name) > 1 else name
        for i, name in enumerate(whole)
    ]


def _only_varying(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    constant = {
        name
        for name in {name for row in rows for name in row if name.startswith("path.")}
        if len({row.get(name) for row in rows}) == 1
    }
    return [{name: cell for name, cell in row.items() if name not in constant} for row in rows]


def _settings(files: Sequence[Found]) -> tuple[list[dict[str, object]], list[str]]:
    """Return the settings beside each file, and in the folders between it and the one above all files."""
    roots = [_parts(file) for file in files]
    n_common = _n_common(roots)
    known: dict[str, dict[str, object]] = {}
    damaged: list[str] = []

    def beside(folder: str, place: Place) -> dict[str, object]:
        if folder not in known:
            names = set(place.files()) | {f".hydra/{name}" for name in place.child(".hydra").files()}
            known[folder], failed = settings.settings_of(place, names)
            damaged.extend(failed)
        return known[folder]

    rows = []
    for file, root in zip(files, roots, strict=True):
        cells: dict[str, object] = {}
        for depth in range(len(root) - 1, max(n_common, 1) - (len(files) == 1), -1):
            n_up = len(root) - depth
            folder = "/".join(root[:depth])
            shown = file.place.shown.split("/")[:-n_up]
            place = Place(shown="/".join(shown) or ".", fs=file.place.fs, root=folder)
            cells = beside(folder, place) | cells
        rows.append(cells)
    return rows, damaged


def _placed(frame: pd.DataFrame, path: dict[str, object], beside: dict[str, object]) -> dict[str, object]:
    """Return the cells that all rows of a file have, under names that its columns do not have."""
    cells = {free_name(name, frame.columns): value for name, value in path.items()}
    taken = set(frame.columns) | set(cells)
    return cells | {(f"config.{name}" if name in taken else name): value for name, value in beside.items()}


def _united(parts: list[dict[str, object]], frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the rows under each other; integers stay integers where another file lacks the column."""
    sizes = [len(frame) for frame in frames]
    names = list(dict.fromkeys(name for part in parts for name in part))
    told = {name: column([part.get(name) for part in parts]) for name in names}
    repeated = pd.DataFrame(
        {name: values.repeat(sizes).reset_index(drop=True) for name, values in told.items()}
    )
    own = list(dict.fromkeys(name for frame in frames for name in frame.columns))
    columns = {name: _stacked([frame.get(name) for frame in frames], sizes) for name in own}
    for name in [name for name in names if name in columns]:
        repeated = repeated.rename(columns={name: free_name(f"path.{name}", [*own, *names])})
    return pd.concat([repeated, pd.DataFrame(columns)], axis=1)


def _stacked(pieces: list[pd.Series | None], sizes: list[int]) -> pd.Series:
    known = [piece for piece in pieces if piece is not None and piece.notna().any()]
    kinds = {piece.dtype for piece in known}
    if len(known) == len(pieces) and len(kinds) == 1:
        return pd.concat(known, ignore_index=True)
    if len(kinds) == 1 and not pd.api.types.is_numeric_dtype(next(iter(kinds))):
        (kind,) = kinds
        filled = [
            pd.Series([None] * n, dtype=kind if not pd.api.types.is_bool_dtype(kind) else object)
            if piece is None or not piece.notna().any()
            else piece
            for piece, n in zip(pieces, sizes, strict=True)
        ]
        return pd.concat(filled, ignore_index=True)
    cells: list[object] = []
    for piece, n in zip(pieces, sizes, strict=True):
        cells.extend([None] * n if piece is None else piece.astype(object).tolist())
    return column([None if cell is pd.NA or cell is pd.NaT else cell for cell in cells])


def _agreed(readings: list[Reading], files: Sequence[Found], remarks: tuple[str, ...]) -> Reading:
    """Return what all readings say of their columns."""
    return Reading(
        frame=readings[0].frame,
        kind=" and ".join(dict.fromkeys(reading.kind for reading in readings)),
        unit=_same([reading.unit for reading in readings]),
        step=_same([reading.step for reading in readings]),
        status=_same([reading.status for reading in readings]),
        better=_same([reading.better for reading in readings]),
        units=_units(readings, files),
        remarks=remarks,
    )


def _same(values: list[str | None]) -> str | None:
    return values[0] if len(set(values)) == 1 else None


def _units(readings: list[Reading], files: Sequence[Found]) -> dict[str, str] | None:
    units: dict[str, tuple[str, Found]] = {}
    for reading, file in zip(readings, files, strict=True):
        for name in [n for n in reading.frame.columns if reading.frame[n].notna().any()]:
            unit = (reading.units or {}).get(name, "")
            known, first = units.setdefault(name, (unit, file))
            if known != unit:
                raise DataError(
                    f"{name!r} is in {known or 'bare numbers'} in {first.shown!r} and in "
                    f"{unit or 'bare numbers'} in {file.shown!r}; write one unit in all files"
                )
    return {name: unit for name, (unit, _) in units.items() if unit} or None


def _remarks(
    files: Sequence[Found],
    readings: dict[Found, Reading],
    failures: dict[Found, DataError],
    damaged: list[str],
) -> tuple[str, ...]:
    counts = Counter(remark for file in files for remark in readings[file].remarks)
    said = list(counts)
    if len(said) > _N_NAMED and len(files) > 1:
        said = [*said[:_N_NAMED], f"Remarks about other files, not shown: {len(said) - _N_NAMED}."]
    if failures:
        others = f" (and {len(failures) - 1} others)" if len(failures) > 1 else ""
        said.append(f"Left out, because it cannot be read{others}: {next(iter(failures.values()))}.")
    if damaged:
        said.append(f"Settings that could not be read: {_listed(damaged)}.")
    return tuple(said)


def _stem(path: str) -> str:
    """Return a file's name without its endings."""
    base = path.rpartition("/")[2]
    for ending in (*COMPRESSIONS, *ENDINGS, ".pkl"):
        if base.lower().endswith(ending) and len(base) > len(ending):
            base = base[: -len(ending)]
    return base


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _N_NAMED} more" if len(names) > _N_NAMED else ""
    return ", ".join(names[:_N_NAMED]) + more
