"""MLflow's folder ``mlruns``: ``EXPERIMENT/RUN/`` with ``meta.yaml``, ``metrics/`` and ``params/``."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pandas as pd
import yaml

from analyze.errors import AnalyzeError, DataError
from analyze.table.places import Place
from analyze.table.readers.folders import files_below, subfolders
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.mlflow import NAN, as_search_runs

K = TypeVar("K")
Meta = Mapping[str, object]

_META = "meta.yaml"
_STATUSES: dict[object, str] = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
_KINDS = ("metrics", "params", "tags")
# Beside runs there may be files of any size and number, which hold nothing of the table.
_WITHOUT = frozenset({"artifacts", "models", "traces", "datasets", "outputs", "inputs"})
_THREADS = 16
_FIRST_FOLDERS = 20


def _is_mlruns(found: Found) -> bool:
    """Whether it is a folder of experiments, or one experiment."""
    if found.is_file:
        return False
    try:
        if b"experiment_id" in _meta(found.place):
            return True
        first = subfolders(found.place)[:_FIRST_FOLDERS]
        return any(b"experiment_id" in _meta(found.place.child(name)) for name in first)
    except (AnalyzeError, OSError):
        return False


def _meta(folder: Place) -> bytes:
    try:
        return folder.child(_META).read()
    except (FileNotFoundError, NotADirectoryError):
        return b""


def _read_mlruns(found: Found) -> Reading:
    files = list(files_below(found.place, without=_WITHOUT))
    # A run given by itself is its own root: "" is its folder then.
    folders = [path.removesuffix(_META).rstrip("/") for path in files if path.rpartition("/")[2] == _META]
    metas = {
        folder: _parsed(content, found.place.child(f"{folder}/{_META}".lstrip("/")))
        for folder, content in _contents(
            found.place, {folder: f"{folder}/{_META}".lstrip("/") for folder in folders}
        )
    }
    runs = {folder: meta for folder, meta in metas.items() if "run_id" in meta or "run_uuid" in meta}
    if not runs:
        raise DataError(
            f"{found.shown!r} is a folder of MLflow without a run in it: give the one that holds runs"
        )
    experiments = {str(m.get("experiment_id")): m for folder, m in metas.items() if folder not in runs}
    logged = _logged(found.place, runs, files)
    metrics, counts = _last_values(logged.pop("metrics"), found)
    return as_search_runs(_run_rows(runs, experiments), {"metrics": metrics, **logged}, counts)


def _run_rows(runs: Mapping[str, Meta], experiments: Mapping[str, Meta]) -> pd.DataFrame:
    rows = []
    for meta in runs.values():
        experiment = experiments.get(str(meta.get("experiment_id")), {})
        rows.append(
            {
                "run_id": str(meta.get("run_id") or meta.get("run_uuid")),
                "run_name": meta.get("run_name"),
                "experiment_id": str(meta.get("experiment_id")),
                "experiment": experiment.get("name"),
                "status": _STATUSES.get(meta.get("status", 0), meta.get("status")),
                "lifecycle_stage": _stage(meta, experiment),
                "start_time": meta.get("start_time"),
                "end_time": meta.get("end_time"),
            }
        )
    table = pd.DataFrame(rows)
    order = pd.to_numeric(table["start_time"], errors="coerce").sort_values(kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _stage(run: Meta, experiment: Meta) -> str:
    stages = {str(meta.get("lifecycle_stage", "active")).lower() for meta in (run, experiment)}
    return "active" if stages == {"active"} else "deleted"


def _logged(place: Place, runs: Mapping[str, Meta], files: list[str]) -> dict[str, pd.DataFrame]:
    """Read what is kept in a file each: the metrics, parameters and tags of runs."""
    wanted: dict[tuple[str, str, str], str] = {}
    prefixes = {f"{folder}/{kind}/".lstrip("/"): (folder, kind) for folder in runs for kind in _KINDS}
    for path in files:
        parts = path.split("/")
        for cut in range(1, len(parts)):
            owner = prefixes.get("/".join(parts[:cut]) + "/")
            if owner is not None:
                wanted[*owner, "/".join(parts[cut:])] = path
                break
    rows: dict[str, list[tuple[str, str, str]]] = {kind: [] for kind in _KINDS}
    for (folder, kind, key), content in _contents(place, wanted):
        meta = runs[folder]
        run_id = str(meta.get("run_id") or meta.get("run_uuid"))
        rows[kind].append((run_id, key, content.decode(errors="replace").strip()))
    return {kind: pd.DataFrame(rows[kind], columns=["run_id", "key", "value"]) for kind in _KINDS}


def _last_values(metrics: pd.DataFrame, found: Found) -> tuple[pd.DataFrame, dict[str, int]]:
    """Take of each metric's lines ``timestamp value step`` the value of the last step, as MLflow does."""
    values: list[float | str] = []
    counts: dict[str, int] = {}
    for run_id, key, text in zip(metrics["run_id"], metrics["key"], metrics["value"], strict=True):
        try:
            # Of equal steps the latest is the last, as MLflow has it.
            last = max(map(_point, filter(str.strip, text.splitlines())))[2]
        except (ValueError, IndexError) as error:
            raise DataError(
                f"{found.shown!r}: the file of the metric {key!r} of run {run_id} is damaged "
                "(lines hold a time, a value and a step): restore or remove it"
            ) from error
        values.append(NAN if last != last else last)
        counts[key] = max(counts.get(key, 0), len(text.splitlines()))
    return metrics.assign(value=pd.Series(values, dtype=object)), counts


def _point(line: str) -> tuple[int, int, float]:
    """Return the step, the time and the value of a line; the first versions wrote no step."""
    parts = line.split()
    return int(parts[2]) if len(parts) > 2 else 0, int(parts[0]), float(parts[1])


def _contents(place: Place, paths: Mapping[K, str]) -> Iterable[tuple[K, bytes]]:
    """Read many small files; those that have vanished since are left out."""

    def content(path: str) -> bytes | None:
        try:
            return place.child(path).read()
        except FileNotFoundError:
            return None

    if place.is_local:
        read = [content(path) for path in paths.values()]
    else:
        with ThreadPoolExecutor(_THREADS) as pool:
            read = list(pool.map(content, paths.values()))
    return [(key, one) for key, one in zip(paths, read, strict=True) if one is not None]


def _parsed(content: bytes, place: Place) -> Meta:
    try:
        meta = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise DataError(
            f"{place.shown!r} is damaged (no YAML): restore the run, or remove its folder"
        ) from error
    return meta if isinstance(meta, dict) else {}


READER = Reader(name="mlruns", label="MLflow folder (mlruns)", recognises=_is_mlruns, read=_read_mlruns)
