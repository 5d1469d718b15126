"""What other processes have committed while a collection goes on, at the cost of one listing a block."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from collect.store import database, segment
from collect.store.place import Place
from collect.store.segment import MIXED


class Meanwhile:
    """Knows which seeds of one configuration have a row by now.

    A segment's name tells its configuration and the range of its seeds, so only segments that may hold a
    seed asked for are read, and kept as long as that is so: blocks advance through the seeds, and what
    is remembered does not grow with the number of runs.
    """

    def __init__(self, db: Place, config_hash: str, *, without_failed: bool) -> None:
        self._db, self._config_hash, self._without_failed = db, config_hash, without_failed
        self._seeds: dict[str, npt.NDArray[np.int64]] = {}

    def trained(self, seeds: Collection[int]) -> set[int]:
        """Return those of the seeds that have a row; `failed` ones do not count if they are to be retried."""
        first, last = min(seeds), max(seeds)
        listed = database.segments(self._db)
        names = {name for name in listed if self._may_hold(name, first, last)}
        self._seeds = {name: found for name, found in self._seeds.items() if name in names}
        if names > self._seeds.keys():
            passed_over = {*listed} - names | self._seeds.keys()
            self._seeds |= database.seeds_by_segment(
                self._db, self._config_hash, without_failed=self._without_failed, skip=passed_over
            )
        asked = np.fromiter(seeds, np.int64, len(seeds))
        return {seed for found in self._seeds.values() for seed in asked[np.isin(asked, found)].tolist()}

    def _may_hold(self, name: str, first: int, last: int) -> bool:
        label = segment.parse_name(name)
        return label is None or (
            label.config in (MIXED, self._config_hash[:12])
            and label.first_seed <= last
            and label.last_seed >= first
        )
