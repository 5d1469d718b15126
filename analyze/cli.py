"""The command line of `analyze`: options to a `Question`, output to the terminal, exit codes.

Imports nothing heavy at the top, so that `--help` is immediate.
"""

import gc
import os
import re
import shlex
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Never

import click

from analyze import text as fmt
from analyze.commands import (
    HELP_WIDTH,
    Commands,
    asks,
    format_option,
    json_option,
    out_option,
    own_option,
)
from analyze.errors import AnalyzeError, DataError, UsageError
from analyze.question import DEFAULT_TABLE, TESTED, Question, make_question
from analyze.screen import say, show, working

if TYPE_CHECKING:
    from analyze.results import Results
    from analyze.table.summaries import Summaries

USAGE, DATA, FAILURE, INTERRUPTED, TERMINATED = 2, 3, 1, 130, 143
# For use as a gate: analyze compare --exit-code
GATE = {"differs": 10, "inconclusive": 11, "equivalent": 0, "no difference shown": 0}
# analyze diff --exit-code; 11 is left to its meaning above
DIFF = {"verdict": 10, "numbers": 12}
ASK, LOOK, AGAIN = "Ask about a table", "Look first", "Use a report again"


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": HELP_WIDTH},
)
@click.version_option(package_name="minima-census", message="%(prog)s %(version)s")
def analyze() -> None:
    """Compare distributions of runs: ours, or any table with one row per run.

    \b
    analyze demo                                 see a report of a small table
    analyze columns runs.csv                     see which question to ask
    analyze runs.csv --value loss --by method    ask it
    analyze a.csv b.csv --value loss             two files are two groups
    """  # noqa: D301


@analyze.command(section=ASK)
@asks("compare")
@own_option(
    "--calibrate", is_flag=True, purpose=TESTED,
    help="See how often each test rejects draws from the pooled runs (minutes).",
)  # fmt: skip
@format_option
@out_option("reports/VALUE-by-BY")
@json_option
@own_option(
    "--exit-code", is_flag=True, help="Exit with 10 where the groups differ, 11 where runs are too few."
)
def compare(
    table: tuple[str, ...], formats: tuple[str, ...], out: Path | None, calibrate: bool, exit_code: bool,
    as_json: bool, **asked: object,
) -> None:  # fmt: skip
    """Test whether groups of runs come from different distributions, and write a report.

    TABLE is a file, a directory, a pattern or a URL: a run database, CSV, JSON, Parquet, Excel, or what a
    tracker wrote (docs/your-own-runs.md). Several make a group each. "-" is standard input.
    The word compare may be left out.

    \b
    analyze compare                                    the runs in data/runs
    analyze compare runs.csv --value loss --by method  anybody's table
    """  # noqa: D301
    from analyze.table.summaries import SummariesError

    question = make_question(table or DEFAULT_TABLE, **asked)
    command = shlex.join(["analyze", *sys.argv[1:]])
    place = out or _default_out(question)
    try:
        results = _compared(question, formats, place, command=command, calibrate=calibrate)
    except SummariesError as error:
        _print_summaries(error.summaries, question, as_json=as_json)
        return
    _print_answer(results, as_json=as_json)
    _print_written(_write(results, place, formats), as_json=as_json)
    if exit_code:
        sys.exit(GATE["differs" if results.answer.differs else results.answer.verdict])


@analyze.command(section=LOOK)
@format_option
@out_option("reports/demo")
def demo(formats: tuple[str, ...], out: Path | None) -> None:
    """Show a report of a small table that comes with the program, and the command that made it."""
    from analyze.demo import ASKED, OUT, put_table

    place = out or OUT
    table = str(put_table(place))
    options = " ".join(fmt.option(name, value) for name, value in ASKED.items())
    command = f"analyze compare {fmt.typed(table)} {options} --out {fmt.typed(str(place))}"
    results = _compared(make_question(table, **ASKED), formats, place, command=command)
    _print_answer(results)
    _print_written(_write(results, place, formats))
    say(f"made by {command}")


@analyze.command(section=LOOK)
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
    show(lambda width, whole: inventory(found, width, whole=whole))
    # Not through rich, which would wrap it: a command is copied whole.
    if command is not None:
        say(f"next  {command}")
    elif obstacle:
        say(f"asks  {obstacle}")


