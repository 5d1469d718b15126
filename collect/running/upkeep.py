"""Compaction beside a long collection, so that neither listings nor `collect status` get slower.

A million runs in blocks of half a minute are some ten thousand segments. Whenever a few hundred of its
own have come together, a collection merges them in a process of its own; the store lets it do so while
others write, read and compact.
"""

import subprocess
import sys
from dataclasses import dataclass

from collect.store.place import Place

SEGMENTS = 256
# At the end fewer are worth it: whoever reads the database next has to open every one.
SEGMENTS_AT_END = 64


@dataclass(slots=True)
class Upkeep:
    """Counts a collection's segments and compacts its database now and then."""

    db: Place
    n_segments: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def note_segment(self) -> None:
        """Count one more segment, and start a compaction where it is time and none is going on."""
        self.n_segments += 1
        if self.n_segments >= SEGMENTS and (self._process is None or self._process.poll() is not None):
            self._start()

    def finish(self) -> None:
        """Compact what has come together since, and wait."""
        if self._process is not None:
            self._process.wait()
        if self.n_segments >= SEGMENTS_AT_END:
            self._start().wait()

    def abandon(self) -> None:
        """End a compaction that is going on; it is safe against this at any moment."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        # Whatever keeps it from compacting is no fault of the collection, and `collect verify` tells it.
        self.n_segments = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "collect", "compact", "--db", str(self.db)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        return self._process
