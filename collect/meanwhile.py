"""What other processes have committed while a collection goes on, at the cost of one listing a block."""

from collections.abc import Collection

import numpy as np

from collect.store import database, segment
from collect.store.place import Place
from collect.store.segment import MIXED


class Meanwhile:
    """Knows which seeds of one configuration have a row by now.

    A segment's name tells its configuration and the range of its seeds, so only segments that may
    hold a seed asked for are read, each once.
    """

    def __init__(self, db: Place, config_hash: str, *, without_failed: bool) -> None:
        self._db, self._config_hash, self._without_failed = db, config_hash, without_failed
        self._read: set[str] = set()
        self._present = np.empty(0, np.int64)

    def trained(self, seeds: Collection[int]) -> set[int]:
        """Return those of the seeds that have a row; `failed` ones do not count if they are to be retried."""
        first, last = min(seeds), max(seeds)
        names = database.segments(self._db)
        self._read &= set(names)  # what was compacted away need not be remembered
        new = [name for name in names if name not in self._read and self._may_hold(name, first, last)]
        if new:
            passed_over = set(names) - set(new)
            found = database.present_seeds(
                self._db, self._config_hash, without_failed=self._without_failed, skip=passed_over
            )
            self._add(found, new)
        asked = np.fromiter(seeds, np.int64, len(seeds))
        return set(asked[np.isin(asked, self._present)].tolist())

    def own(self, name: str, seeds: Collection[int]) -> None:
        """Take note of a segment of one's own, which need not be read."""
        self._add(seeds, [name])

    def _add(self, seeds: Collection[int], names: list[str]) -> None:
        self._present = np.union1d(self._present, np.fromiter(seeds, np.int64, len(seeds)))
        self._read.update(names)

    def _may_hold(self, name: str, first: int, last: int) -> bool:
        label = segment.parse_name(name)
        return label is None or (
            label.config in (MIXED, self._config_hash[:12])
            and label.first_seed <= last
            and label.last_seed >= first
        )
