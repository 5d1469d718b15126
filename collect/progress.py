"""What a person sees while a collection runs: a live line on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from collect.campaign import Tally
from collect.schema import OK

PLAIN_INTERVAL_S = 10.0


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
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=tally.n_wanted, summary="starting workers")
        yield lambda: progress.update(
            task, description=_titled(title, tally), completed=tally.n_trained, summary=summary(tally)
        )


def _plain(tally: Tally, title: str, console: Console) -> Callable[[], None]:
    last = time.monotonic()

    def update() -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_INTERVAL_S:
            last = time.monotonic()
            count = f"{_titled(title, tally)}: {tally.n_trained} of {tally.n_wanted} trained"
            console.print(f"{count}, {summary(tally)}, {_time_left(tally)}", highlight=False, soft_wrap=True)

    return update


def _titled(title: str, tally: Tally) -> str:
    return f"{title} ({tally.label})" if tally.label else title


def summary(tally: Tally) -> str:
    """Return speed, mean and sd of the accuracy, and what went wrong so far."""
    parts = [f"{tally.n_trained / tally.training_s:.1f} runs/s" if tally.n_trained else "starting workers"]
    if tally.n_measured > 1:
        parts.append(f"accuracy {tally.mean:.4f} ± {tally.sd:.4f}")
    parts += [f"{count} {status}" for status, count in sorted(tally.statuses.items()) if status != OK]
    return ", ".join(parts)


def _time_left(tally: Tally) -> str:
    if not tally.n_trained:
        return "time left unknown"
    left = tally.training_s / tally.n_trained * (tally.n_wanted - tally.n_trained)
    return f"about {left:.0f} s left" if left < 120 else f"about {left / 60:.0f} min left"
