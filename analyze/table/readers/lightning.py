"""Lightning's CSVLogger: ``metrics.csv`` with one row a call of ``log``, most of its cells empty."""

import pandas as pd

from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.marks import actual, frame_of, has, holds_numbers
from analyze.table.readers.plain import columns_of, read_plain
from analyze.table.readers.steps import merge_steps


def _is_metrics(found: Found) -> bool:
    columns = columns_of(found)
    if not has(columns, "epoch", "step") or len(columns) <= 2:
        return False
    frame = frame_of(found)
    return frame is not None and (found.name == "metrics.csv" or _is_interleaved(frame))


def _is_interleaved(frame: pd.DataFrame) -> bool:
    """Whether rows of one step hold different columns."""
    step = frame[str(actual(frame.columns, "step"))]
    again = step.eq(step.shift())
    return bool(again.any()) and len(merge_steps(frame, str(step.name), latest=_epochs(frame))) < len(frame)


def _read_metrics(found: Found) -> Reading:
    plain = read_plain(found)
    step = str(actual(plain.frame.columns, "step"))
    frame = plain.frame
    remarks: tuple[str, ...] = ()
    if holds_numbers(frame[step]):
        frame = merge_steps(frame, step, latest=_epochs(frame))
        if len(frame) < len(plain.frame):
            remarks = (
                f"Rows that were logged apart for one step are put together: {len(plain.frame)} rows, "
                f"{len(frame)} steps.",
            )
    return Reading(
        frame=frame,
        kind="Lightning metrics",
        step=step,
        units=plain.units,
        remarks=(*plain.remarks, *remarks),
    )


def _epochs(frame: pd.DataFrame) -> list[str]:
    """Name the epoch's column: at the end of an epoch a step is logged under two of them."""
    return [name for name in [actual(frame.columns, "epoch")] if name is not None]


READER = Reader(name="lightning", label="Lightning metrics.csv", recognises=_is_metrics, read=_read_metrics)
