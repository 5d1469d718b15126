"""What a command shows: in the characters and columns that there are, and how far a long work is."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from analyze import text as fmt
from analyze.progress import Progress
from analyze.spelling import plain

if TYPE_CHECKING:
    from rich.console import RenderableType

# Of tables where nobody says how wide a page is; sentences are whole lines there.
PIPE_WIDTH = 100
MIN_WIDTH, MAX_WIDTH = 80, 200
# Wider than any line: rich wraps nothing.
_ENDLESS = 1_000_000
# Seconds after which a rate is known well enough to say what is left.
_SOME_TIME = 1.0


def show(make: Callable[[int, bool], "RenderableType"]) -> None:
    """Print what is made for a width in columns, and for sentences that are whole lines or wrapped.

    A terminal is filled; what is piped is read by programs and pasted, and there a line is never cut.
    """
    from rich.console import Console

    console = Console()
    whole = not console.is_terminal
    width = PIPE_WIDTH if whole else max(MIN_WIDTH, min(console.width, MAX_WIDTH))
    console = Console(width=_ENDLESS if whole else width)
    with console.capture() as captured:
        console.print(make(width, whole))
    printed = captured.get()
    if whole:
        printed = "".join(f"{line.rstrip()}\n" for line in printed.split("\n")[:-1])
    say(printed, nl=False)


def say(text: str, *, nl: bool = True, err: bool = False) -> None:
    """Print a text in the characters that the stream has."""
    encoding = getattr(sys.stderr if err else sys.stdout, "encoding", None)
    click.echo(plain(text, encoding), nl=nl, err=err)


class Work:
    """A line on standard error, if that is a terminal, that says what is being done and the time left."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._what, self._started = "", 0.0

    def begin(self, what: str) -> None:
        """Say what is being done now."""
        self._show(what)

    @property
    def progress(self) -> Progress:
        """What a long work calls before each of its parts."""
        return self._told

    def _told(self, what: str, n_done: int, n: int, then: float) -> None:
        now = time.monotonic()
        if what != self._what:
            self._what, self._started = what, now
        spent = now - self._started
        told = what if n == 1 else f"{what} {fmt.count(n_done + 1)} of {fmt.count(n)}"
        if n_done and spent > _SOME_TIME:
            left = spent / n_done * (n - n_done + then * n)
            told += f", about {_in_words(left)} left"
        self._show(told)


@contextmanager
def working(what: str) -> Iterator[Work]:
    """Show what is being done while it is done."""
    from rich.console import Console

    console = Console(stderr=True)
    encoding = getattr(sys.stderr, "encoding", None)
    spinner = "dots" if console.encoding.startswith("utf") else "line"
    with console.status(plain(what, encoding), spinner=spinner) as status:
        yield Work(lambda text: status.update(plain(text, encoding)))


def _in_words(seconds: float) -> str:
    """Return a time as one tells it to a person who waits.

    Examples
    --------
    >>> _in_words(0.3), _in_words(21.7), _in_words(150)
    ('1 s', '22 s', '3 min')
    """
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{fmt.count(-(-seconds // 60))} min"
