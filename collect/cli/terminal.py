"""The only room of `collect` that prints; whatever a line holds, it is one line and steers no terminal."""

import click

from collect.text import printable


def say(line: str, *, err: bool = False, red: bool = False) -> None:
    """Print one line, on standard error if need be."""
    click.secho(printable(line), fg="red" if red else None, err=err)
