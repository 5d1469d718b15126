"""How the command line meets who types: help by purpose, the command that was meant, the option's right name.

Imports nothing heavy, as `analyze.cli`.
"""

import difflib
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from analyze import question
from analyze import text as fmt
from analyze.given import meant
from analyze.question import PURPOSES, WRITTEN, nearest_names
from analyze.spelling import plain

FORMATS = ("html", "pdf", "md", "summary", "latex", "csv", "json")
HELP_WIDTH = 80
_FORMAT_HELP = "Write these, joined by commas: html, pdf, md, summary, latex, csv, json (results alone)."
# Of a place: a folder, an ending, a pattern, standard input.
_LIKE_A_PLACE = re.compile(r"[/\\*?]|\.\w+$|^-$|^\.+$")
_ANYTHING_ELSE = "What else there is"


class Option(click.Option):
    """An option that knows what it is for, and what others call it; see `analyze.question.Option`."""

    def __init__(
        self, *declarations: object, purpose: str = "", also: Sequence[str] = (), **more: object
    ) -> None:
        super().__init__(*declarations, **more)  # type: ignore[arg-type]
        self.purpose, self.also = purpose, tuple(also)


class Command(click.Command):
    """A command whose help groups its options, and which knows options by the names of other programs."""

    def __init__(self, *named: object, section: str = "", **more: object) -> None:
        super().__init__(*named, **more)  # type: ignore[arg-type]
        self.section = section

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Name the option that a wrong name means."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            known = {one.opts[0].strip("-"): one.also for one in self.params if isinstance(one, Option)}
            meant = [f"--{name}" for name in nearest_names(error.option_name, known)]
            hint = f"; did you mean {' or '.join(meant)}?" if meant else ""
            raise click.UsageError(f"there is no option {error.option_name}{hint}", ctx) from error

    def get_help(self, ctx: click.Context) -> str:
        """Return the help in the characters that standard output has."""
        return plain(super().get_help(ctx), _encoding())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a list of options for each purpose."""
        rows: dict[str, list[tuple[str, str]]] = {purpose: [] for purpose in (*PURPOSES, _ANYTHING_ELSE)}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                rows[getattr(param, "purpose", "") or _ANYTHING_ELSE].append(record)
        _write_sections(formatter, rows)


class Commands(click.Group):
    """The group of all commands: `compare` is meant where a table or an option stands first."""

    command_class = Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `compare` before a question that names no command; nothing at all asks for help."""
        words = args or ["--help"]
        known = {option for param in self.get_params(ctx) for option in param.opts}
        first = words[0]
        is_named = first in self.commands or first.partition("=")[0] in known
        if not is_named and (first.startswith("-") or is_place(first)):
            words = ["compare", *words]
        return super().parse_args(ctx, words)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the command that a wrong name means."""
        if args[0] not in self.commands:
            close = self._nearest(args[0])
            hint = f"did you mean analyze {close}? " if close else ""
            known = fmt.listing(list(self.commands))
            word = fmt.shorten(fmt.visible(args[0]), 60)
            raise click.UsageError(
                f"there is no command and no file {word!r}; {hint}the commands are {known}", ctx
            )
        return super().resolve_command(ctx, args)

    def _nearest(self, word: str) -> str | None:
        return next(iter(difflib.get_close_matches(word.lower(), self.commands, n=1, cutoff=0.7)), None)

    def get_help(self, ctx: click.Context) -> str:
        """Return the help in the characters that standard output has."""
        return plain(super().get_help(ctx), _encoding())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by what they are for, then the few options."""
        rows: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            said = command.get_short_help_str(limit=10 * HELP_WIDTH)
            rows.setdefault(getattr(command, "section", ""), []).append((name, said))
        records = (param.get_help_record(ctx) for param in self.get_params(ctx))
        rows[_ANYTHING_ELSE] = [record for record in records if record is not None]
        _write_sections(formatter, rows)


def is_place(word: str) -> bool:
    """Return whether a word names a table rather than a command: it is there, or it looks like a path.

    Examples
    --------
    >>> is_place("nosuch.csv"), is_place("s3://bucket/runs"), is_place("-"), is_place("comapre")
    (True, True, True, False)
    """
    if _LIKE_A_PLACE.search(word):
        return True
    try:
        return not word.startswith("-") and Path(word).exists()
    except (OSError, ValueError):  # too long, or a NUL in it
        return False


def _write_sections(formatter: click.HelpFormatter, rows: Mapping[str, list[tuple[str, str]]]) -> None:
    for title, records in rows.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def _encoding() -> str | None:
    # click's own stream claims UTF-8 where ASCII was asked for
    return getattr(sys.stdout, "encoding", None)


def _formats(_context: click.Context, _param: click.Parameter, given: str) -> tuple[str, ...]:
    formats = tuple(part.strip() for part in given.split(",") if part.strip())
    unknown = [part for part in formats if part not in FORMATS]
    if unknown or not formats:
        hint = meant(unknown[0], FORMATS) if unknown else ""
        raise click.BadParameter(
            f"{given!r}: {hint}give one or more of {', '.join(FORMATS)}, joined by commas"
        )
    return formats


def _directory(_context: click.Context, _param: click.Parameter, given: str | None) -> Path | None:
    from analyze.publish import local_directory

    return None if given is None else local_directory(given)


def asks(command: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the table, and the options that are declared for a command in `analyze.question`."""

    def add(function: Callable[..., None]) -> Callable[..., None]:
        for name, option in reversed(question.options(command).items()):
            function = _asked(name, option)(function)
        return click.argument("table", nargs=-1)(function)

    return add


def _asked(name: str, option: question.Option) -> Callable[[Callable[..., None]], Callable[..., None]]:
    if option.kind is bool:
        return own_option(
            fmt.option(name), is_flag=True, help=option.help, purpose=option.purpose, also=option.also
        )
    return own_option(
        fmt.option(name),
        default=option.default,
        show_default=option.default is not None,
        type=click.Choice(option.choices) if option.choices else option.kind,
        metavar=option.metavar,
        help=option.help,
        purpose=option.purpose,
        also=option.also,
    )


def own_option(
    *names: str, purpose: str = WRITTEN, **more: object
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return an option that help tells among those of its purpose."""
    return click.option(*names, cls=Option, purpose=purpose, **more)


format_option = own_option(
    "--format", "formats", default="html,pdf", show_default=True, callback=_formats, metavar="FORMATS",
    help=_FORMAT_HELP, also=("formats", "fmt", "f", "type", "output-format"),
)  # fmt: skip
json_option = own_option("--json", "as_json", is_flag=True, help="Print results.json instead of the summary.")
_OUT = ("out-dir", "output", "output-dir", "outdir", "o", "dir", "report", "save")


def out_option(default: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option for the directory of a report, with what is taken where nothing is given."""
    told = f"Put the report into this directory.  [default: {default}]"
    return own_option("--out", metavar="PATH", callback=_directory, help=told, also=_OUT)
