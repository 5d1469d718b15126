"""JSON: records, columns, what pandas writes, one run a file, lines, and dictionaries of scores."""

import json
import re
from collections.abc import Callable, Mapping

from analyze.errors import DataError
from analyze.table.readers import scores
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.values import check_names, doubled, flat, frame_of, frame_of_columns, is_list_of

ENDINGS = (".json", ".jsonl", ".ndjson")
_BOM = b"\xef\xbb\xbf"
# What may follow the first bracket; a header such as "{a},b" is none of these.
_START = re.compile(rb'\s*(\{\s*["}]|\[\s*([\[{"\]\-\dtfnNI]))')
_WORDS = {"NaN": "NaN", "Infinity": "inf", "-Infinity": "-inf"}


class _DoubledKeyError(ValueError):
    """An object of the file has a key twice."""


def recognises(found: Found) -> bool:
    """Return whether a file is JSON, by its name or its first bytes."""
    return found.is_named(*ENDINGS) or bool(_START.match(found.head.removeprefix(_BOM)))


def read(found: Found) -> Reading:
    """Read a JSON file of any of the shapes.

    NaN and Infinity are kept as the words that they are: a run that diverged. Null is missing.

    Raises
    ------
    DataError
        It is damaged, holds a key twice, or has a shape that is no table.
    """
    try:
        document, remarks = _document(found)
        reading = _reading(document, found.shown)
    except RecursionError as error:
        raise DataError(f"{found.shown!r} is nested too deeply to be a table of runs") from error
    frame = reading.frame
    if frame.empty:
        raise DataError(f"{found.shown!r} holds no rows; give a file with one record a run")
    return Reading(
        frame=frame,
        kind=reading.kind,
        unit=reading.unit,
        step=reading.step,
        remarks=(*remarks, *reading.remarks),
    )


READER = Reader(name="json", label="JSON and JSON lines (.json, .jsonl)", recognises=recognises, read=read)


def _document(found: Found) -> tuple[object, tuple[str, ...]]:
    """Return what the file holds; lines are a list of records."""
    text = _decoded(found)
    lines = [(i, line) for i, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise DataError(f"{found.shown!r} is empty")
    if len(lines) > 1 and _is_record(lines[0][1]) and _is_record(lines[1][1], torn=len(lines) == 2):
        return _records_of(lines, found.shown)
    try:
        return _parsed(text), ()
    except _DoubledKeyError as error:
        raise doubled(found.shown, str(error)) from error
    except ValueError as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"{found.shown!r} is no JSON ({reason}); it may be torn: restore it, or write it again"
        ) from error


def _decoded(found: Found) -> str:
    try:
        return found.content.decode(json.detect_encoding(found.content))
    except UnicodeDecodeError as error:
        raise DataError(f"{found.shown!r} is no JSON: its text is not UTF-8 ({error.reason})") from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _DoubledKeyError(next(key for key in keys if keys.count(key) > 1))
    return record


_parsed = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_WORDS.__getitem__).decode


def _is_record(line: str, *, torn: bool = False) -> bool:
    """Return whether a line is a JSON object of its own, or may be the beginning of one."""
    try:
        return isinstance(_parsed(line), dict)
    except _DoubledKeyError:
        return True
    except ValueError:
        return torn and line.startswith("{")


def _records_of(lines: list[tuple[int, str]], shown: str) -> tuple[list[object], tuple[str, ...]]:
    records = []
    for i, line in lines:
        try:
            records.append(_parsed(line))
        except _DoubledKeyError as error:
            raise DataError(f"{shown!r} has the key {error} twice in line {i}; rename one of them") from error
        except ValueError as error:
            if i == lines[-1][0]:
                return records, (f"The last line ({i}) of {shown!r} is torn and was left out.",)
            raise DataError(
                f"line {i} of {shown!r} is no JSON ({' '.join(str(error).split())[:200]}); mend or remove it"
            ) from error
        if not isinstance(records[-1], dict):
            raise DataError(
                f"line {i} of {shown!r} is no record such as {{'accuracy': 0.9}}; mend or remove it"
            )
    return records, ()


def _reading(document: object, shown: str) -> Reading:
    """Try the shapes in order."""
    if isinstance(document, list):
        return _of_list(document, shown)
    if not isinstance(document, dict):
        raise DataError(f"{shown!r} holds {type(document).__name__} {str(document)[:50]!r}, no table")
    for shape in _SHAPES:
        reading = shape(document, shown)
        if reading is not None:
            return reading
    return Reading(
        frame=frame_of([document], shown),
        kind="JSON",
        remarks=(f"{shown!r} was read as one run.",),
    )


def _of_list(rows: list[object], shown: str) -> Reading:
    if is_list_of(rows, dict):
        return Reading(frame=frame_of(rows, shown), kind="JSON records")
    if len(rows) > 1 and is_list_of(rows, list) and all(len(row) == len(rows[0]) for row in rows):
        header, *cells = rows
        if is_list_of(header, str):
            check_names(header, shown)
            columns = dict(zip(header, zip(*cells, strict=True), strict=True))
            return Reading(frame=frame_of_columns(columns, shown), kind="JSON rows")
    raise DataError(
        f"{shown!r} is a list without names; write records such as [{{'method': 'sgd', 'accuracy': 0.9}}, …] "
        "or scores such as {'sgd': [0.9, …], …}"
    )


