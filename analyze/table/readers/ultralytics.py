"""Ultralytics (YOLO): ``results.csv`` with a row an epoch, names such as ``metrics/mAP50-95(B)``."""

from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.marks import any_begins, counts_along, has
from analyze.table.readers.plain import columns_of, read_plain


def _is_results(found: Found) -> bool:
    columns = columns_of(found)
    return has(columns, "epoch") and any_begins(columns, "metrics/") and any_begins(columns, "train/", "val/")


def _read_results(found: Found) -> Reading:
    plain = read_plain(found)
    step = counts_along(plain.frame, "epoch")
    return Reading(
        frame=plain.frame, kind="Ultralytics results", step=step, units=plain.units, remarks=plain.remarks
    )


READER = Reader(
    name="ultralytics", label="Ultralytics results.csv", recognises=_is_results, read=_read_results
)
