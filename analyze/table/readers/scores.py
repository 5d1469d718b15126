"""Dictionaries of scores: method → runs, method → runs × tasks, and deeper ones with seeds and steps as keys.

How a dictionary was read is always said: nothing in the file tells a table of columns from scores by method.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyze.errors import DataError
from analyze.table.readers.found import Reading
from analyze.table.readers.values import column, flat, frame_of, is_list_of

_WORDS = {"NaN", "inf", "-inf"}
# Words in a column's name that say that the numbers below it are no method's scores.
_COLUMN_WORDS = {
    "acc", "accuracy", "loss", "error", "err", "f1", "auc", "auroc", "score", "scores", "reward",
    "return", "returns", "mse", "rmse", "mae", "bleu", "rouge", "perplexity", "ppl", "precision",
    "recall", "r2", "time", "duration", "seconds", "iou", "miou", "map", "nll", "wer", "cer", "fid",
    "psnr", "ssim", "elbo", "count", "seed", "seeds", "run", "runs", "epoch", "epochs", "step", "steps",
    "iteration", "trial", "fold", "id", "index", "lr",
}  # fmt: skip
_COUNTER = re.compile(
    r"(seed|run|trial|rep|repeat|replicate|repetition|fold|split|step|epoch|iteration|iter|episode|checkpoint)"
    r"[_\-\s.=]?(\d+)",
    re.IGNORECASE,
)
_RUNS = ("seed", "run", "trial", "rep", "repeat", "replicate", "repetition")
_STEPS = ("step", "epoch", "iteration", "iter", "episode", "checkpoint")
_MARL = ["environment", "task", "algorithm"]

Path = tuple[str, ...]
Array = npt.NDArray[np.generic]


def are_numbers(values: Sequence[object]) -> bool:
    """Return whether values are numbers, some of them perhaps missing or the words NaN and inf."""
    some = False
    for value in values:
        if isinstance(value, int | float) and not isinstance(value, bool):
            some = True
        elif value is not None and not (isinstance(value, str) and value in _WORDS):
            return False
    return some


def are_methods(columns: Mapping[str, Sequence[object]]) -> bool:
    """Return whether lists of equal length are scores by method, not the columns of a table.

    They are where all hold numbers, all of one kind, and no name is one of a measure or of a counter.
    """
    if not all(are_numbers(list(values)) for values in columns.values()):
        return False
    whole = {all(isinstance(v, int) for v in values) for values in columns.values()}
    return len(whole) == 1 and not any(map(_names_a_column, columns))


def of_document(document: Mapping[str, object], shown: str) -> Reading | None:
    """Read a dictionary of scores; None where it is none.

    Parameters
    ----------
    document : dict
        Lists of numbers, or arrays, below one or more levels of keys.
    shown : str
        The file, for messages.

    Raises
    ------
    DataError
        The rows of an array are of unequal length, or an array has more than three dimensions.
    """
    leaves = list(_leaves(document, ()))
    if not leaves or any(leaf is None for _, leaf in leaves):
        return _of_records(document, shown)
    paths = [path for path, _ in leaves]
    if _has_counters(paths) and not _are_curves(leaves):
        return _of_records(document, shown)
    arrays = [(path, _array(leaf, path, shown)) for path, leaf in leaves]
    scalars = [array.ndim == 0 for _, array in arrays]
    depths = set(map(len, paths))
    if len(depths) > 1 or (any(scalars) and not all(scalars)) or (all(scalars) and depths == {1}):
        return None
    if all(len(path) > 1 and _names_a_column(path[-1]) and not _counts(path[-1]) for path, _ in arrays):
        return _of_metrics(arrays, document, shown)
    return _melted(arrays, {"score": [array for _, array in arrays]}, shown)


def _has_counters(paths: list[Path]) -> bool:
    return any(_counts(key) for path in paths for key in path)


def _are_curves(leaves: list[tuple[Path, object]]) -> bool:
    """Return whether all leaves are lists, below levels that count with each of their keys or with none."""
    sizes = [len(leaf) for _, leaf in leaves if isinstance(leaf, list | np.ndarray)]
    if len({len(path) for path, _ in leaves}) > 1 or len(sizes) < len(leaves):
        return False
    levels = zip(*(path for path, _ in leaves), strict=True)
    return max(sizes) > 1 and all(len({_counts(key) for key in keys}) == 1 for keys in levels)


def _leaves(node: Mapping[str, object], path: Path) -> Iterator[tuple[Path, object]]:
    """Return what lies at the ends of all paths: numbers and lists; None for anything else."""
    for key, value in node.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value if _is_scores(value) else None


def _is_scores(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iufb" and value.size > 0
    if isinstance(value, list):
        if all(isinstance(inner, list) for inner in value):
            return bool(value) and all(map(_is_scores, value))
        return are_numbers(value)
    return are_numbers([value])


def _array(leaf: object, path: Path, shown: str) -> Array:
    """Return a leaf as an array of up to three dimensions."""
    if isinstance(leaf, np.ndarray):
        array = leaf
    elif not isinstance(leaf, list):
        array = np.array(leaf, dtype=object)
    else:
        array = _of_lists(leaf, path, shown)
    if array.ndim > 3:
        raise DataError(
            f"{shown!r}: {'.'.join(path)!r} has {array.ndim} dimensions; scores are runs, runs × tasks, "
            "or runs × tasks × steps"
        )
    return array


def _of_lists(leaf: list[object], path: Path, shown: str) -> Array:
    shape, level = [len(leaf)], leaf
    while level and is_list_of(level, list):
        lengths = {len(inner) for inner in level}
        if len(lengths) > 1:
            raise DataError(
                f"{shown!r}: the rows of {'.'.join(path)!r} have {min(lengths)} to {max(lengths)} numbers; "
                "each run needs a score of each task: write null where there is none"
            )
        shape.extend(lengths)
        level = [cell for inner in level for cell in inner]
    array = np.empty(len(level), dtype=object)
    array[:] = level
    return array.reshape(shape)


def _melted(arrays: list[tuple[Path, Array]], values: dict[str, list[Array]], shown: str) -> Reading:
    """Make one row of each number."""
    sizes = [array.size for _, array in arrays]
    levels = _levels([path for path, _ in arrays])
    columns = {
        name: np.repeat(np.array([*keys, None], dtype=object)[:-1], sizes) for name, keys in levels.items()
    }
    axes = _axes(max(array.ndim for _, array in arrays), levels)
    for i, name in enumerate(axes):
        columns[name] = np.concatenate(
            [np.indices(a.shape)[i].ravel() if i < a.ndim else np.zeros(a.size, dtype=int) for _, a in arrays]
        )
    for name, parts in values.items():
        columns[name] = np.concatenate([part.ravel().astype(object) for part in parts])
    frame = pd.DataFrame({name: column(cells.tolist()) for name, cells in columns.items()})
    return _reading(frame, [*levels, *axes], shown, tabular="task" in axes)


def _axes(n_dimensions: int, levels: Mapping[str, object]) -> list[str]:
    """Name the dimensions of the arrays; below a seed they are no runs but steps."""
    if n_dimensions == 1:
        return ["step"] if any(name in levels for name in _RUNS) else ["run"]
    return ["run", "task", "step"][:n_dimensions]


def _levels(paths: list[Path], *, counted: bool = False) -> dict[str, list[object]]:
    """Name the levels of keys of paths of equal length: counters by their word, others by their number."""
    levels = [list(keys) for keys in zip(*paths, strict=True)]
    words = [_counter_of(keys, below=i > 0 and counted) for i, keys in enumerate(levels)]
    words = [None if word in words[:i] else word for i, word in enumerate(words)]
    plain = iter(_plain_names(words.count(None), nested=words[-2:] == ["seed", "step"]))
    names = [next(plain) if word is None else word for word in words]
    return {
        name: keys if word is None else [_count_of(key) for key in keys]
        for name, word, keys in zip(names, words, levels, strict=True)
    }


def _plain_names(n: int, *, nested: bool) -> list[str]:
    if nested and n == len(_MARL):
        return list(_MARL)
    return ["method", "task"][:n] if n <= 2 else [f"level.{i}" for i in range(1, n + 1)]


def _of_metrics(
    arrays: list[tuple[Path, Array]], document: Mapping[str, object], shown: str
) -> Reading | None:
    """Read method → measure → runs: the measures are columns."""
    by_path: dict[Path, dict[str, Array]] = {}
    for path, array in arrays:
        by_path.setdefault(path[:-1], {})[path[-1]] = array
    names = list(dict.fromkeys(path[-1] for path, _ in arrays))
    if any(len({a.shape for a in found.values()}) > 1 for found in by_path.values()):
        return _melted(arrays, {"score": [array for _, array in arrays]}, shown)
    if all(array.ndim == 0 for _, array in arrays):
        return None if len(next(iter(by_path))) == 1 else _of_records(document, shown)
    first = [(path, next(iter(found.values()))) for path, found in by_path.items()]
    values = {
        name: [
            found.get(name, np.full(array.shape, None, dtype=object))
            for (_, array), found in zip(first, by_path.values(), strict=True)
        ]
        for name in names
    }
    return _melted(first, values, shown)


def _of_records(document: Mapping[str, object], shown: str) -> Reading | None:
    """Read nested records, e.g. environment → task → algorithm → seed_0 → step_0 → measures."""
    rows: list[tuple[Path, dict[str, object]]] = []
    averaged: set[str] = set()
    counted: list[bool] = []
    if not _walk(document, (), {}, rows, averaged, counted) or not any(counted):
        return None
    depths = {len(path) for path, _ in rows}
    if len(depths) > 1:
        raise DataError(
            f"{shown!r} is nested {min(depths)} to {max(depths)} levels deep; write one record a run, "
            "such as [{'method': 'sgd', 'seed': 0, 'score': 0.9}, …]"
        )
    levels = _levels([path for path, _ in rows], counted=True)
    taken = {name for _, cells in rows for name in cells}
    if doubled := sorted(taken & set(levels)):
        levels = {(f"level.{n}" if n in doubled else n): keys for n, keys in levels.items()}
    keys = zip(*levels.values(), strict=True)
    records = [
        dict(zip(levels, key, strict=True)) | cells for key, (_, cells) in zip(keys, rows, strict=True)
    ]
    reading = _reading(frame_of(records, shown), list(levels), shown, tabular=False)
    if not averaged:
        return reading
    mean = f"Lists of numbers below {', '.join(sorted(averaged))} were averaged, one value a record."
    return Reading(
        frame=reading.frame,
        kind=reading.kind,
        unit=reading.unit,
        step=reading.step,
        remarks=(*reading.remarks, mean),
    )


def _walk(
    node: Mapping[str, object],
    path: Path,
    beside: dict[str, object],
    rows: list[tuple[Path, dict[str, object]]],
    averaged: set[str],
    counted: list[bool],
) -> bool:
    """Collect the records below a node with their paths; what lies beside counted ones is in each."""
    counters = [key for key in node if _counts(key) or (path and key.isdigit())]
    inner = {key: value for key, value in node.items() if isinstance(value, dict) and value}
    if counters:
        counted.append(True)
        rest = {key: value for key, value in node.items() if key not in counters}
        around = beside | _cells(rest, averaged)
        for key in counters:
            value = node[key]
            if isinstance(value, dict):
                if not _walk(value, (*path, key), around, rows, averaged, counted):
                    return False
            else:
                rows.append(((*path, key), around | _cells({"score": value}, averaged)))
        return True
    if inner and len(inner) == len(node):
        return all(_walk(v, (*path, k), beside, rows, averaged, counted) for k, v in inner.items())
    rows.append((path, beside | _cells(node, averaged)))
    return True


def _cells(record: Mapping[str, object], averaged: set[str]) -> dict[str, object]:
    """Return a record's cells; a list of one number is the number, and of more numbers their mean."""
    cells = {}
    for name, value in flat(record):
        numbers = value.tolist() if isinstance(value, np.ndarray) else value
        if isinstance(numbers, list) and are_numbers(numbers):
            known = [v for v in numbers if v is not None]
            if len(numbers) > 1:
                averaged.add(name)
            words = [v for v in known if isinstance(v, str)]
            numbers = words[0] if words else known[0] if len(known) == 1 else float(np.mean(known))
        cells[name] = numbers
    return cells


