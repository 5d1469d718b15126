"""TensorBoard: event files, and folders of them."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

import pandas as pd

from analyze.errors import AnalyzeError, DataError
from analyze.table.places import Place
from analyze.table.readers.folders import child, files_below
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.seeds import with_seeds
from analyze.table.readers.settings import settings_of
from analyze.table.readers.tfevents import DamagedError, Events, parse_events

_NAME, _VERSION = "tfevents", b"brain.Event:"
_WALL_TIME, _HPARAMS = "wall_time", "hparams."
# Keras and others write one training into several folders, which TensorBoard shows as runs.
_PARTS = frozenset({"train", "training", "validation", "val", "valid", "test", "eval", "evaluation"})
_STAMP = re.compile(r"\d{9,}\.\d+")
# Where there are tables beside event files, those are read.
_TABLES = re.compile(
    r"(.*[./])?(metrics|progress|results|monitor)\.csv|.*\.parquet|(.*/)?(trainer_state|result)\.json"
)
_MOST_LOOKED_AT = 5000


def _is_event_file(found: Found) -> bool:
    return found.is_file and (_NAME in found.name or _VERSION in found.head[:64])


def _read_event_file(found: Found) -> Reading:
    run = _read_run([found])
    if run.rows.empty:
        raise _no_scalars(found)
    return Reading(frame=run.rows, kind="TensorBoard events", step="step", remarks=_remarks([run]))


def _is_log_folder(found: Found) -> bool:
    if found.is_file:
        return False
    names = _first_files(found)
    return any(_NAME in name for name in names) and not any(_TABLES.fullmatch(name.lower()) for name in names)


def _first_files(found: Found) -> list[str]:
    try:
        return list(islice(files_below(found.place), _MOST_LOOKED_AT))
    except (AnalyzeError, OSError):
        return []


def _read_log_folder(found: Found) -> Reading:
    files: dict[str, list[Found]] = {}
    for path in files_below(found.place):
        folder, _, name = path.rpartition("/")
        if _NAME in name:
            files.setdefault(folder, []).append(child(found, path))
    remarks = []
    if several := [folder for folder, own in files.items() if len(own) > 1]:
        remarks.append(
            f"Event files of one folder are one run, as in TensorBoard ({len(several)} of {len(files)} "
            "folders hold several)."
        )
    if parts := _parts_of_one(files):
        remarks.append(
            f"The folders {', '.join(sorted(parts))} are parts of one run each: their names begin its tags."
        )
    read = {folder: _read_run(own) for folder, own in files.items()}
    if all(run.rows.empty for run in read.values()):
        raise _no_scalars(found)
    rows = {folder: _named_parts(folder, run.rows) if parts else run.rows for folder, run in read.items()}
    beside = _Settings(found.place)
    rows = {folder: beside.added_to(own, folder) for folder, own in rows.items()}
    if beside.damaged:
        remarks.append(f"Settings that could not be read: {', '.join(beside.damaged[:3])}.")
    frame, told = with_seeds(_put_together(rows, _owners(files, are_parts=bool(parts))), "run")
    return Reading(
        frame=frame,
        kind="TensorBoard events",
        unit="run",
        step="step",
        remarks=(*remarks, *told, *_remarks(read.values())),
    )


class _Settings:
    """The settings (hparams.yaml and the like) in the folder of a run and in those above it."""

    def __init__(self, root: Place) -> None:
        self.damaged: list[str] = []
        self._root = root
        self._known: dict[str, dict[str, object]] = {}

    def added_to(self, rows: pd.DataFrame, folder: str) -> pd.DataFrame:
        """Return the rows with a column a setting, under a name that no tag has."""
        cells = self._of(folder)
        return rows.assign(
            **{f"config.{name}" if name in rows.columns else name: value for name, value in cells.items()}
        )

    def _of(self, folder: str) -> dict[str, Any]:
        if folder not in self._known:
            place = self._root.child(folder) if folder else self._root
            names = set(place.files()) | {f".hydra/{name}" for name in place.child(".hydra").files()}
            own, damaged = settings_of(place, names)
            self.damaged += damaged
            above = self._of(folder.rpartition("/")[0]) if folder else {}
            self._known[folder] = above | own
        return self._known[folder]


def _owners(folders: Iterable[str], *, are_parts: bool) -> dict[str, str]:
    """Return the run that each folder is of: itself, or the folder above where it is a part of that."""
    above = {folder: folder.rpartition("/")[0] for folder in folders}
    if are_parts:
        return above
    # PyTorch's add_hparams opens a folder of its own, named by the time, in that of the run.
    stamped = [folder for folder in above if _STAMP.fullmatch(folder.rpartition("/")[2])]
    n_stamped = Counter(above[folder] for folder in stamped)
    alone = {folder for folder in stamped if above[folder] in above and n_stamped[above[folder]] == 1}
    return {folder: above[folder] if folder in alone else folder for folder in above}


def _put_together(rows_of: dict[str, pd.DataFrame], owners: dict[str, str]) -> pd.DataFrame:
    """Put the rows of all runs below each other, with the parts of their paths."""
    runs: dict[str, list[pd.DataFrame]] = {}
    for folder, rows in rows_of.items():
        if not rows.empty:
            runs.setdefault(owners[folder], []).append(rows)
    frames = []
    n_common = _n_common(list(runs))
    for run, parts in runs.items():
        rows = parts[0] if len(parts) == 1 else _merged(parts)
        tail = run.split("/")[n_common:]
        names = {
            "run": "/".join(tail) or ".",
            **{f"path.{k}": part for k, part in enumerate(tail, 1) if part},
        }
        frames.append(rows.assign(**{name: text for name, text in names.items() if name not in rows.columns}))
    return pd.concat(frames, ignore_index=True)


def _n_common(runs: list[str]) -> int:
    """Return how many folders the paths of all runs begin with."""
    above = zip(*(run.split("/")[:-1] for run in runs), strict=False)
    return len(list(takewhile(lambda parts: len(set(parts)) == 1, above)))


def _merged(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the rows of one step of a run's parts together; its hyperparameters hold for all of them."""
    rows = pd.concat(parts, ignore_index=True).groupby("step", as_index=False).first()
    told = [column for column in rows.columns if column.startswith(_HPARAMS)]
    return rows.assign(**{column: rows[column].dropna().iloc[0] for column in told})


