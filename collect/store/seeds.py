"""Sets of seeds as ranges, to compute with and to read: 0–99, 120–499."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

MAX_SHOWN = 6

Seeds = Iterable[int] | npt.NDArray[np.int64]
Range = tuple[int, int]


def ranges(seeds: Seeds) -> list[Range]:
    """Return the first and last seed of every stretch without a gap, in order.

    Examples
    --------
    >>> ranges([3, 1, 2, 2, 7])
    [(1, 3), (7, 7)]
    """
    unique = _unique(seeds)
    before_gap = np.flatnonzero(np.diff(unique) > 1)
    firsts = unique[np.concatenate(([0], before_gap + 1))] if len(unique) else unique
    lasts = unique[np.concatenate((before_gap, [-1]))] if len(unique) else unique
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def shown(seeds: Seeds, *, at_most: int = MAX_SHOWN) -> str:
    """Return seeds as text; of more ranges than `at_most`, the first ones and the last.

    Examples
    --------
    >>> shown([0, 1, 2, 5, 7, 8])
    '0–2, 5, 7–8'
    >>> shown(range(0, 100, 2), at_most=4)
    '0, 2, 4, …, 98'
    """
    return shown_ranges(ranges(seeds), at_most=at_most)


def shown_ranges(given: Sequence[Range], *, at_most: int = MAX_SHOWN) -> str:
    """Return ranges as text; of more than `at_most`, the first ones and the last."""
    texts = [f"{first}–{last}" if last > first else str(first) for first, last in given]
    if len(texts) > at_most:
        texts = [*texts[: at_most - 1], "…", texts[-1]]
    return ", ".join(texts)


def _unique(seeds: Seeds) -> npt.NDArray[np.int64]:
    given = seeds if isinstance(seeds, np.ndarray) else np.fromiter(seeds, np.int64)
    is_sorted = bool((given[1:] > given[:-1]).all())
    return given if is_sorted else np.unique(given)  # which takes a second for a million
