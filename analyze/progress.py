"""How far a long piece of work is: told to whoever asked for it, and to nobody else."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
# What is done, e.g. "comparing pair"; how many are done; how many there are; how many times as long as all
# of them takes what follows.
Progress = Callable[[str, int, int, float], None]


def counted(parts: Sequence[T], what: str, progress: Progress | None, *, then: float = 0.0) -> Iterator[T]:
    """Yield the parts of a work, and tell before each how many are done.

    Examples
    --------
    >>> list(counted("ab", "drawing figure", print))
    drawing figure 0 2 0.0
    drawing figure 1 2 0.0
    ['a', 'b']
    """
    for n_done, part in enumerate(parts):
        if progress is not None:
            progress(what, n_done, len(parts), then)
        yield part