def _split(document: Mapping[str, object], shown: str) -> Reading | None:
    """Read what pandas writes as orient="split"."""
    if not ({"columns", "data"} <= set(document) <= {"columns", "data", "index", "name"}):
        return None
    names, rows = document["columns"], document["data"]
    if not (isinstance(names, list) and isinstance(rows, list)):
        return None
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        raise DataError(f"{shown!r}: a row of 'data' has not as many cells as 'columns' has names; mend it")
    named = [".".join(map(str, n)) if isinstance(n, list) else str(n) for n in names]
    check_names(named, shown)
    columns = {name: [row[i] for row in rows] for i, name in enumerate(named)}
    index = document.get("index")
    if isinstance(index, list) and len(index) == len(rows) and index != list(range(len(rows))):
        columns = {"index": index} | columns
    return Reading(frame=frame_of_columns(columns, shown), kind="JSON as pandas splits it")


def _table(document: Mapping[str, object], shown: str) -> Reading | None:
    """Read what pandas writes as orient="table"."""
    rows = document.get("data")
    if set(document) != {"schema", "data"} or not is_list_of(rows, dict):
        return None
    frame = frame_of(rows, shown)
    if "index" in frame.columns and frame["index"].tolist() == list(range(len(frame))):
        frame = frame.drop(columns="index")
    return Reading(frame=frame, kind="JSON table of pandas")


def _indexed(document: Mapping[str, object], shown: str) -> Reading | None:
    """Read columns as {"a": {"0": …}} or rows as {"0": {"a": …}}, as pandas writes them."""
    inners = list(document.values())
    if not is_list_of(inners, dict):
        return None
    keys = [list(inner) for inner in inners]
    cells = [cell for inner in inners for cell in inner.values()]
    if any(isinstance(cell, dict) for cell in cells) or not cells:
        return None
    if all(keys[0] == other for other in keys) and all(key.isdigit() for key in keys[0]):
        if len(document) == 1 and scores.are_numbers(cells):
            return None
        columns = {name: list(inner.values()) for name, inner in zip(document, inners, strict=True)}
        return _columns(columns, shown)
    if all(key.isdigit() for key in document):
        return Reading(frame=frame_of(inners, shown), kind="JSON records")
    return None


def _columns(document: Mapping[str, object], shown: str) -> Reading | None:
    """Read {"a": […], "b": […]}; without any text in it, this may be scores by method."""
    lists = list(document.values())
    if not lists or not is_list_of(lists, list):
        return None
    if len({len(cells) for cells in lists}) > 1 or any(isinstance(c, list | dict) for c in lists[0]):
        return None
    columns = dict(zip(document, lists, strict=True))
    if scores.are_methods(columns):
        return scores.of_document(columns, shown)
    frame = frame_of_columns(columns, shown)
    if any(f"val_{name}" in document for name in document) and not {"epoch", "step"} & set(document):
        frame.insert(0, "epoch", range(len(frame)))
        return Reading(
            frame=frame, kind="training history", step="epoch", remarks=("Each row of lists is an epoch.",)
        )
    return Reading(frame=frame, kind="JSON columns")


def _one_list(document: Mapping[str, object], shown: str) -> Reading | None:
    """Read {"results": [{…}, …], "dataset": …}: the records of the only list of records."""
    found = {key: value for key, value in document.items() if value and is_list_of(value, dict)}
    if len(found) != 1:
        return None
    ((key, records),) = found.items()
    frame = frame_of(records, shown)
    rest = dict(flat({k: v for k, v in document.items() if k != key}))
    for name, value in rest.items():
        if not isinstance(value, list) and name not in frame.columns:
            frame[name] = frame_of_columns({name: [value] * len(frame)}, shown)[name]
    return Reading(frame=frame, kind="JSON records", remarks=(f"The records were read from {key!r}.",))


def _scores(document: Mapping[str, object], shown: str) -> Reading | None:
    return scores.of_document(document, shown)


def _named_records(document: Mapping[str, object], shown: str) -> Reading | None:
    """Read {"sgd": {"accuracy": 0.9, "lr": 0.1}, …}: a record under each name."""
    records = list(document.values())
    if len(records) < 2 or not is_list_of(records, dict) or not all(records):
        return None
    if len({frozenset(record) for record in records}) > len(records) / 2:
        return None
    frame = frame_of(records, shown)
    if "name" not in frame.columns:
        frame.insert(0, "name", frame_of_columns({"name": list(document)}, shown)["name"])
    return Reading(frame=frame, kind="JSON records by name")


_SHAPES: tuple[Callable[[Mapping[str, object], str], Reading | None], ...] = (
    _split, _table, _one_list, _indexed, _columns, _scores, _named_records,
)  # fmt: skip
