"""TensorBoard: the CSV files of scalars that its page saves, ``run-NAME-tag-TAG.csv``, and their folders."""

import re

import pandas as pd

from analyze.errors import AnalyzeError, DataError
from analyze.table.readers.folders import child
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.marks import actual, has
from analyze.table.readers.plain import columns_of, read_plain
from analyze.table.readers.seeds import with_seeds

_SAVED = re.compile(r"run-(?P<run>.*?)-tag-(?P<tag>.+?)\.csv", re.I)


def _is_saved(found: Found) -> bool:
    return has(columns_of(found), "Wall time", "Step", "Value")


def _read_saved(found: Found) -> Reading:
    plain = read_plain(found)
    frame, remarks = _with_tag(plain.frame, found)
    return Reading(
        frame=frame,
        kind="TensorBoard scalars",
        unit="run" if "run" in frame.columns else None,
        step=actual(frame.columns, "Step"),
        remarks=(*plain.remarks, *remarks),
    )


def _with_tag(frame: pd.DataFrame, found: Found) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Name the values of a saved file after its tag, which only the file's name tells."""
    saved = _SAVED.search(found.place.root.rpartition("/")[2])
    if saved is None:
        return frame, ()
    value, tag = str(actual(frame.columns, "Value")), saved["tag"].strip()
    if tag in frame.columns:
        return frame.assign(run=saved["run"]), ()
    told = f"The column {tag} is named after the tag in the file's name, the run {saved['run']} likewise."
    return frame.rename(columns={value: tag}).assign(run=saved["run"]), (told,)


def _is_saved_folder(found: Found) -> bool:
    """Whether a folder holds saved files and no other tables."""
    if found.is_file:
        return False
    try:
        tables = [name for name in found.place.files() if name.lower().endswith(".csv")]
    except AnalyzeError:
        return False
    return bool(tables) and all(_SAVED.fullmatch(name) for name in tables)


def _read_saved_folder(found: Found) -> Reading:
    frames: dict[str, list[pd.DataFrame]] = {}
    for name in found.place.files():
        if _SAVED.fullmatch(name):
            one = child(found, name)
            if not _is_saved(one):
                raise DataError(f"{one.shown!r} holds no columns Wall time, Step and Value: save it again")
            frame, _ = _with_tag(read_plain(one).frame, one)
            wall_time, step = (str(actual(frame.columns, name)) for name in ("Wall time", "Step"))
            frame = frame.drop(columns=wall_time).rename(columns={step: "Step"})
            frames.setdefault(frame["run"].iloc[0] if len(frame) else "", []).append(frame)
    together = [
        pd.concat(own).groupby(["run", "Step"], as_index=False, sort=False).first() for own in frames.values()
    ]
    frame, told = with_seeds(pd.concat(together, ignore_index=True), "run")
    n_files = sum(map(len, frames.values()))
    return Reading(
        frame=frame,
        kind="TensorBoard scalars",
        unit="run",
        step="Step",
        remarks=(
            f"{n_files} files of {len(frames)} runs are put together by run and step, a column a tag.",
            *told,
        ),
    )


FILE = Reader(
    name="tensorboard-csv", label="TensorBoard scalars as CSV", recognises=_is_saved, read=_read_saved
)
FOLDER = Reader(
    name="tensorboard-csv-folder",
    label="folder of TensorBoard scalars as CSV",
    recognises=_is_saved_folder,
    read=_read_saved_folder,
)
