"""Stable-Baselines3 (and Gym): ``monitor.csv``, a row an episode below a line of JSON."""

import re

from analyze.table.readers.delimited import json_comment
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.marks import has
from analyze.table.readers.plain import columns_of, read_plain

_START = b"#{"
_RANK = re.compile(r"(\d+)\.monitor\.csv")
_EPISODE = "episode"


def _is_monitor(found: Found) -> bool:
    return found.head.startswith(_START) and has(columns_of(found), "r", "l", "t")


def _read_monitor(found: Found) -> Reading:
    plain = read_plain(found)
    frame = plain.frame.copy()
    remarks = list(plain.remarks)
    if _EPISODE not in frame.columns:
        frame.insert(0, _EPISODE, range(1, len(frame) + 1))
    header = json_comment(found) or {}
    if "env_id" in header and "env_id" not in frame.columns:
        frame["env_id"] = str(header["env_id"])
    if rank := _RANK.fullmatch(found.name):
        frame["env"] = int(rank[1])
        remarks.append(
            f"The file is of one of a run's environments (env {rank[1]}), side by side: environments "
            "of one run are no repetitions."
        )
    return Reading(
        frame=frame,
        kind="Stable-Baselines3 monitor",
        step=_EPISODE,
        units=plain.units,
        remarks=tuple(remarks),
    )


READER = Reader(
    name="stable-baselines3",
    label="Stable-Baselines3 monitor.csv",
    recognises=_is_monitor,
    read=_read_monitor,
)
