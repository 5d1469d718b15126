"""The commands that look after a run database: `status`, `verify`, `compact`, `export` and `import`.

They may be given while collections run. numpy and pyarrow are imported when a command runs, not before.
"""

import math
import shlex
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collect.cli.options import DEFAULT_DB, INTERRUPTED, db_option, local_path
from collect.cli.terminal import say
from collect.errors import DataError, UsageError
from collect.text import printable

if TYPE_CHECKING:
    from collect.store.place import Place
    from collect.store.status import Configuration, Status
    from collect.store.verification import Verification

PROBLEMS = DataError.exit_code
# Fewer cost nothing worth mentioning.
MANY_SMALL_SEGMENTS = 50
PIPED_WIDTH = 100
MOST_OF_CELL = 300
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


@click.command()
@db_option
def status(db: str) -> None:
    """Show what is in a run database, by configuration."""
    from collect.store.opening import open_place
    from collect.store.status import read_status

    place = open_place(db)
    if not _exists(place):
        say(f"{place} does not exist yet: `collect --schedule joint --runs 500{_db(db)}` makes it")
        return
    held = read_status(place)
    if held.configurations:
        _print_table(held)
        say(_totals(held))
    elif not held.unreadable:
        say(_nothing(place))
    if held.n_superfluous >= MANY_SMALL_SEGMENTS:
        say(f"many small segments: `collect compact{_db(db)}` makes reading faster")
    for error in held.unreadable:
        say(f"UNREADABLE: {error}", err=True, red=True)
    if held.unreadable:
        sys.exit(PROBLEMS)


@click.command()
@db_option
@click.option(
    "--quarantine",
    is_flag=True,
    help="Move damaged segments to the folder _quarantine, and say which seeds they held.",
)
def verify(db: str, quarantine: bool) -> None:
    """Check every segment of a run database: its bytes, its values, and that rows agree."""
    from collect.store.opening import open_place
    from collect.store.verification import NOTE
    from collect.store.verification import verify as verify_all

    place = open_place(db)
    _require(place)
    found = verify_all(place)
    for finding in found.findings:
        if finding.kind == NOTE:
            say(f"note: {finding.message}")
        else:
            say(f"{finding.kind}: {finding.segment}: {finding.message}", red=True)
    say(_verdict(found, place))
    if quarantine and found.damaged:
        _quarantine(place, found.damaged)
    elif found.damaged:
        one = len(found.damaged) == 1
        them, it = ("the damaged segment", "it") if one else ("the damaged segments", "them")
        say(f"`collect verify --quarantine{_db(db)}` moves {them} away and says what was in {it}")
    if found.problems:
        sys.exit(PROBLEMS)


@click.command()
@db_option
def compact(db: str) -> None:
    """Merge many small segments of a run database into few large ones."""
    from collect.store.compaction import compact as merge
    from collect.store.opening import open_place

    place = open_place(db)
    _require(place)
    done = merge(place)
    if not done.n_before:
        say(_nothing(place))
    elif not done.n_rows:
        say(f"{_many(done.n_before, 'segment')}: nothing to merge")
    else:
        say(f"{_many(done.n_before, 'segment')} → {done.n_after:,}, {_many(done.n_rows, 'row')} merged")
    for error in done.left:
        say(f"left as it is: {error}", err=True, red=True)
    if done.left:
        sys.exit(PROBLEMS)


@click.command("export")
@click.argument("out", callback=local_path)
@db_option
@click.option("--all", "every_row", is_flag=True, help="Every row, not only the first success of each run.")
@click.option("--overwrite", is_flag=True, help="Replace OUT if it exists.")
def export_command(out: Path, db: str, every_row: bool, overwrite: bool) -> None:
    """Write the database as one table; OUT ends in .csv, .csv.gz or .parquet.

    One row per run: where a run is there twice, the first success counts. Numbers are written so that
    they read back exactly, times in UTC. CSV has no column `errors`, and an apostrophe before text that a
    spreadsheet would take for a formula.
    """
    from collect.store.export import export
    from collect.store.opening import open_place

    place = open_place(db)
    _require_runs(place)
    done = export(place, out, every_row=every_row, overwrite=overwrite)
    runs = _many(done.n_rows, "row" if every_row else "run")
    say(f"{runs} of {_many(done.n_configs, 'configuration')} written to {out} ({_size(done.n_bytes)})")
    if done.n_repeats:
        rows = _many(done.n_repeats, "row")
        say(f"left out: {rows} of runs that are there more than once (--all writes them)")
    for column in done.left_out:
        say(f"left out: the binary column {column} (Parquet holds it)")


@click.command("import")
@click.argument("other", metavar="OTHER_DB")
@db_option
@click.option("--dry-run", is_flag=True, help="Say what would be copied, and stop.")
def import_command(other: str, db: str, dry_run: bool) -> None:
    """Copy the runs of another run database into this one, those that are not there yet.

    OTHER_DB is a directory or a URL, such as that of another machine. Its segments are checked and copied
    as they are. Tables of other programs need no import: `analyze` reads them.
    """
    from collect.store.copying import copy
    from collect.store.opening import lasting, open_place

    source, place = open_place(lasting(other)), open_place(db)
    if "://" not in other and Path(other).is_file():
        raise UsageError(
            f"{other} is a file, not a run database: give the directory or URL of one "
            "(a table needs no import: `analyze compare` reads it)"
        )
    _require_runs(source)
    try:
        done = copy(source, place, dry_run=dry_run)
    except KeyboardInterrupt:
        say("interrupted: repeat the command to copy the rest", err=True)
        sys.exit(INTERRUPTED)
    what = f"{_many(done.n_rows, 'row')} in {_many(done.n_segments, 'segment')}"
    there = f"{done.n_present:,} {'were' if done.n_present != 1 else 'was'} there already"
    say(f"{what} {'would be ' * dry_run}copied from {source} to {place}; {there}")
    for error in done.left:
        say(f"not copied: {error}", err=True, red=True)
    if done.left:
        sys.exit(PROBLEMS)


