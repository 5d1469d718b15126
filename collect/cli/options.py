"""Options that several commands share."""

import click

db_option = click.option(
    "--db",
    metavar="DIR|URL",
    default="data/runs",
    show_default=True,
    help="The run database: a directory, or a URL such as s3://bucket/prefix.",
)
