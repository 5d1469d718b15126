"""The command line of `analyze`: options to a `Question`, output to the terminal, exit codes.

Imports nothing heavy at the top, so that `--help` is immediate.
"""

import gc
import re
import shlex
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Never

import click

from analyze import text as fmt
from analyze.errors import AnalyzeError, DataError, UsageError
from analyze.question import DEFAULT_TABLE, Option, Question, make_question, options

if TYPE_CHECKING:
    from rich.console import Console

    from analyze.results import Results
    from analyze.table.summaries import Summaries

USAGE, DATA, FAILURE, INTERRUPTED, TERMINATED = 2, 3, 1, 130, 143
# For use as a gate: analyze compare --exit-code
GATE = {"differs": 10, "inconclusive": 11, "equivalent": 0, "no difference shown": 0}
# analyze diff --exit-code; 11 is left to its meaning above
DIFF = {"verdict": 10, "numbers": 12}
FORMATS = ("html", "pdf", "md", "summary", "latex", "csv", "json")
PIPE_WIDTH = 100
_FORMAT_HELP = "html, pdf, md, latex (tables), csv (tables), joined by commas; json: results.json alone."


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="minima-census")
def analyze() -> None:
    """Compare distributions of runs: ours, or any Parquet or CSV table with one row per run."""


def _formats(_context: click.Context, _param: click.Parameter, given: str) -> tuple[str, ...]:
    formats = tuple(part.strip() for part in given.split(",") if part.strip())
    unknown = [part for part in formats if part not in FORMATS]
    if unknown or not formats:
        raise click.BadParameter(f"{given!r}: give one or more of {', '.join(FORMATS)}, joined by commas")
    return formats


def _directory(_context: click.Context, _param: click.Parameter, given: str | None) -> Path | None:
    from analyze.publish import local_directory

    return None if given is None else local_directory(given)


def _asks(command: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the table, and the options that are declared for a command in `analyze.question`."""

    def add(function: Callable[..., None]) -> Callable[..., None]:
        for name, option in reversed(options(command).items()):
            function = _option(name, option)(function)
        return click.argument("table", nargs=-1)(function)

    return add


def _option(name: str, option: Option) -> Callable[[Callable[..., None]], Callable[..., None]]:
    if option.kind is bool:
        return click.option(fmt.option(name), is_flag=True, help=option.help)
    return click.option(
        fmt.option(name),
        default=option.default,
        show_default=option.default is not None,
        type=click.Choice(option.choices) if option.choices else option.kind,
        metavar=option.metavar,
        help=option.help,
    )


@analyze.command()
@_asks("compare")
@click.option(
    "--format", "formats", default="html,pdf", show_default=True, callback=_formats,
    help=_FORMAT_HELP,
)  # fmt: skip
@click.option(
    "--out",
    metavar="PATH",
    callback=_directory,
    help="Report directory.  [default: reports/VALUE-by-BY]",
)
@click.option(
    "--calibrate",
    is_flag=True,
    help="See how often each test rejects draws from the pooled runs (minutes).",
)
@click.option(
    "--exit-code", is_flag=True, help="Exit with 10 where the groups differ, 11 where runs are too few."
)
@click.option("--json", "as_json", is_flag=True, help="Print results.json instead of the summary.")
def compare(
    table: tuple[str, ...], formats: tuple[str, ...], out: Path | None, calibrate: bool, exit_code: bool,
    as_json: bool, **asked: object,
) -> None:  # fmt: skip
    """Test whether groups of runs come from different distributions, and write a report.

    TABLE is a file, a directory, a pattern or a URL: a run database, CSV, JSON, Parquet, Excel, or what a
    tracker wrote (docs/your-own-runs.md). Several make a group each. "-" is standard input.

    \b
    analyze compare                                     joint and staged in data/runs
    analyze compare runs.csv --value loss --by method   anybody's table
    """  # noqa: D301
    from analyze.table.summaries import SummariesError

    question = make_question(table or DEFAULT_TABLE, **asked)
    try:
        results, written = _compared(question, formats, out or _default_out(question), calibrate=calibrate)
    except SummariesError as error:
        _print_summaries(error.summaries, question, as_json=as_json)
        return
    _print_results(results, written, as_json=as_json)
    if exit_code:
        sys.exit(GATE["differs" if results.answer.differs else results.answer.verdict])


@analyze.command()
@click.argument("table", nargs=-1, required=True)
def columns(table: tuple[str, ...]) -> None:
    """Say what TABLE is, what its columns hold and could be, and the command to type next."""
    from analyze.report.inventory import inventory
    from analyze.table.inventory import take_inventory
    from analyze.table.source import read_source
    from analyze.table.suggestion import suggest

    source = read_source(table)
    found = take_inventory(source)
    command, obstacle = suggest(source, found, table)
    console, width = _console()
    console.print(inventory(found, width), width=width)
    # Not through rich, which would wrap it: a command is copied whole.
    if command is not None:
        click.echo(f"next  {command}")
    elif obstacle:
        click.echo(f"asks  {obstacle}")


@analyze.command("report")
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "--format", "formats", default="html,pdf", show_default=True, callback=_formats, help=_FORMAT_HELP
)
@click.option(
    "--out",
    metavar="PATH",
    callback=_directory,
    help="Report directory.  [default: where RESULTS.json is]",
)
@click.option("--json", "as_json", is_flag=True, help="Print results.json instead of the summary.")
def render_report(results: Path, formats: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Render a report again from its RESULTS.json, without the table of runs."""
    from analyze import output
    from analyze.report.plausible import rendering
    from analyze.results import to_json

    found = output.read_results(results)
    place = out or (results if results.is_dir() else results.parent)
    output.prepare(place, formats, to_json(found))
    with rendering(str(results)):
        _print_results(found, output.write(found, place, formats), as_json=as_json)


@analyze.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--exit-code", is_flag=True, help="Exit with 10 where a verdict changed, 12 where only numbers did."
)
def diff(old: Path, new: Path, exit_code: bool) -> None:
    """Say what changed between two reports: data, options, groups, effects, verdicts.

    OLD and NEW are files results.json, or the directories that hold them.
    """
    from analyze import output
    from analyze.comparison.difference import differences
    from analyze.report import terminal
    from analyze.report.plausible import rendering

    before, after = output.read_results(old), output.read_results(new)
    with rendering(f"{old} or {new}"):
        changes = differences(before, after)
    console, width = _console()
    console.print(terminal.changes(changes, width), width=width)
    if exit_code and changes:
        sys.exit(DIFF["verdict" if any(change.part == "verdict" for change in changes) else "numbers"])


