"""What a person sees while a collection runs: a live line on a terminal, plain lines elsewhere."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from collect.running.tally import Tally
from collect.store.schema import OK

# Seconds between plain lines: at first, and in collections of days, where they come every 2 % of the time.
PLAIN_INTERVAL_S, LONGEST_INTERVAL_S = 10.0, 600.0


@contextmanager
def shown(tally: Tally, *, title: str, quiet: bool) -> Iterator[Callable[[], None]]:
    """Show the tally on standard error; the yielded function is called after every change."""
    console = Console(stderr=True)
    if quiet:
        yield lambda: None
    elif console.is_terminal:
        with _live(tally, title, console) as update:
            yield update
    else:
        yield _plain(tally, title, console)


@contextmanager
def _live(tally: Tally, title: str, console: Console) -> Iterator[Callable[[], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[summary]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=tally.n_wanted, summary="starting workers")
        yield lambda: progress.update(
            task,
            description=_titled(title, tally),
            completed=tally.n_wanted - tally.n_left,
            summary=f"{of_late(tally)}, {time_left(tally)}",
        )


def _plain(tally: Tally, title: str, console: Console) -> Callable[[], None]:
    began = last = tally.clock()

    def update() -> None:
        nonlocal last
        now = tally.clock()
        if now - last >= min(max(PLAIN_INTERVAL_S, 0.02 * (now - began)), LONGEST_INTERVAL_S):
            last = now
            count = (
                f"{_titled(title, tally)}: {tally.n_wanted - tally.n_left:,} of {tally.n_wanted:,} trained"
            )
            console.print(f"{count}, {of_late(tally)}, {time_left(tally)}", highlight=False, soft_wrap=True)

    return update


def _titled(title: str, tally: Tally) -> str:
    return f"{title} ({tally.label})" if tally.label else title


def of_late(tally: Tally) -> str:
    """Return the speed of late, mean and sd of the accuracy, and what went wrong so far."""
    return _summary(tally, tally.pace.per_s)


def summary(tally: Tally) -> str:
    """Return the same with the average speed of the whole collection."""
    return _summary(tally, tally.n_trained / tally.training_s if tally.training_s else math.nan)


def _summary(tally: Tally, runs_per_s: float) -> str:
    known = tally.n_trained and math.isfinite(runs_per_s)
    parts = [f"{runs_per_s:.{1 if runs_per_s >= 1 else 3}f} runs/s" if known else "starting workers"]
    if tally.n_measured > 1:
        parts.append(f"accuracy {tally.mean:.4f} ± {tally.sd:.4f}")
    parts += [f"{n} {status}" for status, n in sorted(tally.statuses.items()) if status != OK and n]
    return ", ".join(parts)


def time_left(tally: Tally) -> str:
    """Return the time until all runs have ended, with two significant digits.

    Examples
    --------
    >>> time_left(Tally(n_wanted=10))
    'time left unknown'
    """
    left_s = tally.left_s
    if not math.isfinite(left_s):
        return "time left unknown"
    for unit, unit_s in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        amount = left_s / unit_s
        if amount >= 2 or unit == "s":
            return f"about {amount:.{1 if amount < 10 and unit != 's' else 0}f} {unit} left"
    raise AssertionError("unreachable")