@analyze.command("report", section=AGAIN)
@click.argument("results", type=click.Path(path_type=Path))
@format_option
@out_option("where RESULTS.json is")
@json_option
def render_report(results: Path, formats: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Render a report again from its RESULTS.json, without the table of runs."""
    from analyze import output
    from analyze.report.plausible import rendering
    from analyze.results import to_json

    found = output.read_results(results)
    place = out or (results if results.is_dir() else results.parent)
    output.prepare(place, formats, to_json(found))
    with rendering(str(results)):
        written = _write(found, place, formats)
        _print_answer(found, as_json=as_json)
        _print_written(written, as_json=as_json)


@analyze.command(section=AGAIN)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@own_option(
    "--exit-code", is_flag=True, help="Exit with 10 where a verdict changed, 12 where only numbers did."
)
def diff(old: Path, new: Path, exit_code: bool) -> None:
    """Say what changed between two reports: data, options, groups, effects, verdicts.

    OLD and NEW are files results.json, or the directories that hold them.
    """
    from analyze import output
    from analyze.comparison.difference import differences
    from analyze.report import listings
    from analyze.report.plausible import rendering

    before, after = output.read_results(old), output.read_results(new)
    with rendering(f"{old} or {new}"):
        changes = differences(before, after)
    show(lambda width, whole: listings.changes(changes, width, whole=whole))
    if exit_code and changes:
        sys.exit(DIFF["verdict" if any(change.part == "verdict" for change in changes) else "numbers"])


@analyze.command(section=ASK)
@asks("functions")
def functions(table: tuple[str, ...], **asked: object) -> None:
    """Say whether groups of runs reach different functions, by their answers to single test examples.

    \b
    analyze functions                                             the runs in data/runs
    analyze functions runs.csv --by method --outcomes answers     a column of answers, 0 is right
    analyze functions items.csv --by model --value correct --example item --unit epoch
    """  # noqa: D301
    from analyze.report import listings

    with working("reading the table") as work:
        from analyze import api

        runs, seen = api.functions_seen(table or DEFAULT_TABLE, asked, work.progress)
    show(lambda width, whole: listings.functions(seen, runs, width, whole=whole))


@analyze.command(section=ASK)
@asks("describe")
def describe(table: tuple[str, ...], **asked: object) -> None:
    """Print a table of the groups: runs, failures, mean with interval, spread, quartiles. No tests."""
    from analyze import api
    from analyze.report import listings

    runs, groups = api.described(table or DEFAULT_TABLE, **asked)
    show(lambda width, whole: listings.description(groups, runs, width, whole=whole))


@analyze.command(section=ASK)
@asks("power")
def power(table: tuple[str, ...], **asked: object) -> None:
    """Say how many runs a group are needed to find a difference, or for an interval of some width.

    Judged by the spread of each group in TABLE, as if both groups of the comparison to come had it.
    """
    from analyze import api
    from analyze.report import listings

    runs, plans = api.plans(table or DEFAULT_TABLE, **asked)
    show(lambda width, whole: listings.plans(plans, runs, width, whole=whole))


def _compared(
    question: Question, formats: tuple[str, ...], out: Path, *, command: str, calibrate: bool = False
) -> "Results":
    """Read and compare; the directory for the report is looked at before the long work."""
    started = time.monotonic()
    with working("reading the table") as work:
        from analyze import api, output
        from analyze.comparison.compare import check_primary
        from analyze.table.runs import read

        runs = read(question)
        check_primary(runs)
        output.prepare(out, formats)
        work.begin("drawing from the pooled runs" if calibrate else "comparing the groups")
        report = api.answer(
            runs, calibrate=calibrate, command=command, started=started, progress=work.progress
        )
        return report.results


def _write(results: "Results", out: Path, formats: tuple[str, ...]) -> list[Path]:
    with working("writing the report") as work:
        from analyze import output

        return output.write(results, out, formats, work.progress)


def _print_answer(results: "Results", *, as_json: bool = False) -> None:
    """Print what was found; who waits for the figures has something to read."""
    from analyze.report import terminal
    from analyze.results import to_json

    if as_json:
        click.echo(to_json(results).encode(), nl=False)  # JSON is UTF-8, whatever a terminal has
    else:
        show(lambda width, whole: terminal.summary(results, width, whole=whole))


def _print_written(written: list[Path], *, as_json: bool = False) -> None:
    if not as_json:
        # Not through rich: it would wrap a long path, which then cannot be opened by a click.
        files = [path for path in written if path.is_file()]
        say("  ".join(["report", fmt.visible(str(files[0])), *(path.name for path in files[1:])]))


def _print_summaries(summaries: "Summaries", question: Question, *, as_json: bool) -> None:
    """Compare groups of which only means and sds are known; there are no runs to report on."""
    from analyze.comparison.summaries import compare_summaries
    from analyze.report import listings

    compared = compare_summaries(summaries, question)
    if as_json:
        click.echo(compared.to_json(orient="records", double_precision=15))
        return
    show(lambda width, whole: listings.summaries(compared, summaries, question, width, whole=whole))


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
    if not (sys.warnoptions or "PYTHONWARNINGS" in os.environ):
        warnings.simplefilter("ignore")  # of libraries, about which nobody at a terminal can do anything
    try:
        analyze.main(standalone_mode=False, prog_name="analyze")
    except (click.exceptions.Abort, KeyboardInterrupt):
        say("interrupted: repeat the command for its report", err=True)
        sys.exit(INTERRUPTED)
    except _Terminated:
        say("terminated: repeat the command for its report", err=True)
        sys.exit(TERMINATED)
    except click.ClickException as error:
        # its usage would be three lines more
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "analyze"
        told = fmt.message(error.format_message())
        say(f"analyze: {told} ({command} --help tells more)", err=True)
        sys.exit(error.exit_code)
    except AnalyzeError as error:
        say(f"analyze: {fmt.message(error.spelled(fmt.option))}", err=True)
        sys.exit(
            USAGE if isinstance(error, UsageError) else DATA if isinstance(error, DataError) else FAILURE
        )
