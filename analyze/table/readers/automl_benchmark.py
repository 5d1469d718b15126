"""The AutoML benchmark's ``results.csv``: a row a framework, task and fold, errors as words in ``info``."""

from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.marks import actual, has
from analyze.table.readers.plain import columns_of, read_plain


def _is_results(found: Found) -> bool:
    return has(columns_of(found), "task", "framework", "fold", "result", "info")


def _read_results(found: Found) -> Reading:
    plain = read_plain(found)
    frame = plain.frame
    info, result = (str(actual(frame.columns, name)) for name in ("info", "result"))
    n_errors = int((frame[info].notna() & frame[result].isna()).sum())
    why = f"{info} says why {n_errors} of {len(frame)} runs have no {result}"
    return Reading(
        frame=frame,
        kind="AutoML benchmark results",
        status=info,
        units=plain.units,
        remarks=(*plain.remarks, f"The column {why}; folds of a task are no repetitions."),
    )


READER = Reader(
    name="automl-benchmark", label="AutoML benchmark results", recognises=_is_results, read=_read_results
)
