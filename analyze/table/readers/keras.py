"""Keras' CSVLogger: one row an epoch, counted from 0, and every metric a column."""

from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.marks import frame_of, holds_numbers
from analyze.table.readers.plain import columns_of, read_plain


def _is_log(found: Found) -> bool:
    columns = columns_of(found)
    if not columns or columns[0] != "epoch" or len(columns) < 2 or "step" in columns:
        return False
    validated = any(column.startswith("val_") and column[4:] in columns for column in columns)
    if not (validated or "loss" in columns):
        return False
    frame = frame_of(found)
    if frame is None or not holds_numbers(frame["epoch"]):
        return False
    # A table that somebody put together names its runs in other columns than a metric and its validation.
    starts = frame["epoch"].iloc[:1].eq(0).all()
    ahead = frame["epoch"].diff().dropna()
    return bool(starts) and bool((ahead.eq(1) | frame["epoch"].iloc[1:].eq(0)).all())


def _read_log(found: Found) -> Reading:
    plain = read_plain(found)
    frame = plain.frame
    remarks = list(plain.remarks)
    starts = frame["epoch"].eq(0)
    if (n_starts := int(starts.sum())) > 1:
        remarks.append(
            f"Epoch 0 occurs {n_starts} times: the log was appended to by {n_starts} trainings, counted in "
            "the column training."
        )
        if "training" not in frame.columns:
            frame = frame.assign(training=starts.cumsum())
    return Reading(frame=frame, kind="Keras log", step="epoch", units=plain.units, remarks=tuple(remarks))


READER = Reader(name="keras", label="Keras CSVLogger", recognises=_is_log, read=_read_log)
