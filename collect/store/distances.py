"""How far rows of one seed differ: they are read again, because of outcomes the ledger keeps hashes alone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from collect.errors import CollectError
from collect.store import database
from collect.store.agreement import MEASURES, Found, Pair
from collect.store.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """The largest differences between the two rows of several pairs.

    Attributes
    ----------
    n_pairs
        How many pairs could be read.
    relative, measure
        The largest difference of a measure relative to the larger value, and of which; 0 and None if
        those that both rows have are equal.
    n_images, n_test
        The most test images that the two networks of a pair classified differently, and of how many;
        None where no pair has the errors of both.
    """

    n_pairs: int
    relative: float
    measure: str | None
    n_images: int | None
    n_test: int | None

    def __str__(self) -> str:
        told = []
        if self.measure is not None:
            told.append(f"by at most {self.relative:.1e} of {self.measure}")
        if self.n_images is not None:
            told.append(f"on at most {self.n_images:,} of {self.n_test:,} test images")
        return " and ".join(told) or "in what one of them lacks"


def distance(db: Place, pairs: Sequence[Pair]) -> Distance | None:
    """Return how far the rows of pairs differ, or None if none of them is there any more."""
    rows = _rows(db, {found for pair in pairs for found in pair})
    there = [(rows[one], rows[other]) for one, other in pairs if one in rows and other in rows]
    if not there:
        return None
    relative, measure = max((_farthest(one, other) for one, other in there), key=lambda far: far[0])
    images = max((_images(one, other) for one, other in there), key=lambda n: (n[0] is not None, n[0] or 0))
    return Distance(
        n_pairs=len(there),
        relative=relative,
        measure=measure if relative else None,
        n_images=images[0],
        n_test=images[1],
    )


def _rows(db: Place, wanted: Iterable[Found]) -> dict[Found, dict[str, Any]]:
    """Read rows; those that were compacted or taken away meanwhile are left out."""
    by_segment = defaultdict(set)
    for found in wanted:
        by_segment[found.segment].add(found.run_id)
    rows = {}
    for name, runs in by_segment.items():
        with suppress(FileNotFoundError, CollectError):
            table = database.read_segment(db, name, ["run_id", *MEASURES, "errors"])
            for row in table.filter(pc.is_in(table["run_id"], pa.array(runs, pa.string()))).to_pylist():
                rows[Found(segment=name, run_id=row["run_id"])] = row
    return rows


def _farthest(one: dict[str, Any], other: dict[str, Any]) -> tuple[float, str]:
    """Return the largest relative difference of a measure that both rows have, and its name."""
    both = [name for name in MEASURES if one[name] is not None and other[name] is not None]
    differences = [(_relative(float(one[name]), float(other[name])), name) for name in both]
    return max(differences, key=lambda one: one[0], default=(0.0, ""))


def _relative(one: float, other: float) -> float:
    return abs(one - other) / max(abs(one), abs(other)) if one != other else 0.0


def _images(one: dict[str, Any], other: dict[str, Any]) -> tuple[int | None, int | None]:
    """Return how many test images two networks classified differently, and of how many."""
    if one["errors"] is None or other["errors"] is None or len(one["errors"]) != len(other["errors"]):
        return None, None
    first, second = (np.frombuffer(row["errors"], np.uint8) for row in (one, other))
    return int(np.count_nonzero(first != second)), len(first)