def _quarantine(place: "Place", damaged: tuple[str, ...]) -> None:
    """Move damaged segments away and say what they held."""
    from collect.store.verification import held

    for name in damaged:
        told = held(place, name)
        say(f"moved to {place.quarantine(name)}: it held {told}")
    say("repeat the commands that filled this database: each trains what is missing")


def _print_table(held: "Status") -> None:
    """Print one row per configuration, as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("schedule", "trained with"):
        table.add_column(name, overflow="fold")
    table.add_column("runs", justify="right", no_wrap=True)
    table.add_column("seeds", overflow="fold")
    table.add_column("accuracy", no_wrap=True)
    table.add_column("last", no_wrap=True, justify="right")
    for one in held.configurations:
        table.add_row(*_cells(one))
    width = shutil.get_terminal_size((PIPED_WIDTH, 24)).columns
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as text:
        console.print(table)
    for line in text.get().split("\n")[:-1]:
        say(line.rstrip())


def _cells(one: "Configuration") -> tuple[str, ...]:
    from collect.store import seeds

    counts = ((one.n_ok, "ok"), (one.n_diverged, "diverged"), (one.n_failed, "failed"))
    rate = "" if one.learning_rate is None else f"{one.learning_rate:g}"
    how = " ".join(part for part in (one.optimizer or "", rate) if part)
    return (
        printable(one.schedule, MOST_OF_CELL),
        printable(", ".join(part for part in (how, one.dataset or "", one.differing) if part), MOST_OF_CELL),
        "\n".join(f"{n:,} {status}" for n, status in counts if n),
        seeds.shown(one.seeds),
        _accuracy(one),
        _ago(one.last_commit),
    )


def _accuracy(one: "Configuration") -> str:
    """Return mean and sd with at least four decimals, and two significant digits of the sd."""
    if math.isnan(one.mean):
        return "–"
    if not one.sd > 0:
        return f"{one.mean:.4f}" if math.isnan(one.sd) else f"{one.mean:.4f} ± 0"
    decimals = min(max(4, 1 - math.floor(math.log10(one.sd))), 9)
    return f"{one.mean:.{decimals}f} ± {one.sd:.{decimals}f}"


def _ago(moment: datetime) -> str:
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for unit_s, unit in _UNITS:
        if seconds >= unit_s:
            return f"{seconds // unit_s:,.0f} {unit} ago"
    return "just now"


def _totals(held: "Status") -> str:
    latest = max(one.last_commit for one in held.configurations)
    parts = [
        _many(held.n_runs, "run"),
        f"{_many(held.n_segments, 'segment')} of {_size(held.n_bytes)}",
    ]
    if held.n_repeats:
        parts.insert(1, f"{_many(held.n_repeats, 'row')} that repeat a run")
    return f"{', '.join(parts)}; last commit {latest:%Y-%m-%d %H:%M:%S} UTC"


def _verdict(found: "Verification", place: "Place") -> str:
    n = len(found.problems)
    what = _many(n, "problem") if n else "nothing wrong"
    if not found.n_segments:
        return f"{_nothing(place)}: {what}" if n else _nothing(place)
    return f"{_many(found.n_segments, 'segment')}, {_many(found.n_rows, 'row')}: {what}"


def _nothing(place: "Place") -> str:
    """Say that a place holds no runs, and what it holds instead."""
    if others := [name for name in place.names() if not name.endswith(".parquet")]:
        held = f"{others[0]}, …" if len(others) > 1 else others[0]
        return f"{place} holds no runs, but other files ({held}): is another --db meant?"
    return f"{place} holds no runs yet"


def _require(place: "Place") -> None:
    """Refuse a directory that does not exist: nothing wrong in it would say nothing."""
    if not _exists(place):
        raise DataError(f"{place} does not exist: give the directory or URL of a run database as --db")


def _require_runs(place: "Place") -> None:
    if not place.names():
        raise UsageError(f"there is no run database {place}: give one that `collect` has made")


def _exists(place: "Place") -> bool:
    from collect.store.local import LocalDirectory

    return not isinstance(place, LocalDirectory) or place.path.exists()


def _many(n: int, thing: str) -> str:
    return f"{n:,} {thing}{'s' * (n != 1)}"


def _size(n_bytes: int) -> str:
    for unit, digits in ((1e9, "GB"), (1e6, "MB")):
        if n_bytes >= unit:
            return f"{n_bytes / unit:,.1f} {digits}"
    return f"{n_bytes / 1e3:,.1f} kB"


def _db(db: str) -> str:
    """Return the option to repeat in a command."""
    return "" if db == DEFAULT_DB else f" --db {shlex.quote(db)}"
