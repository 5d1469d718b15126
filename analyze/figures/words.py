"""Words that several captions and alt texts use: names, medians, numbers on the axis.

A caption opens with the finding and then says how to read the marks. No sentence claims more than its
numbers: shares and gaps are described, and where a test or a band decides, the sentence says which.
"""

from collections.abc import Mapping, Sequence

from analyze import text as fmt
from analyze.figures.binning import DOTS, Floats

Samples = Mapping[str, Floats]

# A sentence names at most this many groups; the rest is in the tables.
NAMED = 6
NAME_WIDTH = 60


def first(sentences: Sequence[str], what: str = "group") -> str:
    """Return the first of these sentences, each about one `what`, and how many more there are.

    Examples
    --------
    >>> first(["a.", "b."]), first(["a."] * 8, "pair")
    ('a. b.', 'a. a. a. a. a. a. And 2 more pairs.')
    """
    more = len(sentences) - NAMED
    return " ".join([*sentences[:NAMED], *([f"And {fmt.plural(more, f'more {what}')}."] if more > 0 else [])])


def samples_alt(samples: Samples) -> str:
    """Return every group's size, range and median in words."""
    return first(
        [
            f"{name(g)}: {fmt.plural(v.size, 'run')} from {precise(v[0], samples)} "
            f"to {precise(v[-1], samples)}, median {precise(median(v), samples)}."
            for g, v in samples.items()
        ]
    )


def dots(sizes: Sequence[int], all_runs: str, some: str) -> str:
    """Return what dots are: all runs of every group, or one for so many runs."""
    if max(sizes) <= DOTS:
        return all_runs
    return f"{some}{' (of fewer runs: one each)' if min(sizes) < DOTS else ''}"


def far(n_outside: int, what: str = "run") -> str:
    """Return how many runs lie outside the figure, as a sentence that follows another."""
    return f" Not drawn, because far away: {fmt.plural(n_outside, what)}." if n_outside else ""


def name(group: str) -> str:
    """Return a group's name at a length that a sentence can bear."""
    return fmt.shorten(" ".join(group.split()), NAME_WIDTH)


def medians(samples: Samples) -> str:
    """Return the medians of few groups, or their range over many."""
    medians = {g: median(v) for g, v in samples.items()}
    if len(medians) <= 3:
        words = fmt.listing([f"{precise(m, samples)} ({name(g)})" for g, m in medians.items()])
        return f"{'Medians' if len(medians) > 1 else 'Median'}: {words}."
    low, high = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)
    return (
        f"Medians of the {len(medians)} groups run from {precise(medians[low], samples)} ({name(low)}) "
        f"to {precise(medians[high], samples)} ({name(high)})."
    )


def median(sorted_values: Floats) -> float:
    """Return the median of sorted values."""
    n = sorted_values.size
    return float(sorted_values[(n - 1) // 2] + sorted_values[n // 2]) / 2


def precise(x: float, samples: Samples) -> str:
    """Format a value on the axis so that a thirtieth of the middle half's width is visible."""
    spreads = [float(v[(3 * v.size) // 4] - v[v.size // 4]) for v in samples.values()]
    positive = [s for s in spreads if s > 0]
    decimals = fmt.decimals_for(min(positive) / 30 if positive else None, 1)
    return fmt.fixed(float(x), decimals)
