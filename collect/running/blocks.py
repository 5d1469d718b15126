"""Which seeds are trained together: shards of a plan, and blocks of seeds for the workers."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Block = tuple[int, ...]

# A block is one commit: what a killed worker loses, and what a short tail allows.
BLOCK_S = 30.0
LARGEST_BLOCK = 1000
BLOCKS_PER_WORKER = 2
# Every shard gets this many pieces of the seeds: few enough that its segments hold neighbouring seeds,
# enough that all shards have work when only some of the seeds are missing.
PIECES_PER_SHARD = 8


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal parts of a plan, counted from 1."""

    number: int = 1
    of: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def parts(self, seeds: range) -> list[range]:
        """Return the shard's seeds: of 8n nearly equal pieces in a row every n-th.

        Shards are disjoint, and complete for any number of them.

        Examples
        --------
        >>> [part.start for part in Shard(2, 2).parts(range(160))]
        [10, 30, 50, 70, 90, 110, 130, 150]
        """
        n_pieces = PIECES_PER_SHARD * self.of

        def edge(i: int) -> int:
            return seeds.start + len(seeds) * i // n_pieces

        pieces = [range(edge(i), edge(i + 1)) for i in range(self.number - 1, n_pieces, self.of)]
        return [piece for piece in pieces if piece]


class Blocks:
    """Cuts seeds into blocks, one at a time.

    A block takes half a minute at the pace that runs have had so far (the first ones, of unknown
    pace, are as small as possible), and less towards the end, so that all workers end together: guided
    self-scheduling, Polychronopoulos & Kuck 1987, doi 10.1109/TC.1987.5009495.

    Parameters
    ----------
    together
        How many networks a worker trains at once; blocks have multiples of that.
    """

    def __init__(self, seeds: Sequence[int], together: int = 1) -> None:
        self._seeds = seeds
        self._together = together
        self._start = 0
        self._returned: list[Block] = []
        self._n_timed, self._mean_s = 0, math.nan

    def __len__(self) -> int:
        """Return the number of seeds that wait."""
        return len(self._seeds) - self._start + sum(map(len, self._returned))

    def note_duration(self, seconds: float) -> None:
        """Take a run's duration into account, the latest hundred or so most."""
        self._n_timed = min(self._n_timed + 1, 100)
        step = seconds - self._mean_s if self._n_timed > 1 else 0.0
        self._mean_s = seconds if self._n_timed == 1 else self._mean_s + step / self._n_timed

    def next(self, workers: int) -> Block | None:
        """Return the next block for one of so many workers, or None at the end."""
        if self._returned:
            return self._returned.pop()
        share = math.ceil((len(self._seeds) - self._start) / (workers * BLOCKS_PER_WORKER))
        size = math.ceil(min(share, self._timely()) / self._together) * self._together
        block = tuple(self._seeds[self._start : self._start + size])
        self._start += len(block)
        return block or None

    def put_back(self, block: Block) -> None:
        """Take a block back whose worker died; it comes next."""
        self._returned.append(block)

    def _timely(self) -> int:
        """Return how many runs fit into the time of a block."""
        if math.isnan(self._mean_s):
            return 1
        return min(LARGEST_BLOCK, max(1, int(BLOCK_S / max(self._mean_s, 1e-9))))


def missing_of(parts: Iterable[range], present: set[int]) -> tuple[int, ...]:
    """Return the seeds of ranges that are not present, in order."""
    return tuple(seed for part in parts for seed in part if seed not in present)
