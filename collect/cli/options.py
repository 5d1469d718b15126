"""Options that several commands share."""

import click

DEFAULT_DB = "data/runs"


def _inherited(context: click.Context, _param: click.Parameter, given: str | None) -> str:
    """Let `collect --db X status` mean what `collect status --db X` means."""
    if given is not None or context.parent is None:
        return given or DEFAULT_DB
    return str(context.parent.params.get("db", DEFAULT_DB))


db_option = click.option(
    "--db",
    metavar="DIR|URL",
    callback=_inherited,
    help=f"The run database: a directory, or a URL such as s3://bucket/prefix.  [default: {DEFAULT_DB}]",
)
