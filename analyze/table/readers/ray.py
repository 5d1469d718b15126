"""Ray Tune: ``progress.csv`` and ``result.json``, a row an iteration of a trial."""

from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.marks import actual, any_begins, counts_along, has
from analyze.table.readers.plain import columns_of, read_plain

_OTHERS = ("trial_id", "time_this_iter_s", "time_total_s", "experiment_id")


def _is_progress(found: Found) -> bool:
    columns = columns_of(found)
    return has(columns, "training_iteration") and (
        actual(columns, *_OTHERS) is not None or any_begins(columns, "config/", "config.")
    )


def _read_progress(found: Found) -> Reading:
    plain = read_plain(found)
    columns = plain.frame.columns
    return Reading(
        frame=plain.frame,
        kind="Ray Tune results",
        unit=actual(columns, "trial_id"),
        step=counts_along(plain.frame, "training_iteration"),
        units=plain.units,
        remarks=plain.remarks,
    )


READER = Reader(name="ray", label="Ray Tune results", recognises=_is_progress, read=_read_progress)
