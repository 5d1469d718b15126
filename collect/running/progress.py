"""What a person sees while a collection runs: a live line on a terminal, plain lines elsewhere."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn

from collect.running.tally import Tally
from collect.store.schema import OK
from collect.text import printable

# Seconds between plain lines: at first, and in collections of days, where they come every 2 % of the time.
PLAIN_INTERVAL_S, LONGEST_INTERVAL_S = 10.0, 600.0
# The speed is that of so many seconds before, and of a thousand runs at most.
SPEED_OF_S = 1800.0
# Of fewer runs it is the average: those that are trained together end at the same moment.
FEW_RUNS = 100


@contextmanager
def shown(tally: Tally, *, title: str, quiet: bool) -> Iterator[Callable[[], object]]:
    """Show the tally on standard error; the yielded function is called after every change."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=20), MofNCompleteColumn())
    progress = Progress(
        *columns, TextColumn("{task.fields[summary]}"), console=console, transient=True,
        get_time=tally.clock, speed_estimate_period=SPEED_OF_S,
    )  # fmt: skip
    progress.add_task(printable(title), total=tally.n_wanted, start=False, summary="starting workers")
    if quiet:
        yield lambda: None
    elif console.is_terminal:
        with progress:
            yield lambda: _update(progress, tally, title)
    else:
        yield _plain(progress, tally, title)


def _update(progress: Progress, tally: Tally, title: str) -> Task:
    (task,) = progress.tasks
    if tally.began is not None and not task.started:
        progress.start_task(task.id)
    progress.update(task.id, completed=tally.n_wanted - tally.n_left)
    speed = task.speed if task.speed and tally.n_trained >= FEW_RUNS else tally.runs_per_s
    left = (
        f"about {timedelta(seconds=round(tally.n_left / speed))} left" if speed > 0 else "time left unknown"
    )
    description = f"{title} ({tally.label})" if tally.label else title
    progress.update(task.id, description=printable(description), summary=f"{summary(tally, speed)}, {left}")
    return task


def _plain(progress: Progress, tally: Tally, title: str) -> Callable[[], None]:
    began = last = tally.clock()

    def update() -> None:
        nonlocal last
        task = _update(progress, tally, title)
        now = tally.clock()
        if now - last >= min(max(PLAIN_INTERVAL_S, 0.02 * (now - began)), LONGEST_INTERVAL_S):
            last = now
            count = f"{task.description}: {task.completed:,.0f} of {tally.n_wanted:,} trained"
            progress.console.print(
                f"{count}, {task.fields['summary']}", highlight=False, markup=False, soft_wrap=True
            )

    return update


def summary(tally: Tally, runs_per_s: float) -> str:
    """Return a speed, mean and sd of the accuracy, and what went wrong so far."""
    known = tally.n_trained and math.isfinite(runs_per_s)
    parts = [f"{runs_per_s:.{1 if runs_per_s >= 1 else 3}f} runs/s" if known else "starting workers"]
    if tally.n_measured > 1:
        parts.append(f"accuracy {tally.mean:.4f} ± {tally.sd:.4f}")
    parts += [f"{n} {status}" for status, n in sorted(tally.statuses.items()) if status != OK and n]
    return ", ".join(parts)