def _named_parts(folder: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Let tags of a part of a run begin with its name."""
    same = {_WALL_TIME, "step", *(column for column in rows.columns if column.startswith(_HPARAMS))}
    part = folder.rpartition("/")[2]
    return rows.rename(columns={column: f"{part}/{column}" for column in rows.columns if column not in same})


def _parts_of_one(files: Iterable[str]) -> set[str]:
    """Return the names train, validation … where every folder of event files is such a part of a run."""
    parts = {folder.rpartition("/")[2] for folder in files}
    return parts if len(parts) > 1 and parts <= _PARTS else set()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """The rows (step) of a run, its torn files, and how many values were logged again or are no scalars."""

    rows: pd.DataFrame
    torn: list[str]
    n_replaced: int
    n_others: int


def _read_run(files: list[Found]) -> _Run:
    """Read one row a step of a run, with a column a tag; of a step logged twice the later value."""
    read = [_events(found) for found in files]
    logged = pd.DataFrame(
        [row for events in read for row in events.scalars], columns=["tag", "step", _WALL_TIME, "value"]
    )
    # A number that was logged and is none is a word: it is not missing.
    logged["value"] = logged["value"].astype(object).mask(logged["value"].isna(), "NaN")
    logged["tag"] = (
        logged["tag"].str.strip().replace({name: f"{name} (tag)" for name in ("step", _WALL_TIME)})
    )
    last = logged.drop_duplicates(["tag", "step"], keep="last")
    wide = last.pivot_table(index="step", columns="tag", values="value", aggfunc="first").apply(
        lambda column: column.infer_objects()
    )
    wide.insert(0, _WALL_TIME, logged.groupby("step")[_WALL_TIME].max())
    rows = wide.rename_axis(columns=None).reset_index()
    for name, value in {name: value for events in read for name, value in events.hparams.items()}.items():
        rows[f"{_HPARAMS}{name}"] = value
    return _Run(
        rows=rows,
        torn=[found.shown for found, events in zip(files, read, strict=True) if events.n_torn],
        n_replaced=len(logged) - len(last),
        n_others=sum(events.n_others for events in read),
    )


def _events(found: Found) -> Events:
    try:
        return parse_events(found.content)
    except DamagedError as error:
        raise DataError(
            f"{found.shown!r} is a damaged event file of TensorBoard ({error}): restore it, or move it away"
        ) from error


def _remarks(runs: Collection[_Run]) -> tuple[str, ...]:
    remarks = []
    if torn := [shown for run in runs for shown in run.torn]:
        remarks.append(
            f"The last record of {', '.join(torn[:3])} is torn and was left out ({len(torn)} in all)."
        )
    if n_replaced := sum(run.n_replaced for run in runs):
        remarks.append(f"{n_replaced} values were logged again for the same step: the later ones count.")
    if n_others := sum(run.n_others for run in runs):
        remarks.append(f"{n_others} values that are no scalars (images, histograms, texts) were not read.")
    return tuple(remarks)


def _no_scalars(found: Found) -> DataError:
    return DataError(
        f"{found.shown!r} holds no scalars of TensorBoard (an empty log, or only images and texts)"
    )


EVENT_FILE = Reader(
    name="tensorboard-events",
    label="TensorBoard event file",
    recognises=_is_event_file,
    read=_read_event_file,
)
LOG_FOLDER = Reader(
    name="tensorboard-folder",
    label="TensorBoard log folder",
    recognises=_is_log_folder,
    read=_read_log_folder,
)
