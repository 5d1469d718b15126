"""Options that several commands share."""

import math
from pathlib import Path

import click

from collect.errors import UsageError
from collect.store.opening import lasting

DEFAULT_DB = "data/runs"


class Number(click.ParamType[float]):
    """A number that is at least 0, or greater than `above`, and less than `below`."""

    name = "number"

    def __init__(self, *, above: float | None = None, below: float = math.inf) -> None:
        self._above, self._below = above, below

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; whatever is none, or out of bounds, is a usage error."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        enough = number >= 0 if self._above is None else number > self._above
        if not (enough and number < self._below):
            kind = "a positive number" if self._above == 0 else "a number of at least 0"
            bound = f" and less than {self._below:g}" if self._below < math.inf else ""
            self.fail(f"'{value}' is not {kind}{bound}", param, ctx)
        return number


def local_path(_context: click.Context, _param: click.Parameter, given: str) -> Path:
    """Refuse a URL, of which a directory such as `s3:` would be made here."""
    if "://" in given:
        raise UsageError(f"{given} is a URL, and tables are written on this machine: give a file")
    return Path(given)


def _inherited(context: click.Context, _param: click.Parameter, given: str | None) -> str:
    """Let `collect --db X status` mean what `collect status --db X` means."""
    if given is not None or context.parent is None:
        return lasting(given or DEFAULT_DB)
    return str(context.parent.params.get("db", DEFAULT_DB))


db_option = click.option(
    "--db",
    metavar="DIR|URL",
    callback=_inherited,
    help=f"The run database: a directory, or a URL such as s3://bucket/prefix.  [default: {DEFAULT_DB}]",
)
