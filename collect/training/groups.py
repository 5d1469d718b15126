"""Which networks are trained together: a few at a time, each at a place that depends on its seed alone."""

from collections.abc import Sequence
from itertools import zip_longest

# More networks make wider, faster products of the first layer, until their weights leave a core's cache.
MOST = 4
WIDEST = 400


def n_places(first_units: int) -> int:
    """Return how many networks of so many units in the first layer are trained together."""
    return max(1, min(MOST, WIDEST // first_units))


def groups(seeds: Sequence[int], n: int) -> list[tuple[int, ...]]:
    """Cut seeds into as few groups as have at most one seed for each of n places (seed modulo n).

    Examples
    --------
    >>> groups(range(2, 8), 4)
    [(4, 5, 2, 3), (6, 7)]
    """
    by_place = [[seed for seed in seeds if seed % n == place] for place in range(n)]
    return [tuple(seed for seed in group if seed is not None) for group in zip_longest(*by_place)]
