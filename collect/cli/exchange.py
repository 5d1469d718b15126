"""`collect export` and `collect import`: a run database to one table, and tables of runs into one."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collect.cli.options import db_option, local_path

if TYPE_CHECKING:
    from collect.store.exchange.columns import ColumnMap
    from collect.store.exchange.importing import Imported
    from collect.store.exchange.incoming import Incoming
    from collect.store.place import Place

INTERRUPTED = 130


class _Pair(click.ParamType[tuple[str, str]]):
    name = "pair"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        ours, separator, theirs = value.partition("=")
        if not separator or not ours:
            self.fail(f"'{value}' is not of the form NAME=VALUE", param, ctx)
        return ours, theirs


@click.command("export")
@click.argument("out", callback=local_path)
@db_option
@click.option("--all", "every_row", is_flag=True, help="Every row, not only the first success of each run.")
@click.option("--overwrite", is_flag=True, help="Replace OUT if it exists.")
def export_command(out: Path, db: str, every_row: bool, overwrite: bool) -> None:
    """Write the database as one table; OUT ends in .csv, .csv.gz or .parquet.

    One row per run: where a run is there twice, the first success counts. Numbers are written so that
    they read back exactly, times in UTC. CSV has no column `errors`.
    """
    from collect.store.exchange.export import export
    from collect.store.opening import open_place

    place = open_place(db)
    _require_database(place)
    done = export(place, out, every_row=every_row, overwrite=overwrite)
    size = f"{done.n_bytes / 1e6:,.1f} MB" if done.n_bytes >= 1e6 else f"{done.n_bytes / 1e3:,.1f} kB"
    runs = _count(done.n_rows, "row" if every_row else "run")
    click.echo(f"{runs} of {_count(done.n_configs, 'configuration')} written to {out} ({size})")
    if done.n_repeats:
        rows = _count(done.n_repeats, "row")
        click.echo(f"left out: {rows} of runs that are there more than once (--all writes them)")
    for column in done.left_out:
        click.echo(f"left out: the binary column {column} (Parquet holds it)")


@click.command("import")
@click.argument("table", metavar="TABLE")
@db_option
@click.option("--column", "columns", type=_Pair(), multiple=True, metavar="OURS=THEIRS",
              help="Our column, and the table's name for it; THEIRS empty: not from the table.")  # fmt: skip
@click.option("--set", "constants", type=_Pair(), multiple=True, metavar="OURS=VALUE",
              help="Our column, and one value for all rows.")  # fmt: skip
@click.option("--config", "config", multiple=True, metavar="COLUMN",
              help="A further column of the table that tells configurations apart.")  # fmt: skip
@click.option("--percent", "percent", multiple=True, metavar="OURS",
              help="The table has this accuracy in percent.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be imported, and stop.")
def import_command(
    table: str, db: str, columns: tuple[tuple[str, str], ...], constants: tuple[tuple[str, str], ...],
    config: tuple[str, ...], percent: tuple[str, ...], dry_run: bool,
) -> None:  # fmt: skip
    """Add the runs of a table to the database, those that are not there yet.

    TABLE is any CSV or Parquet file with one run per row, or what `collect` wrote: an exported table, or
    another run database. Columns of the same name as ours are taken; the others need --column. A table
    needs a seed, a schedule (the groups to compare) and an outcome, such as the accuracy. Nothing is
    imported unless every row is valid.

    \b
    collect import runs.csv --column accuracy=test_acc --percent accuracy
        --column schedule=method --config weight_decay
    collect import runs.parquet --set schedule=adamw --column seed=run
    collect import /mnt/other-machine/runs
    """  # noqa: D301
    from collect.store.exchange.columns import ColumnMap
    from collect.store.exchange.importing import import_runs
    from collect.store.opening import open_place

    asked = ColumnMap(
        columns=_unique("--column", columns), constants=_unique("--set", constants), config=config,
        percent=percent,
    )  # fmt: skip
    place = open_place(db)
    try:
        incoming = _incoming(table, asked)
        _say_incoming(incoming)
        done = import_runs(incoming, place, dry_run=dry_run)
    except KeyboardInterrupt:
        click.echo("interrupted: repeat the command to import the rest", err=True)
        sys.exit(INTERRUPTED)
    _say_done(done, place, dry_run=dry_run)


def _incoming(table: str, asked: "ColumnMap") -> "Incoming":
    """Read a table, or a database, and check all of it."""
    from collect.errors import UsageError
    from collect.store.exchange import foreign, ours, tables
    from collect.store.opening import lasting, open_place

    is_database = "://" in table or Path(table).is_dir()
    file = None if is_database else tables.look_at(Path(table))
    if file is not None and not file.is_ours:
        return foreign.from_file(file, asked)
    if not asked.is_empty:
        raise UsageError(
            f"{table} was written by collect and is taken as it is: "
            "leave out --column, --set, --config and --percent"
        )
    if file is not None:
        return ours.from_file(file)
    place = open_place(lasting(table))
    _require_database(place)
    return ours.from_database(place)


def _require_database(place: "Place") -> None:
    from collect.errors import UsageError

    if not place.names():
        raise UsageError(f"there is no run database {place}: give one that `collect` has made")


def _say_incoming(incoming: "Incoming") -> None:
    runs, configs = _count(incoming.n_rows, "run"), _count(incoming.n_configs, "configuration")
    ended = ", ".join(f"{n:,} {status}" for status, n in sorted(incoming.n_by_status.items(), reverse=True))
    click.echo(f"{incoming.name}: {runs} of {configs}, {ended}")
    lines = {
        "renamed": ", ".join(
            f"{ours} is {theirs}" for ours, theirs in incoming.taken.items() if ours != theirs
        ),
        "same name": ", ".join(ours for ours, theirs in incoming.taken.items() if ours == theirs),
        "passed over": ", ".join(incoming.unused),
    }
    for name, (n, low, high) in incoming.ranges.items():
        lines[name] = f"{low:.4g} to {high:.4g} in {_count(n, 'run')}" if n else "in no run"
    for name, text in lines.items():
        if text:
            click.echo(f"  {name:15}{text}")


def _say_done(done: "Imported", place: "Place", *, dry_run: bool) -> None:
    runs = _count(done.n_added, "run")
    present = f"{done.n_present:,} {'were' if done.n_present != 1 else 'was'} there already"
    if dry_run:
        click.echo(f"{runs} would be added to {place}; {present}")
    else:
        click.echo(f"{runs} added to {place}; {present}")
    if done.n_differing:
        click.echo(
            f"{_count(done.n_differing, 'run')} of those that were there have another outcome in the table; "
            "the database was left as it is"
        )


def _unique(option: str, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for ours, value in pairs:
        if ours in found:
            raise click.UsageError(f"{option} {ours} is given twice: leave one of them out")
        found[ours] = value
    return found


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"
