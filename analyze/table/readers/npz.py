"""NumPy's archives of arrays (.npz): scores by method, or the columns of a table. Never unpickled."""

import io
import warnings
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np

from analyze.errors import DataError
from analyze.table.places import MAX_BYTES
from analyze.table.readers import scores
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.values import frame_of_columns

# Whatever numpy and zipfile raise at archives that are torn or made to harm
_BROKEN = (
    OSError, EOFError, ValueError, KeyError, TypeError, SyntaxError, RuntimeError, MemoryError, OverflowError,
    RecursionError, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
_EVALUATIONS = {"timesteps", "results"}


def recognises(found: Found) -> bool:
    """Return whether a file is an archive of arrays."""
    return bool(found.members) and all(n.endswith(".npy") for n in found.members)


def read(found: Found) -> Reading:
    """Read scores by method, columns of equal length, or the evaluations of Stable-Baselines3.

    Raises
    ------
    DataError
        It is damaged, or holds Python objects, which are never loaded.
    """
    arrays = _arrays(found)
    if set(arrays) >= _EVALUATIONS and arrays["results"].ndim == 2:
        return _evaluations(arrays, found.shown)
    numbers = {name: array for name, array in arrays.items() if array.ndim and array.dtype.kind != "U"}
    lengths = {array.shape for array in arrays.values()}
    columns = {name: array.tolist() for name, array in arrays.items()} if len(lengths) == 1 else {}
    if columns and len(next(iter(lengths))) == 1 and not scores.are_methods(columns):
        return Reading(frame=frame_of_columns(columns, found.shown), kind="NumPy columns")
    reading = scores.of_document(numbers, found.shown) if numbers else None
    if reading is None:
        raise DataError(
            f"{found.shown!r} holds no scores; an array a method is expected: runs, or runs × tasks"
        )
    left = [name for name in arrays if name not in numbers]
    remarks = (f"Not read of {found.shown!r}: {', '.join(left)}.",) if left else ()
    return Reading(
        frame=reading.frame,
        kind=reading.kind,
        unit=reading.unit,
        step=reading.step,
        remarks=(*reading.remarks, *remarks),
    )


READER = Reader(name="npz", label="NumPy archives of scores (.npz)", recognises=recognises, read=read)


def _arrays(found: Found) -> dict[str, scores.Array]:
    try:
        with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                raise ValueError(f"it unfolds to more than {MAX_BYTES // 2**30} GB")
        # numpy warns of headers that Python 2 wrote
        with warnings.catch_warnings(action="ignore"), np.load(io.BytesIO(found.content)) as loaded:
            arrays = {name: np.asarray(loaded[name]) for name in loaded.files}
    except _BROKEN as error:
        if "allow_pickle" in str(error):
            raise DataError(
                f"{found.shown!r} holds Python objects, which are never loaded (they may run code); write "
                "each method's scores as an array of numbers, or the table as CSV"
            ) from error
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DataError(f"{found.shown!r} cannot be read as .npz ({reason}); it may be torn") from error
    for name, array in arrays.items():
        if array.dtype.kind not in "iufbU":
            raise DataError(
                f"{found.shown!r}: {name!r} holds {array.dtype}, no numbers or texts; write it as numbers"
            )
    return arrays


def _evaluations(arrays: Mapping[str, scores.Array], shown: str) -> Reading:
    """Read what EvalCallback writes: episodes at each evaluation of one run."""
    results = arrays["results"].astype(float)
    if arrays["timesteps"].shape != results.shape[:1]:
        raise DataError(f"{shown!r} has other timesteps than evaluations; it is torn")
    columns = {"timesteps": arrays["timesteps"].tolist(), "mean_reward": results.mean(axis=1).tolist()}
    lengths = arrays.get("ep_lengths")
    if lengths is not None and lengths.shape == results.shape:
        columns["mean_ep_length"] = lengths.astype(float).mean(axis=1).tolist()
    return Reading(
        frame=frame_of_columns(columns, shown),
        kind="Stable-Baselines3 evaluations",
        step="timesteps",
        remarks=(f"Rewards are means of the {results.shape[1]} episodes of an evaluation.",),
    )