@analyze.command()
@_asks("describe")
def describe(table: tuple[str, ...], **asked: object) -> None:
    """Print a table of the groups: runs, failures, mean with interval, spread, quartiles. No tests."""
    from analyze import api
    from analyze.report import terminal

    question = make_question(table or DEFAULT_TABLE, **asked)
    groups = api.describe(table or DEFAULT_TABLE, **asked)
    console, width = _console()
    console.print(terminal.description(groups, question, width), width=width)


@analyze.command()
@_asks("power")
def power(table: tuple[str, ...], **asked: object) -> None:
    """Say how many runs a group are needed to find a difference, or for an interval of some width.

    Judged by the spread of each group in TABLE, as if both groups of the comparison to come had it.
    """
    from analyze import api
    from analyze.report import terminal

    question, plans = api.plans(table or DEFAULT_TABLE, **asked)
    console, columns = _console()
    console.print(terminal.plans(plans, question, columns), width=columns)


def _console() -> tuple["Console", int]:
    """Return the console for results, and how many columns to use."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_WIDTH)
    return console, max(80, min(console.width, 120))


def _compared(
    question: Question, formats: tuple[str, ...], out: Path, *, calibrate: bool
) -> tuple["Results", list[Path]]:
    """Read, compare, and write the report; return what was found and the report's parts."""
    from rich.console import Console

    started = time.monotonic()
    with Console(stderr=True).status("reading the table") as status:
        from analyze import api, output
        from analyze.comparison.compare import check_primary
        from analyze.table.runs import read

        runs = read(question)
        check_primary(runs)
        output.prepare(out, formats)
        status.update("drawing from the pooled runs" if calibrate else "comparing the groups")
        command = shlex.join(["analyze", *sys.argv[1:]])
        report = api.answer(runs, calibrate=calibrate, command=command, started=started)
        status.update("writing the report")
        return report.results, output.write(report.results, out, formats)


def _print_results(results: "Results", written: list[Path], *, as_json: bool) -> None:
    from analyze.report import terminal
    from analyze.results import to_json

    if as_json:
        click.echo(to_json(results), nl=False)
        return

    console, width = _console()
    console.print(terminal.summary(results, width), width=width)
    # Not through rich: it would wrap a long path, which then cannot be opened by a click.
    files = [path for path in written if path.is_file()]
    click.echo("  ".join(["report", fmt.visible(str(files[0])), *(path.name for path in files[1:])]))


def _print_summaries(summaries: "Summaries", question: Question, *, as_json: bool) -> None:
    """Compare groups of which only means and sds are known; there are no runs to report on."""
    from analyze.comparison.summaries import compare_summaries
    from analyze.report import terminal

    compared = compare_summaries(summaries, question)
    if as_json:
        click.echo(compared.to_json(orient="records", double_precision=15))
        return
    console, width = _console()
    console.print(terminal.summaries(compared, summaries, question, width), width=width)


def _default_out(question: Question) -> Path:
    """Return reports/VALUE-by-BY, with only characters that every file system takes."""
    parts = [question.value, "by", *(part.partition("~")[0] for part in question.by)]
    return Path("reports") / "-".join(re.sub(r"[^\w.-]+", "-", part).strip("-") for part in parts)


class _Terminated(BaseException):
    """SIGTERM, so that what was begun is cleaned away as after Ctrl-C."""


def _terminate(_number: int, _frame: object) -> Never:
    raise _Terminated


def main() -> None:
    """Run the command line; known errors are one line, unknown ones keep their traceback."""
    gc.disable()  # searching for garbage takes a tenth of a command's seconds and finds some 10 MB
    signal.signal(signal.SIGTERM, _terminate)
    try:
        analyze.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted: repeat the command for its report", err=True)
        sys.exit(INTERRUPTED)
    except _Terminated:
        click.echo("terminated: repeat the command for its report", err=True)
        sys.exit(TERMINATED)
    except click.ClickException as error:
        # its usage would be three lines more
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "analyze"
        click.echo(f"analyze: {fmt.message(error.format_message())} ({command} --help tells more)", err=True)
        sys.exit(error.exit_code)
    except AnalyzeError as error:
        click.echo(f"analyze: {fmt.message(error.spelled(fmt.option))}", err=True)
        sys.exit(
            USAGE if isinstance(error, UsageError) else DATA if isinstance(error, DataError) else FAILURE
        )