def _reading(frame: pd.DataFrame, levels: list[str], shown: str, *, tabular: bool) -> Reading:
    order = " → ".join(levels)
    remarks = [f"{shown!r} was read as scores: {order}."]
    if tabular:
        remarks.append("Rows of each array are runs, its columns tasks.")
    step = next((name for name in levels if name in _STEPS), None)
    unit = next((name for name in levels if name in _RUNS), None)
    return Reading(frame=frame, kind="dictionary of scores", unit=unit, step=step, remarks=tuple(remarks))


def _names_a_column(name: str) -> bool:
    return not _COLUMN_WORDS.isdisjoint(re.split(r"[^a-z0-9]+", name.lower()))


def _counts(key: str) -> bool:
    return _COUNTER.fullmatch(key.strip()) is not None


def _counter_of(keys: Sequence[str], *, below: bool) -> str | None:
    """Return the word that a level's keys count with; "run" for bare numbers below a method."""
    if below and all(key.isdigit() for key in keys):
        return "run"
    found = [_COUNTER.fullmatch(key.strip()) for key in keys]
    words = {match[1].lower() for match in found if match}
    return words.pop() if all(found) and len(words) == 1 else None


def _count_of(key: str) -> int:
    match = _COUNTER.fullmatch(key.strip())
    return int(match[2]) if match else int(key)
